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
- ``qb-norm`` β: the inverted softmax, for those scenes only whose best product by the model's
  own score is also the best of some bank scene; other scenes get the model's own list (the
  dynamic inverted softmax of Bogolin et al., "Cross Modal Retrieval with Querybank
  Normalisation", CVPR 2022, with k = 1). Which product is best is asked of the whole table,
  whatever is filtered, so that a filter leaves the order of what it lets through.

A length enters after pooling: with regions, ‖p‖ times the pooled cosine stands for the inner
product of a model trained by cosine, so that γ = 1 is exactly what that model serves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from recsys.errors import RequestError
from recsys.retrieval.bank import (
    BANK_NEIGHBOURS,
    Bank,
    bank_scores,
    log_mean_exp,
    mean_scores,
    neighbour_means,
    noting_winners,
    unit_regions,
)
from recsys.retrieval.embedder import Score

__all__ = [
    "BANK_NEIGHBOURS",
    "NAMES",
    "STRENGTHS",
    "Bank",
    "Correction",
    "Fitted",
    "Name",
    "Strength",
    "fit",
    "fit_centred",
    "unit_regions",
]

Floats = NDArray[np.float32]

Name = Literal[
    "dot",
    "cosine",
    "norm-shrink",
    "norm-clip",
    "popularity",
    "nnn",
    "inverted-softmax",
    "qb-norm",
]
NAMES: tuple[Name, ...] = get_args(Name)


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
    "qb-norm": Strength(0.0, 200.0, 20.0, "β"),
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
        return self.name in ("nnn", "inverted-softmax", "qb-norm") and self.strength != 0


class Fitted(NamedTuple):
    """What a correction comes to; see ``recsys.retrieval.corrections_served`` for how it is served.

    Attributes:
        scale, offset: ``float32 [P]`` each: the served score is scale · pooled − offset.
        activated: ``bool [P]``; a scene is corrected only where its best product by the model's
            own score is one of these. None corrects every scene.
    """

    scale: Floats
    offset: Floats
    activated: NDArray[np.bool_] | None = None


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
        bank: for ``nnn``, ``inverted-softmax`` and ``qb-norm``.
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
    rounds = bank_scores(products, bank, score, tau)
    if correction.name == "nnn":
        return Fitted(ones, np.float32(strength) * neighbour_means(rounds, count))
    if correction.name == "inverted-softmax":
        return Fitted(ones, log_mean_exp(rounds, count, strength))
    winners = np.zeros(count, np.bool_)
    if score == "cosine" or bank.scenes.shape[1] == 1:
        rounds = noting_winners(rounds, winners)
    else:  # regions of length one are pooled to another order
        for _ in noting_winners(bank_scores(products, bank, score, tau, as_served=True), winners):
            pass
    return Fitted(ones, log_mean_exp(rounds, count, strength), winners)


def fit_centred(products: Floats, bank: Bank, *, score: Score, tau: float) -> Fitted:
    """The cosine, less what each product has on average over the bank.

    With one region that is the cosine's numerator of a scene moved by the mean scene direction:
    (s − μ)·p̂ with μ the mean of the bank's unit scenes, which takes from every scene what all
    scenes share. With regions the mean is of pooled scores: a product has no one direction that
    a soft maximum could be freed of, but it has a mean score. Either way it is NNN with the
    whole bank and α = 1. For finding the cause of a hub, not for serving: it takes the good
    part of a mean score too.

    Args, and raises ValueError: as ``fit``.
    """
    if len(bank.scenes) == 0:
        raise ValueError("subtracting the mean scene needs a bank of at least one scene")
    scale = _length_scale("cosine", 0.0, products, score)
    rounds = bank_scores(products, bank, score, tau)
    return Fitted(scale, scale * mean_scores(rounds, len(products)))


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


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return False
    return math.isfinite(value)
