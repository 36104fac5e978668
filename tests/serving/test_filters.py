from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.catalog.catalog import Product
from recsys.catalog.stl import read_stl
from recsys.errors import RequestError
from recsys.serving.exposure_counts import Exposure
from recsys.serving.server import Request, Server
from tests.support.planted import write_planted

SUBJECTS: list[dict[str, Any]] = [
    {"kind": "random", "seed": 3},
    {"kind": "popular"},
    {"kind": "scene", "scene": "studio-003"},
    {"kind": "similar", "product": "product-004"},
]
FILTERS: list[tuple[dict[str, Any], Any]] = [
    ({"min_price": 15}, lambda item: item.price >= 15),
    ({"max_price": 15}, lambda item: item.price <= 15),
    ({"min_price": 12, "max_price": 12}, lambda item: item.price == 12),
    ({"categories": ("Dotted", "Striped")}, lambda item: item.leaf in ("Dotted", "Striped")),
    ({"categories": ("Small",), "category": "Plain"}, lambda item: item.leaf == "Small"),
    ({"exclude": ("product-001", "nobody")}, lambda item: item.id != "product-001"),
]


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject["kind"])
@pytest.mark.parametrize(("filters", "lets_through"), FILTERS, ids=[str(one[0]) for one in FILTERS])
def test_filters_come_before_the_list(
    server: Server, subject: dict[str, Any], filters: dict[str, Any], lets_through: Any
) -> None:
    products = {product.id: product for product in server.catalog.products}
    whole = server.recommend(Request(**subject, k=100)).products
    kept = [product for product in whole if lets_through(products[product])]
    response = server.recommend(Request(**subject, **filters, k=3))
    assert list(response.products) == kept[:3]
    assert response.candidates == len(kept)


def test_without_a_price_only_where_there_is_no_bound(tmp_path: Path) -> None:
    catalog = read_stl(write_planted(tmp_path / "planted"), "planted")
    products = [
        Product(item.id, item.category, item.image, price=None if row % 2 else item.price)
        for row, item in enumerate(catalog.products)
    ]
    catalog.products = tuple(products)
    server = Server(catalog)
    assert server.recommend(Request("random", k=100)).candidates == 24
    assert server.recommend(Request("random", k=100, min_price=0)).candidates == 12
    assert server.recommend(Request("random", k=100, max_price=1e9)).candidates == 12


def test_categories_that_are_unknown(server: Server) -> None:
    with pytest.raises(RequestError, match="no category 'Hats'"):
        server.recommend(Request("random", categories=("Plain", "Hats")))


def test_nothing_left(server: Server) -> None:
    response = server.recommend(Request("scene", scene="studio-003", min_price=1e6))
    assert response.products == ()
    assert response.candidates == 0
    assert response.scores == ()


class TestHideGeneric:
    def test_leaves_out_what_is_shown_to_more(self, server: Server) -> None:
        shown = np.arange(24)
        server.exposure = Exposure(shown, 30)
        for share in (0.0, 0.1, 0.5, 1.0):
            response = server.recommend(Request("random", k=100, hide_generic=share))
            rows = {server.catalog.product_row(product) for product in response.products}
            assert rows == {row for row in range(24) if row / 30 <= share}

    def test_needs_counts(self, server: Server) -> None:
        with pytest.raises(RequestError, match="hide_generic: it has not been counted"):
            server.recommend(Request("random", hide_generic=0.5))
