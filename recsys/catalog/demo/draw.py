"""The painter: shaded cloth, strokes and soft shadows on a supersampled canvas.

Outlines come in head heights and are mapped to pixels by a `View`. Masks are filled at twice the
canvas resolution and the canvas itself is twice the finished picture, so edges are smooth; shading
is soft by nature and is worked out at a quarter of the resolution, which is what makes it fast.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from recsys.catalog.demo.cloth import RGB, Cloth
from recsys.catalog.demo.geometry import Point, Polygon, Shape, spline

SUPERSAMPLE = 2
_COARSE = 4
_SHADOW_INK = (26, 18, 38)
_SOLID = [0] * 110 + [255] * 146

Floats = NDArray[np.float32]
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class View:
    """How head heights become canvas pixels: ``pixel = offset + scale * length``."""

    scale: float
    left: float
    top: float

    def pixel(self, point: Point) -> Point:
        """Where a point in head heights falls, in canvas pixels."""
        return (self.left + self.scale * point[0], self.top + self.scale * point[1])


@dataclass(frozen=True)
class Light:
    """Where light comes from (a unit vector towards it, y down) and how hard it falls."""

    x: float = -0.55
    y: float = -0.83
    strength: float = 1.0


@dataclass(frozen=True)
class Fold:
    """A crease in cloth: a soft dark line with a lighter flank."""

    points: tuple[Point, ...]
    width: float = 0.05
    depth: float = 0.16


def fold(*points: Point, width: float = 0.05, depth: float = 0.16) -> Fold:
    """A crease through `points`, smoothed."""
    return Fold(tuple(spline(points, 5)), width, depth)


class Canvas:
    """A picture in the making, with a record of which product owns which pixel.

    `owner` is stamped wherever something is painted: 0 for people and places, n for the n-th
    product, so the visible part of a product can be read off at the end.
    """

    def __init__(self, width: int, height: int, view: View, light: Light, ground: Image.Image):
        self.size = (width, height)
        self.view = view
        self.light = light
        self.image = ground
        self.owners = Image.new("L", self.size, 0)
        self.cover = Image.new("L", self.size, 0)
        self.owner = 0

    def paint(
        self,
        shape: Shape,
        cloth: Cloth,
        *,
        axis: Sequence[Point] | None = None,
        fan: tuple[float, float, float] | None = None,
        folds: Sequence[Fold] = (),
        relief: float = 1.0,
        soft: float = 0.13,
        drop: float = 0.0,
        caster: Shape | None = None,
        alpha: float = 1.0,
    ) -> None:
        """Paint `shape` in `cloth`.

        `axis` is the line the pattern runs along (the arm, the spine); `fan` = (v0, v1, growth)
        spreads it as a skirt does. `relief` scales the rounding, `soft` is its width, `drop`
        the strength of the shadow cast on what this person already wears, by `caster` where only
        a part of the shape stands off the body.
        """
        box = self._box(shape.points(), 1)
        if box is None:
            return
        mask = self._mask(shape, box)
        if drop:
            self._cast(caster or shape, drop)
        shade = self._shade(shape, box, cloth, folds, relief, soft)
        patch = self._texture(cloth, box, axis, fan)
        tinted = np.minimum(shade, 1.0)
        glow = np.maximum(shade - 1.0, 0.0)[..., None]
        # Shadows keep some of the sky: blue falls off more slowly than red.
        channels = np.stack([tinted**1.08, tinted, tinted**0.86], axis=-1)
        lit = patch * channels
        lit += (255.0 - lit) * glow
        colours = Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8), "RGB")
        if alpha < 1.0:
            mask = mask.point([round(i * alpha) for i in range(256)])
        self.image.paste(colours, box, mask)
        self._stamp(mask, box)

    def fill(self, shape: Shape, colour: RGB, alpha: float = 1.0) -> None:
        """Paint `shape` flat, without shading."""
        box = self._box(shape.points(), 1)
        if box is None:
            return
        mask = self._mask(shape, box)
        if alpha < 1.0:
            mask = mask.point([round(i * alpha) for i in range(256)])
        self.image.paste(colour, box, mask)
        if alpha > 0.6:
            self._stamp(mask, box)

    def stroke(
        self, points: Sequence[Point], width: float, colour: RGB, alpha: float = 1.0
    ) -> None:
        """Draw a line of `width` head heights along `points`; it owns no pixels of its own."""
        box = self._box(points, int(width * self.view.scale) + 2)
        if box is None or len(points) < 2:
            return
        mask = Image.new("L", ((box[2] - box[0]) * 2, (box[3] - box[1]) * 2), 0)
        line = self._local(points, box, 2.0)
        size = max(1, round(width * self.view.scale * 2))
        ImageDraw.Draw(mask).line(line, fill=round(255 * alpha), width=size, joint="curve")
        self.image.paste(colour, box, mask.reduce(2))

    def disc(self, centre: Point, radius: float, colour: RGB, alpha: float = 1.0) -> None:
        """A flat round spot: a button, an eye, a rivet."""
        ring = [
            (centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a))
            for a in np.linspace(0, 2 * math.pi, 16, endpoint=False)
        ]
        self.fill(Shape((ring,)), colour, alpha)

    def visible(self, owner: int) -> tuple[float, float, float, float] | None:
        """The box of what shows of product `owner`, as shares of the canvas; None if too little."""
        found = self.owners.point([255 if i == owner else 0 for i in range(256)])
        box = found.getbbox()
        if box is None or (box[2] - box[0]) * (box[3] - box[1]) < 40 * SUPERSAMPLE**2:
            return None
        w, h = self.size
        return box[0] / w, box[1] / h, box[2] / w, box[3] / h

    def _stamp(self, mask: Image.Image, box: Box) -> None:
        solid = mask.point(_SOLID)
        self.owners.paste(self.owner, box, solid)
        self.cover.paste(255, box, mask)

    def _local(self, points: Sequence[Point], box: Box, factor: float) -> list[Point]:
        s, left, top = self.view.scale, self.view.left - box[0], self.view.top - box[1]
        return [((left + s * x) * factor, (top + s * y) * factor) for x, y in points]

    def _box(self, points: Sequence[Point], pad: int) -> Box | None:
        pixels = [self.view.pixel(p) for p in points]
        x0 = max(int(min(p[0] for p in pixels)) - pad, 0)
        y0 = max(int(min(p[1] for p in pixels)) - pad, 0)
        x1 = min(int(max(p[0] for p in pixels)) + pad + 2, self.size[0])
        y1 = min(int(max(p[1] for p in pixels)) + pad + 2, self.size[1])
        return (x0, y0, x1, y1) if x1 > x0 + 1 and y1 > y0 + 1 else None

    def _mask(self, shape: Shape, box: Box) -> Image.Image:
        mask = Image.new("L", ((box[2] - box[0]) * 2, (box[3] - box[1]) * 2), 0)
        draw = ImageDraw.Draw(mask)
        for part in shape.parts:
            draw.polygon(self._local(part, box, 2.0), fill=255)
        for cut in shape.cuts:
            draw.polygon(self._local(cut, box, 2.0), fill=0)
        return mask.reduce(2)

    def _coarse(self, parts: Sequence[Polygon], box: Box, blur: float) -> Image.Image:
        size = (
            -(-(box[2] - box[0]) // _COARSE) + 1,
            -(-(box[3] - box[1]) // _COARSE) + 1,
        )
        low = Image.new("L", size, 0)
        draw = ImageDraw.Draw(low)
        for part in parts:
            draw.polygon(self._local(part, box, 1 / _COARSE), fill=255)
        return low.filter(ImageFilter.GaussianBlur(blur)) if blur > 0.3 else low

    def _shade(
        self,
        shape: Shape,
        box: Box,
        cloth: Cloth,
        folds: Sequence[Fold],
        relief: float,
        soft: float,
    ) -> Floats:
        width = max(soft * self.view.scale / _COARSE, 0.8)
        pad = int(width * 2 + 2) * _COARSE
        wide = (box[0] - pad, box[1] - pad, box[2] + pad, box[3] + pad)
        parts = shape.form or shape.parts
        body = np.asarray(self._coarse(parts, wide, width), dtype=np.float32) / 255
        dx = round(self.light.x * width)
        dy = round(self.light.y * width * 0.7)
        slope = np.roll(body, (dy, dx), (0, 1)) - np.roll(body, (-dy, -dx), (0, 1))
        power = relief * self.light.strength
        shade = 1.0 - 0.10 * relief * (1 - body)
        shade += np.where(slope > 0, 0.16 + 0.30 * cloth.gloss, 0.52) * slope * power
        if folds:
            shade += self._creases(folds, wide, shade.shape) * (0.8 + 0.9 * cloth.gloss)
        h, w = shade.shape
        high = Image.fromarray(shade.astype(np.float32), "F").resize(
            (w * _COARSE, h * _COARSE), Image.Resampling.BILINEAR
        )
        full = np.asarray(high)[pad : pad + box[3] - box[1], pad : pad + box[2] - box[0]]
        result: Floats = np.clip(full, 0.25, 1.6)
        return result

    def _creases(self, folds: Sequence[Fold], box: Box, size: tuple[int, ...]) -> Floats:
        # Drawn at twice the coarse resolution: a thin slanting line would show steps otherwise.
        dark = Image.new("L", (size[1] * 2, size[0] * 2), 0)
        light = Image.new("L", (size[1] * 2, size[0] * 2), 0)
        ink, chalk = ImageDraw.Draw(dark), ImageDraw.Draw(light)
        reach = 0.045
        for item in folds:
            width = max(1, round(item.width * self.view.scale * 2 / _COARSE))
            level = min(255, round(item.depth * 600))
            ink.line(self._local(item.points, box, 2 / _COARSE), fill=level, width=width)
            flank = [
                (x - self.light.x * reach, y - self.light.y * reach * 0.3) for x, y in item.points
            ]
            chalk.line(
                self._local(flank, box, 2 / _COARSE), fill=level // 2, width=max(1, width - 1)
            )
        blur = ImageFilter.GaussianBlur(max(0.028 * self.view.scale / _COARSE, 0.7))
        shadows = np.asarray(dark.reduce(2).filter(blur), dtype=np.float32)
        flanks = np.asarray(light.reduce(2).filter(blur), dtype=np.float32)
        result: Floats = (flanks * 0.75 - shadows) / np.float32(600)
        return result

    def _cast(self, shape: Shape, strength: float) -> None:
        box = self._box(shape.points(), int(0.3 * self.view.scale))
        if box is None:
            return
        low = self._coarse(shape.parts, box, max(0.07 * self.view.scale / _COARSE, 0.6))
        reach = 0.09 * self.view.scale / _COARSE
        low = ImageChops.offset(low, round(-self.light.x * reach), round(-self.light.y * reach))
        size = (low.width * _COARSE, low.height * _COARSE)
        full = low.resize(size, Image.Resampling.BILINEAR)
        full = full.crop((0, 0, box[2] - box[0], box[3] - box[1]))
        full = full.point([round(i * strength * 0.55) for i in range(256)])
        self.image.paste(_SHADOW_INK, box, ImageChops.multiply(full, self.cover.crop(box)))

    def _texture(
        self,
        cloth: Cloth,
        box: Box,
        axis: Sequence[Point] | None,
        fan: tuple[float, float, float] | None,
    ) -> Floats:
        shape = (box[3] - box[1], box[2] - box[0], 3)
        if cloth.tile is None:
            return np.broadcast_to(np.asarray(cloth.colour, dtype=np.float32), shape)
        s = self.view.scale
        xs = ((np.arange(box[0], box[2]) + 0.5 - self.view.left) / s).astype(np.float32)[None]
        ys = ((np.arange(box[1], box[3]) + 0.5 - self.view.top) / s).astype(np.float32)[:, None]
        u, v = _unrolled(xs, ys, axis) if axis else (xs + 0 * ys, ys + 0 * xs)
        if fan is not None:
            start, end, growth = fan
            u = u / (1 + (growth - 1) * np.clip((v - start) / (end - start), 0, 1))
        h, w = cloth.tile.shape[:2]
        u, v = u * cloth.pixels_per_unit, v * cloth.pixels_per_unit
        quarter = 0.25 * cloth.pixels_per_unit / s
        total = np.zeros(shape, dtype=np.float32)
        for du, dv in ((-quarter, quarter / 2), (quarter, -quarter / 2)):
            iu = np.floor(u + du).astype(np.int32) % w
            iv = np.floor(v + dv).astype(np.int32) % h
            total += cloth.tile[iv, iu]
        return total * np.float32(0.5)


def _unrolled(xs: Floats, ys: Floats, axis: Sequence[Point]) -> tuple[Floats, Floats]:
    """Distance across and along the polyline `axis`, for every pixel of a grid."""
    best: Floats | None = None
    across: Floats = np.zeros((1, 1), dtype=np.float32)
    along: Floats = across
    start = 0.0
    for i, (a, b) in enumerate(itertools.pairwise(axis)):
        dx, dy = b[0] - a[0], b[1] - a[1]
        length = math.hypot(dx, dy) or 1e-6
        dx, dy = dx / length, dy / length
        t = (xs - a[0]) * dx + (ys - a[1]) * dy
        n = (ys - a[1]) * -dx + (xs - a[0]) * dy
        low = -np.inf if i == 0 else 0.0
        high = np.inf if i == len(axis) - 2 else length
        away: Floats = (np.abs(t - np.clip(t, low, high)) + np.abs(n)).astype(np.float32)
        if best is None:
            best, across, along = away, n, (t + start).astype(np.float32)
        else:
            nearer = away < best
            best = np.where(nearer, away, best).astype(np.float32)
            across = np.where(nearer, n, across).astype(np.float32)
            along = np.where(nearer, t + start, along).astype(np.float32)
        start += length
    return across, along


class Ruler(Canvas):
    """A canvas that paints nothing and only measures what would be painted."""

    def __init__(self) -> None:
        super().__init__(1, 1, View(1, 0, 0), Light(), Image.new("RGB", (1, 1)))
        self.low = (math.inf, math.inf)
        self.high = (-math.inf, -math.inf)

    def _box(self, points: Sequence[Point], pad: int) -> Box | None:
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        self.low = (min(self.low[0], *xs), min(self.low[1], *ys))
        self.high = (max(self.high[0], *xs), max(self.high[1], *ys))
        return None
