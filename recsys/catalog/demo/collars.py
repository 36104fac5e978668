"""Collars, lapels, hoods and rolled necks."""

from __future__ import annotations

from recsys.catalog.demo.cloth import tint
from recsys.catalog.demo.draw import Canvas, fold
from recsys.catalog.demo.figure import Figure
from recsys.catalog.demo.garment import Garment, Upper
from recsys.catalog.demo.geometry import Knot, Point, ellipse, limb, shape, spline


def _front(figure: Figure, y: float, x: float) -> Point:
    return figure.front(y, x / (figure.width(y) + 0.03), 0.03)


def paint_collar(
    canvas: Canvas, figure: Figure, garment: Garment, cut: Upper, gap: float, neckline: list[Knot]
) -> None:
    """Whatever finishes the neck of `cut`."""
    line = spline([(k[0], k[1]) for k in neckline]) if len(neckline) > 3 else list(neckline)
    dark = tint(garment.main.colour, -0.35)
    if cut.neck in ("crew", "scoop", "boat") and gap == 0:
        band = limb([(p[0], p[1]) for p in line], [0.036] * len(line), steps=1)
        canvas.paint(band, garment.trim, relief=0.5, soft=0.04)
        canvas.stroke([(x, y + 0.045) for x, y, *_ in line], 0.012, dark, 0.5)
    elif cut.neck in ("vee", "square", "strap") and gap == 0:
        canvas.stroke([(p[0], p[1]) for p in neckline], 0.045, tint(garment.main.colour, -0.14))
    elif cut.neck == "turtle":
        _turtle(canvas, figure, garment)
    elif cut.neck in ("shirt", "bow"):
        _shirt(canvas, figure, garment, cut)
    elif cut.neck == "round collar":
        _round(canvas, figure, garment)
    elif cut.neck == "lapel":
        _lapels(canvas, figure, garment, cut, gap)
    elif cut.neck == "stand":
        _stand(canvas, figure, garment)
    elif cut.neck == "hood":
        _hood_front(canvas, figure, garment, gap)
    if cut.neck == "bow":
        _bow(canvas, figure, garment)


def _turtle(canvas: Canvas, figure: Figure, garment: Garment) -> None:
    top, low = 1.14, 1.45
    knots: list[Knot] = [
        (*figure.at(top, -0.215), 1),
        figure.at(top + 0.05, 0),
        (*figure.at(top, 0.215), 1),
        figure.at(1.3, 0.235),
        (*figure.at(low - 0.06, 0.28), 1),
        figure.at(low + 0.03, 0),
        (*figure.at(low - 0.06, -0.28), 1),
        figure.at(1.3, -0.235),
    ]
    roll = fold(figure.at(1.33, -0.23), figure.at(1.38, 0), figure.at(1.33, 0.23), depth=0.22)
    canvas.paint(shape(knots), garment.main, axis=figure.spine(), folds=[roll], drop=0.3, soft=0.08)


def _shirt(canvas: Canvas, figure: Figure, garment: Garment, cut: Upper) -> None:
    spread = 0.06 + cut.drop * 0.35
    for side in (-1, 1):
        knots: list[Knot] = [
            (*figure.at(1.24, side * 0.2), 1),
            (*_front(figure, 1.38 + spread, side * 0.02), 1),
            (*_front(figure, 1.66, side * 0.17), 1),
            (*_front(figure, 1.58, side * 0.34), 1),
            (*figure.at(1.35, side * 0.27), 1),
        ]
        canvas.paint(shape(knots), garment.trim, relief=0.8, soft=0.05, drop=0.9)
        edge = [(k[0], k[1]) for k in knots[1:4]]
        canvas.stroke(edge, 0.013, tint(garment.trim.colour, -0.35), 0.6)


def _round(canvas: Canvas, figure: Figure, garment: Garment) -> None:
    for side in (-1, 1):
        knots: list[Knot] = [
            (*figure.at(1.31, side * 0.22), 1),
            (*_front(figure, 1.5, side * 0.02), 1),
            _front(figure, 1.68, side * 0.10),
            _front(figure, 1.69, side * 0.30),
            _front(figure, 1.53, side * 0.42),
            (*figure.at(1.37, side * 0.33), 1),
        ]
        canvas.paint(shape(knots), garment.trim, relief=0.7, soft=0.05, drop=0.8)


def _stand(canvas: Canvas, figure: Figure, garment: Garment) -> None:
    for side in (-1, 1):
        knots: list[Knot] = [
            (*figure.at(1.18, side * 0.21), 1),
            (*_front(figure, 1.30, side * 0.015), 1),
            (*_front(figure, 1.52, side * 0.015), 1),
            (*figure.at(1.40, side * 0.29), 1),
        ]
        canvas.paint(shape(knots), garment.trim, relief=0.9, soft=0.06, drop=0.6)


