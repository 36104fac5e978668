"""One page of the catalogue, in an order and under filters: what Browse shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from recsys.catalog.catalog import CATEGORY_SEPARATOR
from recsys.serving.listing import ListingPage, ListingQuery, Sort
from recsys.ui.facets import amount_text
from recsys.ui.resources import Live
from recsys.ui.tiles import Tile
from recsys.ui.views import browse_tile

Order = Literal["random", "popular", "all"]

SORT_LABELS: dict[Sort, str] = {
    "title": "Title",
    "price": "Price, lowest first",
    "price-down": "Price, highest first",
    "popularity": "Popularity",
    "shown": "Times shown, most first",
    "shown-least": "Times shown, least first",
}


@dataclass(frozen=True)
class View:
    """What Browse was asked to show, as its URL says.

    Attributes:
        sort: one of ``SORT_LABELS``, for order ``all``.
        seed: of the shuffle, for order ``random``.
        text: words to find; empty for all.
        low, high: bounds of the price, in either order; None where there is none.
    """

    order: Order = "random"
    sort: Sort = "title"
    seed: int = 0
    text: str = ""
    category: str = ""
    low: float | None = None
    high: float | None = None

    @property
    def has_price_bound(self) -> bool:
        return self.low is not None or self.high is not None

    @property
    def by_exposure(self) -> bool:
        """Whether it needs to be counted how often products are shown."""
        return self.order == "all" and self.sort in ("shown", "shown-least")

    def query(self, page: int, per_page: int) -> ListingQuery:
        """What the catalogue is asked."""
        low, high = self.low, self.high
        if low is not None and high is not None and low > high:
            low, high = high, low
        sorts: dict[Order, Sort] = {"random": "random", "popular": "popularity"}
        return ListingQuery(
            text=self.text,
            category=self.category,
            min_price=low,
            max_price=high,
            sort=sorts.get(self.order, self.sort),
            seed=self.seed if self.order == "random" else 0,
            page=page,
            per_page=per_page,
        )


@dataclass(frozen=True)
class Listing:
    """Tiles of one page.

    Attributes:
        page, last: the page shown and the last one there is, from 1.
        first: the place of the first tile in the whole list, from 1.
        total: products in the whole list; 0 where there are none.
        category_counts: products of each path under all filters but the category.
    """

    page: int
    last: int
    first: int
    total: int
    tiles: tuple[Tile, ...]
    category_counts: Mapping[str, int]


def sorts_of(live: Live) -> list[Sort]:
    """The orders that make sense: by price where there are prices, by times shown where a
    model is live.
    """
    return [
        name
        for name in SORT_LABELS
        if (live.has_prices or not name.startswith("price"))
        and (live.model_id or not name.startswith("shown"))
    ]


def filter_labels(view: View) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The filters that are set, by name: what is said of each, and the view's fields it sets."""
    labels: dict[str, tuple[str, tuple[str, ...]]] = {}
    if view.text:
        labels["text"] = (f"“{view.text}”", ("text",))
    if view.category:
        labels["category"] = (view.category.rsplit(CATEGORY_SEPARATOR, 1)[-1], ("category",))
    if view.has_price_bound:
        low, high = amount_text(view.low), amount_text(view.high)
        said = f"{low} to {high}" if low and high else f"from {low}" if low else f"up to {high}"
        labels["price"] = (f"Price {said}", ("low", "high"))
    return labels


def listing(live: Live, view: View, *, page: int, per_page: int) -> Listing:
    """The page asked for, or the last one where there are not so many.

    While it is not known how often products are shown, an order by it is one by popularity.
    """
    found = _found(live, view, page, per_page)
    counts = view.order == "popular" or (view.order == "all" and view.sort == "popularity")
    tiles = [
        browse_tile(live, row, with_count=counts, always_shown=view.by_exposure)
        for row in found.products
    ]
    return Listing(
        found.page, found.last, found.first, found.total, tuple(tiles), found.category_counts
    )


def around(live: Live, view: View, shown: Listing, item: str, per_page: int) -> tuple[str, str]:
    """Ids of the products before and after one of a page's tiles, across the pages' edges;
    empty where there is none, or the product is not on the page.
    """
    ids = [tile.id for tile in shown.tiles]
    if item not in ids:
        return "", ""
    at = ids.index(item)
    before = ids[at - 1] if at else _edge(live, view, shown.page - 1, per_page, -1)
    if at + 1 < len(ids):
        return before, ids[at + 1]
    beyond = shown.page + 1 if shown.page < shown.last else 0
    return before, _edge(live, view, beyond, per_page, 0)


def _edge(live: Live, view: View, page: int, per_page: int, place: int) -> str:
    """The first (0) or last (-1) product of a page."""
    rows = _found(live, view, page, per_page).products if page >= 1 else ()
    return str(live.catalog.products[rows[place]].id) if rows else ""


def _found(live: Live, view: View, page: int, per_page: int) -> ListingPage:
    if view.by_exposure and live.exposure is None:
        view = replace(view, sort="popularity")
    return live.listing.page(view.query(page, per_page))
