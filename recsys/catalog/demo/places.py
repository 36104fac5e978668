"""Sets the stage: the place behind a person, what stands in front, the colour of the light."""

from __future__ import annotations

import math
import random

import numpy as np
from PIL import Image

from recsys.catalog.demo.cloth import RGB, plain, tint
from recsys.catalog.demo.draw import Canvas
from recsys.catalog.demo.dressing import Scene
from recsys.catalog.demo.figure import GROUND
from recsys.catalog.demo.geometry import Knot, Shape, limb, shape
from recsys.catalog.demo.indoors import INDOORS
from recsys.catalog.demo.outdoors import OUTDOORS
from recsys.catalog.demo.scenery import Backdrop

_GAINS: dict[str, tuple[float, float, float]] = {
    "neutral": (1.0, 1.0, 1.0),
    "warm": (1.035, 1.0, 0.945),
    "golden": (1.06, 0.985, 0.87),
    "cool": (0.95, 0.99, 1.045),
    "overcast": (0.965, 0.975, 0.985),
    "dusk": (0.96, 0.89, 0.955),
}


def contrast(light: str) -> float:
    """How hard the light falls on people, 1 being plain daylight."""
    return {"overcast": 0.7, "golden": 1.2, "warm": 1.1, "dusk": 0.95}.get(light, 1.0)


def shadow_reach(light: str, place: str) -> float:
    """How far shadows stretch across the ground, in head heights."""
    if place in INDOORS:
        return 0.9
    return {"golden": 3.2, "dusk": 2.2, "warm": 1.9, "overcast": 0.4}.get(light, 1.3)


def paint_place(scene: Scene, width: int, height: int, ground_px: float) -> Image.Image:
    """The empty place, its floor meeting the far wall a little above the person's feet."""
    rng = random.Random(scene.place_seed)
    backdrop = Backdrop(width, height)
    floor = min(ground_px / height - 0.13, 0.83)
    painter = INDOORS.get(scene.place) or OUTDOORS[scene.place]
    painter(backdrop, floor, scene.light, scene.light_side, rng)
    return backdrop.image


def grade(picture: Image.Image, scene: Scene) -> Image.Image:
    """The finished picture in the scene's light, a little darker towards the corners."""
    pixels = np.asarray(picture, dtype=np.float32)
    gains = np.asarray(_GAINS[scene.light], dtype=np.float32) * scene.brightness
    h, w = pixels.shape[:2]
    y = np.linspace(-1, 1, h, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, w, dtype=np.float32)[None]
    vignette = 1 - 0.09 * np.clip(x * x * 0.7 + y * y * 0.7 - 0.35, 0, 1)
    lit = pixels * gains * vignette[..., None]
    if scene.light in ("golden", "warm"):
        side = np.clip(0.5 + 0.5 * x * scene.light_side, 0, 1)[..., None]
        veil = np.asarray((255, 214, 150), dtype=np.float32)
        lit += (veil - lit) * (0.10 if scene.light == "golden" else 0.05) * side
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8), "RGB")


def paint_obstacle(canvas: Canvas, scene: Scene) -> None:
    """Something between the viewer and the person."""
    rng = random.Random(scene.place_seed + 1)
    side = rng.choice((-1, 1))
    if scene.obstacle == "plant":
        _plant(canvas, side, rng)
    elif scene.obstacle == "bollard":
        _bollard(canvas, side)
    elif scene.obstacle == "bench":
        _bench(canvas, side)
    elif scene.obstacle == "rail":
        _rail(canvas)
    elif scene.obstacle == "chair":
        _chair(canvas, side, rng)


def _plant(canvas: Canvas, side: int, rng: random.Random) -> None:
    green: RGB = rng.choice(((70, 112, 78), (88, 126, 74), (58, 98, 84)))
    x, base = side * rng.uniform(1.0, 1.45), GROUND + 0.9
    for i in range(17):
        a = math.pi * (0.1 + 0.8 * i / 16)
        reach = 2.3 * (0.7 + 0.4 * ((i * 5) % 4) / 3)
        tip = (x + math.cos(a) * reach * 0.75, base - 0.3 - math.sin(a) * reach)
        middle = (x + math.cos(a) * reach * 0.42, base - 0.3 - math.sin(a) * reach * 0.6)
        nx, ny = math.sin(a) * 0.17, math.cos(a) * 0.12
        leaf: list[Knot] = [
            (x, base, 1),
            (middle[0] - nx, middle[1] - ny),
            (*tip, 1),
            (middle[0] + nx, middle[1] + ny),
        ]
        colour = tint(green, 0.16 - 0.42 * ((i * 3) % 5) / 5)
        canvas.paint(shape(leaf), plain(colour, 0.3), soft=0.06, drop=0.3)
        canvas.stroke([(x, base), tip], 0.02, tint(colour, -0.25), 0.7)


