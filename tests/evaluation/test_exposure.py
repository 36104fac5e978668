"""Who is shown: golden values, a slow oracle, the algebra, and what has no data."""

from __future__ import annotations

import doctest
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
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

GOLDEN = np.array([0, 0, 1, 2, 7])
SEEDS = st.integers(0, 10**6)
quick = settings(max_examples=40, deadline=None)


def random_lists(seed: int) -> tuple[NDArray[np.int32], int]:
    """Skewed lists, some shorter than others, some empty; sometimes no list or product at all."""
    rng = np.random.default_rng(seed)
    scenes, products, k = rng.integers(0, 9), rng.integers(0, 13), rng.integers(1, 16)
    lists = np.full((scenes, k), -1, np.int32)
    weights = rng.random(products) ** 3 + 0.01
    for line in lists:
        most = int(min(k, products))
        length = most if rng.random() < 0.5 else int(rng.integers(0, most + 1))
        if length:
            line[:length] = rng.choice(products, length, False, weights / weights.sum())
    return lists, int(products)


def plain(lists: NDArray[np.int32]) -> list[list[int]]:
    return [[int(p) for p in line if p >= 0] for line in lists]


def random_positives(seed: int, scenes: int, products: int) -> Positives:
    return Positives.from_mask(np.random.default_rng(seed).random((scenes, products)) < 0.3)


def sets(positives: Positives) -> list[set[int]]:
    return [
        set(positives.product[positives.scene == scene].tolist())
        for scene in range(positives.scenes)
    ]


def same(found: float | None, expected: float | None) -> bool:
    if found is None or expected is None:
        return found is expected
    return found == pytest.approx(expected, abs=1e-9)


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
    code = "import sys, recsys.evaluation.exposure; print({'jax', 'streamlit'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


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
    def test_popularity(self, seed: int) -> None:
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

    @quick
    @given(SEEDS)
    def test_norms(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        products = int(rng.integers(0, 12))
        norms, others = rng.integers(1, 5, products) / 2, rng.integers(0, 4, products)
        assert same(
            exposure.spearman(norms, others), oracle.spearman(norms.tolist(), others.tolist())
        )
        places = [(rank - 0.5) / max(1, products) for rank in oracle.ranks(norms.tolist())]
        np.testing.assert_allclose(exposure.percentiles(norms), places)


class TestNorms:
    def test_a_diagnosis(self) -> None:
        norms = np.array([4.0, 1.0, 2.0, np.nan])
        dot, cosine = np.array([6, 0, 2, 0]), np.array([2, 3, 3, 0])
        found = exposure.norm_diagnosis(norms, np.array([1, 3, 2, 9]), dot, dot, cosine)
        assert found.norm_and_shown == 1
        assert found.norm_and_frequency == -1  # the product without a vector does not count
        assert found.frequency_and_shown == pytest.approx(
            oracle.spearman([1, 3, 2, 9], dot.tolist())
        )
        assert found.norm_variation == pytest.approx(np.std([4, 1, 2]) / (7 / 3))
        assert found.norm_attributable == pytest.approx(4 / 8)

    def test_what_is_not_known(self) -> None:
        found = exposure.norm_diagnosis(np.ones(3), None, np.zeros(3, int))
        assert found == exposure.NormDiagnosis(None, None, None, 0.0, None)
        nothing = np.zeros(0)
        assert exposure.norm_diagnosis(nothing, nothing, nothing.astype(int)) == (
            exposure.NormDiagnosis(None, None, None, None, None)
        )

    def test_lists_of_other_scenes_are_refused(self) -> None:
        with pytest.raises(ValueError, match="same scenes, products and k, found 3 showings"):
            exposure.norm_attributable(np.array([3, 0]), np.array([1, 1]))


class TestChance:
    @pytest.mark.parametrize("k", [1, 3, 7, 8, 9, 15, 16, 40])
    def test_every_product_and_every_set_alike(self, k: int) -> None:
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
    def test_lists_hold_a_product_once(self, k: int) -> None:
        drawn = exposure.counts_by_chance(1, k, 6, seed=0, simulations=300)
        assert set(drawn.ravel().tolist()) == {0, 1}
        kinds, often = np.unique(drawn, axis=0, return_counts=True)
        assert len(kinds) == 15  # all sets of two (or four) of six
        assert often.min() > 5
        assert often.max() < 45

    def test_lists_of_many_lengths(self) -> None:
        lengths = np.array([0, 1, 5, 6, 10])
        drawn = exposure.counts_by_chance(5, 10, 10, seed=1, lengths=lengths)
        assert (drawn.sum(axis=1) == 22).all()
        assert drawn.min() >= 1  # the last list has them all
        with pytest.raises(ValueError, match=r"lengths must be \[5\], each from 0 to 4"):
            exposure.counts_by_chance(5, 4, 10, seed=1, lengths=lengths)

    def test_chunks_change_nothing_but_the_draw(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exposure_chance, "_CHUNK_CELLS", 10)
        drawn = exposure.counts_by_chance(50, 4, 30, seed=0)
        assert (drawn.sum(axis=1) == 200).all()

    def test_figures_are_means_and_seeds_repeat(self) -> None:
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

    def test_what_needs_no_simulation(self) -> None:
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

    def test_nothing(self) -> None:
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

    @quick
    @given(SEEDS)
    def test_spearman_follows_any_rising_function(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        a, b = rng.integers(0, 6, (2, 9))
        found = exposure.spearman(a, b)
        if found is not None:
            assert -1 <= found <= 1
            assert exposure.spearman(a**3 + 2.0, b) == found
            assert exposure.spearman(-a, b) == pytest.approx(-found)
            assert exposure.spearman(b, a) == found


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
