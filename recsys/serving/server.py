"""The third part of serving: the one way to get a recommendation, whatever the kind.

``Server`` lets the collector choose and the ranker order, sees that the rules are kept, and
turns rows into ids. The pages, the command line and the evaluation all ask here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.catalog import Catalog
from recsys.errors import ModelError, RequestError
from recsys.serving.collector import Collector
from recsys.serving.looks import Look, Looks, photo_of
from recsys.serving.messages import Box, Item, Kind, Reason, Request, Response, check_k
from recsys.serving.query import Query, moved, regions_in
from recsys.serving.ranker import (
    Ranked,
    VectorRanker,
    joined,
    rank_by_popularity,
    rank_randomly,
)
from recsys.serving.request import Scoring
from recsys.serving.scoring import Scorings
from recsys.serving.spelling import scoring_text

if TYPE_CHECKING:
    from recsys.retrieval.corrections import Correction, Fitted
    from recsys.retrieval.embedder import Embedder
    from recsys.retrieval.embeddings import EmbeddingTable
    from recsys.serving.exposure_counts import Exposure
    from recsys.serving.live_scoring import LiveScoring

__all__ = ["Box", "Item", "Kind", "Reason", "Request", "Response", "Server"]

_BATCH = 64  # scenes ranked between two yields; bounds the lists held at once


class Server:
    """Answers requests over one data set; holds no state of its askers, so any may share it.

    Args:
        catalog: what can be recommended.
        model, table: what ranks by vectors; both, or neither where no model is live. Then
            random and popular requests are answered, others raise RequestError.

    Attributes:
        live: the correction that answers where a request asks for none; None where the model's
            own score does. Set by whoever opens the server, before anyone asks it.
        exposure: how often products are shown, for ``hide_generic``; None until somebody who
            has counted it sets it, see ``ExposureBook``.

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
        self.live: LiveScoring | None = None
        self.exposure: Exposure | None = None
        self._ids: NDArray[Any] = np.array([item.id for item in catalog.products], object)
        self._ranker: VectorRanker | None = None
        self._looks: Looks | None = None
        self._scorings: Scorings | None = None
        if (model is None) != (table is None):
            raise ValueError("a server needs a model and its table, or neither")
        if model is not None and table is not None:
            table.check(model, catalog)
            self._ranker = VectorRanker(catalog, table)
            self._looks = Looks(model)
            self._scorings = Scorings(catalog, model, table, lambda: self.popularity)
        embedded = None if self._ranker is None else self._ranker.embedded
        self._collector = Collector(catalog, embedded)

    def recommend(self, request: Request) -> Response:
        """Answers one request; the same request gets the same answer.

        Raises RequestError for an id or category that is unknown, a scene or product without
        a readable picture, for a kind that needs a model where none is live, and for
        ``hide_generic`` where nobody has counted what is shown.
        """
        allowed = self._candidates(request)
        boxes: tuple[Box | None, ...] = ()
        if request.kind == "random":
            ranked = rank_randomly(allowed, request.k, request.seed)
        elif request.kind == "popular":
            ranked = rank_by_popularity(allowed, request.k, self.popularity)
        elif request.kind == "similar":
            row = self.catalog.product_row(request.product or "")
            ranked = self._vector_ranker.rank_similar(row, allowed, request.k, request.diversity)
        else:
            query = self.query(request)
            boxes = query.boxes
            fitted = self.fitted(self.scoring_of(request))
            ranked = self._vector_ranker.rank_for_scene(
                query, allowed, request.k, fitted, request.diversity
            )
        return self._respond(request, request.scene, allowed, ranked, boxes)

    def recommend_by_category(self, request: Request) -> dict[str, Response]:
        """The best k of every category that has any, the category of the best item first.

        A response's ``category`` and ``candidates`` are those of its category. Costs one scoring
        for all. For kind ``scene``; raises RequestError as ``recommend`` does.
        """
        allowed = self._candidates(_of_scene(request))
        in_running = np.bincount(self.catalog.category_of[allowed], minlength=1)
        responses = {}
        boxes, groups = self._by_category(request, allowed)
        for category, ranked in groups:
            name = self.catalog.categories[category]
            response = self._respond(request, request.scene, allowed, ranked, boxes)
            responses[name] = dataclasses.replace(
                response, category=name, candidates=int(in_running[category])
            )
        return responses

    def whole_look(self, request: Request) -> Response:
        """The best item of each category, best first, of at most k categories.

        Diversity changes nothing here: no two of one category are shown. For kind ``scene``;
        raises RequestError as ``recommend`` does.
        """
        allowed = self._candidates(_of_scene(request))
        single = dataclasses.replace(request, k=1, diversity=0.0)
        boxes, groups = self._by_category(single, allowed)
        best = joined([ranked for _, ranked in groups[: request.k]])
        return self._respond(request, request.scene, allowed, best, boxes)

    def rank_of(self, request: Request, product: str) -> int | None:
        """The place from 1 that a product has among all candidates of a request for a scene.

        Before diversity. None where it is not in the running. Raises RequestError.
        """
        allowed = self._candidates(_of_scene(request))
        row = self.catalog.product_row(product)
        if not allowed[row]:
            return None
        fitted = self.fitted(self.scoring_of(request))
        return self._vector_ranker.place_of(self.query(request), row, allowed, fitted)

    def query(self, request: Request) -> Query:
        """What the ranker is asked for a request for a scene. Raises RequestError."""
        look = self.look(request)
        looking_at = None
        if request.focus is not None and len(look.boxes) > 1:
            looking_at = regions_in(look.boxes, request.focus)
        return Query(self.moved(request, look.vectors), look.boxes, looking_at)

    def moved(self, request: Request, regions: NDArray[np.float32]) -> NDArray[np.float32]:
        """Region vectors ``[..., D]`` moved by what a request likes and dislikes."""
        if not request.liked and not request.disliked:
            return regions
        liked, disliked = (
            self._vector_ranker.unit_vectors(self.rows_with_vectors(products))
            for products in (request.liked, request.disliked)
        )
        return moved(regions, liked, disliked)

    def rows_with_vectors(self, products: Iterable[str]) -> NDArray[np.int64]:
        """Rows ``int64 [n]``. Raises RequestError for one that is unknown or has no picture."""
        rows = [self._collector.row_with_vector(product) for product in products]
        return np.array(rows, np.int64)

    def recommend_scenes(
        self,
        scene_rows: Sequence[int] | NDArray[np.integer],
        k: int,
        category: str | None = None,
        scoring: Scoring | None = None,
    ) -> Iterator[Response]:
        """The same lists as one by one, for many scenes of the catalogue, quickly.

        Scenes without a readable picture are left out: ``scenes_without_picture`` names them.
        Where in the photo a product was found is not told. Yields in the order given; raises
        RequestError as ``recommend`` does, before the first response.

        Args:
            scoring: as in a ``Request``; None is what is served.
        """
        check_k(k)
        rows = np.asarray(scene_rows, np.int64).reshape(-1)
        if len(rows) and not (rows.min() >= 0 and rows.max() < len(self.catalog.scenes)):
            raise RequestError(f"a scene's row is from 0 to {len(self.catalog.scenes) - 1}")
        request = Request("scene", k=k, scene="", category=category, scoring=scoring)  # of none
        allowed = self._collector.collect(request)
        return self._respond_to_all(request, rows, allowed, self.fitted(self.scoring_of(request)))

    # what orders the lists

    def scoring_of(self, request: Request) -> Correction | None:
        """The correction that answers a request for a scene; None for the model's own score."""
        if request.scoring is None:
            return None if self.live is None else self.live.correction
        return None if isinstance(request.scoring, str) else request.scoring

    def fitted(self, correction: Correction | None) -> Fitted | None:
        """What a correction comes to for the table's products, for the ranker; None for none.

        The live one as it was stored, others as the training scenes give them now. Raises
        RequestError where there is no scene to make a bank of.
        """
        if self.live is not None and correction == self.live.correction:
            return self.live.fitted
        return None if correction is None else self.scorings.fitted(correction)

    @property
    def scorings(self) -> Scorings:
        """The corrections of this server. Raises ModelError where it has no model."""
        if self._scorings is None:
            raise ModelError("corrections are of a model, and none is live")
        return self._scorings

    def look(self, request: Request) -> Look:
        """The region vectors of a request's scene or photo. Raises RequestError.

        A model without regions looks at the focus cut out of the photo.
        """
        if self._looks is None or self.model is None:
            raise RequestError("no model is live, so a photo cannot be looked at")
        part = request.focus if self.model.regions == 1 else None
        if request.image is not None:
            return self._looks.of_image(request.image, part)
        row = self.catalog.scene_row(request.scene or "")
        return self._looks.of_scene(self.catalog.scenes[row], part)

    def photo(self, request: Request) -> NDArray[np.uint8]:
        """The whole photo ``uint8 [H, W, 3]`` of a request for a scene. Raises RequestError."""
        if request.image is not None:
            return request.image
        return photo_of(self.catalog.scenes[self.catalog.scene_row(request.scene or "")])

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
    def ranker(self) -> VectorRanker | None:
        """What ranks by vectors; None where no model is live."""
        return self._ranker

    @property
    def _vector_ranker(self) -> VectorRanker:
        assert self._ranker is not None, "the collector refuses such requests without a model"
        return self._ranker

    def _candidates(self, request: Request) -> NDArray[np.bool_]:
        shown = None if self.exposure is None else self.exposure.shares
        return self._collector.collect(request, shown)

    def _by_category(
        self, request: Request, allowed: NDArray[np.bool_]
    ) -> tuple[tuple[Box | None, ...], list[tuple[int, Ranked]]]:
        query = self.query(request)
        groups = self._vector_ranker.rank_by_category(
            query,
            allowed,
            request.k,
            self.catalog.category_of,
            self.fitted(self.scoring_of(request)),
            request.diversity,
        )
        return query.boxes, groups

    @cached_property
    def _table_scenes(self) -> NDArray[np.int64]:
        """``int64 [S]``: each scene's row in the table, -1 where it has none."""
        assert self.table is not None
        positions = {name: row for row, name in enumerate(self.table.scene_ids)}
        return np.array([positions.get(scene.id, -1) for scene in self.catalog.scenes], np.int64)

    def _respond_to_all(
        self,
        request: Request,
        rows: NDArray[np.int64],
        allowed: NDArray[np.bool_],
        fitted: Fitted | None,
    ) -> Iterator[Response]:
        assert self.table is not None
        assert self.model is not None
        known = rows[self._table_scenes[rows] >= 0]
        for start in range(0, len(known), _BATCH):
            batch = known[start : start + _BATCH]
            vectors = self.table.scene_vectors(self._table_scenes[batch], self.model, self.catalog)
            lists = self._vector_ranker.rank_for_scenes(vectors, allowed, request.k, fitted)
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
            scoring=scoring_text(self.scoring_of(request)) if request.kind == "scene" else None,
            regions=None if regions is None else tuple(boxes[region] for region in regions),
            counts=tuple(self.popularity[ranked.rows].tolist()) if popular else None,
        )


def _of_scene(request: Request) -> Request:
    if request.kind != "scene":
        raise RequestError(f"kind: expected a request for a scene, found {request.kind}")
    return request


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
        len(scores) == len(rows)
        and np.isfinite(scores).all()
        and (not ranked.by_score or (np.diff(scores) <= 0).all())
    ):
        raise RuntimeError("scores must be finite, descending, and one a product")
