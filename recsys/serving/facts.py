"""What a product's panel says beside the catalogue's own words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from recsys.serving.messages import Request, Response
    from recsys.serving.server import Server

POPULAR_PART = 0.05


def score_of_nothing(server: Server, request: Request, response: Response) -> float | None:
    """What a product scores that has nothing in common with any part of a photo.

    A model that ranks by cosine pools n regions to (1/τ) log Σ exp(τ cos): ln n / τ where all
    cosines are 0, and one more than that where all are 1. So a score less this figure is a cosine
    again, a soft maximum by mean rather than by sum, in −1 to 1 for every list.

    None where scores have no such scale: for inner products, and under a correction that adds
    a length or takes something off.
    """
    if server.model is None or server.table is None or server.table.score != "cosine":
        return None
    if response.kind != "scene" or response.scoring not in ("model", "cosine"):
        return None
    looking_at = server.query(request).looking_at
    count = server.model.regions if looking_at is None else int(np.count_nonzero(looking_at))
    return math.log(count) / server.model.tau


@dataclass(frozen=True)
class ProductFacts:
    """Facts about one product, for the model and data that are live.

    Attributes:
        product: its id.
        products: how many products there are.
        pairs: scenes that it is paired with among those that the model was trained on.
        popularity_rank: 1 for the product with the most pairs; ties in order of id.
        scenes: ids of all scenes that it is paired with, in order.
        norm: length of its embedding; None without a model or picture.
        norm_percentile: 0–100: the share of products with a shorter embedding, those of the
            same length counted half.
        times_shown, share_shown: lists of ``exposure_k`` that hold it, and their share of all
            scenes, 0–1; None where nobody has counted.
    """

    product: str
    products: int
    pairs: int
    popularity_rank: int
    scenes: tuple[str, ...]
    norm: float | None = None
    norm_percentile: float | None = None
    times_shown: int | None = None
    share_shown: float | None = None
    exposure_k: int | None = None


class FactBook:
    """Facts about every product of one server; orders are sorted once. Any thread may ask."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def facts(self, product: str) -> ProductFacts:
        """Raises RequestError for an unknown product."""
        server = self._server
        row = server.catalog.product_row(product)
        exposure = server.exposure
        norm = None if server.ranker is None else float(server.ranker.norms[row])
        has_vector = norm is not None and not np.isnan(norm)
        return ProductFacts(
            product=product,
            products=len(server.catalog.products),
            pairs=int(server.popularity[row]),
            popularity_rank=int(self.popularity_rank[row]),
            scenes=tuple(
                server.catalog.scenes[scene].id for scene in server.catalog.scenes_of(row)
            ),
            norm=norm if has_vector else None,
            norm_percentile=self._percentile(norm) if norm is not None and has_vector else None,
            times_shown=None if exposure is None else int(exposure.shown[row]),
            share_shown=None if exposure is None else exposure.share_of_scenes(row),
            exposure_k=None if exposure is None else exposure.k,
        )

    @cached_property
    def popularity_rank(self) -> NDArray[np.int64]:
        """``int64 [P]``: 1 for the product with the most pairs; ties in order of id."""
        order = np.argsort(-self._server.popularity, kind="stable")
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(1, len(order) + 1)
        return rank

    def is_popular(self, row: int) -> bool:
        """Whether a product is among the ``POPULAR_PART`` with the most pairs.

        Products with as many pairs are popular together or not at all; none is where the
        median has as many, since then nothing sets it apart.
        """
        return int(self._server.popularity[row]) >= self._popular_from

    @cached_property
    def _popular_from(self) -> int:
        """The number of pairs from which a product is popular."""
        counts = self._server.popularity
        if not len(counts):
            return 1
        from_ = int(np.quantile(counts, 1.0 - POPULAR_PART, method="higher"))
        return max(from_, int(np.floor(np.median(counts))) + 1)

    @cached_property
    def _sorted_norms(self) -> NDArray[np.float64]:
        assert self._server.ranker is not None
        norms = self._server.ranker.norms
        return np.sort(norms[~np.isnan(norms)])

    def _percentile(self, norm: float) -> float:
        below = int(np.searchsorted(self._sorted_norms, norm, side="left"))
        up_to = int(np.searchsorted(self._sorted_norms, norm, side="right"))
        return 100.0 * (below + up_to) / (2 * len(self._sorted_norms))
