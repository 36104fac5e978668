"""Pairs and pixels → shuffled, augmented batches of fixed shape, with a resumable position.

Grain gives every element a random generator derived from the seed and the element's position,
so a batch is the same whatever thread makes it, and the position alone restores the stream.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import grain
import numpy as np
from numpy.typing import NDArray

from recsys.errors import TrainingError
from recsys.learning.config import TrainConfig
from recsys.learning.sampling import (
    PRODUCT_FILL,
    SCENE_FILL,
    box_window,
    overlap,
    random_window,
    region_weights,
)

Batch = dict[str, NDArray[Any]]

SCENE_ZOOM, SCENE_SHIFT = 0.2, 0.09
PRODUCT_ZOOM, PRODUCT_SHIFT = 0.15, 0.08
CROP_MARGIN = 0.2
SHARED_BOX_OVERLAP = 0.5
"""Products of one scene whose boxes overlap more than this cannot be told apart by a box."""

_PREFETCH = 2


@dataclass(frozen=True)
class TrainingData:
    """What batches are drawn from; rows are those of the catalogue.

    Attributes:
        scenes: ``uint8 [S, H, W, 3]`` (memory-mapped), letterboxed.
        products: ``uint8 [P, s, s, 3]`` (memory-mapped), letterboxed.
        pair_scene, pair_product: ``int32 [N]``, training pairs with readable pictures.
        pair_box: ``float32 [N, 4]`` in the letterboxed picture, 0–1; NaN where there is none.
        all_products: ``int32 [M]``, rows that ``fixed_negatives`` may draw, by frequency.
    """

    scenes: NDArray[np.uint8]
    products: NDArray[np.uint8]
    pair_scene: NDArray[np.int32]
    pair_product: NDArray[np.int32]
    pair_box: NDArray[np.float32]
    all_products: NDArray[np.int32]


class Batches(Iterator[Batch]):
    """An endless stream of batches. ``position`` and ``seek`` save and restore where it is."""

    def __init__(self, dataset: grain.IterDataset) -> None:
        self._iterator = iter(dataset)

    def __next__(self) -> Batch:
        batch: Batch = next(self._iterator)
        return batch

    def position(self) -> dict[str, Any]:
        """A JSON-able position; the next batch after ``seek`` is the next one after this."""
        state: dict[str, Any] = json.loads(json.dumps(self._iterator.get_state()))
        return state

    def seek(self, position: dict[str, Any]) -> None:
        self._iterator.set_state(position)


def make_batches(data: TrainingData, config: TrainConfig) -> Batches:
    """The stream for a configuration. Raises TrainingError where there is too little to learn."""
    if config.loss == "triplet":
        return Batches(_triplets(data, config))
    return Batches(_in_batch(data, config))


def _in_batch(data: TrainingData, config: TrainConfig) -> grain.IterDataset:
    order = np.argsort(data.pair_scene, kind="stable")
    scenes, starts = np.unique(data.pair_scene[order], return_index=True)
    groups = np.split(order, starts[1:])
    if len(scenes) < 2:
        raise TrainingError(
            f"in-batch training needs at least 2 training scenes with pairs, found {len(scenes)}"
        )
    batch_scenes = min(config.batch_scenes, len(scenes))
    maker = SceneMaker(data, config)
    collate = Collation(config, pair_keys(data), len(data.products))
    dataset = (
        grain.MapDataset.source(range(len(scenes)))
        .seed(config.seed)
        .shuffle()
        .repeat()
        .random_map(lambda group, rng: maker.make(int(scenes[group]), groups[group], rng))
        .batch(batch_scenes, drop_remainder=True, batch_fn=collate)
    )
    return dataset.to_iter_dataset(grain.ReadOptions(num_threads=1, prefetch_buffer_size=_PREFETCH))


class SceneMaker:
    """Makes one scene's share of a batch."""

    def __init__(self, data: TrainingData, config: TrainConfig) -> None:
        self.data, self.config = data, config
        tower = config.tower
        self.height, self.width = tower.scene_height_px, tower.scene_width_px
        self.size = tower.product_size_px
        self.cell = (tower.grid_px / self.height, tower.grid_px / self.width)
        self.grid = tower.grid

    def make(self, scene: int, pairs: NDArray[np.int64], rng: np.random.Generator) -> Batch:
        slots = self.config.products_per_scene
        chosen = rng.permutation(pairs)[:slots]
        filler = slots - len(chosen)
        weight = np.repeat(np.array([1, 0], np.float32), [len(chosen), filler])
        chosen = np.concatenate([chosen, np.repeat(chosen[:1], filler)])
        picture = np.asarray(self.data.scenes[scene])
        boxes = self.data.pair_box[chosen]
        augment = self.config.augment
        crops = np.zeros((slots, 0), np.uint8)
        if self.config.crop_weight > 0:
            crops = np.stack([self._crop(picture, box, rng) for box in boxes])
        if augment:
            window = random_window(rng, self.height, self.width, zoom=SCENE_ZOOM, shift=SCENE_SHIFT)
            picture = window.cut(picture, self.height, self.width, SCENE_FILL)
            boxes = window.move(boxes, self.height, self.width)
        weights = region_weights(boxes, self.grid, *self.cell)
        rows = self.data.pair_product[chosen]
        return {
            "scene_row": np.asarray(scene, np.int32),
            "scenes": picture,
            "products": np.stack([self._product(int(row), rng) for row in rows]),
            "product_row": rows,
            "box": boxes,
            "box_regions": weights,
            "box_weight": weight * (weights.sum(axis=1) > 0),
            "crops": crops,
            "weight": weight,
        }

    def _product(self, row: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        picture = np.asarray(self.data.products[row])
        if not self.config.augment:
            return picture
        window = random_window(rng, self.size, self.size, zoom=PRODUCT_ZOOM, shift=PRODUCT_SHIFT)
        return window.cut(picture, self.size, self.size, PRODUCT_FILL)

    def _crop(
        self, picture: NDArray[np.uint8], box: NDArray[np.float32], rng: np.random.Generator
    ) -> NDArray[np.uint8]:
        if np.isnan(box).any():
            return np.full((self.size, self.size, 3), SCENE_FILL, np.uint8)
        window = box_window(rng, box, self.height, self.width, margin=CROP_MARGIN)
        return window.cut(picture, self.size, self.size, SCENE_FILL)


class Collation:
    """Puts scenes' shares together to one batch, with the masks of what belongs together.

    Args:
        known: ``int64``, sorted ``pair_keys`` that are never negatives.
        products: P of the catalogue.
    """

    def __init__(self, config: TrainConfig, known: NDArray[np.int64], products: int) -> None:
        self._slots, self._known, self._products = config.products_per_scene, known, products

    def __call__(self, elements: list[Batch]) -> Batch:
        batch = {name: np.stack([element[name] for element in elements]) for name in elements[0]}
        scene_rows = batch.pop("scene_row")
        flat = {
            name: value if name == "scenes" else np.concatenate(value)
            for name, value in batch.items()
        }
        rows = flat.pop("product_row")
        boxes = flat.pop("box")
        own = np.repeat(np.arange(len(elements), dtype=np.int32), self._slots)
        keys = _keys(scene_rows[:, None], rows[None, :], self._products)
        same = rows[:, None] == rows[None, :]
        same |= (own[:, None] == own[None, :]) & (overlap(boxes, boxes) > SHARED_BOX_OVERLAP)
        flat["own"] = own
        flat["known"] = np.isin(keys, self._known)
        flat["same"] = same
        return flat


def _triplets(data: TrainingData, config: TrainConfig) -> grain.IterDataset:
    pairs = len(data.pair_scene)
    if pairs == 0 or len(data.all_products) < 2:
        raise TrainingError("training needs at least one pair and two products")
    products = len(data.products)
    known = pair_keys(data)
    own_products = np.unique(data.pair_product)
    # Drawn once and kept, test positives and true positives included: the book's mistake.
    fixed = np.random.default_rng(config.seed).choice(data.all_products, size=pairs)
    tower = config.tower

    def negative(pair: int, rng: np.random.Generator) -> int:
        if config.fixed_negatives:
            return int(fixed[pair])
        for _ in range(100):
            row = int(rng.choice(own_products))
            key = _keys(data.pair_scene[pair], np.asarray(row), products)
            if not np.isin(key, known):
                return row
        return int(rng.choice(own_products))  # a scene that goes with everything

    def make(pair: int, rng: np.random.Generator) -> Batch:
        picture = np.asarray(data.scenes[data.pair_scene[pair]])
        rows = (int(data.pair_product[pair]), negative(pair, rng))
        goods = [np.asarray(data.products[row]) for row in rows]
        if config.augment:
            height, width, size = (
                tower.scene_height_px,
                tower.scene_width_px,
                tower.product_size_px,
            )
            window = random_window(rng, height, width, zoom=SCENE_ZOOM, shift=SCENE_SHIFT)
            picture = window.cut(picture, height, width, SCENE_FILL)
            goods = [
                random_window(rng, size, size, zoom=PRODUCT_ZOOM, shift=PRODUCT_SHIFT).cut(
                    good, size, size, PRODUCT_FILL
                )
                for good in goods
            ]
        return {"scenes": picture, "positives": goods[0], "negatives": goods[1]}

    dataset = (
        grain.MapDataset.source(range(pairs))
        .seed(config.seed)
        .shuffle()
        .repeat()
        .random_map(make)
        .batch(min(config.batch_scenes, pairs), drop_remainder=True)
    )
    return dataset.to_iter_dataset(grain.ReadOptions(num_threads=1, prefetch_buffer_size=_PREFETCH))


def pair_keys(data: TrainingData) -> NDArray[np.int64]:
    """One number for each pair of the data, ascending, each once."""
    return np.unique(_keys(data.pair_scene, data.pair_product, len(data.products)))


def _keys(scene: NDArray[Any], product: NDArray[Any], products: int) -> NDArray[np.int64]:
    return np.asarray(scene, np.int64) * products + product
