"""Products that are picked in a chart: ranges of what the charts show, in the URL as a text.

A pick is a rule, not a list of products. So it is the same after a reload, is short enough for
an address, and means something under another scoring too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.ui.views import percent_text

AXES = ("shown", "norm", "seen", "rank")
"""Times shown, norm of the vector, training looks, and place in the order of times shown (share
of the products, 0–1, least shown first)."""

_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
_PART = re.compile(rf"({'|'.join(AXES)}):({_NUMBER})_({_NUMBER})")


@dataclass(frozen=True)
class Pick:
    """Ranges, both ends included, by axis in the order of ``AXES``; at least one."""

    ranges: tuple[tuple[str, float, float], ...]

    def __str__(self) -> str:
        return ",".join(f"{axis}:{_text(low)}_{_text(high)}" for axis, low, high in self.ranges)

    @property
    def words(self) -> str:
        """For people: ``shown 3 to 20 times, norm 1.1 to 1.4``."""
        return ", ".join(_words(axis, low, high) for axis, low, high in self.ranges)

    def chosen(self, values: Mapping[str, NDArray[Any]]) -> NDArray[np.bool_]:
        """``bool [P]``: which products lie in all ranges; NaN lies in none."""
        inside = [(values[axis] >= low) & (values[axis] <= high) for axis, low, high in self.ranges]
        return np.asarray(np.logical_and.reduce(inside))


def pick_of(text: str) -> Pick | None:
    """What a text means; None where it means nothing."""
    parts = text.split(",")
    if len(parts) > len(AXES):
        return None
    matches = [_PART.fullmatch(part) for part in parts]
    found = {m.group(1): (float(m.group(2)), float(m.group(3))) for m in matches if m}
    if len(found) != len(parts):  # one that is none, or an axis twice
        return None
    return pick_in(found)


def pick_in(ranges: Mapping[str, tuple[float, float]]) -> Pick | None:
    """A pick of ranges by axis; None where there is none, or what is given is none."""
    sound = []
    for axis in AXES:
        if axis in ranges:
            low, high = ranges[axis]
            if not (math.isfinite(low) and math.isfinite(high) and low <= high):
                return None
            # nothing lies below 0; as many digits as the text has
            sound.append((axis, float(_text(max(0.0, low))), float(_text(max(0.0, high)))))
    return Pick(tuple(sound)) if sound else None


def _text(value: float) -> str:
    return f"{min(value, 999_999_999):.6f}".rstrip("0").rstrip(".")


def _words(axis: str, low: float, high: float) -> str:
    if axis == "rank":
        return f"between {percent_text(low)} and {percent_text(high)} of the order"
    if axis == "norm":
        return f"norm {low:.3g} to {high:.3g}"
    first, last = math.ceil(low), math.floor(high)
    numbers = f"{first:,}" if first >= last else f"{first:,} to {last:,}"
    times = "time" if numbers == "1" else "times"
    return f"shown {numbers} {times}" if axis == "shown" else f"in {numbers} training looks"
