"""Cloth: a colour, a weave and a printed pattern, as one repeating tile of pixels."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.demo import prints

RGB = tuple[int, int, int]
Tile = NDArray[np.uint8]
Levels = NDArray[np.float32]

PIXELS_PER_UNIT = 120
_TILE_PX = 240

GLOSS = {
    "cotton": 0.10,
    "linen": 0.05,
    "denim": 0.10,
    "knit": 0.06,
    "cable": 0.06,
    "wool": 0.04,
    "tweed": 0.04,
    "corduroy": 0.12,
    "suede": 0.06,
    "canvas": 0.06,
    "straw": 0.12,
    "fleece": 0.04,
    "nylon": 0.55,
    "satin": 0.95,
    "velvet": 0.55,
    "sequin": 0.7,
    "leather": 0.75,
    "patent": 1.25,
}
"""How strongly each finish shines, 0 matt to about 1 mirror-like."""


@dataclass(frozen=True, eq=False)
class Cloth:
    """A material. ``tile`` is uint8 [H, W, 3], repeated endlessly; None for a flat colour."""

    colour: RGB
    tile: Tile | None = None
    pixels_per_unit: float = PIXELS_PER_UNIT
    gloss: float = 0.1


def plain(colour: RGB, gloss: float = 0.1) -> Cloth:
    """Smooth stuff of one colour: skin, hair, metal."""
    return Cloth(colour, None, PIXELS_PER_UNIT, gloss)


def tint(colour: RGB, amount: float) -> RGB:
    """`colour` lightened (amount > 0, towards white) or darkened (amount < 0, towards black)."""
    goal = 255 if amount > 0 else 0
    k = abs(amount)
    r, g, b = (round(c + (goal - c) * k) for c in colour)
    return (r, g, b)


def blend(a: RGB, b: RGB, t: float) -> RGB:
    """The colour a share `t` of the way from `a` to `b`."""
    r, g, bl = (round(x + (y - x) * t) for x, y in zip(a, b, strict=True))
    return (r, g, bl)


def luminance(colour: RGB) -> float:
    """Perceived brightness, 0 to 1."""
    return (0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]) / 255


def weave(
    finish: str, pattern: str, colours: tuple[RGB, RGB, RGB], scale: float, rng: random.Random
) -> Cloth:
    """Cloth of a `finish` (see `GLOSS`) printed with a `pattern` (see `prints.PRINTS`).

    `scale` stretches the pattern; 1 suits a T-shirt.
    """
    base = prints.PRINTS[pattern](colours, scale, rng)
    texture = _TEXTURES.get(finish)
    gloss = GLOSS[finish]
    if base is None:
        if texture is None:
            return Cloth(colours[0], None, PIXELS_PER_UNIT, gloss)
        base = np.empty((_TILE_PX, _TILE_PX, 3), dtype=np.float32)
        base[:] = colours[0]
    if texture is not None:
        # Dark cloth would swallow a purely multiplicative weave, so part of it is added.
        grain = texture(base.shape[0], base.shape[1], np.random.default_rng(rng.getrandbits(32)))
        base = base * (1 + grain[..., None]) + 34 * grain[..., None]
    tile = np.clip(base, 0, 255).astype(np.uint8)
    return Cloth(colours[0], tile, PIXELS_PER_UNIT, gloss)


def _grid(h: int, w: int) -> tuple[Levels, Levels]:
    y, x = np.mgrid[0:h, 0:w]
    return y.astype(np.float32), x.astype(np.float32)


def _smooth_noise(h: int, w: int, cell: int, rng: np.random.Generator) -> Levels:
    """Periodic value noise in -1…1, `cell` pixels between knots."""
    rows, columns = max(2, h // cell), max(2, w // cell)
    knots = rng.uniform(-1, 1, (rows, columns)).astype(np.float32)
    y = np.arange(h, dtype=np.float32) * rows / h
    x = np.arange(w, dtype=np.float32) * columns / w
    y0, x0 = y.astype(int), x.astype(int)
    fy, fx = (y - y0)[:, None], (x - x0)[None]
    fy, fx = fy * fy * (3 - 2 * fy), fx * fx * (3 - 2 * fx)
    y1, x1 = (y0 + 1) % rows, (x0 + 1) % columns
    top = knots[y0][:, x0] * (1 - fx) + knots[y0][:, x1] * fx
    low = knots[y1][:, x0] * (1 - fx) + knots[y1][:, x1] * fx
    result: Levels = (top * (1 - fy) + low * fy).astype(np.float32)
    return result


def _denim(h: int, w: int, rng: np.random.Generator) -> Levels:
    y, x = _grid(h, w)
    twill = np.sin((x + y) * 2 * np.pi / 5) * 0.045
    uneven = _smooth_noise(h, w, 3, rng) + _smooth_noise(h, w, 40, rng)
    result: Levels = (twill + 0.05 * uneven).astype(np.float32)
    return result


def _knit(h: int, w: int, rng: np.random.Generator) -> Levels:
    y, x = _grid(h, w)
    rib = np.abs(((x / 8) % 1) - 0.5) * 2
    stitch = np.sin((y + 5 * rib) * 2 * np.pi / 6)
    result: Levels = 0.11 * (0.45 - rib) + 0.045 * stitch
    return result


def _cable(h: int, w: int, rng: np.random.Generator) -> Levels:
    y, x = _grid(h, w)
    phase = (x / 48) % 1
    swing = np.sin(y * 2 * np.pi / 40) * 0.10
    rope_a = np.exp(-(((phase - 0.38 - swing) / 0.10) ** 2))
    rope_b = np.exp(-(((phase - 0.38 + swing) / 0.10) ** 2))
    gutter = np.exp(-(((phase - 0.02) / 0.05) ** 2)) + np.exp(-(((phase - 0.78) / 0.05) ** 2))
    result: Levels = (0.13 * np.maximum(rope_a, rope_b) - 0.15 * gutter - 0.05).astype(np.float32)
    return result + 0.04 * _knit(h, w, rng)


def _wool(h: int, w: int, rng: np.random.Generator) -> Levels:
    return 0.03 * _smooth_noise(h, w, 2, rng) + 0.015 * _smooth_noise(h, w, 7, rng)


def _tweed(h: int, w: int, rng: np.random.Generator) -> Levels:
    fleck = rng.uniform(-1, 1, (h // 3 + 1, w // 3 + 1)).astype(np.float32)
    flecks = np.kron(fleck, np.ones((3, 3), dtype=np.float32))[:h, :w]
    return 0.13 * flecks + 0.05 * _smooth_noise(h, w, 8, rng)


def _corduroy(h: int, w: int, rng: np.random.Generator) -> Levels:
    _, x = _grid(h, w)
    result: Levels = (0.13 * np.cos(x * 2 * np.pi / 10)).astype(np.float32)
    return result


def _linen(h: int, w: int, rng: np.random.Generator) -> Levels:
    rows = rng.normal(0, 0.025, (h, 1)).astype(np.float32)
    columns = rng.normal(0, 0.025, (1, w)).astype(np.float32)
    return rows + columns


def _suede(h: int, w: int, rng: np.random.Generator) -> Levels:
    return 0.03 * _smooth_noise(h, w, 14, rng) + 0.035 * _smooth_noise(h, w, 3, rng)


def _velvet(h: int, w: int, rng: np.random.Generator) -> Levels:
    return 0.06 * _smooth_noise(h, w, 30, rng)


def _straw(h: int, w: int, rng: np.random.Generator) -> Levels:
    y, x = _grid(h, w)
    checker = ((x // 8 + y // 8) % 2) * 2 - 1
    strand = np.where(checker > 0, np.cos(x * np.pi / 4), np.cos(y * np.pi / 4))
    result: Levels = (0.06 * checker + 0.07 * strand).astype(np.float32)
    return result


def _sequin(h: int, w: int, rng: np.random.Generator) -> Levels:
    y, x = _grid(h, w)
    size = 10
    row = np.floor(y / size)
    shifted = x + (row % 2) * size / 2
    column = np.floor(shifted / size)
    dx, dy = shifted % size - size / 2, y % size - size / 2
    edge = np.clip((dx * dx + dy * dy) / (size * size / 4), 0, 1.2)
    rows, columns = h // size, w // size
    sparkle = rng.uniform(0, 1, (rows, columns)) ** 4
    flash = sparkle[row.astype(int) % rows, column.astype(int) % columns]
    result: Levels = (0.9 * flash - 0.18 * edge).astype(np.float32)
    return result


_TEXTURES: dict[str, Callable[[int, int, np.random.Generator], Levels]] = {
    "denim": _denim,
    "knit": _knit,
    "cable": _cable,
    "wool": _wool,
    "tweed": _tweed,
    "corduroy": _corduroy,
    "linen": _linen,
    "suede": _suede,
    "velvet": _velvet,
    "straw": _straw,
    "sequin": _sequin,
}
