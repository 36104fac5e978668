"""Paints sleeves and their cuffs."""

from __future__ import annotations

from recsys.catalog.demo.cloth import Cloth, tint
from recsys.catalog.demo.draw import Canvas, Fold, fold
from recsys.catalog.demo.figure import Figure
from recsys.catalog.demo.garment import Garment, Upper
from recsys.catalog.demo.geometry import (
    Knot,
    Point,
    Polygon,
    Shape,
    along,
    limb,
    mix,
    outline,
    spline,
)
from recsys.catalog.demo.pattern_points import (
    neck_point,
    shoulder_tip,
    side_point,
)


def sleeve_shape(figure: Figure, cut: Upper, side: int) -> Shape:
    """The sleeve on one side; its cap continues the line of the shoulder."""
    line = figure.arm_line(side)
    end = cut.sleeve
    stops = [t for t in (0.28, 0.58, 0.85, 1.15, 1.5, 1.8) if t < end - 0.06]
    stops.append(end)
    ease = cut.ease * 0.55 + 0.03
    widths = []
    for t in stops:
        width = figure.arm_width(t) + ease
        share = t / end
        if cut.sleeve_shape == "puff":
            width += 0.20 * max(0.0, 1 - abs(share - 0.5) / 0.5) - (0.03 if share > 0.95 else 0)
        elif cut.sleeve_shape == "bell":
            width += 0.24 * max(0.0, share - 0.45) ** 1.3
        elif cut.sleeve < 1.2:
            width += 0.05 * share
        widths.append(width)
    tube = limb([along(line, t) for t in stops], widths, round_start=len(stops) > 1)
    tip = shoulder_tip(figure, cut, side)
    neck = neck_point(figure, cut, side)
    inner = mix(tip, neck, 0.22)
    pit = side_point(figure, cut, 2.02 + cut.ease * 0.5, side)
    lower_inner = (pit[0] - side * 0.07, pit[1] - 0.02)
    # The edges of the tube a little way down, which the cap has to meet.
    outer_edge, inner_edge = _edges(line, stops[0], widths[0], side)
    bulge = 0.10 if cut.sleeve_shape == "puff" else 0.012
    crown = (
        mix(tip, outer_edge, 0.4)[0] + side * bulge,
        mix(tip, outer_edge, 0.4)[1] - bulge * 0.4,
    )
    cap: list[Knot] = [
        (*inner, 1),
        tip,
        crown,
        (*outer_edge, 1),
        (*inner_edge, 1),
        (*lower_inner, 1),
    ]
    return Shape((*tube.parts, outline(cap)))


def _edges(line: list[Point], t: float, half: float, side: int) -> tuple[Point, Point]:
    """The outer and inner edge of a tube around `line` at parameter `t`."""
    a, b = _across(line, t, half)
    return (a, b) if side * (a[0] - b[0]) > 0 else (b, a)


def paint_sleeve(canvas: Canvas, figure: Figure, garment: Garment, cut: Upper, side: int) -> None:
    """One sleeve with its cuff."""
    if cut.sleeve <= 0:
        return
    line = figure.arm_line(side)
    cloth = garment.trim if cut.contrast_sleeves else garment.main
    sleeve = sleeve_shape(figure, cut, side)
    canvas.paint(
        sleeve.formed_with(_yoke(figure, cut, side)),
        cloth,
        axis=[line[0], line[1], line[2]],
        folds=_sleeve_folds(figure, cut, side),
        drop=0.8,
        caster=_hanging_part(figure, cut, side),
        soft=0.10,
    )
    dark = tint(cloth.colour, -0.4)
    tip, pit = (
        shoulder_tip(figure, cut, side),
        side_point(figure, cut, 2.02 + cut.ease * 0.5, side),
    )
    tip = mix(tip, neck_point(figure, cut, side), 0.06)
    middle = mix(tip, pit, 0.55)
    armhole = spline([tip, (middle[0] - side * 0.06, middle[1]), (pit[0] - side * 0.03, pit[1])])
    canvas.stroke(armhole, 0.016, dark, 0.45)
    _cuff(canvas, figure, garment, cut, side, cloth)


