"""How sweeps are put into words. Knows no widget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recsys.learning.setting_words import label_of, unit_of
from recsys.learning.sweeps import Parameter, Sweep, SweepRequest, Trial, TrialState
from recsys.ui.training.words import duration_words
from recsys.ui.views import counted, since_text

MISSING = "–"

TRIAL_STATES: dict[TrialState, str] = {
    "complete": "complete",
    "pruned": "ended early",
    "failed": "failed",
    "running": "in progress",
}

FEW_TRIALS = 10
"""With fewer, how much a setting matters is a rough guess."""


def recall_text(value: float | None) -> str:
    """Recall@10 as people read it."""
    return MISSING if value is None else f"{value:.3f}"


def value_text(value: Any) -> str:
    """A setting's value as people read it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.3g}".replace("-", "−") if value else "0"
    if isinstance(value, int):
        return f"{value:,}"
    return MISSING if value is None else str(value)


def named(key: str) -> str:
    """A setting with its unit."""
    unit = unit_of(key)
    return f"{label_of(key)} ({unit})" if unit else label_of(key)


def settings_words(sweep: Sweep, trial: Trial) -> str:
    """``learning rate 0.004, weight decay 0.05``, in the order in which they are searched."""
    return ", ".join(
        f"{label_of(one.key).lower()} {value_text(trial.params.get(one.key))}"
        for one in sweep.request.parameters
    )


def searched_words(parameters: Sequence[Parameter]) -> str:
    """What is searched, in a line."""
    return ", ".join(label_of(parameter.key).lower() for parameter in parameters)


def range_words(parameter: Parameter) -> str:
    """The range of a parameter, or its values."""
    if parameter.choices:
        return ", ".join(value_text(choice) for choice in parameter.choices)
    ends = f"{value_text(parameter.low)} to {value_text(parameter.high)}"
    return ends + (", by orders of magnitude" if parameter.is_logarithmic else "")


def budget_words(request: SweepRequest) -> str:
    """``12 trials of 200 steps`` or ``60 minutes, trials of 200 steps``."""
    each = f"of {counted(request.trial_steps, 'step', 'steps')}"
    if request.minutes is not None:
        return f"{request.minutes:g} minutes, trials {each}"
    return f"{counted(request.trials or 0, 'trial', 'trials')} {each}"


def of_words(sweep: Sweep) -> str:
    """``7 of 12``, or ``7`` where the budget is one of minutes."""
    of = "" if sweep.request.trials is None else f" of {sweep.request.trials:,}"
    return f"{sweep.ended:,}{of}"


def done_words(sweep: Sweep) -> str:
    """``7 of 12 trials`` or ``7 trials, 40 % of the time``."""
    if sweep.request.trials is not None:
        return f"{sweep.ended:,} of {counted(sweep.request.trials, 'trial', 'trials')}"
    share = f"{100 * min(1.0, sweep.fraction):.0f} % of the time"
    return f"{counted(sweep.ended, 'trial', 'trials')}, {share}"


def progress_words(sweep: Sweep) -> str:
    """What a sweep in progress is doing, how far it is, and how long it still takes."""
    if sweep.state == "queued":
        return f"Waiting for {sweep.behind}" if sweep.behind else "Waiting for its turn"
    if sweep.state == "stopping":
        return "Saving, then stopping"
    parts = [done_words(sweep) + " done"]
    if sweep.text:
        parts.append(sweep.text)
    elif sweep.trial is not None:
        at = f"trial {sweep.trial} at step {sweep.step:,} of {sweep.request.trial_steps:,}"
        parts.append(at if sweep.step else f"trial {sweep.trial} begins")
    elif sweep.state == "starting":
        parts = ["Starting"]
    if sweep.remaining_s is not None:
        parts.append(f"about {duration_words(sweep.remaining_s)} left")
    return " · ".join(parts)


def facts_words(sweep: Sweep) -> str:
    """What a sweep was asked to do, in a line."""
    parts = [
        f"preset {sweep.request.preset}",
        f"data set {sweep.data_name}" if sweep.data_name else "",
        f"searches {searched_words(sweep.request.parameters)}",
        budget_words(sweep.request),
        "" if sweep.request.prunes else "bad trials go on to their end",
        f"made {since_text(sweep.created)}" if sweep.created else "",
    ]
    return " · ".join(part for part in parts if part)


def trial_words(trial: Trial) -> str:
    """The state of a trial, and why."""
    state = TRIAL_STATES.get(trial.state, trial.state)
    return f"{state}: {trial.reason}" if trial.reason else state


def importance_words(sweep: Sweep) -> list[str]:
    """A sentence for each setting that was searched, the most telling one first."""
    ranked = sorted(sweep.importances.items(), key=lambda item: -item[1])
    return [
        f"{label_of(key)} explains {100 * share:.0f} % of the difference between trials."
        for key, share in ranked
    ]
