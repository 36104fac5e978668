"""What the form of a new sweep holds, apart from its widgets, which forget what is not drawn.

What is typed is kept as it was typed, also where it makes no sense yet. This is imported when the
form is opened, since it brings everything that knows JAX.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import streamlit as st

from recsys.errors import ConfigError
from recsys.learning.config import TrainConfig
from recsys.learning.fields import FormField, as_text, differences, form_fields
from recsys.learning.presets import preset_named
from recsys.learning.sweep_space import checked
from recsys.learning.sweeps import (
    MAX_TRIALS,
    MIN_TRIAL_STEPS,
    Parameter,
    SweepRequest,
    textbook,
)
from recsys.ui.resources import Live
from recsys.ui.training.form_state import (
    MOST_MINUTES,
    MOST_STEPS,
    Form,
    fresh,
    out_of_range,
    refuse,
    settings_out_of_range,
)
from recsys.workspace import Workspace

_FORM = "train_sweep_form"
TRIALS, MINUTES = 20, 30.0
MOST_SEED = 2**31 - 1
_SHARE_OF_PRESET = 8
NOT_SEARCHED = ("seed",)


@dataclass
class Searched:
    """One setting to search, as it is typed.

    Attributes:
        by: a range from low to high, or values to choose from.
        typed: values separated by commas; lists of numbers by vertical bars.
        chosen: of a setting with fixed choices, those to try.
    """

    key: str
    by: Literal["range", "values"]
    low: float = 0.0
    high: float = 1.0
    is_logarithmic: bool = False
    typed: str = ""
    chosen: list[str] = field(default_factory=list)

    def parameter(self, one: FormField) -> Parameter:
        """As it is searched. Raises ConfigError where there is nothing to choose from."""
        if one.kind == "switch":
            return Parameter(self.key, choices=(True, False))
        if self.by == "range":
            return Parameter(self.key, self.low, self.high, self.is_logarithmic)
        separator = "|" if one.kind == "wholes" else ","
        values = (
            self.chosen
            if one.kind == "choice"
            else [part.strip() for part in self.typed.split(separator) if part.strip()]
        )
        if len(values) < 2:
            between = "a vertical bar" if separator == "|" else "commas"
            more = "" if one.kind == "choice" else f", separated by {between}"
            raise ConfigError(
                f"{one.label} needs two values or more to choose from",
                f"Give some{more}, or take it out of the search",
            )
        return Parameter(self.key, choices=tuple(values))


@dataclass
class SweepForm:
    """A sweep as it is being asked for.

    Attributes:
        shared: preset, data set and the settings that all trials share.
        budget: which of ``trials`` and ``minutes`` counts.
    """

    shared: Form
    searched: list[Searched]
    trial_steps: int
    budget: Literal["trials", "minutes"] = "trials"
    trials: int = TRIALS
    minutes: float = MINUTES
    prunes: bool = True
    seed: int = 0
    name: str = ""

    @property
    def data(self) -> str:
        return self.shared.data

    def config(self) -> TrainConfig:
        """What all trials share. Raises ConfigError."""
        return self.shared.config()

    def request(self) -> SweepRequest:
        """What is asked for. Raises ConfigError, also where a number is out of range."""
        refuse(self.faults())
        fields = {one.key: one for one in form_fields()}
        parameters = tuple(one.parameter(fields[one.key]) for one in self.searched)
        preset = preset_named(self.shared.preset)
        keys = {one.key for one in parameters}
        changed = differences(self.config(), preset.config)
        return checked(
            SweepRequest(
                data=self.shared.data,
                preset=preset.name,
                parameters=parameters,
                trial_steps=self.trial_steps,
                trials=self.trials if self.budget == "trials" else None,
                minutes=self.minutes if self.budget == "minutes" else None,
                overrides=tuple(
                    f"{key}={as_text(mine)}"
                    for key, (mine, _) in changed.items()
                    if key not in keys
                ),
                seed=self.seed,
                prunes=self.prunes,
            )
        )

    def faults(self) -> list[ConfigError]:
        """What is wrong with single numbers, those that all trials share included."""
        budget = out_of_range("Trials", self.trials, 1, MAX_TRIALS)
        if self.budget == "minutes":
            budget = out_of_range("Minutes", self.minutes, 0.1, MOST_MINUTES)
        return [
            *budget,
            *out_of_range("Steps of each trial", self.trial_steps, MIN_TRIAL_STEPS, MOST_STEPS),
            *out_of_range("Seed of the search", self.seed, 0, MOST_SEED),
            *settings_out_of_range(self.shared.values, {one.key for one in self.searched}),
        ]

    def take_preset(self, name: str) -> None:
        """Puts a preset's settings and the textbook's search in the place of what was there."""
        self.shared.take_preset(name)
        self.trial_steps = steps_for(name)
        self.take_textbook()

    def take_textbook(self) -> None:
        """The textbook's search in the place of what was searched."""
        self.searched = [_typed(one) for one in textbook(self.shared.preset)]

    def add(self, key: str) -> None:
        """Another setting, with a range around the preset's own value."""
        one = next(found for found in form_fields() if found.key == key)
        self.searched.append(suggested(one, self.shared.values[key]))

    def remove(self, key: str) -> None:
        """Takes a setting out of the search."""
        self.searched = [one for one in self.searched if one.key != key]


