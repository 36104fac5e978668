"""QB-Norm against its definition, and lists as they are served under any correction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recsys.retrieval import bank as bank_module
from recsys.retrieval.corrections import (
    NAMES,
    Bank,
    Correction,
    Fitted,
    fit,
    fit_centred,
    unit_regions,
)
from recsys.retrieval.corrections_served import corrected_scores, corrected_top_k
from recsys.retrieval.topk import ProductIndex
from tests.retrieval import oracles
from tests.retrieval.correction_cases import (
    REGIONS,
    SCORES,
    SEEDS,
    SHAPES,
    TAU,
    Case,
    full_inverted_softmax,
    quick,
    same_order,
)


def winners(scores: np.ndarray, masked: set[tuple[int, int]]) -> set[int]:
    """What any bank scene ranks first, its own products left out."""
    found = set()
    for n, line in enumerate(scores):
        open_ = [p for p in range(len(line)) if (n, p) not in masked]
        if open_:
            found.add(max(open_, key=lambda p: (line[p], -p)))
    return found


def clear(scores: np.ndarray) -> bool:
    """Whether every list has one best by more than rounding."""
    best = np.sort(scores, axis=1)[:, -2:]
    return scores.shape[1] < 2 or bool((best[:, 1] - best[:, 0] > 1e-4).all())


class TestQBNorm:
    @quick
    @given(SEEDS, SHAPES, REGIONS, st.integers(1, 12), st.floats(0.5, 30.0), SCORES)
    def test_against_the_definition(
        self, seed: int, shape: Any, regions: int, scenes: int, beta: float, score: Any
    ) -> None:
        case = Case(seed, shape, regions, scenes)
        own = oracles.score_all(case.queries, case.products, score, TAU)
        of_bank = oracles.score_all(case.bank.scenes, case.products, score, TAU)
        without = of_bank.copy()
        for n, p in case.masked:
            without[n, p] = -100.0 - p
        assume(clear(own) and clear(without))
        activated = winners(of_bank, case.masked)
        corrected = np.log(full_inverted_softmax(*case.asked(score), beta, case.masked)) / beta
        exact = np.array(
            [
                corrected[q] if max(range(case.count), key=lambda p: line[p]) in activated else line
                for q, line in enumerate(own)
            ]
        )
        correction = Correction("qb-norm", beta)
        fitted = fit(correction, case.products, bank=case.bank, score=score, tau=TAU)
        assert fitted.activated is not None
        assert set(np.flatnonzero(fitted.activated).tolist()) == activated
        assert (fitted.scale == 1).all()
        index = ProductIndex(case.products, score=score, tau=TAU)
        found = corrected_top_k(index, case.queries, case.count, fitted)
        assert same_order(found.rows.tolist(), exact, 1e-4)

    @pytest.mark.parametrize("score", ["cosine", "dot"])
    @pytest.mark.parametrize("regions", [1, 3])
    def test_the_same_bits_as_either_half(self, score: Any, regions: int) -> None:
        """Activated scenes get the inverted softmax, the others the model's own list."""
        case = Case(3, (33, 8), regions, 6)
        case.queries = np.random.default_rng(0).normal(size=(40, regions, 8)).astype(np.float32)
        fitted = fit(Correction("qb-norm"), case.products, bank=case.bank, score=score, tau=TAU)
        softmax = fit(
            Correction("inverted-softmax"), case.products, bank=case.bank, score=score, tau=TAU
        )
        assert fitted.activated is not None
        index = ProductIndex(case.products, score=score, tau=TAU)
        own, always, dynamic = (
            corrected_top_k(index, case.queries, 7, one) for one in (None, softmax, fitted)
        )
        active = fitted.activated[own.rows[:, 0]]
        assert 0 < active.sum() < len(active)
        np.testing.assert_array_equal(dynamic.rows[active], always.rows[active])
        np.testing.assert_array_equal(dynamic.scores[active], always.scores[active])
        np.testing.assert_array_equal(dynamic.rows[~active], own.rows[~active])
        np.testing.assert_array_equal(dynamic.scores[~active], own.scores[~active])

    def test_a_hub_gives_way_and_what_is_no_hub_stays(self) -> None:
        """Only scenes that a hub would answer are corrected."""
        products = np.eye(3, dtype=np.float32)
        own = np.array([[0.9, 0.8, 0], [0, 0, 1]], np.float32)[:, None]  # the hub's and another's
        bank = Bank(
            np.array([[[1, 0.1, 0]], [[1, 0, 0.9]]], np.float32), np.zeros(0, int), np.zeros(0, int)
        )
        fitted = fit(Correction("qb-norm"), products, bank=bank, score="cosine", tau=TAU)
        assert fitted.activated is not None
        assert fitted.activated.tolist() == [True, False, False]
        index = ProductIndex(products, score="cosine", tau=TAU)
        found = corrected_top_k(index, own, 3, fitted)
        assert found.rows[:, 0].tolist() == [1, 2]
        plain = corrected_top_k(index, own, 3, None)
        assert plain.rows[:, 0].tolist() == [0, 2]
        np.testing.assert_array_equal(found.scores[1], plain.scores[1])

    def test_a_bank_scene_that_is_right_for_everything_activates_nothing(self) -> None:
        case = Case(0, (2, 2), 1, 1)
        bank = Bank(case.bank.scenes, np.array([0, 0]), np.array([0, 1]))
        fitted = fit(Correction("qb-norm"), case.products, bank=bank, score="cosine", tau=TAU)
        assert fitted.activated is not None
        assert not fitted.activated.any()

    def test_ties_activate_the_first(self) -> None:
        case = Case(0, (2, 2), 1, 3)
        alike = np.repeat(case.products[:1], 3, axis=0)
        bank = Bank(case.bank.scenes, np.array([1]), np.array([0]))
        fitted = fit(Correction("qb-norm"), alike, bank=bank, score="cosine", tau=TAU)
        assert fitted.activated is not None
        assert fitted.activated.tolist() == [True, True, False]  # the second by scene 1

    def test_many_rounds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        case = Case(1, (33, 8), 3, 20)
        whole = fit(Correction("qb-norm"), case.products, bank=case.bank, score="cosine", tau=TAU)
        mean = fit_centred(case.products, case.bank, score="cosine", tau=TAU)
        monkeypatch.setattr(bank_module, "_BANK_ROUND", 3)
        parts = fit(Correction("qb-norm"), case.products, bank=case.bank, score="cosine", tau=TAU)
        assert (whole.activated == parts.activated).all()  # type: ignore[union-attr]
        np.testing.assert_allclose(whole.offset, parts.offset, atol=1e-6)
        again = fit_centred(case.products, case.bank, score="cosine", tau=TAU)
        np.testing.assert_allclose(mean.offset, again.offset, atol=1e-6)


