"""Paints bags, in a frame whose origin is the middle of the bag's top edge."""

from __future__ import annotations

from collections.abc import Callable

from recsys.catalog.demo.bag_bodies import BODIES
from recsys.catalog.demo.draw import Canvas
from recsys.catalog.demo.garment import Garment, Small
from recsys.catalog.demo.geometry import Frame, Point, limb, spline

CARRY = {
    "tote": "shoulder",
    "hobo": "shoulder",
    "basket": "hand",
    "handbag": "hand",
    "briefcase": "hand",
    "duffel": "hand",
    "crossbody": "cross",
    "satchel": "cross",
    "fringe bag": "cross",
    "bucket bag": "shoulder",
    "clutch": "clutch",
    "backpack": "back",
}
"""How each design is carried."""


HANDLE_HEIGHT = {"basket": 0.34, "handbag": 0.30, "briefcase": 0.2, "duffel": 0.34}
"""From the bag's top edge to where the hand grips it."""


_ATTACH = {
    "tote": 0.24,
    "hobo": 0.40,
    "crossbody": 0.36,
    "satchel": 0.44,
    "fringe bag": 0.38,
    "bucket bag": 0.26,
    "backpack": 0.2,
}


def strap_ends(cut: Small, frame: Frame) -> tuple[Point, Point]:
    """Where a long strap meets the bag."""
    x = _ATTACH.get(cut.design, 0.3)
    return frame(-x, 0.04), frame(x, 0.04)


def paint_strap(canvas: Canvas, garment: Garment, cut: Small, path: list[Point]) -> None:
    """A long strap along `path`."""
    width = 0.045 if cut.design in ("crossbody", "fringe bag", "hobo", "bucket bag") else 0.06
    colour = garment.trim
    canvas.paint(limb(path, [width] * len(path)), colour, relief=0.8, soft=0.03, drop=0.9)


def paint_bag(canvas: Canvas, garment: Garment, cut: Small, frame: Frame) -> None:
    """The bag itself with its handles, long straps apart."""
    _HANDLES.get(cut.design, _no_handle)(canvas, garment, frame)
    BODIES[cut.design](canvas, garment, cut, frame)


def _no_handle(canvas: Canvas, g: Garment, f: Frame) -> None:
    return


def _arch(height: float, half: float, width: float) -> Callable[[Canvas, Garment, Frame], None]:
    def paint(canvas: Canvas, g: Garment, f: Frame) -> None:
        path = spline(
            [
                f(-half, 0.08),
                f(-half * 0.92, -height * 0.55),
                f(-half * 0.5, -height * 0.95),
                f(half * 0.5, -height * 0.95),
                f(half * 0.92, -height * 0.55),
                f(half, 0.08),
            ]
        )
        canvas.paint(limb(path, [width] * len(path), steps=1), g.trim, relief=1.0, soft=0.03)

    return paint


_HANDLES = {
    "basket": _arch(0.36, 0.27, 0.034),
    "handbag": _arch(0.32, 0.22, 0.034),
    "briefcase": _arch(0.21, 0.16, 0.036),
    "duffel": _arch(0.36, 0.26, 0.036),
}
