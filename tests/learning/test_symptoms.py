from __future__ import annotations

from collections.abc import Callable

import pytest

from recsys.learning.curves import Series
from recsys.learning.symptoms import symptoms


def curve(value: Callable[[int], float], steps: range = range(1, 401)) -> Series:
    return Series(tuple(steps), tuple(value(step) for step in steps))


def falling(step: int) -> float:
    return 5 / (1 + step / 50)


def wavy(step: int) -> float:
    return 4 + 0.05 * (step % 7 - 3)


EVALUATIONS = range(50, 401, 50)


def kinds(fraction: float = 0.5, **curves: Series) -> list[str]:
    named = {name.replace("recall_at", "recall@"): series for name, series in curves.items()}
    return [symptom.kind for symptom in symptoms(named, fraction)]


def test_a_run_that_learns_has_none() -> None:
    good = {
        "loss": curve(falling),
        "validation_loss": curve(lambda step: 1.1 * falling(step), EVALUATIONS),
        "largest_share": curve(lambda step: 0.2, EVALUATIONS),
        "excess_gini": curve(lambda step: 0.4, EVALUATIONS),
        "embedding_spread": curve(lambda step: 0.8, EVALUATIONS),
    }
    assert symptoms(good, 0.5) == []
    assert symptoms({}, 0.0) == []


class TestFlat:
    def test_a_loss_that_lies_still(self) -> None:
        assert kinds(loss=curve(wavy)) == ["flat"]
        (symptom,) = symptoms({"loss": curve(wavy)}, 0.5)
        assert "hardly moved since the start (4" in symptom.text

    def test_a_loss_that_rises(self) -> None:
        (symptom,) = symptoms({"loss": curve(lambda step: 4 + step / 100)}, 0.5)
        assert "has risen since the start" in symptom.text

    def test_not_before_there_was_time(self) -> None:
        assert kinds(loss=curve(wavy, range(1, 60))) == []
        assert kinds(0.05, loss=curve(wavy)) == []

    def test_one_that_has_fallen_may_be_flat_at_the_end(self) -> None:
        assert kinds(1.0, loss=curve(lambda step: max(1.0, 5 - step / 20))) == []


def test_collapsed() -> None:
    assert kinds(embedding_spread=curve(lambda step: 1 / step, EVALUATIONS)) == ["collapsed"]
    # before training all vectors are alike; what counts is the last look
    assert kinds(embedding_spread=curve(lambda step: step / 400, EVALUATIONS)) == []


class TestCrowded:
    def test_one_product_in_most_lists(self) -> None:
        share = curve(lambda step: 0.64, EVALUATIONS)
        assert kinds(largest_share=share) == ["crowded"]
        assert "64%" in symptoms({"largest_share": share}, 0.5)[0].text

    def test_not_where_chance_does_the_same(self) -> None:
        assert (
            kinds(
                largest_share=curve(lambda step: 0.9, EVALUATIONS),
                excess_gini=curve(lambda step: 0.02, EVALUATIONS),
            )
            == []
        )


class TestParted:
    RISING = curve(lambda step: 2 + abs(step - 150) / 100, EVALUATIONS)

    def test_validation_rises_while_training_falls(self) -> None:
        assert kinds(loss=curve(falling), validation_loss=self.RISING) == ["parted"]
        found = symptoms({"loss": curve(falling), "validation_loss": self.RISING}, 0.5)
        assert "since step 150" in found[0].text

    def test_not_where_both_rise(self) -> None:
        rising = curve(lambda step: falling(step) if step < 150 else 9.0 + step)
        assert "parted" not in kinds(loss=rising, validation_loss=self.RISING)

    @pytest.mark.parametrize("rise", [0.0, 0.05])
    def test_not_for_a_little(self, rise: float) -> None:
        held_out = curve(lambda step: 2 + (rise if step > 200 else 0.0), EVALUATIONS)
        assert kinds(loss=curve(falling), validation_loss=held_out) == []