def suggested(one: FormField, value: Any) -> Searched:
    """A search around a value: within what makes sense, or a few values to choose from."""
    if one.kind in ("choice", "switch"):
        return Searched(one.key, "values", chosen=list(one.choices))
    if one.kind == "wholes":
        return Searched(one.key, "values", typed=str(value))
    number = float(value)
    least = float("-inf") if one.low is None else one.low
    most = float("inf") if one.high is None else one.high
    if one.is_logarithmic and number > 0:
        low, high = max(least, number / 4), min(most, number * 4)
        return Searched(one.key, "range", _rounded(one, low), _rounded(one, high), True)
    low, high = max(least, number / 2), min(most, number * 2)
    if low == high:  # around 0
        low, high = max(least, 0.0), min(most, 1.0)
    return Searched(one.key, "range", _rounded(one, low), _rounded(one, high))


def steps_for(preset: str) -> int:
    """Steps of a trial where nobody asked for others: an eighth of the preset's own."""
    return max(MIN_TRIAL_STEPS, preset_named(preset).steps // _SHARE_OF_PRESET)


def offered(form: SweepForm) -> list[FormField]:
    """The settings that may be added to the search."""
    taken = {one.key for one in form.searched} | set(NOT_SEARCHED)
    values = form.shared.values
    return [
        one
        for one in form_fields()
        if one.key not in taken and (one.only is None or values.get(one.only[0]) == one.only[1])
    ]


def form_for(live: Live, workspace: Workspace) -> SweepForm:
    """The form of this session. Raises RecsysError."""
    held = st.session_state.get(_FORM)
    if isinstance(held, SweepForm):
        return held
    form = textbook_form(fresh(live, workspace))
    st.session_state[_FORM] = form
    return form


def textbook_form(shared: Form) -> SweepForm:
    """The textbook's search as it is started with one click."""
    form = SweepForm(shared, [], steps_for(shared.preset))
    form.take_textbook()
    return form


def forget() -> None:
    """The next form begins anew."""
    st.session_state.pop(_FORM, None)


def _typed(parameter: Parameter) -> Searched:
    if parameter.choices:
        typed = ", ".join(str(choice) for choice in parameter.choices)
        return Searched(parameter.key, "values", typed=typed)
    assert parameter.low is not None
    assert parameter.high is not None
    ends = parameter.low, parameter.high
    return Searched(parameter.key, "range", *ends, parameter.is_logarithmic)


def _rounded(one: FormField, value: float) -> float:
    return float(round(value)) if one.kind == "whole" else float(f"{value:.6g}")
