"""Whether long vectors take the lists: rank correlations and what lengths are to blame for.

Under the inner product the score of a product grows with the length of its vector, so a long
one is shown more, whatever it looks like. A large norm and a frequent product are different
causes: figures of both stand side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.evaluation.exposure_concentration import checked_counts

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class NormDiagnosis:
    """How lengths, frequencies and showings go together; None where there is no data.

    Attributes:
        norm_and_shown: ρ(‖p‖, N), Spearman.
        norm_and_frequency: ρ(‖p‖, f).
        frequency_and_shown: ρ(f, N).
        norm_variation: standard deviation of ‖p‖ by its mean.
        norm_attributable: Σ max(0, N_dot − N_cos) / ΣN_dot: the share of showings under the
            inner product that the same products lose under cosine.
    """

    norm_and_shown: float | None
    norm_and_frequency: float | None
    frequency_and_shown: float | None
    norm_variation: float | None
    norm_attributable: float | None


def norm_diagnosis(
    norms: NDArray[np.floating],
    frequencies: NDArray[Any] | None,
    counts: NDArray[np.integer],
    counts_dot: NDArray[np.integer] | None = None,
    counts_cosine: NDArray[np.integer] | None = None,
) -> NormDiagnosis:
    """The diagnosis of a catalogue.

    Args:
        norms: ``float [P]`` lengths of the vectors, NaN where a product has none.
        frequencies: ``int [P]`` training frequencies, None where they are not known.
        counts: ``int [P]`` times shown as served.
        counts_dot, counts_cosine: ``int [P]`` times shown under either score, over the same
            scenes and k. Both, or what needs them is None.
    """
    lengths = np.asarray(norms, np.float64)
    known = np.sort(lengths[~np.isnan(lengths)])
    mean = float(known.mean()) if len(known) else 0.0
    return NormDiagnosis(
        norm_and_shown=spearman(lengths, counts),
        norm_and_frequency=None if frequencies is None else spearman(lengths, frequencies),
        frequency_and_shown=None if frequencies is None else spearman(frequencies, counts),
        norm_variation=float(known.std()) / mean if mean > 0 else None,
        norm_attributable=(
            None
            if counts_dot is None or counts_cosine is None
            else norm_attributable(counts_dot, counts_cosine)
        ),
    )


def norm_attributable(
    counts_dot: NDArray[np.integer], counts_cosine: NDArray[np.integer]
) -> float | None:
    """Σ max(0, N_dot − N_cos) / ΣN_dot, 0–1; None where nothing is shown.

    Raises ValueError where the two do not count as many showings: they are not of the same
    scenes and k.
    """
    dot, cosine = checked_counts(counts_dot), checked_counts(counts_cosine)
    if dot.shape != cosine.shape or dot.sum() != cosine.sum():
        raise ValueError(
            "times shown under either score must be of the same scenes, products and k, found "
            f"{dot.sum()} showings of {len(dot)} products and {cosine.sum()} of {len(cosine)}"
        )
    return float(np.maximum(dot - cosine, 0).sum() / dot.sum()) if dot.any() else None


def spearman(a: NDArray[Any], b: NDArray[Any]) -> float | None:
    """Spearman's ρ, ties share the mean of their ranks: Pearson's r of the ranks.

    Where either is NaN the pair does not count. None for fewer than two pairs, or where one
    side is all alike.

    >>> spearman(np.array([1, 2, 3]), np.array([10, 40, 20]))
    0.5
    """
    left, right = np.asarray(a), np.asarray(b)
    if left.ndim != 1 or left.shape != right.shape:
        raise ValueError(f"expected two [P] alike, found {left.shape} and {right.shape}")
    known = ~(np.isnan(left) | np.isnan(right))
    # Twice the rank less its mean is a whole number, so sums are exact in any order.
    x, y = (_doubled_ranks(side[known]) for side in (left, right))
    x, y = x - (len(x) + 1), y - (len(y) + 1)
    spread = float((x * x).sum()) * float((y * y).sum())
    return float((x * y).sum()) / spread**0.5 if spread > 0 else None


def percentiles(values: NDArray[Any]) -> Floats:
    """Where each value stands among all, ``float64 [P]``, 0–1: (mean rank − ½) / P.

    NaN where a value is, and among the others only.

    >>> percentiles(np.array([3.0, 1.0, np.nan, 9.0, 9.0])).tolist()
    [0.375, 0.125, nan, 0.75, 0.75]
    """
    found = np.asarray(values, np.float64)
    known = ~np.isnan(found)
    result = np.full(len(found), np.nan)
    result[known] = (_doubled_ranks(found[known]) - 1) / (2 * max(1, int(known.sum())))
    return result


def _doubled_ranks(values: NDArray[Any]) -> NDArray[np.int64]:
    """Twice the rank from 1, ``int64 [n]``, lowest first; ties have the mean of theirs."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    doubled = 2 * last - count + 1
    return np.asarray(doubled[place.reshape(-1)], np.int64)
