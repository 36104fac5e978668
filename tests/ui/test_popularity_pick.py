"""What is picked in a chart is a rule in the URL: it reads back as the same, or as nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from recsys.ui.popularity.pick import AXES, Pick, pick_in, pick_of

ends = some.floats(0, 1e6, allow_nan=False, allow_subnormal=False)


@given(some.dictionaries(some.sampled_from(AXES), some.tuples(ends, ends), min_size=1))
def test_a_pick_reads_back_as_the_same(ranges: dict[str, tuple[float, float]]) -> None:
    ordered = {axis: (min(pair), max(pair)) for axis, pair in ranges.items()}
    pick = pick_in(ordered)
    assert pick is not None
    assert pick_of(str(pick)) == pick
    assert [axis for axis, _, _ in pick.ranges] == [axis for axis in AXES if axis in ranges]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "shown",
        "shown:1",
        "shown:5_",
        "shown:-1_5",
        "shown:1e3_2e3",
        "shown:nan_1",
        "price:1_2",
        "shown:1_2,shown:3_4",
        "shown:1_2,",
        "shown:9_2",
        "shown:1_2,norm:0_1,seen:0_1,rank:0_1,shown:0_1",
        "shown:1_" + "9" * 400,
        "<script>",
    ],
)
def test_what_is_no_pick_is_none(text: str) -> None:
    assert pick_of(text) is None


@pytest.mark.parametrize("pair", [(2.0, 1.0), (float("nan"), 1.0), (0.0, float("inf"))])
def test_ranges_that_are_none_pick_nothing(pair: tuple[float, float]) -> None:
    assert pick_in({"shown": pair}) is None
    assert pick_in({}) is None


def test_all_ranges_must_hold_ends_included_and_nan_is_in_none() -> None:
    values = {
        "shown": np.array([0, 3, 5, 9]),
        "norm": np.array([1.0, np.nan, 1.5, 2.0]),
    }
    pick = Pick((("shown", 3, 9), ("norm", 1.5, 2.0)))
    assert pick.chosen(values).tolist() == [False, False, True, True]
    only = Pick((("norm", 0, 9),))
    assert only.chosen(values).tolist() == [True, False, True, True]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("shown:1_1", "shown 1 time"),
        ("shown:2.4_20.7", "shown 3 to 20 times"),
        ("seen:0_5", "in 0 to 5 training looks"),
        ("rank:0.9_1", "between 90 % and 100 % of the order"),
        ("shown:3_4,norm:1.234567_2", "shown 3 to 4 times, norm 1.23 to 2"),
    ],
)
def test_people_read_what_is_picked(text: str, words: str) -> None:
    pick = pick_of(text)
    assert pick is not None
    assert pick.words == words
