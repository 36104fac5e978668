"""Scenes that stand for all questions, and what products score over them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.retrieval.embedder import Score

Floats = NDArray[np.float32]

BANK_NEIGHBOURS = 16
"""k_b: how many of a product's best bank scenes ``nnn`` averages over, or all of fewer."""

_BANK_ROUND = 64  # bank scenes whose scores are held at a time


@dataclass(frozen=True, eq=False)
class Bank:
    """Scenes that stand for all questions: of training or validation, never of the test.

    Attributes:
        scenes: ``float32 [N, R, D]`` region vectors.
        positive_scenes, positive_products: ``int [n]`` positions in the bank and product rows;
            the score of such a pair does not count, since it ought to be high.
    """

    scenes: Floats
    positive_scenes: NDArray[np.integer]
    positive_products: NDArray[np.integer]


def unit_regions(scenes: Floats) -> Floats:
    """Region vectors ``[..., D]`` of length one; a zero vector stays zero.

    What a model that ranks by the inner product is asked with where there is an offset: how
    much an offset weighs must not depend on a scene's length.
    """
    wide = np.asarray(scenes, np.float64)
    norms = np.linalg.norm(wide, axis=-1, keepdims=True)
    unit = np.divide(wide, norms, out=np.zeros_like(wide), where=norms > 0)
    return np.asarray(unit, np.float32)


def bank_scores(
    products: Floats, bank: Bank, score: Score, tau: float, *, as_served: bool = False
) -> Iterator[Floats]:
    """Pooled scores of all products, a round ``float32 [n, P]`` at a time; positives are NaN.

    Args:
        as_served: scenes as the model serves them, and not of length one.
    """
    from recsys.retrieval.topk import ProductIndex  # late: a Correction needs no JAX

    index = ProductIndex(products, score=score, tau=tau)
    order = np.argsort(bank.positive_scenes, kind="stable")
    of_scene = np.asarray(bank.positive_scenes)[order]
    of_product = np.asarray(bank.positive_products)[order]
    scenes = bank.scenes if score == "cosine" or as_served else unit_regions(bank.scenes)
    for start in range(0, len(scenes), _BANK_ROUND):
        scores = np.stack(list(index.scores(scenes[start : start + _BANK_ROUND])))
        first, last = np.searchsorted(of_scene, (start, start + len(scores)))
        scores[of_scene[first:last] - start, of_product[first:last]] = np.nan
        yield scores


def noting_winners(rounds: Iterator[Floats], winners: NDArray[np.bool_]) -> Iterator[Floats]:
    """The same rounds; marks in ``winners`` ``[P]`` what any scene of them ranks first.

    Ties go to the lower row, and a scene without a product to rank marks none.
    """
    for scores in rounds:
        known = np.where(np.isnan(scores), -np.inf, scores)
        first = known.argmax(axis=1)
        winners[first[np.isfinite(known.max(axis=1))]] = True
        yield scores


def mean_scores(rounds: Iterator[Floats], products: int) -> Floats:
    """The mean score ``float32 [P]`` of each product over all bank scenes."""
    sums, known = np.zeros(products), np.zeros(products, np.int64)
    for scores in rounds:
        sums += np.nansum(scores, axis=0, dtype=np.float64)
        known += np.isfinite(scores).sum(axis=0)
    return _mean_of_known(sums, known)


def neighbour_means(rounds: Iterator[Floats], products: int) -> Floats:
    """Mean ``float32 [P]`` of the ``BANK_NEIGHBOURS`` highest bank scores of each product."""
    best = np.empty((0, products), np.float32)
    for scores in rounds:
        best = np.concatenate((best, np.where(np.isnan(scores), -np.inf, scores)))
        if len(best) > BANK_NEIGHBOURS:
            keep = len(best) - BANK_NEIGHBOURS
            best = np.partition(best, keep, axis=0)[keep:]
    found = np.isfinite(best)
    sums = np.where(found, best, 0).sum(axis=0, dtype=np.float64)
    return _mean_of_known(sums, found.sum(axis=0))


def log_mean_exp(rounds: Iterator[Floats], products: int, sharpness: float) -> Floats:
    """(1/β) log mean exp(β · score) ``float32 [P]`` over the bank scenes of each product."""
    peak = np.full(products, -np.inf)
    total = np.zeros(products)
    known = np.zeros(products, np.int64)
    for scores in rounds:
        wide = np.where(np.isnan(scores), -np.inf, scores.astype(np.float64))
        higher = np.maximum(peak, wide.max(axis=0))
        level = np.where(np.isfinite(higher), higher, 0.0)
        total *= np.exp(sharpness * (np.where(np.isfinite(peak), peak, level) - level))
        total += np.exp(sharpness * (wide - level)).sum(axis=0)
        known += np.isfinite(wide).sum(axis=0)
        peak = higher
    level = np.where(known > 0, peak, 0.0)
    logs = np.log(np.where(known > 0, total / np.maximum(known, 1), 1.0))
    return _mean_of_known(np.where(known > 0, level + logs / sharpness, 0.0), np.minimum(known, 1))


def _mean_of_known(sums: NDArray[np.float64], counts: NDArray[np.integer]) -> Floats:
    """Sums by counts; the mean of the others for a product that the bank says nothing about."""
    known = counts > 0
    means = np.divide(sums, counts, out=np.zeros_like(sums), where=known)
    if known.any():
        means[~known] = math.fsum(means[known]) / int(known.sum())
    return np.asarray(means, np.float32)
