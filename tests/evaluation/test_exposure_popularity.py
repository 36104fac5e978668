"""Popularity of what is shown: how frequent it was in training, and how much is of the tail."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from recsys.evaluation import exposure
from tests.evaluation import exposure_oracle as oracle
from tests.evaluation.exposure_cases import (
    SEEDS,
    plain,
    quick,
    random_lists,
    random_positives,
    same,
    sets,
)


@quick
@given(SEEDS)
def test_against_the_oracle(seed: int) -> None:
    lists, products = random_lists(seed)
    rng = np.random.default_rng(seed)
    frequencies = rng.choice([0, 0, 1, 1, 2, 5, 20], products) * rng.integers(0, 2)
    positives = random_positives(seed, len(lists), products)
    slow = frequencies.tolist()
    shown = oracle.average_popularity(plain(lists), slow)
    true = oracle.average_popularity([sorted(one) for one in sets(positives)], slow)
    assert same(exposure.average_popularity(lists, frequencies), shown)
    assert same(exposure.true_popularity(positives, frequencies), true)
    expected = None if shown is None or not true else shown / true - 1
    assert same(exposure.popularity_lift(lists, positives, frequencies), expected)
    tail, head = exposure.tail(frequencies), oracle.head(slow)
    assert (tail is None) == (head is None)
    if tail is not None and head is not None:
        assert set(np.flatnonzero(~tail).tolist()) == head
    share = exposure.average_tail_share(lists, tail)
    assert same(share, oracle.average_tail_share(plain(lists), slow))
    right = exposure.right_counts(lists, positives)
    wanted = np.bincount(positives.product, minlength=products)
    assert same(
        exposure.pop_reo(right, wanted, tail),
        oracle.pop_reo(plain(lists), sets(positives), slow),
    )


class TestTail:
    def test_equal_frequencies_are_never_split(self) -> None:
        frequencies = np.array([5, 2, 2, 2, 1])  # 7 of 12 is too little, so all twos are head
        tail = exposure.tail(frequencies)
        assert tail is not None
        assert tail.tolist() == [False, False, False, False, True]

    @pytest.mark.parametrize("unit", [1, 3, 7, 10, 1000])
    def test_exactly_four_fifths_is_enough(self, unit: int) -> None:
        tail = exposure.tail(np.array([unit * 4, unit]))
        assert tail is not None
        assert tail.tolist() == [False, True]

    def test_no_tail_is_no_data_and_no_bias_is_a_number(self) -> None:
        lists = np.array([[0, 1]])
        assert exposure.average_tail_share(lists, exposure.tail(np.array([3, 3]))) is None
        assert exposure.average_tail_share(lists, exposure.tail(np.array([0, 0]))) is None
        assert exposure.tail_share_by_chance(exposure.tail(np.array([3, 3]))) is None
        assert exposure.tail_share_by_chance(exposure.tail(np.array([9, 1, 1]))) == 2 / 3
        assert exposure.average_tail_share(lists, exposure.tail(np.array([9, 9, 1]))) == 0
