"""Paints boots, to the ankle and to the knee."""

from __future__ import annotations

from recsys.catalog.demo.cloth import plain, tint
from recsys.catalog.demo.draw import Canvas
from recsys.catalog.demo.garment import Garment, Small
from recsys.catalog.demo.geometry import Frame, Knot, Point, limb
from recsys.catalog.demo.shoe_parts import LINING, paint_laces, paint_sole


def paint_ankle_boot(canvas: Canvas, f: Frame, g: Garment, s: Small) -> None:
    """An ankle boot: heeled, Chelsea, lace-up or fringed."""
    dark = tint(g.main.colour, -0.45)
    top = 0.78 * s.height
    tall_heel = s.design == "ankle boot"
    knots: list[Knot] = [
        (-0.25, -0.07, 1),
        (-0.285, -0.26),
        (-0.23, -0.5),
        (-0.23, -top, 1),
        (0.0, -top + 0.03),
        (0.2, -top, 1),
        (0.2, -0.52),
        (0.28, -0.36),
        (0.5, -0.265),
        (0.74, -0.2),
        (0.83, -0.12),
        (0.83, -0.06, 1),
    ]
    canvas.fill(f.ellipse(-0.015, -top, 0.21, 0.05), LINING)
    canvas.paint(f.shape(knots), g.main, axis=[f(0, -0.8), f(0, 0)], relief=1.1, soft=0.09)
    if s.design == "chelsea":
        gusset: list[Knot] = [
            (-0.12, -top + 0.02, 1),
            (0.1, -top + 0.02, 1),
            (0.06, -0.4),
            (-0.01, -0.3),
            (-0.08, -0.4),
        ]
        canvas.paint(f.shape(gusset), g.trim, soft=0.04)
        for i in range(5):
            x = -0.09 + i * 0.04
            canvas.stroke(
                [f(x, -top + 0.04), f(x * 0.6, -0.38)], 0.01, tint(g.trim.colour, -0.4), 0.6
            )
        canvas.stroke([f(-0.22, -top + 0.05), f(-0.28, -top - 0.07)], 0.05, g.trim.colour)
    elif s.design == "lace boot":
        canvas.stroke(
            f.line([(0.1, -top), (0.12, -0.5), (0.3, -0.25), (0.34, -0.08)]), 0.02, dark, 0.8
        )
        paint_laces(
            canvas,
            f,
            [
                (
                    (0.09 + 0.05 * max(0, i - 2), -top + 0.07 + i * 0.1),
                    (0.21 + 0.06 * max(0, i - 2), -top + 0.04 + i * 0.1),
                )
                for i in range(5)
            ],
            g.accent,
        )
        canvas.stroke(f.line([(0.55, -0.25), (0.59, -0.16), (0.57, -0.07)]), 0.02, dark, 0.8)
    elif s.design == "fringe boot":
        canvas.paint(
            f.shape(
                [(-0.25, -top, 1), (0.22, -top, 1), (0.23, -top + 0.12, 1), (-0.26, -top + 0.12, 1)]
            ),
            g.trim,
            soft=0.04,
        )
        for i in range(11):
            x = -0.24 + i * 0.045
            canvas.stroke(
                [f(x, -top + 0.1), f(x + 0.01, -top + 0.32)],
                0.022,
                tint(g.trim.colour, -0.12 - 0.1 * (i % 2)),
            )
    else:
        canvas.stroke(
            f.line([(-0.05, -top + 0.02), (-0.05, -0.4), (-0.02, -0.12)]), 0.02, g.metal, 0.8
        )
    sole = tint(g.main.colour, -0.6)
    if tall_heel:
        canvas.paint(
            f.shape([(-0.27, -0.1, 1), (-0.02, -0.1, 1), (-0.07, 0.06, 1), (-0.25, 0.06, 1)]),
            plain(sole, 0.3),
            soft=0.04,
        )
        canvas.stroke(f.line([(-0.05, -0.05), (0.3, -0.03), (0.82, -0.04)]), 0.06, sole)
    else:
        thick = 0.13 if s.design == "lace boot" else 0.07
        paint_sole(canvas, f, sole, thick, 0.85)
        if s.design == "lace boot":
            canvas.stroke([f(-0.24, -thick), f(0.82, -thick)], 0.018, (206, 168, 92), 0.9)


def paint_tall_boot(canvas: Canvas, f: Frame, g: Garment, s: Small, shaft: list[Point]) -> None:
    """A boot with a `shaft` along the leg, listed from ankle to top."""
    dark = tint(g.main.colour, -0.5)
    wide = 1.12 if s.design == "wellington" else 1.0
    widths = [w * wide for w in (0.185, 0.2, 0.255, 0.275)]
    leg = limb(shaft, widths)
    foot: list[Knot] = [
        (-0.24, -0.05, 1),
        (-0.275, -0.2),
        (-0.21, -0.42, 1),
        (0.2, -0.42, 1),
        (0.3, -0.31),
        (0.55, -0.25),
        (0.76, -0.18),
        (0.83, -0.1),
        (0.82, -0.05, 1),
    ]
    foot_shape = f.shape(foot)
    canvas.paint(foot_shape.formed_with(leg), g.main, relief=1.0, soft=0.09)
    canvas.paint(
        leg.formed_with(foot_shape), g.main, axis=shaft[::-1], relief=1.1, soft=0.12, drop=0.3
    )
    top, below = shaft[-1], shaft[-2]
    dx, dy = top[0] - below[0], top[1] - below[1]
    norm = (dx * dx + dy * dy) ** 0.5 or 1.0
    n = (-dy / norm * widths[-1], dx / norm * widths[-1])
    a, b = (top[0] + n[0], top[1] + n[1]), (top[0] - n[0], top[1] - n[1])
    canvas.stroke(
        [a, b],
        0.05 if s.design != "riding" else 0.14,
        tint(g.trim.colour, -0.1) if s.design != "gogo" else dark,
    )
    if s.design == "wellington":
        paint_sole(canvas, f, tint(g.accent, -0.3), 0.1, 0.84)
        canvas.stroke([shaft[-1], (shaft[-1][0], shaft[-1][1] + 0.16)], 0.06, g.accent)
    elif s.design == "gogo":
        canvas.fill(
            f.shape([(-0.26, -0.08, 1), (-0.03, -0.08, 1), (-0.04, 0.04, 1), (-0.25, 0.04, 1)]),
            dark,
        )
        paint_sole(canvas, f, dark, 0.04, 0.82)
    else:
        paint_sole(canvas, f, tint(g.main.colour, -0.6), 0.06, 0.83)
        canvas.fill(
            f.shape([(-0.26, -0.07, 1), (-0.02, -0.07, 1), (-0.04, 0.03, 1), (-0.25, 0.03, 1)]),
            dark,
        )
        if s.design == "riding":
            canvas.stroke([f(-0.2, -0.36), f(0.24, -0.38)], 0.045, dark)
            canvas.disc(f(0.1, -0.37), 0.04, g.metal)
