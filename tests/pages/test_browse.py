"""The Browse page, as its URL says."""

from __future__ import annotations

import shutil

import pytest

from recsys.serving.server import Request
from recsys.ui.resources import live
from recsys.workspace import Workspace
from tests.pages.conftest import OpenPage, component, messages, tile_ids

GRID = "browse_tiles"


def test_the_start_page_is_browse(open_page: OpenPage) -> None:
    app = open_page()
    assert [title.value for title in app.title] == ["Browse"]
    assert len(tile_ids(app, GRID)) == 48


def test_random_shows_the_servers_list_for_the_seed(open_page: OpenPage) -> None:
    app = open_page(browse_seed="5")
    expected = live().server.recommend(Request("random", k=48, seed=5)).products
    assert tile_ids(app, GRID) == list(expected)
    assert tile_ids(open_page(browse_seed="6"), GRID) != list(expected)


def test_shuffle_puts_a_new_seed_into_the_url(open_page: OpenPage) -> None:
    app = open_page(browse_page="2")
    before = tile_ids(app, GRID)
    app.button(key="browse_shuffle").click().run()
    assert app.query_params["browse_seed"].isdigit()
    assert "browse_page" not in app.query_params
    assert tile_ids(app, GRID) != before


def test_popular_shows_counts_in_order(open_page: OpenPage) -> None:
    app = open_page()
    app.get_by_key("browse_view").set_value("popular").run()
    assert app.query_params["browse_view"] == "popular"
    data = component(app, GRID)
    assert data is not None
    counts = [int(tile["badges"][0][0].split()[0]) for tile in data["tiles"]]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == max(live().popularity)


def test_pages_hold_every_product_once(open_page: OpenPage) -> None:
    first = tile_ids(open_page(browse_seed="3"), GRID)
    second = tile_ids(open_page(browse_seed="3", browse_page="2"), GRID)
    assert (len(first), len(second)) == (48, 12)
    assert len(set(first + second)) == 60


def test_a_page_beyond_the_last_is_the_last(open_page: OpenPage) -> None:
    app = open_page(browse_page="999999")
    assert tile_ids(app, GRID) == tile_ids(open_page(browse_page="2"), GRID)
    assert app.pagination[0].value == 2


def test_a_category_filters_before_the_list_is_cut(open_page: OpenPage) -> None:
    app = open_page(browse_page="2")
    app.selectbox(key="browse_category").select("Planted|Plain").run()
    catalog = live().catalog
    inside = {
        str(item.id) for item in catalog.products if item.category.startswith("Planted|Plain")
    }
    assert set(tile_ids(app, GRID)) == inside
    assert app.query_params["browse_category"] == "Planted|Plain"
    assert "browse_page" not in app.query_params


def test_categories_are_a_tree_with_counts(open_page: OpenPage) -> None:
    options = open_page().selectbox(key="browse_category").options
    shown = [option.replace("\u2007", "·") for option in options]
    assert shown == [
        "All categories (60)",
        "Dotted (15)",
        "Plain (30)",
        "··Small (15)",
        "Striped (15)",
    ]


def test_the_product_in_the_url_has_a_panel(open_page: OpenPage) -> None:
    app = open_page(item="product-007")
    card = component(app, "panel_card")
    assert card is not None
    assert card["id"] == "product-007"
    grid = component(app, GRID)
    assert grid is not None
    assert grid["selected"] == "product-007"
    similar = live().server.recommend(Request("similar", product="product-007", k=6))
    assert tile_ids(app, "panel_similar") == list(similar.products)


def test_the_panel_leads_to_the_looks_it_is_in(open_page: OpenPage) -> None:
    catalog = live().catalog
    row = int(live().popularity.argmax())
    looks = component(open_page(item=str(catalog.products[row].id)), "panel_looks")
    assert looks is not None
    scenes = [str(catalog.scenes[scene].id) for scene in catalog.scenes_of(row)[:6]]
    assert [tile["href"] for tile in looks["tiles"]] == [
        f"/shop_the_look?look_scene={scene}" for scene in scenes
    ]


def test_previous_and_next_follow_the_list(open_page: OpenPage) -> None:
    ids = tile_ids(open_page(browse_seed="1"), GRID)
    for at, disabled in ((0, [True, False]), (20, [False, False]), (47, [False, True])):
        card = component(open_page(browse_seed="1", item=ids[at]), "panel_card")
        assert card is not None
        assert [action["disabled"] for action in card["actions"][:2]] == disabled


@pytest.mark.parametrize(
    "parameters",
    [
        {"item": "no-such-product"},
        {"item": "<script>alert(1)</script>"},
        {"item": "../../etc/passwd"},
        {"browse_view": "sideways", "browse_seed": "-1", "browse_page": "0"},
        {"browse_category": "No such|category"},
        {"browse_seed": "9" * 400},
        {"browse_page": "1e9"},
    ],
)
def test_nonsense_in_the_url_still_shows_the_catalogue(
    open_page: OpenPage, parameters: dict[str, str]
) -> None:
    app = open_page(**parameters)
    assert len(tile_ids(app, GRID)) == 48


def test_an_unknown_product_is_said_and_can_be_closed(open_page: OpenPage) -> None:
    app = open_page(item="no-such-product")
    assert "No such product" in messages(app)
    assert "no-such-product" in messages(app)
    app.button(key="panel_close").click().run()
    assert "item" not in app.query_params
    assert messages(app) == ""


def test_the_state_of_the_world_is_shown(open_page: OpenPage) -> None:
    line = open_page().caption[0].value.replace("\\", "").replace("\u2060", "")
    assert "Data set planted" in line
    assert "model fake" in line
    assert "live since 3 May 2026, 14:02" in line


def test_an_empty_workspace_says_how_to_begin(open_page: OpenPage) -> None:
    shutil.rmtree(Workspace.default().datasets_dir)
    Workspace.default().live_path.unlink()
    assert "python -m recsys demo" in messages(open_page())
