"""Places in town: streets, a painted wall, a village, a harbour, a night out."""

from __future__ import annotations

import random

from PIL import Image, ImageDraw

from recsys.catalog.demo.cloth import RGB, blend, tint
from recsys.catalog.demo.scenery import (
    Backdrop,
    building,
    lamp_post,
    paving,
    shop_front,
    tree,
)
from recsys.catalog.demo.skies import haze, paint_sky

_FACADES: tuple[RGB, ...] = (
    (222, 190, 158),
    (206, 148, 122),
    (232, 214, 184),
    (176, 184, 186),
    (210, 176, 166),
    (190, 202, 190),
    (226, 202, 146),
    (168, 158, 168),
)


def street(b: Backdrop, floor: float, light: str, side: int, rng: random.Random) -> None:
    """A shopping street with painted fronts."""
    stops = paint_sky(b, light, rng, max(floor, 0.6))
    lit = 0.35 if light == "dusk" else 0.0
    building(
        b,
        rng,
        0.3,
        0.72,
        rng.uniform(0.22, 0.3),
        floor,
        haze(rng.choice(_FACADES), stops, 0.55),
        lit=lit,
    )
    left, right = rng.sample(_FACADES, 2)
    gap = rng.uniform(0.34, 0.46)
    dim = -0.25 if light == "dusk" else 0.0
    building(b, rng, -0.1, gap, rng.uniform(0.02, 0.12), floor, tint(left, dim), lit=lit)
    building(b, rng, gap + 0.2, 1.1, rng.uniform(0.04, 0.16), floor, tint(right, dim), lit=lit)
    awnings: tuple[RGB, ...] = ((176, 74, 66), (64, 112, 104), (60, 84, 128), (204, 150, 76))
    shop_front(b, rng, -0.04, gap - 0.05, floor, rng.choice(awnings))
    shop_front(b, rng, gap + 0.27, 1.06, floor, rng.choice(awnings))
    b.blur(0.007)
    paving(b, floor, (188, 180, 172) if light != "dusk" else (132, 122, 136))
    b.rect(0, floor - 0.004, 1, floor + 0.01, (150, 144, 140))
    lamp_post(b, rng.choice((0.1, 0.9)), floor + 0.02, 0.5, (52, 58, 60), lit=light == "dusk")
    b.blur(0.003)


def downtown(b: Backdrop, floor: float, light: str, side: int, rng: random.Random) -> None:
    """Glass towers and a wide pavement."""
    stops = paint_sky(b, light, rng, max(floor, 0.6))
    lit = 0.4 if light == "dusk" else 0.0
    for _ in range(4):
        x = rng.uniform(-0.1, 0.9)
        building(
            b,
            rng,
            x,
            x + rng.uniform(0.16, 0.26),
            rng.uniform(0.12, 0.36),
            floor,
            haze((136, 154, 172), stops, 0.5),
            lit=lit,
        )
    for x0, x1 in ((-0.12, rng.uniform(0.2, 0.32)), (rng.uniform(0.68, 0.8), 1.12)):
        wall = rng.choice(((112, 132, 152), (148, 154, 158), (96, 114, 128), (168, 162, 154)))
        top = -0.02
        b.rect(x0, top, x1, floor, wall)
        count = 5
        for i in range(count):
            a = x0 + (x1 - x0) * i / count
            for j in range(13):
                y = top + 0.055 * j
                if y > floor - 0.12:
                    break
                on = rng.random() < lit
                glass = (
                    (255, 220, 156)
                    if on
                    else tint(blend(stops[0][1], wall, 0.45), 0.14 * ((i + j) % 3))
                )
                b.rect(a + 0.006, y + 0.006, a + (x1 - x0) / count - 0.004, y + 0.048, glass)
        b.rect(x0, floor - 0.1, x1, floor, tint(wall, -0.35))
        b.rect(x0 + 0.02, floor - 0.085, x1 - 0.02, floor - 0.01, (206, 210, 204))
    b.blur(0.008)
    paving(b, floor, (176, 178, 182) if light != "dusk" else (118, 116, 140), rows=6)
    tree_x = rng.choice((0.06, 0.95))
    tree(b, rng, tree_x, floor + 0.03, 0.4, (112, 146, 96), side)
    b.blur(0.004)


