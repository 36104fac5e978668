"""Places in the open: a park, a meadow, woods, an orchard in blossom."""

from __future__ import annotations

import random

from recsys.catalog.demo.cloth import RGB, blend, tint
from recsys.catalog.demo.scenery import (
    Backdrop,
    pine,
    tree,
)
from recsys.catalog.demo.skies import haze, paint_sky


def park(b: Backdrop, floor: float, light: str, side: int, rng: random.Random) -> None:
    """Lawns, trees and a gravel path."""
    stops = paint_sky(b, light, rng, max(floor, 0.6))
    green: RGB = rng.choice(((118, 158, 92), (134, 164, 88), (104, 150, 104)))
    if light == "dusk":
        green = blend(green, (72, 62, 104), 0.4)
    for i in range(9):
        x = -0.05 + i * 0.14 + rng.uniform(-0.03, 0.03)
        tree(b, rng, x, floor - 0.06, rng.uniform(0.24, 0.34), haze(green, stops, 0.45), side)
    b.gradient(floor - 0.1, floor + 0.02, [(0, haze(green, stops, 0.3)), (1, green)])
    for x in (rng.uniform(-0.02, 0.14), rng.uniform(0.84, 1.02)):
        tree(b, rng, x, floor - 0.01, rng.uniform(0.5, 0.62), tint(green, -0.08), side)
    b.blur(0.009)
    b.gradient(floor, 1.0, [(0, green), (1, tint(green, -0.12))])
    path: RGB = (224, 208, 178) if light != "dusk" else (160, 140, 158)
    lean = rng.uniform(-0.1, 0.1)
    b.poly([(0.42 + lean, floor), (0.58 + lean, floor), (1.0, 1.0), (0.0, 1.0)], path)
    b.poly([(0.42 + lean, floor), (0.45 + lean, floor), (0.12, 1.0), (0.0, 1.0)], tint(path, -0.1))
    for _ in range(46):
        x, y = rng.uniform(0, 1), rng.uniform(floor + 0.02, 1)
        if abs(x - 0.5) > 0.16 + 0.34 * (y - floor) / (1 - floor):
            b.line([(x, y), (x + rng.uniform(-0.01, 0.01), y - 0.018)], tint(green, 0.2), 0.005)
    b.shade(
        [(0.0, floor), (0.5, floor), (0.2, 1), (0, 1)]
        if side < 0
        else [(1, floor), (0.5, floor), (0.8, 1), (1, 1)],
        (40, 50, 70),
        0.18,
        0.04,
    )
    b.blur(0.004)


def meadow(b: Backdrop, floor: float, light: str, side: int, rng: random.Random) -> None:
    """Tall grass with flowers before hills."""
    stops = paint_sky(b, light, rng, max(floor, 0.6))
    for i, share in enumerate((0.7, 0.5, 0.3)):
        y = 0.44 + i * 0.07
        hill = haze(rng.choice(((126, 150, 112), (148, 152, 96), (112, 142, 128))), stops, share)
        b.poly(
            [
                (0, 1),
                (0, y + rng.uniform(-0.05, 0.04)),
                (0.3, y - 0.03),
                (0.6, y + rng.uniform(-0.03, 0.03)),
                (1, y - rng.uniform(0, 0.05)),
                (1, 1),
            ],
            hill,
        )
    tree(b, rng, rng.choice((0.12, 0.86)), 0.62, 0.3, haze((96, 128, 80), stops, 0.2), side)
    b.blur(0.009)
    grass: RGB = rng.choice(((178, 170, 92), (146, 162, 92), (190, 172, 104)))
    if light == "dusk":
        grass = blend(grass, (92, 66, 104), 0.35)
    b.gradient(min(0.62, floor), 1.0, [(0, tint(grass, 0.18)), (1, tint(grass, -0.22))])
    petals: tuple[RGB, ...] = ((250, 246, 236), (238, 170, 74), (216, 92, 92), (172, 140, 204))
    for i in range(230):
        y = 0.63 + 0.4 * (i / 230) ** 1.2
        x = rng.uniform(-0.02, 1.02)
        size = 0.03 + 0.09 * (y - 0.6)
        b.line(
            [(x, y), (x + rng.uniform(-0.02, 0.02), y - size)],
            tint(grass, rng.uniform(-0.28, 0.24)),
            0.005,
        )
        if i % 6 == 0:
            b.oval(
                x, y - size, 0.008 + 0.01 * (y - 0.6), 0.008 + 0.01 * (y - 0.6), rng.choice(petals)
            )
    b.blur(0.005)


