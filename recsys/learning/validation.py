"""How good a model is while it learns: quick, on scenes that it is not fitted to.

Recall@10, who the lists show, and the lists themselves of a few fixed scenes. The candidates are
all products, or where there are many the validation scenes' own and a fixed random rest up to
``MAX_CANDIDATES``. The figures show whether learning goes on; the report's, over the whole
catalogue, come from ``evaluation``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from numpy.typing import NDArray

from recsys.evaluation.exposure import (
    coverage,
    excess_gini,
    gini,
    gini_by_chance,
    largest_share,
    times_shown,
)
from recsys.evaluation.ranking import Positives, measure, recall_at_k
from recsys.learning.config import TrainConfig
from recsys.learning.steps import build_towers
from recsys.learning.towers import normalised, pooled_scores

MAX_CANDIDATES = 1024
MAX_SCENES = 256
FILM_SCENES = 8
LIST_LENGTH = 10

_SCENE_BATCH, _PRODUCT_BATCH = 16, 64


@dataclass(frozen=True)
class Evaluation:
    """What one look at a model found.

    Attributes:
        figures: ``validation_recall@10``, and of the lists of all validation scenes
            ``excess_gini``, ``coverage`` and ``largest_share`` (``recsys.evaluation.exposure``);
            ``embedding_spread``, the mean of 1 − cosine over all pairs of candidates (0: they
            are all the same). One that cannot be told is left out.
        scenes: ``int64 [F]``, rows of the fixed scenes whose lists are kept, at most
            ``FILM_SCENES``.
        products: ``int64 [F, k]``, rows of their lists, best first.
        scores: ``float32 [F, k]``.
        right: ``bool [F, k]``, whether a product is known to belong to the scene.
        all_scenes: ``int64 [Q]``, rows of all validation scenes.
        recall: ``float64 [Q]``, recall@10 of each of them.
    """

    figures: dict[str, float]
    scenes: NDArray[np.int64]
    products: NDArray[np.int64]
    scores: NDArray[np.float32]
    right: NDArray[np.bool_]
    all_scenes: NDArray[np.int64]
    recall: NDArray[np.float64]


class Validation:
    """A fixed set of scenes and candidates, measured again and again.

    Args:
        scenes, products: pixels, rows of the catalogue (memory-mapped).
        pair_scene, pair_product: ``int32 [N]`` pairs of validation scenes, pictures readable.
        usable: ``bool [P]`` products with a readable picture.
    """

    def __init__(
        self,
        config: TrainConfig,
        scenes: NDArray[np.uint8],
        products: NDArray[np.uint8],
        pair_scene: NDArray[np.int32],
        pair_product: NDArray[np.int32],
        usable: NDArray[np.bool_],
    ) -> None:
        self.config = config
        self._scenes, self._products = scenes, products
        rng = np.random.default_rng(0)
        rows = np.unique(pair_scene)
        if len(rows) > MAX_SCENES:
            rows = np.sort(rng.choice(rows, MAX_SCENES, replace=False))
        kept = np.isin(pair_scene, rows)
        pair_scene, pair_product = pair_scene[kept], pair_product[kept]
        own = np.unique(pair_product)
        others = np.setdiff1d(np.flatnonzero(usable), own)
        room = max(0, MAX_CANDIDATES - len(own))
        if len(others) > room:
            others = rng.choice(others, room, replace=False)
        self.scene_rows = rows
        self.candidates = np.sort(np.concatenate([own, others]))
        mask = np.zeros((len(rows), len(self.candidates)), bool)
        mask[np.searchsorted(rows, pair_scene), np.searchsorted(self.candidates, pair_product)] = 1
        self._mask = mask
        self._positives = Positives.from_mask(mask)
        self._film = np.unique(np.linspace(0, len(rows) - 1, FILM_SCENES).round().astype(int))
        self._graph, *self._states = nnx.split(self._evaluated_towers(), nnx.Param, ...)
        self._scene_call = jax.jit(self._scene_vectors)
        self._product_call = jax.jit(self._product_vectors)

    def evaluate(self, weights: Any, statistics: Any) -> Evaluation | None:
        """What the towers with these weights do; None without validation scenes."""
        if len(self.scene_rows) == 0:
            return None
        regions = _in_batches(
            self._scene_call, weights, statistics, self._scenes, self.scene_rows, _SCENE_BATCH
        )
        products = _in_batches(
            self._product_call, weights, statistics, self._products, self.candidates, _PRODUCT_BATCH
        )
        goods = jnp.asarray(products)
        scores = np.concatenate(
            [
                np.asarray(pooled_scores(jnp.asarray(regions[i : i + 32]), goods, self.config.tau))
                for i in range(0, len(regions), 32)
            ]
        )
        lists = np.argsort(-scores, axis=1, kind="stable")[:, :LIST_LENGTH]
        rank = measure([scores], self._positives).rank
        recall = recall_at_k(rank, self._positives, 10)
        figures = {
            "validation_recall@10": float(np.nanmean(recall)),
            **self._exposure(lists),
            "embedding_spread": _spread(products),
        }
        film = lists[self._film]
        return Evaluation(
            figures={name: value for name, value in figures.items() if np.isfinite(value)},
            scenes=self.scene_rows[self._film].astype(np.int64),
            products=self.candidates[film].astype(np.int64),
            scores=np.take_along_axis(scores[self._film], film, axis=1).astype(np.float32),
            right=np.take_along_axis(self._mask[self._film], film, axis=1),
            all_scenes=self.scene_rows.astype(np.int64),
            recall=np.asarray(recall, np.float64),
        )

    def _exposure(self, lists: NDArray[np.int64]) -> dict[str, float]:
        counts = times_shown(lists, len(self.candidates))
        found = {
            "excess_gini": excess_gini(gini(counts), self._gini_by_chance),
            "coverage": coverage(counts),
            "largest_share": largest_share(counts, len(lists)),
        }
        return {name: value for name, value in found.items() if value is not None}

    @cached_property
    def _gini_by_chance(self) -> float | None:
        return gini_by_chance(len(self.scene_rows), LIST_LENGTH, len(self.candidates), seed=0)

    def _evaluated_towers(self) -> nnx.Module:
        towers = build_towers(self.config.tower)
        if self.config.discard_statistics:
            towers.train()  # as published: evaluation in training mode hides the lost statistics
        else:
            towers.eval()
        return towers

    def _towers(self, weights: Any, statistics: Any) -> Any:
        for state, values in zip(self._states, (weights, statistics), strict=True):
            nnx.replace_by_pure_dict(state, values)
        return nnx.merge(self._graph, *self._states)

    def _scene_vectors(self, weights: Any, statistics: Any, pixels: jax.Array) -> jax.Array:
        vectors = self._towers(weights, statistics).scene_vectors(pixels)
        return normalised(vectors) if self.config.score == "cosine" else vectors

    def _product_vectors(self, weights: Any, statistics: Any, pixels: jax.Array) -> jax.Array:
        vectors = self._towers(weights, statistics).product_vectors(pixels)
        return normalised(vectors) if self.config.score == "cosine" else vectors


def _spread(products: NDArray[np.float32]) -> float:
    """Mean of 1 − cosine over all pairs: 1 − ‖mean of the unit vectors‖²."""
    norms = np.linalg.norm(products, axis=1, keepdims=True)
    unit = products.astype(np.float64) / np.maximum(norms, 1e-12)
    return float(1.0 - (unit.mean(axis=0) ** 2).sum())


def _in_batches(
    call: Any,
    weights: Any,
    statistics: Any,
    pixels: NDArray[np.uint8],
    rows: NDArray[np.integer],
    size: int,
) -> NDArray[np.float32]:
    parts = []
    for start in range(0, len(rows), size):
        chosen = rows[start : start + size]
        filled = np.concatenate([chosen, np.repeat(chosen[:1], size - len(chosen))])
        parts.append(np.asarray(call(weights, statistics, pixels[filled]))[: len(chosen)])
    return np.concatenate(parts)