def _lapels(canvas: Canvas, figure: Figure, garment: Garment, cut: Upper, gap: float) -> None:
    break_level = 1.36 + cut.drop
    wide = 0.42 if cut.length < 4.2 else 0.5
    for side in (-1, 1):
        if gap > 0:
            u = figure.facing(side * gap * 0.34)
            tip = figure.body(break_level, u, cut.ease)
        else:
            tip = _front(figure, break_level, side * 0.0)
        neck = figure.at(1.25, side * 0.2)
        mid = (neck[0] * 0.45 + tip[0] * 0.55, neck[1] * 0.45 + tip[1] * 0.55)
        notch_level = 1.36 + cut.drop * 0.42
        lapel: list[Knot] = [
            (*neck, 1),
            mid,
            (*tip, 1),
            _front(figure, (break_level + notch_level) / 2 + 0.05, side * wide * 0.82),
            (*_front(figure, notch_level, side * (wide + 0.1)), 1),
            (*_front(figure, notch_level - 0.1, side * wide * 0.78), 1),
            (*figure.at(1.36, side * 0.3), 1),
        ]
        axis = [figure.at(1.3, side * 0.25), _front(figure, break_level, side * 0.1)]
        canvas.paint(shape(lapel), garment.trim, axis=axis, relief=1.0, soft=0.06, drop=1.0)
        collar: list[Knot] = [
            (*figure.at(1.22, side * 0.17), 1),
            (*_front(figure, notch_level - 0.12, side * wide * 0.55), 1),
            (*_front(figure, notch_level - 0.15, side * (wide + 0.06)), 1),
            (*figure.at(1.40, side * 0.40), 1),
            figure.at(1.27, side * 0.3),
        ]
        canvas.paint(shape(collar), garment.trim, axis=axis, relief=1.0, soft=0.05, drop=0.8)


def hood_back(canvas: Canvas, figure: Figure, garment: Garment) -> None:
    """The hood lying behind the neck."""
    knots: list[Knot] = [
        figure.at(1.47, -0.5),
        figure.at(1.22, -0.42),
        figure.at(1.08, -0.2),
        figure.at(1.05, 0.0),
        figure.at(1.08, 0.2),
        figure.at(1.22, 0.42),
        figure.at(1.47, 0.5),
        figure.at(1.75, 0.0),
    ]
    canvas.paint(shape(knots), garment.main, relief=1.1, drop=0.3)
    c = figure.at(1.32, 0)
    inner = shape([(p[0], p[1]) for p in ellipse(c, 0.3, 0.2)])
    canvas.fill(inner, tint(garment.main.colour, -0.5))


def _hood_front(canvas: Canvas, figure: Figure, garment: Garment, gap: float) -> None:
    for side in (-1, 1):
        knots: list[Knot] = [
            figure.at(1.2, side * 0.33),
            figure.at(1.36, side * 0.23),
            (*_front(figure, 1.62, side * 0.015), 1),
            _front(figure, 1.66, side * 0.2),
            figure.at(1.52, side * 0.46),
            figure.at(1.32, side * 0.46),
        ]
        canvas.paint(shape(knots), garment.main, relief=1.1, soft=0.08, drop=0.8)
        if gap == 0:
            start = _front(figure, 1.62, side * 0.1)
            end = _front(figure, 2.02 + 0.05 * side, side * 0.14)
            canvas.stroke([start, end], 0.028, garment.accent)
            canvas.disc(end, 0.026, tint(garment.accent, -0.2))


def _bow(canvas: Canvas, figure: Figure, garment: Garment) -> None:
    knot = _front(figure, 1.56, 0.0)
    for side in (-1, 1):
        tail: list[Knot] = [
            (*knot, 1),
            (knot[0] + side * 0.1, knot[1] + 0.3),
            (knot[0] + side * 0.2, knot[1] + 0.62, 1),
            (knot[0] + side * 0.06, knot[1] + 0.66, 1),
            (knot[0] + side * 0.01, knot[1] + 0.3),
        ]
        canvas.paint(shape(tail), garment.main, relief=1.0, soft=0.05, drop=0.8)
        loop: list[Knot] = [
            (*knot, 1),
            (knot[0] + side * 0.18, knot[1] - 0.13),
            (knot[0] + side * 0.33, knot[1] - 0.03),
            (knot[0] + side * 0.27, knot[1] + 0.13),
        ]
        canvas.paint(shape(loop), garment.main, relief=1.2, soft=0.06, drop=0.8)
    canvas.paint(
        shape([(p[0], p[1]) for p in ellipse(knot, 0.065, 0.075)]), garment.main, soft=0.04
    )
