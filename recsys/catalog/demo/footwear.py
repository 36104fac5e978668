"""Paints shoes, sneakers and boots: designed in profile, toe to the right, ground at y = 0."""

from __future__ import annotations

from recsys.catalog.demo import boots, low_shoes
from recsys.catalog.demo.draw import Canvas
from recsys.catalog.demo.garment import Garment, Small
from recsys.catalog.demo.geometry import Frame, Point
from recsys.catalog.demo.shoe_parts import Design

HEEL_LIFT = {"pump": 0.14, "sandal heel": 0.13, "ankle boot": 0.06, "gogo": 0.04, "mary jane": 0.03}
"""How much higher than in a flat shoe the ankle stands."""


TALL = {"tall boot": 1.22, "wellington": 1.3, "gogo": 1.26, "riding": 1.18}
"""Boots with a shaft along the leg, up to this leg parameter."""


DESIGNS: dict[str, Design] = {
    "sneaker": low_shoes.sneaker,
    "high top": low_shoes.sneaker,
    "canvas": low_shoes.canvas_shoe,
    "loafer": low_shoes.loafer,
    "boat shoe": low_shoes.boat_shoe,
    "oxford": low_shoes.oxford,
    "pump": low_shoes.pump,
    "sandal": low_shoes.strappy,
    "sandal heel": low_shoes.strappy,
    "ballet": low_shoes.ballet,
    "mary jane": low_shoes.ballet,
    "ankle boot": boots.paint_ankle_boot,
    "chelsea": boots.paint_ankle_boot,
    "lace boot": boots.paint_ankle_boot,
    "fringe boot": boots.paint_ankle_boot,
}
"""Every low design by name; `TALL` lists the rest."""


def paint_shoe(
    canvas: Canvas, garment: Garment, cut: Small, frame: Frame, shaft: list[Point] | None
) -> None:
    """One shoe in `frame`; `shaft` is the leg's line from ankle to boot top, for tall boots."""
    if cut.design in TALL and shaft:
        boots.paint_tall_boot(canvas, frame, garment, cut, shaft)
    else:
        DESIGNS[cut.design](canvas, frame, garment, cut)
