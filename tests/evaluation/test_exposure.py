"""Who is shown: golden values, a slow oracle, the algebra, and what has no data."""

from __future__ import annotations

import doctest
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from recsys.evaluation import (
    exposure,
    exposure_chance,
    exposure_concentration,
    exposure_lists,
    exposure_norms,
    exposure_popularity,
)
from recsys.evaluation.ranking import Positives
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
from tests.support.imports import loaded_by

GOLDEN = np.array([0, 0, 1, 2, 7])


def test_docstrings_hold() -> None:
    modules = (
        exposure_chance,
        exposure_concentration,
        exposure_lists,
        exposure_norms,
        exposure_popularity,
    )
    outcomes = [doctest.testmod(module) for module in modules]
    assert all(outcome.attempted and not outcome.failed for outcome in outcomes)


def test_it_needs_neither_jax_nor_a_page() -> None:
    assert loaded_by("recsys.evaluation.exposure", "jax streamlit") == []


class TestGolden:
    def test_the_values_of_the_definition(self) -> None:
        found = exposure.concentration(GOLDEN, 7)
        assert found.gini == pytest.approx(0.64)
        assert found.robin_hood == pytest.approx(0.5)
        assert found.skewness == pytest.approx(1.2181, abs=5e-5)
        assert found.coverage == pytest.approx(0.6)
        assert found.effective_catalogue == pytest.approx(2.2296, abs=5e-5)
        assert found.hub_share == pytest.approx(0.7)
        assert found.largest_share == pytest.approx(1.0)
        assert found.top_share == pytest.approx(0.7)  # 1 % of five is still one product

    def test_the_never_shown_count(self) -> None:
        assert exposure.gini(GOLDEN[GOLDEN > 0]) == pytest.approx(0.40)  # what it must not be

    def test_chance_at_the_size_of_complete_the_look(self) -> None:
        by_chance = exposure.gini_by_chance(4000, 10, 38_000, seed=0)
        assert by_chance == pytest.approx(0.51, abs=0.005)
        assert exposure.excess_gini(by_chance, by_chance) == 0
        assert exposure.excess_gini(1.0, by_chance) == 1

    def test_the_top_share_is_whole_products(self) -> None:
        """29 of 100 are 29 %, though 100 × 0.29 is a little less in floating point."""
        assert [exposure.top_products(100, share) for share in (0.29, 0.57, 1)] == [29, 57, 100]
        assert [exposure.top_products(count) for count in (0, 1, 199, 200)] == [0, 1, 1, 2]

    def test_lists_as_a_model_of_one_product_gives_them(self) -> None:
        lists = np.array([[3, 0], [3, 1], [3, 2], [3, 0]])
        counts = exposure.times_shown(lists, 6)
        assert counts.tolist() == [2, 1, 1, 4, 0, 0]
        assert exposure.largest_share(counts, 4) == 1
        assert exposure.hubs(counts).tolist() == [False, False, False, True, False, False]
        # four pairs that share only the 3, two times one pair that shares both
        assert exposure.personalisation(counts, 4) == pytest.approx(1 - (10 * 1 + 2 * 2) / (2 * 12))


