"""Mitigations at scoring time: every one a scale and an offset for each product.

The served score is ``scale · pooled − offset``, where pooled is the model's own score: the
cosine, or the inner product for a model that ranks by it, with the soft maximum over regions
already taken. So one matrix product and one top-k serve every correction, and P numbers twice
are all that a correction costs.

- ``dot``: the inner product, a product's length counts. ``cosine``: it does not.
- ``norm-shrink`` γ: the inner product divided by ‖p‖^γ; 0 is ``dot``, 1 is ``cosine``.
- ``norm-clip`` s: the inner product, lengths cut at the quantile 1 − s of all of them; 0 is
  ``dot``, 1 is ``cosine`` up to a constant factor.
- ``popularity`` λ: less λ ln((f + 1) / (Σf + P)) for a training frequency f.
- ``nnn`` α: less α times the mean of the product's k_b highest scores over a bank of scenes
  (Chowdhury et al., "Nearest Neighbor Normalization Improves Multimodal Retrieval", 2024; with
  α = ½ the order of CSLS, Conneau et al., "Word Translation Without Parallel Data", 2018).
- ``inverted-softmax`` β: less (1/β) log mean exp(β · score) over the bank (Smith et al.,
  "Offline bilingual word vectors, orthogonal transformations and the inverted softmax", 2017).
  The mean and not the sum: a constant less for all products, and no reward for those with
  fewer bank scenes to count. β is a sharpness; 0 switches the correction off.

A length enters after pooling: with regions, ‖p‖ times the pooled cosine stands for the inner
product of a model trained by cosine, so that γ = 1 is exactly what that model serves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from recsys.errors import RequestError
from recsys.retrieval.embedder import Score

Floats = NDArray[np.float32]

Name = Literal["dot", "cosine", "norm-shrink", "norm-clip", "popularity", "nnn", "inverted-softmax"]
NAMES: tuple[Name, ...] = get_args(Name)

BANK_NEIGHBOURS = 16
"""k_b: how many of a product's best bank scenes ``nnn`` averages over, or all of fewer."""

_BANK_ROUND = 64  # bank scenes whose scores are held at a time


class Strength(NamedTuple):
    """The range of a correction's strength, its default, and the letter that papers use."""

    low: float
    high: float
    default: float
    symbol: str


STRENGTHS: dict[Name, Strength] = {
    "norm-shrink": Strength(0.0, 1.0, 0.5, "γ"),
    "norm-clip": Strength(0.0, 1.0, 0.5, "s"),
    "popularity": Strength(0.0, 1.0, 0.05, "λ"),
    "nnn": Strength(0.0, 2.0, 0.5, "α"),
    "inverted-softmax": Strength(0.0, 200.0, 20.0, "β"),
}
"""Of every correction that has one; ``dot`` and ``cosine`` have none."""


@dataclass(frozen=True)
class Correction:
    """Which correction, and how strong. Hashable, so that what it gives can be remembered.

    Attributes:
        name: see the module.
        strength: within the correction's range in ``STRENGTHS``; its default where None is
            given. Always None for ``dot`` and ``cosine``.

    Raises RequestError.
    """

    name: Name
    strength: float | None = None

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise RequestError(
                f"scoring: no correction {str(self.name)[:80]!r}",
                f"Choose one of: {', '.join(NAMES)}",
            )
        known = STRENGTHS.get(self.name)
        if known is None:
            if self.strength is not None:
                raise RequestError(f"scoring: {self.name} takes no strength")
            return
        strength = known.default if self.strength is None else self.strength
        if not _is_number(strength) or not known.low <= strength <= known.high:
            raise RequestError(
                f"scoring: the strength of {self.name} is a number from {known.low:g} to "
                f"{known.high:g}, not {strength!r}"
            )
        object.__setattr__(self, "strength", float(strength))

    @property
    def needs_bank(self) -> bool:
        """Whether it looks at a bank of scenes."""
        return self.name in ("nnn", "inverted-softmax") and self.strength != 0


class Fitted(NamedTuple):
    """``float32 [P]`` each: the served score is scale · pooled − offset."""

    scale: Floats
    offset: Floats


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


