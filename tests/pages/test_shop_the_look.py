"""The Shop-the-look page, as its URL says, and what is uploaded to it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from recsys.catalog.images import decode_image
from recsys.errors import StaleError
from recsys.serving.server import Request, Server
from recsys.ui import resources
from recsys.ui.resources import live
from recsys.ui.uploads import find_photo
from recsys.ui.views import since_text
from recsys.workspace import LivePointer, Workspace
from tests.pages.conftest import OpenPage, component, messages, tile_ids
from tests.support.planted import write_planted
from tests.support.shop import NAME

GRID = "look_results"
SCENE = "studio-004"


def picture_of(scene: str) -> Path:
    image = live().catalog.scenes[live().catalog.scene_row(scene)].image
    assert image is not None
    return image


def test_a_first_visit_offers_looks_and_an_upload(open_page: OpenPage) -> None:
    app = open_page("shop_the_look")
    assert [title.value for title in app.title] == ["Shop the look"]
    assert len(set(tile_ids(app, "look_gallery"))) == 24
    assert len(app.file_uploader) == 1
    assert component(app, GRID) is None


def test_shuffle_shows_other_looks_and_keeps_them_in_the_url(open_page: OpenPage) -> None:
    app = open_page("shop_the_look")
    before = tile_ids(app, "look_gallery")
    app.button(key="look_shuffle").click().run()
    after = tile_ids(app, "look_gallery")
    assert after != before
    again = open_page("shop_the_look", look_seed=app.query_params["look_seed"])
    assert tile_ids(again, "look_gallery") == after


def test_a_look_gets_the_servers_ten_with_scores_and_true_matches(open_page: OpenPage) -> None:
    app = open_page("shop_the_look", look_scene=SCENE)
    expected = live().server.recommend(Request("scene", scene=SCENE, k=10))
    data = component(app, GRID)
    assert data is not None
    assert [tile["id"] for tile in data["tiles"]] == list(expected.products)
    assert [tile["scoreText"] for tile in data["tiles"]] == [
        f"{score:.2f}" for score in expected.scores or ()
    ]
    catalog = live().catalog
    known = {catalog.products[row].id for row in catalog.products_of(catalog.scene_row(SCENE))}
    marked = {t["id"] for t in data["tiles"] if ["true match", "good"] in t["badges"]}
    assert marked == known & set(expected.products)
    assert set(tile_ids(app, "look_worn")) == known


def test_how_many_and_which_category(open_page: OpenPage) -> None:
    app = open_page("shop_the_look", look_scene=SCENE)
    app.number_input(key="look_k").set_value(20).run()
    assert len(tile_ids(app, GRID)) == 20
    app.selectbox(key="look_category").select("Planted|Striped").run()
    expected = live().server.recommend(
        Request("scene", scene=SCENE, k=20, category="Planted|Striped")
    )
    assert tile_ids(app, GRID) == list(expected.products)
    assert dict(app.query_params) == {
        "look_scene": SCENE,
        "look_k": "20",
        "look_category": "Planted|Striped",
    }


def test_filters_that_leave_nothing_can_be_taken_away(open_page: OpenPage) -> None:
    parameters = {"look_category": "Planted|Dotted", "look_from": "999", "look_k": "20"}
    app = open_page("shop_the_look", look_scene=SCENE, **parameters)
    assert "No product is left" in messages(app)
    assert component(app, "look_card") is not None
    app.button(key="look_everything").click().run()
    assert dict(app.query_params) == {"look_scene": SCENE, "look_k": "20"}
    assert len(tile_ids(app, GRID)) == 20


def test_a_search_for_no_look_can_be_taken_away(open_page: OpenPage) -> None:
    app = open_page("shop_the_look", look_find="no such thing", look_show="known")
    assert "No look has all these words" in messages(app)
    app.button(key="look_any").click().run()
    assert dict(app.query_params) == {}
    assert len(tile_ids(app, "look_gallery")) == 24


def test_a_result_opens_the_product_panel(open_page: OpenPage) -> None:
    app = open_page("shop_the_look", look_scene=SCENE, look_item="product-001")
    card = component(app, "panel_card")
    assert card is not None
    assert card["id"] == "product-001"
    assert component(app, GRID) is not None


def test_an_uploaded_photo_is_shopped_and_survives_a_reload(open_page: OpenPage) -> None:
    app = open_page("shop_the_look", look_scene="studio-001")
    content = picture_of(SCENE).read_bytes()
    app.file_uploader[0].upload("my look.png", content)
    app.run()
    assert messages(app) == ""
    photo_id = app.query_params["look_photo"]
    assert "look_scene" not in app.query_params
    kept = find_photo(photo_id, Workspace.default())
    expected = live().server.recommend(Request("scene", image=decode_image(kept.path), k=10))
    assert tile_ids(app, GRID) == list(expected.products)
    reloaded = open_page("shop_the_look", look_photo=photo_id)
    assert tile_ids(reloaded, GRID) == list(expected.products)


def test_the_same_look_by_id_and_as_a_photo_agree(open_page: OpenPage) -> None:
    app = open_page("shop_the_look")
    app.file_uploader[0].upload("look.png", picture_of(SCENE).read_bytes())
    app.run()
    by_photo = tile_ids(app, GRID)
    assert by_photo == tile_ids(open_page("shop_the_look", look_scene=SCENE), GRID)


def _png(size: tuple[int, int] = (200, 200)) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise(size, 60).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.jpg", b"<html><body onload=alert(1)>hello</body></html>"),
        ("cut.png", _png()[:2000]),
        ("empty.png", b""),
    ],
)
def test_a_file_that_is_no_photo_is_told_once(
    open_page: OpenPage, name: str, content: bytes
) -> None:
    app = open_page("shop_the_look")
    app.file_uploader[0].upload(name, content)
    app.run()
    assert not app.exception
    assert "That file cannot be used as a photo" in messages(app)
    assert "look_photo" not in app.query_params
    assert len(tile_ids(app, "look_gallery")) == 24
    app.run()
    assert messages(app) == ""


@pytest.mark.parametrize(
    "parameters",
    [
        {"look_scene": "no-such-look"},
        {"look_photo": "0" * 32},
        {"look_photo": "not-a-digest"},
    ],
)
def test_a_look_that_is_gone_is_told_and_others_are_offered(
    open_page: OpenPage, parameters: dict[str, str]
) -> None:
    app = open_page("shop_the_look", **parameters)
    assert "That look cannot be found" in messages(app)
    assert len(tile_ids(app, "look_gallery")) == 24
    app.button(key="look_forget_link").click().run()
    assert dict(app.query_params) == {}
    assert messages(app) == ""


def test_a_look_that_left_with_its_catalogue_is_told_so(open_page: OpenPage) -> None:
    app = open_page("shop_the_look", look_scene="studio-020", look_k="20", look_item="product-050")
    workspace = Workspace.default()
    write_planted(workspace.datasets_dir / "other", scenes=6, products=12)
    workspace.set_live(LivePointer("fake", "other", "2026-06-01T08:00:00+00:00"))
    app.run()
    since = since_text("2026-06-01T08:00:00+00:00")
    assert "The catalogue changed while you were here" in messages(app)
    assert f"now the data set other has been live since {since}" in messages(app)
    assert "has no look studio-020. Pick another look below." in messages(app)
    assert len(tile_ids(app, "look_gallery")) == 6
    app.button(key="look_shuffle").click().run()  # any click at all
    assert {"look_scene", "look_item"}.isdisjoint(app.query_params)
    assert app.query_params["look_k"] == "20"
    assert messages(app) == ""


def test_a_look_whose_photo_is_gone_is_told(open_page: OpenPage) -> None:
    picture_of(SCENE).unlink()
    resources._opened.clear()
    app = open_page("shop_the_look", look_scene=SCENE)
    assert "No recommendations for this look" in messages(app)
    assert SCENE not in tile_ids(app, "look_gallery")


def test_without_a_model_the_page_says_how_to_get_one(open_page: OpenPage) -> None:
    Workspace.default().live_path.unlink()
    app = open_page("shop_the_look", look_scene=SCENE)
    assert f"python -m recsys train --data {NAME}" in messages(app)
    assert "no model live" in app.caption[0].value
    assert len(tile_ids(app, "look_gallery")) == 24


def test_stale_embeddings_are_told_with_the_command(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = f"python -m recsys embed --model fake --data {NAME}"

    def stale(pointer: LivePointer, workspace: Workspace, **_: object) -> Server:
        raise StaleError("the embeddings were made from other products", f"Run: {command}")

    monkeypatch.setattr(resources, "open_pointer", stale)
    app = open_page("shop_the_look", look_scene=SCENE)
    assert "the embeddings were made from other products" in messages(app).lower()
    assert f"`{command}`" in messages(app)
    assert tile_ids(open_page("browse"), "browse_tiles")
