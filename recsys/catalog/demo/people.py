"""Paints people: bodies, hands, faces. Hair is in `hair`."""

from __future__ import annotations

import math

from recsys.catalog.demo.cloth import RGB, Cloth, blend, plain, tint
from recsys.catalog.demo.draw import Canvas, fold
from recsys.catalog.demo.figure import Figure
from recsys.catalog.demo.geometry import (
    Frame,
    Knot,
    Point,
    Shape,
    along,
    limb,
    placed,
    shape,
)
from recsys.catalog.demo.palette import HAIR, SKIN

_LIPS: tuple[RGB, ...] = ((178, 84, 84), (196, 72, 84), (160, 74, 72), (204, 106, 100))


def skin_cloth(index: int) -> Cloth:
    """Skin as something to paint with."""
    return plain(SKIN[index], 0.22)


def head_frame(figure: Figure) -> Frame:
    """A frame with its origin at the middle of the face, y = -0.5 the crown, 0.5 the chin."""
    neck = figure.at(1.3, 0)
    tilt = figure.pose.head_tilt + figure.tilt(1.3) * 0.5
    centre = (neck[0] + math.sin(tilt) * 0.7 + figure.pose.turn * 0.04, neck[1] - 0.71)
    return placed(centre, 1.05, tilt)


def paint_legs(canvas: Canvas, figure: Figure, skin: Cloth) -> None:
    """Bare legs, the standing one in front."""
    back = 1 if figure.pose.legs[1][0] < figure.pose.legs[0][0] else -1
    for side in (back, -back):
        line = figure.leg_line(side)
        stops = [0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.45, 1.75, 1.95, 2.08]
        points = [along(line, min(t, 2.0)) for t in stops]
        points[-1] = (points[-1][0], points[-1][1] + 0.14)
        widths = [figure.leg_width(min(t, 2.0)) for t in stops]
        knee = along(line, 1.0)
        creases = [
            fold(
                (knee[0] - 0.1, knee[1] + 0.07),
                (knee[0], knee[1] + 0.1),
                (knee[0] + 0.1, knee[1] + 0.06),
                depth=0.1,
            )
        ]
        canvas.paint(limb(points, widths), skin, folds=creases, soft=0.11, drop=0.5)


def paint_foot(canvas: Canvas, frame: Frame, skin: Cloth) -> None:
    """A foot in a shoe's frame, for shoes that show it."""
    knots: list[Knot] = [
        (-0.22, -0.05, 1),
        (-0.23, -0.22),
        (-0.12, -0.45, 1),
        (0.12, -0.45, 1),
        (0.22, -0.3),
        (0.5, -0.18),
        (0.74, -0.12),
        (0.78, -0.05, 1),
    ]
    canvas.paint(frame.shape(knots), skin, soft=0.08)


def paint_torso(canvas: Canvas, figure: Figure, skin: Cloth) -> None:
    """Neck, shoulders and trunk."""
    s = figure.build.shoulder
    right: list[Knot] = [
        figure.at(1.42, 0.36),
        figure.at(1.50, s * 0.75),
        figure.at(1.62, s * 0.97),
        figure.body(2.0, 0.98),
        figure.body(2.4, 0.97),
        figure.body(2.8, 0.97),
        figure.body(3.3, 0.97),
        (*figure.body(3.9, 0.92), 1),
    ]
    left: list[Knot] = [
        figure.at(1.42, -0.36),
        figure.at(1.50, -s * 0.75),
        figure.at(1.62, -s * 0.97),
        figure.body(2.0, -0.98),
        figure.body(2.4, -0.97),
        figure.body(2.8, -0.97),
        figure.body(3.3, -0.97),
        (*figure.body(3.9, -0.92), 1),
    ]
    bones = [
        fold(
            figure.front(1.56, 0.1),
            figure.front(1.52, 0.4),
            figure.front(1.5, 0.72),
            depth=0.10,
            width=0.03,
        ),
        fold(
            figure.front(1.56, -0.1),
            figure.front(1.52, -0.4),
            figure.front(1.5, -0.72),
            depth=0.10,
            width=0.03,
        ),
    ]
    canvas.paint(shape([figure.at(1.36, 0.0), *right, *left[::-1]]), skin, folds=bones, soft=0.16)
    half = 0.2 if figure.build.masculine else 0.165
    neck: list[Knot] = [
        (*figure.at(0.85, -half), 1),
        (*figure.at(0.85, half), 1),
        figure.at(1.25, half),
        (*figure.at(1.44, half + 0.2), 1),
        figure.at(1.62, 0),
        (*figure.at(1.44, -half - 0.2), 1),
        figure.at(1.25, -half),
    ]
    trunk = Shape((([(k[0], k[1]) for k in right + left[::-1]]),))
    canvas.paint(shape(neck).formed_with(trunk), skin, soft=0.1)
    shade: list[Knot] = [
        (*figure.at(0.95, -half * 0.98), 1),
        (*figure.at(0.95, half * 0.98), 1),
        figure.at(1.14, half * 0.96),
        figure.at(1.22, 0.03),
        figure.at(1.12, -half * 0.96),
    ]
    canvas.fill(shape(shade), tint(blend(skin.colour, (120, 40, 50), 0.25), -0.3), 0.45)


