"""Random lists and positives for the tests of exposure, and how they compare figures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recsys.evaluation.ranking import Positives

SEEDS = st.integers(0, 10**6)
quick = settings(max_examples=40, deadline=None)


def random_lists(seed: int) -> tuple[NDArray[np.int32], int]:
    """Skewed lists, some shorter than others, some empty; sometimes no list or product at all."""
    rng = np.random.default_rng(seed)
    scenes, products, k = rng.integers(0, 9), rng.integers(0, 13), rng.integers(1, 16)
    lists = np.full((scenes, k), -1, np.int32)
    weights = rng.random(products) ** 3 + 0.01
    for line in lists:
        most = int(min(k, products))
        length = most if rng.random() < 0.5 else int(rng.integers(0, most + 1))
        if length:
            line[:length] = rng.choice(products, length, False, weights / weights.sum())
    return lists, int(products)


def plain(lists: NDArray[np.int32]) -> list[list[int]]:
    return [[int(p) for p in line if p >= 0] for line in lists]


def random_positives(seed: int, scenes: int, products: int) -> Positives:
    return Positives.from_mask(np.random.default_rng(seed).random((scenes, products)) < 0.3)


def sets(positives: Positives) -> list[set[int]]:
    return [
        set(positives.product[positives.scene == scene].tolist())
        for scene in range(positives.scenes)
    ]


def same(found: float | None, expected: float | None) -> bool:
    if found is None or expected is None:
        return found is expected
    return found == pytest.approx(expected, abs=1e-9)
