"""The second part of serving: from candidates to a scored order with reasons.

Rows are the catalogue's throughout; higher scores are better and ties go to the lower row,
which is the lower id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.errors import ModelError

if TYPE_CHECKING:
    from recsys.catalog.catalog import Catalog
    from recsys.retrieval.embeddings import EmbeddingTable
    from recsys.retrieval.topk import ProductIndex


@dataclass(frozen=True)
class Ranked:
    """A list of n products, best first.

    Attributes:
        rows: ``int32 [n]``.
        scores: ``float [n]``, None where the order means nothing.
        regions: ``int32 [n]`` the winning region of each, None where there are none to tell.
    """

    rows: NDArray[np.integer]
    scores: NDArray[np.float32] | None = None
    regions: NDArray[np.int32] | None = None


def rank_randomly(allowed: NDArray[np.bool_], k: int, seed: int) -> Ranked:
    """The first k allowed of one shuffle of everything, so a filter keeps the shuffle's order."""
    shuffle = np.random.default_rng(seed).permutation(len(allowed))
    return Ranked(shuffle[allowed[shuffle]][:k])


def rank_by_popularity(allowed: NDArray[np.bool_], k: int, popularity: NDArray[np.int64]) -> Ranked:
    """The k allowed products with the most pairs, ``int64 [P]``."""
    candidates = np.flatnonzero(allowed)
    rows = candidates[np.argsort(-popularity[candidates], kind="stable")][:k]
    return Ranked(rows, popularity[rows].astype(np.float32))


class VectorRanker:
    """Ranks by the vectors of an embedding table; safe to use from many threads.

    Raises ModelError where the table has an id that the catalogue has not.
    """

    def __init__(self, catalog: Catalog, table: EmbeddingTable) -> None:
        # Imported late: what needs no vectors should not wait for JAX.
        from recsys.retrieval.topk import ProductIndex

        unknown = [name for name in table.product_ids if not catalog.has_product(name)]
        if unknown:
            raise ModelError(
                f"the embeddings in {table.folder} have a product {unknown[0]!r} that the data "
                f"set {catalog.name} has not"
            )
        rows = [catalog.product_row(name) for name in table.product_ids]
        self._rows = np.array(rows, np.int32)
        self._table_rows = np.full(len(catalog.products), -1, np.int32)
        self._table_rows[self._rows] = np.arange(len(rows), dtype=np.int32)
        self._vectors = table.products
        self._index = ProductIndex(table.products, score=table.score, tau=table.tau)
        self._neighbours: ProductIndex = (
            self._index
            if table.score == "cosine"
            else ProductIndex(table.products, score="cosine", tau=table.tau)
        )

    @property
    def embedded(self) -> NDArray[np.bool_]:
        """``bool [P]``: the products that have a vector."""
        return self._table_rows >= 0

    def rank_for_scene(
        self, scene: NDArray[np.float32], allowed: NDArray[np.bool_], k: int
    ) -> Ranked:
        """What goes with one scene, ``float32 [R, D]``, and the region each was found in."""
        found = self._index.top_k(scene[None], k, allowed=allowed[self._rows])
        several = scene.shape[0] > 1
        regions = found.regions[0] if several else None
        return Ranked(self._rows[found.rows[0]], found.scores[0], regions)

    def rank_for_scenes(
        self, scenes: NDArray[np.float32], allowed: NDArray[np.bool_], k: int
    ) -> Iterator[Ranked]:
        """The same lists for many scenes, ``float32 [Q, R, D]``, without regions."""
        found = self._index.top_k(scenes, k, allowed=allowed[self._rows], with_regions=False)
        for rows, scores in zip(found.rows, found.scores, strict=True):
            yield Ranked(self._rows[rows], scores)

    def rank_similar(self, product_row: int, allowed: NDArray[np.bool_], k: int) -> Ranked:
        """The nearest products by cosine, whatever the model's own score."""
        query = np.asarray(self._vectors[self._table_rows[product_row]])[None, None]
        found = self._neighbours.top_k(query, k, allowed=allowed[self._rows], with_regions=False)
        return Ranked(self._rows[found.rows[0]], found.scores[0])
