"""Who stands in the lists: times shown, times right, and how much the lists differ.

Lists are ``int [Q, k]`` product positions 0…P−1, a list a scene, distinct within a list, −1
where a list is shorter. Arrays in, numbers out; None where there is no data, never 0.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from recsys.evaluation.ranking import Positives

Ints = NDArray[np.int64]

_CHUNK_CELLS = 4_000_000
"""Floats held at a time by ``intra_list_diversity``: 32 MB."""


def checked_lists(lists: NDArray[np.integer], products: int) -> NDArray[np.integer]:
    """The lists, once it is sure that they are lists of ``products`` products.

    Raises ValueError for another shape, positions that are none, and a product twice in a list.
    """
    found = np.asarray(lists)
    if found.ndim != 2 or (found.size and not np.issubdtype(found.dtype, np.integer)):
        raise ValueError(f"lists must be int [Q, k], found {found.dtype} {list(found.shape)}")
    if found.size and not -1 <= found.min() <= found.max() < products:
        raise ValueError(
            f"lists must hold positions from 0 to {products - 1}, or -1 where there is none, "
            f"found {found.min()} to {found.max()}"
        )
    in_order = np.sort(found, axis=1)
    twice = (in_order[:, 1:] == in_order[:, :-1]) & (in_order[:, 1:] >= 0)
    if twice.any():
        scene = int(np.flatnonzero(twice.any(axis=1))[0])
        raise ValueError(f"lists must hold a product once, the list of scene {scene} has one twice")
    return found.astype(np.int64) if not found.size else found


def times_shown(lists: NDArray[np.integer], products: int) -> Ints:
    """N ``int64 [P]``: in how many lists each product stands, its k-occurrence.

    Raises ValueError for lists that are none.

    >>> times_shown(np.array([[0, 2], [2, -1]]), 4).tolist()
    [1, 0, 2, 0]
    """
    found = checked_lists(lists, products)
    return np.bincount(found[found >= 0], minlength=products).astype(np.int64)


def list_lengths(lists: NDArray[np.integer]) -> Ints:
    """``int64 [Q]``: how many products each list has."""
    return np.asarray((np.asarray(lists) >= 0).sum(axis=1), np.int64)


def right_counts(lists: NDArray[np.integer], positives: Positives) -> Ints:
    """``int64 [P]``: in how many lists each product stands *and* is right for the scene.

    Raises ValueError where lists and positives are not of the same scenes and products.
    """
    found = checked_lists(lists, positives.products)
    if len(found) != positives.scenes:
        raise ValueError(f"expected lists for {positives.scenes} scenes, found {len(found)}")
    scene, place = np.nonzero(found >= 0)
    product = found[scene, place].astype(np.int64)
    shown = scene * positives.products + product
    right = np.isin(shown, positives.scene * positives.products + positives.product)
    return np.bincount(product[right], minlength=positives.products).astype(np.int64)


def bad_exposure(counts: NDArray[np.integer], right: NDArray[np.integer]) -> Ints:
    """``int64 [P]``: how many lists show a product to a scene that it is not right for."""
    wrong = np.asarray(counts, np.int64) - np.asarray(right, np.int64)
    if len(wrong) and wrong.min() < 0:
        raise ValueError("a product cannot be right more often than it is shown")
    return wrong


def personalisation(counts: NDArray[np.integer], scenes: int) -> float | None:
    """1 − Σ N_i (N_i − 1) / (ΣN · (Q − 1)): one less the mean overlap of two lists.

    0 where all lists hold the same products, 1 where no two share one. ΣN is kQ for lists of k;
    written so, it holds for shorter lists too. None for fewer than two lists, or empty ones.

    >>> personalisation(np.array([2, 2, 0]), 2), personalisation(np.array([1, 1, 1, 1]), 2)
    (0.0, 1.0)
    """
    shown = np.asarray(counts, np.int64)
    total = int(shown.sum())
    if scenes < 2 or total == 0:
        return None
    return 1.0 - int((shown * (shown - 1)).sum()) / (total * (scenes - 1))


def intra_list_diversity(lists: NDArray[np.integer], vectors: NDArray[np.floating]) -> float | None:
    """Mean over lists of the mean of 1 − cosine over the pairs of a list.

    Pairs are summed as (‖Σu‖² − Σ‖u‖²)/2 over vectors u of length one, so a list costs k · D and
    not k² · D. A zero vector has a cosine of 0 to all.

    Args:
        vectors: ``float [P, D]`` of a reference that none of the compared models made, or every
            model rewards itself.

    Returns:
        None where no list has two products.
    """
    found = checked_lists(lists, len(vectors))
    found = found[list_lengths(found) >= 2]
    if len(found) == 0:
        return None
    unit = unit_rows(vectors)
    means: list[float] = []
    step = max(1, _CHUNK_CELLS // max(1, found.shape[1] * unit.shape[1]))
    for start in range(0, len(found), step):
        part = found[start : start + step]
        known = part >= 0
        rows = unit[part] * known[:, :, None]  # -1 takes the last row, and counts for nothing
        together = rows.sum(axis=1)
        both_ways = (together**2).sum(axis=1) - (rows**2).sum(axis=(1, 2))
        count = known.sum(axis=1)
        means += (1.0 - both_ways / (count * (count - 1))).tolist()
    return math.fsum(means) / len(means)


def intra_list_diversity_by_chance(vectors: NDArray[np.floating]) -> float | None:
    """What random lists would have: 1 less the mean cosine of all pairs of products.

    None for fewer than two products.
    """
    count = len(vectors)
    if count < 2:
        return None
    unit = unit_rows(vectors)
    both_ways = float((unit.sum(axis=0) ** 2).sum() - (unit**2).sum())
    return 1.0 - both_ways / (count * (count - 1))


def unit_rows(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Vectors ``[n, D]`` of length one; a zero vector stays zero. Raises ValueError."""
    wide = np.asarray(vectors, np.float64)
    if wide.ndim != 2 or not np.isfinite(wide).all():
        raise ValueError(f"vectors must be finite [P, D], found {list(wide.shape)}")
    norms = np.linalg.norm(wide, axis=1, keepdims=True)
    return np.asarray(np.divide(wide, norms, out=np.zeros_like(wide), where=norms > 0))
