from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.learning.losses import (
    MAX_SCALE,
    matched_softmax,
    norm_penalty,
    softmax_both_ways,
    triplet,
)

SEEDS = range(6)


# slow oracles, float64, one number at a time


def slow_triplet(anchor: Any, positive: Any, negative: Any, margin: float) -> float:
    total = 0.0
    for a, p, n in zip(anchor, positive, negative, strict=True):
        gap = sum(float(x) * float(y) for x, y in zip(a, n, strict=True))
        gap -= sum(float(x) * float(y) for x, y in zip(a, p, strict=True))
        total += max(0.0, margin + gap)
    return total


def slow_norm_penalty(vectors: Any) -> float:
    lengths = [sum(float(x) ** 2 for x in v) ** 0.5 for v in np.reshape(vectors, (-1, 3))]
    return sum(max(0.0, length - 1.0) for length in lengths)


def slow_cross_entropy(positive: float, negatives: list[float]) -> float:
    """−log of the positive's share of exp(positive) + Σ exp(negative)."""
    logits = np.array([positive, *negatives], np.float64)
    top = logits.max()
    return float(top + np.log(np.exp(logits - top).sum()) - positive)


def slow_both_ways(scores: Any, positive: Any, known: Any, weight: Any, scale: Any) -> float:
    scores = np.asarray(scores, np.float64) * min(float(scale), MAX_SCALE)
    scenes, products = scores.shape
    real = [n for n in range(products) if weight[n] > 0]
    total = share = 0.0
    for n in real:
        for b in range(scenes):
            if positive[b, n]:
                to_scene = [scores[c, n] for c in range(scenes) if not known[c, n]]
                to_product = [scores[b, m] for m in real if not known[b, m]]
                loss = slow_cross_entropy(scores[b, n], to_scene)
                loss += slow_cross_entropy(scores[b, n], to_product)
                total += float(weight[n]) * loss / 2
                share += float(weight[n])
    return total / share if share else 0.0


def slow_matched(scores: Any, same: Any, weight: Any, scale: Any) -> float:
    scores = np.asarray(scores, np.float64) * min(float(scale), MAX_SCALE)
    real = [n for n in range(len(scores)) if weight[n] > 0]
    total = share = 0.0
    for n in real:
        views = [scores[m, n] for m in real if m != n and not same[m, n]]
        goods = [scores[n, m] for m in real if m != n and not same[n, m]]
        loss = slow_cross_entropy(scores[n, n], views) + slow_cross_entropy(scores[n, n], goods)
        total += float(weight[n]) * loss / 2
        share += float(weight[n])
    return total / share if share else 0.0


# random problems, of one shape so that each loss is compiled once

SCENES, PRODUCTS = 4, 6


