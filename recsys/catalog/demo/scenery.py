"""A backdrop and the things it is made of: skies, walls, windows, trees, lamps, plants.

Coordinates are shares of the picture: x from 0 to 1, y from 0 at the top to 1 at the bottom.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from recsys.catalog.demo.cloth import RGB, blend, tint

Stops = Sequence[tuple[float, RGB]]


class Backdrop:
    """An image with a pen in shares of its size."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.image = Image.new("RGB", (width, height))
        self.pen = ImageDraw.Draw(self.image)

    def gradient(self, top: float, low: float, stops: Stops) -> None:
        """A vertical blend between colours placed at shares of the span."""
        y0, y1 = round(top * self.height), round(low * self.height)
        if y1 <= y0:
            return
        t = np.linspace(0, 1, y1 - y0)
        spots = [s[0] for s in stops]
        channels = [np.interp(t, spots, [s[1][c] for s in stops]) for c in range(3)]
        column = np.stack(channels, axis=-1).astype(np.uint8)[:, None]
        strip = Image.fromarray(column, "RGB").resize((self.width, y1 - y0))
        self.image.paste(strip, (0, y0))

    def rect(self, x0: float, y0: float, x1: float, y1: float, colour: RGB) -> None:
        """A filled rectangle."""
        w, h = self.width, self.height
        self.pen.rectangle([x0 * w, y0 * h, x1 * w - 1, y1 * h - 1], fill=colour)

    def poly(self, points: Sequence[tuple[float, float]], colour: RGB) -> None:
        """A filled polygon."""
        self.pen.polygon([(x * self.width, y * self.height) for x, y in points], fill=colour)

    def line(self, points: Sequence[tuple[float, float]], colour: RGB, width: float) -> None:
        """A line; `width` is a share of the width of the picture."""
        w, h = self.width, self.height
        self.pen.line(
            [(x * w, y * h) for x, y in points], colour, max(1, round(width * w)), "curve"
        )

    def oval(self, x: float, y: float, rx: float, ry: float, colour: RGB) -> None:
        """An ellipse; both radii are shares of the width, so equal ones make a circle."""
        w, h = self.width, self.height
        self.pen.ellipse([(x - rx) * w, y * h - ry * w, (x + rx) * w, y * h + ry * w], fill=colour)

    def blur(self, share: float) -> None:
        """Put all that is painted so far out of focus."""
        small = self.image.reduce(2)
        small = small.filter(ImageFilter.GaussianBlur(share * self.width / 2))
        self.image = small.resize((self.width, self.height), Image.Resampling.BILINEAR)
        self.pen = ImageDraw.Draw(self.image)

    def glow(self, x: float, y: float, radius: float, colour: RGB, strength: float) -> None:
        """A soft pool of light."""
        low = Image.new("L", (self.width // 8, self.height // 8), 0)
        w, h, r = low.width, low.height, radius * self.width / 8
        ImageDraw.Draw(low).ellipse(
            [x * w - r / 2, y * h - r / 2, x * w + r / 2, y * h + r / 2], fill=round(255 * strength)
        )
        low = low.filter(ImageFilter.GaussianBlur(r / 2.6))
        self.image.paste(colour, (0, 0), low.resize(self.image.size, Image.Resampling.BILINEAR))

    def shade(
        self, points: Sequence[tuple[float, float]], colour: RGB, alpha: float, soft: float
    ) -> None:
        """A see-through patch with a soft edge: shadows, beams of light, reflections."""
        low = Image.new("L", (self.width // 4, self.height // 4), 0)
        ImageDraw.Draw(low).polygon(
            [(x * low.width, y * low.height) for x, y in points], fill=round(255 * alpha)
        )
        low = low.filter(ImageFilter.GaussianBlur(max(soft * self.width / 4, 0.5)))
        self.image.paste(colour, (0, 0), low.resize(self.image.size, Image.Resampling.BILINEAR))


def clouds(b: Backdrop, rng: random.Random, low: float, colour: RGB) -> None:
    """A few flat-bottomed clouds above `low`."""
    for _ in range(rng.randint(2, 4)):
        x, y = rng.uniform(0, 1), rng.uniform(0.03, max(low - 0.08, 0.06))
        size = rng.uniform(0.05, 0.11)
        for i in range(5):
            dx = (i - 2) * size * 0.75
            r = size * (1 - 0.22 * abs(i - 2))
            b.oval(x + dx, y - r * 0.12, r, r * 0.55, colour)


def tree(
    b: Backdrop, rng: random.Random, x: float, base: float, height: float, leaf: RGB, light: int
) -> None:
    """A broad-leaved tree: a trunk and a crown of clumps, brighter towards the light."""
    trunk = (104, 82, 66)
    wide = height * 0.05
    top = base - height
    b.poly(
        [
            (x - wide, base),
            (x - wide * 0.5, top + height * 0.45),
            (x + wide * 0.5, top + height * 0.45),
            (x + wide, base),
        ],
        trunk,
    )
    reach = height * 0.62
    clumps = []
    for _ in range(16):
        a, r = rng.uniform(0, 2 * math.pi), math.sqrt(rng.random())
        clumps.append(
            (
                x + math.cos(a) * r * reach * 0.62,
                top + height * 0.3 + math.sin(a) * r * height * 0.24,
            )
        )
    for layer, change in enumerate((-0.26, -0.08, 0.12)):
        size = reach * (0.40 - 0.08 * layer)
        colour = tint(leaf, change)
        for cx, cy in clumps:
            b.oval(cx + light * 0.018 * layer, cy - 0.014 * layer, size, size * 0.9, colour)


def pine(b: Backdrop, x: float, base: float, height: float, leaf: RGB) -> None:
    """A conifer of stacked skirts."""
    b.rect(x - height * 0.025, base - height * 0.2, x + height * 0.025, base, (84, 66, 54))
    for i in range(5):
        top = base - height + i * height * 0.16
        wide = height * (0.11 + 0.075 * i)
        low = top + height * 0.3
        b.poly(
            [(x, top), (x + wide, low), (x, low - height * 0.03), (x - wide, low)],
            tint(leaf, -0.05 * (4 - i)),
        )
        b.poly([(x, top), (x + wide * 0.1, low - height * 0.03), (x - wide, low)], tint(leaf, 0.07))


def building(
    b: Backdrop,
    rng: random.Random,
    x0: float,
    x1: float,
    top: float,
    base: float,
    wall: RGB,
    *,
    lit: float = 0.0,
) -> None:
    """A house front with rows of windows; `lit` is the share of windows with a light on."""
    b.rect(x0, top, x1, base, wall)
    b.rect(x0, top, x1, top + 0.012, tint(wall, -0.22))
    b.rect(x0, top + 0.012, x1, top + 0.018, tint(wall, 0.25))
    columns = max(2, round((x1 - x0) / 0.095))
    step = (x1 - x0) / columns
    pane = blend((128, 158, 182), wall, 0.25) if lit == 0 else (44, 50, 76)
    y = top + 0.045
    while y + 0.08 < base - 0.1:
        for i in range(columns):
            wx = x0 + (i + 0.24) * step
            on = rng.random() < lit
            glass = (255, 214, 140) if on else pane
            b.rect(
                wx - step * 0.05,
                y - 0.006,
                wx + step * 0.57,
                y + 0.072,
                tint(wall, 0.3 if lit == 0 else -0.2),
            )
            b.rect(wx, y, wx + step * 0.52, y + 0.066, glass)
            if not on:
                b.poly(
                    [(wx, y + 0.04), (wx + step * 0.34, y), (wx + step * 0.5, y), (wx, y + 0.06)],
                    tint(glass, 0.2),
                )
            b.rect(
                wx + step * 0.245,
                y,
                wx + step * 0.275,
                y + 0.066,
                tint(wall, 0.15 if lit == 0 else -0.35),
            )
            b.rect(wx - step * 0.08, y + 0.07, wx + step * 0.6, y + 0.078, tint(wall, -0.2))
        y += 0.115


def shop_front(
    b: Backdrop, rng: random.Random, x0: float, x1: float, base: float, awning: RGB
) -> None:
    """A shop window under a striped awning."""
    top = base - 0.27
    frame = tint(awning, -0.45)
    b.rect(x0, top, x1, base, frame)
    b.rect(x0 + 0.02, top + 0.06, x1 - 0.02, base - 0.05, (196, 208, 212))
    for _ in range(3):
        x = rng.uniform(x0 + 0.05, x1 - 0.05)
        b.rect(x - 0.02, base - 0.16, x + 0.02, base - 0.05, blend(awning, (240, 228, 210), 0.5))
    b.poly(
        [
            (x0 + 0.02, base - 0.1),
            (x0 + 0.16, top + 0.06),
            (x0 + 0.22, top + 0.06),
            (x0 + 0.05, base - 0.05),
        ],
        (222, 230, 232),
    )
    count = 7
    for i in range(count):
        a, c = (
            x0 - 0.02 + (x1 - x0 + 0.04) * i / count,
            x0 - 0.02 + (x1 - x0 + 0.04) * (i + 1) / count,
        )
        colour = awning if i % 2 == 0 else (246, 240, 230)
        b.poly(
            [
                (a + 0.012, top),
                (c + 0.012 * (1 if i < count - 1 else -1), top),
                (c, top + 0.055),
                (a, top + 0.055),
            ],
            colour,
        )
        b.oval((a + c) / 2, top + 0.055, (c - a) / 2, 0.012, colour)


def lamp_post(b: Backdrop, x: float, base: float, height: float, colour: RGB, *, lit: bool) -> None:
    """An old street lamp."""
    top = base - height
    b.rect(x - 0.007, top + 0.05, x + 0.007, base, colour)
    b.rect(x - 0.016, base - 0.05, x + 0.016, base, colour)
    b.poly(
        [(x - 0.022, top), (x + 0.022, top), (x + 0.014, top + 0.05), (x - 0.014, top + 0.05)],
        (255, 226, 160) if lit else (226, 230, 226),
    )
    b.poly([(x - 0.03, top), (x, top - 0.022), (x + 0.03, top)], colour)
    if lit:
        b.glow(x, top + 0.02, 0.2, (255, 214, 140), 0.75)


def paving(b: Backdrop, top: float, colour: RGB, *, rows: int = 7) -> None:
    """Flagstones running away from the viewer."""
    b.gradient(top, 1.0, [(0, tint(colour, -0.08)), (0.5, colour), (1, tint(colour, 0.1))])
    joint = tint(colour, -0.14)
    for i in range(rows):
        y = top + (1 - top) * (i / rows) ** 1.8
        b.line([(0, y), (1, y)], joint, 0.004)
    for i in range(-9, 10):
        b.line([(0.5 + i * 0.07, top), (0.5 + i * 0.26, 1.0)], joint, 0.004)


def floorboards(b: Backdrop, top: float, colour: RGB) -> None:
    """A wooden floor in perspective."""
    b.gradient(top, 1.0, [(0, tint(colour, -0.14)), (1, tint(colour, 0.08))])
    for i in range(-12, 13):
        b.line([(0.5 + i * 0.075, top), (0.5 + i * 0.21, 1.0)], tint(colour, -0.2), 0.004)
    for i in range(-12, 12):
        y = top + (1 - top) * (0.12 + 0.8 * ((i * 37) % 11) / 11)
        k = (y - top) / (1 - top)
        a, c = 0.5 + i * (0.075 + 0.135 * k), 0.5 + (i + 1) * (0.075 + 0.135 * k)
        b.line([(a, y), (c, y)], tint(colour, -0.2), 0.004)


def window(
    b: Backdrop, x0: float, y0: float, x1: float, y1: float, sky: Stops, frame: RGB, panes: int = 2
) -> None:
    """A tall window with a view of the sky."""
    b.rect(x0 - 0.018, y0 - 0.012, x1 + 0.018, y1 + 0.012, frame)
    patch = Backdrop(max(1, round((x1 - x0) * b.width)), max(1, round((y1 - y0) * b.height)))
    patch.gradient(0, 1, sky)
    for i in range(4):
        patch.oval(
            i * 0.33, 1.02, 0.26, 0.3 + 0.08 * (i % 2), blend(sky[-1][1], (96, 128, 92), 0.5)
        )
    b.image.paste(patch.image, (round(x0 * b.width), round(y0 * b.height)))
    for i in range(1, panes):
        x = x0 + (x1 - x0) * i / panes
        b.rect(x - 0.006, y0, x + 0.006, y1, frame)
    for share in (0.36, 0.68):
        y = y0 + (y1 - y0) * share
        b.rect(x0, y - 0.004, x1, y + 0.004, frame)
    b.rect(x0 - 0.03, y1 + 0.012, x1 + 0.03, y1 + 0.028, tint(frame, -0.1))


def potted_plant(
    b: Backdrop, rng: random.Random, x: float, base: float, size: float, pot: RGB
) -> None:
    """A leafy plant in a pot."""
    green = rng.choice(((74, 116, 84), (92, 130, 78), (62, 104, 92)))
    for i in range(13):
        a = math.pi * (0.12 + 0.76 * i / 12)
        reach = size * (0.75 + 0.35 * ((i * 5) % 4) / 3)
        tip = (x + math.cos(a) * reach * 0.8, base - size * 0.3 - math.sin(a) * reach * 0.72)
        middle = (x + math.cos(a) * reach * 0.5, base - size * 0.3 - math.sin(a) * reach * 0.46)
        nx, ny = -math.sin(a) * size * 0.11, -math.cos(a) * size * 0.09
        root = (x, base - size * 0.28)
        leaf = tint(green, 0.16 - 0.4 * ((i * 3) % 5) / 5)
        b.poly(
            [root, (middle[0] + nx, middle[1] + ny), tip, (middle[0] - nx, middle[1] - ny)], leaf
        )
        b.line([root, tip], tint(leaf, -0.2), 0.003)
    half = size * 0.2
    b.poly(
        [
            (x - half, base - size * 0.3),
            (x + half, base - size * 0.3),
            (x + half * 0.74, base),
            (x - half * 0.74, base),
        ],
        pot,
    )
    b.poly(
        [
            (x + half * 0.3, base - size * 0.3),
            (x + half, base - size * 0.3),
            (x + half * 0.74, base),
            (x + half * 0.25, base),
        ],
        tint(pot, -0.16),
    )
    b.rect(
        x - half * 1.12, base - size * 0.33, x + half * 1.12, base - size * 0.28, tint(pot, 0.12)
    )


def picture_frame(
    b: Backdrop, rng: random.Random, x: float, y: float, w: float, h: float, inks: Sequence[RGB]
) -> None:
    """An abstract picture on the wall."""
    b.rect(x - 0.008, y - 0.004, x + w + 0.014, y + h + 0.012, (120, 110, 104))
    b.rect(x - 0.01, y - 0.007, x + w + 0.01, y + h + 0.007, (58, 50, 46))
    b.rect(x, y, x + w, y + h, (244, 239, 230))
    for ink in inks:
        cx, cy = rng.uniform(x + w * 0.3, x + w * 0.7), rng.uniform(y + h * 0.3, y + h * 0.7)
        r = min(w * 0.26, h * 0.36)
        if rng.random() < 0.5:
            b.oval(cx, cy, r * 0.8, r * 0.8, ink)
        else:
            b.rect(cx - r * 0.7, cy - r * 0.5, cx + r * 0.7, cy + r * 0.4, ink)


def sofa(b: Backdrop, x0: float, x1: float, base: float, colour: RGB) -> None:
    """A sofa against the wall."""
    top = base - 0.17
    for leg in (x0 + 0.03, x1 - 0.03):
        b.rect(leg - 0.008, base - 0.03, leg + 0.008, base + 0.012, (92, 66, 48))
    b.pen.rounded_rectangle(
        [x0 * b.width, top * b.height, x1 * b.width, (base - 0.01) * b.height],
        0.03 * b.width,
        fill=tint(colour, -0.1),
    )
    middle = (x0 + x1) / 2
    for a, c in ((x0 + 0.035, middle - 0.004), (middle + 0.004, x1 - 0.035)):
        b.pen.rounded_rectangle(
            [a * b.width, (top + 0.02) * b.height, c * b.width, (base - 0.06) * b.height],
            0.025 * b.width,
            fill=colour,
        )
        b.pen.rounded_rectangle(
            [a * b.width, (base - 0.085) * b.height, c * b.width, (base - 0.03) * b.height],
            0.02 * b.width,
            fill=tint(colour, 0.12),
        )
    for a in (x0, x1 - 0.05):
        b.pen.rounded_rectangle(
            [a * b.width, (base - 0.12) * b.height, (a + 0.05) * b.width, (base - 0.01) * b.height],
            0.025 * b.width,
            fill=tint(colour, 0.06),
        )
