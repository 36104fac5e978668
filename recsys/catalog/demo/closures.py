"""Buttons, zips, pockets, sashes and chest motifs."""

from __future__ import annotations

import math

from recsys.catalog.demo.cloth import RGB, plain, tint
from recsys.catalog.demo.draw import Canvas
from recsys.catalog.demo.figure import Figure
from recsys.catalog.demo.garment import Garment, Upper
from recsys.catalog.demo.geometry import Frame, Knot, Point, Shape, placed, shape, spline


def _front(figure: Figure, y: float, x: float, ease: float = 0.04) -> Point:
    if y > 3.9:
        side = figure.front(3.9, x / (figure.width(3.9) + ease), ease)
        shift = figure.centre(y)[0] - figure.centre(3.9)[0]
        return (side[0] + shift, y)
    return figure.front(y, x / (figure.width(y) + ease), ease)


def button(canvas: Canvas, centre: Point, radius: float, colour: RGB) -> None:
    """A round button with a rim of shade and a glint."""
    canvas.disc((centre[0] + 0.012, centre[1] + 0.016), radius * 1.08, tint(colour, -0.6), 0.6)
    canvas.disc(centre, radius, colour)
    canvas.disc(
        (centre[0] - radius * 0.3, centre[1] - radius * 0.3), radius * 0.35, tint(colour, 0.55), 0.8
    )


def paint_closure(canvas: Canvas, figure: Figure, garment: Garment, cut: Upper, gap: float) -> None:
    """How the front is closed."""
    top = 1.42 + cut.drop
    low = cut.length
    dark = tint(garment.main.colour, -0.38)
    if cut.closure == "none" or gap > 0:
        if gap > 0 and cut.closure in ("buttons", "double"):
            for i in range(3):
                y = 2.2 + i * 0.4
                if y < low - 0.2:
                    u = figure.facing(gap * 0.5)
                    spot = figure.body(min(y, 3.6), u, cut.ease)
                    button(canvas, (spot[0] + 0.09, spot[1]), 0.04, garment.accent)
        return
    levels = (top, (top * 2 + low) / 3, (top + 2 * low) / 3, low - 0.01)
    if cut.closure in ("buttons", "placket"):
        end = low if cut.closure == "buttons" else top + 0.75
        levels = (top, (top * 2 + end) / 3, (top + 2 * end) / 3, end - 0.01)
        wide = cut.neck == "lapel"
        edge = 0.0 if wide else 0.065
        for x in (-edge, edge) if not wide else (0.06,):
            canvas.stroke(spline([_front(figure, y, x) for y in levels]), 0.016, dark, 0.6)
        reach = end if not wide or cut.length > 4.2 else 3.15
        step = 0.34 if not wide else 0.36
        y = top + (0.14 if not wide else 0.06)
        while y < reach - 0.1:
            button(canvas, _front(figure, y, 0.0), 0.036 if not wide else 0.052, garment.accent)
            y += step
    elif cut.closure == "double":
        canvas.stroke(spline([_front(figure, y, 0.19) for y in levels]), 0.02, dark, 0.75)
        y = top + 0.08
        while y < min(low - 0.35, 3.5):
            for x in (-0.17, 0.12):
                button(canvas, _front(figure, y, x), 0.055, garment.accent)
            y += 0.42
    elif cut.closure in ("zip", "half zip"):
        end = low if cut.closure == "zip" else top + 0.55
        stops = (1.4 if cut.neck in ("stand", "hood") else top, (top + end) / 2, end - 0.01)
        line = spline([_front(figure, y, 0.0) for y in stops])
        canvas.stroke(line, 0.075, dark, 0.55)
        canvas.stroke(line, 0.034, garment.metal)
        pull = _front(figure, 1.62 if cut.closure == "zip" else end, 0.0)
        canvas.stroke([pull, (pull[0], pull[1] + 0.12)], 0.045, tint(garment.metal, -0.15))
    elif cut.closure == "wrap":
        a, b = _front(figure, top, 0.0), figure.body(2.8, 0.72, cut.ease)
        middle = ((a[0] + b[0]) / 2 - 0.04, (a[1] + b[1]) / 2 + 0.06)
        canvas.stroke(spline([a, middle, b]), 0.022, dark, 0.7)
        if low > 3.4:
            c = figure.body(min(low, 3.7), 0.35, cut.ease)
            canvas.stroke([b, (c[0], low)], 0.02, dark, 0.6)


