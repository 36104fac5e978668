from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.catalog.catalog import Catalog, Product, ProductId
from recsys.errors import RequestError
from recsys.serving.listing import Listing, ListingQuery, plain
from recsys.serving.server import Request, Server

TITLES = ["Été dress", "ete Shirt", "Straße boot", "", "Ünder top", "ZEBRA top", "apple", "Ａpple"]
BRANDS = ["North", "Orfèvre", ""]
PATHS = ["Clothes|Tops", "Clothes|Dresses|Mini", "Clothes|Dresses", "Shoes"]


def catalog_of(count: int = 60, seed: int = 0) -> Catalog:
    rng = np.random.default_rng(seed)
    empty = np.empty(0, np.int32)
    products = [
        Product(
            ProductId(f"item-{row:03d}"),
            str(rng.choice(PATHS)),
            None,
            str(rng.choice(TITLES)),
            str(rng.choice(BRANDS)),
            None if rng.random() < 0.2 else float(rng.integers(1, 9)),
        )
        for row in range(count)
    ]
    return Catalog("small", products, [], empty, empty, np.empty((0, 4), np.float32))


CATALOG = catalog_of()
POPULARITY = np.random.default_rng(1).integers(0, 5, 60)
SHOWN = np.random.default_rng(2).integers(0, 5, 60)
LISTING = Listing(CATALOG, POPULARITY, SHOWN)

QUERIES = st.builds(
    ListingQuery,
    text=st.lists(
        st.sampled_from(["ete", "ÉTÉ", "top", "strasse", "item-01", "north", "orfevre", "dress"]),
        max_size=2,
    ).map(" ".join),
    category=st.sampled_from(["", "Clothes", "Clothes|Dresses", "Mini", "shoes"]),
    min_price=st.sampled_from([None, None, 2.0, 5]),
    max_price=st.sampled_from([None, None, 5.0, 7]),
    sort=st.sampled_from(["title", "price", "price-down", "popularity", "shown", "shown-least"]),
    page=st.integers(1, 5),
    per_page=st.sampled_from([7, 48]),
)


def passes(product: Product, query: ListingQuery, *, category: bool = True) -> bool:
    text = " \n ".join((product.title, product.id, product.brand, product.category))
    if any(plain(word) not in plain(text) for word in query.text.split()):
        return False
    price = product.price
    if query.min_price is not None and (price is None or price < query.min_price):
        return False
    if query.max_price is not None and (price is None or price > query.max_price):
        return False
    wanted = query.category.casefold()
    path = product.category.casefold()
    inside = path.startswith(wanted) or wanted in path.split("|")
    return not category or not wanted or inside


def sort_key(row: int, sort: str) -> Any:
    price = CATALOG.products[row].price
    if sort == "title":
        return plain(CATALOG.products[row].label), row
    if sort.startswith("price"):
        signed = price if sort == "price" or price is None else -price
        return price is None, signed or 0, row
    if sort == "popularity":
        return -POPULARITY[row], row
    return SHOWN[row] if sort == "shown-least" else -SHOWN[row], row


@settings(max_examples=150, deadline=None)
@given(QUERIES)
def test_against_plain_loops(query: ListingQuery) -> None:
    rows = [row for row, item in enumerate(CATALOG.products) if passes(item, query)]
    rows.sort(key=lambda row: sort_key(row, query.sort))
    found = LISTING.page(query)
    last = max(1, math.ceil(len(rows) / query.per_page))
    page = min(query.page, last)
    start = (page - 1) * query.per_page
    assert list(found.products) == rows[start : start + query.per_page]
    assert (found.page, found.last, found.first, found.total) == (page, last, start + 1, len(rows))
    others = [item for item in CATALOG.products if passes(item, query, category=False)]
    for path, count in found.category_counts.items():
        below = [item for item in others if f"{item.category}|".startswith(f"{path}|")]
        assert count == len(below)
    assert list(found.category_counts) == sorted(
        {"Clothes", "Clothes|Tops", "Clothes|Dresses", "Clothes|Dresses|Mini", "Shoes"}
    )


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("ete", "Été dress"),
        ("ÉTÉ", "ete Shirt"),
        ("STRASSE", "Straße boot"),
        ("strasse", "Straße boot"),
        ("under", "Ünder top"),
        ("zébra", "ZEBRA top"),
        ("Apple", "Ａpple"),
        ("dress été", "Été dress"),
        ("  top   zebra ", "ZEBRA top"),
    ],
)
def test_search_takes_case_and_accents_lightly(text: str, title: str) -> None:
    found = LISTING.page(ListingQuery(text=text, per_page=1000))
    wanted = {row for row, item in enumerate(CATALOG.products) if item.title == title}
    assert wanted <= set(found.products)
    assert found.total < 60


