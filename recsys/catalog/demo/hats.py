"""Paints hats.

A hat's frame has its origin in the middle of the head at the level of the hat's edge; the head is
0.36 wide to either side there and its crown 0.27 above.
"""

from __future__ import annotations

from recsys.catalog.demo.cloth import tint
from recsys.catalog.demo.draw import Canvas, fold
from recsys.catalog.demo.garment import Garment, Small
from recsys.catalog.demo.geometry import (
    Frame,
    Knot,
    ellipse,
)


def paint_hat_back(canvas: Canvas, garment: Garment, cut: Small, f: Frame) -> None:
    """The part of a brim behind the head."""
    if cut.design in ("wide brim", "boater", "fedora", "sun hat"):
        reach = _BRIMS[cut.design] * cut.size
        canvas.fill(f.ellipse(0, 0.0, reach, reach * 0.27), tint(garment.main.colour, -0.45))
    elif cut.design == "bucket":
        canvas.fill(f.ellipse(0, 0.06, 0.5, 0.1), tint(garment.main.colour, -0.45))


_BRIMS = {"wide brim": 0.86, "boater": 0.68, "fedora": 0.66, "sun hat": 0.95}


def paint_hat(canvas: Canvas, garment: Garment, cut: Small, f: Frame) -> None:
    """The hat in front of and above the head."""
    _HATS[cut.design](canvas, garment, cut, f)


def _brimmed(canvas: Canvas, g: Garment, s: Small, f: Frame) -> None:
    reach = _BRIMS[s.design] * s.size
    high = 0.46 * s.height
    crowns: dict[str, list[Knot]] = {
        "wide brim": [
            (-0.37, 0.03, 1),
            (-0.34, -high * 0.7),
            (-0.2, -high),
            (0, -high + 0.06),
            (0.2, -high),
            (0.34, -high * 0.7),
            (0.37, 0.03, 1),
        ],
        "fedora": [
            (-0.37, 0.03, 1),
            (-0.33, -high * 0.8),
            (-0.16, -high - 0.03),
            (0, -high + 0.08),
            (0.16, -high - 0.03),
            (0.33, -high * 0.8),
            (0.37, 0.03, 1),
        ],
        "boater": [
            (-0.38, 0.03, 1),
            (-0.375, -0.33, 1),
            (0, -0.37),
            (0.375, -0.33, 1),
            (0.38, 0.03, 1),
        ],
        "sun hat": [
            (-0.37, 0.03, 1),
            (-0.34, -high * 0.6),
            (-0.18, -high * 0.92),
            (0, -high * 0.98),
            (0.18, -high * 0.92),
            (0.34, -high * 0.6),
            (0.37, 0.03, 1),
        ],
    }
    knots = [*crowns[s.design], (0.0, 0.1)]
    folds = (
        [fold(f(0, -high + 0.08), f(0.02, -high * 0.5), depth=0.16)]
        if s.design in ("fedora", "wide brim")
        else []
    )
    canvas.paint(f.shape(knots), g.main, axis=[f(0, -0.5), f(0, 0)], folds=folds, soft=0.12)
    band: list[Knot] = [
        (-0.375, -0.12, 1),
        (0, -0.06),
        (0.375, -0.12, 1),
        (0.375, 0.03, 1),
        (0, 0.1),
        (-0.375, 0.03, 1),
    ]
    canvas.paint(f.shape(band), g.trim, soft=0.05)
    droop = 0.05 if s.design == "boater" else 0.09
    ring = ellipse((0, 0.0), reach, reach * (0.22 if s.design == "boater" else 0.27))
    lower = [p for p in ring if p[1] >= -0.001]
    lower.sort(key=lambda p: -p[0])
    rim: list[Knot] = [(*lower[0], 1), *lower[1:-1], (*lower[-1], 1)]
    rim += [
        (-0.38, 0.01, 1),
        (-0.2, 0.06 + droop * 0.3),
        (0, 0.085 + droop * 0.3),
        (0.2, 0.06 + droop * 0.3),
        (0.38, 0.01, 1),
    ]
    canvas.paint(f.shape(rim, 3), g.main, axis=[f(0, -0.5), f(0, 0)], drop=1.0, soft=0.06)


def _beanie(canvas: Canvas, g: Garment, s: Small, f: Frame) -> None:
    high = 0.36 + 0.12 * s.height
    dome: list[Knot] = [
        (-0.38, -0.02, 1),
        (-0.35, -high * 0.6),
        (-0.16, -high),
        (0.05, -high - 0.02),
        (0.22, -high * 0.9),
        (0.36, -high * 0.55),
        (0.38, -0.02, 1),
    ]
    folds = [
        fold(f(x, -0.1), f(x * 0.6, -high * 0.9), depth=0.1) for x in (-0.24, -0.12, 0, 0.12, 0.24)
    ]
    canvas.paint(f.shape(dome), g.main, axis=[f(0, -0.6), f(0, 0.2)], folds=folds)
    cuff: list[Knot] = [
        (-0.39, -0.13, 1),
        (0, -0.1),
        (0.39, -0.13, 1),
        (0.39, 0.05, 1),
        (0, 0.1),
        (-0.39, 0.05, 1),
    ]
    canvas.paint(f.shape(cuff), g.trim, axis=[f(0, -0.6), f(0, 0.2)], soft=0.05, drop=0.7)
    for i in range(-7, 8):
        dip = 0.03 * (1 - (i / 8) ** 2)
        canvas.stroke(
            [f(i * 0.05, -0.12 + dip), f(i * 0.051, 0.03 + dip)],
            0.018,
            tint(g.trim.colour, -0.35),
            0.45,
        )
    if s.variant % 2:
        canvas.paint(f.ellipse(0, -high - 0.06, 0.12, 0.12), g.trim, soft=0.06)


