"""Pages of a list, against the list itself."""

from __future__ import annotations

import pytest

from recsys.serving.exposure_counts import ExposureBook
from recsys.serving.server import Request
from recsys.ui.categories import category_tree
from recsys.ui.facets import amount_text
from recsys.ui.listing import Order, View, around, filter_labels, listing, sorts_of
from recsys.ui.resources import Live
from recsys.ui.tiles import Badge
from recsys.workspace import Workspace


def whole(live: Live, view: View) -> list[str]:
    shown = listing(live, view, page=1, per_page=1000)
    return [tile.id for tile in shown.tiles]


@pytest.mark.parametrize("order", ["random", "popular"])
@pytest.mark.parametrize("category", ["", "Planted|Plain"])
@pytest.mark.parametrize("per_page", [7, 48, 100])
def test_pages_put_together_are_the_servers_list(
    live: Live, order: Order, category: str, per_page: int
) -> None:
    request = Request(order, k=60, category=category or None, seed=4 if order == "random" else 0)
    answer = live.server.recommend(request)
    view = View(order, category=category, seed=4)
    found: list[str] = []
    page, last = 1, 1
    while page <= last:
        shown = listing(live, view, page=page, per_page=per_page)
        assert (shown.page, shown.first) == (page, len(found) + 1)
        assert shown.total == answer.candidates
        found += [tile.id for tile in shown.tiles]
        page, last = page + 1, shown.last
    assert found == list(answer.products)


def test_a_page_beyond_the_last_is_the_last(live: Live) -> None:
    view = View(seed=1)
    beyond = listing(live, view, page=10**6, per_page=48)
    assert beyond == listing(live, view, page=2, per_page=48)


def test_popular_counts_are_the_servers(live: Live) -> None:
    shown = listing(live, View("popular"), page=2, per_page=20)
    counts = sorted(live.popularity.tolist(), reverse=True)[20:40]
    assert [int(tile.badges[0].text.split()[0]) for tile in shown.tiles] == counts


def test_all_is_sorted_as_asked(live: Live) -> None:
    products = {str(item.id): item for item in live.catalog.products}
    prices = [products[name].price or 0.0 for name in whole(live, View("all", "price"))]
    assert prices == sorted(prices)
    dearest = [products[name].price or 0.0 for name in whole(live, View("all", "price-down"))]
    assert dearest == sorted(prices, reverse=True)
    titles = [products[name].label.casefold() for name in whole(live, View("all", "title"))]
    assert titles == sorted(titles)
    assert whole(live, View("all", "popularity")) == whole(live, View("popular"))


def test_bounds_of_the_price_in_either_order(live: Live) -> None:
    assert live.price_range is not None
    least, most = live.price_range
    middle = (least + most) / 2
    found = whole(live, View("all", low=most, high=middle))
    assert found == whole(live, View("all", low=middle, high=most))
    inside = {str(item.id) for item in live.catalog.products if (item.price or 0.0) >= middle}
    assert set(found) == inside
    assert 0 < len(found) < 60


def test_times_shown_once_they_are_counted(live: Live, workspace: Workspace) -> None:
    view = View("all", "shown")
    assert "shown" in sorts_of(live)
    assert whole(live, view) == whole(live, View("popular"))  # until then
    exposure = ExposureBook(live.server, workspace).counted()
    rows = [live.catalog.product_row(name) for name in whole(live, view)]
    shown = exposure.shown[rows].tolist()
    assert shown == sorted(exposure.shown.tolist(), reverse=True)
    assert shown[0] > 0
    badge = listing(live, view, page=1, per_page=1).tiles[0].badges
    assert badge == (Badge(f"shown to {100 * shown[0] / 30:.0f} %"),)
    least = whole(live, View("all", "shown-least"))
    assert exposure.shown[live.catalog.product_row(least[0])] == min(shown)


def test_before_and_after_cross_the_pages_edges(live: Live) -> None:
    view = View(seed=9)
    names = whole(live, view)
    for at in (0, 6, 7, 8, 13, 14, 59):
        shown = listing(live, view, page=at // 7 + 1, per_page=7)
        expected = (names[at - 1] if at else "", names[at + 1] if at < 59 else "")
        assert around(live, view, shown, names[at], 7) == expected
    assert around(live, view, listing(live, view, page=1, per_page=7), names[30], 7) == ("", "")


def test_the_tree_counts_under_the_other_filters(live: Live) -> None:
    view = View(text="small")
    shown = listing(live, view, page=1, per_page=48)
    tree = category_tree(live, shown.category_counts, "")
    assert tree[0].count == shown.total > 0
    for branch in tree:
        inside = View(text="small", category=branch.path)
        assert branch.count == listing(live, inside, page=1, per_page=48).total
    names = [branch.label for branch in tree]
    assert "Dotted" not in names  # nothing is left of it
    kept = category_tree(live, shown.category_counts, "Planted|Dotted")
    assert [(item.label, item.count) for item in kept if item.label == "Dotted"] == [("Dotted", 0)]


def test_filters_that_are_set_have_names() -> None:
    assert filter_labels(View()) == {}
    view = View(text="red", category="A|B", low=20.0)
    said = {name: label for name, (label, _) in filter_labels(view).items()}
    assert said == {"text": "“red”", "category": "B", "price": "Price from 20"}
    both = filter_labels(View(low=5.5, high=20))["price"]
    assert both == ("Price 5.5 to 20", ("low", "high"))
    assert filter_labels(View(high=0.25))["price"][0] == "Price up to 0.25"
    assert [amount_text(value) for value in (100.0, 0.0, 19.9, None)] == ["100", "0", "19.9", ""]