class TestOracle:
    @quick
    @given(SEEDS)
    def test_concentration(self, seed: int) -> None:
        lists, products = random_lists(seed)
        counts = exposure.times_shown(lists, products)
        slow = oracle.times_shown(plain(lists), products)
        assert counts.tolist() == slow
        assert counts.dtype == np.int64
        found = exposure.concentration(counts, len(lists))
        assert same(found.gini, oracle.gini(slow))
        assert same(found.coverage, oracle.coverage(slow))
        assert same(found.hub_share, oracle.hub_share(slow))
        assert same(found.top_share, oracle.top_share(slow, 1))
        assert same(exposure.top_share(counts, 0.29), oracle.top_share(slow, 29))
        assert same(found.robin_hood, oracle.robin_hood(slow))
        assert same(found.effective_catalogue, oracle.effective_catalogue(slow))
        assert same(found.skewness, oracle.skewness(slow))
        assert same(found.personalisation, oracle.personalisation(plain(lists)))
        assert same(found.largest_share, max(slow) / len(lists) if sum(slow) else None)
        curve, expected = exposure.lorenz(counts), oracle.lorenz(slow)
        assert (curve is None) == (expected is None)
        if curve is not None and expected is not None:
            np.testing.assert_allclose(curve, expected, atol=1e-12)
            assert curve[0] == 0
            assert curve[-1] == 1
            area = float(((curve[1:] + curve[:-1]) / 2).mean())
            assert same(1 - 2 * area, found.gini)  # twice what lies above the curve

    @quick
    @given(SEEDS)
    def test_what_was_right(self, seed: int) -> None:
        lists, products = random_lists(seed)
        positives = random_positives(seed, len(lists), products)
        right = exposure.right_counts(lists, positives)
        assert right.tolist() == oracle.right(plain(lists), sets(positives), products)
        counts = exposure.times_shown(lists, products)
        wrong = exposure.bad_exposure(counts, right)
        assert (wrong + right == counts).all()

    @quick
    @given(SEEDS)
    def test_intra_list_diversity(self, seed: int) -> None:
        lists, products = random_lists(seed)
        vectors = np.random.default_rng(seed).normal(size=(products, 3)).astype(np.float32)
        vectors[:1] = 0
        slow = oracle.intra_list_diversity(plain(lists), vectors.tolist())
        assert same(exposure.intra_list_diversity(lists, vectors), slow)
        everything = [list(range(products))]
        assert same(
            exposure.intra_list_diversity_by_chance(vectors),
            oracle.intra_list_diversity(everything, vectors.tolist()),
        )

    def test_intra_list_diversity_of_many_chunks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lists = np.argsort(np.random.default_rng(0).random((20, 9)))[:, :4]
        vectors = np.random.default_rng(1).normal(size=(9, 5))
        whole = exposure.intra_list_diversity(lists, vectors)
        monkeypatch.setattr(exposure_lists, "_CHUNK_CELLS", 60)  # three lists at a time
        assert exposure.intra_list_diversity(lists, vectors) == whole


def every_figure(
    lists: NDArray[Any], positives: Positives, frequencies: NDArray[Any], vectors: NDArray[Any]
) -> dict[str, Any]:
    counts = exposure.times_shown(lists, positives.products)
    right = exposure.right_counts(lists, positives)
    wanted = np.bincount(positives.product, minlength=positives.products)
    tail = exposure.tail(frequencies)
    curve = exposure.lorenz(counts)
    norms = np.linalg.norm(vectors, axis=1)
    return {
        "concentration": exposure.concentration(counts, len(lists)),
        "lorenz": None if curve is None else curve.tolist(),
        "shown": exposure.average_popularity(lists, frequencies),
        "true": exposure.true_popularity(positives, frequencies),
        "tail": exposure.average_tail_share(lists, tail),
        "reo": exposure.pop_reo(right, wanted, tail),
        "norms": exposure.norm_diagnosis(norms, frequencies, counts, counts, counts),
        "diversity": exposure.intra_list_diversity(lists, vectors),
    }


class TestAlgebra:
    @quick
    @given(SEEDS)
    def test_order_of_products_changes_no_figure(self, seed: int) -> None:
        lists, products = random_lists(seed)
        rng = np.random.default_rng(seed)
        frequencies = rng.integers(0, 6, products)
        vectors = rng.normal(size=(products, 4))
        positives = random_positives(seed, len(lists), products)
        order = rng.permutation(products)
        renamed = np.append(np.argsort(order), -1)[lists]
        mask = np.zeros((len(lists), products), bool)
        mask[positives.scene, positives.product] = True
        moved = Positives.from_mask(mask[:, order])
        assert every_figure(lists, positives, frequencies, vectors) == every_figure(
            renamed, moved, frequencies[order], vectors[order]
        )

    @quick
    @given(SEEDS)
    def test_order_of_scenes_and_ranks_changes_no_figure(self, seed: int) -> None:
        lists, products = random_lists(seed)
        rng = np.random.default_rng(seed)
        frequencies, vectors = rng.integers(0, 6, products), rng.normal(size=(products, 4))
        positives = random_positives(seed, len(lists), products)
        order = rng.permutation(len(lists))
        mask = np.zeros((len(lists), products), bool)
        mask[positives.scene, positives.product] = True
        before = every_figure(lists, positives, frequencies, vectors)
        after = every_figure(
            rng.permuted(lists[order], axis=1),
            Positives.from_mask(mask[order]),
            frequencies,
            vectors,
        )
        assert before.pop("diversity") == pytest.approx(after.pop("diversity"))
        assert before == after

    @quick
    @given(st.lists(st.integers(0, 50), min_size=1, max_size=20), st.integers(2, 5))
    def test_bounds_and_copies(self, counts: list[int], times: int) -> None:
        """Shares of a catalogue that is there twice over are those of the one."""
        if not any(counts):
            return
        one, many = np.array(counts), np.tile(counts, times)
        for name in ("gini", "coverage", "hub_share", "robin_hood", "skewness"):
            of_one, of_many = getattr(exposure, name)(one), getattr(exposure, name)(many)
            assert same(of_one, of_many)
        effective = exposure.effective_catalogue(one)
        assert effective is not None
        assert 1 - 1e-9 <= effective <= len(one) + 1e-9
        assert same(exposure.effective_catalogue(many), times * effective)
        found = exposure.gini(one)
        assert found is not None
        assert -1e-12 <= found <= 1 - 1 / len(one) + 1e-12

    def test_all_alike_and_one_takes_all(self) -> None:
        even = exposure.concentration(np.full(8, 3), 6)
        assert (even.gini, even.robin_hood, even.coverage, even.hub_share) == (0, 0, 1, 0)
        assert even.effective_catalogue == pytest.approx(8)
        assert even.skewness is None
        one = exposure.concentration(np.array([0, 0, 0, 5]), 5)
        assert (one.gini, one.robin_hood, one.hub_share, one.top_share) == (0.75, 0.75, 1, 1)
        assert one.effective_catalogue == 1

    def test_padding_and_a_wider_list_change_nothing(self) -> None:
        lists = np.array([[2, 1, 0], [0, 3, 4]])
        wide = np.concatenate((lists, np.full((2, 5), -1)), axis=1)
        vectors = np.random.default_rng(0).normal(size=(5, 3))
        positives = random_positives(1, 2, 5)
        args = (positives, np.arange(5), vectors)
        assert every_figure(lists, *args) == every_figure(wide, *args)


