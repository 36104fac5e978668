"""Geometry of training pictures: augmentation windows and what they do to boxes. Arrays only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Uint8 = NDArray[np.uint8]
Float = NDArray[np.float32]

SCENE_FILL = 128
PRODUCT_FILL = 255


@dataclass(frozen=True)
class Window:
    """A rectangle of a picture, in pixels, that is resampled to the picture's own size."""

    left: float
    top: float
    width: float
    height: float
    flip: bool = False

    def cut(self, picture: Uint8, height_px: int, width_px: int, fill: int) -> Uint8:
        """``uint8 [H, W, 3]`` → ``uint8 [height_px, width_px, 3]``; outside is ``fill``."""
        extent = (self.left, self.top, self.left + self.width, self.top + self.height)
        image = Image.fromarray(picture).transform(
            (width_px, height_px),
            Image.Transform.EXTENT,
            extent,
            Image.Resampling.BILINEAR,
            fillcolor=(fill, fill, fill),
        )
        pixels = np.asarray(image)
        return pixels[:, ::-1] if self.flip else pixels

    def move(self, boxes: Float, height_px: int, width_px: int) -> Float:
        """Boxes 0–1 ``[N, 4]`` of the picture → boxes 0–1 of the cut, clipped; NaN stays."""
        left = (boxes[:, 0] * width_px - self.left) / self.width
        right = (boxes[:, 2] * width_px - self.left) / self.width
        top = (boxes[:, 1] * height_px - self.top) / self.height
        bottom = (boxes[:, 3] * height_px - self.top) / self.height
        if self.flip:
            left, right = 1 - right, 1 - left
        moved = np.stack([left, top, right, bottom], axis=1)
        return np.clip(moved, 0, 1).astype(np.float32)


def random_window(
    rng: np.random.Generator, height_px: int, width_px: int, *, zoom: float, shift: float
) -> Window:
    """A window scaled by up to e^±zoom and shifted by up to a part of the side; half are flipped.

    Colour is left alone, since colour is the signal.
    """
    scale = float(np.exp(rng.uniform(-zoom, zoom)))
    width, height = width_px * scale, height_px * scale
    centre_x = width_px * (0.5 + rng.uniform(-shift, shift))
    centre_y = height_px * (0.5 + rng.uniform(-shift, shift))
    flip = bool(rng.random() < 0.5)
    return Window(centre_x - width / 2, centre_y - height / 2, width, height, flip)


def box_window(
    rng: np.random.Generator, box: Float, height_px: int, width_px: int, *, margin: float
) -> Window:
    """A square around a box 0–1 ``[4]`` with its margin varied at random, half flipped."""
    left, right = float(box[0]) * width_px, float(box[2]) * width_px
    top, bottom = float(box[1]) * height_px, float(box[3]) * height_px
    side = max(right - left, bottom - top, 8.0) * (1 + margin + float(rng.uniform(-margin, margin)))
    flip = bool(rng.random() < 0.5)
    return Window((left + right - side) / 2, (top + bottom - side) / 2, side, side, flip)


def region_weights(boxes: Float, grid: tuple[int, int], cell_y: float, cell_x: float) -> Float:
    """How much of each box lies in each cell: boxes 0–1 ``[N, 4]`` → ``float32 [N, R]``.

    Args:
        grid: rows and columns of cells.
        cell_y, cell_x: a cell's height and width as parts of the picture.

    Rows sum to 1; a row of zeros stands for a missing, empty or wholly outside box.
    """
    rows, columns = grid
    y = np.arange(rows) * cell_y
    x = np.arange(columns) * cell_x
    safe = np.nan_to_num(boxes, nan=0.0)
    overlap_y = np.minimum(safe[:, 3:4], y + cell_y) - np.maximum(safe[:, 1:2], y)
    overlap_x = np.minimum(safe[:, 2:3], x + cell_x) - np.maximum(safe[:, 0:1], x)
    area = np.clip(overlap_y, 0, None)[:, :, None] * np.clip(overlap_x, 0, None)[:, None, :]
    area = area.reshape(len(boxes), rows * columns)
    total = area.sum(axis=1, keepdims=True)
    return np.divide(area, total, out=np.zeros_like(area), where=total > 1e-9).astype(np.float32)


def overlap(a: Float, b: Float) -> Float:
    """Intersection over union of every pair of boxes: ``[N, 4]``, ``[M, 4]`` → ``[N, M]``.

    A missing box (NaN) overlaps nothing.
    """
    a, b = np.nan_to_num(a, nan=0.0), np.nan_to_num(b, nan=0.0)
    width = np.minimum(a[:, None, 2], b[None, :, 2]) - np.maximum(a[:, None, 0], b[None, :, 0])
    height = np.minimum(a[:, None, 3], b[None, :, 3]) - np.maximum(a[:, None, 1], b[None, :, 1])
    both = np.clip(width, 0, None) * np.clip(height, 0, None)
    area_a = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
    area_b = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    union = area_a[:, None] + area_b[None, :] - both
    return np.divide(both, union, out=np.zeros_like(both), where=union > 1e-9).astype(np.float32)
