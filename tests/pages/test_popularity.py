"""The popularity page over the planted catalogue: every figure and list counted again."""

from __future__ import annotations

from collections import Counter

import pytest

from recsys.evaluation.audit import Auditor, Setting
from recsys.evaluation.audit_words import value_text
from recsys.serving.scoring import Correction
from recsys.serving.server import Request
from recsys.ui import resources
from recsys.ui.popularity.headline import MAIN, NO_DATA
from recsys.workspace import Workspace
from tests.pages.conftest import OpenPage, component, messages, notes, tile_ids
from tests.pages.popularity_parts import labels, metrics, read, texts

pytestmark = pytest.mark.usefixtures("on_the_machine_itself")


def counted(k: int) -> tuple[Counter[str], Counter[str], int]:
    """Times shown, times right, and lists, by asking the server scene by scene."""
    server = resources.live().server
    catalog = server.catalog
    shown: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for row, scene in enumerate(catalog.scenes):
        found = server.recommend(Request("scene", scene=scene.id, k=k)).products
        true = {catalog.products[product].id for product in catalog.products_of(row)}
        shown.update(found)
        right.update(product for product in found if product in true)
    return shown, right, len(catalog.scenes)


def test_the_wall_shows_what_the_server_shows(open_page: OpenPage) -> None:
    app = open_page("popularity")
    shown, right, scenes = counted(10)
    wall = component(app, "popularity_wall")
    assert wall is not None
    expected = sorted((-shown[name], name) for name in (f"product-{n:03}" for n in range(60)))
    assert [tile["id"] for tile in wall["tiles"]] == [name for _, name in expected[:24]]
    for tile in wall["tiles"]:
        name = tile["id"]
        assert tile["note"] == f"shown {shown[name]}×, right {right[name]}×"
        share = f"{100 * shown[name] / scenes:.0f} % of looks"
        assert tile["badges"][0][0] == share
        assert share in tile["label"]
        assert "training look" in tile["remark"]
        assert "percentile" in tile["remark"]
        assert f"by chance {scenes * 10 / 60:.1f}×" in tile["remark"]
    top = max(shown.values())
    assert metrics(app)[MAIN.index("largest_share")] == f"{100 * top / scenes:.1f} %"
    never = sum(not shown[f"product-{n:03}"] for n in range(60))
    assert metrics(app)[MAIN.index("never_shown")] == str(never)


@pytest.mark.parametrize(
    ("parameters", "setting"),
    [
        ({}, Setting()),
        ({"popularity_scoring": "dot"}, Setting(Correction("dot"))),
        (
            {"popularity_scoring": "nnn", "popularity_strength": "1.25", "popularity_k": "3"},
            Setting(Correction("nnn", 1.25), k=3),
        ),
        (
            {"popularity_looks": "validation", "popularity_diversity": "40"},
            Setting(diversity=0.4, part="validation"),
        ),
        ({"popularity_cap": "1.5", "popularity_k": "5"}, Setting(cap=1.5, k=5)),
    ],
)
def test_the_figures_are_those_of_the_setting_in_the_url(
    open_page: OpenPage, parameters: dict[str, str], setting: Setting
) -> None:
    app = open_page("popularity", **parameters)
    audit = Auditor(resources.live().server, Workspace.default()).audit(setting)
    expected = [audit.figures[key].value for key in MAIN]
    assert metrics(app) == [
        NO_DATA if value is None else value_text(key, value)
        for key, value in zip(MAIN, expected, strict=True)
    ]
    for metric, key in zip(app.metric, MAIN, strict=True):
        assert metric.help
        assert "Formula" in metric.help
        chance = audit.figures[key].chance
        if audit.figures[key].value is not None and chance is not None:
            assert metric.delta == f"by chance {value_text(key, chance)}"


def test_a_product_opens_with_every_look_that_received_it(open_page: OpenPage) -> None:
    app = open_page("popularity", popularity_k="2")
    first = tile_ids(app, "popularity_wall")[0]
    app.query_params["popularity_item"] = first
    app.run()
    card = component(app, "popularity_card")
    assert card is not None
    server = resources.live().server
    ranks = {}
    for scene in server.catalog.scenes:
        found = server.recommend(Request("scene", scene=scene.id, k=2)).products
        if first in found:
            ranks[scene.id] = found.index(first) + 1
    assert f"In the lists of {len(ranks)} looks" in texts(app)
    looks = component(app, "popularity_received")
    assert looks is not None
    listed = {tile["id"]: tile["badges"][0][0] for tile in looks["tiles"]}
    best = sorted(ranks.items(), key=lambda entry: (entry[1], entry[0]))[:12]
    assert list(listed) == [scene for scene, _ in best]
    assert all(listed[scene] == f"rank {rank}" for scene, rank in best)
    assert all(f"look_scene={tile['id']}" in tile["href"] for tile in looks["tiles"])