def _cap(canvas: Canvas, g: Garment, s: Small, f: Frame) -> None:
    dome: list[Knot] = [
        (-0.385, 0.02, 1),
        (-0.37, -0.22),
        (-0.2, -0.38),
        (0, -0.41),
        (0.2, -0.38),
        (0.37, -0.22),
        (0.385, 0.02, 1),
        (0, 0.06),
    ]
    canvas.paint(f.shape(dome), g.main, axis=[f(0, -0.5), f(0, 0)])
    for x in (-0.2, 0.0, 0.2):
        canvas.stroke(
            f.line([(0, -0.41), (x * 0.9, -0.2), (x * 1.1, 0.03)]),
            0.013,
            tint(g.main.colour, -0.4),
            0.6,
        )
    canvas.disc(f(0, -0.41), 0.035, g.trim.colour)
    if s.variant % 3:
        canvas.fill(f.ellipse(0.02, -0.18, 0.1, 0.1), g.accent)
        canvas.fill(f.ellipse(0.02, -0.18, 0.055, 0.055), g.main.colour)
    visor: list[Knot] = [
        (-0.36, -0.01, 1),
        (0, -0.05),
        (0.36, -0.01, 1),
        (0.38, 0.1),
        (0.2, 0.17),
        (0, 0.19),
        (-0.2, 0.17),
        (-0.38, 0.1),
    ]
    canvas.paint(f.shape(visor), g.trim, soft=0.06, drop=1.0)


def _beret(canvas: Canvas, g: Garment, s: Small, f: Frame) -> None:
    top: list[Knot] = [
        (-0.37, 0.0, 1),
        (-0.47, -0.1),
        (-0.4, -0.26),
        (-0.1, -0.36),
        (0.25, -0.38),
        (0.52, -0.26),
        (0.56, -0.1),
        (0.38, 0.02, 1),
        (0, 0.06),
    ]
    folds = [fold(f(0.1, -0.34), f(0.32, -0.18), f(0.4, -0.02), depth=0.12)]
    canvas.paint(f.shape(top), g.main, folds=folds, axis=[f(0, -0.5), f(0, 0)])
    canvas.stroke([f(0.1, -0.36), f(0.13, -0.43)], 0.035, g.main.colour)
    canvas.stroke(f.line([(-0.37, 0.01), (0, 0.07), (0.37, 0.02)]), 0.06, tint(g.trim.colour, -0.1))


def _flat_cap(canvas: Canvas, g: Garment, s: Small, f: Frame) -> None:
    top: list[Knot] = [
        (-0.4, 0.0, 1),
        (-0.42, -0.16),
        (-0.28, -0.3),
        (0, -0.35),
        (0.28, -0.3),
        (0.42, -0.16),
        (0.4, 0.0, 1),
        (0.2, 0.07),
        (-0.2, 0.07),
    ]
    canvas.paint(f.shape(top), g.main, axis=[f(0, -0.5), f(0, 0)])
    canvas.stroke(
        f.line([(-0.36, -0.08), (0, -0.02), (0.36, -0.08)]), 0.016, tint(g.main.colour, -0.4), 0.7
    )
    visor: list[Knot] = [
        (-0.34, 0.0, 1),
        (0, 0.05),
        (0.34, 0.0, 1),
        (0.28, 0.12),
        (0, 0.17),
        (-0.28, 0.12),
    ]
    canvas.paint(f.shape(visor), g.main, axis=[f(0, -0.5), f(0, 0)], soft=0.05, drop=0.9)


def _bucket(canvas: Canvas, g: Garment, s: Small, f: Frame) -> None:
    crown: list[Knot] = [
        (-0.39, 0.0, 1),
        (-0.33, -0.34, 1),
        (0, -0.39),
        (0.33, -0.34, 1),
        (0.39, 0.0, 1),
        (0, 0.05),
    ]
    canvas.paint(f.shape(crown), g.main, axis=[f(0, -0.5), f(0, 0)])
    brim: list[Knot] = [
        (-0.385, -0.03, 1),
        (0, 0.03),
        (0.385, -0.03, 1),
        (0.55, 0.14, 1),
        (0.3, 0.21),
        (0, 0.23),
        (-0.3, 0.21),
        (-0.55, 0.14, 1),
    ]
    canvas.paint(f.shape(brim), g.trim, axis=[f(0, -0.5), f(0, 0)], soft=0.06, drop=0.9)
    for d in (0.06, 0.11):
        canvas.stroke(
            f.line([(-0.37 - d, -0.02 + d), (0, 0.045 + d), (0.37 + d, -0.02 + d)]),
            0.012,
            tint(g.trim.colour, -0.35),
            0.5,
        )


_HATS = {
    "wide brim": _brimmed,
    "fedora": _brimmed,
    "boater": _brimmed,
    "sun hat": _brimmed,
    "beanie": _beanie,
    "cap": _cap,
    "beret": _beret,
    "flat cap": _flat_cap,
    "bucket": _bucket,
}
