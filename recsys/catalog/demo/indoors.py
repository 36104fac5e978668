"""Places under a roof: a photographer's studio, homes, an office, a gallery."""

from __future__ import annotations

import random

from recsys.catalog.demo.cloth import RGB, tint
from recsys.catalog.demo.scenery import (
    Backdrop,
    Stops,
    floorboards,
    paving,
    picture_frame,
    potted_plant,
    sofa,
    window,
)

_DAYLIGHT: dict[str, Stops] = {
    "neutral": [(0, (176, 212, 236)), (1, (232, 240, 238))],
    "warm": [(0, (190, 214, 230)), (1, (252, 232, 200))],
    "cool": [(0, (160, 196, 230)), (1, (220, 232, 240))],
}


def _wall(b: Backdrop, floor: float, colour: RGB, side: int) -> None:
    b.gradient(0, floor, [(0, tint(colour, -0.04)), (0.6, colour), (1, tint(colour, -0.08))])
    far = (
        [(0.55, 0), (1, 0), (1, floor), (0.75, floor)]
        if side < 0
        else [(0, 0), (0.45, 0), (0.25, floor), (0, floor)]
    )
    b.shade(far, (50, 40, 60), 0.10, 0.12)


def _skirting(b: Backdrop, floor: float, colour: RGB) -> None:
    b.rect(0, floor - 0.028, 1, floor, tint(colour, 0.35))
    b.rect(0, floor - 0.004, 1, floor, tint(colour, -0.25))


def _beam(b: Backdrop, floor: float, side: int, colour: RGB) -> None:
    """Light from a window falling across the floor."""
    if side < 0:
        b.shade(
            [(0.12, floor + 0.02), (0.4, floor + 0.02), (0.85, 1), (0.4, 1)], colour, 0.3, 0.015
        )
    else:
        b.shade(
            [(0.88, floor + 0.02), (0.6, floor + 0.02), (0.15, 1), (0.6, 1)], colour, 0.3, 0.015
        )


def studio(b: Backdrop, floor: float, light: str, side: int, rng: random.Random) -> None:
    """A seamless paper sweep, brighter behind the model."""
    paper: RGB = rng.choice(
        (
            (226, 222, 214),
            (214, 220, 226),
            (232, 214, 204),
            (206, 216, 206),
            (222, 210, 226),
            (236, 222, 186),
            (196, 202, 212),
        )
    )
    b.gradient(
        0,
        1,
        [
            (0, tint(paper, -0.1)),
            (0.55, paper),
            (floor - 0.03, tint(paper, 0.08)),
            (floor + 0.06, tint(paper, -0.04)),
            (1, tint(paper, 0.06)),
        ],
    )
    b.glow(0.5 + 0.12 * side, 0.4, 0.95, tint(paper, 0.55), 0.75)
    edge = 0.05
    if rng.random() < 0.45:
        for x0, x1 in ((0, edge), (1 - edge, 1)):
            b.rect(x0, 0, x1, floor + 0.02, tint(paper, -0.28))
        b.rect(0, 0.0, 1, 0.02, (90, 86, 84))
    if rng.random() < 0.5:
        x = 0.86 if side > 0 else 0.14
        b.line([(x, 0.2), (x, floor + 0.02)], (66, 62, 64), 0.01)
        for dx in (-0.06, 0.06):
            b.line([(x, floor - 0.08), (x + dx, floor + 0.02)], (66, 62, 64), 0.008)
        b.poly([(x - 0.09, 0.1), (x + 0.09, 0.1), (x + 0.05, 0.22), (x - 0.05, 0.22)], (58, 54, 58))
        b.poly(
            [(x - 0.08, 0.1), (x + 0.08, 0.1), (x + 0.085, 0.085), (x - 0.085, 0.085)],
            (255, 250, 238),
        )
    b.blur(0.006)


def loft(b: Backdrop, floor: float, light: str, side: int, rng: random.Random) -> None:
    """A living room with a window, plants and a rug."""
    wall: RGB = rng.choice(((232, 216, 198), (216, 206, 188), (224, 196, 176), (200, 208, 196)))
    _wall(b, floor, wall, side)
    x = 0.06 if side < 0 else 0.6
    window(b, x, 0.1, x + 0.34, 0.52, _DAYLIGHT[light], (246, 242, 234), panes=3)
    other = 0.62 if side < 0 else 0.08
    picture_frame(b, rng, other, 0.16, 0.13, 0.13, ((196, 112, 78), (92, 118, 108)))
    picture_frame(b, rng, other + 0.18, 0.2, 0.11, 0.1, ((212, 164, 88),))
    _skirting(b, floor, wall)
    sofa(
        b,
        other - 0.06,
        other + 0.38,
        floor + 0.03,
        rng.choice(((172, 112, 84), (110, 130, 118), (190, 160, 122), (120, 110, 130))),
    )
    b.blur(0.007)
    floorboards(b, floor, (178, 134, 96))
    rug: RGB = rng.choice(((206, 170, 140), (176, 96, 72), (110, 128, 132)))
    b.oval(0.5, 0.965, 0.46, 0.13, tint(rug, -0.12))
    b.oval(0.5, 0.962, 0.44, 0.12, rug)
    b.oval(0.5, 0.96, 0.34, 0.085, tint(rug, 0.2))
    potted_plant(b, rng, 0.08 if side > 0 else 0.92, floor + 0.06, 0.3, (206, 142, 108))
    _beam(b, floor, side, (255, 240, 210))
    b.blur(0.004)


