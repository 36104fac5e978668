"""Paints a product as a web shop shows it: alone on white, laid flat, with a soft shadow."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from PIL import Image, ImageChops, ImageFilter

from recsys.catalog.demo import accessories, bags, footwear, hats, lower, sleeves, upper
from recsys.catalog.demo.cloth import plain, tint
from recsys.catalog.demo.draw import SUPERSAMPLE, Canvas, Light, Ruler, View
from recsys.catalog.demo.figure import Figure
from recsys.catalog.demo.garment import Dress, Garment, Lower, Skirt, Small, Upper
from recsys.catalog.demo.geometry import Frame, Point, Shape, ellipse, placed, spline
from recsys.catalog.demo.products import Product

PRODUCT_PX = 240
_MARGIN_PX = 17
_WHITE = (255, 255, 255)


def product_picture(product: Product) -> Image.Image:
    """The product's picture: RGB, `PRODUCT_PX` square, white in the corners."""
    paint = _painter(product.slot, product.garment())
    ruler = Ruler()
    paint(ruler)
    size = PRODUCT_PX * SUPERSAMPLE
    room = size - 2 * _MARGIN_PX * SUPERSAMPLE
    wide, high = ruler.high[0] - ruler.low[0], ruler.high[1] - ruler.low[1]
    scale = min(room / wide, room / high, 210.0 * SUPERSAMPLE)
    left = size / 2 - scale * (ruler.low[0] + wide / 2)
    top = size / 2 - scale * (ruler.low[1] + high / 2)
    canvas = Canvas(
        size, size, View(scale, left, top), Light(), Image.new("RGB", (size, size), _WHITE)
    )
    paint(canvas)
    return _with_shadow(canvas).resize((PRODUCT_PX, PRODUCT_PX), Image.Resampling.LANCZOS)


def _with_shadow(canvas: Canvas) -> Image.Image:
    size = canvas.size
    small = canvas.cover.reduce(4)
    near = ImageChops.offset(small.filter(ImageFilter.GaussianBlur(2.2)), 1, 3)
    far = ImageChops.offset(small.filter(ImageFilter.GaussianBlur(6)), 2, 6)
    dark = ImageChops.lighter(
        near.point([round(i * 0.26) for i in range(256)]),
        far.point([round(i * 0.2) for i in range(256)]),
    )
    dark = dark.resize(size, Image.Resampling.BILINEAR)
    dark = ImageChops.multiply(dark, ImageChops.invert(canvas.cover))
    image = canvas.image.copy()
    image.paste((58, 54, 70), (0, 0), dark)
    return image


def _painter(slot: str, garment: Garment) -> Callable[[Canvas], None]:
    cut = garment.cut
    if isinstance(cut, Upper):
        return partial(_upper, garment=garment, cut=cut)
    if isinstance(cut, Lower):
        return partial(_trousers, garment=garment, cut=cut)
    if isinstance(cut, Skirt):
        return partial(_skirt, garment=garment, cut=cut)
    if isinstance(cut, Dress):
        return partial(_dress, garment=garment, cut=cut)
    small = {
        "shoes": _shoes,
        "bag": _bag,
        "hat": _hat,
        "scarf": _scarf,
        "glasses": _glasses,
        "belt": _belt,
    }[slot]
    return partial(small, garment=garment, cut=cut)


def _upper(canvas: Canvas, garment: Garment, cut: Upper) -> None:
    figure = Figure()
    upper.paint_back(canvas, figure, garment, cut, worn=False)
    upper.paint_body(canvas, figure, garment, cut)
    for side in (-1, 1):
        sleeves.paint_sleeve(canvas, figure, garment, cut, side)


def _trousers(canvas: Canvas, garment: Garment, cut: Lower) -> None:
    lower.paint_trousers(canvas, Figure(), garment, cut)


def _skirt(canvas: Canvas, garment: Garment, cut: Skirt) -> None:
    lower.paint_skirt(canvas, Figure(), garment, cut)


def _dress(canvas: Canvas, garment: Garment, cut: Dress) -> None:
    figure = Figure()
    upper.paint_back(canvas, figure, garment, cut.bodice, worn=False)
    lower.paint_skirt(canvas, figure, garment, cut.skirt, band=False)
    upper.paint_body(canvas, figure, garment, cut.bodice)
    for side in (-1, 1):
        sleeves.paint_sleeve(canvas, figure, garment, cut.bodice, side)


def _shoes(canvas: Canvas, garment: Garment, cut: Small) -> None:
    tall = cut.design in footwear.TALL
    step = (0.34, 0.20) if not tall else (0.52, 0.10)
    for origin in ((0.0, -step[1]), (-step[0], 0.0)):
        frame = placed(origin, 1.0)
        shaft: list[Point] | None = None
        if tall:
            x, y = origin
            shaft = [
                (x, y - 0.3),
                (x + 0.01, y - 0.6),
                (x - 0.02, y - 1.2),
                (x, y - 1.72 * cut.height),
            ]
        footwear.paint_shoe(canvas, garment, cut, frame, shaft)


def _bag(canvas: Canvas, garment: Garment, cut: Small) -> None:
    frame = placed((0.0, 0.0), 1.0)
    if bags.CARRY[cut.design] in ("shoulder", "cross"):
        a, b = bags.strap_ends(cut, frame)
        high = 0.62 if bags.CARRY[cut.design] == "shoulder" else 0.75
        bend = 0.8 if cut.design == "tote" else 0.9
        top = (-high * 0.93, -high * 0.93)
        path = spline(
            [
                a,
                (a[0] * bend, -high * 0.6),
                (a[0] * 0.45, top[0]),
                (b[0] * 0.45, top[1]),
                (b[0] * bend, -high * 0.6),
                b,
            ]
        )
        bags.paint_strap(canvas, garment, cut, path)
    bags.paint_bag(canvas, garment, cut, frame)


def _hat(canvas: Canvas, garment: Garment, cut: Small) -> None:
    frame = placed((0.0, 0.0), 1.0, -0.08)
    hats.paint_hat_back(canvas, garment, cut, frame)
    hats.paint_hat(canvas, garment, cut, frame)


def _scarf(canvas: Canvas, garment: Garment, cut: Small) -> None:
    inside = plain(tint(garment.main.colour, -0.4), 0.05)
    canvas.paint(Shape((ellipse((0.0, 1.19), 0.27, 0.085),)), inside, relief=0.5)
    accessories.paint_scarf(canvas, Figure(), garment, cut)


def _glasses(canvas: Canvas, garment: Garment, cut: Small) -> None:
    accessories.paint_glasses(canvas, garment, cut, Frame((0.0, 0.0)), worn=False)


def _belt(canvas: Canvas, garment: Garment, cut: Small) -> None:
    half = belt_half_width(cut)
    back = [
        (0.62 * math.cos(a), -0.30 * math.sin(a) - 0.02)
        for a in (-0.25, 0.1, 0.5, 1.0, 1.57, 2.14, 2.64, 3.04, 3.39)
    ]
    inside = Garment(cut, garment.trim, garment.trim, garment.accent, garment.metal)
    accessories.paint_strip(canvas, inside, back, half, dark=True)
    front = [
        (-0.62 * math.cos(a), 0.30 * math.sin(a))
        for a in (-0.18, 0.1, 0.5, 1.0, 1.57, 2.14, 2.64, 3.04, 3.32)
    ]
    accessories.paint_belt(canvas, garment, cut, front, half)


def belt_half_width(cut: Small) -> float:
    """Half the width of a belt, in head heights."""
    return {"belt": 0.075, "wide belt": 0.125, "webbing": 0.085}[cut.design]