def both_ways_problem(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    own = rng.integers(0, SCENES, PRODUCTS)
    positive = own[None, :] == np.arange(SCENES)[:, None]
    return {
        "scores": rng.uniform(-1, 1, (SCENES, PRODUCTS)).astype(np.float32),
        "positive": positive,
        "known": positive | (rng.random((SCENES, PRODUCTS)) < 0.2),
        "weight": rng.choice([0.0, 0.5, 1.0, 2.0], PRODUCTS).astype(np.float32),
        "scale": jnp.float32(rng.uniform(1, 20)),
    }


def matched_problem(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    same = rng.random((PRODUCTS, PRODUCTS)) < 0.2
    return {
        "scores": rng.uniform(-1, 1, (PRODUCTS, PRODUCTS)).astype(np.float32),
        "same": same | same.T | np.eye(PRODUCTS, dtype=bool),
        "weight": rng.choice([0.0, 0.5, 1.0, 2.0], PRODUCTS).astype(np.float32),
        "scale": jnp.float32(rng.uniform(1, 20)),
    }


Case = tuple[Callable[..., Any], Callable[..., float], Callable[[int], dict[str, Any]]]
SOFTMAXES: list[Any] = [
    pytest.param((softmax_both_ways, slow_both_ways, both_ways_problem), id="both-ways"),
    pytest.param((matched_softmax, slow_matched, matched_problem), id="matched"),
]
softmaxes = pytest.mark.parametrize("case", SOFTMAXES)


def loss_and_gradient(loss: Callable[..., Any], problem: dict[str, Any]) -> tuple[float, Any]:
    arrays = {name: jnp.asarray(value) for name, value in problem.items()}
    value, gradients = _COMPILED[loss](arrays["scores"], arrays["scale"], arrays)
    return float(value), np.asarray(gradients[0])


def _with_gradient(loss: Callable[..., Any]) -> Any:
    def of(scores: Any, scale: Any, problem: dict[str, Any]) -> Any:
        return loss(**{**problem, "scores": scores, "scale": scale})

    return jax.jit(jax.value_and_grad(of, argnums=(0, 1)))


_COMPILED = {loss: _with_gradient(loss) for loss in (softmax_both_ways, matched_softmax)}


@softmaxes
class TestSoftmax:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_agrees_with_the_oracle(self, case: Case, seed: int) -> None:
        loss, oracle, problem_of = case
        problem = problem_of(seed)
        value, _ = loss_and_gradient(loss, problem)
        assert value == pytest.approx(oracle(**problem), rel=1e-5, abs=1e-6)

    @pytest.mark.parametrize("seed", SEEDS[:3])
    def test_gradient_agrees_with_finite_differences(self, case: Case, seed: int) -> None:
        loss, oracle, problem_of = case
        problem = problem_of(seed)
        _, gradient = loss_and_gradient(loss, problem)
        scores = problem["scores"].astype(np.float64)
        slopes = np.zeros_like(scores)
        for place in np.ndindex(scores.shape):
            step = np.zeros_like(scores)
            step[place] = 1e-5
            above = oracle(**{**problem, "scores": scores + step})
            below = oracle(**{**problem, "scores": scores - step})
            slopes[place] = (above - below) / 2e-5
        np.testing.assert_allclose(gradient, slopes, rtol=1e-3, atol=1e-5)

    def test_learns_the_scale_up_to_its_bound(self, case: Case) -> None:
        loss, oracle, problem_of = case
        problem = {**problem_of(1), "scale": jnp.float32(7)}
        scores = jnp.asarray(problem["scores"])
        _, (_, slope) = _COMPILED[loss](scores, jnp.float32(7), problem)
        ends = [oracle(**{**problem, "scale": 7 + step}) for step in (1e-4, -1e-4)]
        assert float(slope) == pytest.approx((ends[0] - ends[1]) / 2e-4, rel=1e-3)
        far, bound = (
            loss_and_gradient(loss, {**problem, "scale": jnp.float32(scale)})[0]
            for scale in (1e6, MAX_SCALE)
        )
        assert far == bound

    @pytest.mark.parametrize("seed", SEEDS[:3])
    @pytest.mark.parametrize("extreme", [1e4, -1e4])
    def test_extremes_stay_finite(self, case: Case, seed: int, extreme: float) -> None:
        loss, oracle, problem_of = case
        problem = problem_of(seed)
        signs = np.sign(problem["scores"])
        problem |= {"scores": (extreme * signs).astype(np.float32), "scale": jnp.float32(100)}
        value, gradient = loss_and_gradient(loss, problem)
        assert value == pytest.approx(oracle(**problem), rel=1e-5, abs=1e-6)
        assert np.isfinite(gradient).all()

    def test_no_weight_at_all_is_zero_with_a_zero_gradient(self, case: Case) -> None:
        loss, _, problem_of = case
        problem = problem_of(0)
        problem["weight"] = np.zeros_like(problem["weight"])
        value, gradient = loss_and_gradient(loss, problem)
        assert value == 0
        assert (gradient == 0).all()

    def test_fillers_change_nothing(self, case: Case) -> None:
        loss, _, problem_of = case
        problem = problem_of(2)
        problem["weight"][[1, 4]] = 0
        filler = problem["weight"] == 0
        before, gradient = loss_and_gradient(loss, problem)
        problem["scores"] = np.where(filler[None, :], 777.0, problem["scores"]).astype(np.float32)
        after, _ = loss_and_gradient(loss, problem)
        assert after == before
        assert (gradient[:, filler] == 0).all()

    def test_scaling_all_weights_changes_nothing(self, case: Case) -> None:
        loss, _, problem_of = case
        problem = problem_of(3)
        small = {**problem, "weight": problem["weight"] * np.float32(0.01)}
        value, _ = loss_and_gradient(loss, problem)
        assert value > 0
        assert loss_and_gradient(loss, small)[0] == pytest.approx(value, rel=1e-5)

    def test_vmap_is_one_at_a_time(self, case: Case) -> None:
        loss, _, problem_of = case
        problem = problem_of(4)
        rng = np.random.default_rng(9)
        many = rng.uniform(-1, 1, (5, *problem["scores"].shape)).astype(np.float32)
        rest = {name: jnp.asarray(value) for name, value in problem.items() if name != "scores"}
        mapped = jax.vmap(lambda scores: loss(scores, **rest))(jnp.asarray(many))
        singly = [loss_and_gradient(loss, {**problem, "scores": scores})[0] for scores in many]
        np.testing.assert_allclose(np.asarray(mapped), singly, rtol=1e-6)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), order=st.randoms(use_true_random=False))