def office(b: Backdrop, floor: float, light: str, side: int, rng: random.Random) -> None:
    """A glass-walled office above the city."""
    wall: RGB = rng.choice(((214, 218, 220), (222, 216, 208), (202, 210, 216)))
    _wall(b, floor, wall, side)
    window(b, -0.05, 0.06, 1.05, 0.56, _DAYLIGHT[light], (88, 94, 104), panes=5)
    for _ in range(9):
        x, wide, top = rng.uniform(-0.03, 0.95), rng.uniform(0.06, 0.12), rng.uniform(0.24, 0.44)
        colour: RGB = tint((140, 160, 180), rng.uniform(0.05, 0.35))
        b.rect(x, top, x + wide, 0.555, colour)
        for j in range(8):
            y = top + 0.014 + j * 0.034
            if y < 0.54:
                b.rect(x + 0.012, y, x + wide - 0.012, y + 0.012, tint(colour, 0.25))
    for i in range(6):
        x = -0.05 + i * 0.22
        b.rect(x - 0.008, 0.05, x + 0.008, 0.565, (88, 94, 104))
    b.rect(0, 0.56, 1, floor, tint(wall, -0.06))
    x0 = 0.58 if side < 0 else -0.04
    desk: RGB = (170, 130, 96)
    b.rect(x0, floor - 0.13, x0 + 0.46, floor - 0.105, desk)
    for leg in (x0 + 0.04, x0 + 0.42):
        b.rect(leg - 0.008, floor - 0.105, leg + 0.008, floor + 0.02, (70, 72, 78))
    b.rect(x0 + 0.12, floor - 0.225, x0 + 0.3, floor - 0.145, (52, 56, 64))
    b.rect(x0 + 0.13, floor - 0.217, x0 + 0.29, floor - 0.153, (150, 190, 210))
    b.rect(x0 + 0.2, floor - 0.145, x0 + 0.22, floor - 0.13, (52, 56, 64))
    b.blur(0.008)
    paving(b, floor, (186, 184, 184), rows=5)
    potted_plant(b, rng, 0.07 if side < 0 else 0.93, floor + 0.05, 0.28, (236, 234, 230))
    _beam(b, floor, side, (255, 250, 238))
    b.blur(0.004)


def gallery(b: Backdrop, floor: float, light: str, side: int, rng: random.Random) -> None:
    """A panelled hall with a picture and a chandelier's glow."""
    wall: RGB = rng.choice(((86, 52, 62), (48, 66, 74), (62, 58, 84), (94, 78, 66)))
    _wall(b, floor, wall, side)
    for i in range(4):
        x = 0.02 + i * 0.25
        for inset, change in ((0.0, 0.14), (0.012, 0.0)):
            b.rect(
                x + inset,
                0.06 + inset * 0.6,
                x + 0.21 - inset,
                floor - 0.16 - inset * 0.6,
                tint(wall, change),
            )
        b.rect(x, floor - 0.13, x + 0.21, floor - 0.045, tint(wall, 0.1))
        b.rect(x + 0.012, floor - 0.122, x + 0.198, floor - 0.053, tint(wall, 0.0))
    gold: RGB = (204, 168, 96)
    x = rng.choice((0.06, 0.66))
    b.rect(x - 0.02, 0.17, x + 0.3, 0.47, gold)
    b.rect(x - 0.005, 0.18, x + 0.285, 0.46, tint(gold, -0.3))
    picture_frame(
        b, rng, x + 0.01, 0.19, 0.26, 0.26, ((190, 92, 84), (84, 116, 140), (224, 184, 104))
    )
    for sx in (0.5, 0.02, 0.98):
        b.glow(sx, 0.2, 0.34, (255, 222, 164), 0.5)
        b.oval(sx, 0.2, 0.018, 0.03, (255, 244, 214))
    _skirting(b, floor, wall)
    b.blur(0.008)
    marble: RGB = (196, 186, 178)
    b.gradient(floor, 1.0, [(0, tint(marble, -0.3)), (1, tint(marble, -0.05))])
    for j in range(6):
        y0 = floor + (1 - floor) * (j / 6) ** 1.6
        y1 = floor + (1 - floor) * ((j + 1) / 6) ** 1.6
        for i in range(-7, 7):
            if (i + j) % 2:
                continue
            k0, k1 = (y0 - floor) / (1 - floor), (y1 - floor) / (1 - floor)
            a0, c0 = 0.5 + i * (0.09 + 0.15 * k0), 0.5 + (i + 1) * (0.09 + 0.15 * k0)
            a1, c1 = 0.5 + i * (0.09 + 0.15 * k1), 0.5 + (i + 1) * (0.09 + 0.15 * k1)
            b.poly([(a0, y0), (c0, y0), (c1, y1), (a1, y1)], tint(wall, -0.1))
    b.shade([(0.2, floor), (0.8, floor), (0.95, 1), (0.05, 1)], (255, 226, 180), 0.16, 0.08)
    b.blur(0.004)


