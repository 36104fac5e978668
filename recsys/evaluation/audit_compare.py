"""Two audits over the same scenes: two settings of one model, or two models.

Differences of means over scenes have intervals, from the same draws of scenes for both sides.
The others have none: Gini and what else is counted over products changes with the number of
scenes drawn, so resampled scenes would answer another question and be biased upward.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.errors import RequestError
from recsys.evaluation.audit_figures import QUALITY
from recsys.evaluation.audit_result import Audit
from recsys.evaluation.audit_words import FIGURES
from recsys.evaluation.bootstrap import Terms, interval, resample

Ints = NDArray[np.int64]

NO_INTERVAL = "a difference without an interval: resampling scenes is not sound for this figure"
_MEANS = {"average_popularity": "popularity", "tail_share": "tail"}


@dataclass(frozen=True)
class Difference:
    """One figure of both sides; None where there is no data.

    Attributes:
        one, other: the two values. For figures of quality over the scenes that neither model
            has seen, which may be fewer than each side's own.
        value: one − other.
        low, high: its 95 % interval, paired over scenes; None where there can be none.
        note: why there is none; empty where there is one.
    """

    one: float | None
    other: float | None
    value: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "one": self.one,
            "other": self.other,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "note": self.note or None,
        }


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two audits side by side.

    Attributes:
        differences: by figure, in the order of ``FIGURES``.
        unseen_scenes: over how many scenes the figures of quality are compared.
    """

    one: Audit
    other: Audit
    differences: dict[str, Difference]
    unseen_scenes: int

    def record(self) -> dict[str, Any]:
        """Plain JSON, without the two audits."""
        return {
            "model": self.other.model,
            "setting": self.other.setting.to_json(),
            "unseen_scenes": self.unseen_scenes,
            "differences": {key: found.to_json() for key, found in self.differences.items()},
        }


def compare(one: Audit, other: Audit, seed: int = 0) -> Comparison:
    """One audit less the other.

    Raises RequestError where they are not over the same scenes, products and k.
    """
    if one.scenes != other.scenes or one.products != other.products:
        raise RequestError(
            f"the two audits are of other lists or products ({len(one.scenes):,} lists and "
            f"{len(one.products):,} products against {len(other.scenes):,} and "
            f"{len(other.products):,})",
            "Compare on the same data and part",
        )
    if one.setting.k != other.setting.k:
        raise RequestError(
            f"k is {one.setting.k} on one side and {other.setting.k} on the other",
            "Compare with the same k",
        )
    unseen = one.sample.unseen & other.sample.unseen
    means = _means(one, other, unseen, seed)
    plain = {
        key: _plain(one.figures[key].value, other.figures[key].value)
        for key in FIGURES
        if key not in means
    }
    found = means | plain
    return Comparison(
        one=one,
        other=other,
        differences={key: found[key] for key in FIGURES},
        unseen_scenes=int(np.count_nonzero(unseen)),
    )


def _means(one: Audit, other: Audit, unseen: NDArray[np.bool_], seed: int) -> dict[str, Difference]:
    """Figures that are means over scenes: those of quality over the unseen, others over all."""
    found: dict[str, Difference] = {}
    everything = np.ones(len(unseen), np.bool_)
    for names, chosen in (({name: name for name in QUALITY}, unseen), (_MEANS, everything)):
        terms = {
            (key, side): Terms.of_scenes(getattr(audit.per_scene, name)[chosen])
            for key, name in names.items()
            for side, audit in (("one", one), ("other", other))
        }
        draws = resample({f"{key}/{side}": term for (key, side), term in terms.items()}, seed=seed)
        for key in names:
            mine, theirs = terms[key, "one"].value, terms[key, "other"].value
            gain = interval(mine - theirs, draws[f"{key}/one"] - draws[f"{key}/other"]).to_json()
            found[key] = Difference(
                one=_known(mine),
                other=_known(theirs),
                value=gain["value"],
                low=gain["low"],
                high=gain["high"],
                note="" if gain["low"] is not None else "no data on both sides",
            )
    # as in an audit: nothing is known of popularity where no right product was in training
    for key in _MEANS:
        if one.figures[key].value is None or other.figures[key].value is None:
            found[key] = _plain(one.figures[key].value, other.figures[key].value)
    return found


def _plain(one: float | None, other: float | None) -> Difference:
    if one is None or other is None:
        return Difference(one, other, None, note="no data on both sides")
    return Difference(one, other, one - other, note=NO_INTERVAL)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
