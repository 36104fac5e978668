"""The paired bootstrap: against plain resampling, and its pairing."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.evaluation.bootstrap import Interval, Terms, interval, resample
from recsys.evaluation.ranking import Positives


def test_the_interval_of_a_mean_is_the_textbook_one() -> None:
    values = np.random.default_rng(0).normal(3.0, 2.0, 400)
    terms = Terms.of_scenes(values)
    found = interval(terms.value, resample({"mean": terms}, seed=1)["mean"])
    error = values.std() / np.sqrt(400)
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.25 * error)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.25 * error)


def test_draws_are_those_of_plain_resampling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recsys.evaluation.bootstrap._BLOCK_CELLS", 20)
    positives = Positives.from_mask(np.array([[1, 1, 0], [0, 0, 1], [0, 0, 0], [1, 0, 1]], bool))
    values = np.array([0.5, 1.0, np.nan, 0.25, 0.75])
    terms = Terms.of_pairs(values, positives)
    assert terms.value == pytest.approx(np.nanmean(values))
    draws = resample({"auc": terms}, seed=5, resamples=50)["auc"]
    by_scene = [[0.5, 1.0], [], [], [0.25, 0.75]]
    rng = np.random.default_rng(5)
    for draw in draws:
        counts = rng.multinomial(4, np.full(4, 0.25))
        drawn = [v for scene, n in enumerate(counts) for v in by_scene[scene] * int(n)]
        assert draw == pytest.approx(np.mean(drawn)) if drawn else np.isnan(draw)


def test_recommenders_share_their_draws() -> None:
    rng = np.random.default_rng(2)
    difficulty = rng.normal(0, 10, 200)
    a, b = Terms.of_scenes(difficulty + 1), Terms.of_scenes(difficulty)
    draws = resample({"a": a, "b": b}, seed=0)
    difference = interval(a.value - b.value, draws["a"] - draws["b"])
    assert difference.low == pytest.approx(1.0)
    assert difference.high == pytest.approx(1.0)
    alone = resample({"b": b}, seed=0)["b"]  # a later call with the same seed is paired too
    np.testing.assert_allclose(alone, draws["b"])


def test_the_same_seed_gives_the_same_interval() -> None:
    terms = {"x": Terms.of_scenes(np.arange(30.0))}
    np.testing.assert_array_equal(resample(terms, seed=3)["x"], resample(terms, seed=3)["x"])
    assert not np.array_equal(resample(terms, seed=3)["x"], resample(terms, seed=4)["x"])


def test_no_data_is_null() -> None:
    terms = Terms.of_scenes(np.array([np.nan, np.nan]))
    assert np.isnan(terms.value)
    found = interval(terms.value, resample({"x": terms}, seed=0)["x"])
    assert found.to_json() == {"value": None, "low": None, "high": None}
    assert resample({}, seed=0) == {}
    none = resample({"x": Terms.of_scenes(np.zeros(0))}, seed=0, resamples=3)["x"]
    assert np.isnan(none).all()


def test_known_figures_serialise_as_numbers() -> None:
    assert Interval(0.5, 0.25, 1.0).to_json() == {"value": 0.5, "low": 0.25, "high": 1.0}


def test_figures_over_different_scenes_are_refused() -> None:
    terms = {"a": Terms.of_scenes(np.ones(3)), "b": Terms.of_scenes(np.ones(4))}
    with pytest.raises(ValueError, match="same scenes"):
        resample(terms, seed=0)
