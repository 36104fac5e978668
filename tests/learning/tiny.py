"""The smallest configurations that still exercise every part, and pixels to feed them."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsys.learning.batches import TrainingData
from recsys.learning.config import TrainConfig, with_overrides
from recsys.learning.presets import PRESETS

OVERRIDES = (
    "kind=regions",
    "scene_height_px=48",
    "scene_width_px=32",
    "product_size_px=32",
    "widths=8,12,16",
    "depths=0,1,1",
    "stem_px=4",
    "grid_px=16",
    "embedding_dim=8",
    "batch_scenes=4",
    "products_per_scene=3",
    # Of no account beside the shape; named, so that tuning a default moves no test.
    "learning_rate=0.003",
    "clip_norm=1",
    "ema_decay=0.95",
    "box_weight=0.5",
    "crop_weight=0",
)
BOOK_OVERRIDES = (
    "scene_height_px=32",
    "scene_width_px=32",
    "product_size_px=32",
    "widths=4,8",
    "embedding_dim=8",
    "batch_scenes=4",
)


def tiny(*overrides: str) -> TrainConfig:
    """Region towers over a grid of 3 × 2 cells, in-batch softmax, box view."""
    return with_overrides(TrainConfig(), (*OVERRIDES, *overrides))


def tiny_book(*overrides: str, preset: str = "book") -> TrainConfig:
    """The book's towers, two stages deep."""
    return with_overrides(PRESETS[preset].config, (*BOOK_OVERRIDES, *overrides))


def labelled_data(
    config: TrainConfig, pairs: dict[int, list[int]], *, scenes: int, products: int
) -> TrainingData:
    """Data whose pictures say which they are: row r is filled with the value r (products 100 + r).

    Pair number n has the box of the n-th of four columns; every fifth pair has none.
    """
    tower = config.tower
    shape = (tower.scene_height_px, tower.scene_width_px, 3)
    size = (tower.product_size_px, tower.product_size_px, 3)
    listed = [(scene, product) for scene, own in pairs.items() for product in own]
    boxes = np.array([[n % 4 / 4, 0.1, n % 4 / 4 + 0.25, 0.9] for n in range(len(listed))])
    boxes[::5] = np.nan
    return TrainingData(
        scenes=np.stack([np.full(shape, row, np.uint8) for row in range(scenes)]),
        products=np.stack([np.full(size, 100 + row, np.uint8) for row in range(products)]),
        pair_scene=np.array([scene for scene, _ in listed], np.int32),
        pair_product=np.array([product for _, product in listed], np.int32),
        pair_box=boxes.astype(np.float32).reshape(-1, 4),
        all_products=np.array([product for _, product in listed], np.int32),
    )


def random_batch(config: TrainConfig, seed: int = 0) -> dict[str, Any]:
    """One batch as ``make_batches`` gives it, of random pixels."""
    rng = np.random.default_rng(seed)
    tower, count = config.tower, config.batch_scenes

    def pixels(number: int, height: int, width: int) -> Any:
        # Smooth pictures: flat colours with a little noise, as different as photos are.
        flat = rng.integers(0, 256, (number, 1, 1, 3)) + rng.integers(-9, 10, (height, width, 3))
        return np.clip(flat, 0, 255).astype(np.uint8)

    size = tower.product_size_px
    batch = {"scenes": pixels(count, tower.scene_height_px, tower.scene_width_px)}
    if config.loss == "triplet":
        goods = {name: pixels(count, size, size) for name in ("positives", "negatives")}
        return {**batch, **goods}
    slots = config.products_per_scene
    number = count * slots
    own = np.repeat(np.arange(count, dtype=np.int32), slots)
    crops = size if config.crop_weight > 0 else 0
    return {
        **batch,
        "products": pixels(number, size, size),
        "own": own,
        "known": own[None, :] == np.arange(count)[:, None],
        "same": np.eye(number, dtype=bool),
        "weight": np.ones(number, np.float32),
        "box_weight": np.ones(number, np.float32),
        "box_regions": np.eye(tower.regions, dtype=np.float32)[np.arange(number) % tower.regions],
        "crops": pixels(number, crops, crops) if crops else np.zeros((number, 0), np.uint8),
    }
