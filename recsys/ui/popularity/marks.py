"""From an audit to the tables of its charts: some hundred marks, whatever the catalogue's size.

Nothing is left out to get there. Curves are drawn through fewer points, and where products are
too many for a mark each, those that are no hubs share one with their neighbours, as large as
they are many.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from recsys.evaluation.audit import Audit
from recsys.ui.charts import label
from recsys.ui.popularity.specs import AS_RIGHT, AS_SHOWN, BY_CHANCE, PICKED_ONES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Table = dict[str, list[Any]]

CURVE_POINTS = 120
SINGLE_MARKS = 400
"""Up to so many products have a mark each."""
HUB_MARKS = 150
"""Of more, so many of the most shown have."""
PICKED_MARKS = 60
_CELLS = (24, 14)
CATEGORIES = 14


@dataclass(frozen=True, eq=False)
class Products:
    """What the charts need to know of each product; arrays ``[P]``.

    Attributes:
        ids: of each.
        title: what the product at a position is called.
        shown, seen: times shown, training looks.
        norm: NaN where a product has no vector.
        rank: place in the order of times shown, 0–1, least shown first; what is equal is in
            the order of ids.
        is_hub: shown at least twice as often as the mean.
        category: position in ``names``.
        names: of the categories.
        picked: which are picked; none where nothing is.
        marked: those, and the one that is open: what is marked in the charts.
    """

    ids: Sequence[str]
    title: Callable[[int], str]
    shown: Ints
    seen: Ints
    norm: Floats
    rank: Floats
    is_hub: Bools
    category: NDArray[np.int32]
    names: tuple[str, ...]
    picked: Bools
    marked: Bools


def places(order_by_shown: Ints) -> Floats:
    """``float64 [P]``: the middle of each product's stretch of the Lorenz curve, 0–1."""
    count = len(order_by_shown)
    rank = np.empty(count)
    rank[order_by_shown] = (np.arange(count, 0, -1) - 0.5) / max(1, count)
    return rank


def thinned(curve: Floats, points: int = CURVE_POINTS) -> tuple[Floats, Floats]:
    """Some points of a Lorenz curve ``float64 [P + 1]``: shares of products, and its heights.

    Evenly along the curve's length, since what matters is the steep end.
    """
    along = np.linspace(0.0, 1.0, len(curve))
    if len(curve) <= points:
        return along, curve
    length = along + curve
    wanted = np.linspace(0.0, length[-1], points)
    chosen = np.unique(np.clip(np.searchsorted(length, wanted), 0, len(curve) - 1))
    chosen = np.unique(np.concatenate(([0], chosen, [len(curve) - 1])))
    return along[chosen], curve[chosen]


def lorenz_table(audit: Audit, products: Products) -> Table:
    """Rows for ``specs.lorenz``."""
    rows: Table = {
        name: [] for name in ("curve", "products", "recommendations", "product", "shown", "id")
    }
    curves = (
        (AS_SHOWN, audit.lorenz),
        (BY_CHANCE, audit.lorenz_chance),
        (AS_RIGHT, audit.lorenz_demand),
    )
    _append_curves(rows, curves)
    if audit.lorenz is not None:
        for at in first_marked(products):
            step = math.ceil(products.rank[at] * len(products.ids))
            _append(
                rows,
                curve=[PICKED_ONES],
                products=[float(products.rank[at])],
                recommendations=[float(audit.lorenz[step])],
                product=[label(products.title(at))],
                shown=[int(products.shown[at])],
                id=[products.ids[at]],
            )
    return rows


def two_curves_table(left: Audit, right: Audit) -> Table:
    """Rows for ``specs.two_curves``."""
    rows: Table = {name: [] for name in ("curve", "products", "recommendations")}
    curves = (("left", left.lorenz), ("right", right.lorenz), (BY_CHANCE, left.lorenz_chance))
    _append_curves(rows, curves)
    return rows


