"""What may be searched: a sweep's request checked, and a trial's settings made a configuration."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from recsys.errors import ConfigError
from recsys.learning.config import TrainConfig, with_overrides, with_values
from recsys.learning.fields import FormField, form_fields
from recsys.learning.presets import preset_named
from recsys.learning.sweeps import MAX_TRIALS, MIN_TRIAL_STEPS, Parameter, SweepRequest
from recsys.learning.train import MAX_MINUTES, MAX_STEPS

_FIXED = ("seed",)
"""Searching for a lucky seed finds one."""


def checked(request: SweepRequest) -> SweepRequest:
    """The request with its parameters' values of the right types.

    Raises ConfigError for a parameter, a range or a budget that makes no sense.
    """
    if (request.trials is None) == (request.minutes is None):
        raise ConfigError("a sweep needs a budget of trials or of minutes", "Give one of them")
    if request.trials is not None and not 1 <= request.trials <= MAX_TRIALS:
        raise ConfigError(f"trials must be 1 to {MAX_TRIALS}, not {request.trials}")
    if request.minutes is not None and not 0 < request.minutes <= MAX_MINUTES:
        raise ConfigError(f"minutes must be above 0 and at most {MAX_MINUTES}")
    if not MIN_TRIAL_STEPS <= request.trial_steps <= MAX_STEPS:
        raise ConfigError(
            f"steps of a trial must be {MIN_TRIAL_STEPS} to {MAX_STEPS}, not {request.trial_steps}"
        )
    if not request.parameters:
        raise ConfigError("a sweep needs something to search", "Name a setting and its range")
    keys = [parameter.key for parameter in request.parameters]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise ConfigError(f"{', '.join(sorted(twice))} is to be searched twice", "Name it once")
    base = base_config(request)
    parameters = tuple(_checked(parameter, base) for parameter in request.parameters)
    return dataclasses.replace(request, parameters=parameters)


def base_config(request: SweepRequest) -> TrainConfig:
    """What all trials share. Raises ConfigError."""
    return with_overrides(preset_named(request.preset).config, request.overrides)


def trial_config(request: SweepRequest, params: Mapping[str, Any]) -> TrainConfig:
    """The configuration of one trial. Raises ConfigError where settings do not go together."""
    return with_values(base_config(request), dict(params))


def _checked(parameter: Parameter, base: TrainConfig) -> Parameter:
    known = {field.key: field for field in form_fields()}
    if parameter.key in _FIXED or parameter.key not in known:
        with_values(base, {parameter.key: 0})  # names the nearest key where there is none such
        raise ConfigError(f"{parameter.key} is not to be searched", "Search another setting")
    field = known[parameter.key]
    if parameter.choices:
        return _checked_choices(parameter, base)
    return _checked_range(parameter, base, field)


def _checked_choices(parameter: Parameter, base: TrainConfig) -> Parameter:
    from recsys.learning.fields import flat_values

    if not 2 <= len(parameter.choices) <= 100:
        raise ConfigError(f"{parameter.key} needs 2 to 100 values to choose from")
    values = []
    for choice in parameter.choices:
        value = flat_values(with_values(base, {parameter.key: choice}))[parameter.key]
        # Optuna keeps texts and numbers; a list of channels is one as a text.
        values.append(",".join(map(str, value)) if isinstance(value, tuple) else value)
    if len(set(values)) < len(values):
        raise ConfigError(f"{parameter.key} has a value twice", "Name each once")
    return dataclasses.replace(parameter, choices=tuple(values))


def _checked_range(parameter: Parameter, base: TrainConfig, field: FormField) -> Parameter:
    low, high = parameter.low, parameter.high
    if field.kind not in ("whole", "number"):
        raise ConfigError(f"{parameter.key} has no range", "Give values to choose from: a|b")
    if low is None or high is None or not low < high:
        raise ConfigError(f"the range of {parameter.key} must go from a lower to a higher value")
    if parameter.is_logarithmic and low <= 0:
        raise ConfigError(f"a logarithmic range of {parameter.key} must begin above 0")
    for end in (low, high):
        with_values(base, {parameter.key: end})
    return parameter


def is_whole(parameter: Parameter) -> bool:
    """Whether a range holds whole numbers alone."""
    return any(field.key == parameter.key and field.kind == "whole" for field in form_fields())
