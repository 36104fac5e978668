from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.errors import RequestError
from recsys.retrieval import corrections
from recsys.retrieval.corrections import NAMES, STRENGTHS, Bank, Correction, Fitted, fit
from recsys.retrieval.topk import ProductIndex
from tests.retrieval import oracles

TAU = 10.0
quick = settings(max_examples=25, deadline=None)


def random_vectors(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def bank_of(
    seed: int,
    scenes: int,
    regions: int = 1,
    dim: int = 5,
    positives: tuple[tuple[int, int], ...] = (),
) -> Bank:
    pairs = np.array(positives, np.int32).reshape(-1, 2)
    return Bank(random_vectors(seed, scenes, regions, dim), pairs[:, 0], pairs[:, 1])


def ranked(fitted: Fitted, scenes: np.ndarray, products: np.ndarray, score: Any) -> list[Any]:
    index = ProductIndex(products, score=score, tau=TAU)
    if score == "dot" and fitted.offset.any():
        scenes = corrections.unit_regions(scenes)
    k = len(products)
    return index.top_k(scenes, k, scale=fitted.scale, offset=fitted.offset).rows.tolist()


# Definitions in full, in double precision: similarity matrices first, then what the papers say.


def matrix(scenes: np.ndarray, products: np.ndarray, score: str) -> np.ndarray:
    return oracles.score_all(scenes, products, score, TAU)


def full_nnn(
    query: np.ndarray, bank: np.ndarray, alpha: float, masked: set[tuple[int, int]], k_b: int
) -> np.ndarray:
    result = np.empty_like(query)
    for p in range(query.shape[1]):
        known = [bank[n, p] for n in range(len(bank)) if (n, p) not in masked]
        best = sorted(known, reverse=True)[:k_b]
        result[:, p] = query[:, p] - alpha * sum(best) / len(best)
    return result


def full_csls(query: np.ndarray, bank: np.ndarray, k_b: int) -> np.ndarray:
    """2 cos(q, p) − r(q) − r(p): r(q) over products, r(p) over the bank."""
    result = np.empty_like(query)
    for q in range(len(query)):
        of_query = sum(sorted(query[q], reverse=True)[:k_b]) / min(k_b, query.shape[1])
        for p in range(query.shape[1]):
            of_product = sum(sorted(bank[:, p], reverse=True)[:k_b]) / min(k_b, len(bank))
            result[q, p] = 2 * query[q, p] - of_query - of_product
    return result


def full_inverted_softmax(
    query: np.ndarray, bank: np.ndarray, beta: float, masked: set[tuple[int, int]]
) -> np.ndarray:
    """The probability of the query given the product, against the mean bank scene."""
    result = np.empty_like(query)
    for p in range(query.shape[1]):
        known = [bank[n, p] for n in range(len(bank)) if (n, p) not in masked]
        mean = sum(math.exp(beta * value) for value in known) / len(known)
        for q in range(len(query)):
            result[q, p] = math.exp(beta * query[q, p]) / mean
    return result


def same_order(rows: list[list[int]], exact: np.ndarray, within: float = 1e-5) -> bool:
    allowed = [True] * exact.shape[1]
    return all(
        oracles.is_top_k(row, exact[q].tolist(), allowed, exact.shape[1], within)
        for q, row in enumerate(rows)
    )


REGIONS = st.sampled_from([1, 3])
SEEDS = st.integers(0, 10**6)


class TestAgainstTheDefinitions:
    @quick
    @given(SEEDS, REGIONS, st.integers(1, 80), st.floats(0.05, 2.0))
    def test_nnn(self, seed: int, regions: int, scenes: int, alpha: float) -> None:
        products, queries = random_vectors(seed, 9, 5), random_vectors(seed + 1, 2, regions, 5)
        masked = ((0, 2), (0, 3), (scenes - 1, 8)) if scenes > 1 else ()
        bank = bank_of(seed + 2, scenes, regions, positives=masked)
        fitted = fit(Correction("nnn", alpha), products, bank=bank, score="cosine", tau=TAU)
        exact = full_nnn(
            matrix(queries, products, "cosine"),
            matrix(bank.scenes, products, "cosine"),
            alpha,
            set(masked),
            corrections.BANK_NEIGHBOURS,
        )
        assert same_order(ranked(fitted, queries, products, "cosine"), exact)

    @quick
    @given(SEEDS, REGIONS, st.integers(1, 40))
    def test_nnn_of_one_half_is_csls(self, seed: int, regions: int, scenes: int) -> None:
        products, queries = random_vectors(seed, 9, 5), random_vectors(seed + 1, 2, regions, 5)
        bank = bank_of(seed + 2, scenes, regions)
        fitted = fit(Correction("nnn", 0.5), products, bank=bank, score="cosine", tau=TAU)
        exact = full_csls(
            matrix(queries, products, "cosine"),
            matrix(bank.scenes, products, "cosine"),
            corrections.BANK_NEIGHBOURS,
        )
        assert same_order(ranked(fitted, queries, products, "cosine"), exact)

    @quick
    @given(SEEDS, REGIONS, st.integers(1, 80), st.floats(0.5, 30.0))
    def test_inverted_softmax(self, seed: int, regions: int, scenes: int, beta: float) -> None:
        products, queries = random_vectors(seed, 9, 5), random_vectors(seed + 1, 2, regions, 5)
        masked = ((0, 2), (0, 3), (scenes - 1, 8)) if scenes > 1 else ()
        bank = bank_of(seed + 2, scenes, regions, positives=masked)
        correction = Correction("inverted-softmax", beta)
        fitted = fit(correction, products, bank=bank, score="cosine", tau=TAU)
        exact = full_inverted_softmax(
            matrix(queries, products, "cosine"),
            matrix(bank.scenes, products, "cosine"),
            beta,
            set(masked),
        )
        assert same_order(ranked(fitted, queries, products, "cosine"), np.log(exact) / beta)

    @quick
    @given(SEEDS, st.floats(0.0, 1.0), st.sampled_from(["norm-shrink", "norm-clip"]))
    def test_lengths_with_one_region(self, seed: int, strength: float, name: Any) -> None:
        """The same products, whether the model ranks by cosine or by the inner product."""
        products = random_vectors(seed, 9, 5)
        queries = corrections.unit_regions(random_vectors(seed + 1, 2, 1, 5))
        lengths = np.linalg.norm(products.astype(float), axis=1)
        if name == "norm-shrink":
            counted = [length ** (1 - strength) for length in lengths]
        else:
            limit = float(np.quantile(lengths, 1 - strength))
            counted = [min(length, limit) for length in lengths]
        exact = matrix(queries, products, "cosine") * np.array(counted)
        for score in ("cosine", "dot"):
            fitted = fit(Correction(name, strength), products, score=score, tau=TAU)  # type: ignore[arg-type]
            assert same_order(ranked(fitted, queries, products, score), exact)

    @quick
    @given(SEEDS, REGIONS, st.floats(0.0, 1.0), st.sampled_from(["cosine", "dot"]))
    def test_popularity(self, seed: int, regions: int, strength: float, score: Any) -> None:
        products = random_vectors(seed, 9, 5)
        queries = corrections.unit_regions(random_vectors(seed + 1, 2, regions, 5))
        counts = np.random.default_rng(seed).integers(0, 20, 9)
        correction = Correction("popularity", strength)
        fitted = fit(correction, products, counts, score=score, tau=TAU)
        exact = matrix(queries, products, score)
        for p in range(9):
            exact[:, p] -= strength * math.log((counts[p] + 1) / (counts.sum() + 9))
        assert same_order(ranked(fitted, queries, products, score), exact)

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
    @pytest.mark.parametrize("name", ["popularity", "nnn", "inverted-softmax"])
    @pytest.mark.parametrize("score", ["cosine", "dot"])
    def test_changes_nothing(self, name: Any, score: Any) -> None:
        products = random_vectors(0, 7, 5)
        counts = np.arange(7)
        fitted = fit(Correction(name, 0), products, counts, bank_of(1, 4), score=score, tau=TAU)
        assert (fitted.scale == 1).all()
        assert (fitted.offset == 0).all()

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

    def test_a_hub_gives_way(self) -> None:
        """A product that is close to every bank scene falls behind one that is not."""
        rng = np.random.default_rng(0)
        centre = np.array([1, 0, 0, 0, 0], np.float32)
        scenes = (centre + 0.6 * rng.normal(size=(40, 1, 5))).astype(np.float32)
        own = (scenes[0, 0] + 0.3 * rng.normal(size=5)).astype(np.float32)
        products = np.stack((centre, own))
        bank = Bank(scenes[1:], np.empty(0, np.int32), np.empty(0, np.int32))
        for name, strength in (("nnn", 1.0), ("inverted-softmax", 20.0)):
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
                )  # type: ignore[arg-type]
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
        for name in ("nnn", "inverted-softmax"):
            fitted = fit(Correction(name), products, bank=bank, score="cosine", tau=TAU)  # type: ignore[arg-type]
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
            assert Correction(name).needs_bank == (name in ("nnn", "inverted-softmax"))
        assert not Correction("nnn", 0).needs_bank

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