def test_order_of_scenes_and_products_is_of_no_account(seed: int, order: Any) -> None:
    problem = both_ways_problem(seed)
    rows = np.array(order.sample(range(SCENES), SCENES))
    columns = np.array(order.sample(range(PRODUCTS), PRODUCTS))
    moved = {
        name: np.asarray(problem[name])[rows][:, columns]
        for name in ("scores", "positive", "known")
    }
    shuffled = {**problem, **moved, "weight": problem["weight"][columns]}
    expected, gradient = loss_and_gradient(softmax_both_ways, problem)
    value, moved_gradient = loss_and_gradient(softmax_both_ways, shuffled)
    assert value == pytest.approx(expected, rel=1e-5, abs=1e-6)
    np.testing.assert_allclose(moved_gradient, gradient[rows][:, columns], rtol=1e-4, atol=1e-6)


def test_a_known_pair_is_never_a_negative() -> None:
    problem = both_ways_problem(5)
    problem["weight"] = np.ones_like(problem["weight"])
    extra = problem["known"] & ~problem["positive"]
    assert extra.any()
    _, gradient = loss_and_gradient(softmax_both_ways, problem)
    assert (gradient[extra] == 0).all()
    others = ~problem["known"]
    assert (gradient[others] > 0).all()  # every other pair is pushed apart


class TestTriplet:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_agrees_with_the_oracle(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        vectors = rng.normal(size=(3, 5, 3)).astype(np.float32)
        margin = float(rng.uniform(0, 2))
        value = float(triplet(*map(jnp.asarray, vectors), margin=margin))
        assert value == pytest.approx(slow_triplet(*vectors, margin), rel=1e-5, abs=1e-5)

    def test_gradient_agrees_with_finite_differences(self) -> None:
        vectors = np.random.default_rng(3).normal(size=(3, 4, 3))
        gradient = jax.grad(lambda v: triplet(v[0], v[1], v[2]))(jnp.asarray(vectors, jnp.float32))
        slopes = np.zeros_like(vectors)
        for place in np.ndindex(vectors.shape):
            step = np.zeros_like(vectors)
            step[place] = 1e-6
            ends = [slow_triplet(*(vectors + sign * step), 1.0) for sign in (1, -1)]
            slopes[place] = (ends[0] - ends[1]) / 2e-6
        np.testing.assert_allclose(np.asarray(gradient), slopes, rtol=1e-3, atol=1e-4)

    def test_a_clear_win_costs_and_teaches_nothing(self) -> None:
        anchor = jnp.array([[1.0, 0.0]])
        positive, negative = jnp.array([[3.0, 0.0]]), jnp.array([[1.0, 5.0]])
        assert float(triplet(anchor, positive, negative)) == 0
        gradient = jax.grad(triplet)(anchor, positive, negative)
        assert (np.asarray(gradient) == 0).all()

    def test_extremes_and_no_pairs(self) -> None:
        huge = jnp.full((2, 3), 1e4)
        assert float(triplet(huge, -huge, huge)) == pytest.approx(2 * (1 + 6e8), rel=1e-5)
        assert np.isfinite(np.asarray(jax.grad(triplet)(huge, -huge, huge))).all()
        none = jnp.zeros((0, 3))
        assert float(triplet(none, none, none)) == 0

    def test_vmap_is_one_at_a_time(self) -> None:
        vectors = jnp.asarray(np.random.default_rng(0).normal(size=(3, 6, 4, 3)), jnp.float32)
        mapped = jax.vmap(triplet)(*vectors)
        singly = [float(triplet(*vectors[:, n])) for n in range(6)]
        np.testing.assert_allclose(np.asarray(mapped), singly, rtol=1e-6)


class TestNormPenalty:
    @pytest.mark.parametrize("shape", [(4, 3), (2, 5, 3)])
    def test_agrees_with_the_oracle(self, shape: tuple[int, ...]) -> None:
        vectors = np.random.default_rng(1).normal(size=shape).astype(np.float32)
        expected = slow_norm_penalty(vectors)
        assert expected > 0
        assert float(norm_penalty(jnp.asarray(vectors))) == pytest.approx(expected, rel=1e-5)

    def test_inside_the_unit_ball_costs_nothing(self) -> None:
        inside = jnp.array([[0.6, 0.7, 0.1], [0.0, 0.0, 0.0]])
        value, gradient = jax.value_and_grad(norm_penalty)(inside)
        assert float(value) == 0
        assert (np.asarray(gradient) == 0).all()  # at the zero vector too, and no NaN

    def test_gradient_points_along_the_vector(self) -> None:
        gradient = jax.grad(norm_penalty)(jnp.array([[3.0, 4.0, 0.0]]))
        np.testing.assert_allclose(np.asarray(gradient), [[0.6, 0.8, 0.0]], rtol=1e-5)
