"""Paints the bodies of bags, in a frame whose origin is the middle of the top edge."""

from __future__ import annotations

from recsys.catalog.demo.closures import button
from recsys.catalog.demo.cloth import tint
from recsys.catalog.demo.draw import Canvas, fold
from recsys.catalog.demo.garment import Garment, Small
from recsys.catalog.demo.geometry import Frame, Knot, Point


def _panel(canvas: Canvas, g: Garment, f: Frame, knots: list[Knot], **options: float) -> None:
    shape = f.shape(knots)
    canvas.paint(shape, g.main, axis=[f(0, 0), f(0, 1)], drop=0.9, soft=0.12, **options)  # type: ignore[arg-type]


def _stitch(canvas: Canvas, g: Garment, f: Frame, points: list[Point]) -> None:
    canvas.stroke(f.line(points), 0.016, tint(g.main.colour, -0.4), 0.6)


def _tote(canvas: Canvas, g: Garment, s: Small, f: Frame) -> None:
    _panel(
        canvas,
        g,
        f,
        [
            (-0.46, 0, 1),
            (0.46, 0, 1),
            (0.43, 0.5),
            (0.4, 0.95, 1),
            (0, 0.99),
            (-0.4, 0.95, 1),
            (-0.43, 0.5),
        ],
    )
    _stitch(canvas, g, f, [(-0.45, 0.08), (0, 0.09), (0.45, 0.08)])
    if s.variant % 2:
        base: list[Knot] = [
            (-0.42, 0.72, 1),
            (0.42, 0.72, 1),
            (0.4, 0.95, 1),
            (0, 0.99),
            (-0.4, 0.95, 1),
        ]
        canvas.paint(f.shape(base), g.trim, soft=0.06)
    else:
        canvas.fill(f.ellipse(0, 0.46, 0.13, 0.13), g.accent, 0.9)
        canvas.fill(f.ellipse(0, 0.46, 0.085, 0.085), g.main.colour)
    for x in (-0.24, 0.24):
        canvas.stroke([f(x, 0.0), f(x, 0.2)], 0.09, g.trim.colour)


def _basket(canvas: Canvas, g: Garment, s: Small, f: Frame) -> None:
    _panel(
        canvas,
        g,
        f,
        [
            (-0.46, 0, 1),
            (0, 0.03),
            (0.46, 0, 1),
            (0.42, 0.4),
            (0.3, 0.66),
            (0, 0.7),
            (-0.3, 0.66),
            (-0.42, 0.4),
        ],
    )
    for i in range(1, 5):
        y = i * 0.13
        _stitch(canvas, g, f, [(-0.44 + y * 0.1, y), (0, y + 0.04), (0.44 - y * 0.1, y)])
    canvas.stroke(
        f.line([(-0.46, 0.02), (0, 0.05), (0.46, 0.02)]), 0.06, tint(g.main.colour, -0.15)
    )
    if s.variant % 2:
        canvas.stroke(f.line([(-0.43, 0.3), (0, 0.36), (0.43, 0.3)]), 0.1, g.accent, 0.9)


def _handbag(canvas: Canvas, g: Garment, s: Small, f: Frame) -> None:
    _panel(
        canvas,
        g,
        f,
        [
            (-0.34, 0, 1),
            (0.34, 0, 1),
            (0.42, 0.35),
            (0.44, 0.64, 1),
            (0, 0.66),
            (-0.44, 0.64, 1),
            (-0.42, 0.35),
        ],
    )
    _stitch(canvas, g, f, [(-0.38, 0.2), (0, 0.22), (0.38, 0.2)])
    flap: list[Knot] = [(-0.12, 0.0, 1), (0.12, 0.0, 1), (0.1, 0.22), (0, 0.27), (-0.1, 0.22)]
    canvas.paint(f.shape(flap), g.trim, soft=0.04, drop=0.7)
    button(canvas, f(0, 0.2), 0.045, g.metal)
    for x in (-0.22, 0.22):
        canvas.disc(f(x, 0.08), 0.03, g.metal)


def _briefcase(canvas: Canvas, g: Garment, s: Small, f: Frame) -> None:
    _panel(
        canvas,
        g,
        f,
        [
            (-0.52, 0.03, 1),
            (-0.48, 0.0),
            (0.48, 0.0),
            (0.52, 0.03, 1),
            (0.52, 0.66, 1),
            (0, 0.68),
            (-0.52, 0.66, 1),
        ],
    )
    flap: list[Knot] = [
        (-0.52, 0.0, 1),
        (0.52, 0.0, 1),
        (0.51, 0.28, 1),
        (0, 0.33),
        (-0.51, 0.28, 1),
    ]
    canvas.paint(f.shape(flap), g.main, soft=0.05, drop=0.8)
    for x in (-0.28, 0.28):
        canvas.stroke([f(x, 0.1), f(x, 0.42)], 0.07, g.trim.colour)
        canvas.disc(f(x, 0.36), 0.035, g.metal)


