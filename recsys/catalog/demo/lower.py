"""Paints what is worn from the waist down: trousers, jeans, shorts, skirts, and dresses' skirts."""

from __future__ import annotations

import math

from recsys.catalog.demo.closures import button
from recsys.catalog.demo.cloth import RGB, tint
from recsys.catalog.demo.draw import Canvas, Fold, fold
from recsys.catalog.demo.figure import Figure
from recsys.catalog.demo.garment import Garment, Lower, Skirt
from recsys.catalog.demo.geometry import Knot, Point, Shape, along, limb, mix, shape, spline

WAIST = 2.78
_THREAD: RGB = (196, 150, 92)


def leg_shape(figure: Figure, cut: Lower, side: int) -> Shape:
    """One trouser leg."""
    line = figure.leg_line(side)
    stops = [t for t in (0.0, 0.3, 0.65, 1.0, 1.35, 1.7) if t < cut.length - 0.12]
    stops.append(cut.length)
    widths = []
    for t in stops:
        if t <= 1:
            ease = cut.thigh + (cut.knee - cut.thigh) * t
        else:
            ease = cut.knee + (cut.hem - cut.knee) * (t - 1)
        width = figure.leg_width(t) + ease
        if t > 1:  # cloth does not follow the calf
            straight = figure.leg_width(1.0) * (2 - t) + 0.15 * (t - 1) + ease
            width = max(width * 0.5 + straight * 0.5, straight)
        widths.append(width)
    return limb([along(line, t) for t in stops], widths)


def paint_trousers(canvas: Canvas, figure: Figure, garment: Garment, cut: Lower) -> None:
    """Trousers or shorts, the weight-bearing leg in front."""
    back = 1 if figure.pose.legs[1][0] < figure.pose.legs[0][0] else -1
    legs = {side: leg_shape(figure, cut, side) for side in (-1, 1)}
    dark = tint(garment.main.colour, -0.38)
    waist_left, waist_right = figure.body(WAIST, -1, 0.035), figure.body(WAIST, 1, 0.035)
    crotch = figure.at(4.08, 0)
    low = min(0.32, cut.length * 0.6)
    hips = {side: _edge(figure, cut, side, low, 0.97) for side in (-1, 1)}
    thighs = {side: _edge(figure, cut, side, low, 0.2) for side in (-1, 1)}
    knots: list[Knot] = [
        (*waist_left, 1),
        figure.at(WAIST + 0.03, 0),
        (*waist_right, 1),
        figure.body(3.2, 1, 0.03),
        figure.body(3.62, 1, 0.03 + cut.thigh * 0.6),
        (*hips[1], 1),
        (*thighs[1], 1),
        (*crotch, 1),
        (*thighs[-1], 1),
        (*hips[-1], 1),
        figure.body(3.62, -1, 0.03 + cut.thigh * 0.6),
        figure.body(3.2, -1, 0.03),
    ]
    pelvis = shape(knots)
    for side in (back, -back):
        canvas.paint(
            legs[side].formed_with(pelvis),
            garment.main,
            axis=figure.leg_line(side),
            folds=_leg_folds(figure, cut, side),
            drop=0.9 if side == -back else 0.5,
            soft=0.12,
        )
        _leg_details(canvas, figure, garment, cut, side)
    creases = [
        fold(figure.at(3.98, 0.02), figure.at(3.85, 0.22), figure.at(3.72, 0.42), depth=0.12),
        fold(figure.at(3.98, -0.02), figure.at(3.85, -0.22), figure.at(3.74, -0.42), depth=0.12),
    ]
    whole = pelvis.formed_with(legs[-1], legs[1])
    canvas.paint(whole, garment.main, axis=figure.spine(), folds=creases, soft=0.14)
    if cut.side_stripe:
        for side in (-1, 1):
            hip = [figure.body(y, 0.93 * side, 0.02) for y in (WAIST + 0.15, 3.2, 3.6)]
            leg = [_edge(figure, cut, side, t / 10, 0.78) for t in range(2, int(cut.length * 10))]
            canvas.stroke(spline([*hip, *leg], 3), 0.075, garment.accent)
    _waistband(canvas, figure, garment, cut)
    fly = [figure.front(WAIST + 0.12, 0), figure.front(3.4, 0.0), figure.at(4.0, 0.0)]
    canvas.stroke(spline(fly), 0.016, dark, 0.6)
    _front_pockets(canvas, figure, garment, cut)


