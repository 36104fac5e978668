"""The figure everything hangs on: where shoulders, hips, knees and hands are in a pose.

Lengths are head heights, x to the viewer's right, y down; the crown is at y = 0, the ground near
7.5. Side -1 is the viewer's left, +1 the right. Angles are degrees from straight down, outwards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recsys.catalog.demo.geometry import Point, along

GROUND = 7.45
_UPPER_ARM, _FOREARM, _THIGH, _SHIN = 1.28, 1.12, 1.72, 1.72
_HIP_LEVEL = 3.72


@dataclass(frozen=True)
class Build:
    """Half widths of a body at its landmarks, and how thick its limbs are."""

    shoulder: float = 0.84
    chest: float = 0.60
    waist: float = 0.50
    hip: float = 0.70
    limb: float = 1.0
    bust: float = 0.4
    masculine: bool = False


@dataclass(frozen=True)
class Pose:
    """How a body stands. ``turn`` (radians) swings what is on the front to one side."""

    arms: tuple[tuple[float, float], tuple[float, float]] = ((10, 4), (10, 4))
    legs: tuple[tuple[float, float], tuple[float, float]] = ((3, 1), (3, 1))
    hands: tuple[str, str] = ("open", "open")
    turn: float = 0.0
    hip_shift: float = 0.0
    hip_tilt: float = 0.0
    shoulder_tilt: float = 0.0
    head_tilt: float = 0.0
    lean: float = 0.0


FLAT_LAY = Pose(arms=((24, 15), (24, 15)), legs=((4.0, 2.0), (4.0, 2.0)))
"""How clothes lie in a shop picture: arms a little out, legs a little apart."""

MANNEQUIN = Build(shoulder=0.87, chest=0.62, waist=0.53, hip=0.70, limb=1.0, bust=0.2)


@dataclass(frozen=True)
class Figure:
    """A build in a pose."""

    build: Build = MANNEQUIN
    pose: Pose = FLAT_LAY

    @cached_property
    def _profile(self) -> tuple[list[float], list[float]]:
        b = self.build
        return (
            [1.00, 1.28, 1.36, 1.46, 1.58, 2.0, 2.3, 2.8, 3.2, 3.65, 4.0, 4.6],
            [
                0.2,
                0.2,
                0.30,
                b.shoulder * 0.72,
                b.shoulder,
                b.chest * 1.02,
                b.chest,
                b.waist,
                (b.waist + b.hip * 2) / 3,
                b.hip,
                b.hip * 0.97,
                b.hip * 0.95,
            ],
        )

    def width(self, y: float) -> float:
        """The body's half width at level `y`."""
        levels, widths = self._profile
        return float(np.interp(y, levels, widths)) * (1 - 0.12 * abs(self.pose.turn))

    def centre(self, y: float) -> Point:
        """The point of the spine at level `y`; below the crotch, midway between the legs."""
        p = self.pose
        t = (y - 1.5) / (_HIP_LEVEL - 1.5)
        if t <= 1:
            bow = t * t * (3 - 2 * t) if t > 0 else 0.0
            return (p.lean * (1 - t) + p.hip_shift * bow, y)
        share = min((y - _HIP_LEVEL) / (_THIGH + _SHIN), 1.15)
        left, right = self.leg_line(-1), self.leg_line(1)
        a, b = along(left, share * 2), along(right, share * 2)
        return ((a[0] + b[0]) / 2, y)

    def tilt(self, y: float) -> float:
        """How the cross section at level `y` leans, in radians."""
        t = min(max((y - 1.5) / (_HIP_LEVEL - 1.5), 0.0), 1.0)
        fade = max(0.0, 1 - max(0.0, y - 4.2) / 2)
        return (self.pose.shoulder_tilt * (1 - t) + self.pose.hip_tilt * t) * fade

    def at(self, y: float, across: float) -> Point:
        """The point `across` head heights to the right of the spine at level `y`."""
        c, a = self.centre(y), self.tilt(y)
        return (c[0] + across * math.cos(a), c[1] + across * math.sin(a))

    def body(self, y: float, u: float, ease: float = 0.0) -> Point:
        """The point at share `u` (-1…1) of the body's half width, with `ease` added to that."""
        return self.at(y, u * (self.width(y) + ease))

    def facing(self, u: float) -> float:
        """Where a share `u` of the front appears once the body has turned."""
        u = min(max(u, -1.0), 1.0)
        return math.sin(math.asin(u) * 0.92 + self.pose.turn)

    def front(self, y: float, u: float, ease: float = 0.0) -> Point:
        """`body`, for what sits on the front: plackets, pockets, buttons."""
        return self.body(y, self.facing(u), ease)

    def spine(self, low: float = 4.2) -> list[Point]:
        """The line a torso's pattern runs along; straight, or stripes would break at its knots."""
        return [self.centre(1.3), self.centre(low)]

    def shoulder(self, side: int) -> Point:
        """The shoulder joint."""
        return self.body(1.62, side * 0.88)

    def arm_line(self, side: int) -> list[Point]:
        """Shoulder, elbow, wrist, with a knot between each."""
        upper, fore = self.pose.arms[0 if side < 0 else 1]
        s = self.shoulder(side)
        e = _step(s, side, upper, _UPPER_ARM)
        w = _step(e, side, fore, _FOREARM)
        return [s, e, w]

    def arm_width(self, t: float) -> float:
        """Half width of the arm; t = 0 shoulder, 1 elbow, 2 wrist."""
        stops = [0.185, 0.165, 0.135, 0.125, 0.128, 0.085]
        base = float(np.interp(t, [0, 0.4, 0.8, 1.0, 1.25, 2.0], stops))
        return base * self.build.limb * (1.12 if self.build.masculine else 0.94)

    def leg_line(self, side: int) -> list[Point]:
        """Hip joint, knee, ankle."""
        thigh, shin = self.pose.legs[0 if side < 0 else 1]
        c, a = self._hip_centre, self.pose.hip_tilt
        out = side * self.build.hip * 0.53
        hip = (c[0] + out * math.cos(a), c[1] + out * math.sin(a))
        knee = _step(hip, side, thigh, _THIGH)
        return [hip, knee, _step(knee, side, shin, _SHIN)]

    @property
    def _hip_centre(self) -> Point:
        return (self.pose.hip_shift, _HIP_LEVEL)

    def leg_width(self, t: float) -> float:
        """Half width of the leg; t = 0 hip joint, 1 knee, 2 ankle."""
        hip = self.build.hip
        stops = [hip * 0.47, hip * 0.45, 0.245, 0.2, 0.215, 0.205, 0.115, 0.12]
        spots = [0, 0.25, 0.75, 1.0, 1.3, 1.45, 1.9, 2.0]
        return float(np.interp(t, spots, stops)) * (0.6 + 0.4 * self.build.limb)


def _step(start: Point, side: int, degrees: float, length: float) -> Point:
    a = math.radians(degrees)
    return (start[0] + side * math.sin(a) * length, start[1] + math.cos(a) * length)
