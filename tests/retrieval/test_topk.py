from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recsys.retrieval import topk
from recsys.retrieval.topk import ProductIndex, region_scores, score_all, top_k
from tests.retrieval import oracles

TAU = 10.0
# Similarities on a coarse grid: many exact ties, and none that rounding makes or breaks.
GRID = st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0])
quick = settings(max_examples=40, deadline=None)


def random_vectors(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@st.composite
def problems(draw: st.DrawFn, most_regions: int = 4) -> tuple[Any, ...]:
    q, r, p, d = (
        draw(st.integers(1, 3)),
        draw(st.integers(1, most_regions)),
        draw(st.integers(1, 30)),
        draw(st.sampled_from([1, 3])),
    )
    scenes = draw(hnp.arrays(np.float32, (q, r, d), elements=GRID))
    products = draw(hnp.arrays(np.float32, (p, d), elements=GRID))
    return scenes, products, draw(st.integers(1, 40)), draw(st.sampled_from(["cosine", "dot"]))


class TestAgainstTheOracle:
    @quick
    @given(problems())
    def test_scores(self, problem: tuple[Any, ...]) -> None:
        scenes, products, _, score = problem
        found = score_all(scenes, products, score=score, tau=TAU)
        np.testing.assert_allclose(
            found, oracles.score_all(scenes, products, score, TAU), atol=2e-6
        )

    @quick
    @given(problems(most_regions=1), st.data())
    def test_order_with_many_exact_ties(
        self, problem: tuple[Any, ...], data: st.DataObject
    ) -> None:
        # One region and a dot product on the grid: every score is exact, so is every tie.
        scenes, products, k, _ = problem
        allowed = data.draw(hnp.arrays(np.bool_, len(products)))
        exact = oracles.score_all(scenes, products, "dot", TAU)
        found = top_k(scenes, products, k, score="dot", tau=TAU, allowed=allowed)
        assert found.rows.shape == (len(scenes), min(k, int(allowed.sum())))
        for row, (rows, scores) in enumerate(zip(found.rows, found.scores, strict=True)):
            assert rows.tolist() == oracles.order(exact[row], allowed, k)
            np.testing.assert_allclose(scores, exact[row][rows], atol=1e-6)

    @quick
    @given(problems())
    def test_order_over_regions(self, problem: tuple[Any, ...]) -> None:
        scenes, products, k, score = problem
        exact = oracles.score_all(scenes, products, score, TAU)
        everything = [True] * len(products)
        for rows, scores in zip(
            top_k(scenes, products, k, score=score, tau=TAU).rows, exact, strict=True
        ):
            assert oracles.is_top_k(rows.tolist(), scores.tolist(), everything, k, within=4e-6)

    def test_corrections_apply_after_pooling(self) -> None:
        scenes, products = random_vectors(0, 3, 4, 8), random_vectors(1, 50, 8)
        scale = np.random.default_rng(2).uniform(0.1, 2, 50).astype(np.float32)
        offset = random_vectors(3, 50)
        arguments: dict[str, Any] = {"scale": scale, "offset": offset}
        exact = oracles.score_all(scenes, products, "cosine", TAU, **arguments)
        found = score_all(scenes, products, score="cosine", tau=TAU, **arguments)
        np.testing.assert_allclose(found, exact, atol=3e-6)
        best = top_k(scenes, products, 7, score="cosine", tau=TAU, **arguments)
        for rows, scores in zip(best.rows, exact, strict=True):
            assert oracles.is_top_k(rows.tolist(), scores.tolist(), [True] * 50, 7, within=6e-6)

    def test_winning_regions(self) -> None:
        scenes, products = random_vectors(4, 5, 6, 8), random_vectors(5, 40, 8)
        found = top_k(scenes, products, 11, score="cosine", tau=TAU)
        for scene, rows, regions in zip(scenes, found.rows, found.regions, strict=True):
            for row, region in zip(rows, regions, strict=True):
                sims = [oracles.similarity(vector, products[row], "cosine") for vector in scene]
                assert region == int(np.argmax(sims))

    @pytest.mark.parametrize("score", ["cosine", "dot"])
    def test_region_scores(self, score: Any) -> None:
        scene, products = random_vectors(6, 6, 8), random_vectors(7, 9, 8)
        found = region_scores(scene, products, score=score)
        assert found.shape == (9, 6)
        for row, product in enumerate(products):
            for region, vector in enumerate(scene):
                exact = oracles.similarity(vector, product, score)
                assert found[row, region] == pytest.approx(exact, abs=3e-6)


class TestTies:
    @pytest.mark.parametrize("count", [63, 64, 1000, 20_000])
    def test_equal_products_come_in_row_order_wherever_they_stand(self, count: int) -> None:
        products = np.repeat(random_vectors(0, 1, 16), count, axis=0)
        found = top_k(random_vectors(1, 2, 5, 16), products, count, score="cosine", tau=TAU)
        assert (found.rows == np.arange(count)).all()
        assert (found.scores == found.scores[:, :1]).all()

    def test_minus_zero_is_zero(self) -> None:
        scene = np.array([[[1.0, 0.0]]], np.float32)
        products = np.array([[0.0, 1.0], [-0.0, 1.0], [0.0, -1.0], [1.0, 0.0]], np.float32)
        found = top_k(scene, -products, 4, score="dot", tau=TAU)
        assert found.rows.tolist() == [[0, 1, 2, 3]]
        assert not np.signbit(found.scores[0, :3]).any()

    def test_negative_scores_order_like_numbers(self) -> None:
        products = np.array([[-3.0], [2.0], [-1e-30], [-0.5], [1e-30], [-3.0]], np.float32)
        found = top_k(np.ones((1, 1, 1), np.float32), products, 6, score="dot", tau=TAU)
        assert found.rows.tolist() == [[1, 4, 2, 3, 0, 5]]

    def test_the_first_of_equal_regions_wins(self) -> None:
        region = random_vectors(0, 1, 64)
        scene = np.repeat(region, 40, axis=0)[None]
        found = top_k(scene, random_vectors(1, 30, 64), 30, score="cosine", tau=TAU)
        assert (found.regions == 0).all()


class TestSameBits:
    """A scene gets the same list alone and in company, at any k, with any filter."""

    def test_alone_and_in_a_batch(self) -> None:
        scenes, products = random_vectors(0, 23, 7, 64), random_vectors(1, 3000, 64)
        batch = top_k(scenes, products, 50, score="cosine", tau=TAU)
        for row in range(len(scenes)):
            alone = top_k(scenes[row : row + 1], products, 50, score="cosine", tau=TAU)
            assert (alone.rows[0] == batch.rows[row]).all()
            assert (alone.scores[0] == batch.scores[row]).all()
            assert (alone.regions[0] == batch.regions[row]).all()

    def test_a_longer_list_begins_with_the_shorter(self) -> None:
        index = ProductIndex(random_vectors(1, 20_000, 64), score="cosine", tau=TAU)
        scenes = random_vectors(0, 2, 7, 64)
        whole = index.top_k(scenes, 10**9)
        assert whole.rows.shape == (2, 20_000)
        assert (np.sort(whole.rows, axis=1) == np.arange(20_000)).all()
        assert (np.diff(whole.scores, axis=1) <= 0).all()
        for k in (1, 2, 10, 100, 19_999):
            part = index.top_k(scenes, k)
            assert (part.rows == whole.rows[:, :k]).all()
            assert (part.scores == whole.scores[:, :k]).all()

    def test_a_filter_leaves_the_order_of_what_it_lets_through(self) -> None:
        products, scenes = random_vectors(1, 500, 16), random_vectors(0, 4, 3, 16)
        allowed = np.random.default_rng(2).random((4, 500)) < np.array([[0.5], [0.01], [0], [1]])
        whole = top_k(scenes, products, 500, score="dot", tau=TAU).rows
        found = top_k(scenes, products, 300, score="dot", tau=TAU, allowed=allowed)
        assert found.rows.shape == (4, 300)
        for row, mask in enumerate(allowed):
            kept = [product for product in whole[row] if mask[product]][:300]
            assert found.rows[row, : len(kept)].tolist() == kept
            assert (found.rows[row, len(kept) :] == -1).all()
            assert (found.scores[row, len(kept) :] == -np.inf).all()
            assert (found.regions[row, len(kept) :] == -1).all()

    @pytest.mark.parametrize("memory_mb", [1e-6, 0.1, 1.0])
    def test_the_memory_bound_changes_no_list(self, memory_mb: float) -> None:
        scenes, products = random_vectors(0, 3, 7, 64), random_vectors(1, 5000, 64)
        wide = top_k(scenes, products, 200, score="cosine", tau=TAU)
        narrow = top_k(scenes, products, 200, score="cosine", tau=TAU, memory_mb=memory_mb)
        np.testing.assert_allclose(narrow.scores, wide.scores, atol=3e-7)
        exact = score_all(scenes, products, score="cosine", tau=TAU)
        for rows, scores in zip(narrow.rows, exact.tolist(), strict=True):
            assert oracles.is_top_k(rows.tolist(), scores, [True] * 5000, 200, within=6e-7)

    def test_k_and_filters_compile_nothing_anew(self) -> None:
        index = ProductIndex(random_vectors(1, 777, 12), score="cosine", tau=TAU)
        scenes = random_vectors(0, 3, 5, 12)
        index.top_k(scenes[:1], 3)
        before = topk._block_scores._cache_size()
        for k in (1, 7, 776, 5000):
            allowed = np.random.default_rng(k).random(777) < 0.3
            index.top_k(scenes, k, allowed=allowed, scale=np.full(777, 0.5, np.float32))
        # Nor does a catalogue of about the same size.
        ProductIndex(random_vectors(2, 800, 12), score="dot", tau=3.0).top_k(scenes, 3)
        assert topk._block_scores._cache_size() == before


class TestAlgebra:
    @quick
    @given(problems(), st.randoms(use_true_random=False))
    def test_permuting_products_changes_no_score(self, problem: tuple[Any, ...], rng: Any) -> None:
        scenes, products, _, score = problem
        order = list(range(len(products)))
        rng.shuffle(order)
        plain = score_all(scenes, products, score=score, tau=TAU)
        assert (score_all(scenes, products[order], score=score, tau=TAU) == plain[:, order]).all()

    def test_permuting_many_products_changes_no_list(self) -> None:
        scenes, products = random_vectors(0, 4, 5, 64), random_vectors(1, 20_000, 64)
        order = np.random.default_rng(0).permutation(20_000)
        plain = top_k(scenes, products, 100, score="cosine", tau=TAU).rows
        moved = top_k(scenes, products[order], 100, score="cosine", tau=TAU).rows
        assert (order[moved] == plain).all()

    @quick
    @given(st.integers(0, 10**6), st.floats(1e-3, 1e3))
    def test_a_scenes_length_is_nothing_to_the_cosine(self, seed: int, factor: float) -> None:
        scenes, products = random_vectors(seed, 2, 3, 8), random_vectors(seed + 1, 60, 8)
        plain = top_k(scenes, products, 60, score="cosine", tau=TAU)
        scaled = top_k(np.float32(factor) * scenes, products, 60, score="cosine", tau=TAU)
        np.testing.assert_allclose(scaled.scores, plain.scores, atol=1e-6)
        exact = score_all(scenes, products, score="cosine", tau=TAU)
        for rows, scores in zip(scaled.rows, exact.tolist(), strict=True):
            assert oracles.is_top_k(rows.tolist(), scores, [True] * 60, 60, within=2e-6)

    @quick
    @given(problems(most_regions=1), st.sampled_from([-4.0, -0.25, 0.5, 8.0]))
    def test_a_constant_changes_no_order(self, problem: tuple[Any, ...], constant: float) -> None:
        scenes, products, k, _ = problem
        offset = np.full(len(products), constant, np.float32)
        plain = top_k(scenes, products, k, score="dot", tau=TAU)
        shifted = top_k(scenes, products, k, score="dot", tau=TAU, offset=offset)
        assert (plain.rows == shifted.rows).all()

    def test_one_region_is_the_plain_tower(self) -> None:
        scenes, products = random_vectors(0, 4, 1, 16), random_vectors(1, 30, 16)
        found = score_all(scenes, products, score="dot", tau=3.7)
        np.testing.assert_allclose(found, scenes[:, 0] @ products.T, rtol=1e-5, atol=1e-5)

    def test_more_regions_only_raise_a_score(self) -> None:
        scenes, products = random_vectors(0, 2, 9, 16), random_vectors(1, 30, 16)
        some = score_all(scenes[:, :5], products, score="cosine", tau=TAU)
        assert (score_all(scenes, products, score="cosine", tau=TAU) >= some - 1e-6).all()


class TestEdges:
    def test_no_scenes(self) -> None:
        found = top_k(np.empty((0, 2, 4)), random_vectors(0, 9, 4), 5, score="dot", tau=TAU)
        assert found.rows.shape == found.scores.shape == found.regions.shape == (0, 5)
        assert (
            score_all(np.empty((0, 2, 4)), random_vectors(0, 9, 4), score="dot", tau=TAU).size == 0
        )

    def test_no_products(self) -> None:
        scenes, nothing = random_vectors(0, 3, 2, 4), np.empty((0, 4), np.float32)
        found = top_k(scenes, nothing, 5, score="cosine", tau=TAU, allowed=np.empty(0, bool))
        assert found.rows.shape == (3, 0)
        assert top_k(scenes, nothing, 5, score="cosine", tau=TAU).rows.shape == (3, 0)
        assert region_scores(scenes[0], nothing, score="cosine").shape == (0, 2)

    def test_nothing_allowed(self) -> None:
        found = top_k(
            random_vectors(0, 3, 2, 4),
            random_vectors(1, 9, 4),
            5,
            score="cosine",
            tau=TAU,
            allowed=np.zeros(9, bool),
        )
        assert found.rows.shape == (3, 0)

    def test_a_zero_vector_has_cosine_zero(self) -> None:
        scenes = np.zeros((1, 1, 4), np.float32)
        found = score_all(scenes, random_vectors(0, 3, 4), score="cosine", tau=TAU)
        assert (found == 0).all()
        products = np.zeros((2, 4), np.float32)
        found = score_all(random_vectors(1, 1, 3, 4), products, score="cosine", tau=TAU)
        np.testing.assert_allclose(found, np.log(3) / TAU, rtol=1e-6)  # three regions at 0

    @pytest.mark.parametrize("length", [1e-20, 1e18])
    def test_extreme_lengths_are_safe_for_the_cosine(self, length: float) -> None:
        scenes, products = random_vectors(0, 2, 3, 8), random_vectors(1, 20, 8)
        plain = score_all(scenes, products, score="cosine", tau=TAU)
        found = score_all(
            scenes * np.float32(length), products * np.float32(length), score="cosine", tau=TAU
        )
        np.testing.assert_allclose(found, plain, atol=1e-6)

    def test_a_sharp_maximum_is_stable(self) -> None:
        scenes, products = 100 * random_vectors(0, 2, 3, 8), random_vectors(1, 20, 8)
        found = score_all(scenes, products, score="dot", tau=1e4)
        best = np.einsum("qrd,pd->qpr", scenes.astype(float), products).max(-1)
        np.testing.assert_allclose(found, best, rtol=1e-5, atol=1e-3)

    def test_doubles_and_transposed_views_are_taken(self) -> None:
        products = random_vectors(0, 4, 9).T
        found = top_k(random_vectors(1, 1, 2, 4).astype(float), products, 3, score="dot", tau=TAU)
        again = top_k(random_vectors(1, 1, 2, 4), products.copy(), 3, score="dot", tau=TAU)
        assert (found.rows == again.rows).all()

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"k": 0}, "k must be at least 1"),
            ({"k": -3}, "k must be at least 1"),
            ({"tau": 0.0}, "tau must be"),
            ({"tau": float("nan")}, "tau must be"),
            ({"score": "euclid"}, "'cosine' or 'dot'"),
            ({"memory_mb": 0}, "memory_mb"),
            ({"scenes": np.full((1, 2, 4), np.nan)}, "scenes must be finite"),
            ({"products": np.full((9, 4), np.inf)}, "products must be finite"),
            ({"scenes": np.ones((2, 4))}, r"scenes must be \[Q, R, D\]"),
            ({"scenes": np.ones((2, 0, 4))}, "at least one region"),
            ({"scenes": np.ones((2, 1, 5))}, "one dimension D, found 5 and 4"),
            ({"scale": np.ones(8)}, r"scale must be \[9\]"),
            ({"offset": np.full(9, np.nan)}, "offset must be finite"),
            ({"allowed": np.ones(9)}, r"allowed must be bool \[9\]"),
            ({"allowed": np.ones((3, 9), bool)}, r"found bool \[3, 9\]"),
            ({"products": np.full((9, 4), 3e38), "scenes": np.full((1, 2, 4), 9.0)}, "overflow"),
        ],
    )
    def test_what_is_refused(self, change: dict[str, Any], message: str) -> None:
        arguments: dict[str, Any] = {
            "scenes": np.ones((1, 2, 4)),
            "products": np.ones((9, 4)),
            "k": 3,
            "score": "dot",
            "tau": TAU,
        }
        with pytest.raises(ValueError, match=message):
            top_k(**(arguments | change))


