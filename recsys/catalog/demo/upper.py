"""Paints everything with a body and sleeves: T-shirts, shirts, knits, coats, bodices."""

from __future__ import annotations

from recsys.catalog.demo import closures, collars
from recsys.catalog.demo.cloth import plain, tint
from recsys.catalog.demo.draw import Canvas, Fold, fold
from recsys.catalog.demo.figure import Figure
from recsys.catalog.demo.garment import Garment, Upper
from recsys.catalog.demo.geometry import (
    Knot,
    Shape,
    shape,
    spline,
)
from recsys.catalog.demo.pattern_points import (
    NECK_HALF_WIDTH,
    neck_point,
    shoulder_tip,
    side_point,
)
from recsys.catalog.demo.sleeves import sleeve_shape


def neckline(figure: Figure, cut: Upper) -> list[Knot]:
    """Knots of the front neckline from the viewer's left to right."""
    left, right = neck_point(figure, cut, -1), neck_point(figure, cut, 1)
    level = (left[1] + right[1]) / 2
    bottom = figure.front(level + cut.drop, 0.0)
    if cut.neck in ("vee", "lapel"):
        return [(*left, 1), (*bottom, 1), (*right, 1)]
    if cut.neck in ("square", "strap"):
        half = NECK_HALF_WIDTH[cut.neck] * 0.92
        low_left = figure.at(level + cut.drop, -half + 0.1 * figure.pose.turn)
        low_right = figure.at(level + cut.drop, half + 0.1 * figure.pose.turn)
        if cut.neck == "strap":
            return [
                (*left, 1),
                (*low_left, 1),
                (bottom[0], bottom[1] + 0.06),
                (*low_right, 1),
                (*right, 1),
            ]
        return [(*left, 1), (*low_left, 1), (*low_right, 1), (*right, 1)]
    belly = 0.72 if cut.neck != "boat" else 0.6
    half = NECK_HALF_WIDTH[cut.neck] * belly
    deep = level + cut.drop * 0.72
    return [
        (*left, 1),
        figure.at(deep, -half + (bottom[0] - figure.centre(level)[0]) * 0.4),
        bottom,
        figure.at(deep, half + (bottom[0] - figure.centre(level)[0]) * 0.4),
        (*right, 1),
    ]


def _right_side(figure: Figure, cut: Upper, side: int) -> list[Knot]:
    """Knots from the shoulder tip down the side to the hem, for either side."""
    tip = shoulder_tip(figure, cut, side)
    pit_level = 2.02 + cut.ease * 0.5
    pit = side_point(figure, cut, pit_level, side)
    knots: list[Knot] = [(*tip, 1)]
    if cut.sleeve <= 0:
        inner = figure.at(1.84, side * (min(abs(tip[0]), figure.build.shoulder * 0.84) * 0.93))
        knots.append(inner)
    knots.append((*pit, 1))
    levels = [y for y in (2.4, 2.8, 3.2, 3.65, 4.4, 5.2) if y < cut.length - 0.18]
    knots.extend(side_point(figure, cut, y, side) for y in levels)
    knots.append((*side_point(figure, cut, cut.length, side), 1))
    return knots


def _hem(figure: Figure, cut: Upper) -> list[Knot]:
    """Knots of the hem from the viewer's right to left, corners excluded."""
    right = side_point(figure, cut, cut.length, 1)
    left = side_point(figure, cut, cut.length, -1)
    sag = 0.17 if cut.hem == "tail" else 0.055
    middle = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2 + sag)
    if cut.hem == "tail":
        near = (right[0] * 0.55 + middle[0] * 0.45, middle[1] - 0.03)
        far = (left[0] * 0.55 + middle[0] * 0.45, middle[1] - 0.03)
        return [near, middle, far]
    return [middle]


def body_shape(figure: Figure, cut: Upper) -> Shape:
    """The whole front of the garment, sleeves apart."""
    knots = neckline(figure, cut)
    knots += _right_side(figure, cut, 1)
    knots += _hem(figure, cut)
    knots += _right_side(figure, cut, -1)[::-1]
    return shape(knots)


def _open_halves(figure: Figure, cut: Upper, gap: float) -> list[Shape]:
    """The two fronts of an unbuttoned garment, `gap` (0…1) apart at the hem."""
    halves = []
    for side in (-1, 1):
        inner: list[Knot] = []
        for y, share in ((cut.length, 1.0), (3.4, 0.9), (2.6, 0.62), (1.9, 0.4)):
            if y > cut.length:
                continue
            u = figure.facing(side * gap * share * 0.62)
            p = figure.body(min(y, 3.6), u, cut.ease)
            inner.append((p[0], y + 0.03) if y > 3.6 else p)
        knots: list[Knot] = [(*neck_point(figure, cut, side), 1)]
        knots += _right_side(figure, cut, side)
        inner[0] = (*inner[0], 1)
        halves.append(shape(knots + inner))
    return halves


