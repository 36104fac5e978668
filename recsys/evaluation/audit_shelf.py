"""Products that are in nobody's list: where each comes nearest, and what stands in its way.

For a product that is never shown, the nearest scene is the one that ranks it highest among all
candidates (of equal ranks, the one where the least is missing to the score of the last place).
At rank r of a list of k, r − k places are missing, and any product of that list would have to
go to win one of them. The blocker is the one of those that is shown most often overall, ties
to the one furthest down: its place is worth most to others, since it has the most of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.retrieval.selection import best_positions

Ints = NDArray[np.int64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Nearest:
    """Where products come nearest; arrays ``[Z]``, one entry a product.

    Attributes:
        products: ``int64`` positions, in the order asked for.
        scene: ``int64`` position of the nearest scene, −1 without scenes.
        rank: ``int64`` place from 1 there, by score, before diversity or a cap.
        gap: ``float64`` score of place k less the product's own; NaN where there are not k.
    """

    products: Ints
    scene: Ints
    rank: Ints
    gap: NDArray[np.float64]


def nearest_scenes(
    scores: Iterable[NDArray[np.float32]], products: NDArray[np.integer], k: int
) -> Nearest:
    """The nearest scene of each product.

    Args:
        scores: ``float32 [P]`` served scores, one scene after the other.
        products: ``int [Z]`` positions.
        k: length of the lists.
    """
    wanted = np.asarray(products, np.int64)
    scene = np.full(len(wanted), -1, np.int64)
    rank = np.full(len(wanted), np.iinfo(np.int64).max, np.int64)
    gap = np.full(len(wanted), np.inf)
    place: Ints | None = None
    for number, row in enumerate(scores):
        order = best_positions(row, len(row))
        if place is None:
            place = np.empty(len(row), np.int64)
        place[order] = np.arange(1, len(row) + 1)
        here = place[wanted]
        missing = np.inf if len(row) < k else float(row[order[k - 1]]) - row[wanted]
        nearer = (here < rank) | ((here == rank) & (missing < gap))
        scene[nearer], rank[nearer] = number, here[nearer]
        gap[nearer] = np.broadcast_to(missing, len(wanted))[nearer]
    gap[~np.isfinite(gap)] = np.nan
    return Nearest(wanted, scene, rank, gap)


def blockers(
    lists: NDArray[np.integer], shown: NDArray[np.integer], scenes: NDArray[np.integer]
) -> Ints:
    """The blocker in each of some lists: its most shown product, ``int64 [Z]``; −1 without one.

    Args:
        lists: ``int [Q, k]`` positions, −1 where a list is shorter.
        shown: ``int [P]`` times shown.
        scenes: ``int [Z]`` which lists; −1 is none.
    """
    found = np.full(len(scenes), -1, np.int64)
    there = np.flatnonzero(np.asarray(scenes) >= 0)
    if not len(there) or not lists.shape[1]:
        return found
    rows = lists[np.asarray(scenes)[there]][:, ::-1]  # the furthest down is the first of equals
    counts = np.where(rows >= 0, np.asarray(shown)[rows], -1)
    found[there] = rows[np.arange(len(rows)), counts.argmax(axis=1)]
    return found
