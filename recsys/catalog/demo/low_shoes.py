"""Paints low shoes: sneakers, loafers, oxfords, pumps, sandals, ballet flats."""

from __future__ import annotations

from recsys.catalog.demo.closures import button
from recsys.catalog.demo.cloth import Cloth, plain, tint
from recsys.catalog.demo.draw import Canvas
from recsys.catalog.demo.garment import Garment, Small
from recsys.catalog.demo.geometry import Frame, Knot
from recsys.catalog.demo.shoe_parts import LINING, RUBBER, paint_laces, paint_sole


def low_shoe(
    canvas: Canvas, f: Frame, cloth: Cloth, top: float, point: float = 0.0, vamp: float = 0.3
) -> None:
    """The upper of a closed low shoe; `point` sharpens the toe, `vamp` opens the top."""
    canvas.fill(f.ellipse(-0.02, -top + 0.02, 0.2, 0.07), LINING)
    knots: list[Knot] = [
        (-0.25, -0.06, 1),
        (-0.275, -top * 0.55),
        (-0.24, -top, 1),
        (-0.06, -top + 0.08),
        (0.1, -top + 0.05),
        (vamp, -0.27 + 0.02 * point, 1),
        (0.5, -0.235),
        (0.7, -0.19 + 0.04 * point),
        (0.8 + point * 0.06, -0.12 + 0.03 * point),
        (0.81 + point * 0.06, -0.06, 1),
    ]
    canvas.paint(f.shape(knots), cloth, axis=[f(-0.3, 0), f(0.9, 0)], relief=1.1, soft=0.08)


def sneaker(canvas: Canvas, f: Frame, g: Garment, s: Small) -> None:
    """A sneaker, low or high."""
    high = s.design == "high top"
    top = 0.58 if high else 0.40
    canvas.fill(f.ellipse(-0.02, -top + 0.01, 0.19, 0.06), LINING)
    upper: list[Knot] = [
        (-0.26, -0.08, 1),
        (-0.29, -0.25),
        (-0.235, -top, 1),
        (-0.05, -top + 0.05),
        (0.13, -top - 0.04, 1),
        (0.22, -0.40),
        (0.42, -0.29),
        (0.66, -0.235),
        (0.82, -0.17),
        (0.85, -0.08, 1),
    ]
    canvas.paint(f.shape(upper), g.main, axis=[f(-0.3, 0), f(0.9, 0)], relief=1.0, soft=0.08)
    toe: list[Knot] = [
        (0.56, -0.08, 1),
        (0.56, -0.2),
        (0.66, -0.238, 1),
        (0.82, -0.17),
        (0.85, -0.08, 1),
    ]
    canvas.paint(f.shape(toe), g.trim, soft=0.06)
    heel: list[Knot] = [
        (-0.26, -0.08, 1),
        (-0.29, -0.25),
        (-0.265, -0.36, 1),
        (-0.16, -0.3),
        (-0.1, -0.08, 1),
    ]
    canvas.paint(f.shape(heel), g.trim, soft=0.05)
    if s.variant % 3 == 0:
        stripe: list[Knot] = [
            (0.0, -0.1, 1),
            (0.16, -0.22),
            (0.36, -0.28, 1),
            (0.3, -0.18),
            (0.12, -0.1, 1),
        ]
        canvas.fill(f.shape(stripe), g.accent)
    elif s.variant % 3 == 1:
        for x in (0.04, 0.15, 0.26):
            canvas.stroke([f(x - 0.05, -0.12), f(x + 0.06, -0.3)], 0.05, g.accent)
    elif high:
        canvas.disc(f(-0.06, -0.4), 0.075, g.accent)
    count = 5 if high else 4
    spots = []
    for i in range(count):
        t = i / (count - 1)
        x, y = 0.17 + 0.32 * t, -top + 0.04 + (top - 0.32) * t
        spots.append(((x - 0.05, y + 0.05), (x + 0.06, y - 0.015)))
    paint_laces(canvas, f, spots, RUBBER if sum(g.main.colour) < 640 else (90, 90, 96))
    rubber = RUBBER if s.variant != 4 else g.trim.colour
    paint_sole(canvas, f, rubber, 0.12, 0.86)
    canvas.stroke([f(-0.25, -0.055), f(0.84, -0.055)], 0.016, g.accent, 0.75)


def canvas_shoe(canvas: Canvas, f: Frame, g: Garment, s: Small) -> None:
    """A plimsoll with a rubber toe."""
    low_shoe(canvas, f, g.main, 0.36)
    toe: list[Knot] = [
        (0.6, -0.08, 1),
        (0.62, -0.2),
        (0.72, -0.185),
        (0.81, -0.12),
        (0.82, -0.07, 1),
    ]
    canvas.paint(f.shape(toe), plain(RUBBER, 0.2), soft=0.05)
    paint_laces(
        canvas,
        f,
        [
            ((0.16 + i * 0.1, -0.27 + i * 0.02), (0.24 + i * 0.1, -0.32 + i * 0.03))
            for i in range(3)
        ],
        RUBBER,
    )
    paint_sole(canvas, f, RUBBER, 0.095, 0.83)
    canvas.stroke([f(-0.25, -0.05), f(0.8, -0.05)], 0.018, g.accent, 0.9)


