"""Pages of a list, against the list itself."""

from __future__ import annotations

import pytest

from recsys.serving.server import Request
from recsys.ui.listing import Order, listing
from recsys.ui.resources import Live


@pytest.mark.parametrize("order", ["random", "popular"])
@pytest.mark.parametrize("category", ["", "Planted|Plain"])
@pytest.mark.parametrize("per_page", [7, 48, 100])
def test_pages_put_together_are_the_whole_list(
    live: Live, order: Order, category: str, per_page: int
) -> None:
    request = Request(order, k=60, category=category or None, seed=4 if order == "random" else 0)
    whole = live.server.recommend(request)
    found: list[str] = []
    page, last = 1, 1
    while page <= last:
        shown = listing(live, order, category=category, seed=4, page=page, per_page=per_page)
        assert (shown.page, shown.first) == (page, len(found) + 1)
        assert shown.total == whole.candidates
        found += [tile.id for tile in shown.tiles]
        page, last = page + 1, shown.last
    assert found == list(whole.products)


def test_a_page_beyond_the_last_is_the_last(live: Live) -> None:
    beyond = listing(live, "random", category="", seed=1, page=10**6, per_page=48)
    assert beyond == listing(live, "random", category="", seed=1, page=2, per_page=48)


def test_popular_counts_are_the_servers(live: Live) -> None:
    shown = listing(live, "popular", category="", seed=0, page=2, per_page=20)
    counts = sorted(live.popularity.tolist(), reverse=True)[20:40]
    assert [int(tile.badges[0].text.split()[0]) for tile in shown.tiles] == counts