class TestLookingAt:
    @quick
    @given(problems(), st.integers(1, 15))
    def test_as_if_the_other_regions_were_not_there(
        self, problem: tuple[Any, ...], bits: int
    ) -> None:
        scenes, products, k, score = problem
        mask = np.array([bits >> region & 1 for region in range(scenes.shape[1])], bool)
        if not mask.any():
            mask[0] = True
        index = ProductIndex(products, score=score, tau=TAU)
        found = index.top_k(scenes, k, looking_at=mask)
        alone = index.top_k(np.ascontiguousarray(scenes[:, mask]), k)
        np.testing.assert_allclose(found.scores, alone.scores, atol=1e-5)
        assert mask[found.regions].all()
        exact = oracles.score_all(scenes[:, mask], products, score, TAU)
        for query, rows in enumerate(found.rows.tolist()):
            everything = [True] * len(products)
            assert oracles.is_top_k(rows, exact[query].tolist(), everything, k, 1e-5)

    def test_all_of_them_is_none_and_none_compiles_anew(self) -> None:
        scenes, products = random_vectors(0, 2, 4, 3), random_vectors(1, 50, 3)
        index = ProductIndex(products, score="cosine", tau=TAU)
        plain = index.top_k(scenes, 50)
        before = topk._block_scores._cache_size()
        for bits in range(1, 16):
            mask = np.array([bits >> region & 1 for region in range(4)], bool)
            found = index.top_k(scenes, 50, looking_at=mask)
        np.testing.assert_array_equal(found.scores, plain.scores)
        np.testing.assert_array_equal(found.rows, plain.rows)
        assert topk._block_scores._cache_size() == before

    @pytest.mark.parametrize("mask", [np.zeros(4, bool), np.ones(3, bool), np.ones(4)])
    def test_refused(self, mask: np.ndarray) -> None:
        index = ProductIndex(random_vectors(1, 5, 3), score="cosine", tau=TAU)
        with pytest.raises(ValueError, match=r"looking_at must be bool \[4\]"):
            index.top_k(random_vectors(0, 1, 4, 3), 2, looking_at=mask)


def test_the_highest_precision_is_asked_for() -> None:
    # The default on some accelerators rounds to ten bits, which reorders lists.
    shapes = (np.ones((64, 4)), np.ones((2, 4)), np.ones(64), np.ones(64), np.float32(1))
    arrays = [np.asarray(array, np.float32) for array in shapes]
    assert "HIGHEST" in str(jax.make_jaxpr(topk._block_scores)(*arrays))
