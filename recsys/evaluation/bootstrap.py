"""How sure a figure is: the paired bootstrap over scenes.

Scenes are drawn with replacement, 2,000 times, and every recommender is measured on the same
draws, so the interval of a difference is that of the difference itself and not of two
separate figures (Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, ch. 13;
percentile intervals). Figures over pairs are drawn by scene too, since the pairs of one
photo are not independent of each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.evaluation.ranking import Positives

Floats = NDArray[np.float64]

RESAMPLES = 2_000
_BLOCK_CELLS = 4_000_000


@dataclass(frozen=True)
class Terms:
    """A figure as a ratio of sums over scenes: Σ numerator / Σ denominator, both ``[Q]``.

    A scene without data has 0 in both, so it weighs nothing.
    """

    numerator: Floats
    denominator: Floats

    @classmethod
    def of_scenes(cls, values: Floats) -> Terms:
        """The mean over scenes of a figure a scene, ``[Q]``; NaN means no data."""
        known = ~np.isnan(values)
        return cls(np.where(known, values, 0.0), known.astype(np.float64))

    @classmethod
    def of_pairs(cls, values: Floats, positives: Positives) -> Terms:
        """The mean over positives of a figure a positive, ``[N]``; NaN means no data."""
        known = ~np.isnan(values)
        scene = positives.scene[known]
        return cls(
            np.bincount(scene, weights=values[known], minlength=positives.scenes).astype(
                np.float64
            ),
            np.bincount(scene, minlength=positives.scenes).astype(np.float64),
        )

    @property
    def value(self) -> float:
        """The figure; NaN without any data."""
        total = float(self.denominator.sum())
        return float(self.numerator.sum()) / total if total > 0 else float("nan")


@dataclass(frozen=True)
class Interval:
    """A figure and its 95 % interval; NaN without data."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float | None]:
        return {"value": _known(self.value), "low": _known(self.low), "high": _known(self.high)}


def resample(
    terms: Mapping[str, Terms], *, seed: int, resamples: int = RESAMPLES
) -> dict[str, Floats]:
    """Each figure on the same draws of scenes: ``float64 [resamples]`` a figure.

    A draw in which a figure has no data is NaN. Figures of several recommenders go through
    one call, or through calls with the same seed and number of scenes: both are paired.

    Raises:
        ValueError: figures over different numbers of scenes.
    """
    sizes = {len(term.numerator) for term in terms.values()}
    if len(sizes) > 1:
        raise ValueError(f"figures to compare must be over the same scenes, found {sorted(sizes)}")
    scenes = sizes.pop() if sizes else 0
    names = list(terms)
    if not names or not scenes:
        return {name: np.full(resamples, np.nan) for name in names}
    above = np.stack([terms[name].numerator for name in names], axis=1)
    below = np.stack([terms[name].denominator for name in names], axis=1)
    rng = np.random.default_rng(seed)
    drawn = np.empty((resamples, len(names)))
    size = max(1, _BLOCK_CELLS // scenes)
    for begin in range(0, resamples, size):
        rows = slice(begin, min(begin + size, resamples))
        weights = rng.multinomial(
            scenes, np.full(scenes, 1.0 / scenes), size=rows.stop - rows.start
        ).astype(np.float64)
        total = weights @ below
        block = np.full(total.shape, np.nan)
        np.divide(weights @ above, total, out=block, where=total > 0)
        drawn[rows] = block
    return {name: drawn[:, column] for column, name in enumerate(names)}


def interval(value: float, draws: Floats) -> Interval:
    """The figure with the 2.5 and 97.5 percentiles of its draws."""
    known = draws[~np.isnan(draws)]
    if np.isnan(value) or not len(known):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.percentile(known, (2.5, 97.5))
    return Interval(value, float(low), float(high))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