def _waistband(canvas: Canvas, figure: Figure, garment: Garment, cut: Lower | Skirt) -> None:
    dark = tint(garment.main.colour, -0.38)
    top = [figure.body(WAIST, u, 0.04) for u in (-1, -0.35, 0.35, 1)]
    low = [figure.body(WAIST + 0.15, u, 0.04) for u in (1, 0.35, -0.35, -1)]
    band = shape(
        [(*top[0], 1), top[1], top[2], (*top[3], 1), (*low[0], 1), low[1], low[2], (*low[3], 1)]
    )
    canvas.paint(band, garment.main, axis=figure.spine(), relief=0.6, soft=0.05, drop=0.25)
    canvas.stroke(spline(low), 0.016, dark, 0.6)
    if isinstance(cut, Skirt):
        return
    if cut.drawstring or cut.ribbed:
        for i in range(-8, 9):
            u = i / 9
            canvas.stroke(
                [figure.body(WAIST + 0.02, u), figure.body(WAIST + 0.13, u)], 0.018, dark, 0.4
            )
        for x in (-0.05, 0.06):
            start = figure.front(WAIST + 0.1, x)
            canvas.stroke([start, (start[0] + x, start[1] + 0.38)], 0.026, garment.accent)
    else:
        for u in (-0.55, 0.5):
            a, b = figure.front(WAIST - 0.01, u), figure.front(WAIST + 0.17, u)
            canvas.stroke([a, b], 0.05, tint(garment.main.colour, -0.18))
        button(canvas, figure.front(WAIST + 0.075, 0.0), 0.035, garment.metal)


def _front_pockets(canvas: Canvas, figure: Figure, garment: Garment, cut: Lower) -> None:
    dark = tint(garment.main.colour, -0.4)
    for side in (-1, 1):
        if cut.pockets == "slant":
            line = [figure.front(WAIST + 0.17, 0.6 * side), figure.front(3.45, 0.93 * side)]
            canvas.stroke(line, 0.02, dark, 0.7)
        elif cut.pockets == "jeans":
            curve = [
                figure.front(WAIST + 0.17, 0.45 * side),
                figure.front(3.2, 0.56 * side),
                figure.front(3.32, 0.92 * side),
            ]
            canvas.stroke(spline(curve), 0.022, dark, 0.7)
            canvas.stroke([(x, y + 0.035) for x, y in spline(curve)], 0.012, _THREAD, 0.8)
        elif cut.pockets == "sailor":
            for i in range(3):
                y = WAIST + 0.25 + i * 0.24
                button(canvas, figure.front(y, (0.40 + 0.02 * i) * side), 0.042, garment.accent)
            seam = [figure.front(y, 0.48 * side) for y in (WAIST + 0.16, 3.2, 3.65)]
            canvas.stroke(spline(seam), 0.016, dark, 0.6)
        elif cut.pockets == "cargo":
            line = [figure.front(WAIST + 0.17, 0.6 * side), figure.front(3.4, 0.9 * side)]
            canvas.stroke(line, 0.02, dark, 0.7)


def _leg_folds(figure: Figure, cut: Lower, side: int) -> list[Fold]:
    line = figure.leg_line(side)
    folds = []
    looseness = min(0.2, 0.08 + cut.knee * 0.5)
    for t, lift in (
        (0.92, 0.05),
        (1.05, -0.06),
        (1.14, 0.05),
        (cut.length - 0.1, 0.04),
        (cut.length - 0.2, -0.05),
    ):
        if 0.3 < t < cut.length - 0.03:
            c, w = along(line, t), figure.leg_width(t) + cut.knee
            depth = looseness if t < 1.3 else looseness * (0.4 + cut.hem * 2)
            folds.append(
                fold(
                    (c[0] - w * side, c[1] - lift),
                    (c[0] + 0.2 * w * side, c[1] + lift),
                    depth=depth,
                )
            )
    top = along(line, 0.1)
    folds.append(fold((top[0] - side * 0.3, top[1] + 0.1), along(line, 0.35), depth=0.09))
    if cut.crease:
        stops = [t / 10 for t in range(2, int(cut.length * 10))]
        shift = figure.pose.turn * 0.25
        path = tuple((along(line, t)[0] + shift, along(line, t)[1]) for t in stops)
        folds.append(Fold(path, 0.02, 0.2))
    elif cut.hem > 0.15:
        for u in (-0.5, 0.35):
            a, b = along(line, 0.8), along(line, cut.length)
            folds.append(
                fold((a[0] + u * 0.2, a[1]), (b[0] + u * 0.4, b[1]), width=0.07, depth=0.12)
            )
    return folds


def _edge(figure: Figure, cut: Lower, side: int, t: float, u: float) -> Point:
    """A point across the trouser leg at parameter `t`; u = -1 inner to 1 outer edge."""
    line = figure.leg_line(side)
    a, b = along(line, max(t - 0.05, 0)), along(line, min(t + 0.05, 2))
    norm = math.dist(a, b) or 1.0
    ease = cut.knee + (cut.hem - cut.knee) * max(0.0, t - 1) if t > 1 else cut.thigh
    w = figure.leg_width(min(t, 1.2)) * (0.95 if t > 1 else 1) + ease
    c = along(line, t)
    return (c[0] + side * u * w * (b[1] - a[1]) / norm, c[1] - side * u * w * (b[0] - a[0]) / norm)