def fit(
    correction: Correction,
    products: Floats,
    counts: NDArray[np.integer] | None = None,
    bank: Bank | None = None,
    *,
    score: Score,
    tau: float,
) -> Fitted:
    """The scale and offset of every product.

    Args:
        products: ``float32 [P, D]``, norms as the model gives them.
        counts: ``int [P]`` training frequencies, for ``popularity``.
        bank: for ``nnn`` and ``inverted-softmax``.
        score, tau: of the model, and of the index that the result is for.

    Raises ValueError where counts or the bank are needed and missing, or do not fit.
    """
    count = len(products)
    ones, zeros = np.ones(count, np.float32), np.zeros(count, np.float32)
    strength = 0.0 if correction.strength is None else correction.strength
    if correction.name in ("dot", "cosine", "norm-shrink", "norm-clip"):
        return Fitted(_length_scale(correction.name, strength, products, score), zeros)
    if correction.name == "popularity":
        return Fitted(ones, _popularity_offset(strength, _sound_counts(counts, count)))
    if not correction.needs_bank or count == 0:
        return Fitted(ones, zeros)
    if bank is None or len(bank.scenes) == 0:
        raise ValueError(f"{correction.name} needs a bank of at least one scene")
    if correction.name == "nnn":
        return Fitted(ones, np.float32(strength) * _neighbour_means(products, bank, score, tau))
    return Fitted(ones, _log_mean_exp(products, bank, score, tau, strength))


def unit_regions(scenes: Floats) -> Floats:
    """Region vectors ``[..., D]`` of length one; a zero vector stays zero.

    What a model that ranks by the inner product is asked with where there is an offset: how
    much an offset weighs must not depend on a scene's length.
    """
    wide = np.asarray(scenes, np.float64)
    norms = np.linalg.norm(wide, axis=-1, keepdims=True)
    unit = np.divide(wide, norms, out=np.zeros_like(wide), where=norms > 0)
    return np.asarray(unit, np.float32)


# lengths


def _length_scale(name: Name, strength: float, products: Floats, score: Score) -> Floats:
    lengths = np.linalg.norm(np.asarray(products, np.float64), axis=1)
    safe = np.where(lengths > 0, lengths, 1.0)  # a zero vector scores 0 whatever its scale
    # The length that shall count, then what the index has counted already.
    counted = safe
    if name == "cosine":
        counted = np.ones_like(safe)
    elif name == "norm-shrink":
        counted = safe ** (1.0 - strength)
    elif name == "norm-clip" and len(safe):
        counted = np.minimum(safe, np.quantile(lengths, 1.0 - strength))
    return (counted if score == "cosine" else counted / safe).astype(np.float32)


# popularity


def _popularity_offset(strength: float, counts: NDArray[np.integer]) -> Floats:
    frequencies = counts.astype(np.float64)
    shares = (frequencies + 1.0) / (frequencies.sum() + max(1, len(frequencies)))
    return np.asarray(strength * np.log(shares), np.float32)


def _sound_counts(counts: NDArray[np.integer] | None, products: int) -> NDArray[np.integer]:
    if counts is None:
        raise ValueError("a popularity penalty needs the training frequency of every product")
    if counts.shape != (products,) or (products and counts.min() < 0):
        raise ValueError(f"counts must be [{products}], none below 0, found {list(counts.shape)}")
    return counts


# the bank


def _bank_scores(products: Floats, bank: Bank, score: Score, tau: float) -> Iterator[Floats]:
    """Pooled scores of all products, a round ``float32 [n, P]`` at a time; positives are NaN."""
    from recsys.retrieval.topk import ProductIndex  # late: a Correction needs no JAX

    index = ProductIndex(products, score=score, tau=tau)
    order = np.argsort(bank.positive_scenes, kind="stable")
    of_scene = np.asarray(bank.positive_scenes)[order]
    of_product = np.asarray(bank.positive_products)[order]
    scenes = bank.scenes if score == "cosine" else unit_regions(bank.scenes)
    for start in range(0, len(scenes), _BANK_ROUND):
        scores = np.stack(list(index.scores(scenes[start : start + _BANK_ROUND])))
        first, last = np.searchsorted(of_scene, (start, start + len(scores)))
        scores[of_scene[first:last] - start, of_product[first:last]] = np.nan
        yield scores


def _neighbour_means(products: Floats, bank: Bank, score: Score, tau: float) -> Floats:
    """Mean ``float32 [P]`` of the ``BANK_NEIGHBOURS`` highest bank scores of each product."""
    best = np.empty((0, len(products)), np.float32)
    for scores in _bank_scores(products, bank, score, tau):
        best = np.concatenate((best, np.where(np.isnan(scores), -np.inf, scores)))
        if len(best) > BANK_NEIGHBOURS:
            keep = len(best) - BANK_NEIGHBOURS
            best = np.partition(best, keep, axis=0)[keep:]
    found = np.isfinite(best)
    sums = np.where(found, best, 0).sum(axis=0, dtype=np.float64)
    return _mean_of_known(sums, found.sum(axis=0))


def _log_mean_exp(
    products: Floats, bank: Bank, score: Score, tau: float, sharpness: float
) -> Floats:
    """(1/β) log mean exp(β · score) ``float32 [P]`` over the bank scenes of each product."""
    peak = np.full(len(products), -np.inf)
    total = np.zeros(len(products))
    known = np.zeros(len(products), np.int64)
    for scores in _bank_scores(products, bank, score, tau):
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


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return False
    return math.isfinite(value)
