"""Validation recall@10 while a model learns: quick, on scenes that it is not fitted to.

The candidates are all products, or where there are many the validation scenes' own and a
fixed random rest up to ``MAX_CANDIDATES``. The figure shows whether learning goes on; the
report's figures, over the whole catalogue, come from ``evaluation``.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from numpy.typing import NDArray

from recsys.evaluation.ranking import Positives, measure, recall_at_k
from recsys.learning.config import TrainConfig
from recsys.learning.steps import build_towers
from recsys.learning.towers import normalised, pooled_scores

MAX_CANDIDATES = 1024
MAX_SCENES = 256

_SCENE_BATCH, _PRODUCT_BATCH = 16, 64


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
        self._positives = Positives.from_mask(mask)
        self._graph, *self._states = nnx.split(self._evaluated_towers(), nnx.Param, ...)
        self._scene_call = jax.jit(self._scene_vectors)
        self._product_call = jax.jit(self._product_vectors)

    def recall_at_10(self, weights: Any, statistics: Any) -> float | None:
        """Mean recall@10 of the towers with these weights; None without validation scenes."""
        if len(self.scene_rows) == 0:
            return None
        regions = _in_batches(
            self._scene_call, weights, statistics, self._scenes, self.scene_rows, _SCENE_BATCH
        )
        products = _in_batches(
            self._product_call, weights, statistics, self._products, self.candidates, _PRODUCT_BATCH
        )
        goods = jnp.asarray(products)
        chunks = (
            np.asarray(pooled_scores(jnp.asarray(regions[i : i + 32]), goods, self.config.tau))
            for i in range(0, len(regions), 32)
        )
        figures = measure(chunks, self._positives)
        return float(np.nanmean(recall_at_k(figures.rank, self._positives, 10)))

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