def graffiti(b: Backdrop, floor: float, light: str, side: int, rng: random.Random) -> None:
    """A painted brick wall in a side street."""
    brick = rng.choice(((168, 104, 84), (150, 140, 136), (128, 96, 92)))
    b.gradient(0, floor, [(0, tint(brick, 0.06)), (1, tint(brick, -0.1))])
    for j in range(40):
        y = j * 0.024
        if y > floor:
            break
        b.line([(0, y), (1, y)], tint(brick, -0.12), 0.003)
        for i in range(13):
            x = (i + 0.5 * (j % 2)) * 0.085
            b.line([(x, y), (x, y + 0.024)], tint(brick, -0.12), 0.003)
    inks: list[RGB] = [
        (240, 92, 120),
        (64, 178, 192),
        (248, 196, 72),
        (124, 92, 196),
        (245, 240, 232),
        (110, 196, 112),
    ]
    rng.shuffle(inks)
    for i in range(4):
        x, y = rng.uniform(0.0, 1.0), rng.uniform(0.12, floor - 0.15)
        r = rng.uniform(0.1, 0.22)
        kind = rng.randrange(3)
        if kind == 0:
            b.oval(x, y, r + 0.012, r + 0.012, (40, 36, 44))
            b.oval(x, y, r, r, inks[i])
            b.oval(x - r * 0.2, y - r * 0.14, r * 0.55, r * 0.55, tint(inks[i], 0.35))
        elif kind == 1:
            for k in range(3):
                dy = k * 0.045
                b.line(
                    [
                        (x - r, y + dy),
                        (x - r / 3, y - 0.05 + dy),
                        (x + r / 3, y + 0.05 + dy),
                        (x + r, y + dy),
                    ],
                    inks[(i + k) % 6],
                    0.035,
                )
        else:
            b.poly([(x - r, y + r * 0.5), (x, y - r * 0.8), (x + r, y + r * 0.5)], (40, 36, 44))
            b.poly(
                [(x - r * 0.85, y + r * 0.44), (x, y - r * 0.68), (x + r * 0.85, y + r * 0.44)],
                inks[i],
            )
    b.blur(0.006)
    b.gradient(floor, 1.0, [(0, (104, 104, 112)), (1, (146, 146, 152))])
    b.rect(0, floor - 0.012, 1, floor + 0.012, (128, 126, 128))
    for x in (0.16, 0.7):
        b.poly(
            [(x, floor + 0.05), (x + 0.05, floor + 0.05), (x - 0.02, 1.0), (x - 0.12, 1.0)],
            (214, 190, 92),
        )
    b.blur(0.003)


def village(b: Backdrop, floor: float, light: str, side: int, rng: random.Random) -> None:
    """Stone cottages and a hedge."""
    stops = paint_sky(b, light, rng, max(floor, 0.6))
    b.poly(
        [(0, floor), (0, 0.44), (0.35, 0.38), (0.7, 0.45), (1, 0.4), (1, floor)],
        haze((122, 146, 104), stops, 0.4),
    )
    for x0, wide in ((-0.1, 0.5), (0.62, 0.55)):
        stone = rng.choice(((196, 184, 160), (206, 190, 152), (180, 176, 168)))
        top = rng.uniform(0.3, 0.38)
        b.rect(x0, top, x0 + wide, floor, stone)
        for _ in range(26):
            x, y = rng.uniform(x0, x0 + wide - 0.05), rng.uniform(top, floor - 0.02)
            b.rect(x, y, x + 0.05, y + 0.018, tint(stone, rng.uniform(-0.1, 0.08)))
        roof = rng.choice(((132, 86, 70), (106, 100, 102), (150, 112, 76)))
        b.poly(
            [
                (x0 - 0.03, top + 0.01),
                (x0 + 0.09, top - 0.15),
                (x0 + wide - 0.09, top - 0.15),
                (x0 + wide + 0.03, top + 0.01),
            ],
            roof,
        )
        b.rect(x0 + wide * 0.7, top - 0.22, x0 + wide * 0.82, top - 0.1, tint(stone, -0.15))
        door: RGB = rng.choice(((74, 104, 88), (150, 60, 52), (66, 84, 116)))
        middle = x0 + wide * 0.5
        b.rect(middle - 0.055, floor - 0.21, middle + 0.055, floor, (240, 232, 218))
        b.rect(middle - 0.045, floor - 0.2, middle + 0.045, floor, door)
        for wx in (x0 + wide * 0.2, x0 + wide * 0.8):
            b.rect(wx - 0.05, top + 0.07, wx + 0.05, top + 0.17, (244, 238, 226))
            b.rect(
                wx - 0.042,
                top + 0.077,
                wx + 0.042,
                top + 0.163,
                (122, 146, 158) if light != "dusk" else (255, 214, 140),
            )
            b.rect(wx - 0.004, top + 0.077, wx + 0.004, top + 0.163, (244, 238, 226))
    b.blur(0.008)
    for i in range(26):
        x = i / 24
        if not 0.36 < x < 0.62:
            b.oval(
                x,
                floor - 0.02 + rng.uniform(-0.008, 0.01),
                0.05,
                0.045,
                tint((96, 122, 76), rng.uniform(-0.2, 0.15)),
            )
    paving(b, floor, (186, 172, 150) if light != "dusk" else (134, 116, 126), rows=9)
    b.blur(0.004)


