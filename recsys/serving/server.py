"""The third part of serving: the one way to get a recommendation, whatever the kind.

``Server`` lets the collector choose and the ranker order, sees that the rules are kept, and
turns rows into ids. The pages, the command line and the evaluation all ask here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.catalog import Catalog
from recsys.errors import RequestError
from recsys.serving.collector import Collector
from recsys.serving.looks import Look, Looks
from recsys.serving.messages import Box, Item, Kind, Reason, Request, Response, check_k
from recsys.serving.ranker import Ranked, VectorRanker, rank_by_popularity, rank_randomly

if TYPE_CHECKING:
    from recsys.retrieval.embedder import Embedder
    from recsys.retrieval.embeddings import EmbeddingTable

__all__ = ["Box", "Item", "Kind", "Reason", "Request", "Response", "Server"]

_BATCH = 64  # scenes ranked between two yields; bounds the lists held at once


class Server:
    """Answers requests over one data set; holds no state of its askers, so any may share it.

    Args:
        catalog: what can be recommended.
        model, table: what ranks by vectors; both, or neither where no model is live. Then
            random and popular requests are answered, others raise RequestError.

    Raises StaleError where the table is of another model or other data.
    """

    def __init__(
        self,
        catalog: Catalog,
        model: Embedder | None = None,
        table: EmbeddingTable | None = None,
    ) -> None:
        self.catalog = catalog
        self.model = model
        self.table = table
        self._ids: NDArray[Any] = np.array([item.id for item in catalog.products], object)
        self._ranker: VectorRanker | None = None
        self._looks: Looks | None = None
        if (model is None) != (table is None):
            raise ValueError("a server needs a model and its table, or neither")
        if model is not None and table is not None:
            table.check(model, catalog)
            self._ranker = VectorRanker(catalog, table)
            self._looks = Looks(model)
        embedded = None if self._ranker is None else self._ranker.embedded
        self._collector = Collector(catalog, embedded)

    def recommend(self, request: Request) -> Response:
        """Answers one request; the same request gets the same answer.

        Raises RequestError for an id or category that is unknown, a scene or product without
        a readable picture, and for a kind that needs a model where none is live.
        """
        allowed = self._collector.collect(request)
        boxes: tuple[Box | None, ...] = ()
        if request.kind == "random":
            ranked = rank_randomly(allowed, request.k, request.seed)
        elif request.kind == "popular":
            ranked = rank_by_popularity(allowed, request.k, self.popularity)
        elif request.kind == "similar":
            row = self.catalog.product_row(request.product or "")
            ranked = self._vector_ranker.rank_similar(row, allowed, request.k)
        else:
            look = self.look(request)
            boxes = look.boxes
            ranked = self._vector_ranker.rank_for_scene(look.vectors, allowed, request.k)
        return self._respond(request, request.scene, allowed, ranked, boxes)

    def recommend_scenes(
        self, scene_rows: Sequence[int] | NDArray[np.integer], k: int, category: str | None = None
    ) -> Iterator[Response]:
        """The same lists as one by one, for many scenes of the catalogue, quickly.

        Scenes without a readable picture are left out: ``scenes_without_picture`` names them.
        Where in the photo a product was found is not told. Yields in the order given; raises
        RequestError as ``recommend`` does, before the first response.
        """
        check_k(k)
        rows = np.asarray(scene_rows, np.int64).reshape(-1)
        if len(rows) and not (rows.min() >= 0 and rows.max() < len(self.catalog.scenes)):
            raise RequestError(f"a scene's row is from 0 to {len(self.catalog.scenes) - 1}")
        request = Request("scene", k=k, scene="", category=category)  # of no one scene
        allowed = self._collector.collect(request)
        return self._respond_to_all(request, rows, allowed)

    def look(self, request: Request) -> Look:
        """The region vectors of a request's scene or photo. Raises RequestError."""
        if self._looks is None:
            raise RequestError("no model is live, so a photo cannot be looked at")
        if request.image is not None:
            return self._looks.of_image(request.image)
        row = self.catalog.scene_row(request.scene or "")
        return self._looks.of_scene(self.catalog.scenes[row])

    @cached_property
    def popularity(self) -> NDArray[np.int64]:
        """How often each product was paired, ``int64 [P]``.

        Over the scenes that the model was trained on, so that no figure on unseen scenes
        knows their answers; over all where there is no model, or one trained elsewhere.
        """
        seen = frozenset() if self.model is None else self.model.scenes_seen
        rows = [row for row, scene in enumerate(self.catalog.scenes) if scene.id in seen]
        return self.catalog.popularity(np.array(rows, np.int64) if rows else None)

    @cached_property
    def scenes_without_picture(self) -> tuple[str, ...]:
        """Ids of the scenes that ``recommend_scenes`` leaves out; empty without a model."""
        if self.table is None:
            return ()
        scenes = zip(self.catalog.scenes, self._table_scenes, strict=True)
        return tuple(scene.id for scene, table_row in scenes if table_row < 0)

    # how

    @property
    def _vector_ranker(self) -> VectorRanker:
        assert self._ranker is not None, "the collector refuses such requests without a model"
        return self._ranker

    @cached_property
    def _table_scenes(self) -> NDArray[np.int64]:
        """``int64 [S]``: each scene's row in the table, -1 where it has none."""
        assert self.table is not None
        positions = {name: row for row, name in enumerate(self.table.scene_ids)}
        return np.array([positions.get(scene.id, -1) for scene in self.catalog.scenes], np.int64)

    def _respond_to_all(
        self, request: Request, rows: NDArray[np.int64], allowed: NDArray[np.bool_]
    ) -> Iterator[Response]:
        assert self.table is not None
        assert self.model is not None
        known = rows[self._table_scenes[rows] >= 0]
        for start in range(0, len(known), _BATCH):
            batch = known[start : start + _BATCH]
            vectors = self.table.scene_vectors(self._table_scenes[batch], self.model, self.catalog)
            lists = self._vector_ranker.rank_for_scenes(vectors, allowed, request.k)
            for row, ranked in zip(batch, lists, strict=True):
                yield self._respond(request, self.catalog.scenes[row].id, allowed, ranked)

    def _respond(
        self,
        request: Request,
        scene: str | None,
        allowed: NDArray[np.bool_],
        ranked: Ranked,
        boxes: tuple[Box | None, ...] = (),
    ) -> Response:
        _check_rules(ranked, allowed, request.k)
        scores, regions = ranked.scores, ranked.regions
        popular = request.kind == "popular"
        by_model = self.model is not None and request.kind in ("scene", "similar")
        return Response(
            kind=request.kind,
            k=int(request.k),
            products=tuple(self._ids[ranked.rows].tolist()),
            scores=None if scores is None else tuple(scores.tolist()),
            candidates=int(np.count_nonzero(allowed)),
            scene=scene,
            product=request.product,
            category=request.category,
            model=self.model.id if by_model and self.model is not None else None,
            regions=None if regions is None else tuple(boxes[region] for region in regions),
            counts=tuple(self.popularity[ranked.rows].tolist()) if popular else None,
        )


def _check_rules(ranked: Ranked, allowed: NDArray[np.bool_], k: int) -> None:
    """What every list must be, whoever ranked it; a breach is a bug, not a bad request."""
    rows, scores = ranked.rows, ranked.scores
    if len(rows) > k:
        raise RuntimeError(f"a list of {len(rows)} products for k = {k}")
    if len(rows) and (rows.min() < 0 or not allowed[rows].all()):
        raise RuntimeError("a list holds a product that was not in the running")
    if len(np.unique(rows)) != len(rows):
        raise RuntimeError("a list holds a product twice")
    if scores is not None and not (
        len(scores) == len(rows) and np.isfinite(scores).all() and (np.diff(scores) <= 0).all()
    ):
        raise RuntimeError("scores must be finite, descending, and one a product")
