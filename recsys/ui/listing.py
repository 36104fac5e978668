"""One page of the catalogue, in an order: what Browse shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recsys.serving.server import Request
from recsys.ui.resources import Live
from recsys.ui.tiles import Tile
from recsys.ui.views import popular_tile, product_tile

Order = Literal["random", "popular"]


@dataclass(frozen=True)
class Listing:
    """Tiles of one page.

    Attributes:
        page, last: the page shown and the last one there is, from 1.
        first: the place of the first tile in the whole list, from 1.
        total: products in the whole list; 0 where there are none.
    """

    page: int
    last: int
    first: int
    total: int
    tiles: tuple[Tile, ...]


def listing(
    live: Live, order: Order, *, category: str, seed: int, page: int, per_page: int
) -> Listing:
    """The page asked for, or the last one where there are not so many.

    Lists for the same order, category and seed are beginnings of one another, so the pages of
    a list hold each product once.
    """
    # not beyond the catalogue: whoever asks for page 999,999 would else make a list as long
    k = min(page * per_page, max(1, len(live.catalog.products)))
    # not remembered: it takes a millisecond, and lists to the last page are long
    response = live.server.recommend(
        Request(order, k=k, category=category or None, seed=seed if order == "random" else 0)
    )
    last = max(1, -(-response.candidates // per_page))
    page = min(page, last)
    start = (page - 1) * per_page
    ids = response.products[start : start + per_page]
    products = [live.catalog.products[live.catalog.product_row(product)] for product in ids]
    if response.counts is None:
        shown = [product_tile(product) for product in products]
    else:
        counts = response.counts[start : start + per_page]
        shown = [popular_tile(*pair) for pair in zip(products, counts, strict=True)]
    return Listing(page, last, start + 1, response.candidates, tuple(shown))