def _folds(figure: Figure, cut: Upper) -> list[Fold]:
    drapes: list[Fold] = []
    at = figure.body
    deep = 0.10 + 0.07 * cut.boxy
    for side in (-1, 1):
        drapes.append(
            fold(
                at(1.98, 0.93 * side), at(2.12, 0.62 * side), at(2.2, 0.4 * side), depth=deep * 0.8
            )
        )
        drapes.append(
            fold(at(2.1, 0.97 * side), at(2.4, 0.74 * side), at(2.7, 0.6 * side), depth=deep)
        )
        if cut.length > 3.0:
            start = min(cut.length - 0.75, 2.75)
            end = cut.length - 0.04
            drapes.append(
                fold(
                    at(start, 0.8 * side),
                    at((start + end) / 2, 0.66 * side),
                    at(end, 0.7 * side),
                    depth=deep,
                )
            )
    if cut.length > 3.0:
        end = min(cut.length, 3.6)
        drapes.append(fold(at(2.6, 0.18), at(3.0, 0.28), at(end, 0.24), depth=deep * 0.7))
        drapes.append(fold(at(2.72, -0.32), at(3.1, -0.26), at(end, -0.34), depth=deep * 0.6))
    if cut.boxy < 0.45:
        for side in (-1, 1):
            drapes.append(fold(at(2.66, 0.95 * side), at(2.76, 0.6 * side), depth=deep))
            drapes.append(fold(at(2.86, 0.95 * side), at(2.84, 0.55 * side), depth=deep * 0.8))
    if cut.length > 4.2:
        for u in (-0.55, -0.12, 0.3, 0.68):
            low = cut.length - 0.02
            end_point = figure.at(low, u * (figure.width(low) + cut.ease + cut.flare * (low - 2.5)))
            drapes.append(
                fold(at(3.3, u * 0.8), figure.at((3.3 + low) / 2, u * 0.8), end_point, depth=deep)
            )
    if figure.build.bust > 0.3 and not figure.build.masculine:
        for side in (-1, 1):
            drapes.append(
                fold(
                    at(2.2, figure.facing(0.16 * side)),
                    at(2.34, figure.facing(0.45 * side)),
                    at(2.26, figure.facing(0.75 * side)),
                    width=0.07,
                    depth=0.09,
                )
            )
    return drapes


def paint_back(canvas: Canvas, figure: Figure, garment: Garment, cut: Upper, worn: bool) -> None:
    """What shows from behind: the inside of the neck in a shop picture, a hood, a coat's tail."""
    inside = plain(tint(garment.main.colour, -0.42), 0.02)
    if cut.neck == "hood":
        collars.hood_back(canvas, figure, garment)
    if not worn:
        left, right = neck_point(figure, cut, -1), neck_point(figure, cut, 1)
        rise = (
            0.07
            if cut.neck in ("shirt", "lapel", "stand", "turtle", "round collar", "bow")
            else -0.03
        )
        knots: list[Knot] = neckline(figure, cut)
        top = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2 - rise)
        canvas.paint(shape([*knots, top]), inside, relief=0.5)
        band = spline([right, top, left])
        canvas.stroke([(x, y + 0.03) for x, y in band], 0.05, tint(garment.main.colour, -0.25))
    if worn and cut.length > 3.7:
        knots = []
        for y in (3.0, 3.6, cut.length - 0.07):
            knots.append((*side_point(figure, cut, y, 1), 1))
        knots += [(*side_point(figure, cut, y, -1), 1) for y in (cut.length - 0.07, 3.6, 3.0)]
        canvas.paint(shape(knots), inside, relief=0.6)


def paint_body(
    canvas: Canvas, figure: Figure, garment: Garment, cut: Upper, *, gap: float = 0.0
) -> None:
    """The front, its neckline, closure and pockets; `gap` > 0 leaves it unbuttoned."""
    folds = _folds(figure, cut)
    spine = figure.spine()
    arms = [sleeve_shape(figure, cut, side) for side in (-1, 1)] if cut.sleeve > 0 else []
    if gap > 0:
        for half in _open_halves(figure, cut, gap):
            whole = half.formed_with(*arms)
            canvas.paint(whole, garment.main, axis=spine, folds=folds, drop=0.9)
    else:
        whole = body_shape(figure, cut).formed_with(*arms)
        canvas.paint(whole, garment.main, axis=spine, folds=folds, drop=0.6, soft=0.17)
    _hem_details(canvas, figure, garment, cut, gap)
    if cut.yoke:
        for side in (-1, 1):
            seam = [figure.front(1.86, u * side) for u in (0.12, 0.5, 0.95)]
            canvas.stroke(spline(seam), 0.018, tint(garment.main.colour, -0.35), 0.8)
    if cut.waist_seam:
        seam = [figure.body(2.8, u, cut.ease) for u in (-1, -0.4, 0.4, 1)]
        canvas.stroke(spline(seam), 0.02, tint(garment.main.colour, -0.35), 0.6)
    closures.paint_motif(canvas, figure, garment, cut)
    closures.paint_pockets(canvas, figure, garment, cut)
    closures.paint_closure(canvas, figure, garment, cut, gap)
    collars.paint_collar(canvas, figure, garment, cut, gap, neckline(figure, cut))
    if cut.belt:
        closures.paint_sash(canvas, figure, garment, cut)


def _hem_details(canvas: Canvas, figure: Figure, garment: Garment, cut: Upper, gap: float) -> None:
    seam = tint(garment.main.colour, -0.3)
    if gap > 0:
        return
    if cut.hem == "rib":
        top, low = cut.length - 0.2, cut.length
        knots: list[Knot] = [
            (*side_point(figure, cut, top, -1), 1),
            figure.at(top + 0.05, 0),
            (*side_point(figure, cut, top, 1), 1),
            (*side_point(figure, cut, low, 1), 1),
            figure.at(low + 0.055, 0),
            (*side_point(figure, cut, low, -1), 1),
        ]
        canvas.paint(shape(knots), garment.trim, axis=figure.spine(), relief=0.8, soft=0.06)
        for i in range(-9, 10):
            a = figure.body(top + 0.04, i / 10, cut.ease)
            b = figure.body(low + 0.02, i / 10, cut.ease)
            canvas.stroke([a, b], 0.016, tint(garment.trim.colour, -0.35), 0.45)
    elif cut.hem == "plain":
        level = cut.length - 0.07
        left, right = side_point(figure, cut, level, -1), side_point(figure, cut, level, 1)
        middle = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2 + 0.055)
        canvas.stroke(spline([left, middle, right]), 0.013, seam, 0.55)
