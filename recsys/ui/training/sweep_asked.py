"""What a visitor asks of the sweeps, as the URL says it."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

from recsys.ui import state
from recsys.ui.state import Parameter
from recsys.workspace import is_name

Kept = tuple[tuple[str, float, float], ...]
"""Ranges of axes: key, lower and higher end, both kept. Of an axis with choices the ends are
positions among these."""

RESULT = "recall"
"""Key of the axis that shows recall@10."""
_KEY = re.compile(r"[a-z][a-z0-9_]{0,40}")
_MOST_AXES = 40


def kept_of(parts: Any) -> Kept | None:
    """Ranges as they came from outside; None where they are none."""
    found: dict[str, tuple[float, float]] = {}
    try:
        for key, low, high in parts:
            ends = float(low), float(high)
            if not (_KEY.fullmatch(key) and all(map(isfinite, ends)) and ends[0] <= ends[1]):
                return None
            found[key] = ends
        count = len(parts)
    except (TypeError, ValueError, OverflowError):
        return None
    if len(found) < count or count > _MOST_AXES:
        return None
    return tuple((key, low, high) for key, (low, high) in found.items())


def _read(text: str) -> Kept | None:
    return kept_of([part.split("~") for part in text.split(",")])


def _written(kept: Kept) -> str:
    return ",".join(f"{key}~{low:.6g}~{high:.6g}" for key, low, high in kept)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None


SWEEP = Parameter[str]("train_sweep", "", lambda text: text if is_name(text) else None).told(
    "sweep's id", "all sweeps are shown"
)
FORM = state.choice("train_sweep_new", ("no", "yes"), "no").told("yes or no", "sweeps are shown")
TRIAL = Parameter[int]("train_trial", -1, _number).told("trial's number", "none is open")
KEPT = Parameter[Kept]("train_kept", (), _read, _written).told(
    "list of ranges", "all trials are shown"
)
PARAMETERS: tuple[Parameter[Any], ...] = (SWEEP, FORM, TRIAL, KEPT)
LIST: dict[Parameter[Any], Any] = {SWEEP: "", FORM: "no", TRIAL: -1, KEPT: ()}
"""The changes that lead to the list of sweeps."""