def harbour(b: Backdrop, floor: float, light: str, side: int, rng: random.Random) -> None:
    """A quay with boats and a lighthouse."""
    stops = paint_sky(b, light, rng, max(floor, 0.6))
    sea = blend((70, 128, 164), stops[-1][1], 0.22)
    line = 0.5
    b.poly(
        [(0, line), (0, 0.46), (0.25, 0.44), (0.5, 0.475), (0.8, 0.45), (1, 0.47), (1, line)],
        haze((112, 136, 140), stops, 0.55),
    )
    x = rng.choice((0.13, 0.86))
    b.poly(
        [(x - 0.04, line), (x - 0.026, 0.24), (x + 0.026, 0.24), (x + 0.04, line)], (244, 240, 234)
    )
    for i in range(3):
        y = 0.28 + i * 0.075
        b.rect(x - 0.032, y, x + 0.032, y + 0.034, (204, 74, 66))
    b.rect(x - 0.034, 0.215, x + 0.034, 0.24, (70, 74, 82))
    b.rect(x - 0.02, 0.185, x + 0.02, 0.215, (255, 232, 168))
    b.poly([(x - 0.03, 0.186), (x, 0.155), (x + 0.03, 0.186)], (204, 74, 66))
    b.gradient(line, floor, [(0, tint(sea, 0.24)), (1, tint(sea, -0.16))])
    for _ in range(34):
        wx, wy = rng.uniform(0, 1), rng.uniform(line + 0.01, floor)
        b.line([(wx, wy), (wx + rng.uniform(0.03, 0.09), wy)], tint(sea, 0.4), 0.004)
    for _ in range(3):
        bx, by, size = (
            rng.uniform(0.05, 0.95),
            rng.uniform(line + 0.03, floor - 0.06),
            rng.uniform(0.7, 1.25),
        )
        hull = rng.choice(((246, 244, 238), (52, 72, 116), (186, 66, 60)))
        b.poly(
            [
                (bx - 0.1 * size, by),
                (bx + 0.1 * size, by),
                (bx + 0.075 * size, by + 0.03 * size),
                (bx - 0.08 * size, by + 0.03 * size),
            ],
            hull,
        )
        b.rect(bx - 0.004, by - 0.24 * size, bx + 0.004, by, (96, 76, 62))
        b.poly(
            [(bx + 0.01, by - 0.235 * size), (bx + 0.09 * size, by - 0.02), (bx + 0.01, by - 0.02)],
            (250, 246, 236),
        )
        b.poly(
            [(bx - 0.01, by - 0.2 * size), (bx - 0.07 * size, by - 0.02), (bx - 0.01, by - 0.02)],
            (236, 228, 214),
        )
    b.blur(0.008)
    wood: RGB = (176, 150, 120) if light != "dusk" else (126, 104, 110)
    b.gradient(floor, 1.0, [(0, tint(wood, -0.12)), (1, tint(wood, 0.08))])
    for i in range(9):
        y = floor + (1 - floor) * (i / 9) ** 1.5
        b.line([(0, y), (1, y)], tint(wood, -0.26), 0.006)
    b.rect(0, floor - 0.006, 1, floor + 0.012, tint(wood, -0.35))
    for px in (0.06, 0.94):
        b.rect(px - 0.022, floor - 0.09, px + 0.022, floor + 0.03, (112, 88, 70))
        b.rect(px - 0.028, floor - 0.1, px + 0.028, floor - 0.085, (150, 122, 98))
    b.line(
        [
            (-0.02, floor - 0.06),
            (0.25, floor - 0.035),
            (0.5, floor - 0.03),
            (0.75, floor - 0.035),
            (1.02, floor - 0.06),
        ],
        (222, 204, 168),
        0.012,
    )
    b.blur(0.004)


def night(b: Backdrop, floor: float, light: str, side: int, rng: random.Random) -> None:
    """A boulevard after dark, lights out of focus."""
    b.gradient(0, floor, [(0, (24, 24, 56)), (0.6, (64, 44, 92)), (1, (124, 72, 104))])
    for x0, x1 in ((-0.1, 0.34), (0.66, 1.1)):
        building(
            b,
            rng,
            x0,
            x1,
            rng.uniform(0.05, 0.2),
            floor,
            rng.choice(((52, 46, 78), (62, 50, 72), (44, 48, 80))),
            lit=0.55,
        )
    lights: tuple[RGB, ...] = (
        (255, 206, 128),
        (255, 170, 120),
        (255, 236, 190),
        (236, 128, 150),
        (150, 190, 236),
    )
    b.blur(0.012)
    for _ in range(26):
        x, y = rng.uniform(0, 1), rng.uniform(0.25, floor - 0.02)
        r = rng.uniform(0.012, 0.034)
        spot = rng.choice(lights)
        w, h = b.width, b.height

        mask = Image.new("L", (round(4 * r * w) + 2,) * 2, 0)
        ImageDraw.Draw(mask).ellipse([1, 1, 2 * r * w, 2 * r * w], fill=rng.randint(70, 150))
        b.image.paste(spot, (round(x * w - r * w), round(y * h - r * w)), mask)
    b.gradient(floor, 1.0, [(0, (70, 54, 92)), (1, (48, 42, 74))])
    for _ in range(9):
        x = rng.uniform(0, 1)
        colour = rng.choice(lights)
        b.shade(
            [(x - 0.02, floor), (x + 0.02, floor), (x + 0.05, 1), (x - 0.05, 1)], colour, 0.22, 0.02
        )
    lamp_post(b, rng.choice((0.1, 0.9)), floor + 0.02, 0.52, (26, 24, 36), lit=True)
    b.blur(0.004)