def loafer(canvas: Canvas, f: Frame, g: Garment, s: Small) -> None:
    """A loafer with a bar or tassels."""
    low_shoe(canvas, f, g.main, 0.34, 0.3)
    dark = tint(g.main.colour, -0.4)
    canvas.stroke(
        f.line([(0.3, -0.27), (0.44, -0.17), (0.66, -0.14), (0.76, -0.15)]), 0.02, dark, 0.8
    )
    strap: list[Knot] = [(0.22, -0.31, 1), (0.34, -0.28, 1), (0.4, -0.12, 1), (0.28, -0.12, 1)]
    canvas.paint(f.shape(strap), g.trim, soft=0.04, drop=0.6)
    if s.variant % 2:
        canvas.stroke([f(0.27, -0.22), f(0.37, -0.2)], 0.04, g.metal)
    else:
        for dx in (0.0, 0.07):
            canvas.stroke([f(0.3 + dx, -0.27), f(0.33 + dx, -0.17)], 0.04, g.trim.colour)
    paint_sole(canvas, f, tint(g.main.colour, -0.55), 0.05, 0.82)
    canvas.fill(
        f.shape([(-0.26, -0.06, 1), (0.02, -0.06, 1), (0.0, 0.01, 1), (-0.25, 0.01, 1)]),
        tint(g.main.colour, -0.6),
    )


def boat_shoe(canvas: Canvas, f: Frame, g: Garment, s: Small) -> None:
    """A boat shoe with a leather lace."""
    low_shoe(canvas, f, g.main, 0.33)
    canvas.stroke(
        f.line([(0.3, -0.26), (0.46, -0.16), (0.66, -0.135), (0.77, -0.15)]),
        0.022,
        tint(g.main.colour, 0.5),
        0.9,
    )
    canvas.stroke(f.line([(-0.25, -0.23), (-0.05, -0.2), (0.2, -0.22)]), 0.03, g.accent)
    paint_laces(canvas, f, [((0.2, -0.25), (0.3, -0.29)), ((0.28, -0.23), (0.38, -0.27))], g.accent)
    paint_sole(canvas, f, RUBBER, 0.075, 0.82)


def oxford(canvas: Canvas, f: Frame, g: Garment, s: Small) -> None:
    """A laced dress shoe with a toe cap."""
    low_shoe(canvas, f, g.main, 0.37, 0.5, 0.24)
    dark = tint(g.main.colour, -0.45)
    canvas.stroke(f.line([(0.56, -0.225), (0.6, -0.15), (0.57, -0.07)]), 0.02, dark, 0.8)
    canvas.stroke(f.line([(0.12, -0.36), (0.3, -0.2), (0.1, -0.12)]), 0.02, dark, 0.8)
    paint_laces(
        canvas,
        f,
        [
            ((0.16 + i * 0.07, -0.27 + i * 0.02), (0.22 + i * 0.08, -0.33 + i * 0.035))
            for i in range(3)
        ],
        tint(g.main.colour, -0.3),
    )
    paint_sole(canvas, f, tint(g.main.colour, -0.6), 0.055, 0.86)
    canvas.fill(
        f.shape([(-0.26, -0.06, 1), (0.02, -0.06, 1), (0.0, 0.02, 1), (-0.25, 0.02, 1)]),
        tint(g.main.colour, -0.65),
    )


def pump_shape(back: float) -> list[Knot]:
    """The outline of a court shoe, its heel reaching up to `back`."""
    return [
        (-0.24, -0.2, 1),
        (-0.265, -0.3),
        (-0.22, -back, 1),
        (-0.02, -0.27),
        (0.22, -0.15),
        (0.42, -0.16, 1),
        (0.62, -0.155),
        (0.8, -0.06),
        (0.86, -0.015, 1),
        (0.5, -0.01),
        (0.25, -0.03),
        (0.02, -0.15),
    ]


def pump(canvas: Canvas, f: Frame, g: Garment, s: Small) -> None:
    """A pointed court shoe on a heel."""
    dark = tint(g.main.colour, -0.5)
    heel: list[Knot] = [
        (-0.25, -0.24, 1),
        (-0.06, -0.2, 1),
        (-0.15, -0.08),
        (-0.17, 0.0, 1),
        (-0.235, 0.0, 1),
        (-0.24, -0.1),
    ]
    canvas.paint(f.shape(heel), Cloth(dark, None, 120, 0.6), soft=0.04)
    canvas.fill(
        f.shape([(-0.2, -0.38, 1), (0.0, -0.28), (0.36, -0.17, 1), (0.2, -0.12), (-0.1, -0.26)]),
        LINING,
    )
    canvas.paint(
        f.shape(pump_shape(0.42)), g.main, axis=[f(-0.3, 0), f(0.9, 0)], relief=1.2, soft=0.07
    )
    if s.variant % 2:
        button(canvas, f(0.5, -0.16), 0.05, g.metal)