class TestServed:
    @quick
    @given(SEEDS, REGIONS, st.sampled_from(NAMES), SCORES, st.booleans())
    def test_one_by_one_as_in_a_batch_filtered_as_not(
        self, seed: int, regions: int, name: Any, score: Any, focused: bool
    ) -> None:
        case = Case(seed, (33, 8), regions, 6)
        rng = np.random.default_rng(seed)
        fitted = fit(
            Correction(name), case.products, rng.integers(0, 9, 33), case.bank, score=score, tau=TAU
        )
        index = ProductIndex(case.products, score=score, tau=TAU)
        looking_at = np.arange(regions) != 1 if focused else None
        everything = corrected_top_k(index, case.queries, 33, fitted, looking_at=looking_at)
        assert everything.rows.shape == (3, 33)
        for q, scores in enumerate(
            corrected_scores(index, case.queries, fitted, looking_at=looking_at)
        ):
            np.testing.assert_array_equal(scores[everything.rows[q]], everything.scores[q])
            alone = corrected_top_k(
                index, case.queries[q : q + 1], 33, fitted, looking_at=looking_at
            )
            np.testing.assert_array_equal(alone.rows[0], everything.rows[q])
            np.testing.assert_array_equal(alone.scores[0], everything.scores[q])
        allowed = rng.random(33) < 0.4
        for k in (1, 5, 33):
            found = corrected_top_k(
                index, case.queries, k, fitted, allowed=allowed, looking_at=looking_at
            )
            for q in range(3):
                kept = [row for row in everything.rows[q].tolist() if allowed[row]][:k]
                assert found.rows[q].tolist() == kept

    @quick
    @given(SEEDS, st.sampled_from(NAMES), SCORES)
    def test_a_focus_asks_as_if_the_rest_were_not_there(
        self, seed: int, name: Any, score: Any
    ) -> None:
        """Also for which scenes are corrected."""
        case = Case(seed, (33, 8), 3, 9)
        counts = np.random.default_rng(seed).integers(0, 9, 33)
        fitted = fit(Correction(name), case.products, counts, case.bank, score=score, tau=TAU)
        index = ProductIndex(case.products, score=score, tau=TAU)
        looking_at = np.array([True, False, False])
        focused = corrected_top_k(index, case.queries, 33, fitted, looking_at=looking_at)
        alone = corrected_top_k(index, case.queries[:, :1], 33, fitted)
        np.testing.assert_allclose(focused.scores, alone.scores, atol=1e-5)

    @quick
    @given(SEEDS, st.sampled_from(NAMES), SCORES)
    def test_order_of_products_changes_no_list(self, seed: int, name: Any, score: Any) -> None:
        case = Case(seed, (33, 8), 3, 9)
        rng = np.random.default_rng(seed)
        counts, order = rng.integers(0, 9, 33), rng.permutation(33)
        where = np.argsort(order)
        moved = Bank(
            case.bank.scenes, case.bank.positive_scenes, where[case.bank.positive_products]
        )
        lists = []
        for products, frequencies, bank in (
            (case.products, counts, case.bank),
            (case.products[order], counts[order], moved),
        ):
            fitted = fit(Correction(name), products, frequencies, bank, score=score, tau=TAU)
            index = ProductIndex(products, score=score, tau=TAU)
            lists.append(corrected_top_k(index, case.queries, 33, fitted))
        before, after = lists
        np.testing.assert_allclose(after.scores, before.scores, atol=1e-4)
        moved_back = order[after.rows]
        apart = np.abs(np.diff(before.scores, axis=1)).min(axis=1) > 1e-4
        np.testing.assert_array_equal(moved_back[apart], before.rows[apart])

    @pytest.mark.parametrize("name", ["cosine", "popularity", "nnn", "inverted-softmax", "qb-norm"])
    def test_strength_zero_gives_the_same_list(self, name: Any) -> None:
        case = Case(1, (33, 8), 3, 9)
        index = ProductIndex(case.products, score="cosine", tau=TAU)
        correction = Correction(name) if name == "cosine" else Correction(name, 0)
        fitted = fit(correction, case.products, np.arange(33), case.bank, score="cosine", tau=TAU)
        plain = index.top_k(case.queries, 33, with_regions=False)
        found = corrected_top_k(index, case.queries, 33, fitted)
        np.testing.assert_array_equal(found.rows, plain.rows)
        np.testing.assert_array_equal(found.scores, plain.scores)

    @pytest.mark.parametrize("score", ["cosine", "dot"])
    def test_nobody_and_nothing(self, score: Any) -> None:
        none = np.zeros((0, 4), np.float32)
        empty = np.zeros(0, np.float32)
        fitted = Fitted(empty, empty, np.zeros(0, np.bool_))
        index = ProductIndex(none, score=score, tau=TAU)
        scenes = np.ones((2, 1, 4), np.float32)
        assert corrected_top_k(index, scenes, 3, fitted).rows.shape == (2, 0)
        assert [len(one) for one in corrected_scores(index, scenes, fitted)] == [0, 0]
        products = np.eye(4, dtype=np.float32)
        one = Fitted(np.ones(4, np.float32), np.ones(4, np.float32), np.ones(4, np.bool_))
        index = ProductIndex(products, score=score, tau=TAU)
        assert corrected_top_k(index, scenes[:0], 3, one).rows.shape == (0, 3)
        nobody = np.zeros(4, np.bool_)
        assert corrected_top_k(index, scenes, 3, one, allowed=nobody).rows.shape == (2, 0)
        with pytest.raises(ValueError, match="k must be at least 1"):
            corrected_top_k(index, scenes, 0, one)

    def test_a_scene_of_any_length_gets_one_list(self) -> None:
        """Where there is an offset, an inner product is of scenes of length one."""
        case = Case(2, (33, 8), 1, 9)
        for name in ("nnn", "qb-norm"):
            fitted = fit(Correction(name), case.products, bank=case.bank, score="dot", tau=TAU)
            index = ProductIndex(case.products, score="dot", tau=TAU)
            short = corrected_top_k(index, unit_regions(case.queries), 9, fitted)
            long = corrected_top_k(index, 50 * case.queries, 9, fitted)
            np.testing.assert_array_equal(short.rows, long.rows)