def test_the_shelf_names_who_blocks_and_the_list_without_it(open_page: OpenPage) -> None:
    app = open_page("popularity", popularity_view="never", popularity_k="1")
    shelf = tile_ids(app, "popularity_shelf")
    shown, _, _ = counted(1)
    assert shelf
    assert not set(shelf) & set(shown)
    app.query_params["popularity_never"] = shelf[0]
    app.run()
    assert not app.exception
    keys = [element.key for element in app.get("bidi_component")]
    assert keys.index("popularity_before") < keys.index("popularity_after")
    before, after = (tile_ids(app, f"popularity_{name}") for name in ("before", "after"))
    assert len(before) == len(after) == 1
    assert before != after
    if "Without it, this product would be shown." in texts(app):
        assert after == [shelf[0]]


def test_a_cap_is_explained_and_not_offered_to_the_shop(open_page: OpenPage) -> None:
    app = open_page("popularity", popularity_cap="2")
    assert "cannot be served" in texts(app)
    assert "Use this in the shop" not in labels(app)
    app = open_page("popularity", popularity_scoring="nnn")
    assert "Use this in the shop" in labels(app)
    app = open_page("popularity")
    assert "Use this in the shop" not in labels(app)
    assert "This is what the shop serves now" in texts(app)


def test_two_scorings_stand_side_by_side(open_page: OpenPage) -> None:
    app = open_page("popularity", popularity_view="compare")
    auditor = Auditor(resources.live().server, Workspace.default())
    table = app.table[1].value  # the first holds all figures
    assert [read(name) for name in table.columns][1:3] == ["Model's own score", "Dot"]
    row = [read(cell) for cell in table.iloc[0]]
    assert row[0] == "Recall@10"
    audits = [auditor.audit(setting) for setting in (Setting(), Setting(Correction("dot")))]
    values = [audit.figures["recall"].value for audit in audits]
    assert row[1:3] == [value_text("recall", value) for value in values]
    for side, audit in zip(("left", "right"), audits, strict=True):
        order = [audit.products[at] for at in audit.order_by_shown[:12]]
        assert tile_ids(app, f"popularity_wall_{side}") == order


@pytest.mark.parametrize("view", ["wall", "never", "charts", "compare"])
def test_scenes_of_the_data_are_called_looks(open_page: OpenPage, view: str) -> None:
    app = open_page("popularity", popularity_view=view, popularity_looks="validation")
    first = tile_ids(app, "popularity_wall") or tile_ids(app, "popularity_shelf")
    if first:
        app.query_params["popularity_never" if view == "never" else "popularity_item"] = first[0]
        app.run()
    said = [texts(app), messages(app), *(metric.help for metric in app.metric)]
    said += [cell for table in app.table for cell in table.value.astype(str).to_numpy().ravel()]
    said += [option for box in app.selectbox for option in box.options]
    grids = ("wall", "shelf", "received", "before", "after", "picked", "wall_left", "wall_right")
    for grid in grids:
        for tile in (component(app, f"popularity_{grid}") or {"tiles": []})["tiles"]:
            said += [tile["label"], tile["remark"], *(text for text, _ in tile["badges"])]
    assert "look" in " ".join(said)
    assert [text for text in said if "scene" in text] == []


def test_what_makes_things_worse_is_told_before_it_is_chosen(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    warning = "Dot, Norm shrink and Norm clip let the length of vectors count"
    assert warning in notes(open_page("popularity"))
    monkeypatch.setattr(Auditor, "score", "dot")
    assert warning not in notes(open_page("popularity"))


def test_what_the_address_asks_in_vain_is_told(open_page: OpenPage) -> None:
    app = open_page(
        "popularity",
        popularity_k="900",
        popularity_scoring="magic",
        popularity_pick="shown:9_1",
        popularity_item="no-such",
    )
    told = notes(app)
    assert "“900” is no number from 1 to 100" in told
    assert "“magic” is no scoring" in told
    assert "“shown:9_1” is no range of products" in told
    assert "no-such" in messages(app)


def test_a_model_that_is_not_there_is_told(open_page: OpenPage) -> None:
    app = open_page("popularity", popularity_model="gone-1")
    assert "gone-1" in messages(app)
    next(button for button in app.button if button.label == "Look at the live model").click().run()
    assert "popularity_model" not in app.query_params
    assert metrics(app)


# what is picked


def test_a_pick_holds_on_the_wall_and_is_taken_back(open_page: OpenPage) -> None:
    shown, _, _ = counted(10)
    middle = sorted(shown.values())[len(shown) // 2]
    expected = {name for name, times in shown.items() if times >= middle}
    app = open_page("popularity", popularity_pick=f"shown:{middle}_1000")
    wall = component(app, "popularity_wall")
    assert wall is not None
    assert {tile["id"] for tile in wall["tiles"]} <= expected
    assert f"{len(expected)} products picked" in notes(app)
    button = next(one for one in app.button if "times" in one.label)
    button.click().run()
    assert "popularity_pick" not in app.query_params
    assert "picked" not in notes(app)


def test_a_category_is_picked_without_a_mouse(open_page: OpenPage) -> None:
    app = open_page("popularity", popularity_view="charts")
    box = next(one for one in app.selectbox if one.label == "Category")
    box.select("Planted|Striped").run()
    assert not app.exception
    assert app.query_params["popularity_category"] == "Planted|Striped"
    catalog = resources.live().catalog
    ids = tile_ids(app, "popularity_picked")
    assert ids
    assert {catalog.products[catalog.product_row(name)].category for name in ids} == {
        "Planted|Striped"
    }