def lounge(b: Backdrop, floor: float, light: str, side: int, rng: random.Random) -> None:
    """A room of the nineteen-sixties: big shapes on the wall, a ball lamp, a bright sofa."""
    wall: RGB = rng.choice(((250, 220, 160), (240, 178, 140), (184, 218, 214), (242, 198, 204)))
    _wall(b, floor, wall, side)
    inks: list[RGB] = [(232, 110, 60), (240, 176, 60), (60, 150, 150), (206, 80, 110)]
    rng.shuffle(inks)
    if rng.random() < 0.5:
        for k in range(5):
            r = 0.5 - k * 0.085
            b.oval(0.18 if side > 0 else 0.82, floor, r, r, inks[k % 4] if k < 4 else wall)
    else:
        for i in range(5):
            for j in range(4):
                x, y = 0.06 + i * 0.22, 0.08 + j * 0.145
                b.oval(x, y, 0.085, 0.085, inks[(i + j) % 4])
                b.oval(x, y, 0.055, 0.055, wall)
                b.oval(x, y, 0.028, 0.028, inks[(i + j + 1) % 4])
    b.rect(0, floor - 0.02, 1, floor, tint(wall, 0.4))
    x0 = 0.56 if side > 0 else -0.02
    sofa(b, x0, x0 + 0.46, floor + 0.03, inks[3])
    b.blur(0.007)
    carpet: RGB = rng.choice(((222, 150, 96), (150, 176, 172), (236, 220, 196)))
    b.gradient(floor, 1.0, [(0, tint(carpet, -0.12)), (1, tint(carpet, 0.08))])
    b.oval(0.5, 0.97, 0.42, 0.12, tint(carpet, 0.3))
    b.oval(0.5, 0.97, 0.3, 0.085, inks[0])
    b.oval(0.5, 0.97, 0.2, 0.056, tint(carpet, 0.3))
    x = 0.1 if side > 0 else 0.9
    b.line([(x, 0.0), (x, 0.14)], (70, 60, 60), 0.006)
    b.oval(x, 0.17, 0.07, 0.07, (255, 246, 226))
    b.glow(x, 0.17, 0.3, (255, 238, 196), 0.4)
    b.blur(0.004)


def veranda(b: Backdrop, floor: float, light: str, side: int, rng: random.Random) -> None:
    """A painted porch with climbing flowers."""
    wall: RGB = rng.choice(((236, 240, 236), (214, 228, 226), (242, 230, 220), (222, 220, 236)))
    _wall(b, floor, wall, side)
    for j in range(24):
        y = j * 0.034
        if y < floor:
            b.line([(0, y), (1, y)], tint(wall, -0.12), 0.004)
    x = 0.58 if side < 0 else 0.08
    window(b, x, 0.16, x + 0.3, 0.5, _DAYLIGHT[light], (252, 250, 246), panes=2)
    shutter: RGB = rng.choice(((128, 160, 150), (150, 168, 196), (206, 150, 158)))
    for sx in (x - 0.12, x + 0.33):
        b.rect(sx, 0.15, sx + 0.09, 0.51, shutter)
        for j in range(14):
            b.line(
                [(sx + 0.012, 0.17 + j * 0.024), (sx + 0.078, 0.17 + j * 0.024)],
                tint(shutter, -0.18),
                0.005,
            )
    box_y = 0.545
    b.rect(x - 0.02, box_y, x + 0.32, box_y + 0.045, (182, 130, 96))
    petals: tuple[RGB, ...] = ((234, 134, 150), (250, 220, 226), (244, 190, 96))
    for _ in range(40):
        px, py = rng.uniform(x - 0.03, x + 0.33), rng.uniform(box_y - 0.05, box_y + 0.012)
        b.oval(px, py, 0.02, 0.018, rng.choice(((108, 146, 96), (132, 164, 106), *petals)))
    vine = 0.04 if side < 0 else 0.96
    for i in range(70):
        y = rng.uniform(0, floor)
        spread = 0.05 + 0.07 * (1 - y)
        b.oval(
            vine + rng.uniform(-spread, spread),
            y,
            0.024,
            0.02,
            rng.choice(((104, 140, 92), (126, 160, 104), (92, 126, 88), petals[i % 3])),
        )
    b.blur(0.007)
    floorboards(b, floor, (206, 190, 170))
    potted_plant(b, rng, 0.92 if side < 0 else 0.08, floor + 0.05, 0.24, (206, 142, 108))
    _beam(b, floor, side, (255, 246, 222))
    b.blur(0.004)


INDOORS = {
    "studio": studio,
    "loft": loft,
    "office": office,
    "gallery": gallery,
    "lounge": lounge,
    "veranda": veranda,
}
