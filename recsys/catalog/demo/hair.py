"""Paints hair, in the head's frame: origin mid-face, crown at -0.5, chin at 0.5."""

from __future__ import annotations

import math

from recsys.catalog.demo.cloth import Cloth, plain, tint
from recsys.catalog.demo.draw import Canvas, fold
from recsys.catalog.demo.geometry import Frame, Knot, limb
from recsys.catalog.demo.hair_shapes import BACKS, FRONTS
from recsys.catalog.demo.palette import HAIR


def paint_hair_back(canvas: Canvas, f: Frame, style: str, colour: int, hatted: bool) -> None:
    """What of the hair lies behind the head and shoulders."""
    cloth = plain(tint(HAIR[colour], -0.16), 0.3)
    if style in BACKS:
        canvas.paint(f.shape(BACKS[style]), cloth, soft=0.16)
    if style in ("afro", "curls"):
        _cloud(canvas, f, style, cloth, back=True, hatted=hatted)
    if style == "bun" and not hatted:
        canvas.paint(f.ellipse(0.02, -0.62, 0.2, 0.18), cloth, soft=0.1)
    if style == "ponytail":
        tail = limb(
            [f(0.28, -0.25), f(0.52, 0.0), f(0.53, 0.45), f(0.45, 0.85)],
            [0.12, 0.17, 0.15, 0.04],
            round_end=True,
        )
        canvas.paint(tail, cloth, soft=0.1)
    if style == "tied back":
        canvas.paint(f.ellipse(0.16, -0.56, 0.15, 0.13), cloth, soft=0.08)


def paint_hair_front(canvas: Canvas, f: Frame, style: str, colour: int, hatted: bool) -> None:
    """What of the hair frames the face; under a hat the crown is left out."""
    cloth = plain(HAIR[colour], 0.45)
    if hatted and style in ("quiff", "side part", "short", "tied back"):
        style = "buzz"  # flattened by the hat
    if style == "bald":
        return
    if style in ("afro", "curls"):
        _cloud(canvas, f, style, cloth, back=False, hatted=hatted)
        return
    strands = [
        fold(f(x * 0.3, -0.5), f(x * 0.9, -0.38), f(x * 1.25, -0.12), width=0.03, depth=0.14)
        for x in (-0.3, -0.2, -0.1, 0.1, 0.2, 0.3)
    ]
    for knots in FRONTS.get(style, FRONTS["long"]):
        canvas.paint(f.shape(knots), cloth, folds=strands, soft=0.1, drop=0.6)
    if style == "bun" and not hatted:
        canvas.stroke(
            f.line([(-0.12, -0.52), (0.02, -0.49), (0.15, -0.52)]),
            0.03,
            tint(HAIR[colour], -0.35),
            0.7,
        )
    if style in ("long", "waves", "lob"):
        _locks(canvas, f, style, cloth)
    if style == "braids":
        for side in (-1, 1):
            points = [f(side * 0.38, 0.1), f(side * 0.45, 0.5), f(side * 0.42, 0.95)]
            canvas.paint(
                limb(points, [0.1, 0.09, 0.05], round_end=True), cloth, soft=0.06, drop=0.5
            )
            for i in range(6):
                y = 0.22 + i * 0.12
                canvas.stroke(
                    [f(side * 0.34, y), f(side * 0.43, y + 0.07), f(side * 0.52, y)],
                    0.02,
                    tint(HAIR[colour], -0.4),
                    0.6,
                )


def _locks(canvas: Canvas, f: Frame, style: str, cloth: Cloth) -> None:
    """Hair falling in front of the shoulders."""
    length = {"long": 1.2, "waves": 1.05, "lob": 0.72}[style]
    bend = 0.07 if style == "waves" else 0.015
    for side in (-1, 1):
        points = [
            f(side * 0.34, -0.3),
            f(side * 0.405, 0.05),
            f(side * (0.42 + bend), 0.4),
            f(side * (0.44 - bend), length * 0.75),
            f(side * (0.42 + bend), length),
        ]
        folds = [fold(points[1], points[2], points[3], points[4], width=0.03, depth=0.16)]
        canvas.paint(
            limb(points, [0.06, 0.09, 0.115, 0.11, 0.03], round_start=True, round_end=True),
            cloth,
            folds=folds,
            soft=0.07,
            drop=0.5,
        )


def _cloud(canvas: Canvas, f: Frame, style: str, cloth: Cloth, *, back: bool, hatted: bool) -> None:
    """Round masses of curls: behind, a full shape; in front, a rim along the hairline."""
    big = style == "afro"
    reach = 0.62 if big else 0.52
    if back:
        knots: list[Knot] = []
        count = 30

        for i in range(count):
            a = 2 * math.pi * i / count
            r = reach * (1.0 if i % 2 else 0.95)
            y = -0.12 + r * math.sin(a) * (1.0 if big else 1.15)
            if hatted:
                y = max(y, -0.42)
            knots.append((r * math.cos(a), y))
        canvas.paint(f.shape(knots, 4), cloth, soft=0.16)
        return
    spots = [
        (-0.37, 0.0),
        (-0.385, -0.16),
        (-0.33, -0.3),
        (-0.22, -0.4),
        (-0.08, -0.44),
        (0.08, -0.44),
        (0.22, -0.4),
        (0.33, -0.3),
        (0.385, -0.16),
        (0.37, 0.0),
    ]
    for x, y in spots:
        canvas.paint(f.ellipse(x, y - 0.03, 0.12, 0.115), cloth, soft=0.07, relief=0.8)
    if not hatted:
        for x, y in (
            (-0.26, -0.52),
            (-0.09, -0.57),
            (0.09, -0.57),
            (0.26, -0.52),
            (-0.4, -0.36),
            (0.4, -0.36),
        ):
            canvas.paint(f.ellipse(x, y, 0.125, 0.115), cloth, soft=0.08, relief=0.8)