def paint_pockets(canvas: Canvas, figure: Figure, garment: Garment, cut: Upper) -> None:
    """Pockets on the front."""
    dark = tint(garment.main.colour, -0.35)
    if cut.pockets in ("chest", "two chest"):
        for side in (1,) if cut.pockets == "chest" else (-1, 1):
            _patch(canvas, figure, garment, (1.98, 2.34), side * 0.34, 0.17, cut.pockets != "chest")
    elif cut.pockets in ("patch", "flap"):
        level = min(3.05, cut.length - 0.65)
        for side in (-1, 1):
            if cut.pockets == "patch":
                _patch(canvas, figure, garment, (level, level + 0.5), side * 0.44, 0.21, False)
            else:
                a, b = _front(figure, level, side * 0.24), _front(figure, level - 0.03, side * 0.62)
                c, d = (
                    _front(figure, level + 0.13, side * 0.62),
                    _front(figure, level + 0.16, side * 0.24),
                )
                canvas.paint(
                    Shape(([a, b, c, d],)), garment.main, axis=figure.spine(), soft=0.05, drop=0.9
                )
    elif cut.pockets == "slant":
        level = min(3.0, cut.length - 0.7)
        for side in (-1, 1):
            a, b = _front(figure, level, side * 0.42), _front(figure, level + 0.42, side * 0.56)
            canvas.stroke([a, b], 0.05, dark, 0.6)
            canvas.stroke(
                [(a[0] - 0.02, a[1]), (b[0] - 0.02, b[1])],
                0.012,
                tint(garment.main.colour, 0.2),
                0.7,
            )
    elif cut.pockets == "kangaroo":
        level = cut.length - 0.85
        knots: list[Knot] = [
            (*_front(figure, level, -0.26), 1),
            (*_front(figure, level, 0.26), 1),
            _front(figure, level + 0.22, 0.36),
            (*_front(figure, level + 0.38, 0.46), 1),
            (*_front(figure, level + 0.62, 0.46), 1),
            (*_front(figure, level + 0.62, -0.46), 1),
            (*_front(figure, level + 0.38, -0.46), 1),
            _front(figure, level + 0.22, -0.36),
        ]
        canvas.paint(
            shape(knots), garment.main, axis=figure.spine(), relief=0.9, soft=0.06, drop=0.8
        )
        edge = [(k[0], k[1]) for k in [*knots, knots[0]]]
        canvas.stroke(edge, 0.014, dark, 0.6)


def _patch(
    canvas: Canvas,
    figure: Figure,
    garment: Garment,
    levels: tuple[float, float],
    x: float,
    half: float,
    flap: bool,
) -> None:
    top, low = levels
    dark = tint(garment.main.colour, -0.38)
    corners = [
        _front(figure, top, x - half),
        _front(figure, top, x + half),
        _front(figure, low - 0.07, x + half),
        _front(figure, low, x),
        _front(figure, low - 0.07, x - half),
    ]
    canvas.paint(
        Shape((corners,)), garment.main, axis=figure.spine(), relief=0.6, soft=0.05, drop=0.7
    )
    canvas.stroke([*corners, corners[0]], 0.014, dark, 0.6)
    if flap:
        lid = [
            _front(figure, top - 0.03, x - half - 0.01),
            _front(figure, top - 0.03, x + half + 0.01),
            _front(figure, top + 0.1, x + half + 0.01),
            _front(figure, top + 0.16, x),
            _front(figure, top + 0.1, x - half - 0.01),
        ]
        canvas.paint(
            Shape((lid,)), garment.main, axis=figure.spine(), relief=0.6, soft=0.04, drop=0.9
        )
        button(canvas, _front(figure, top + 0.09, x), 0.03, garment.metal)


def paint_sash(canvas: Canvas, figure: Figure, garment: Garment, cut: Upper) -> None:
    """A belt of the garment's own cloth, tied or buckled at the waist."""
    ease = cut.ease + 0.02
    top = [figure.body(2.72, u, ease) for u in (-1.02, -0.5, 0, 0.5, 1.02)]
    low = [figure.body(2.90, u, ease) for u in (1.02, 0.5, 0, -0.5, -1.02)]
    band = shape([(*top[0], 1), *top[1:4], (*top[4], 1), (*low[0], 1), *low[1:4], (*low[4], 1)])
    belt = plain(tint(garment.trim.colour, -0.12), garment.trim.gloss)
    canvas.paint(band, belt, relief=0.8, soft=0.05, drop=0.8)
    knot = figure.front(2.82, 0.08)
    for dx, length in ((-0.05, 0.62), (0.10, 0.75)):
        tail: list[Knot] = [
            (knot[0] - 0.04, knot[1], 1),
            (knot[0] + 0.06, knot[1], 1),
            (knot[0] + dx + 0.12, knot[1] + length, 1),
            (knot[0] + dx, knot[1] + length + 0.03, 1),
        ]
        canvas.paint(shape(tail), belt, relief=0.9, soft=0.04, drop=0.9)
    square = [(-0.09, -0.11), (0.1, -0.1), (0.09, 0.1), (-0.1, 0.09)]
    canvas.paint(shape([(knot[0] + x, knot[1] + y) for x, y in square]), belt, soft=0.05, drop=0.7)


