"""Paints scarves, sunglasses and belts."""

from __future__ import annotations

from recsys.catalog.demo.cloth import plain, tint
from recsys.catalog.demo.draw import Canvas, fold
from recsys.catalog.demo.figure import Figure
from recsys.catalog.demo.garment import Garment, Small
from recsys.catalog.demo.geometry import (
    Frame,
    Knot,
    Point,
    Shape,
    ellipse,
    limb,
    mix,
    shape,
    spline,
)


def paint_scarf(canvas: Canvas, figure: Figure, garment: Garment, cut: Small) -> None:
    """A scarf round the neck, its ends hanging on the chest."""
    g, at = garment, figure.at
    long = {"long scarf": 1.75, "neckerchief": 0.34, "silk scarf": 0.6, "snood": 0.0}[
        cut.design
    ] * cut.size
    thin = 0.14 if cut.design in ("neckerchief", "silk scarf") else 0.235
    start = figure.front(1.55, -0.08)
    if long:
        for k, (dx, share) in enumerate(((-0.12, 0.86), (0.12, 1.0))):
            end = (start[0] + dx + 0.04, start[1] + long * share)
            line = [start, mix(start, end, 0.5), end]
            half = thin * (0.85 if cut.design in ("long scarf",) else 0.9)
            tail = limb(line, [half * 0.6, half, half * 1.02])
            folds = [
                fold((start[0] + o, start[1] + 0.1), (end[0] + o * 1.2, end[1] - 0.05), depth=0.14)
                for o in (-0.07, 0.06)
            ]
            canvas.paint(tail, g.main, axis=line, folds=folds, drop=0.9, soft=0.07)
            if cut.design == "long scarf":
                for i in range(9):
                    x = end[0] - half + (i + 0.5) * half * 2 / 9
                    canvas.stroke(
                        [(x, end[1] - 0.01), (x + 0.01 * k, end[1] + 0.13)],
                        0.022,
                        tint(g.main.colour, -0.1 - 0.12 * (i % 2)),
                    )
    lift = 0.02 if thin < 0.2 else 0.0
    low = 1.36 + thin * 1.25
    wrap: list[Knot] = [
        at(1.17 + lift, -0.23 - thin * 0.3),
        at(1.26 + lift, 0.0),
        at(1.17 + lift, 0.23 + thin * 0.3),
        at(1.34, 0.30 + thin * 0.55),
        at(low - 0.04, 0.2 + thin * 0.3),
        at(low + 0.05, 0.0),
        at(low - 0.04, -0.2 - thin * 0.3),
        at(1.34, -0.30 - thin * 0.55),
    ]
    creases = [
        fold(at(1.28, -0.3), at(1.42, -0.05), at(1.34, 0.3), depth=0.2),
        fold(at(1.36, -0.3), at(1.53, 0.02), at(1.42, 0.3), depth=0.16),
    ]
    axis = [at(1.0, -0.4), at(1.5, 0.5)]
    canvas.paint(shape(wrap), g.main, axis=axis, folds=creases, drop=0.9, soft=0.1)
    if thin < 0.2:
        knot = figure.front(1.56, -0.05)
        canvas.paint(Shape((ellipse(knot, 0.085, 0.09),)), g.main, axis=axis, soft=0.05, drop=0.7)


def paint_glasses(canvas: Canvas, garment: Garment, cut: Small, f: Frame, worn: bool) -> None:
    """Sunglasses; the frame's origin lies between the eyes."""
    g = garment
    lens = tint(g.accent, -0.35)
    for side in (-1, 1):
        if not worn:
            arm = f.line([(side * 0.3, -0.05), (side * 0.36, -0.14), (side * 0.25, -0.2)])
            canvas.stroke(arm, 0.032, tint(g.main.colour, -0.2))
        else:
            canvas.stroke([f(side * 0.28, -0.03), f(side * 0.37, -0.05)], 0.03, g.main.colour)
        outer, inner = _lens(cut.design, side)
        canvas.paint(f.shape(outer), g.main, relief=1.0, soft=0.03)
        canvas.paint(f.shape(inner), plain(lens, 0.9), relief=0.5, soft=0.05)
        glint = f.line([(side * 0.165 - 0.05, 0.03), (side * 0.165 + 0.02, -0.05)], smooth=False)
        canvas.stroke(glint, 0.022, (255, 255, 255), 0.35)
    canvas.stroke(f.line([(-0.06, -0.03), (0, -0.055), (0.06, -0.03)]), 0.028, g.main.colour)


