"""The first of the three parts of serving: from a request to the products in the running."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.catalog import Catalog
from recsys.errors import RequestError
from recsys.serving.messages import Request


def prices_of(catalog: Catalog) -> NDArray[np.float64]:
    """Every product's price ``float64 [P]``, NaN where there is none."""
    prices = (product.price for product in catalog.products)
    return np.array([np.nan if price is None else price for price in prices], np.float64)


def within_prices(
    prices: NDArray[np.float64], low: float | None, high: float | None
) -> NDArray[np.bool_]:
    """``bool [P]``: from ``low`` up to ``high``; without a price only where no bound is set."""
    allowed = np.ones(len(prices), np.bool_)
    if low is not None:
        allowed &= prices >= low
    if high is not None:
        allowed &= prices <= high
    return allowed


class Collector:
    """Filters before anything is ranked, so that a filtered list is as long as any.

    Args:
        catalog: what there is.
        embedded: ``bool [P]``, the products that have a vector; None where there is no model.
    """

    def __init__(self, catalog: Catalog, embedded: NDArray[np.bool_] | None) -> None:
        self._catalog = catalog
        self._embedded = embedded

    def collect(
        self, request: Request, shown: NDArray[np.float64] | None = None
    ) -> NDArray[np.bool_]:
        """The candidates of a request, ``bool [P]`` over the catalogue's products.

        Args:
            shown: the share of scenes that each product is shown to, ``float64 [P]``.

        Raises RequestError for an unknown category or product, a product without a picture,
        for a request that needs a model where there is none, and for ``hide_generic`` where
        nobody has counted what is shown.
        """
        allowed = self.in_category(request.category)
        if request.categories:
            allowed &= np.any([self.in_category(name) for name in request.categories], axis=0)
        allowed &= within_prices(self._prices, request.min_price, request.max_price)
        for name in (*request.exclude, *request.disliked):
            if self._catalog.has_product(name):
                allowed[self._catalog.product_row(name)] = False
        if request.hide_generic is not None:
            if shown is None:
                raise RequestError(
                    "hide_generic: it has not been counted yet how often products are shown",
                    "Count it first; that takes some seconds",
                )
            allowed &= shown <= request.hide_generic
        if request.kind in ("scene", "similar"):
            allowed &= self._vectors()
        if request.product is not None:
            # nobody needs to be shown what they are looking at
            allowed[self.row_with_vector(request.product)] = False
        return allowed

    def row_with_vector(self, product: str) -> int:
        """The row of a product. Raises RequestError where it is unknown or has no picture."""
        row = self._catalog.product_row(product)
        if not self._vectors()[row]:
            raise RequestError(
                f"the product {product} has no readable picture, "
                "so nothing can be compared with it",
                "Choose another product, or mend its picture and embed again",
            )
        return row

    def in_category(self, category: str | None) -> NDArray[np.bool_]:
        """``bool [P]``, a fresh array; everything where no category is given."""
        if category is None:
            return np.ones(len(self._catalog.products), np.bool_)
        return self._catalog.in_category(category).copy()

    @cached_property
    def _prices(self) -> NDArray[np.float64]:
        return prices_of(self._catalog)

    def _vectors(self) -> NDArray[np.bool_]:
        if self._embedded is None:
            data = self._catalog.argument
            raise RequestError(
                f"no model is live for the data set {self._catalog.name}, so only random and "
                "popular products can be recommended",
                f"Train one with: python -m recsys train --data {data}, then put it live with: "
                f"python -m recsys promote --model ID --data {data}",
            )
        return self._embedded