def paint_motif(canvas: Canvas, figure: Figure, garment: Garment, cut: Upper) -> None:
    """A printed sign on the chest."""
    if cut.motif == "none":
        return
    centre = figure.front(2.32, 0.0)
    ink = garment.accent
    frame = placed(centre, 1.0, figure.tilt(2.3))
    squeeze = math.cos(figure.pose.turn)
    frame = Frame(frame.origin, (frame.x_axis[0] * squeeze, frame.x_axis[1]), frame.y_axis)
    _MOTIFS[cut.motif](canvas, frame, ink)


def _anchor(canvas: Canvas, f: Frame, ink: RGB) -> None:
    canvas.stroke([f(0, -0.24), f(0, 0.26)], 0.05, ink)
    canvas.stroke([f(-0.13, -0.12), f(0.13, -0.12)], 0.045, ink)
    canvas.stroke(
        f.line([(-0.22, 0.06), (-0.15, 0.22), (0, 0.28), (0.15, 0.22), (0.22, 0.06)]), 0.05, ink
    )
    canvas.stroke(
        f.line([(0, -0.24), (0.06, -0.29), (0, -0.35), (-0.06, -0.29), (0, -0.24)]), 0.032, ink
    )
    for side in (-1, 1):
        canvas.fill(
            f.shape([(side * 0.29, 0.12, 1), (side * 0.15, 0.08, 1), (side * 0.23, -0.02, 1)]), ink
        )


def _star(canvas: Canvas, f: Frame, ink: RGB) -> None:
    points = []
    for i in range(10):
        r = 0.27 if i % 2 == 0 else 0.11
        a = math.pi * i / 5
        points.append(f(r * math.sin(a), -r * math.cos(a)))
    canvas.fill(Shape((points,)), ink)


def _bolt(canvas: Canvas, f: Frame, ink: RGB) -> None:
    points = [
        (0.06, -0.32),
        (-0.17, 0.05),
        (-0.02, 0.05),
        (-0.08, 0.34),
        (0.18, -0.07),
        (0.03, -0.07),
    ]
    canvas.fill(Shape(([f(*p) for p in points],)), ink)


def _sun(canvas: Canvas, f: Frame, ink: RGB) -> None:
    canvas.fill(f.ellipse(0, 0, 0.15, 0.15), ink)
    for i in range(12):
        a = math.pi * i / 6
        c, s = math.cos(a), math.sin(a)
        canvas.stroke([f(0.2 * c, 0.2 * s), f(0.31 * c, 0.31 * s)], 0.035, ink)


def _bars(canvas: Canvas, f: Frame, ink: RGB) -> None:
    for i, half in enumerate((0.3, 0.22, 0.3, 0.13)):
        y = -0.2 + i * 0.13
        canvas.stroke([f(-0.3, y), f(-0.3 + 2 * half, y)], 0.07, ink)


def _peak(canvas: Canvas, f: Frame, ink: RGB) -> None:
    canvas.fill(
        Shape(([f(-0.34, 0.2), f(-0.1, -0.22), f(0.04, 0.0), f(0.12, -0.1), f(0.34, 0.2)],)), ink
    )
    canvas.fill(f.ellipse(0.2, -0.2, 0.07, 0.07), ink)


def _smile(canvas: Canvas, f: Frame, ink: RGB) -> None:
    canvas.fill(f.ellipse(0, 0, 0.27, 0.27), ink)
    for side in (-1, 1):
        canvas.fill(f.ellipse(side * 0.09, -0.07, 0.028, 0.055), (30, 28, 34))
    canvas.stroke(
        f.line([(-0.14, 0.06), (-0.07, 0.14), (0.07, 0.14), (0.14, 0.06)]), 0.03, (30, 28, 34)
    )


def _heart(canvas: Canvas, f: Frame, ink: RGB) -> None:
    knots: list[Knot] = [
        (0, -0.12, 1),
        (0.12, -0.24),
        (0.26, -0.14),
        (0.2, 0.06),
        (0, 0.26, 1),
        (-0.2, 0.06),
        (-0.26, -0.14),
        (-0.12, -0.24),
    ]
    canvas.fill(f.shape(knots), ink)


_MOTIFS = {
    "anchor": _anchor,
    "star": _star,
    "bolt": _bolt,
    "sun": _sun,
    "bars": _bars,
    "peak": _peak,
    "smile": _smile,
    "heart": _heart,
}
