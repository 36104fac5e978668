"""The Browse page, as its URL says."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from recsys.catalog.catalog import Product
from recsys.serving.server import Request
from recsys.ui.resources import live
from recsys.ui.views import since_text
from recsys.workspace import LivePointer, Workspace
from tests.pages.conftest import OpenPage, component, messages, notes, tile_ids
from tests.support.planted import write_planted
from tests.support.shop import SINCE

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
    assert "there is no page 999,999, this is the last" in notes(app)


def test_a_category_filters_before_the_list_is_cut(open_page: OpenPage) -> None:
    app = open_page(browse_category="Planted|Plain")
    catalog = live().catalog
    inside = {
        str(item.id) for item in catalog.products if item.category.startswith("Planted|Plain")
    }
    assert set(tile_ids(app, GRID)) == inside


def tree(app: AppTest) -> list[tuple[str, int, str]]:
    data = component(app, "browse_facets")
    assert data is not None
    return [(line["label"], line["depth"], line["count"]) for line in data["tree"]]


def test_categories_are_a_tree_with_counts(open_page: OpenPage) -> None:
    assert tree(open_page()) == [
        ("All categories", 0, "60"),
        ("Dotted", 0, "15"),
        ("Plain", 0, "30"),
        ("Small", 1, "15"),
        ("Striped", 0, "15"),
    ]


def test_search_finds_and_counts(open_page: OpenPage) -> None:
    app = open_page(browse_search="SMALL", browse_view="all")
    found = tile_ids(app, GRID)
    catalog = live().catalog
    inside = {str(item.id) for item in catalog.products if "small" in searched(item)}
    assert set(found) == inside
    assert ("All categories", 0, str(len(found))) in tree(app)
    assert tile_ids(open_page(browse_search="product-007"), GRID) == ["product-007"]


def searched(item: Product) -> str:
    return f"{item.title} {item.brand} {item.category}".casefold()


def test_prices_bound_the_list(open_page: OpenPage) -> None:
    prices = sorted(item.price or 0.0 for item in live().catalog.products)
    low, high = f"{prices[10]:.2f}", f"{prices[20]:.2f}"
    app = open_page(browse_view="all", browse_sort="price", browse_from=low, browse_to=high)
    rows = [live().catalog.product_row(name) for name in tile_ids(app, GRID)]
    shown = [live().catalog.products[row].price for row in rows]
    assert shown == [price for price in prices if float(low) <= price <= float(high)]
    data = component(app, "browse_facets")
    assert data is not None
    assert float(data["prices"]["low"]) == float(low)
    assert data["active"] == 1


def test_each_filter_can_be_taken_away(open_page: OpenPage) -> None:
    app = open_page(browse_search="small", browse_category="Planted|Plain", browse_page="3")
    app.button(key="browse_without_text").click().run()
    assert dict(app.query_params) == {"browse_category": "Planted|Plain"}
    app.button(key="browse_without_category").click().run()
    assert dict(app.query_params) == {}
    assert len(tile_ids(app, GRID)) == 48


def test_nothing_found_offers_the_way_back(open_page: OpenPage) -> None:
    app = open_page(browse_search="no such thing", browse_from="5")
    assert "No product matches" in messages(app)
    app.button(key="browse_everything").click().run()
    assert dict(app.query_params) == {}
    assert len(tile_ids(app, GRID)) == 48


def test_all_by_times_shown(open_page: OpenPage) -> None:
    open_page()  # the first visit has it counted
    wait_until(lambda: live().exposure is not None)
    data = component(open_page(browse_view="all", browse_sort="shown"), GRID)
    assert data is not None
    shares = [
        int(tile["badges"][0][0].removeprefix("shown to ").split()[0]) for tile in data["tiles"]
    ]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


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


def test_previous_and_next_follow_the_list_over_its_pages(open_page: OpenPage) -> None:
    first = tile_ids(open_page(browse_seed="1"), GRID)
    second = tile_ids(open_page(browse_seed="1", browse_page="2"), GRID)
    for page, item, disabled in (
        ("1", first[0], [True, False]),
        ("1", first[20], [False, False]),
        ("1", first[47], [False, False]),
        ("2", second[0], [False, False]),
        ("2", second[11], [False, True]),
    ):
        card = component(open_page(browse_seed="1", browse_page=page, item=item), "panel_card")
        assert card is not None
        assert [action["disabled"] for action in card["actions"][:2]] == disabled


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"item": "<script>alert(1)</script>"}, "“<script>alert(1)</script>” is no product, so"),
        ({"item": "../../etc/passwd"}, "“../../etc/passwd” is no product, so none is open."),
        ({"browse_view": "sideways"}, "“sideways” is no order, so it is random."),
        ({"browse_seed": "-1"}, "“-1” is no number of a shuffle, so the first one is shown."),
        ({"browse_page": "1e9"}, "“1e9” is no page, so the first one is shown."),
        (
            {"browse_category": "No such|one"},
            "“No such|one” is no category here, so all are",
        ),
        ({"browse_seed": "9" * 400}, f"“{'9' * 39}…” is no number of a shuffle"),
        (
            {"browse_view": "all", "browse_sort": "upside-down", "browse_from": "-1"},
            "“upside-down” is no way to sort these, so they are sorted by title. "
            "“-1” is no price, so there is no lowest one.",
        ),
        (
            {"browse_to": "1e999", "browse_search": "   "},
            "“1e999” is no price, so there is no",
        ),
    ],
)
def test_nonsense_in_the_url_is_said_quietly_and_gone_with_the_next_click(
    open_page: OpenPage, parameters: dict[str, str], said: str
) -> None:
    app = open_page(**parameters)
    assert len(tile_ids(app, GRID)) == 48
    assert said in notes(app)
    assert messages(app) == ""
    app.get_by_key("browse_view").set_value("popular").run()
    assert dict(app.query_params) == {"browse_view": "popular"} | {
        name: value for name, value in parameters.items() if name == "browse_search"
    }
    assert "From the address" not in notes(app)


def test_an_address_without_fault_is_not_spoken_of(open_page: OpenPage) -> None:
    app = open_page(browse_category="Planted|Plain", browse_page="1", item="product-001", utm="x")
    assert "From the address" not in notes(app)


def test_an_unknown_product_is_said_and_can_be_closed(open_page: OpenPage) -> None:
    app = open_page(item="no-such-product")
    assert "No such product" in messages(app)
    since = since_text(SINCE)
    assert f"planted has been live since {since} and has no product no-such" in messages(app)
    app.button(key="panel_close").click().run()
    assert "item" not in app.query_params
    assert messages(app) == ""


def test_a_product_that_left_with_its_catalogue_is_told_so(open_page: OpenPage) -> None:
    app = open_page(item="product-050")
    workspace = Workspace.default()
    write_planted(workspace.datasets_dir / "other", scenes=6, products=12)
    workspace.set_live(LivePointer("fake", "other", "2026-06-01T08:00:00+00:00"))
    app.run()
    since = since_text("2026-06-01T08:00:00+00:00")
    assert "The catalogue changed while you were here" in messages(app)
    assert f"now the data set other has been live since {since}" in messages(app)
    app.button(key="browse_shuffle").click().run()
    assert "item" not in app.query_params
    assert messages(app) == ""
    fresh = open_page(item="product-050")  # somebody else, who never saw the old one
    assert "changed while you were here" not in messages(fresh)
    assert "has no product product-050" in messages(fresh)


def test_the_state_of_the_world_is_shown(open_page: OpenPage) -> None:
    line = open_page().caption[0].value.replace("\\", "").replace("\u2060", "")
    assert "Data set planted" in line
    assert "model fake" in line
    assert f"live since {since_text(SINCE)}" in line


def test_a_catalogue_without_products_is_told_and_another_is_shown(open_page: OpenPage) -> None:
    workspace = Workspace.default()
    empty = workspace.datasets_dir / "zero"
    (empty / "images").mkdir(parents=True)
    (empty / "zero-cat.json").write_text("{}", "utf-8")
    (empty / "zero.json").write_text("", "utf-8")
    workspace.set_live(LivePointer("fake", "zero", SINCE))
    app = open_page()
    assert "The promoted data set is not in use" in messages(app)
    assert "the object is empty" in messages(app)
    assert len(tile_ids(app, GRID)) == 48


def test_an_empty_workspace_says_how_to_begin(open_page: OpenPage) -> None:
    shutil.rmtree(Workspace.default().datasets_dir)
    Workspace.default().live_path.unlink()
    assert "python -m recsys demo" in messages(open_page())
