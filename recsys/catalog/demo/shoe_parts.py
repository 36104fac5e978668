"""What all shoes share: soles, laces, and the profile they are designed in.

The toe points to the right, the ground is y = 0.
"""

from __future__ import annotations

from collections.abc import Callable

from recsys.catalog.demo.cloth import RGB, plain
from recsys.catalog.demo.draw import Canvas
from recsys.catalog.demo.garment import Garment, Small
from recsys.catalog.demo.geometry import Frame, Knot, Point

Design = Callable[[Canvas, Frame, Garment, Small], None]
RUBBER: RGB = (240, 238, 230)
LINING: RGB = (72, 60, 54)


def paint_sole(
    canvas: Canvas, f: Frame, colour: RGB, thick: float = 0.09, toe: float = 0.82
) -> None:
    """A sole `thick` high, its tip at x = `toe`."""
    knots: list[Knot] = [
        (-0.26, -thick, 1),
        (0.3, -thick * 0.85),
        (toe, -thick * 1.05, 1),
        (toe + 0.03, -thick * 0.4),
        (toe - 0.05, 0.0),
        (0.3, 0.005),
        (-0.22, 0.0),
        (-0.27, -0.03),
    ]
    canvas.paint(f.shape(knots), plain(colour, 0.2), relief=0.7, soft=0.05)


def paint_laces(canvas: Canvas, f: Frame, spots: list[tuple[Point, Point]], colour: RGB) -> None:
    """Laces between pairs of points, each with a little shadow."""
    for a, b in spots:
        canvas.stroke(
            [f(a[0] + 0.01, a[1] + 0.015), f(b[0] + 0.01, b[1] + 0.015)], 0.035, (30, 26, 30), 0.3
        )
        canvas.stroke([f(*a), f(*b)], 0.03, colour)