def _duffel(canvas: Canvas, g: Garment, s: Small, f: Frame) -> None:
    _panel(
        canvas,
        g,
        f,
        [
            (-0.5, 0.04),
            (0, 0.0),
            (0.5, 0.04),
            (0.58, 0.3),
            (0.5, 0.56),
            (0, 0.6),
            (-0.5, 0.56),
            (-0.58, 0.3),
        ],
    )
    for x in (-0.26, 0.26):
        canvas.stroke([f(x, 0.03), f(x, 0.58)], 0.08, g.trim.colour)
    canvas.stroke([f(-0.44, 0.07), f(0.44, 0.07)], 0.03, g.metal)


def _hobo(canvas: Canvas, g: Garment, s: Small, f: Frame) -> None:
    folds = [
        fold(f(-0.2, 0.1), f(-0.12, 0.3), f(-0.16, 0.5)),
        fold(f(0.14, 0.08), f(0.1, 0.3), f(0.18, 0.46)),
    ]
    knots: list[Knot] = [
        (-0.44, -0.02, 1),
        (0, 0.12),
        (0.44, -0.02, 1),
        (0.5, 0.3),
        (0.32, 0.58),
        (0, 0.64),
        (-0.32, 0.58),
        (-0.5, 0.3),
    ]
    canvas.paint(f.shape(knots), g.main, axis=[f(0, 0), f(0, 1)], folds=folds, drop=0.9, soft=0.14)
    canvas.stroke(f.line([(-0.42, 0.02), (0, 0.15), (0.42, 0.02)]), 0.022, g.metal, 0.8)


def _crossbody(canvas: Canvas, g: Garment, s: Small, f: Frame) -> None:
    _panel(
        canvas,
        g,
        f,
        [
            (-0.38, 0, 1),
            (0.38, 0, 1),
            (0.39, 0.42),
            (0.33, 0.52),
            (0, 0.53),
            (-0.33, 0.52),
            (-0.39, 0.42),
        ],
    )
    flap: list[Knot] = [
        (-0.385, -0.01, 1),
        (0.385, -0.01, 1),
        (0.37, 0.22),
        (0.2, 0.31),
        (0, 0.33),
        (-0.2, 0.31),
        (-0.37, 0.22),
    ]
    canvas.paint(
        f.shape(flap),
        g.main if s.variant % 2 else g.trim,
        axis=[f(0, 0), f(0, 1)],
        soft=0.06,
        drop=0.8,
    )
    button(canvas, f(0, 0.27), 0.05, g.metal)


def _satchel(canvas: Canvas, g: Garment, s: Small, f: Frame) -> None:
    _panel(
        canvas,
        g,
        f,
        [
            (-0.47, 0, 1),
            (0.47, 0, 1),
            (0.48, 0.58),
            (0.42, 0.66),
            (0, 0.67),
            (-0.42, 0.66),
            (-0.48, 0.58),
        ],
    )
    flap: list[Knot] = [
        (-0.48, -0.02, 1),
        (0.48, -0.02, 1),
        (0.47, 0.34),
        (0.4, 0.42, 1),
        (-0.4, 0.42, 1),
        (-0.47, 0.34),
    ]
    canvas.paint(f.shape(flap), g.main, axis=[f(0, 0), f(0, 1)], soft=0.06, drop=0.8)
    for x in (-0.24, 0.24):
        canvas.stroke([f(x, 0.16), f(x, 0.56)], 0.075, g.trim.colour)
        canvas.fill(
            f.shape(
                [
                    (x - 0.055, 0.4, 1),
                    (x + 0.055, 0.4, 1),
                    (x + 0.055, 0.49, 1),
                    (x - 0.055, 0.49, 1),
                ]
            ),
            g.metal,
        )
        canvas.fill(
            f.shape(
                [
                    (x - 0.025, 0.42, 1),
                    (x + 0.025, 0.42, 1),
                    (x + 0.025, 0.47, 1),
                    (x - 0.025, 0.47, 1),
                ]
            ),
            g.trim.colour,
        )