class TestNoData:
    @pytest.mark.parametrize(
        ("shape", "products"), [((0, 3), 5), ((0, 0), 0), ((4, 0), 5), ((4, 3), 0), ((4, 3), 5)]
    )
    def test_lists_of_nothing(self, shape: tuple[int, int], products: int) -> None:
        lists = np.full(shape, -1, np.int32)
        positives = Positives.from_mask(np.zeros((len(lists), products), bool))
        figures = every_figure(lists, positives, np.zeros(products, int), np.ones((products, 2)))
        concentration = figures.pop("concentration")
        assert set(vars(concentration).values()) == {None}
        norms = figures.pop("norms")
        assert norms.norm_and_shown is None
        assert norms.norm_attributable is None
        assert set(figures.values()) == {None}

    def test_nothing_true(self) -> None:
        none = Positives.from_mask(np.zeros((1, 2), bool))
        assert exposure.popularity_lift(np.array([[0]]), none, np.array([1, 2])) is None
        assert exposure.lift(1.0, 0.0) is None  # what is right was never in training
        assert exposure.pop_reo(np.zeros(2, int), np.array([1, 1]), np.array([True, False])) is None

    def test_one_scene_differs_from_no_other(self) -> None:
        assert exposure.personalisation(np.array([1, 1]), 1) is None


class TestRefused:
    @pytest.mark.parametrize(
        ("lists", "message"),
        [
            (np.array([0, 1]), r"lists must be int \[Q, k\]"),
            (np.array([[0.0]]), r"lists must be int \[Q, k\], found float64"),
            (np.array([[0, 4]]), "positions from 0 to 3"),
            (np.array([[-2, 0]]), "found -2 to 0"),
            (np.array([[0, 1], [2, 2]]), "list of scene 1 has one twice"),
        ],
    )
    def test_lists_that_are_none(self, lists: NDArray[Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            exposure.times_shown(lists, 4)

    @pytest.mark.parametrize("counts", [[-1, 2], [[1]], [np.nan], [np.inf]])
    def test_counts_that_are_none(self, counts: Any) -> None:
        with pytest.raises(ValueError, match="counts must be"):
            exposure.gini(np.array(counts))

    def test_sizes_that_do_not_fit(self) -> None:
        positives = Positives.from_mask(np.ones((2, 3), bool))
        with pytest.raises(ValueError, match="lists for 2 scenes, found 1"):
            exposure.right_counts(np.array([[0]]), positives)
        with pytest.raises(ValueError, match="expected 3 frequencies, found 2"):
            exposure.true_popularity(positives, np.array([1, 2]))
        with pytest.raises(ValueError, match="more often than it is shown"):
            exposure.bad_exposure(np.array([1]), np.array([2]))
        with pytest.raises(ValueError, match="expected two"):
            exposure.spearman(np.ones(2), np.ones(3))
        with pytest.raises(ValueError, match="a share is above 0"):
            exposure.top_products(5, 0)
