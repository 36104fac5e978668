"""Ranking figures against golden values, a slow oracle, and their algebra."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recsys.evaluation import ranking
from recsys.evaluation.ranking import LookAlikes, Positives
from tests.evaluation import oracle


def nan(values: list[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in values]


def planted(
    seed: int, scenes: int, products: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.int32]]:
    """Scores with many ties, masks with empty, single and crowded rows, uneven categories."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 6, (scenes, products)).astype(np.float32) / 4
    share = rng.choice([0.0, 0.1, 0.5, 1.0], scenes)
    mask = rng.random((scenes, products)) < share[:, None]
    category = rng.choice(4, products, p=[0.6, 0.25, 0.1, 0.05]).astype(np.int32)
    return scores, mask, category


def sets(mask: NDArray[np.bool_]) -> list[set[int]]:
    return [set(np.flatnonzero(row).tolist()) for row in mask]


def test_docstrings_hold() -> None:
    outcome = doctest.testmod(ranking)
    assert outcome.attempted >= 10
    assert outcome.failed == 0


class TestGolden:
    """Values worked out by hand, some of them in the measures' definition."""

    def ranks(self, relevant: int) -> tuple[NDArray[np.int64], Positives]:
        mask = np.zeros((1, 20), bool)
        mask[0, [1, 4, 10, 11][:relevant]] = True
        scores = -np.arange(20, dtype=np.float32)[None]
        positives = Positives.from_mask(mask)
        return ranking.measure([scores], positives).rank, positives

    @pytest.mark.parametrize(("relevant", "expected"), [(2, 0.6241), (4, 0.3973)])
    def test_ndcg_of_hits_at_two_and_five(self, relevant: int, expected: float) -> None:
        rank, positives = self.ranks(relevant)
        assert rank[:2].tolist() == [2, 5]
        assert ranking.ndcg_at_k(rank, positives, 5)[0] == pytest.approx(expected, abs=5e-5)

    def test_recall_divides_by_what_fits(self) -> None:
        rank, positives = self.ranks(4)
        assert ranking.recall_at_k(rank, positives, 1)[0] == 0.0
        assert ranking.recall_at_k(rank, positives, 2)[0] == 0.5  # 1 hit of 2 places, not of 4
        assert ranking.recall_at_k(rank, positives, 10)[0] == 0.5

    def test_reciprocal_rank_is_of_the_first_hit(self) -> None:
        rank, positives = self.ranks(4)
        assert ranking.reciprocal_rank(rank, positives)[0] == 0.5

    def test_ties_count_half_in_auc_and_by_row_in_ranks(self) -> None:
        mask = np.array([[False, True, False, True]])
        figures = ranking.measure(
            [np.array([[0.5, 0.5, 0.5, 0.9]], np.float32)], Positives.from_mask(mask)
        )
        assert figures.rank.tolist() == [3, 1]
        assert figures.auc.tolist() == [0.5, 1.0]


class TestOracle:
    @pytest.mark.parametrize("seed", range(12))
    @pytest.mark.parametrize("k", [1, 3, 10, 500])
    def test_scene_figures(self, seed: int, k: int) -> None:
        scores, mask, category = planted(seed, scenes=7, products=5 + 9 * (seed % 4))
        positives = Positives.from_mask(mask)
        rank = ranking.measure([scores[:3], scores[3:]], positives, category=category).rank
        listed = scores.tolist()
        for ours, slow in (
            (ranking.recall_at_k(rank, positives, k), oracle.recall(listed, sets(mask), k)),
            (ranking.ndcg_at_k(rank, positives, k), oracle.ndcg(listed, sets(mask), k)),
            (
                ranking.reciprocal_rank(rank, positives),
                oracle.reciprocal_rank(listed, sets(mask)),
            ),
        ):
            np.testing.assert_allclose(ours, nan(slow), atol=1e-12)

    @pytest.mark.parametrize("seed", range(12))
    def test_pair_figures(self, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ranking, "_BLOCK_CELLS", 64)  # several blocks a chunk
        scores, mask, category = planted(seed, scenes=6, products=25)
        figures = ranking.measure(
            [scores[:1], scores[1:1], scores[1:]], Positives.from_mask(mask), category=category
        )
        listed = scores.tolist()
        np.testing.assert_allclose(figures.auc, nan(oracle.auc(listed, sets(mask))))
        np.testing.assert_allclose(
            figures.within_auc, nan(oracle.auc(listed, sets(mask), category.tolist()))
        )

    @pytest.mark.parametrize("seed", range(6))
    def test_lenient_ranks(self, seed: int) -> None:
        scores, mask, _ = planted(seed, scenes=6, products=20)
        rng = np.random.default_rng(seed)
        a, b = rng.integers(0, 20, (2, 12))
        alike = LookAlikes.from_pairs(a, b, 20)
        neighbours: dict[int, set[int]] = {}
        for one, other in zip(a.tolist(), b.tolist(), strict=True):
            neighbours.setdefault(one, set()).add(other)
            neighbours.setdefault(other, set()).add(one)
        positives = Positives.from_mask(mask)
        figures = ranking.measure([scores], positives, alike=alike)
        slow = oracle.lenient_rank(scores.tolist(), sets(mask), neighbours)
        assert figures.lenient_rank.tolist() == slow
        for k in (1, 5, 50):
            lenient = ranking.recall_at_k(figures.lenient_rank, positives, k)
            strict = ranking.recall_at_k(figures.rank, positives, k)
            known = ~np.isnan(strict)
            assert np.all(lenient[known] >= strict[known])
            assert np.all(lenient[known] <= 1)