def _fringe_bag(canvas: Canvas, g: Garment, s: Small, f: Frame) -> None:
    _panel(
        canvas,
        g,
        f,
        [
            (-0.4, 0, 1),
            (0.4, 0, 1),
            (0.42, 0.3),
            (0.34, 0.5),
            (0, 0.54),
            (-0.34, 0.5),
            (-0.42, 0.3),
        ],
    )
    for i in range(17):
        x = -0.38 + i * 0.0475
        low = 0.78 + 0.06 * (1 - (x / 0.4) ** 2) + 0.02 * (i % 2)
        canvas.stroke(
            [f(x, 0.34), f(x * 1.02, low)], 0.036, tint(g.main.colour, -0.05 - 0.16 * (i % 2))
        )
    flap: list[Knot] = [(-0.41, -0.02, 1), (0.41, -0.02, 1), (0.4, 0.26), (0, 0.4), (-0.4, 0.26)]
    canvas.paint(f.shape(flap), g.trim, axis=[f(0, 0), f(0, 1)], soft=0.06, drop=0.8)
    canvas.disc(f(0, 0.27), 0.055, g.accent)


def _bucket(canvas: Canvas, g: Garment, s: Small, f: Frame) -> None:
    folds = [fold(f(x, 0.06), f(x * 1.1, 0.34), depth=0.2) for x in (-0.2, -0.05, 0.12, 0.24)]
    knots: list[Knot] = [
        (-0.32, 0, 1),
        (0, -0.04),
        (0.32, 0, 1),
        (0.37, 0.4),
        (0.36, 0.68),
        (0.3, 0.76),
        (0, 0.79),
        (-0.3, 0.76),
        (-0.36, 0.68),
        (-0.37, 0.4),
    ]
    canvas.paint(f.shape(knots), g.main, axis=[f(0, 0), f(0, 1)], folds=folds, drop=0.9)
    canvas.stroke(f.line([(-0.33, 0.13), (0, 0.16), (0.33, 0.13)]), 0.03, g.trim.colour)
    for dx in (-0.05, 0.05):
        canvas.stroke([f(0, 0.15), f(dx, 0.38)], 0.03, g.trim.colour)
        canvas.disc(f(dx, 0.39), 0.035, g.accent)


def _clutch(canvas: Canvas, g: Garment, s: Small, f: Frame) -> None:
    _panel(canvas, g, f, [(-0.45, 0, 1), (0.45, 0, 1), (0.46, 0.4, 1), (0, 0.42), (-0.46, 0.4, 1)])
    tip = 0.3 if s.variant % 2 else 0.22
    flap: list[Knot] = [
        (-0.45, -0.005, 1),
        (0.45, -0.005, 1),
        (0.44, 0.08),
        (0, tip, 1),
        (-0.44, 0.08),
    ]
    canvas.paint(f.shape(flap), g.main, axis=[f(0, 0), f(0, 1)], relief=1.1, soft=0.05, drop=0.9)
    button(canvas, f(0, tip - 0.05), 0.05, g.metal)
    canvas.stroke([f(-0.45, 0.0), f(0.45, 0.0)], 0.03, g.metal)


def _backpack(canvas: Canvas, g: Garment, s: Small, f: Frame) -> None:
    canvas.stroke(
        f.line([(-0.1, 0.02), (-0.08, -0.12), (0.08, -0.12), (0.1, 0.02)]), 0.05, g.trim.colour
    )
    _panel(
        canvas,
        g,
        f,
        [
            (-0.34, 0.1),
            (-0.22, 0.0),
            (0, -0.02),
            (0.22, 0.0),
            (0.34, 0.1),
            (0.42, 0.6),
            (0.4, 1.0),
            (0.3, 1.07),
            (0, 1.09),
            (-0.3, 1.07),
            (-0.4, 1.0),
            (-0.42, 0.6),
        ],
    )
    pocket: list[Knot] = [
        (-0.3, 0.56, 1),
        (0, 0.53),
        (0.3, 0.56, 1),
        (0.31, 0.95),
        (0.24, 1.0),
        (0, 1.01),
        (-0.24, 1.0),
        (-0.31, 0.95),
    ]
    canvas.paint(f.shape(pocket), g.trim, soft=0.06, drop=0.8)
    canvas.stroke(f.line([(-0.28, 0.62), (0, 0.6), (0.28, 0.62)]), 0.03, g.metal)
    canvas.stroke(
        f.line([(-0.36, 0.4), (-0.2, 0.24), (0.2, 0.24), (0.36, 0.4)]),
        0.03,
        tint(g.main.colour, -0.45),
    )
    canvas.fill(
        f.shape([(-0.1, 0.33, 1), (0.1, 0.33, 1), (0.1, 0.43, 1), (-0.1, 0.43, 1)]), g.accent
    )


BODIES = {
    "tote": _tote,
    "basket": _basket,
    "handbag": _handbag,
    "briefcase": _briefcase,
    "duffel": _duffel,
    "hobo": _hobo,
    "crossbody": _crossbody,
    "satchel": _satchel,
    "fringe bag": _fringe_bag,
    "bucket bag": _bucket,
    "clutch": _clutch,
    "backpack": _backpack,
}
