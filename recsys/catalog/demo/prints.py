"""Printed and woven patterns, each as a tile that repeats without a seam.

A print takes three colours (ground, first and second figure colour), a scale and a random stream,
and returns float32 [H, W, 3] in 0…255, or None for plain cloth.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

RGB = tuple[int, int, int]
Colours = tuple[RGB, RGB, RGB]
Pixels = NDArray[np.float32]
Print = Callable[[Colours, float, random.Random], Pixels | None]
_ABOUT_PX = 240


def _ink(colour: RGB) -> Pixels:
    return np.asarray(colour, dtype=np.float32)


def _plain(colours: Colours, scale: float, rng: random.Random) -> None:
    return None


def _bands(
    colours: Colours, bands: Sequence[tuple[float, float, int]], period: float, scale: float
) -> Pixels:
    """Horizontal bands: (from, to, colour index) as shares of `period` head heights."""
    length = max(6, round(period * scale * 120))
    column = np.empty((length, 3), dtype=np.float32)
    column[:] = colours[0]
    for start, end, index in bands:
        column[round(start * length) : max(round(end * length), round(start * length) + 2)] = (
            colours[index]
        )
    return np.repeat(column[:, None], 12, axis=1)


def _breton(colours: Colours, scale: float, rng: random.Random) -> Pixels:
    return _bands(colours, [(0.35, 0.72, 1)], 0.235, scale)


def _bold_stripe(colours: Colours, scale: float, rng: random.Random) -> Pixels:
    return _bands(colours, [(0.0, 0.36, 1), (0.5, 0.62, 2)], 0.62, scale)


def _pinstripe(colours: Colours, scale: float, rng: random.Random) -> Pixels:
    return _bands(colours, [(0.4, 0.56, 1)], 0.19, scale).swapaxes(0, 1)


def _candy(colours: Colours, scale: float, rng: random.Random) -> Pixels:
    return _bands(colours, [(0.25, 0.7, 1)], 0.22, scale).swapaxes(0, 1)


def _crossed(
    colours: Colours, bands: Sequence[tuple[float, float, int, float]], period: float
) -> Pixels:
    """Bands both ways, each let through by its share: how checks are woven."""
    length = max(12, round(period * 120))
    tile = np.empty((length, length, 3), dtype=np.float32)
    tile[:] = colours[0]
    for start, end, index, share in bands:
        a, b = round(start * length), max(round(end * length), round(start * length) + 2)
        ink = np.asarray(colours[index], dtype=np.float32)
        tile[a:b] += (ink - tile[a:b]) * share
        tile[:, a:b] += (ink - tile[:, a:b]) * share
    return tile


def _gingham(colours: Colours, scale: float, rng: random.Random) -> Pixels:
    return _crossed(colours, [(0.0, 0.5, 1, 0.6)], 0.27 * scale)


def _tartan(colours: Colours, scale: float, rng: random.Random) -> Pixels:
    bands = [(0.05, 0.42, 1, 0.55), (0.2, 0.26, 2, 0.7), (0.66, 0.72, 2, 0.75), (0.8, 0.86, 1, 0.8)]
    return _crossed(colours, bands, 0.74 * scale)


def _windowpane(colours: Colours, scale: float, rng: random.Random) -> Pixels:
    return _crossed(colours, [(0.45, 0.53, 1, 0.8)], 0.5 * scale)


def _houndstooth(colours: Colours, scale: float, rng: random.Random) -> Pixels:
    cell = max(2, round(0.026 * scale * 120))
    n = 8 * cell
    y, x = np.mgrid[0:n, 0:n]
    a, b = x // cell, y // cell
    # A two-and-two twill of four dark and four light threads each way.
    thread_up = (a + b) % 4 < 2
    dark = np.where(thread_up, a < 4, b < 4)
    return np.where(dark[..., None], _ink(colours[1]), _ink(colours[0]))


def _herringbone(colours: Colours, scale: float, rng: random.Random) -> Pixels:
    n = max(12, 4 * round(0.075 * scale * 120))
    y, x = np.mgrid[0:n, 0:n]
    half = n // 2
    fold = np.where(x < half, x, n - 1 - x)
    on = ((y + fold) % (n // 4)) < n // 8
    return np.where(on[..., None], _ink(colours[1]), _ink(colours[0]))


def _zigzag(colours: Colours, scale: float, rng: random.Random) -> Pixels:
    n = max(16, round(0.46 * scale * 120) // 4 * 4)
    y, x = np.mgrid[0:n, 0:n]
    wave = np.abs((x / n * 2) % 2 - 1) * n * 0.34
    phase = ((y + wave) / n) % 1
    tile = np.empty((n, n, 3), dtype=np.float32)
    tile[:] = colours[0]
    tile[(phase > 0.1) & (phase < 0.38)] = colours[1]
    tile[(phase > 0.55) & (phase < 0.75)] = colours[2]
    return tile


class _Sheet:
    """A tile drawn with figures that wrap around its edges; drawn double, then averaged."""

    def __init__(self, size_px: int, ground: RGB) -> None:
        self.size = size_px
        self.image = Image.new("RGB", (size_px * 2, size_px * 2), ground)
        self.pen = ImageDraw.Draw(self.image)

    def blob(self, points: Sequence[tuple[float, float]], colour: RGB) -> None:
        n = self.size
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        for sx in (-n, 0, n):
            if max(xs) + sx < 0 or min(xs) + sx > n:
                continue
            for sy in (-n, 0, n):
                if max(ys) + sy < 0 or min(ys) + sy > n:
                    continue
                self.pen.polygon([((x + sx) * 2, (y + sy) * 2) for x, y in points], fill=colour)

    def oval(
        self, x: float, y: float, rx: float, ry: float, colour: RGB, tilt: float = 0.0
    ) -> None:
        c, s = math.cos(tilt), math.sin(tilt)
        ring = []
        for i in range(20):
            a, b = rx * math.cos(i * math.pi / 10), ry * math.sin(i * math.pi / 10)
            ring.append((x + a * c - b * s, y + a * s + b * c))
        self.blob(ring, colour)

    def pixels(self) -> Pixels:
        return np.asarray(self.image.reduce(2), dtype=np.float32)


def _dots(colours: Colours, scale: float, rng: random.Random) -> Pixels:
    n = max(16, round(0.34 * scale * 120))
    sheet = _Sheet(n, colours[0])
    for x, y in ((n / 4, n / 4), (n * 3 / 4, n * 3 / 4)):
        sheet.oval(x, y, n * 0.165, n * 0.165, colours[1])
    return sheet.pixels()


def _rings(colours: Colours, scale: float, rng: random.Random) -> Pixels:
    n = max(40, round(0.78 * scale * 120))
    sheet = _Sheet(n, colours[0])
    for x, y, flip in ((n / 4, n / 4, 0), (n * 3 / 4, n * 3 / 4, 1)):
        inks = (colours[1], colours[2]) if not flip else (colours[2], colours[1])
        sheet.oval(x, y, n * 0.25, n * 0.25, inks[0])
        sheet.oval(x, y, n * 0.165, n * 0.165, colours[0])
        sheet.oval(x, y, n * 0.09, n * 0.09, inks[1])
    return sheet.pixels()


def _diamonds(colours: Colours, scale: float, rng: random.Random) -> Pixels:
    w, h = max(20, round(0.5 * scale * 120)), max(20, round(0.5 * scale * 120))
    sheet = _Sheet(w, colours[0])
    for x, y, ink, core in (
        (w / 2, h / 2, colours[1], colours[2]),
        (0.0, 0.0, colours[2], colours[1]),
    ):
        for r, colour in ((0.40, ink), (0.27, colours[0]), (0.16, core)):
            # Stepped sides, as ikat and kilim weaving leaves them.
            steps = 4
            ring = []
            for quadrant in range(4):
                for i in range(steps):
                    a, b = i / steps, 1 - i / steps
                    nxt = (i + 1) / steps
                    turn = quadrant * math.pi / 2
                    for px, py in ((b, a), (b, nxt)):
                        qx = px * math.cos(turn) - py * math.sin(turn)
                        qy = px * math.sin(turn) + py * math.cos(turn)
                        ring.append((x + qx * r * w, y + qy * r * h))
            sheet.blob(ring, colour)
    return sheet.pixels()


def _flower(
    sheet: _Sheet, x: float, y: float, r: float, petals: int, ink: RGB, heart: RGB, turn: float
) -> None:
    for i in range(petals):
        a = turn + 2 * math.pi * i / petals
        sheet.oval(x + math.cos(a) * r * 0.6, y + math.sin(a) * r * 0.6, r * 0.5, r * 0.36, ink, a)
    sheet.oval(x, y, r * 0.3, r * 0.3, heart)


def _scatter(n: int, count: int, gap: float, rng: random.Random) -> list[tuple[float, float]]:
    """Points on a torus of side `n`, kept apart by `gap` where that can be had."""
    spots: list[tuple[float, float]] = []
    for _ in range(count * 30):
        x, y = rng.uniform(0, n), rng.uniform(0, n)
        for a, b in spots:
            dx, dy = abs(x - a), abs(y - b)
            if math.hypot(min(dx, n - dx), min(dy, n - dy)) < gap:
                break
        else:
            spots.append((x, y))
            if len(spots) == count:
                break
    return spots


def _floral(colours: Colours, scale: float, rng: random.Random) -> Pixels:
    n = _ABOUT_PX
    sheet = _Sheet(n, colours[0])
    leaf = _leaf_colour(colours)
    size = 30 * scale
    spots = _scatter(n, round(11 / scale**2), size * 1.9, rng)
    for x, y in spots:
        for _ in range(3):
            a = rng.uniform(0, 2 * math.pi)
            reach = size * 1.05
            sheet.oval(
                x + math.cos(a) * reach, y + math.sin(a) * reach, size * 0.5, size * 0.19, leaf, a
            )
    for i, (x, y) in enumerate(spots):
        ink = colours[1] if i % 3 else colours[2]
        heart = colours[2] if i % 3 else colours[1]
        _flower(sheet, x, y, size * rng.uniform(0.8, 1.1), 5, ink, heart, rng.uniform(0, 6))
    return sheet.pixels()


def _ditsy(colours: Colours, scale: float, rng: random.Random) -> Pixels:
    n = _ABOUT_PX
    sheet = _Sheet(n, colours[0])
    leaf = _leaf_colour(colours)
    size = 13 * scale
    for i, (x, y) in enumerate(_scatter(n, round(34 / scale**2), size * 2.4, rng)):
        turn = rng.uniform(0, 6)
        sheet.oval(x + size * 1.1, y + size * 0.8, size * 0.6, size * 0.25, leaf, turn)
        ink, heart = (colours[1], colours[2]) if i % 4 else (colours[2], colours[1])
        _flower(sheet, x, y, size, 5, ink, heart, turn)
    return sheet.pixels()


def _leaf_colour(colours: Colours) -> RGB:
    mean = sum(colours[0]) / 3
    return (96, 128, 88) if mean > 110 else (124, 152, 104)


def _paisley(colours: Colours, scale: float, rng: random.Random) -> Pixels:
    n = max(60, round(0.95 * scale * 120))
    sheet = _Sheet(n, colours[0])
    for x, y, turn in ((n * 0.27, n * 0.3, 0.5), (n * 0.77, n * 0.8, 3.6)):
        for size, ink in ((0.25, colours[1]), (0.18, colours[0]), (0.12, colours[2])):
            r = n * size
            drop = []
            for i in range(24):
                a = 2 * math.pi * i / 24
                # A drop whose tip is bent sideways.
                px = r * math.cos(a) * (0.62 + 0.1 * math.sin(a))
                py = r * math.sin(a) * 0.75
                bend = max(0.0, -py / r) ** 2
                px, py = px * (1 - 0.75 * bend) + r * 0.75 * bend, py - r * 0.55 * bend
                drop.append(
                    (
                        x + px * math.cos(turn) - py * math.sin(turn),
                        y + px * math.sin(turn) + py * math.cos(turn),
                    )
                )
            sheet.blob(drop, ink)
    for x, y in _scatter(n, 10, n * 0.2, rng):
        sheet.oval(x, y, n * 0.022, n * 0.022, colours[2])
    return sheet.pixels()


def _camo(colours: Colours, scale: float, rng: random.Random) -> Pixels:
    n = _ABOUT_PX
    sheet = _Sheet(n, colours[0])
    for ink, count in ((colours[1], 9), (colours[2], 7)):
        for x, y in _scatter(n, count, 50 * scale, rng):
            for _ in range(4):
                sheet.oval(
                    x + rng.uniform(-22, 22) * scale,
                    y + rng.uniform(-13, 13) * scale,
                    rng.uniform(12, 27) * scale,
                    rng.uniform(8, 14) * scale,
                    ink,
                    rng.uniform(-0.5, 0.5),
                )
    return sheet.pixels()


def _leopard(colours: Colours, scale: float, rng: random.Random) -> Pixels:
    n = _ABOUT_PX
    sheet = _Sheet(n, colours[0])
    r = 12 * scale
    for x, y in _scatter(n, round(52 / scale**2), r * 2.15, rng):
        turn = rng.uniform(0, 6.28)
        sheet.oval(x, y, r * 0.72, r * 0.62, colours[2], turn)
        for i in range(3):
            a = turn + i * 2.1
            px, py = x + math.cos(a) * r * 0.75, y + math.sin(a) * r * 0.7
            sheet.oval(px, py, r * 0.28, r * 0.52, colours[1], a)
    return sheet.pixels()


def _terrazzo(colours: Colours, scale: float, rng: random.Random) -> Pixels:
    n = _ABOUT_PX
    sheet = _Sheet(n, colours[0])
    for i, (x, y) in enumerate(_scatter(n, round(26 / scale**2), 34 * scale, rng)):
        turn = rng.uniform(0, 6.28)
        length, width = rng.uniform(12, 19) * scale, rng.uniform(4, 6) * scale
        sheet.oval(x, y, length, width, colours[1 + i % 2], turn)
    return sheet.pixels()


PRINTS: dict[str, Print] = {
    "plain": _plain,
    "breton": _breton,
    "bold stripe": _bold_stripe,
    "pinstripe": _pinstripe,
    "candy stripe": _candy,
    "gingham": _gingham,
    "tartan": _tartan,
    "windowpane": _windowpane,
    "houndstooth": _houndstooth,
    "herringbone": _herringbone,
    "zigzag": _zigzag,
    "dots": _dots,
    "rings": _rings,
    "ikat": _diamonds,
    "floral": _floral,
    "ditsy": _ditsy,
    "paisley": _paisley,
    "camo": _camo,
    "leopard": _leopard,
    "brushstroke": _terrazzo,
}
"""Every print by name."""