def test_search_in_brand_id_and_category() -> None:
    for text, field in (("orfevre", "brand"), ("item-017", "id"), ("mini", "category")):
        found = LISTING.page(ListingQuery(text=text, per_page=1000))
        values = [plain(getattr(CATALOG.products[row], field)) for row in found.products]
        assert values
        assert all(text in value for value in values)
    # No word reaches from one field into the next.
    assert LISTING.page(ListingQuery(text="dressitem")).total == 0


@pytest.mark.parametrize("text", ["\0", "|", "%", "*", "(", "a" * 10_000, "é" * 500, "\ud800"])
def test_strange_searches(text: str) -> None:
    LISTING.page(ListingQuery(text=text))


def test_pages_hold_each_product_once() -> None:
    for sort in ("random", "title", "shown"):
        seen: list[int] = []
        for page in range(1, 10):
            query = ListingQuery(sort=sort, seed=4, page=page, per_page=7)  # type: ignore[arg-type]
            seen += LISTING.page(query).products
        assert sorted(seen) == list(range(60))


def test_random_is_the_shuffle_that_the_server_gives() -> None:
    response = Server(CATALOG).recommend(Request("random", k=48, seed=7))
    found = LISTING.page(ListingQuery(sort="random", seed=7))
    assert [CATALOG.products[row].id for row in found.products] == list(response.products)
    assert found.products != LISTING.page(ListingQuery(sort="random", seed=8)).products


def test_prices() -> None:
    known = [item.price for item in CATALOG.products if item.price is not None]
    assert LISTING.price_range == (min(known), max(known))
    assert LISTING.has_prices
    bare = [Product(ProductId("a"), "Shoes", None)]
    empty = np.empty(0, np.int32)
    catalog = Catalog("bare", bare, [], empty, empty, np.empty((0, 4), np.float32))
    listing = Listing(catalog, np.zeros(1, np.int64))
    assert listing.price_range is None
    assert not listing.has_prices


def test_an_empty_catalogue() -> None:
    empty = np.empty(0, np.int32)
    catalog = Catalog("empty", [], [], empty, empty, np.empty((0, 4), np.float32))
    listing = Listing(catalog, np.zeros(0, np.int64), np.zeros(0, np.int64))
    for sort in ("title", "price", "popularity", "shown", "random"):
        found = listing.page(ListingQuery(text="a", sort=sort))  # type: ignore[arg-type]
        assert (found.products, found.total, found.page, found.last) == ((), 0, 1, 1)
        assert found.category_counts == {}


def test_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no category 'Hats'"):
        LISTING.page(ListingQuery(category="Hats"))
    with pytest.raises(RequestError, match="sort: it has not been counted"):
        Listing(CATALOG, POPULARITY).page(ListingQuery(sort="shown"))
    for wrong, message in (
        ({"sort": "best"}, "sort: no order 'best'"),
        ({"page": 0}, "page is a whole number from 1"),
        ({"page": True}, "page is a whole number"),
        ({"per_page": 1001}, "per_page is a whole number from 1 to 1,000"),
        ({"seed": -1}, "seed is a whole number"),
        ({"min_price": -1}, "min_price"),
        ({"min_price": 3, "max_price": 2}, "min_price 3 is above max_price 2"),
    ):
        with pytest.raises(RequestError, match=message):
            ListingQuery(**wrong)  # type: ignore[arg-type]
