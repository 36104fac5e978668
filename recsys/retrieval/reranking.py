"""Lists in another order, over arrays: maximal marginal relevance, and a cap on exposure.

Both start from candidates, ``int [Q, M]`` rows best first, −1 where a scene has fewer, so no
``[Q, P]`` array is ever needed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

POOL = 100
"""How many of the best ``mmr`` re-orders; what follows keeps its place."""

_CHUNK_CELLS = 4_000_000
"""Similarities held at a time."""


def mmr_order(
    relevance: NDArray[np.floating],
    similarity: NDArray[np.floating],
    diversity: float,
    k: int | None = None,
) -> Ints:
    """Positions in the order of greedy maximal marginal relevance, for many lists at once.

    Next is whatever has the highest λ · relevance − (1 − λ) · its highest similarity to what
    was chosen before, with λ = 1 − diversity; ties go to the more relevant, then the first
    (Carbonell and Goldstein, "The Use of MMR", SIGIR 1998).

    Args:
        relevance: ``[Q, n]`` descending; −inf where a list is shorter.
        similarity: ``[Q, n, n]`` cosines.
        diversity: 0 to 1; 0 leaves the order as it is.
        k: how many to choose, at most n; None is all of them.

    Returns:
        ``int64 [Q, k]``; with k = n a permutation in every row.
    """
    queries, count = relevance.shape
    weighted = relevance.astype(np.float64)
    # Not 0 · −inf, which is no number: what is not there comes last at any λ.
    missing = np.isneginf(weighted)
    weighted = np.where(missing, -np.inf, (1.0 - diversity) * np.where(missing, 0.0, weighted))
    penalty = np.zeros((queries, count))
    taken = np.zeros((queries, count), np.bool_)
    every = np.arange(queries)
    order = np.empty((queries, count if k is None else min(k, count)), np.int64)
    for place in range(order.shape[1]):
        values = weighted - diversity * penalty
        values[missing] = np.finfo(np.float64).min
        values[taken] = -np.inf
        chosen = values.argmax(axis=1)
        order[:, place] = chosen
        taken[every, chosen] = True
        nearest = similarity[every, chosen].astype(np.float64)
        penalty = nearest if place == 0 else np.maximum(penalty, nearest)
    return order


def mmr(
    candidates: NDArray[np.integer],
    scores: NDArray[np.floating],
    vectors: NDArray[np.floating],
    diversity: float,
    k: int,
    *,
    lengths_count: bool = False,
) -> Ints:
    """Lists of k after maximal marginal relevance over the best ``POOL`` candidates.

    The same lists as the shop shows one by one, given the max(k, ``POOL``) candidates that it
    looks at. Bits too: similarities are one matrix product for each scene, as there.

    Args:
        candidates: ``int [Q, M]`` rows best first, −1 where a scene has fewer.
        scores: ``float [Q, M]`` their served scores.
        vectors: ``float32 [P, D]`` of length one.
        diversity: 1 − λ, 0 to 1.
        lengths_count: whether scores are not cosines; they are then made ``comparable``.

    Returns:
        ``int64 [Q, min(k, M)]`` rows, −1 where a scene has fewer.
    """
    rows = _checked_candidates(candidates, len(vectors))
    if scores.shape != rows.shape:
        raise ValueError(f"expected a score a candidate {list(rows.shape)}, found {scores.shape}")
    relevance = np.where(
        rows >= 0, comparable(scores, rows >= 0) if lengths_count else scores, -np.inf
    )
    pool = min(POOL, rows.shape[1])
    lists = rows[:, : min(k, rows.shape[1])].copy()
    if not diversity or not lists.size:
        return lists
    step = max(1, _CHUNK_CELLS // (pool * pool))
    for start in range(0, len(rows), step):
        part = rows[start : start + step, :pool]
        similarity = np.zeros((len(part), pool, pool), np.float32)
        for query, line in enumerate(part):
            found = vectors[line[line >= 0]]
            similarity[query, : len(found), : len(found)] = found @ found.T
        order = mmr_order(relevance[start : start + step, :pool], similarity, diversity, k)
        lists[start : start + step, : order.shape[1]] = np.take_along_axis(part, order, axis=1)
    return lists


def comparable(
    scores: NDArray[np.floating], known: NDArray[np.bool_] | None = None
) -> NDArray[np.floating]:
    """Scores ``[..., n]`` by the largest magnitude of their list: −1 to 1, as cosines are.

    Cosines between products have a unit, inner products and what lengths correct have none.

    Args:
        known: ``bool [..., n]``, which of them are scores; None is all.
    """
    sizes = np.abs(scores) if known is None else np.where(known, np.abs(scores), 0)
    largest = np.maximum(sizes.max(axis=-1, keepdims=True, initial=0.0), 1e-12)
    return np.asarray(np.where(True if known is None else known, scores, 0) / largest)


@dataclass(frozen=True, eq=False)
class CappedLists:
    """Lists under a cap.

    Attributes:
        lists: ``int64 [Q, k]`` rows, −1 where a scene has fewer than k candidates.
        cap: how often a product may be shown.
        over_cap: places that were filled beyond the cap, because all that a scene had left was
            at it. 0 where the cap holds.
    """

    lists: Ints
    cap: int
    over_cap: int


def exposure_cap(scenes: int, k: int, products: int, m: float) -> int:
    """⌈m · Q · min(k, P) / P⌉, at least 1: m times what chance shows a product, rounded up."""
    if not (math.isfinite(m) and m > 0):
        raise ValueError(f"a cap is a number above 0 times what chance shows, not {m}")
    if products <= 0:
        return 1
    return max(1, math.ceil(m * scenes * min(k, products) / products - 1e-9))


def capped_lists(candidates: NDArray[np.integer], k: int, products: int, m: float) -> CappedLists:
    """Lists in which no product is shown more than m times as often as chance would.

    Scenes take turns, k rounds in the order given: each takes its next best candidate that is
    shown less often than the cap so far. A whole batch decides together, so this answers an
    audit and no single visitor, and another order of the scenes gives other lists.

    Where all that a scene has left is at the cap, it takes the one shown least so far, the
    better ranked of equals, and that place is counted in ``over_cap``: lists keep their length,
    so that figures stay comparable, and nobody is told that a cap held that did not. That
    happens where m is below 1, where M candidates are too few for scenes that agree, and
    rarely at the end of the last round. More candidates a scene lead to fewer such places;
    all P of them is the definition.

    Args:
        candidates: ``int [Q, M]`` rows best first, −1 where a scene has fewer; M of at least k.
        products: P.
        m: times Qk/P, above 0.
    """
    rows = _checked_candidates(candidates, products)
    cap = exposure_cap(len(rows), k, products, m)
    counts = [0] * products
    left = [[row for row in line if row >= 0] for line in rows.tolist()]
    # Where each scene goes on: a product at the cap stays at it, so none is looked at twice.
    places = [0] * len(left)
    passed: list[list[int]] = [[] for _ in left]
    lists = np.full((len(rows), k), -1, np.int64)
    over_cap = 0
    for turn in range(k):
        for scene, line in enumerate(left):
            place = places[scene]
            while place < len(line) and counts[line[place]] >= cap:
                passed[scene].append(line[place])
                place += 1
            if place < len(line):
                chosen = line[place]
                places[scene] = place + 1
            else:
                places[scene] = place
                if not passed[scene]:
                    continue
                chosen = min(passed[scene], key=counts.__getitem__)  # the first of equals
                passed[scene].remove(chosen)
                over_cap += 1
            counts[chosen] += 1
            lists[scene, turn] = chosen
    return CappedLists(lists, cap, over_cap)


def _checked_candidates(candidates: NDArray[Any], products: int) -> Ints:
    found = np.asarray(candidates)
    if found.ndim != 2 or (found.size and not np.issubdtype(found.dtype, np.integer)):
        raise ValueError(f"candidates must be int [Q, M], found {found.dtype} {found.shape}")
    if found.size and not -1 <= found.min() <= found.max() < products:
        raise ValueError(
            f"candidates must be rows from 0 to {products - 1}, or -1 where there is none, "
            f"found {found.min()} to {found.max()}"
        )
    return found.astype(np.int64)