def _leg_details(canvas: Canvas, figure: Figure, garment: Garment, cut: Lower, side: int) -> None:
    dark = tint(garment.main.colour, -0.36)
    if cut.pockets == "cargo" and cut.length > 0.8:
        spots = ((0.62, 0.2), (0.62, 0.95), (0.98, 0.95), (0.98, 0.2))
        pocket = Shape(([_edge(figure, cut, side, t, u) for t, u in spots],))
        canvas.paint(pocket, garment.main, axis=figure.leg_line(side), soft=0.05, drop=0.8)
        flap_spots = ((0.6, 0.17), (0.6, 0.98), (0.71, 0.98), (0.71, 0.17))
        flap = Shape(([_edge(figure, cut, side, t, u) for t, u in flap_spots],))
        canvas.paint(flap, garment.main, axis=figure.leg_line(side), soft=0.04, drop=0.9)
        button(canvas, _edge(figure, cut, side, 0.67, 0.57), 0.025, garment.metal)
    end = cut.length
    if cut.cuff:
        line = figure.leg_line(side)
        ends = [along(line, end - 0.11), along(line, end + 0.01)]
        w = (
            math.dist(_edge(figure, cut, side, end, -1), _edge(figure, cut, side, end, 1)) / 2
            + 0.03
        )
        canvas.paint(limb(ends, [w, w]), garment.trim, axis=line, soft=0.05, drop=0.5, relief=0.8)
    elif cut.ribbed:
        line = figure.leg_line(side)
        ends = [along(line, end - 0.12), along(line, end + 0.04)]
        w = figure.leg_width(end) + 0.05
        canvas.paint(limb(ends, [w + 0.03, w]), garment.trim, axis=line, soft=0.05, drop=0.4)
    else:
        level = end - 0.06
        hem = [_edge(figure, cut, side, level, -0.95), _edge(figure, cut, side, level, 0.95)]
        canvas.stroke(hem, 0.014, _THREAD if cut.pockets == "jeans" else dark, 0.6)


def skirt_edge(figure: Figure, cut: Skirt, y: float, u: float) -> Point:
    """The point at share `u` of the skirt's half width at level `y`."""
    half = figure.width(min(y, 3.62)) + (cut.ease if y > WAIST + 0.1 else 0.03)
    swell = max(0.0, y - WAIST)
    half += cut.flare * swell if cut.flare > 0 else cut.flare * max(0.0, y - 3.5)
    if y > 4.2:  # a narrow skirt still has to go round both legs
        share = min((y - 3.72) / 3.44, 1.0) * 2
        legs = [along(figure.leg_line(side), share) for side in (-1, 1)]
        spread = abs(legs[1][0] - legs[0][0]) / 2 + figure.leg_width(share) + 0.04
        half = max(half, spread)
    return figure.at(y, u * half)