def woods(b: Backdrop, floor: float, light: str, side: int, rng: random.Random) -> None:
    """A track among conifers, mist between the rows."""
    stops = paint_sky(b, "overcast" if light == "cool" else light, rng, max(floor, 0.6))
    autumn = rng.random() < 0.5
    for row, share in enumerate((0.72, 0.48, 0.18)):
        base = floor - 0.07 + row * 0.035
        for i in range(8 - row * 2):
            x = (i + rng.uniform(0.1, 0.9)) / (8 - row * 2)
            if row == 2 and 0.3 < x < 0.7:
                continue
            leaf = rng.choice(((62, 92, 76), (74, 98, 70), (54, 84, 80)))
            if autumn and rng.random() < 0.4:
                tree(b, rng, x, base, 0.34 + row * 0.09, haze((196, 122, 62), stops, share), side)
            else:
                pine(b, x, base, 0.42 + row * 0.13, haze(leaf, stops, share))
        b.shade(
            [(0, base - 0.08), (1, base - 0.08), (1, base + 0.03), (0, base + 0.03)],
            stops[-1][1],
            0.32,
            0.05,
        )
    b.blur(0.008)
    earth: RGB = (134, 112, 84)
    moss: RGB = (108, 118, 74) if not autumn else (158, 120, 72)
    b.gradient(floor - 0.03, 1.0, [(0, tint(moss, 0.1)), (1, tint(moss, -0.22))])
    b.poly([(0.44, floor - 0.03), (0.57, floor - 0.03), (0.96, 1.0), (0.06, 1.0)], earth)
    b.poly([(0.48, floor - 0.03), (0.53, floor - 0.03), (0.64, 1.0), (0.4, 1.0)], tint(earth, 0.08))
    for _ in range(60):
        x, y = rng.uniform(0, 1), rng.uniform(floor, 1)
        b.oval(x, y, 0.011, 0.005, rng.choice(((190, 130, 62), (160, 88, 50), (96, 104, 62))))
    b.blur(0.004)


def orchard(b: Backdrop, floor: float, light: str, side: int, rng: random.Random) -> None:
    """Blossoming trees over a lawn with daisies."""
    stops = paint_sky(b, light, rng, max(floor, 0.6))
    blossom: RGB = rng.choice(((244, 200, 208), (250, 232, 232), (236, 206, 226)))
    grass: RGB = (148, 182, 112) if light != "dusk" else (110, 112, 124)
    for i in range(6):
        tree(
            b,
            rng,
            i * 0.2 + rng.uniform(-0.04, 0.04),
            floor - 0.05,
            rng.uniform(0.26, 0.34),
            haze(blossom, stops, 0.45),
            side,
        )
    b.gradient(floor - 0.08, floor + 0.02, [(0, haze(grass, stops, 0.35)), (1, grass)])
    for x in (rng.uniform(-0.02, 0.12), rng.uniform(0.86, 1.02)):
        tree(b, rng, x, floor, rng.uniform(0.54, 0.66), tint(blossom, -0.04), side)
    b.blur(0.009)
    b.gradient(floor, 1.0, [(0, grass), (1, tint(grass, -0.12))])
    for _ in range(70):
        x, y = rng.uniform(0, 1), rng.uniform(floor + 0.015, 1)
        r = 0.004 + 0.012 * (y - floor)
        b.oval(x, y, r * 1.4, r, rng.choice(((255, 252, 246), blossom, (252, 226, 128))))
    b.shade(
        [(0.0, floor), (0.6, floor), (0.35, 1), (0, 1)]
        if side < 0
        else [(1, floor), (0.4, floor), (0.65, 1), (1, 1)],
        (60, 70, 96),
        0.16,
        0.06,
    )
    b.blur(0.004)
