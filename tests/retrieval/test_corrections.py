from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.errors import RequestError
from recsys.retrieval import corrections
from recsys.retrieval.corrections import NAMES, STRENGTHS, Bank, Correction, fit
from tests.retrieval.correction_cases import (
    REGIONS,
    SCORES,
    SEEDS,
    SHAPES,
    TAU,
    Case,
    bank_of,
    counted_lengths,
    full_csls,
    full_inverted_softmax,
    full_nnn,
    matrix,
    quick,
    random_vectors,
    ranked,
    same_order,
)


class TestAgainstTheDefinitions:
    @quick
    @given(SEEDS, SHAPES, REGIONS, st.integers(1, 40), st.floats(0.05, 2.0), SCORES)
    def test_nnn(
        self, seed: int, shape: Any, regions: int, scenes: int, alpha: float, score: Any
    ) -> None:
        case = Case(seed, shape, regions, scenes)
        correction = Correction("nnn", alpha)
        fitted = fit(correction, case.products, bank=case.bank, score=score, tau=TAU)
        exact = full_nnn(*case.asked(score), alpha, case.masked, corrections.BANK_NEIGHBOURS)
        assert same_order(ranked(fitted, case.queries, case.products, score), exact)

    @quick
    @given(SEEDS, SHAPES, REGIONS, st.integers(1, 40))
    def test_nnn_of_one_half_is_csls(
        self, seed: int, shape: Any, regions: int, scenes: int
    ) -> None:
        case = Case(seed, shape, regions, scenes)
        bank = Bank(case.bank.scenes, np.empty(0, np.int32), np.empty(0, np.int32))
        fitted = fit(Correction("nnn", 0.5), case.products, bank=bank, score="cosine", tau=TAU)
        exact = full_csls(*case.asked("cosine"), corrections.BANK_NEIGHBOURS)
        assert same_order(ranked(fitted, case.queries, case.products, "cosine"), exact)

    @quick
    @given(SEEDS, SHAPES, REGIONS, st.integers(1, 40), st.floats(0.5, 30.0), SCORES)
    def test_inverted_softmax(
        self, seed: int, shape: Any, regions: int, scenes: int, beta: float, score: Any
    ) -> None:
        case = Case(seed, shape, regions, scenes)
        correction = Correction("inverted-softmax", beta)
        fitted = fit(correction, case.products, bank=case.bank, score=score, tau=TAU)
        exact = full_inverted_softmax(*case.asked(score), beta, case.masked)
        assert same_order(ranked(fitted, case.queries, case.products, score), np.log(exact) / beta)

    @quick
    @given(SEEDS, SHAPES, REGIONS, st.integers(1, 40), SCORES)
    def test_centred(self, seed: int, shape: Any, regions: int, scenes: int, score: Any) -> None:
        """The cosine less its mean over the bank, whatever the model ranks by."""
        regions = 1 if score == "dot" else regions  # by dot, lengths are in the soft maximum
        case = Case(seed, shape, regions, scenes)
        fitted = corrections.fit_centred(case.products, case.bank, score=score, tau=TAU)
        exact = full_nnn(*case.asked("cosine"), 1.0, case.masked, scenes)
        assert same_order(ranked(fitted, case.queries, case.products, score), exact)

    def test_centred_is_a_scene_less_the_mean_scene(self) -> None:
        """With one region: the inner product with (s − μ), μ the mean of unit bank scenes."""
        case = Case(5, (33, 8), 1, 20)
        bank = Bank(case.bank.scenes, np.empty(0, np.int32), np.empty(0, np.int32))
        fitted = corrections.fit_centred(case.products, bank, score="cosine", tau=TAU)
        mean = corrections.unit_regions(bank.scenes).mean(axis=0, keepdims=True)
        queries = corrections.unit_regions(case.queries) - mean
        exact = matrix(queries, corrections.unit_regions(case.products), "dot")
        assert same_order(ranked(fitted, case.queries, case.products, "cosine"), exact)
        with pytest.raises(ValueError, match="at least one scene"):
            corrections.fit_centred(case.products, bank_of(0, 0), score="cosine", tau=TAU)

    @quick
    @given(SEEDS, SHAPES, st.floats(0.0, 1.0), st.sampled_from(["norm-shrink", "norm-clip"]))
    def test_lengths_with_one_region(
        self, seed: int, shape: Any, strength: float, name: Any
    ) -> None:
        """The same products, whether the model ranks by cosine or by the inner product."""
        case = Case(seed, shape, 1, 1)
        lengths = np.linalg.norm(case.products.astype(float), axis=1)
        exact = case.asked("cosine")[0] * counted_lengths(name, strength, lengths)
        for score in ("cosine", "dot"):
            fitted = fit(Correction(name, strength), case.products, score=score, tau=TAU)
            queries = corrections.unit_regions(case.queries)
            assert same_order(ranked(fitted, queries, case.products, score), exact)

    @quick
    @given(SEEDS, SHAPES, st.floats(0.0, 1.0), st.sampled_from(["norm-shrink", "norm-clip"]))
    def test_lengths_with_regions(self, seed: int, shape: Any, strength: float, name: Any) -> None:
        """A length enters after pooling; what the index has counted of it is taken out again."""
        case = Case(seed, shape, 3, 1)
        lengths = np.linalg.norm(case.products.astype(float), axis=1)
        counted = counted_lengths(name, strength, lengths)
        for score, scales in (("cosine", counted), ("dot", counted / lengths)):
            fitted = fit(Correction(name, strength), case.products, score=score, tau=TAU)  # type: ignore[arg-type]
            exact = matrix(case.queries, case.products, score) * scales
            assert same_order(ranked(fitted, case.queries, case.products, score), exact, 1e-4)

    @quick
    @given(SEEDS, SHAPES, REGIONS, st.floats(0.0, 1.0), SCORES)
    def test_popularity(
        self, seed: int, shape: Any, regions: int, strength: float, score: Any
    ) -> None:
        case = Case(seed, shape, regions, 1)
        counts = np.random.default_rng(seed).integers(0, 20, case.count)
        correction = Correction("popularity", strength)
        fitted = fit(correction, case.products, counts, score=score, tau=TAU)
        exact = case.asked(score)[0]
        for p in range(case.count):
            exact[:, p] -= strength * math.log((counts[p] + 1) / (counts.sum() + case.count))
        queries = corrections.unit_regions(case.queries)
        assert same_order(ranked(fitted, queries, case.products, score), exact)

    @quick
    @given(SEEDS, REGIONS)
    def test_cosine_and_dot_are_what_they_say(self, seed: int, regions: int) -> None:
        products, queries = random_vectors(seed, 9, 5), random_vectors(seed + 1, 2, regions, 5)
        kept = fit(Correction("cosine"), products, score="cosine", tau=TAU)
        assert (kept.scale == 1).all()
        kept = fit(Correction("dot"), products, score="dot", tau=TAU)
        assert (kept.scale == 1).all()
        plain = corrections.unit_regions(queries[:, :1])
        by_cosine = fit(Correction("cosine"), products, score="dot", tau=TAU)
        assert same_order(
            ranked(by_cosine, plain, products, "dot"), matrix(plain, products, "cosine")
        )
        by_dot = fit(Correction("dot"), products, score="cosine", tau=TAU)
        assert same_order(ranked(by_dot, plain, products, "cosine"), matrix(plain, products, "dot"))