def paint_arm(canvas: Canvas, figure: Figure, side: int, skin: Cloth, sleeve: float = 0.0) -> None:
    """An arm and its hand, as far as a sleeve ending at arm parameter `sleeve` leaves them bare."""
    line = figure.arm_line(side)
    start = 0.05 if sleeve <= 0 else max(0.2, sleeve - 0.12)
    stops = [start, *(t for t in (0.3, 0.6, 0.85, 1.0, 1.25, 1.6) if t > start + 0.1), 2.0]
    widths = [figure.arm_width(t) for t in stops]
    arm = limb([along(line, t) for t in stops], widths, round_start=sleeve <= 0)
    root = limb([figure.at(1.85, side * 0.3), line[0]], [0.4, 0.2])
    paint_hand(canvas, figure, side, skin)
    bare = arm.formed_with(root) if sleeve <= 0 else arm
    canvas.paint(bare, skin, soft=0.09, drop=0.7 if sleeve <= 0 else 0.0)


def hand_point(figure: Figure, side: int) -> Point:
    """Where a hand holds things."""
    elbow, wrist = figure.arm_line(side)[1:]
    dx, dy = wrist[0] - elbow[0], wrist[1] - elbow[1]
    norm = math.hypot(dx, dy) or 1.0
    return (wrist[0] + dx / norm * 0.3, wrist[1] + dy / norm * 0.3)


def paint_hand(canvas: Canvas, figure: Figure, side: int, skin: Cloth) -> None:
    """A relaxed hand; closed when it holds something."""
    how = figure.pose.hands[0 if side < 0 else 1]
    elbow, wrist = figure.arm_line(side)[1:]
    dx, dy = wrist[0] - elbow[0], wrist[1] - elbow[1]
    norm = math.hypot(dx, dy) or 1.0
    size = 1.05 if figure.build.masculine else 0.92
    along_hand = (dx / norm * size, dy / norm * size)
    across = (-along_hand[1] * -side, along_hand[0] * -side)
    f = Frame(wrist, across, along_hand)  # x towards the body, y towards the fingertips
    line = tint(blend(skin.colour, (120, 40, 40), 0.3), -0.25)
    if how in ("grip", "hip", "pocket"):
        fist: list[Knot] = [
            (-0.09, -0.05, 1),
            (-0.13, 0.14),
            (-0.12, 0.32),
            (-0.03, 0.4),
            (0.1, 0.38),
            (0.14, 0.24),
            (0.09, -0.05, 1),
        ]
        canvas.paint(f.shape(fist), skin, soft=0.05, drop=0.5)
        for x in (-0.05, 0.02, 0.08):
            canvas.stroke([f(x, 0.3), f(x - 0.01, 0.39)], 0.014, line, 0.6)
        return
    palm: list[Knot] = [
        (-0.085, -0.05, 1),
        (-0.125, 0.16),
        (-0.13, 0.34),
        (-0.115, 0.52),
        (-0.07, 0.66),
        (-0.01, 0.70),
        (0.05, 0.66),
        (0.09, 0.5),
        (0.115, 0.32),
        (0.105, 0.14),
        (0.085, -0.05, 1),
    ]
    canvas.paint(f.shape(palm), skin, soft=0.05, drop=0.5)
    for x in (-0.055, 0.0, 0.05):
        canvas.stroke([f(x, 0.38), f(x * 0.8 - 0.01, 0.62)], 0.014, line, 0.55)
    thumb = limb([f(0.07, 0.1), f(0.145, 0.24), f(0.13, 0.4)], [0.05, 0.048, 0.034], round_end=True)
    canvas.paint(thumb, skin, soft=0.04, drop=0.3)


def head_knots(masculine: bool) -> list[Knot]:
    """The outline of the face in the head's frame."""
    jaw = 0.245 if masculine else 0.205
    return [
        (0.0, -0.5),
        (0.22, -0.44),
        (0.345, -0.25),
        (0.355, 0.0),
        (0.32, 0.22),
        (jaw, 0.39),
        (0.085, 0.495),
        (-0.085, 0.495),
        (-jaw, 0.39),
        (-0.32, 0.22),
        (-0.355, 0.0),
        (-0.345, -0.25),
        (-0.22, -0.44),
    ]


