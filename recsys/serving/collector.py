"""The first of the three parts of serving: from a request to the products in the running."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.catalog import Catalog
from recsys.errors import RequestError
from recsys.serving.messages import Request


class Collector:
    """Filters before anything is ranked, so that a filtered list is as long as any.

    Args:
        catalog: what there is.
        embedded: ``bool [P]``, the products that have a vector; None where there is no model.
    """

    def __init__(self, catalog: Catalog, embedded: NDArray[np.bool_] | None) -> None:
        self._catalog = catalog
        self._embedded = embedded

    def collect(self, request: Request) -> NDArray[np.bool_]:
        """The candidates of a request, ``bool [P]`` over the catalogue's products.

        Raises RequestError for an unknown category or product, a product without a picture,
        and for a request that needs a model where there is none.
        """
        allowed = self.in_category(request.category)
        if request.kind in ("scene", "similar"):
            allowed = allowed & self._vectors()
        if request.product is not None:
            row = self._catalog.product_row(request.product)
            if not self._vectors()[row]:
                raise RequestError(
                    f"the product {request.product} has no readable picture, "
                    "so nothing can be compared with it",
                    "Choose another product, or mend its picture and embed again",
                )
            allowed[row] = False  # nobody needs to be shown what they are looking at
        return allowed

    def in_category(self, category: str | None) -> NDArray[np.bool_]:
        """``bool [P]``, a fresh array; everything where no category is given."""
        if category is None:
            return np.ones(len(self._catalog.products), np.bool_)
        return self._catalog.in_category(category).copy()

    def _vectors(self) -> NDArray[np.bool_]:
        if self._embedded is None:
            name = self._catalog.name
            raise RequestError(
                f"no model is live for the data set {name}, so only random and popular products "
                "can be recommended",
                f"Train one with: python -m recsys train --data {name}, then put it live with: "
                f"python -m recsys promote --model ID --data {name}",
            )
        return self._embedded
