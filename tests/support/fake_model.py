"""A model that needs no training: it sees mean colours, so a planted catalogue has an answer.

A region of a scene becomes the colour at the middle of its grid cell, a product the colour at
the middle of its picture, both measured from the planted ground's grey. A cell that shows
nothing is a zero vector.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

_GREY = np.float32(128)


@dataclass
class FakeModel:
    """Everything that ``recsys.learning.bundle.Model`` says and does, for tests.

    The defaults fit the planted catalogue: its scenes are 120 × 80 with patches on a grid of
    3 × 2. ``tau`` is so sharp that a product in the photo always beats one that resembles two.
    """

    id: str = "fake"
    fingerprint: str = "fake-fingerprint"
    preset: str = "fake"
    scene_height_px: int = 120
    scene_width_px: int = 80
    product_size_px: int = 64
    region_grid: tuple[int, int] = (3, 2)
    score: Literal["cosine", "dot"] = "cosine"
    tau: float = 200.0
    scenes_seen: frozenset[str] = frozenset()
    info: dict[str, Any] = field(default_factory=dict)
    scenes_embedded: int = 0
    embedding_dim: int = 3

    @property
    def regions(self) -> int:
        return self.region_grid[0] * self.region_grid[1]

    @property
    def region_boxes(self) -> NDArray[np.float32]:
        rows, columns = self.region_grid
        boxes = [
            (column / columns, row / rows, (column + 1) / columns, (row + 1) / rows)
            for row in range(rows)
            for column in range(columns)
        ]
        return np.array(boxes, np.float32)

    def embed_scenes(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert pixels.dtype == np.uint8
        assert pixels.shape[1:] == (self.scene_height_px, self.scene_width_px, 3)
        self.scenes_embedded += len(pixels)
        size = np.array([self.scene_width_px, self.scene_height_px] * 2)
        vectors = np.zeros((len(pixels), self.regions, 3), np.float32)
        for scene, image in enumerate(pixels):
            for region, box in enumerate(self.region_boxes):
                left, top, right, bottom = np.round(box * size).astype(int)
                vectors[scene, region] = _middle(image[top:bottom, left:right])
        if self.score == "cosine":
            norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
            vectors = np.divide(vectors, norms, out=vectors, where=norms > 0)
        return vectors

    def embed_scenes_together(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self.embed_scenes(pixels)

    def embed_products(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert pixels.dtype == np.uint8
        assert pixels.shape[1:] == (self.product_size_px, self.product_size_px, 3)
        vectors = [_middle(image) for image in pixels]
        return np.array(vectors, np.float32).reshape(-1, 3)


def _middle(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean colour of the middle half of a picture, as a distance from grey, in about ±½."""
    height, width = image.shape[:2]
    middle = image[height // 4 : height - height // 4, width // 4 : width - width // 4]
    return ((middle.astype(np.float32).mean(axis=(0, 1)) - _GREY) / np.float32(255)).astype(
        np.float32
    )