def paint_head(
    canvas: Canvas, figure: Figure, skin: Cloth, hair_index: int, lips: int, beard: bool
) -> None:
    """The head with ears and face, hair apart."""
    f = head_frame(figure)
    turn = figure.pose.turn
    man = figure.build.masculine
    for side in (-1, 1):
        if side * turn < 0.2:
            ear = f.ellipse(side * 0.355, 0.06, 0.06, 0.11)
            canvas.paint(ear, plain(tint(skin.colour, -0.08), 0.1), soft=0.04)
    head = f.shape(head_knots(man))
    canvas.paint(head, skin, soft=0.16, drop=0.4)
    shift = turn * 0.24
    hair = HAIR[hair_index]
    dark = tint(blend(skin.colour, (130, 40, 40), 0.3), -0.35)
    blush = blend(skin.colour, (226, 84, 84), 0.4)
    for side in (-1, 1):
        canvas.fill(f.ellipse(shift + side * 0.19, 0.17, 0.075, 0.05), blush, 0.28)
    if beard:
        jaw: list[Knot] = [
            (-0.335, 0.05, 1),
            (-0.26, 0.14),
            (-0.17, 0.2),
            (shift * 0.6, 0.17),
            (0.17, 0.2),
            (0.26, 0.14),
            (0.335, 0.05, 1),
            (0.315, 0.26),
            (0.24, 0.42),
            (0.1, 0.53),
            (-0.1, 0.53),
            (-0.24, 0.42),
            (-0.315, 0.26),
        ]
        canvas.paint(f.shape(jaw), plain(tint(hair, 0.04), 0.1), soft=0.08, alpha=0.9)
    _eyes(canvas, f, shift, hair, dark, skin.colour)
    nose = [
        (shift * 1.25 + 0.012, -0.02),
        (shift * 1.5 + 0.038 * (1 if turn >= 0 else -1), 0.125),
        (shift * 1.4 - 0.015, 0.155),
    ]
    canvas.stroke(f.line(nose), 0.022, dark, 0.55)
    canvas.fill(f.ellipse(shift * 1.4 - 0.02, 0.07, 0.02, 0.06), tint(skin.colour, 0.35), 0.35)
    _mouth(
        canvas, f, shift, _LIPS[lips] if not man else blend(skin.colour, (150, 60, 60), 0.45), dark
    )


def _eyes(canvas: Canvas, f: Frame, shift: float, hair: RGB, dark: RGB, skin: RGB) -> None:
    brow = tint(hair, -0.25) if sum(hair) < 520 else tint(hair, -0.4)
    for side in (-1, 1):
        x = shift + side * 0.145 * (1 - 0.25 * abs(shift) * (1 if side * shift > 0 else 0))
        canvas.fill(f.ellipse(x, 0.0, 0.062, 0.038), (250, 247, 243))
        canvas.fill(f.ellipse(x + shift * 0.08, 0.0, 0.034, 0.037), (58, 40, 32))
        canvas.disc(f(x - 0.012, -0.014), 0.011, (255, 255, 255), 0.95)
        lid = [
            (x - 0.07 * side, 0.005),
            (x - 0.02 * side, -0.04),
            (x + 0.045 * side, -0.034),
            (x + 0.082 * side, -0.008),
        ]
        canvas.stroke(f.line(lid), 0.024, (44, 30, 30), 0.95)
        arch = [(x - 0.07 * side, -0.098), (x + 0.02 * side, -0.128), (x + 0.095 * side, -0.098)]
        canvas.stroke(f.line(arch), 0.03, brow, 0.9)


def _mouth(canvas: Canvas, f: Frame, shift: float, lips: RGB, dark: RGB) -> None:
    x = shift * 1.1
    upper: list[Knot] = [
        (x - 0.092, 0.272, 1),
        (x - 0.035, 0.252),
        (x, 0.262),
        (x + 0.035, 0.252),
        (x + 0.092, 0.272, 1),
        (x, 0.288),
    ]
    lower_lip: list[Knot] = [
        (x - 0.092, 0.272, 1),
        (x, 0.285),
        (x + 0.092, 0.272, 1),
        (x + 0.045, 0.318),
        (x - 0.045, 0.318),
    ]
    canvas.fill(f.shape(lower_lip), lips, 0.9)
    canvas.fill(f.shape(upper), tint(lips, -0.16), 0.9)
    canvas.stroke(
        f.line([(x - 0.105, 0.264), (x - 0.04, 0.285), (x + 0.04, 0.285), (x + 0.105, 0.264)]),
        0.013,
        tint(dark, -0.3),
        0.7,
    )