def _bollard(canvas: Canvas, side: int) -> None:
    x, base = side * 0.62, GROUND + 0.45
    post: list[Knot] = [
        (x - 0.2, base, 1),
        (x - 0.17, base - 1.7),
        (x - 0.2, base - 1.75),
        (x - 0.12, base - 2.0),
        (x, base - 2.06),
        (x + 0.12, base - 2.0),
        (x + 0.2, base - 1.75),
        (x + 0.17, base - 1.7),
        (x + 0.2, base, 1),
    ]
    canvas.paint(shape(post), plain((66, 72, 78), 0.6), soft=0.12)
    for y in (base - 1.62, base - 0.5):
        canvas.stroke([(x - 0.19, y), (x + 0.19, y)], 0.07, (208, 176, 92))


def _bench(canvas: Canvas, side: int) -> None:
    wood, iron = plain((158, 112, 76), 0.2), plain((58, 60, 64), 0.4)
    x0, x1 = (0.25, 3.4) if side > 0 else (-3.4, -0.25)
    base = GROUND + 0.55
    for x in (x0 + 0.3, x1 - 0.3):
        canvas.paint(
            limb([(x, base), (x, base - 0.75), (x - 0.05, base - 1.75)], [0.06, 0.06, 0.05]),
            iron,
            soft=0.05,
        )
    for y in (1.62, 1.36, 1.1):
        slat = [(x0, base - y), (x1, base - y), (x1, base - y + 0.19), (x0, base - y + 0.19)]
        canvas.paint(Shape((slat,)), wood, soft=0.05, drop=0.4)
    seat = [
        (x0 - 0.05, base - 0.78),
        (x1 + 0.05, base - 0.78),
        (x1 + 0.1, base - 0.56),
        (x0 - 0.1, base - 0.56),
    ]
    canvas.paint(Shape((seat,)), wood, soft=0.06, drop=0.4)


def _rail(canvas: Canvas) -> None:
    iron = plain((62, 70, 78), 0.5)
    base = GROUND + 0.6
    for y in (1.55, 0.8):
        canvas.paint(
            limb([(-4.5, base - y), (4.5, base - y)], [0.055, 0.055]), iron, soft=0.05, drop=0.5
        )
    for x in (-3.2, -1.45, 1.45, 3.2):
        canvas.paint(
            limb([(x, base + 0.3), (x, base - 1.62)], [0.075, 0.075]), iron, soft=0.06, drop=0.5
        )
        canvas.disc((x, base - 1.68), 0.11, (74, 82, 90))


def _chair(canvas: Canvas, side: int, rng: random.Random) -> None:
    colour: RGB = rng.choice(((206, 150, 84), (112, 132, 122), (182, 98, 84), (226, 214, 196)))
    cloth, wood = plain(colour, 0.15), plain((120, 84, 58), 0.3)
    x, base = side * 1.3, GROUND + 0.5
    for dx in (-0.55, 0.55):
        canvas.paint(
            limb([(x + dx * 0.85, base - 0.9), (x + dx, base + 0.1)], [0.06, 0.04]), wood, soft=0.04
        )
    back: list[Knot] = [
        (x - 0.62, base - 0.95, 1),
        (x - 0.64, base - 1.9),
        (x - 0.4, base - 2.2),
        (x, base - 2.26),
        (x + 0.4, base - 2.2),
        (x + 0.64, base - 1.9),
        (x + 0.62, base - 0.95, 1),
    ]
    canvas.paint(shape(back), cloth, soft=0.16, drop=0.5)
    seat: list[Knot] = [
        (x - 0.7, base - 1.05),
        (x + 0.7, base - 1.05),
        (x + 0.74, base - 0.82),
        (x + 0.6, base - 0.72),
        (x - 0.6, base - 0.72),
        (x - 0.74, base - 0.82),
    ]
    canvas.paint(shape(seat), cloth, soft=0.1, drop=0.5)