def _append_curves(rows: Table, curves: Sequence[tuple[str, Floats | None]]) -> None:
    """Rows for Lorenz curves, thinned; what else the table has is empty for them."""
    for name, curve in curves:
        if curve is not None:
            across, height = thinned(curve)
            columns: Table = {other: [None] * len(across) for other in rows}
            columns |= {
                "curve": [name] * len(across),
                "products": across.round(6).tolist(),
                "recommendations": height.round(6).tolist(),
            }
            _append(rows, **columns)


def first_marked(products: Products) -> list[int]:
    """The most shown of the marked products, as many as get a mark of their own."""
    chosen = np.flatnonzero(products.marked)
    order = chosen[np.argsort(-products.rank[chosen], kind="stable")]
    found: list[int] = order[:PICKED_MARKS].tolist()
    return found


def bins_of(highest: int) -> list[tuple[int, int]]:
    """Ranges of times shown, both ends included: single counts at first, then ever wider."""
    bins, low, width = [(0, 0)], 1, 1
    while low <= highest:
        bins.append((low, low + width - 1))
        low += width
        width *= 2 if len(bins) > 2 else 1
    return bins


def bin_label(low: int, high: int) -> str:
    """``3``, ``4–7``."""
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def histogram_table(products: Products, scenes: int, k: int) -> Table:
    """Rows for ``specs.histogram``, with what chance gives in expectation.

    A scene's random list holds a product with probability k/P, scenes apart, so N follows a
    binomial distribution over the Q scenes.
    """
    count = len(products.ids)
    highest = int(products.shown.max(initial=0))
    share = min(k, count) / max(1, count)
    rows: Table = {}
    columns: Table
    likely = _binomial_up_to(scenes, share, 2 * highest + 2)
    for low, high in bins_of(highest):
        inside = (products.shown >= low) & (products.shown <= high)
        columns = {
            "times shown": [bin_label(low, high)],
            "products": [int(inside.sum())],
            "by chance": [round(count * float(likely[low : high + 1].sum()), 3)],
            "picked": [int((inside & products.marked).sum())],
            "from": [low],
            "to": [high],
        }
        _append(rows, **columns)
    return rows


def scatter_table(products: Products, axis: Literal["norm", "seen"]) -> Table:
    """Rows for ``specs.scatter``: a mark a product, or a mark a cell of a grid and one for each
    of the most shown products and of the picked ones.
    """
    values = products.norm if axis == "norm" else products.seen.astype(np.float64)
    known = ~np.isnan(values)
    single = known.copy()
    if int(known.sum()) > SINGLE_MARKS:
        single[:] = False
        order = np.argsort(-products.rank, kind="stable")
        hubs = order[products.is_hub[order] & known[order]]
        single[hubs[:HUB_MARKS]] = True
        chosen = [at for at in first_marked(products) if known[at]]
        single[chosen] = True
    rows = _cells(products, values, known & ~single, axis)
    at = np.flatnonzero(single)
    columns: Table = {
        "id": [products.ids[row] for row in at.tolist()],
        "product": [label(products.title(row)) for row in at.tolist()],
        axis: [_short(value) for value in values[at].tolist()],
        "shown": products.shown[at].tolist(),
        "products": [1] * len(at),
        "picked": products.marked[at].astype(int).tolist(),
        "hub": products.is_hub[at].tolist(),
    }
    _append(rows, **columns)
    return rows


