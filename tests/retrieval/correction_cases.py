"""Random corrections to serve, and what the papers say they give: slow, in double precision."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from recsys.retrieval import corrections
from recsys.retrieval.corrections import Bank, Fitted
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
    rows = index.top_k(scenes, k, scale=fitted.scale, offset=fitted.offset).rows
    return [line.tolist() for line in rows]


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


def counted_lengths(name: str, strength: float, lengths: np.ndarray) -> np.ndarray:
    if name == "norm-shrink":
        return np.array([length ** (1 - strength) for length in lengths])
    limit = float(np.quantile(lengths, 1 - strength))
    return np.array([min(length, limit) for length in lengths])


def same_order(rows: list[list[int]], exact: np.ndarray, within: float = 1e-5) -> bool:
    allowed = [True] * exact.shape[1]
    return all(
        oracles.is_top_k(row, exact[q].tolist(), allowed, exact.shape[1], within)
        for q, row in enumerate(rows)
    )


REGIONS = st.sampled_from([1, 3])
SEEDS = st.integers(0, 10**6)
SCORES = st.sampled_from(["cosine", "dot"])
SHAPES = st.sampled_from([(1, 4), (2, 2), (9, 5), (33, 8)])
"""Products and dimensions."""


class Case:
    """Random products and queries, a bank with some of its scenes' own products in it."""

    def __init__(self, seed: int, shape: tuple[int, int], regions: int, scenes: int) -> None:
        self.count, dim = shape
        self.products = random_vectors(seed, self.count, dim)
        self.queries = random_vectors(seed + 1, 3, regions, dim)
        mask = np.random.default_rng(seed).random((scenes, self.count)) < 0.2
        mask[0] = False  # what the bank says nothing about has a test of its own
        self.masked = {(int(n), int(p)) for n, p in np.argwhere(mask)}
        self.bank = bank_of(seed + 2, scenes, regions, dim, tuple(sorted(self.masked)))

    def asked(self, score: str) -> tuple[np.ndarray, np.ndarray]:
        """Scores of the queries and of the bank, scenes of length one."""
        both = (self.queries, self.bank.scenes)
        one, other = (
            matrix(corrections.unit_regions(scenes), self.products, score) for scenes in both
        )
        return one, other