class TestNoData:
    def test_a_scene_without_right_products_is_no_data(self) -> None:
        positives = Positives.from_mask(np.zeros((2, 4), bool))
        figures = ranking.measure([np.zeros((2, 4), np.float32)], positives)
        assert figures.rank.shape == (0,)
        assert np.isnan(ranking.recall_at_k(figures.rank, positives, 3)).all()
        assert np.isnan(ranking.ndcg_at_k(figures.rank, positives, 3)).all()
        assert np.isnan(ranking.reciprocal_rank(figures.rank, positives)).all()

    def test_no_scenes(self) -> None:
        positives = Positives.from_mask(np.zeros((0, 4), bool))
        assert ranking.measure([], positives).auc.shape == (0,)

    def test_no_negative_of_the_category(self) -> None:
        positives = Positives.from_mask(np.array([[True, True, False]]))
        category = np.array([0, 1, 1])
        figures = ranking.measure(
            [np.array([[0.3, 0.2, 0.1]], np.float32)], positives, category=category
        )
        np.testing.assert_array_equal(figures.within_auc, [np.nan, 1.0])
        assert figures.auc.tolist() == [1.0, 1.0]

    def test_every_product_right(self) -> None:
        figures = ranking.measure(
            [np.zeros((1, 3), np.float32)], Positives.from_mask(np.ones((1, 3), bool))
        )
        assert np.isnan(figures.auc).all()


class TestContrast:
    def test_rivals_are_wrong_products_of_the_category(self) -> None:
        _, mask, category = planted(3, scenes=8, products=40)
        positives = Positives.from_mask(mask)
        drawn = ranking.draw_contrast(positives, category, seed=0, keys=np.arange(8))
        for scene, product, rival in zip(positives.scene, positives.product, drawn, strict=True):
            wrong = (category == category[product]) & ~mask[scene]
            assert rival == -1 if not wrong.any() else wrong[rival]

    def test_draws_follow_the_scene_and_not_its_place(self) -> None:
        _, mask, category = planted(4, scenes=5, products=30)
        mask[:, :3] = True
        whole = Positives.from_mask(mask)
        part = Positives.from_mask(mask[3:])
        all_drawn = ranking.draw_contrast(whole, category, seed=1, keys=np.arange(5))
        drawn = ranking.draw_contrast(part, category, seed=1, keys=np.array([3, 4]))
        assert all_drawn[whole.scene >= 3].tolist() == drawn.tolist()

    def test_right_half_and_wrong(self) -> None:
        positives = Positives.from_mask(np.array([[True, True, True, False, False]]))
        figures = ranking.measure(
            [np.array([[3, 1, 2, 2, 0]], np.float32)], positives, contrast=np.array([3, 3, 3])
        )
        assert figures.correct.tolist() == [1.0, 0.0, 0.5]


class TestAlgebra:
    @given(seed=st.integers(0, 10_000))
    @settings(max_examples=30, deadline=None)
    def test_rising_functions_of_the_score_change_nothing(self, seed: int) -> None:
        scores, mask, category = planted(seed, scenes=4, products=15)
        positives = Positives.from_mask(mask)
        plain = ranking.measure([scores], positives, category=category)
        bent = ranking.measure([scores**3 * 8 - 5], positives, category=category)
        np.testing.assert_array_equal(plain.rank, bent.rank)
        np.testing.assert_array_equal(plain.within_auc, bent.within_auc)

    @given(seed=st.integers(0, 10_000))
    @settings(max_examples=30, deadline=None)
    def test_order_of_products_changes_nothing_but_ties(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        _, mask, category = planted(seed, scenes=4, products=15)
        scores = rng.permuted(np.tile(np.arange(15.0), (4, 1)), axis=1)
        order = rng.permutation(15)
        plain = ranking.measure([scores], Positives.from_mask(mask), category=category)
        moved = ranking.measure(
            [scores[:, order]], Positives.from_mask(mask[:, order]), category=category[order]
        )
        for name in ("rank", "auc", "within_auc"):
            np.testing.assert_array_equal(
                np.sort(getattr(plain, name)), np.sort(getattr(moved, name))
            )

    def test_flipping_the_scores_flips_auc(self) -> None:
        scores, mask, _ = planted(5, scenes=6, products=20)
        positives = Positives.from_mask(mask)
        up, down = ranking.measure([scores], positives), ranking.measure([-scores], positives)
        np.testing.assert_allclose(up.auc, 1 - down.auc)


class TestRefused:
    def test_not_a_number(self) -> None:
        positives = Positives.from_mask(np.ones((1, 2), bool))
        with pytest.raises(ValueError, match=r"scenes 0–0 are not numbers"):
            ranking.measure([np.array([[np.nan, 1.0]], np.float32)], positives)

    @pytest.mark.parametrize("shape", [(1, 2), (2, 3), (4, 2)])
    def test_scores_that_do_not_cover_the_scenes(self, shape: tuple[int, int]) -> None:
        positives = Positives.from_mask(np.ones((2, 2), bool))
        with pytest.raises(ValueError, match="expected score"):
            ranking.measure([np.zeros(shape, np.float32)], positives)

    def test_k_below_one(self) -> None:
        positives = Positives.from_mask(np.ones((1, 2), bool))
        with pytest.raises(ValueError, match="at least 1"):
            ranking.recall_at_k(np.array([1, 2]), positives, 0)

    def test_positives_out_of_order_or_range(self) -> None:
        two = np.array([1, 1])
        for scene, product in (([0, 0], [1, 1]), ([1, 0], [0, 0]), ([0, 9], [0, 0])):
            with pytest.raises(ValueError, match="unique pairs"):
                Positives(np.array(scene) * two, np.array(product), 2, 3)
