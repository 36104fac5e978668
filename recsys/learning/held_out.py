"""The loss on validation scenes, over batches that are as hard as those of training.

An in-batch loss grows with the number of products that must be told apart, so the two curves
say something beside each other only where batches are alike: those of validation scenes are
filled up to training's size with training scenes, which serve as wrong answers and count for
nothing themselves.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.learning.batches import Batch, Collation, SceneMaker, TrainingData, pair_keys
from recsys.learning.config import TrainConfig
from recsys.learning.steps import State, Trainer

MAX_BATCHES = 4

_UNCOUNTED = np.float32(1e-6)
"""Weight of what fills up: above 0, or it would not be a wrong answer either."""


class HeldOut:
    """Batches that are made once and measured again and again.

    Args:
        data: the pairs of validation scenes.
        training: the pairs of training scenes; nothing is learnt from them here.
    """

    def __init__(self, data: TrainingData, training: TrainingData, config: TrainConfig) -> None:
        config = dataclasses.replace(config, augment=False)
        make = _triplets if config.loss == "triplet" else _in_batch
        self._batches = make(data, training, config) if len(data.pair_scene) else []

    def loss(self, trainer: Trainer, state: State) -> float | None:
        """The mean loss of the weights that would be exported; None without validation scenes."""
        if not self._batches:
            return None
        losses = [float(trainer.evaluation_loss(state, batch)) for batch, _ in self._batches]
        return float(np.average(losses, weights=[count for _, count in self._batches]))


def _in_batch(
    data: TrainingData, training: TrainingData, config: TrainConfig
) -> list[tuple[Batch, int]]:
    rng = np.random.default_rng(0)
    scenes = rng.permutation(np.unique(data.pair_scene))
    others = rng.permutation(np.unique(training.pair_scene))
    size = min(config.batch_scenes, len(others))
    known = np.union1d(pair_keys(data), pair_keys(training))
    collate = Collation(config, known, len(data.products))
    own, filling = SceneMaker(data, config), SceneMaker(training, config)
    batches = []
    for start in range(0, min(len(scenes), MAX_BATCHES * size), size):
        chosen = scenes[start : start + size]
        parts = [own.make(int(scene), _pairs(data, scene), rng) for scene in chosen]
        for scene in others[: size - len(chosen)]:
            part = filling.make(int(scene), _pairs(training, scene), rng)
            for name in ("weight", "box_weight"):
                part[name] = (part[name] * _UNCOUNTED).astype(np.float32)
            parts.append(part)
        batches.append((collate(parts), len(chosen)))
    return batches


def _triplets(
    data: TrainingData, training: TrainingData, config: TrainConfig
) -> list[tuple[Batch, int]]:
    rng = np.random.default_rng(0)
    size = min(config.batch_scenes, len(training.pair_scene))
    known = pair_keys(data)
    products = np.unique(training.pair_product)
    pairs = rng.permutation(len(data.pair_scene))[: MAX_BATCHES * size]
    pairs = np.resize(pairs, -(-len(pairs) // size) * size)  # the last batch goes round again
    batches = []
    for start in range(0, len(pairs), size):
        chosen = pairs[start : start + size]
        scenes = data.pair_scene[chosen]
        negatives = [
            _negative(int(scene), products, known, len(data.products), rng) for scene in scenes
        ]
        batch: dict[str, Any] = {
            "scenes": np.asarray(data.scenes[scenes]),
            "positives": np.asarray(data.products[data.pair_product[chosen]]),
            "negatives": np.asarray(data.products[negatives]),
        }
        batches.append((batch, size))
    return batches


def _pairs(data: TrainingData, scene: int) -> NDArray[np.int64]:
    return np.flatnonzero(data.pair_scene == scene)


def _negative(
    scene: int,
    products: NDArray[np.int32],
    known: NDArray[np.int64],
    count: int,
    rng: np.random.Generator,
) -> int:
    wrong = products[~np.isin(np.int64(scene) * count + products, known)]
    return int(rng.choice(wrong if len(wrong) else products))