def strappy(canvas: Canvas, f: Frame, g: Garment, s: Small) -> None:
    """A sandal, flat or heeled."""
    dark = tint(g.main.colour, -0.45)
    if s.design == "sandal heel":
        heel: list[Knot] = [(-0.25, -0.22, 1), (-0.09, -0.2, 1), (-0.17, 0.0, 1), (-0.23, 0.0, 1)]
        canvas.paint(f.shape(heel), Cloth(dark, None, 120, 0.6), soft=0.04)
        bed: list[Knot] = [
            (-0.26, -0.25, 1),
            (0.1, -0.14),
            (0.5, -0.05),
            (0.84, -0.04, 1),
            (0.84, 0.0, 1),
            (0.4, -0.005),
            (-0.05, -0.18),
        ]
        lift = 0.1
    else:
        bed = [
            (-0.26, -0.08, 1),
            (0.3, -0.06),
            (0.82, -0.07, 1),
            (0.84, -0.01),
            (0.3, 0.0),
            (-0.26, 0.0, 1),
        ]
        lift = 0.0
    canvas.paint(f.shape(bed), plain(tint(g.main.colour, -0.3), 0.2), soft=0.04)
    for x, w in ((0.44, 0.14), (0.62, 0.12)) if s.variant % 2 else ((0.5, 0.26),):
        strap: list[Knot] = [
            (x - w / 2, -0.06, 1),
            (x - w / 2 + 0.02, -0.23 + (x - 0.4) * 0.2),
            (x + w / 2, -0.2 + (x - 0.4) * 0.2),
            (x + w / 2 + 0.03, -0.05, 1),
        ]
        canvas.paint(f.shape(strap), g.main, soft=0.05, drop=0.5)
    counter: list[Knot] = [
        (-0.26, -0.05 - lift, 1),
        (-0.28, -0.3 - lift, 1),
        (-0.2, -0.3 - lift, 1),
        (-0.1, -0.05 - lift, 1),
    ]
    canvas.paint(f.shape(counter), g.main, soft=0.05)
    loop = [(-0.25, -0.27 - lift), (-0.05, -0.33 - lift), (0.14, -0.27 - lift)]
    canvas.stroke(f.line(loop), 0.05, tint(g.main.colour, -0.2))
    loop = [(-0.25, -0.27 - lift), (-0.05, -0.2 - lift), (0.14, -0.27 - lift)]
    canvas.stroke(f.line(loop), 0.06, g.main.colour)
    canvas.disc(f(0.06, -0.235 - lift), 0.03, g.metal)


def ballet(canvas: Canvas, f: Frame, g: Garment, s: Small) -> None:
    """A ballet flat with a bow, or a Mary Jane with a strap."""
    canvas.fill(
        f.shape([(-0.22, -0.24, 1), (0.1, -0.17), (0.46, -0.17, 1), (0.3, -0.08), (-0.1, -0.1)]),
        LINING,
    )
    knots: list[Knot] = [
        (-0.25, -0.03, 1),
        (-0.27, -0.15),
        (-0.23, -0.27, 1),
        (-0.05, -0.17),
        (0.2, -0.11),
        (0.46, -0.185, 1),
        (0.66, -0.18),
        (0.8, -0.1),
        (0.8, -0.02, 1),
    ]
    canvas.paint(f.shape(knots), g.main, axis=[f(-0.3, 0), f(0.9, 0)], relief=1.1, soft=0.07)
    paint_sole(canvas, f, tint(g.main.colour, -0.5), 0.03, 0.79)
    if s.design == "mary jane":
        canvas.stroke(
            f.line([(0.02, -0.1), (0.08, -0.25), (0.2, -0.28), (0.3, -0.13)]), 0.06, g.main.colour
        )
        button(canvas, f(0.27, -0.17), 0.035, g.metal)
        canvas.fill(
            f.shape([(-0.26, -0.05, 1), (-0.02, -0.05, 1), (-0.04, 0.03, 1), (-0.25, 0.03, 1)]),
            tint(g.main.colour, -0.5),
        )
    else:
        for side in (-1, 1):
            canvas.fill(
                f.shape(
                    [(0.48, -0.19, 1), (0.48 + side * 0.1, -0.26), (0.48 + side * 0.11, -0.16)]
                ),
                g.accent,
            )
        canvas.disc(f(0.48, -0.195), 0.03, tint(g.accent, -0.2))