def _cells(products: Products, values: Floats, shared: Bools, axis: str) -> Table:
    """One row for each cell of a grid that holds any of the products."""
    names = ("id", "product", axis, "shown", "products", "picked", "hub")
    rows: Table = {name: [] for name in names}
    at = np.flatnonzero(shared)
    if not len(at):
        return rows
    across = values[at] if axis == "norm" else np.log1p(values[at])
    upward = np.log1p(products.shown[at].astype(np.float64))
    cell = _steps(across, _CELLS[0]) * _CELLS[1] + _steps(upward, _CELLS[1])
    # hubs and others never share a mark: it could be of one colour only
    cell = 2 * cell + products.is_hub[at]
    for one in np.unique(cell):
        inside = at[cell == one]
        count, first = len(inside), int(inside[0])
        columns: Table = {
            "id": [products.ids[first] if count == 1 else None],
            "product": [label(products.title(first)) if count == 1 else f"{count:,} products"],
            axis: [_short(float(values[inside].mean()))],
            "shown": [round(float(products.shown[inside].mean()), 2)],
            "products": [count],
            "picked": [int(products.marked[inside].sum())],
            "hub": [bool(one % 2)],
        }
        _append(rows, **columns)
    return rows


def category_table(audit: Audit, products: Products) -> Table:
    """Rows for ``specs.categories``, those that are shown most first; the rest together."""
    total = max(1, int(products.shown.sum()))
    shown_picked = np.bincount(
        products.category[products.marked],
        products.shown[products.marked],
        minlength=len(products.names),
    )
    place = {name: number for number, name in enumerate(products.names)}
    order = sorted(audit.categories, key=lambda row: (-row.shown, row.category))
    rows: Table = {
        name: [] for name in ("category", "recommendations", "catalogue", "right", "picked", "name")
    }
    shorts = short_names([row.category for row in order])
    few = order if len(order) <= CATEGORIES else order[: CATEGORIES - 1]
    for row in few:
        _append(
            rows,
            category=[shorts[row.category]],
            recommendations=[_known(row.share_of_shown)],
            catalogue=[row.share_of_products],
            right=[row.share_of_demand],
            picked=[float(shown_picked[place[row.category]]) / total],
            name=[row.category],
        )
    rest = order[len(few) :]
    if rest:
        demands = [row.share_of_demand for row in rest if row.share_of_demand is not None]
        _append(
            rows,
            category=[f"{len(rest):,} others"],
            recommendations=[sum(_known(row.share_of_shown) for row in rest)],
            catalogue=[sum(row.share_of_products for row in rest)],
            right=[sum(demands) if demands else None],
            picked=[sum(float(shown_picked[place[row.category]]) for row in rest) / total],
            name=[None],
        )
    return rows


def short_names(paths: Sequence[str]) -> dict[str, str]:
    """The last level of each path, with the level above where two would be called alike."""
    levels = {path: path.split("|") for path in paths}
    last = [parts[-1] for parts in levels.values()]
    names: dict[str, str] = {}
    taken: set[str] = set()
    for path, parts in levels.items():
        name = parts[-1] if last.count(parts[-1]) == 1 else " › ".join(parts[-2:])
        while label(name) in taken:  # the same after all: cut off, or above too
            name = f"{name[:100]} ({len(taken) + 1})"
        taken.add(label(name))
        names[path] = label(name)
    return names


def _binomial_up_to(trials: int, share: float, most: int) -> Floats:
    """Probabilities ``float64 [most + 1]`` of 0 … most successes."""
    counts = np.arange(min(most, trials) + 1)
    found = np.zeros(most + 1)
    if share <= 0 or trials == 0:
        found[0] = 1.0
    elif share >= 1:
        if trials <= most:
            found[trials] = 1.0
    else:
        logs = np.array([math.lgamma(n + 1) + math.lgamma(trials - n + 1) for n in counts.tolist()])
        found[: len(counts)] = np.exp(
            math.lgamma(trials + 1)
            - logs
            + counts * math.log(share)
            + (trials - counts) * math.log1p(-share)
        )
    return found


def _steps(values: Floats, count: int) -> Ints:
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return np.zeros(len(values), np.int64)
    return np.minimum(((values - low) / (high - low) * count).astype(np.int64), count - 1)


def _append(rows: Table, **columns: list[Any]) -> None:
    for name, cells in columns.items():
        rows.setdefault(name, []).extend(cells)


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def _known(share: float | None) -> float:
    return 0.0 if share is None else share
