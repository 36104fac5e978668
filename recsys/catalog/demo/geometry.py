"""Smooth outlines in the plane. Lengths are in head heights: a person is about 7.5 of them tall."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Point = tuple[float, float]
Knot = tuple[float, ...]
"""A point of an outline: ``(x, y)`` is passed smoothly, ``(x, y, 1)`` makes a corner."""
Polygon = list[Point]


@dataclass(frozen=True)
class Shape:
    """A union of polygons, less cuts. ``form`` is what the shading sees, where it differs."""

    parts: tuple[Polygon, ...]
    cuts: tuple[Polygon, ...] = ()
    form: tuple[Polygon, ...] = ()

    def points(self) -> list[Point]:
        """Every corner of every part."""
        return [point for part in self.parts for point in part]

    def formed_with(self, *others: Shape) -> Shape:
        """The same shape, shaded as if it were one body with `others`."""
        form = self.parts + tuple(part for other in others for part in other.parts)
        return Shape(self.parts, self.cuts, form)


def spline(points: Sequence[Knot], steps: int = 7, closed: bool = False) -> Polygon:
    """Samples of a Catmull-Rom curve through `points`, `steps` per span."""
    if len(points) < 3:
        return [(p[0], p[1]) for p in points]
    knots = np.array([(p[0], p[1]) for p in points], dtype=np.float64)
    if closed:
        knots = np.concatenate([knots[-1:], knots, knots[:2]])
    else:
        first, last = 2 * knots[0] - knots[1], 2 * knots[-1] - knots[-2]
        knots = np.concatenate([first[None], knots, last[None]])
    t = (np.arange(steps, dtype=np.float64) / steps)[None, :, None]
    a, b, c, d = (knots[i : len(knots) - 3 + i, None, :] for i in range(4))
    curve = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    flat = curve.reshape(-1, 2)
    if not closed:
        flat = np.concatenate([flat, knots[-2][None]])
    return [(float(x), float(y)) for x, y in flat]


def outline(knots: Sequence[Knot], steps: int = 7) -> Polygon:
    """A closed outline through `knots`, smooth except at the knots marked as corners."""
    corners = [i for i, knot in enumerate(knots) if len(knot) > 2]
    if not corners:
        return spline(knots, steps, closed=True)
    turned = [*knots[corners[0] :], *knots[: corners[0]]]
    turned.append(turned[0])
    result: Polygon = []
    run: list[Knot] = [turned[0]]
    for knot in turned[1:]:
        run.append(knot)
        if len(knot) > 2:
            result.extend(spline(run, steps)[:-1])
            run = [knot]
    return result


def shape(knots: Sequence[Knot], steps: int = 7) -> Shape:
    """`outline` as a shape of one part."""
    return Shape((outline(knots, steps),))


def ellipse(centre: Point, rx: float, ry: float, tilt: float = 0.0, n: int = 28) -> Polygon:
    """An ellipse; `tilt` in radians."""
    c, s = math.cos(tilt), math.sin(tilt)
    result = []
    for i in range(n):
        x = rx * math.cos(2 * math.pi * i / n)
        y = ry * math.sin(2 * math.pi * i / n)
        result.append((centre[0] + x * c - y * s, centre[1] + x * s + y * c))
    return result


def limb(
    points: Sequence[Point],
    half_widths: Sequence[float],
    *,
    round_start: bool = False,
    round_end: bool = False,
    steps: int = 6,
) -> Shape:
    """A tube along a smooth centre line, as sleeves, legs and straps are.

    It is a union of quadrilaterals and discs, so that a sharp bend leaves no hole.
    """
    line = spline(points, steps)
    spots = np.linspace(0, len(points) - 1, len(line))
    widths = np.interp(spots, np.arange(len(points)), np.asarray(half_widths, dtype=np.float64))
    left: Polygon = []
    right: Polygon = []
    for i, (x, y) in enumerate(line):
        before, after = line[max(i - 1, 0)], line[min(i + 1, len(line) - 1)]
        dx, dy = after[0] - before[0], after[1] - before[1]
        norm = math.hypot(dx, dy) or 1.0
        w = float(widths[i])
        left.append((x + dy / norm * w, y - dx / norm * w))
        right.append((x - dy / norm * w, y + dx / norm * w))
    parts: list[Polygon] = [left + right[::-1]]
    for i in range(len(line) - 1):
        parts.append([left[i], left[i + 1], right[i + 1], right[i]])
    travelled = [0.0]
    for a, b in itertools.pairwise(line):
        travelled.append(travelled[-1] + math.dist(a, b))
    for i, centre in enumerate(line):
        w = float(widths[i])
        from_start, to_end = travelled[i], travelled[-1] - travelled[i]
        if (round_start or from_start > w) and (round_end or to_end > w):
            parts.append(ellipse(centre, w, w, n=18))
    return Shape(tuple(parts))


def mix(a: Point, b: Point, t: float) -> Point:
    """The point a share `t` of the way from `a` to `b`."""
    return (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t)


def along(points: Sequence[Point], t: float) -> Point:
    """The point at parameter `t` of a polyline whose knots lie at 0, 1, 2, …"""
    i = min(max(int(t), 0), len(points) - 2)
    return mix(points[i], points[i + 1], t - i)


@dataclass(frozen=True)
class Frame:
    """A local coordinate system: shoes, bags and hats are designed in theirs, then placed."""

    origin: Point
    x_axis: Point = (1.0, 0.0)
    y_axis: Point = (0.0, 1.0)

    def __call__(self, x: float, y: float) -> Point:
        return (
            self.origin[0] + x * self.x_axis[0] + y * self.y_axis[0],
            self.origin[1] + x * self.x_axis[1] + y * self.y_axis[1],
        )

    def knots(self, knots: Sequence[Knot]) -> list[Knot]:
        """Knots of this frame in the plane, corner marks kept."""
        return [(*self(k[0], k[1]), *k[2:]) for k in knots]

    def shape(self, knots: Sequence[Knot], steps: int = 7) -> Shape:
        """A smooth closed outline of this frame."""
        return shape(self.knots(knots), steps)

    def ellipse(self, x: float, y: float, rx: float, ry: float, tilt: float = 0.0) -> Shape:
        """An ellipse of this frame."""
        return Shape(([self(*p) for p in ellipse((x, y), rx, ry, tilt)],))

    def line(self, points: Sequence[Point], smooth: bool = True) -> Polygon:
        """A line of this frame in the plane, smoothed unless told otherwise."""
        placed = [self(*p) for p in points]
        return spline(placed) if smooth and len(placed) > 2 else placed


def placed(origin: Point, scale: float, tilt: float = 0.0, mirror: bool = False) -> Frame:
    """A frame of uniform `scale`, turned by `tilt` radians, mirrored left to right on request."""
    c, s = math.cos(tilt) * scale, math.sin(tilt) * scale
    sign = -1.0 if mirror else 1.0
    return Frame(origin, (sign * c, sign * s), (-s, c))