def paint_skirt(
    canvas: Canvas, figure: Figure, garment: Garment, cut: Skirt, *, band: bool = True
) -> None:
    """A skirt from the waist; `band` paints a waistband, which a dress has not."""
    levels = [y for y in (WAIST, 3.15, 3.65, 4.3, 5.0, 5.8, 6.5) if y < cut.length - 0.15]
    levels.append(cut.length)
    full = skirt_edge(figure, cut, cut.length, 1)[0] - figure.centre(cut.length)[0]
    sag = 0.05 + 0.07 * min(full, 1.6)
    folds = _skirt_folds(figure, cut, sag)
    growth = max(1.0, full / max(figure.width(3.65), 0.1))
    fan = (WAIST - 1.3, cut.length - 1.3, growth) if cut.flare > 0.05 else None
    axis = [figure.centre(1.3), figure.centre(WAIST), figure.centre(cut.length)]
    right: list[Knot] = [skirt_edge(figure, cut, y, 1) for y in levels]
    left: list[Knot] = [skirt_edge(figure, cut, y, -1) for y in levels]
    for edge in (left, right):
        edge[0], edge[-1] = (*edge[0][:2], 1), (*edge[-1][:2], 1)
    c = figure.centre(cut.length)
    hem: list[Knot] = []
    waves = max(cut.pleats // 2, 5) if cut.flare > 0.12 or cut.pleats else 1
    for i in range(1, 2 * waves):
        u = 1 - i / waves
        ripple = 0.035 * (1 if i % 2 else -1) if waves > 1 else 0.0
        hem.append((skirt_edge(figure, cut, cut.length, u)[0], c[1] + sag * (1 - u * u) + ripple))
    top = figure.at(WAIST + 0.02, 0)
    body = shape([*right, *hem, *left[::-1], top])
    if cut.slit:
        a = skirt_edge(figure, cut, max(4.4, cut.length - 1.6), 0.45)
        b, d = (
            skirt_edge(figure, cut, cut.length + 0.3, 0.28),
            skirt_edge(figure, cut, cut.length + 0.3, 0.62),
        )
        body = Shape(body.parts, ([a, b, d],))
    canvas.paint(body, garment.main, axis=axis, fan=fan, folds=folds, drop=0.7, soft=0.2)
    _skirt_details(canvas, figure, garment, cut, sag)
    if band:
        _waistband(canvas, figure, garment, cut)


def _skirt_folds(figure: Figure, cut: Skirt, sag: float) -> list[Fold]:
    folds = []
    if cut.pleats:
        for i in range(1, cut.pleats):
            u = -1 + 2 * i / cut.pleats
            a = skirt_edge(figure, cut, WAIST + 0.2, u)
            b = skirt_edge(figure, cut, cut.length, u)
            folds.append(Fold((a, mix(a, b, 0.5), (b[0], b[1] + sag)), 0.04, 0.24))
        return folds
    count = 3 if cut.flare < 0.08 else 8
    for i in range(count):
        u = -0.82 + 1.64 * (i + 0.15 * ((i * 7) % 3)) / max(count - 1, 1)
        u = min(max(u, -0.93), 0.93)
        start = WAIST + 0.25 + 0.5 * ((i * 5) % 3) / 2 + (0.9 if cut.flare < 0.08 else 0)
        if start > cut.length - 0.4:
            start = WAIST + 0.3
        a, b = skirt_edge(figure, cut, start, u * 0.85), skirt_edge(figure, cut, cut.length, u)
        depth = 0.09 if cut.flare < 0.08 else 0.2
        folds.append(
            fold(a, mix(a, b, 0.5), (b[0], b[1] + sag), width=0.05 + 0.12 * cut.flare, depth=depth)
        )
    for side in (-1, 1):
        a = skirt_edge(figure, cut, 3.35, side * 0.95)
        folds.append(fold(a, skirt_edge(figure, cut, 3.5, side * 0.5), depth=0.08))
    return folds


def _skirt_details(
    canvas: Canvas, figure: Figure, garment: Garment, cut: Skirt, sag: float
) -> None:
    dark = tint(garment.main.colour, -0.36)

    def level_line(y: float, drop: float) -> list[Point]:
        line = []
        for i in range(9):
            u = -1 + i / 4
            p = skirt_edge(figure, cut, y, u)
            line.append((p[0], p[1] + drop * (1 - u * u)))
        return spline(line)

    if cut.tiers:
        for i in range(1, cut.tiers + 1):
            y = WAIST + (cut.length - WAIST) * i / (cut.tiers + 1)
            line = level_line(y, sag * i / (cut.tiers + 1))
            canvas.stroke([(x, py + 0.03) for x, py in line], 0.07, dark, 0.28)
            canvas.stroke(line, 0.022, dark, 0.65)
            for j in range(3, len(line) - 2, 4):
                x, py = line[j]
                canvas.stroke([(x, py), (x + 0.02, py + 0.22)], 0.03, dark, 0.25)
    if cut.ruffle:
        canvas.stroke(level_line(cut.length - 0.3, sag), 0.03, dark, 0.5)
    elif not cut.tiers:
        canvas.stroke(level_line(cut.length - 0.07, sag), 0.013, dark, 0.5)
    if cut.buttons:
        y = WAIST + 0.1
        while y < cut.length - 0.15:
            button(
                canvas,
                (skirt_edge(figure, cut, y, figure.facing(0.0))[0], y + sag * 0.6),
                0.045,
                garment.accent,
            )
            y += 0.32
    if cut.pockets:
        for side in (-1, 1):
            spots = ((3.15, 0.3), (3.15, 0.72), (3.6, 0.72), (3.66, 0.51), (3.6, 0.3))
            pocket = [skirt_edge(figure, cut, y, u * side) for y, u in spots]
            canvas.paint(Shape((pocket,)), garment.main, axis=figure.spine(), soft=0.05, drop=0.6)
            canvas.stroke([*pocket, pocket[0]], 0.014, dark, 0.6)
    if cut.wrap:
        line = [
            skirt_edge(figure, cut, y, u)
            for y, u in ((WAIST + 0.1, 0.55), (4.0, 0.42), (cut.length, 0.2))
        ]
        canvas.stroke([(x + 0.03, y) for x, y in spline(line)], 0.06, dark, 0.3)
        canvas.stroke(spline(line), 0.022, dark, 0.7)
