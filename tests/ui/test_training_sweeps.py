"""A sweep as its charts and its words have it: every trial in its place, colours that stand out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.learning.sweeps import Parameter, Sweep, SweepRequest, Trial
from recsys.ui.training.sweep_asked import KEPT, kept_of
from recsys.ui.training.sweep_charts import LOOKS, progress_rows, progress_spec, trial_rows
from recsys.ui.training.sweep_trials import BEST, RAMP, around, place
from recsys.ui.training.sweep_words import progress_words, range_words, value_text
from tests.ui.test_popularity_marks import contrast

RATE = Parameter("learning_rate", 1e-4, 1e-2, True)
FLIP = Parameter("augment", choices=(True, False))
REQUEST = SweepRequest("demo", "regions", (RATE, FLIP), 200, trials=12)


def trial(number: int, value: float | None, state: Any = "complete") -> Trial:
    curve = () if value is None else ((100, value / 2), (200, value))
    return Trial(number, state, value, {"learning_rate": 0.001, "augment": True}, 200, curve)


SWEEP = Sweep(
    *("sweep-1", "Mine", "running", "", "", REQUEST, "demo", "2026-05-01T10:00:00+00:00"),
    trials=(
        trial(0, None, "failed"),
        trial(1, 0.1),
        trial(2, 0.4, "pruned"),
        trial(3, 0.2),
        trial(4, 0.15),
        trial(5, None, "running"),
    ),
    best=3,
    best_so_far=((1, 0.1), (3, 0.2)),
)


class TestTheBestSoFar:
    def test_is_a_line_over_all_trials_and_a_mark_for_each(self) -> None:
        rows = progress_rows(SWEEP)
        assert rows["trial"] == [1, 2, 3, 4, 5]  # before the first figure there is nothing
        assert rows["best"] == [0.1, 0.1, 0.2, 0.2, 0.2]
        assert rows["recall"] == [0.1, 0.4, 0.2, 0.15, None]
        assert rows["settings"][0] == "learning rate 0.001, augmentation on"

    def test_states_differ_in_shape_not_in_colour_alone(self) -> None:
        assert len({shape for _, shape in LOOKS.values()}) == len(LOOKS)
        dots = progress_spec(progress_rows(SWEEP))["layer"][1]["encoding"]
        assert dots["shape"]["scale"]["domain"] == ["complete", "ended early", "in progress"]
        assert dots["shape"]["legend"] is not None

    def test_a_trials_curve_stands_beside_the_best_ones(self) -> None:
        lines, rows = trial_rows(SWEEP.trials[1], SWEEP.trials[3])
        assert lines == ["Trial 1", "Trial 3, the best"]
        assert rows["value"] == [0.05, 0.1, 0.1, 0.2]
        assert trial_rows(SWEEP.trials[3], SWEEP.trials[3])[0] == ["Trial 3"]


class TestAxes:
    @given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
    def test_recalls_lie_within_their_axis(self, values: list[float]) -> None:
        low, high = around(values)
        assert low <= min(values) + 1e-9
        assert high >= max(values) - 1e-9
        assert low < high
        spread = max(max(values) - min(values), 0.01)
        assert high - low <= 4 * spread  # not lost in an empty axis

    def test_without_a_recall_it_is_the_whole_range(self) -> None:
        assert around([]) == around([math.nan]) == (0.0, 1.0)

    def test_choices_have_places_of_their_own(self) -> None:
        assert [place(FLIP, value) for value in (True, False, 1, None)] == [0.0, 1.0, None, None]
        sizes = Parameter("embedding_dim", choices=(32, 64))
        assert [place(sizes, value) for value in (64, 64.0, True, "64")] == [1.0, 1.0, None, None]
        assert place(RATE, 0.002) == 0.002
        assert place(RATE, None) is place(RATE, math.inf) is None

    def test_colours_stand_out_on_both_papers(self) -> None:
        for colour in (*RAMP, BEST, "#009E73", *(colour for colour, _ in LOOKS.values())):
            for paper in ("#faf8f4", "#171613"):
                assert contrast(colour, paper) >= 3.0, f"{colour} on {paper}"


ENDS = st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)).map(sorted)


class TestWhatIsKept:
    @given(st.dictionaries(st.sampled_from(["learning_rate", "tau", "recall"]), ENDS, min_size=1))
    def test_the_address_says_it_to_six_digits(self, ranges: dict[str, list[float]]) -> None:
        kept = tuple((key, low, high) for key, (low, high) in ranges.items())
        again = KEPT.parse(KEPT.write(kept))
        assert again is not None
        assert [key for key, _, _ in again] == list(ranges)
        for (_, *ends), (_, *others) in zip(kept, again, strict=True):
            assert others == pytest.approx(ends, rel=1e-5, abs=1e-9)

    @pytest.mark.parametrize(
        "parts",
        [
            [["tau", 2, 1]],
            [["tau", 1]],
            [["tau", 1, math.nan]],
            [["<b>", 1, 2]],
            [["tau", 1, 2], ["tau", 1, 2]],
            [[f"tau{number}", 1, 2] for number in range(41)],
            ["tau"],
            [[7, 1, 2]],
            [["tau", "1" * 400, "1" * 400]],
            7,
        ],
    )
    def test_what_came_from_outside_is_checked(self, parts: Any) -> None:
        assert kept_of(parts) is None

    def test_nothing_kept_is_a_value_too(self) -> None:
        assert kept_of([]) == ()


class TestWords:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (0.0041234, "0.00412"),
            (4.1e-5, "4.1e−05"),
            (0.0, "0"),
            (True, "on"),
            (1600, "1,600"),
            ("8,8", "8,8"),
            (None, "–"),
        ],
    )
    def test_values(self, value: Any, expected: str) -> None:
        assert value_text(value) == expected

    def test_ranges(self) -> None:
        assert range_words(RATE) == "0.0001 to 0.01, by orders of magnitude"
        assert range_words(FLIP) == "on, off"

    def test_progress(self) -> None:
        now = replace(SWEEP, trial=5, step=40, remaining_s=150.0)
        expected = "5 of 12 trials done · trial 5 at step 40 of 200 · about 2 min left"
        assert progress_words(now) == expected
        assert progress_words(replace(now, step=0)).split(" · ")[1] == "trial 5 begins"
        assert progress_words(replace(now, text="Looks: 3 of 9")).split(" · ")[1] == "Looks: 3 of 9"
        assert progress_words(replace(now, state="stopping")) == "Saving, then stopping"
        waiting = replace(now, state="queued", behind="regions-1")
        assert progress_words(waiting) == "Waiting for regions-1"
        timed = replace(now, request=replace(REQUEST, trials=None, minutes=3.0), fraction=0.25)
        assert progress_words(timed).startswith("5 trials, 25 % of the time done")
