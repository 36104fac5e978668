"""Where the seams of an upper garment run on a figure: necklines, shoulders, sides."""

from __future__ import annotations

from recsys.catalog.demo.figure import Figure
from recsys.catalog.demo.garment import Upper
from recsys.catalog.demo.geometry import (
    Point,
)

NECK_HALF_WIDTH = {
    "crew": 0.27,
    "scoop": 0.40,
    "vee": 0.28,
    "boat": 0.50,
    "square": 0.42,
    "turtle": 0.22,
    "shirt": 0.23,
    "round collar": 0.24,
    "bow": 0.24,
    "hood": 0.26,
    "lapel": 0.25,
    "stand": 0.23,
    "strap": 0.44,
}


def side_point(figure: Figure, cut: Upper, y: float, side: int) -> Point:
    """Where the side seam of `cut` runs at level `y`."""
    half = figure.width(y)
    straight = max(figure.width(2.1), figure.width(min(cut.length, 3.6)) * 0.97)
    half += max(0.0, straight - half) * cut.boxy + cut.ease
    half += cut.flare * max(0.0, y - 2.5)
    return figure.at(y, side * half)


def neck_point(figure: Figure, cut: Upper, side: int) -> Point:
    """Where the neckline meets the shoulder seam."""
    x = NECK_HALF_WIDTH[cut.neck]
    return figure.at(shoulder_level(figure, x), side * x)


def shoulder_level(figure: Figure, x: float) -> float:
    """The level of the shoulder seam `x` head heights from the spine."""
    return 1.33 + 0.19 * (x - 0.2) / (figure.build.shoulder - 0.2)


def shoulder_tip(figure: Figure, cut: Upper, side: int) -> Point:
    """Where the shoulder seam ends and a sleeve begins."""
    if cut.neck == "strap":
        x = NECK_HALF_WIDTH["strap"] + 0.09
    elif cut.sleeve <= 0:
        x = figure.build.shoulder * 0.84
    else:
        x = figure.build.shoulder + 0.02 + cut.ease * 0.5
    return figure.at(shoulder_level(figure, x) + 0.005, side * x)
