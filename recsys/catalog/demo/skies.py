"""Skies by light, and the haze of distance."""

from __future__ import annotations

import random

from recsys.catalog.demo.cloth import RGB, blend
from recsys.catalog.demo.scenery import (
    Backdrop,
    Stops,
    clouds,
)

SKIES: dict[str, list[Stops]] = {
    "neutral": [
        [(0, (140, 188, 226)), (1, (226, 236, 238))],
        [(0, (158, 200, 220)), (1, (236, 236, 224))],
    ],
    "warm": [[(0, (150, 186, 214)), (0.7, (244, 224, 196)), (1, (250, 216, 178))]],
    "golden": [[(0, (142, 162, 196)), (0.5, (246, 208, 164)), (1, (252, 186, 128))]],
    "cool": [[(0, (130, 172, 216)), (1, (210, 226, 236))]],
    "overcast": [[(0, (178, 188, 198)), (1, (222, 224, 224))]],
    "dusk": [[(0, (66, 70, 124)), (0.6, (176, 120, 156)), (1, (246, 166, 132))]],
}


def paint_sky(b: Backdrop, light: str, rng: random.Random, low: float) -> Stops:
    """The sky down to `low`; returns its colours, for haze."""
    stops = rng.choice(SKIES[light])
    b.gradient(0, low, stops)
    if light in ("neutral", "warm", "cool"):
        clouds(b, rng, low * 0.6, blend(stops[-1][1], (255, 255, 255), 0.75))
    if light in ("golden", "dusk"):
        b.glow(rng.uniform(0.1, 0.9), low * 0.85, 0.4, (255, 232, 190), 0.7)
    return stops


def haze(colour: RGB, stops: Stops, share: float) -> RGB:
    """`colour` as seen through air: the farther, the nearer to the sky."""
    return blend(colour, stops[-1][1], share)
