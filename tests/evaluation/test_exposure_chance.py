"""What lists drawn at random give: every product and set alike, and the means of what is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.evaluation import exposure, exposure_chance
from tests.evaluation import exposure_oracle as oracle


@pytest.mark.parametrize("k", [1, 3, 7, 8, 9, 15, 16, 40])
def test_every_product_and_every_set_alike(k: int) -> None:
    """Both ways to draw, over and under half of the catalogue."""
    products, scenes = 16, 400
    drawn = exposure.counts_by_chance(scenes, k, products, seed=3, simulations=20)
    expected = exposure.expected_times_shown(scenes, k, products)
    assert expected is not None
    assert drawn.shape == (20, products)
    assert (drawn.sum(axis=1) == scenes * min(k, products)).all()
    assert drawn.max() <= scenes
    chance = min(k, products) / products
    deviation = np.sqrt(20 * scenes * chance * (1 - chance))
    assert (np.abs(drawn.sum(axis=0) - 20 * expected) <= 4 * deviation).all()


@pytest.mark.parametrize("k", [2, 4])
def test_lists_hold_a_product_once(k: int) -> None:
    drawn = exposure.counts_by_chance(1, k, 6, seed=0, simulations=300)
    assert set(drawn.ravel().tolist()) == {0, 1}
    kinds, often = np.unique(drawn, axis=0, return_counts=True)
    assert len(kinds) == 15  # all sets of two (or four) of six
    assert often.min() > 5
    assert often.max() < 45


def test_lists_of_many_lengths() -> None:
    lengths = np.array([0, 1, 5, 6, 10])
    drawn = exposure.counts_by_chance(5, 10, 10, seed=1, lengths=lengths)
    assert (drawn.sum(axis=1) == 22).all()
    assert drawn.min() >= 1  # the last list has them all
    with pytest.raises(ValueError, match=r"lengths must be \[5\], each from 0 to 4"):
        exposure.counts_by_chance(5, 4, 10, seed=1, lengths=lengths)


def test_chunks_change_nothing_but_the_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposure_chance, "_CHUNK_CELLS", 10)
    drawn = exposure.counts_by_chance(50, 4, 30, seed=0)
    assert (drawn.sum(axis=1) == 200).all()


def test_figures_are_means_and_seeds_repeat() -> None:
    drawn = exposure.counts_by_chance(30, 4, 25, seed=8)
    again = exposure.counts_by_chance(30, 4, 25, seed=8)
    assert (drawn == again).all()
    assert not (drawn == exposure.counts_by_chance(30, 4, 25, seed=9)).all()
    slow = [oracle.gini(counts.tolist()) for counts in drawn]
    assert exposure.gini_by_chance(30, 4, 25, seed=8) == pytest.approx(np.mean(slow))  # type: ignore[arg-type]
    figures = exposure.concentration_by_chance(drawn, 30)
    assert figures.gini == pytest.approx(np.mean(slow))  # type: ignore[arg-type]
    assert figures.coverage == pytest.approx((drawn > 0).mean())
    curve = exposure.lorenz_by_chance(drawn)
    assert curve is not None
    assert 1 - float((curve[1:] + curve[:-1]).mean()) == pytest.approx(figures.gini)


def test_what_needs_no_simulation() -> None:
    drawn = exposure.counts_by_chance(60, 10, 500, seed=0, simulations=100)
    found = exposure.concentration_by_chance(drawn, 60)
    expected = exposure.coverage_by_chance(60, 10, 500)
    assert expected == pytest.approx(1 - np.exp(-60 * 10 / 500), abs=0.01)
    assert expected == pytest.approx(1 - (1 - 10 / 500) ** 60)
    assert found.coverage == pytest.approx(expected, abs=0.005)
    assert found.personalisation == pytest.approx(
        exposure.personalisation_by_chance(10, 500), abs=0.001
    )
    assert exposure.coverage_by_chance(1, 9, 5) == 1
    assert exposure.right_by_chance(np.array([4, 0]), 1).tolist() == [2, 0]
    assert exposure.right_by_chance(np.array([4, 0]), 9).tolist() == [4, 0]


def test_nothing() -> None:
    for scenes, k, products in ((0, 10, 5), (5, 10, 0), (5, 0, 5), (0, 0, 0)):
        assert exposure.gini_by_chance(scenes, k, products, seed=0) is None
        assert exposure.coverage_by_chance(scenes, k, products) is None
        drawn = exposure.counts_by_chance(scenes, k, products, seed=0)
        assert drawn.shape == (5, products)
        assert exposure.lorenz_by_chance(drawn) is None
    assert exposure.expected_times_shown(5, 3, 0) is None
    assert exposure.personalisation_by_chance(3, 0) is None
    assert exposure.popularity_by_chance(np.zeros(0)) is None
    assert exposure.excess_gini(None, 0.5) is None
    assert exposure.excess_gini(0.5, None) is None
    assert exposure.excess_gini(0.5, 1.0) is None
    with pytest.raises(ValueError, match="simulations 1 or more"):
        exposure.counts_by_chance(1, 1, 1, seed=0, simulations=0)
