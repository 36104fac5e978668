"""The second part of serving: from candidates to a scored order with reasons.

Rows are the catalogue's throughout; higher scores are better and ties go to the lower row,
which is the lower id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.errors import ModelError
from recsys.retrieval.corrections import Fitted
from recsys.retrieval.corrections_served import corrected_top_k
from recsys.retrieval.selection import winning_regions
from recsys.serving.diversity import POOL, comparable, diversified
from recsys.serving.query import Query

if TYPE_CHECKING:
    from recsys.catalog.catalog import Catalog
    from recsys.retrieval.embeddings import EmbeddingTable
    from recsys.retrieval.topk import ProductIndex, TopK


@dataclass(frozen=True)
class Ranked:
    """A list of n products, best first.

    Attributes:
        rows: ``int32 [n]``.
        scores: ``float [n]``, None where the order means nothing.
        regions: ``int32 [n]`` the winning region of each, None where there are none to tell.
        by_score: whether the order is that of the scores; not after diversity.
    """

    rows: NDArray[np.integer]
    scores: NDArray[np.float32] | None = None
    regions: NDArray[np.int32] | None = None
    by_score: bool = True


def joined(lists: Sequence[Ranked]) -> Ranked:
    """Lists one after the other, each as a ranker of vectors gives it."""
    if not lists:
        return Ranked(np.empty(0, np.int32), np.empty(0, np.float32))
    parts = [ranked.regions for ranked in lists if ranked.regions is not None]
    return Ranked(
        np.concatenate([ranked.rows for ranked in lists]),
        np.concatenate([ranked.scores for ranked in lists if ranked.scores is not None]),
        np.concatenate(parts) if parts else None,
    )


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
        self,
        query: Query,
        allowed: NDArray[np.bool_],
        k: int,
        fitted: Fitted | None = None,
        diversity: float = 0.0,
    ) -> Ranked:
        """What goes with one scene, and the region each was found in.

        Args:
            fitted: scale and offset over the table's products.
        """
        pool = max(k, POOL) if diversity else k
        found = self._best(query.vectors[None], allowed, pool, fitted, query.looking_at)
        return self._finished(query, found.rows[0], found.scores[0], k, fitted, diversity)

    def rank_by_category(
        self,
        query: Query,
        allowed: NDArray[np.bool_],
        k: int,
        category_of: NDArray[np.int32],
        fitted: Fitted | None = None,
        diversity: float = 0.0,
    ) -> list[tuple[int, Ranked]]:
        """The best k of every category that has any, categories with the best item first.

        One scoring and one sort for all of them.

        Args:
            category_of: ``int32 [P]`` over the catalogue's products.
        """
        found = self._best(
            query.vectors[None], allowed, max(1, self._index.size), fitted, query.looking_at
        )
        rows, scores = found.rows[0], found.scores[0]
        categories = category_of[self._rows[rows]]
        order = np.argsort(categories, kind="stable")  # best first within each
        parts = np.split(order, np.flatnonzero(np.diff(categories[order])) + 1)
        pool = max(k, POOL) if diversity else k
        groups = []
        for places in sorted(filter(len, parts), key=lambda part: int(part[0])):
            best = places[:pool]
            ranked = self._finished(query, rows[best], scores[best], k, fitted, diversity)
            groups.append((int(categories[best[0]]), ranked))
        return groups

    def place_of(
        self,
        query: Query,
        row: int,
        allowed: NDArray[np.bool_],
        fitted: Fitted | None = None,
    ) -> int:
        """The rank from 1 that a product has among the allowed, itself one of them."""
        found = self._best(
            query.vectors[None], allowed, max(1, self._index.size), fitted, query.looking_at
        )
        return int(np.flatnonzero(self._rows[found.rows[0]] == row)[0]) + 1

    def region_scores(self, query: Query, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """Similarity ``float32 [n, R]`` of products to every region, without corrections."""
        return self._index.region_scores(query.vectors, self._table_rows[rows])

    def unit_vectors(self, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """Product vectors ``float32 [n, D]`` of length one, by the catalogue's rows."""
        return np.asarray(self._neighbours.vectors[self._table_rows[rows]])

    def search_vectors(self, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """Product vectors ``float32 [n, D]`` as they are searched: of length one for cosine."""
        return np.asarray(self._index.vectors[self._table_rows[rows]])

    @cached_property
    def norms(self) -> NDArray[np.float64]:
        """Length ``float64 [P]`` of every product's vector, NaN where it has none."""
        norms = np.full(len(self._table_rows), np.nan)
        norms[self._rows] = np.linalg.norm(np.asarray(self._vectors, np.float64), axis=1)
        return norms

    def rank_for_scenes(
        self,
        scenes: NDArray[np.float32],
        allowed: NDArray[np.bool_],
        k: int,
        fitted: Fitted | None = None,
    ) -> Iterator[Ranked]:
        """The same lists for many scenes, ``float32 [Q, R, D]``, without regions."""
        found = self._best(scenes, allowed, k, fitted)
        for rows, scores in zip(found.rows, found.scores, strict=True):
            yield Ranked(self._rows[rows], scores)

    def rank_similar(
        self, product_row: int, allowed: NDArray[np.bool_], k: int, diversity: float = 0.0
    ) -> Ranked:
        """The nearest products by cosine, whatever the model's own score."""
        query = np.asarray(self._vectors[self._table_rows[product_row]])[None, None]
        pool = max(k, POOL) if diversity else k
        found = self._neighbours.top_k(query, pool, allowed=allowed[self._rows], with_regions=False)
        rows, scores = found.rows[0], found.scores[0]
        order = self._diverse(rows, scores, diversity)[:k]
        return Ranked(self._rows[rows[order]], scores[order], by_score=not diversity)

    # how

    def _best(
        self,
        vectors: NDArray[np.float32],
        allowed: NDArray[np.bool_],
        k: int,
        fitted: Fitted | None,
        looking_at: NDArray[np.bool_] | None = None,
    ) -> TopK:
        """The best k of each scene of ``float32 [Q, R, D]``."""
        return corrected_top_k(
            self._index, vectors, k, fitted, allowed=allowed[self._rows], looking_at=looking_at
        )

    def _finished(
        self,
        query: Query,
        rows: NDArray[np.int32],
        scores: NDArray[np.float32],
        k: int,
        fitted: Fitted | None,
        diversity: float,
    ) -> Ranked:
        """The first k of table rows, best first, after diversity, with their regions."""
        relevance: NDArray[np.floating] = scores
        lengths_count = self._index.score == "dot" or (
            fitted is not None and bool((fitted.scale != 1).any())
        )
        if diversity and lengths_count:
            relevance = comparable(scores)
        order = self._diverse(rows, relevance, diversity)[:k]
        rows, scores = rows[order], scores[order]
        regions = None
        if query.vectors.shape[0] > 1:
            sims = self._index.region_scores(query.vectors, rows)
            regions = winning_regions(sims, query.looking_at).astype(np.int32)
        return Ranked(self._rows[rows], scores, regions, by_score=not diversity)

    def _diverse(
        self, rows: NDArray[np.int32], relevance: NDArray[np.floating], diversity: float
    ) -> NDArray[np.int64]:
        """Positions of table rows in the order that is shown."""
        order = np.arange(len(rows), dtype=np.int64)
        if diversity and len(rows):
            similarity = self._neighbours.similarities(rows[:POOL])
            order[:POOL] = diversified(relevance[:POOL], similarity, diversity)
        return order
