"""Paints a scene: a place, then a person in an outfit, then whatever stands in front."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from PIL import Image, ImageDraw, ImageFilter

from recsys.catalog.demo import (
    accessories,
    bags,
    footwear,
    hair,
    hats,
    lower,
    people,
    places,
    sleeves,
    upper,
)
from recsys.catalog.demo.cloth import Cloth
from recsys.catalog.demo.draw import SUPERSAMPLE, Canvas, Light, View
from recsys.catalog.demo.dressing import Scene
from recsys.catalog.demo.figure import GROUND, Figure
from recsys.catalog.demo.garment import Dress, Garment, Lower, Skirt, Small, Upper
from recsys.catalog.demo.geometry import Frame, Point, along, spline
from recsys.catalog.demo.products import Product
from recsys.catalog.demo.shop import belt_half_width

SCENE_WIDTH_PX, SCENE_HEIGHT_PX = 256, 384
Box = tuple[float, float, float, float]


def scene_picture(scene: Scene, products: Sequence[Product]) -> tuple[Image.Image, dict[int, Box]]:
    """The picture (RGB) and, per product index that shows, the box of what shows of it.

    Boxes are left, top, right, bottom as shares of the picture, origin top left.
    """
    width, height = SCENE_WIDTH_PX * SUPERSAMPLE, SCENE_HEIGHT_PX * SUPERSAMPLE
    figure = Figure(scene.person.build, scene.pose)
    view = _framing(scene, width, height)
    ground_y = view.pixel((0.0, GROUND))[1]
    backdrop = places.paint_place(scene, width, height, ground_y)
    light = Light(0.55 * scene.light_side, -0.83, places.contrast(scene.light))
    canvas = Canvas(width, height, view, light, backdrop)
    outfit = _Outfit(scene, [products[index] for index in scene.worn])
    _ground_shadow(canvas, figure, scene)
    _paint_person(canvas, figure, scene, outfit)
    canvas.owner = 0
    places.paint_obstacle(canvas, scene)
    boxes: dict[int, Box] = {}
    for number, product in enumerate(outfit.products, start=1):
        box = canvas.visible(number)
        if box is not None:
            boxes[product.index] = box
    picture = canvas.image.resize((SCENE_WIDTH_PX, SCENE_HEIGHT_PX), Image.Resampling.LANCZOS)
    return places.grade(picture, scene), boxes


class _Outfit:
    """The pieces of a scene by slot, each with its number as an owner of pixels."""

    def __init__(self, scene: Scene, products: Sequence[Product]) -> None:
        self.products = products
        self._numbers: Mapping[str, int] = {p.slot: i for i, p in enumerate(products, start=1)}

    def __contains__(self, slot: str) -> bool:
        return slot in self._numbers

    def take(self, canvas: Canvas, slot: str) -> Garment | None:
        """The garment in `slot`, with the canvas set to record what it paints as this product."""
        number = self._numbers.get(slot)
        canvas.owner = number or 0
        return self.products[number - 1].garment() if number else None


def _framing(scene: Scene, width: int, height: int) -> View:
    person = 7.55 * scene.person.height
    scale = height * 0.875 / 7.6 * scene.zoom * scene.person.height
    left = width * (0.5 + scene.offset / scene.zoom)
    if scene.zoom <= 1.06:
        top = height * 0.955 - person / scene.person.height * scale
    else:  # closer: keep the head in the frame and let the feet go
        top = height * 0.055
    hat_room = 0.25 * scale
    return View(scale, left, max(top, hat_room))


def _ground_shadow(canvas: Canvas, figure: Figure, scene: Scene) -> None:
    soft = Image.new("L", (canvas.size[0] // 4, canvas.size[1] // 4), 0)

    pen = ImageDraw.Draw(soft)
    s = canvas.view.scale / 4
    reach = places.shadow_reach(scene.light, scene.place)
    for side in (-1, 1):
        ankle = figure.leg_line(side)[2]
        x, y = canvas.view.pixel((ankle[0] + side * 0.12, GROUND - 0.02))
        x, y = x / 4, y / 4
        pen.ellipse([x - 0.5 * s, y - 0.1 * s, x + 0.5 * s, y + 0.12 * s], fill=190)
        away = -scene.light_side * reach
        pen.line(
            [(x, y), (x + away * s, y - 0.42 * abs(reach) * s)],
            fill=90,
            width=max(2, round(0.5 * s)),
        )
    soft = soft.filter(ImageFilter.GaussianBlur(0.12 * s))
    mask = soft.resize(canvas.size, Image.Resampling.BILINEAR).point(
        [round(i * 0.62) for i in range(256)]
    )
    canvas.image.paste((30, 24, 40), (0, 0), mask)


def _paint_person(canvas: Canvas, figure: Figure, scene: Scene, outfit: _Outfit) -> None:
    person = scene.person
    skin = people.skin_cloth(person.skin)
    head = people.head_frame(figure)
    hatted = "hat" in outfit
    _bag_behind(canvas, figure, outfit)
    if (hat := outfit.take(canvas, "hat")) and isinstance(hat.cut, Small):
        hats.paint_hat_back(canvas, hat, hat.cut, _hat_frame(head))
    for slot in ("outer", "top"):
        garment = outfit.take(canvas, slot)
        if garment and isinstance(garment.cut, Upper):
            upper.paint_back(canvas, figure, garment, garment.cut, worn=True)
    canvas.owner = 0
    hair.paint_hair_back(canvas, head, person.hair, person.hair_colour, hatted)
    people.paint_legs(canvas, figure, skin)
    people.paint_torso(canvas, figure, skin)
    _paint_clothes(canvas, figure, scene, outfit, skin)
    _paint_arms(canvas, figure, scene, outfit, skin)
    canvas.owner = 0
    people.paint_head(canvas, figure, skin, person.hair_colour, person.lips, person.beard)
    if (scarf := outfit.take(canvas, "scarf")) and isinstance(scarf.cut, Small):
        accessories.paint_scarf(canvas, figure, scarf, scarf.cut)
        canvas.owner = 0
        # The chin rests on the scarf, so the face is painted over it once more.
        people.paint_head(canvas, figure, skin, person.hair_colour, person.lips, person.beard)
    if (glasses := outfit.take(canvas, "glasses")) and isinstance(glasses.cut, Small):
        shift = figure.pose.turn * 0.24
        squeeze = 1 - 0.1 * abs(figure.pose.turn)
        x_axis = (head.x_axis[0] * squeeze, head.x_axis[1] * squeeze)
        frame = Frame(head(shift, 0.005), x_axis, head.y_axis)
        accessories.paint_glasses(canvas, glasses, glasses.cut, frame, worn=True)
    canvas.owner = 0
    hair.paint_hair_front(canvas, head, person.hair, person.hair_colour, hatted)
    if (hat := outfit.take(canvas, "hat")) and isinstance(hat.cut, Small):
        hats.paint_hat(canvas, hat, hat.cut, _hat_frame(head))


def _hat_frame(head: Frame) -> Frame:
    return Frame(head(0.0, -0.23), (head.x_axis[0] * 1.05, head.x_axis[1] * 1.05), head.y_axis)


def _paint_clothes(
    canvas: Canvas, figure: Figure, scene: Scene, outfit: _Outfit, skin: Cloth
) -> None:
    bottom_products = [p for p in outfit.products if p.slot == "bottom"]
    cut = bottom_products[0].cut if bottom_products else None
    wide = isinstance(cut, Lower) and cut.hem > 0.12
    shoes_first = isinstance(cut, Lower) and (wide or not _tall_boots(outfit))
    if shoes_first:
        _shoes(canvas, figure, outfit, skin)
    top_over = not scene.tucked
    if not top_over:
        _top(canvas, figure, outfit, tucked=True)
    if (bottom := outfit.take(canvas, "bottom")) is not None:
        if isinstance(bottom.cut, Lower):
            legs = bottom.cut
            if _tall_boots(outfit) and not wide:  # tucked into the boots
                legs = replace(legs, length=min(legs.length, 1.34), cuff=False, ribbed=False)
            lower.paint_trousers(canvas, figure, bottom, legs)
        elif isinstance(bottom.cut, Skirt):
            lower.paint_skirt(canvas, figure, bottom, bottom.cut)
    if not shoes_first:
        _shoes(canvas, figure, outfit, skin)
        if (
            isinstance(cut, Skirt)
            and cut.length > 6.3
            and (bottom := outfit.take(canvas, "bottom"))
        ):
            lower.paint_skirt(canvas, figure, bottom, cut)
    if top_over:
        _top(canvas, figure, outfit, tucked=False)
    if (belt := outfit.take(canvas, "belt")) and isinstance(belt.cut, Small):
        half = belt_half_width(belt.cut)
        line = [figure.body(2.86, u, 0.05) for u in (-1.0, -0.6, -0.2, 0.2, 0.6, 1.0)]
        line = [(x, y + 0.03 * (1 - abs(i - 2.5) / 2.5)) for i, (x, y) in enumerate(line)]
        accessories.paint_belt(canvas, belt, belt.cut, line, half)
    if (dress := outfit.take(canvas, "dress")) is not None:
        if isinstance(dress.cut, Dress):
            lower.paint_skirt(canvas, figure, dress, dress.cut.skirt, band=False)
            upper.paint_body(canvas, figure, dress, dress.cut.bodice)
        elif isinstance(dress.cut, Upper):
            upper.paint_body(canvas, figure, dress, dress.cut)
    if (outer := outfit.take(canvas, "outer")) and isinstance(outer.cut, Upper):
        upper.paint_body(canvas, figure, outer, outer.cut, gap=scene.gap)


def _top(canvas: Canvas, figure: Figure, outfit: _Outfit, *, tucked: bool) -> None:
    if (top := outfit.take(canvas, "top")) and isinstance(top.cut, Upper):
        cut = replace(top.cut, length=min(top.cut.length, 2.95)) if tucked else top.cut
        upper.paint_body(canvas, figure, top, cut)


def _tall_boots(outfit: _Outfit) -> bool:
    for product in outfit.products:
        if product.slot == "shoes" and isinstance(product.cut, Small):
            return product.cut.design in footwear.TALL
    return False


def foot_frame(figure: Figure, side: int, lift: float) -> Frame:
    """Where a shoe goes: toes outwards and a little towards the viewer."""
    ankle = figure.leg_line(side)[2]
    turn = figure.pose.turn
    toward = side * 0.52 + turn * 0.9
    if abs(toward) < 0.3:
        toward = math.copysign(0.3, toward)
    toward = min(max(toward, -0.85), 0.85)
    depth = 0.16 * (1 - abs(toward))
    y = max(ankle[1] + 0.31 + lift, GROUND - 0.16)
    return Frame((ankle[0], y), (toward, depth), (0.0, 1.0))


def _shoes(canvas: Canvas, figure: Figure, outfit: _Outfit, skin: Cloth) -> None:
    shoes = outfit.take(canvas, "shoes")
    if shoes is None or not isinstance(shoes.cut, Small):
        return
    owner = canvas.owner
    lift = footwear.HEEL_LIFT.get(shoes.cut.design, 0.0)
    back = 1 if figure.pose.legs[1][0] < figure.pose.legs[0][0] else -1
    for side in (back, -back):
        frame = foot_frame(figure, side, lift * 0.5)
        canvas.owner = 0
        people.paint_foot(canvas, frame, skin)
        canvas.owner = owner
        shaft: list[Point] | None = None
        if shoes.cut.design in footwear.TALL:
            line = figure.leg_line(side)
            high = footwear.TALL[shoes.cut.design]
            stops = (2.0, 1.8, 1.45, high)
            shaft = [along(line, t) for t in stops]
        footwear.paint_shoe(canvas, shoes, shoes.cut, frame, shaft)


def _paint_arms(canvas: Canvas, figure: Figure, scene: Scene, outfit: _Outfit, skin: Cloth) -> None:
    bag = outfit.take(canvas, "bag")
    cut = bag.cut if bag is not None and isinstance(bag.cut, Small) else None
    how = bags.CARRY[cut.design] if cut else ""
    if bag is not None and cut is not None:
        if how == "cross":
            side = scene.bag_side
            centre = figure.body(3.35, side * 0.72)
            frame = Frame(centre, (0.86, 0.0), (0.0, 0.9))
            a, b = bags.strap_ends(cut, frame)
            shoulder = figure.at(1.42, -side * 0.42)
            inner = a if side > 0 else b
            outer = b if side > 0 else a
            bags.paint_strap(
                canvas, bag, cut, spline([shoulder, figure.front(2.4, -side * 0.05), inner])
            )
            bags.paint_strap(canvas, bag, cut, [figure.body(2.95, side * 0.95), outer])
            bags.paint_bag(canvas, bag, cut, frame)
        elif how == "shoulder":
            _shoulder_bag(canvas, figure, scene.bag_side, bag, cut)
        elif how == "hand":
            hand = people.hand_point(figure, scene.bag_side)
            drop = bags.HANDLE_HEIGHT[cut.design]
            bags.paint_bag(
                canvas, bag, cut, Frame((hand[0], hand[1] + drop), (0.92, 0.0), (0.0, 0.92))
            )
    order = (-1, 1) if scene.bag_side > 0 else (1, -1)
    for side in order:
        canvas.owner = 0
        people.paint_arm(canvas, figure, side, skin, _sleeve_end(outfit))
        for slot in ("top", "dress", "outer"):
            garment = outfit.take(canvas, slot)
            if garment is None:
                continue
            sleeved = garment.cut.bodice if isinstance(garment.cut, Dress) else garment.cut
            if isinstance(sleeved, Upper) and (slot == "outer" or "outer" not in outfit):
                sleeves.paint_sleeve(canvas, figure, garment, sleeved, side)
        if how == "back" and bag is not None and cut is not None:
            outfit.take(canvas, "bag")
            strap = [
                figure.at(1.38, side * 0.44),
                figure.body(1.9, side * 0.66),
                figure.body(2.35, side * 0.86),
            ]
            bags.paint_strap(canvas, bag, cut, spline(strap))
        if (
            how == "clutch"
            and side == scene.bag_side
            and (bag := outfit.take(canvas, "bag"))
            and cut
        ):
            hand = people.hand_point(figure, side)
            bags.paint_bag(
                canvas, bag, cut, Frame((hand[0], hand[1] - 0.1), (0.9, 0.06 * side), (0.0, 0.9))
            )
            canvas.owner = 0
            people.paint_hand(canvas, figure, side, skin)


def _sleeve_end(outfit: _Outfit) -> float:
    """How far down the arm the longest sleeve reaches."""
    cuts = [p.cut.bodice if isinstance(p.cut, Dress) else p.cut for p in outfit.products]
    return max((cut.sleeve for cut in cuts if isinstance(cut, Upper)), default=0.0)


def _shoulder_bag(canvas: Canvas, figure: Figure, side: int, bag: Garment, cut: Small) -> None:
    centre = figure.body(2.95, side * 1.12, 0.05)
    frame = Frame(centre, (0.82, 0.0), (0.0, 0.9))
    a, b = bags.strap_ends(cut, frame)
    top = figure.at(1.46, side * 0.62)
    for end in (a, b):
        bags.paint_strap(
            canvas, bag, cut, spline([top, ((top[0] + end[0]) / 2 + 0.03 * side, 2.2), end])
        )
    bags.paint_bag(canvas, bag, cut, frame)


def _bag_behind(canvas: Canvas, figure: Figure, outfit: _Outfit) -> None:
    bag = outfit.take(canvas, "bag")
    if bag is None or not isinstance(bag.cut, Small) or bags.CARRY[bag.cut.design] != "back":
        return
    centre = figure.at(1.45, figure.pose.turn * 0.9)
    bags.paint_bag(canvas, bag, bag.cut, Frame(centre, (1.75, 0.0), (0.0, 1.5)))