def _hanging_part(figure: Figure, cut: Upper, side: int) -> Shape:
    """The sleeve from below the armpit, which hangs clear of the body and shades it."""
    line = figure.arm_line(side)
    start = min(0.42, cut.sleeve * 0.6)
    stops = [start, *(t for t in (0.7, 1.0, 1.4) if start < t < cut.sleeve - 0.1), cut.sleeve]
    widths = [figure.arm_width(t) + cut.ease * 0.55 + 0.03 for t in stops]
    return limb([along(line, t) for t in stops], widths)


def _yoke(figure: Figure, cut: Upper, side: int) -> Shape:
    """The shoulder beside a sleeve: shading sees the two as one."""
    tip, neck = shoulder_tip(figure, cut, side), neck_point(figure, cut, side)
    pit = side_point(figure, cut, 2.0, side)
    middle = figure.at(2.5, side * 0.1)
    return Shape(([tip, neck, figure.at(1.7, side * 0.1), middle, (pit[0] - side * 0.02, 2.4)],))


def _sleeve_folds(figure: Figure, cut: Upper, side: int) -> list[Fold]:
    line = figure.arm_line(side)
    folds = []
    spots = [0.22, 0.4] if cut.sleeve < 1.0 else [0.3, 0.86, 0.98, 1.1, cut.sleeve - 0.3]
    bend = abs(
        figure.pose.arms[0 if side < 0 else 1][0] - figure.pose.arms[0 if side < 0 else 1][1]
    )
    for i, t in enumerate(spots):
        centre = along(line, t)
        w = figure.arm_width(t) + cut.ease * 0.5
        lift = 0.08 if i % 2 else -0.06
        a = (centre[0] - side * w, centre[1] - lift)
        b = (centre[0] + side * w * 0.25, centre[1] + lift)
        folds.append(fold(a, b, depth=0.10 + 0.0016 * min(bend, 60), width=0.045))
    return folds


def _cuff(
    canvas: Canvas, figure: Figure, garment: Garment, cut: Upper, side: int, cloth: Cloth
) -> None:
    line = figure.arm_line(side)
    dark = tint(cloth.colour, -0.35)
    if cut.cuffs or cut.hem == "rib":
        band = 0.15 if cut.sleeve > 1.2 else 0.07
        start = cut.sleeve - band
        ease = cut.ease * (0.35 if cut.hem == "rib" else 0.55) + 0.035
        ends = [along(line, start), along(line, cut.sleeve + 0.01)]
        widths = [figure.arm_width(t) + ease for t in (start, cut.sleeve)]
        cuff = garment.trim if cut.hem == "rib" else cloth
        canvas.paint(limb(ends, widths), cuff, axis=line, relief=0.9, soft=0.06, drop=0.3)
        canvas.stroke(_across(line, start, widths[0]), 0.016, dark, 0.7)
    else:
        width = figure.arm_width(cut.sleeve) + cut.ease * 0.5
        if cut.sleeve_shape == "bell":
            width += 0.1
        canvas.stroke(_across(line, cut.sleeve - 0.06, width), 0.013, dark, 0.5)


def _across(line: list[Point], t: float, half: float) -> Polygon:
    """A short line square to a polyline at parameter `t`."""
    a, b = along(line, max(t - 0.1, 0)), along(line, min(t + 0.1, len(line) - 1))
    dx, dy = b[0] - a[0], b[1] - a[1]
    norm = (dx * dx + dy * dy) ** 0.5 or 1.0
    c = along(line, t)
    nx, ny = -dy / norm * half, dx / norm * half
    return [(c[0] - nx, c[1] - ny), (c[0] + nx, c[1] + ny)]