class TestStrengthZero:
    @pytest.mark.parametrize("name", ["popularity", "nnn", "inverted-softmax", "qb-norm"])
    @pytest.mark.parametrize("score", ["cosine", "dot"])
    def test_changes_nothing(self, name: Any, score: Any) -> None:
        products = random_vectors(0, 7, 5)
        counts = np.arange(7)
        fitted = fit(Correction(name, 0), products, counts, bank_of(1, 4), score=score, tau=TAU)
        assert (fitted.scale == 1).all()
        assert (fitted.offset == 0).all()
        assert fitted.activated is None

    @pytest.mark.parametrize("name", ["norm-shrink", "norm-clip"])
    @pytest.mark.parametrize("score", ["cosine", "dot"])
    def test_is_the_inner_product(self, name: Any, score: Any) -> None:
        products = random_vectors(0, 7, 5)
        fitted = fit(Correction(name, 0), products, score=score, tau=TAU)
        by_dot = fit(Correction("dot"), products, score=score, tau=TAU)
        np.testing.assert_array_equal(fitted.scale, by_dot.scale)

    def test_norm_shrink_of_one_is_cosine(self) -> None:
        products = random_vectors(0, 7, 5)
        fitted = fit(Correction("norm-shrink", 1), products, score="cosine", tau=TAU)
        assert (fitted.scale == 1).all()


