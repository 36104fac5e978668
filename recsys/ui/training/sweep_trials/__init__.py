"""The trials of a sweep as parallel coordinates over a table, one component.

Each setting that is searched is an axis, recall@10 the last; a trial is a line through its values.
A drag along an axis keeps the lines that pass there, and the table shows these trials alone. The
ends of what is kept are sliders, for fingers and for keys. The browser draws and filters, so that
a drag needs no answer from the server, which hears of it at its end and keeps it in the URL.
Text reaches the page by ``textContent`` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10
from pathlib import Path
from typing import Any

import streamlit as st

from recsys.learning.setting_words import label_of
from recsys.learning.sweeps import Parameter, Sweep, Trial
from recsys.ui.charts import CHANCE, PICKED
from recsys.ui.shared import DOM, joined
from recsys.ui.training.sweep_asked import RESULT, Kept, kept_of
from recsys.ui.training.sweep_words import (
    TRIAL_STATES,
    named,
    recall_text,
    value_text,
)

_HERE = Path(__file__).parent

RAMP = ("#9A7B00", CHANCE, "#0072B2")
"""From the lowest recall@10 to the highest: ochre, grey, blue, which people who see few colours
tell apart as well; each at least 3:1 against both papers."""
BEST = PICKED

_component = st.components.v2.component(
    "recsys_sweep_trials",
    html='<section class="trials"></section>\n',
    css=joined(_HERE / "trials.css"),
    js=joined(DOM, *(_HERE / f"{name}.js" for name in ("scales", "lines", "table", "trials"))),
)


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        low, high: its ends; of choices, the positions of the first and the last.
        choices: their words in their order; empty for a range.
    """

    key: str
    title: str
    label: str
    low: float
    high: float
    is_logarithmic: bool = False
    choices: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "title": self.title,
            "label": self.label,
            "low": self.low,
            "high": self.high,
            "isLog": self.is_logarithmic,
            "choices": list(self.choices),
        }


def axes_of(sweep: Sweep) -> list[Axis]:
    """An axis for each setting that is searched, and one for recall@10."""
    found = []
    for parameter in sweep.request.parameters:
        words = tuple(value_text(choice) for choice in parameter.choices)
        low, high = (0.0, len(words) - 1.0) if words else (parameter.low, parameter.high)
        assert low is not None
        assert high is not None
        key = parameter.key
        found.append(
            Axis(key, named(key), label_of(key), low, high, parameter.is_logarithmic, choices=words)
        )
    recalls = [trial.value for trial in sweep.trials if trial.value is not None]
    low, high = around(recalls)
    return [*found, Axis(RESULT, "Recall@10", "Recall@10", low, high)]


def around(values: Sequence[float]) -> tuple[float, float]:
    """Round ends of an axis that holds all values; 0 to 1 without any."""
    known = [value for value in values if isfinite(value)]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    step = 10.0 ** floor(log10(max(high - low, 0.01)))
    if (high - low) / step < 4:
        step /= 4
    ends = floor(low / step) * step, -floor(-high / step) * step
    return round(ends[0], 10), round(max(ends[1], ends[0] + step), 10)


def place(parameter: Parameter, value: Any) -> float | None:
    """Where a value lies on its axis; None where it lies nowhere."""
    if not parameter.choices:
        return float(value) if isinstance(value, (int, float)) and isfinite(value) else None
    same = (
        at
        for at, one in enumerate(parameter.choices)
        if one == value and isinstance(one, bool) == isinstance(value, bool)
    )
    return next((float(at) for at in same), None)


def trials(
    sweep: Sweep,
    *,
    key: str,
    kept: Kept,
    picked: int,
    on_kept: Callable[[Kept], None],
    on_pick: Callable[[int], None],
) -> None:
    """Shows the trials.

    Args:
        kept: the ranges of axes; those of others are left out.
        picked: number of the trial that is open; below 0 for none.
        on_kept: called with the ranges that a person set, before the page runs again.
        on_pick: called with the number of the trial that a person opened, -1 to close it.
    """
    axes = axes_of(sweep)
    known = {axis.key for axis in axes}
    numbers = {trial.number for trial in sweep.trials}

    def changed() -> None:
        value = st.session_state[key].get("kept")
        ranges = kept_of(value) if isinstance(value, list) else None
        if ranges is not None and {name for name, _, _ in ranges} <= known:
            on_kept(ranges)

    def chosen() -> None:
        value = st.session_state[key].get("picked")
        if isinstance(value, int) and (value in numbers or value == -1):
            on_pick(value)

    _component(
        key=key,
        data={
            "axes": [axis.record() for axis in axes],
            "trials": [_record(sweep, trial) for trial in sweep.trials],
            "best": -1 if sweep.best is None else sweep.best,
            "picked": picked,
            "kept": [list(one) for one in kept if one[0] in known],
            "ramp": list(RAMP),
            "bestColour": BEST,
        },
        on_kept_change=changed,
        on_picked_change=chosen,
    )


def _record(sweep: Sweep, trial: Trial) -> dict[str, Any]:
    values = [place(one, trial.params.get(one.key)) for one in sweep.request.parameters]
    texts = [value_text(trial.params.get(one.key)) for one in sweep.request.parameters]
    return {
        "number": trial.number,
        "state": trial.state,
        "words": TRIAL_STATES.get(trial.state, trial.state),
        "reason": trial.reason[:300],
        "values": [*values, trial.value],
        "texts": [*texts, recall_text(trial.value)],
        "steps": trial.steps,
        "seconds": trial.seconds,
    }
