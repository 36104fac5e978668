"""Whether lists follow what was frequent in training: popularity, its lift, the long tail.

Frequencies f ``int [P]`` are training pairs of each product. None where there is no data.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.evaluation.exposure_concentration import checked_counts
from recsys.evaluation.exposure_lists import checked_lists, list_lengths
from recsys.evaluation.ranking import Positives

Bools = NDArray[np.bool_]

HEAD_SHARE = 0.8
"""Share of all training pairs that the head of the catalogue holds."""


def average_popularity(lists: NDArray[np.integer], frequencies: NDArray[Any]) -> float | None:
    """ARP: the mean over lists of the mean f of their products. Empty lists do not count.

    >>> average_popularity(np.array([[0, 1], [2, -1]]), np.array([4, 2, 9]))
    6.0
    """
    weights = checked_counts(frequencies)
    return _mean_of_lists(checked_lists(lists, len(weights)), weights)


def true_popularity(positives: Positives, frequencies: NDArray[Any]) -> float | None:
    """ARP of what was right: the mean over scenes, of those with any, of the mean f."""
    weights = checked_counts(frequencies)
    if len(weights) != positives.products:
        raise ValueError(f"expected {positives.products} frequencies, found {len(weights)}")
    sizes = positives.counts
    sums = np.bincount(
        positives.scene, weights[positives.product].astype(np.float64), positives.scenes
    )
    known = sizes > 0
    if not known.any():
        return None
    return math.fsum((sums[known] / sizes[known]).tolist()) / int(known.sum())


def popularity_lift(
    lists: NDArray[np.integer], positives: Positives, frequencies: NDArray[Any]
) -> float | None:
    """ARP(shown) / ARP(true) − 1: 0 where lists are as popular as what was right.

    None too where nothing that was right has been in training.
    """
    shown = average_popularity(lists, frequencies)
    return lift(shown, true_popularity(positives, frequencies))


def lift(shown: float | None, true: float | None) -> float | None:
    """shown / true − 1, None where either is unknown or the true one is 0."""
    return None if shown is None or not true else shown / true - 1.0


def popularity_by_chance(frequencies: NDArray[Any]) -> float | None:
    """ARP of random lists, in expectation: the mean f of the catalogue."""
    weights = np.sort(checked_counts(frequencies))
    return float(weights.mean()) if len(weights) else None


def tail(frequencies: NDArray[Any], head_share: float = HEAD_SHARE) -> Bools | None:
    """``bool [P]``: the products outside those that hold 80 % of the training pairs.

    The head is filled from the most frequent down until it holds that share; products of equal
    frequency go into it together. None without a training pair.

    >>> tail(np.array([8, 1, 1, 0])).tolist(), tail(np.array([3, 3, 3])).tolist()
    ([False, True, True, True], [False, False, False])
    """
    weights = checked_counts(frequencies)
    total = weights.sum()
    if total == 0:
        return None
    falling = np.sort(weights)[::-1]
    # By the quotient, not the product: a head of exactly four in five is one.
    last = int(np.argmax(np.cumsum(falling) / total >= min(head_share, 1.0)))
    return np.asarray(weights < falling[last])


def average_tail_share(lists: NDArray[np.integer], is_tail: Bools | None) -> float | None:
    """APLT: the mean over lists of the share of their products that are of the tail.

    None too where no product is of the tail: a share of nothing is no bias.
    """
    if is_tail is None:
        return None
    found = checked_lists(lists, len(is_tail))
    return _mean_of_lists(found, is_tail.astype(np.int64)) if is_tail.any() else None


def tail_share_by_chance(is_tail: Bools | None) -> float | None:
    """APLT of random lists, in expectation: the share of products that are of the tail."""
    return float(is_tail.mean()) if is_tail is not None and is_tail.any() else None


def group_recall(
    right: NDArray[np.integer], wanted: NDArray[np.integer], is_tail: Bools | None
) -> tuple[float | None, float | None]:
    """Hits by positives, 0–1, of the head and of the tail.

    Args:
        right: ``int [P]`` lists that hold a product and are right to.
        wanted: ``int [P]`` scenes that each product is right for.

    Returns:
        None for a group without positives.
    """
    if is_tail is None:
        return None, None
    shares = []
    for group in (~is_tail, is_tail):
        asked = int(wanted[group].sum())
        shares.append(int(right[group].sum()) / asked if asked else None)
    return shares[0], shares[1]


def pop_reo(
    right: NDArray[np.integer], wanted: NDArray[np.integer], is_tail: Bools | None
) -> float | None:
    """PopREO: std / mean over {head, tail} of hits by positives; 0 is equal opportunity.

    Of the population, so it runs from 0 to 1 (Zhu, Wang & Caverlee, "Measuring and Mitigating
    Item Under-Recommendation Bias", SIGIR 2020). None where a group has no positives, or
    nothing was hit. Arguments as for ``group_recall``.
    """
    head, of_tail = group_recall(right, wanted, is_tail)
    if head is None or of_tail is None or head + of_tail == 0:
        return None
    return abs(head - of_tail) / (head + of_tail)


def _mean_of_lists(lists: NDArray[np.integer], weights: NDArray[Any]) -> float | None:
    lengths = list_lengths(lists)
    known = lengths > 0
    if not known.any():
        return None
    padded = np.append(weights, 0)  # where a list is shorter, -1 takes this
    means = padded[lists[known]].sum(axis=1) / lengths[known]
    return math.fsum(means.tolist()) / len(means)