class TestAlgebra:
    @quick
    @given(SEEDS, st.sampled_from(NAMES), st.sampled_from(["cosine", "dot"]))
    def test_order_of_products_and_bank(self, seed: int, name: Any, score: Any) -> None:
        rng = np.random.default_rng(seed)
        products, counts = random_vectors(seed, 9, 5), rng.integers(0, 9, 9)
        bank = bank_of(seed, 6, positives=((0, 1), (0, 4), (5, 8)))
        fitted = fit(Correction(name), products, counts, bank, score=score, tau=TAU)
        by_product, by_scene = rng.permutation(9), rng.permutation(6)
        where = np.argsort(by_product)
        moved = Bank(
            bank.scenes[by_scene],
            np.argsort(by_scene)[bank.positive_scenes],
            where[bank.positive_products],
        )
        again = fit(
            Correction(name), products[by_product], counts[by_product], moved, score=score, tau=TAU
        )
        np.testing.assert_allclose(again.scale, fitted.scale[by_product], rtol=1e-6)
        np.testing.assert_allclose(again.offset, fitted.offset[by_product], rtol=1e-5, atol=1e-6)
        assert (again.activated is None) == (fitted.activated is None)
        if again.activated is not None and fitted.activated is not None:
            assert (again.activated == fitted.activated[by_product]).all()

    def test_a_hub_gives_way(self) -> None:
        """A product that is close to every bank scene falls behind one that is not."""
        rng = np.random.default_rng(0)
        centre = np.array([1, 0, 0, 0, 0], np.float32)
        scenes = (centre + 0.6 * rng.normal(size=(40, 1, 5))).astype(np.float32)
        own = (scenes[0, 0] + 0.3 * rng.normal(size=5)).astype(np.float32)
        products = np.stack((centre, own))
        bank = Bank(scenes[1:], np.empty(0, np.int32), np.empty(0, np.int32))
        for name, strength in (("nnn", 1.0), ("inverted-softmax", 20.0), ("qb-norm", 20.0)):
            correction = Correction(name, strength)  # type: ignore[arg-type]
            fitted = fit(correction, products, bank=bank, score="cosine", tau=TAU)
            assert fitted.offset[0] > fitted.offset[1]


class TestEdges:
    def test_a_zero_vector(self) -> None:
        products = random_vectors(0, 4, 5)
        products[2] = 0
        bank = bank_of(1, 5)
        for name in NAMES:
            for score in ("cosine", "dot"):
                fitted = fit(
                    Correction(name), products, np.ones(4, int), bank, score=score, tau=TAU
                )
                assert np.isfinite(fitted.scale).all()
                assert np.isfinite(fitted.offset).all()

    def test_no_products(self) -> None:
        for name in NAMES:
            fitted = fit(
                Correction(name),
                np.empty((0, 5), np.float32),
                np.empty(0, np.int64),
                bank_of(1, 3),
                score="cosine",
                tau=TAU,
            )
            assert fitted.scale.shape == fitted.offset.shape == (0,)

    def test_a_product_that_is_right_for_every_bank_scene_gets_the_mean_of_the_others(self) -> None:
        products = random_vectors(0, 4, 5)
        bank = bank_of(1, 2, positives=((0, 3), (1, 3)))
        for name in ("nnn", "inverted-softmax", "qb-norm"):
            fitted = fit(Correction(name), products, bank=bank, score="cosine", tau=TAU)
            assert fitted.offset[3] == pytest.approx(fitted.offset[:3].mean(), abs=1e-6)
        everything = tuple((n, p) for n in range(2) for p in range(4))
        fitted = fit(
            Correction("nnn"), products, bank=bank_of(1, 2, positives=everything), score="cosine",
            tau=TAU,
        )  # fmt: skip
        assert (fitted.offset == 0).all()

    def test_what_is_missing(self) -> None:
        products = random_vectors(0, 4, 5)
        with pytest.raises(ValueError, match="training frequency"):
            fit(Correction("popularity"), products, score="cosine", tau=TAU)
        with pytest.raises(ValueError, match=r"counts must be \[4\]"):
            fit(Correction("popularity"), products, np.ones(3, int), score="cosine", tau=TAU)
        for bank in (None, bank_of(0, 0)):
            with pytest.raises(ValueError, match="a bank of at least one scene"):
                fit(Correction("nnn"), products, bank=bank, score="cosine", tau=TAU)


class TestCorrection:
    def test_defaults(self) -> None:
        assert Correction("nnn").strength == 0.5
        assert Correction("nnn") == Correction("nnn", 0.5)
        assert Correction("cosine").strength is None
        assert hash(Correction("nnn", 1)) == hash(Correction("nnn", 1.0))
        for name, strength in STRENGTHS.items():
            assert strength.low <= strength.default <= strength.high
            assert Correction(name).needs_bank == (name in ("nnn", "inverted-softmax", "qb-norm"))
        assert not Correction("nnn", 0).needs_bank
        assert not Correction("qb-norm", 0).needs_bank

    @pytest.mark.parametrize(
        ("name", "strength", "message"),
        [
            ("best", None, "scoring: no correction 'best'"),
            ("nnn", -0.1, "the strength of nnn is a number from 0 to 2, not -0.1"),
            ("nnn", 2.1, "not 2.1"),
            ("nnn", math.nan, "not nan"),
            ("nnn", True, "not True"),
            ("nnn", "1", "not '1'"),
            ("dot", 0.5, "dot takes no strength"),
        ],
    )
    def test_refused(self, name: Any, strength: Any, message: str) -> None:
        with pytest.raises(RequestError, match=message):
            Correction(name, strength)
