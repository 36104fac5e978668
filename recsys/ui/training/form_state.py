"""What the form of a new run holds, apart from its widgets, which forget what is not drawn.

Everything of ``recsys.learning`` that knows JAX is imported when a form is opened, not with the
page: who only looks does not wait for it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from recsys.errors import ConfigError
from recsys.ui.resources import Live
from recsys.workspace import DEMO_NAME, Workspace

if TYPE_CHECKING:
    from recsys.learning.config import TrainConfig
    from recsys.learning.fields import FormField
    from recsys.learning.train import TrainRequest

MOST_STEPS, MOST_MINUTES = 10_000_000, 43_200.0

_FORM, _FOR = "train_form", "train_form_for"


@dataclass
class Form:
    """A run as it is being asked for.

    Attributes:
        values: every setting by its key; lists as texts, as ``--set`` takes them.
        budget: which of ``steps`` and ``minutes`` counts.
        origin: the run that it is a changed copy of; empty for none.
    """

    preset: str
    data: str
    values: dict[str, Any]
    budget: Literal["steps", "minutes"]
    steps: int
    minutes: float
    name: str = ""
    note: str = ""
    origin: str = ""
    queue: bool = field(default=False)

    def config(self) -> TrainConfig:
        """The settings. Raises ConfigError where they do not go together."""
        from recsys.learning.config import with_values
        from recsys.learning.presets import preset_named

        return with_values(preset_named(self.preset).config, self.values)

    def request(self) -> TrainRequest:
        """What is asked for. Raises ConfigError, also where a number is out of range: one that was
        typed and a click on the start can come together, before the page has said so.
        """
        from recsys.learning.fields import as_text, differences
        from recsys.learning.presets import preset_named
        from recsys.learning.train import TrainRequest

        refuse(self.faults())
        changed = differences(self.config(), preset_named(self.preset).config)
        return TrainRequest(
            data=self.data,
            preset=self.preset,
            steps=self.steps if self.budget == "steps" else None,
            minutes=self.minutes if self.budget == "minutes" else None,
            overrides=tuple(f"{key}={as_text(mine)}" for key, (mine, _) in changed.items()),
        )

    def faults(self) -> list[ConfigError]:
        """What is wrong with single numbers."""
        budget = out_of_range("Steps", self.steps, 1, MOST_STEPS)
        if self.budget == "minutes":
            budget = out_of_range("Minutes", self.minutes, 0.1, MOST_MINUTES)
        return budget + settings_out_of_range(self.values)

    def take_preset(self, name: str) -> None:
        """Puts a preset's settings in the place of what was there."""
        from recsys.learning.presets import preset_named

        preset = preset_named(name)
        self.preset, self.steps = preset.name, preset.steps
        self.values = _plain_values(preset.config)


def out_of_range(label: str, value: float, low: float, high: float) -> list[ConfigError]:
    """What is wrong with a number that was typed; empty where nothing is.

    Widgets have no limits of their own: one that refused a number would keep the old one, and
    work would start with other values than the page shows.
    """
    if low <= value <= high:
        return []
    return [
        ConfigError(
            f"{label} must be {_number(low)} to {_number(high)}, not {_number(value)}",
            "Change it above",
        )
    ]


def settings_out_of_range(
    values: dict[str, Any], but: Collection[str] = frozenset()
) -> list[ConfigError]:
    """What is wrong with single settings.

    Args:
        values: by key.
        but: keys of those not to look at.
    """
    from recsys.learning.fields import form_fields

    return [
        fault
        for one in form_fields()
        if one.kind in ("whole", "number") and one.key not in but and applies(one, values)
        if one.low is not None and one.high is not None
        for fault in out_of_range(one.label, values[one.key], one.low, one.high)
    ]


def refuse(faults: list[ConfigError]) -> None:
    """Raises the first of what is wrong."""
    if faults:
        raise faults[0]


def applies(one: FormField, values: dict[str, Any]) -> bool:
    """Whether a setting matters beside the others."""
    return one.only is None or values.get(one.only[0]) == one.only[1]


def form_for(live: Live, workspace: Workspace, origin: str) -> Form:
    """The form of this session: a new one where another run is to be copied than before.

    Raises RecsysError where that run is gone, or its settings are no longer known.
    """
    held = st.session_state.get(_FORM)
    if isinstance(held, Form) and st.session_state.get(_FOR) == origin:
        return held
    made = _copy_of(workspace, origin) if origin else fresh(live, workspace)
    st.session_state[_FORM], st.session_state[_FOR] = made, origin
    return made


def forget() -> None:
    """The next form begins anew."""
    st.session_state.pop(_FORM, None)


def fresh(live: Live, workspace: Workspace) -> Form:
    """The default preset on the live data set."""
    from recsys.learning.presets import DEFAULT_PRESET, preset_named

    preset = preset_named(DEFAULT_PRESET)
    names = workspace.dataset_names()
    data = live.pointer.data if live.pointer is not None else DEMO_NAME
    if data not in names and names:
        data = DEMO_NAME if DEMO_NAME in names else names[0]
    values = _plain_values(preset.config)
    return Form(preset.name, data, values, "steps", preset.steps, 10.0)


def _copy_of(workspace: Workspace, run_id: str) -> Form:
    from recsys.learning import jobs
    from recsys.learning.config import with_overrides, with_values
    from recsys.learning.presets import preset_named
    from recsys.learning.runs import read_run

    asked = jobs.request_of(run_id, workspace)
    preset = preset_named(asked.preset)
    config = with_overrides(preset.config, asked.overrides)
    if asked.seed is not None:
        config = with_values(config, {"seed": asked.seed})
    budget: Literal["steps", "minutes"] = "steps" if asked.minutes is None else "minutes"
    form = Form(
        asked.preset,
        asked.data,
        _plain_values(config),
        budget,
        asked.steps or preset.steps,
        asked.minutes or 10.0,
        name=f"{read_run(workspace, run_id).name[:70]} (copy)",
        origin=run_id,
    )
    for name in workspace.dataset_names():
        if str(workspace.resolve_dataset(name)) == asked.data:
            return replace(form, data=name)
    return form


def _number(value: float) -> str:
    return f"{value:,.10f}".rstrip("0").rstrip(".")


def _plain_values(config: TrainConfig) -> dict[str, Any]:
    from recsys.learning.fields import as_text, flat_values

    found = flat_values(config)
    return {key: as_text(v) if isinstance(v, tuple) else v for key, v in found.items()}