def _lens(design: str, side: int) -> tuple[list[Knot], list[Knot]]:
    if design == "round":
        ring = ellipse((side * 0.165, 0.005), 0.125, 0.125, n=12)
        return list(ring), list(ellipse((side * 0.165, 0.005), 0.1, 0.1, n=12))
    if design == "cat eye":
        knots = [
            (0.045, -0.05),
            (0.19, -0.085),
            (0.33, -0.13),
            (0.3, 0.02),
            (0.2, 0.09),
            (0.09, 0.07),
        ]
    elif design == "aviator":
        knots = [
            (0.045, -0.075),
            (0.17, -0.085),
            (0.295, -0.07),
            (0.29, 0.05),
            (0.2, 0.125),
            (0.09, 0.08),
        ]
    else:
        knots = [
            (0.04, -0.085),
            (0.17, -0.09),
            (0.305, -0.09),
            (0.295, 0.04),
            (0.18, 0.09),
            (0.065, 0.06),
        ]
    centre = (sum(k[0] for k in knots) / 6, sum(k[1] for k in knots) / 6)
    shrink = 0.9 if design == "aviator" else 0.78
    inner = [mix(centre, k, shrink) for k in knots]
    return [(side * x, y) for x, y in knots], [(side * x, y) for x, y in inner]


def paint_belt(canvas: Canvas, garment: Garment, cut: Small, top: list[Point], half: float) -> None:
    """A belt along the centre line `top`, buckle in its middle."""
    g = garment
    canvas.paint(limb(top, [half] * len(top)), g.main, axis=top, relief=0.8, soft=0.05, drop=0.6)
    edge = tint(g.main.colour, -0.35)
    line = spline(top)
    for offset in (-half * 0.72, half * 0.72):
        canvas.stroke([(x, y + offset) for x, y in line], 0.012, edge, 0.6)
    paint_buckle(canvas, g, cut, line[len(line) // 2], half)


def paint_buckle(canvas: Canvas, garment: Garment, cut: Small, c: Point, half: float) -> None:
    """The belt's buckle around `c`."""
    g = garment
    metal = plain(g.metal, 0.9)
    r = half * 1.45
    if cut.variant % 3 == 0:
        ring = Shape((ellipse(c, r, r),), (ellipse(c, r * 0.62, r * 0.62),))
    else:
        wide = r * (1.1 if cut.variant % 3 == 1 else 0.85)
        box = [
            (c[0] - wide, c[1] - r),
            (c[0] + wide, c[1] - r),
            (c[0] + wide, c[1] + r),
            (c[0] - wide, c[1] + r),
        ]
        ring = Shape((box,), ([mix(c, p, 0.62) for p in box],))
    canvas.paint(ring, metal, soft=0.03, drop=0.7)
    canvas.stroke([(c[0] - r, c[1]), (c[0] + r * 0.3, c[1])], 0.03, g.metal)
    for i in range(1, 4):
        canvas.disc((c[0] + r * 1.2 + i * 0.11, c[1]), 0.016, tint(g.main.colour, -0.6))


def paint_strip(
    canvas: Canvas, garment: Garment, line: list[Point], half: float, *, dark: bool
) -> None:
    """The far side of a belt, seen from within."""
    colour = tint(garment.main.colour, -0.35 if dark else 0.0)
    canvas.paint(limb(line, [half] * len(line)), plain(colour, 0.1), relief=0.6, soft=0.05)
