from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from recsys.learning.config import TrainConfig
from recsys.learning.losses import MAX_SCALE
from recsys.learning.steps import State, Trainer, build_towers, learning_rate_at
from tests.learning.tiny import random_batch, tiny, tiny_book

RATE = 0.01
SHALLOW = ("stem_px=16", "widths=8", "depths=0")  # quick to compile


def run(trainer: Trainer, steps: int, rate: float = RATE) -> tuple[State, list[float]]:
    batch = random_batch(trainer.config)
    state, losses = trainer.initial_state(), []
    for _ in range(steps):
        state, figures = trainer.step(state, batch, jnp.float32(rate))
        losses.append(float(figures["loss"]))
    return state, losses


def arrays(tree: Any) -> list[np.ndarray[Any, Any]]:
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]


def equal(one: Any, other: Any) -> bool:
    pairs = zip(arrays(one), arrays(other), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.fixture(scope="module", params=["book", "book-fixed"])
def book(request: pytest.FixtureRequest, trainer_of: Callable[[TrainConfig], Trainer]) -> Trainer:
    return trainer_of(tiny_book(preset=request.param))


class TestLearning:
    def test_one_batch_is_learnt_by_heart(self, trainer: Trainer) -> None:
        state, losses = run(trainer, 150)
        assert losses[-1] < 0.2 * losses[0]
        assert int(state.step) == 150
        assert all(np.isfinite(leaf).all() for leaf in arrays(state))

    def test_one_batch_is_learnt_by_heart_by_the_book(self, book: Trainer) -> None:
        _, losses = run(book, 60)
        assert min(losses[-5:]) < 0.2 * losses[0]

    def test_the_same_run_gives_the_same_bits(self, trainer: Trainer) -> None:
        (first, losses), (again, losses_again) = run(trainer, 5), run(trainer, 5)
        assert losses == losses_again
        assert equal(first, again)

    def test_the_seed_decides_the_start(self, trainer: Trainer) -> None:
        other = Trainer(tiny("seed=1")).initial_state()
        assert not equal(trainer.initial_state().params, other.params)
        assert equal(trainer.initial_state(), Trainer(tiny()).initial_state())

    def test_a_rate_of_zero_changes_no_weight(self, trainer: Trainer) -> None:
        state, losses = run(trainer, 3, rate=0.0)
        assert equal(state.params, trainer.initial_state().params)
        assert losses[0] == losses[1] == losses[2]

    def test_the_boxes_and_the_fillers_count(self, trainer: Trainer) -> None:
        """What a batch says is in force: the loss depends on it, or not, as documented."""
        batch = random_batch(trainer.config)

        def loss(**changes: Any) -> float:
            state = trainer.initial_state()
            return float(trainer.step(state, {**batch, **changes}, jnp.float32(0))[1]["loss"])

        plain = loss()
        assert loss(box_weight=np.zeros(12, np.float32)) < plain
        weight = batch["weight"].copy()
        weight[2] = 0
        silent = {"weight": weight, "box_weight": weight}
        products = batch["products"].copy()
        products[2] = 7
        assert loss(**silent) != plain
        assert loss(**silent, products=products) == loss(**silent)
        assert loss(products=products) != plain

    def test_the_crop_view_teaches(self) -> None:
        config = tiny(*SHALLOW, "crop_weight=1", "box_weight=0")
        trainer = Trainer(config)
        batch = random_batch(config)
        zero = jnp.float32(0)
        with_crops = trainer.step(trainer.initial_state(), batch, zero)[1]["loss"]
        silent = {**batch, "box_weight": np.zeros(12, np.float32)}
        without = trainer.step(trainer.initial_state(), silent, zero)[1]["loss"]
        assert float(with_crops) > float(without) > 0


class TestTheScale:
    def test_never_leaves_its_bounds_and_comes_back(self, trainer: Trainer) -> None:
        state = trainer.initial_state()
        state.params["log_scale"] = jnp.float32(math.log(150))
        batch = random_batch(trainer.config)
        # With positives and negatives swapped a large factor is punished, so it should sink.
        batch["scenes"] = np.roll(batch["scenes"], 1, axis=0)
        batch["products"] = np.random.default_rng(5).permutation(batch["products"])
        scales = []
        for _ in range(4):
            state, _ = trainer.step(state, batch, jnp.float32(1e-2))
            scales.append(float(jnp.exp(state.params["log_scale"])))
        assert scales[0] <= MAX_SCALE
        assert scales[-1] < scales[0] - 0.5


class TestStatistics:
    def test_the_books_are_thrown_away_and_the_fixed_ones_kept(self, book: Trainer) -> None:
        before = book.initial_state()
        state, _ = run(book, 3)
        assert len(arrays(before.statistics)) > 0
        assert equal(state.statistics, before.statistics) == book.config.discard_statistics
        assert not equal(state.params, before.params)
        if not book.config.discard_statistics:
            after = zip(arrays(before.statistics), arrays(state.statistics), strict=True)
            assert all(not np.array_equal(a, b) for a, b in after)

    def test_no_optimiser_state_covers_them(self, book: Trainer) -> None:
        state = book.initial_state()
        moments = [leaf for leaf in arrays(state.optimiser) if leaf.ndim]
        weights = [leaf for leaf in arrays(state.params) if leaf.ndim]
        assert len(moments) == 2 * len(weights)

    def test_region_towers_have_none(self, trainer: Trainer) -> None:
        assert arrays(trainer.initial_state().statistics) == []


class TestAverage:
    def test_follows_the_weights_by_its_recurrence(self, trainer: Trainer) -> None:
        batch, state = random_batch(trainer.config), trainer.initial_state()
        average = arrays(state.params)
        for step in range(4):
            state, _ = trainer.step(state, batch, jnp.float32(RATE))
            decay = min(trainer.config.ema_decay, (1 + step) / (10 + step))
            pairs = zip(average, arrays(state.params), strict=True)
            average = [decay * a + (1 - decay) * p for a, p in pairs]
            for found, expected in zip(arrays(state.average), average, strict=True):
                np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
        weights, statistics = trainer.exported(state)
        assert equal(weights, state.average["towers"])
        assert equal(statistics, state.statistics)

    def test_without_one_the_weights_themselves_are_exported(self, book: Trainer) -> None:
        state, _ = run(book, 3)
        assert equal(book.exported(state)[0], state.params["towers"])


class TestTheOptimiser:
    def test_decay_shrinks_kernels_alone(self) -> None:
        config = tiny(*SHALLOW, "weight_decay=0.5", "ema_decay=0")
        trainer = Trainer(config)
        batch = random_batch(config)
        for name in ("weight", "box_weight"):  # no loss at all, so decay is all that acts
            batch[name] = np.zeros_like(batch[name])
        before = arrays(trainer.initial_state().params)
        state, figures = trainer.step(trainer.initial_state(), batch, jnp.float32(0.1))
        assert float(figures["loss"]) == 0
        assert float(figures["gradient_norm"]) == 0
        for old, new in zip(before, arrays(state.params), strict=True):
            expected = old * (1 - 0.1 * 0.5) if old.ndim > 1 else old
            np.testing.assert_allclose(new, expected, rtol=1e-5, atol=1e-7)

    def test_a_compiled_step_serves_other_rates(self) -> None:
        """With the very same result as a step of its own."""
        first = Trainer(tiny(*SHALLOW))
        batch = random_batch(first.config)
        first.step(first.initial_state(), batch, jnp.float32(RATE))
        others = ("learning_rate=0.5", "weight_decay=0.5", "seed=3", "schedule=constant")
        config = tiny(*SHALLOW, *others)
        shared, own = Trainer(config, like=first), Trainer(config)
        assert shared._compiled is first._compiled
        assert own._compiled is not first._compiled
        found = [one.step(one.initial_state(), batch, jnp.float32(RATE)) for one in (shared, own)]
        for mine, its_own in zip(*map(arrays, found), strict=True):
            np.testing.assert_array_equal(mine, its_own)
        assert first._compiled._cache_size() == 1
        for change in ("clip_norm=0.5", "tau=5", "embedding_dim=16", "ema_decay=0.5"):
            other = Trainer(tiny(*SHALLOW, change), like=first)
            assert other._compiled is not first._compiled, change

    def test_the_gradient_norm_is_reported_before_clipping(self) -> None:
        trainer, loose = Trainer(tiny(*SHALLOW)), Trainer(tiny(*SHALLOW, "clip_norm=0"))
        batch = random_batch(trainer.config)
        rate = jnp.float32(RATE)
        tight_state, tight = trainer.step(trainer.initial_state(), batch, rate)
        loose_state, free = loose.step(loose.initial_state(), batch, rate)
        assert float(tight["gradient_norm"]) > trainer.config.clip_norm
        assert float(tight["gradient_norm"]) == pytest.approx(
            float(free["gradient_norm"]), rel=1e-4
        )
        # Adam's first moment is a tenth of the clipped gradient
        total = sum(float((leaf**2).sum()) for leaf in arrays(tight_state.optimiser[1].mu))
        assert math.sqrt(total) == pytest.approx(0.1 * trainer.config.clip_norm, rel=1e-3)
        total = sum(float((leaf**2).sum()) for leaf in arrays(loose_state.optimiser[1].mu))
        assert math.sqrt(total) == pytest.approx(0.1 * float(free["gradient_norm"]), rel=1e-3)


class TestLearningRate:
    def test_rises_then_falls_to_a_hundredth(self) -> None:
        config = TrainConfig(learning_rate=2.0, warmup_fraction=0.1)
        rates = [learning_rate_at(config, n / 1000) for n in range(1001)]
        assert all(a < b for a, b in pairwise(rates[1:101]))
        assert all(a > b for a, b in pairwise(rates[100:]))
        assert max(rates) == rates[100] == pytest.approx(2.0)
        assert rates[50] == pytest.approx(1.0)
        assert rates[550] == pytest.approx(0.5 * (2.0 + 0.02))
        assert rates[1000] == pytest.approx(0.02)
        assert rates[0] > 0

    def test_constant_stays(self) -> None:
        config = TrainConfig(learning_rate=0.3, warmup_fraction=0.2, schedule="constant")
        assert learning_rate_at(config, 0.1) == pytest.approx(0.15)
        assert {learning_rate_at(config, progress) for progress in (0.2, 0.6, 1.0, 1.7)} == {0.3}

    @pytest.mark.parametrize("warmup", [0.0, 1e-6, 1e-4, 1e-3, 0.5, 0.999])
    @pytest.mark.parametrize("schedule", ["cosine", "constant"])
    def test_never_beyond_its_peak(self, warmup: float, schedule: Any) -> None:
        config = TrainConfig(warmup_fraction=warmup, schedule=schedule)
        for progress in (-0.5, 0.0, 1e-7, 1e-5, 1e-3, 0.3, 0.9999, 1.0, 3.0):
            rate = learning_rate_at(config, progress)
            assert 0 < rate <= config.learning_rate * (1 + 1e-12)


def test_kernels_are_drawn_as_flax_draws_them() -> None:
    """LeCun normal: no mean, a deviation of 1/√fan-in, nothing beyond two of the underlying."""
    towers: Any = build_towers(tiny("widths=64,64,128").tower)
    kernel = np.asarray(towers.trunk.stages[0].conv.kernel[...])
    assert kernel.shape == (2, 2, 64, 64)
    deviation = 1 / math.sqrt(2 * 2 * 64)
    assert abs(kernel.mean()) < 0.02 * deviation
    assert kernel.std() == pytest.approx(deviation, rel=0.02)
    assert np.abs(kernel).max() <= 2 * deviation / 0.8796 + 1e-6
    jitted = jax.jit(lambda: build_towers(tiny().tower).trunk.stem.kernel[...])()  # type: ignore[attr-defined]
    eager: Any = build_towers(tiny().tower)
    np.testing.assert_array_equal(np.asarray(jitted), np.asarray(eager.trunk.stem.kernel[...]))
