"""What the form of a new run holds, apart from its widgets, which forget what is not drawn.

Everything of ``recsys.learning`` that knows JAX is imported when a form is opened, not with the
page: who only looks does not wait for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from recsys.ui.resources import Live
from recsys.workspace import DEMO_NAME, Workspace

if TYPE_CHECKING:
    from recsys.learning.config import TrainConfig
    from recsys.learning.train import TrainRequest

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
        """What is asked for. Raises ConfigError."""
        from recsys.learning.fields import as_text, differences
        from recsys.learning.presets import preset_named
        from recsys.learning.train import TrainRequest

        changed = differences(self.config(), preset_named(self.preset).config)
        return TrainRequest(
            data=self.data,
            preset=self.preset,
            steps=self.steps if self.budget == "steps" else None,
            minutes=self.minutes if self.budget == "minutes" else None,
            overrides=tuple(f"{key}={as_text(mine)}" for key, (mine, _) in changed.items()),
        )

    def take_preset(self, name: str) -> None:
        """Puts a preset's settings in the place of what was there."""
        from recsys.learning.presets import preset_named

        preset = preset_named(name)
        self.preset, self.steps = preset.name, preset.steps
        self.values = _plain_values(preset.config)


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


def _plain_values(config: TrainConfig) -> dict[str, Any]:
    from recsys.learning.fields import as_text, flat_values

    found = flat_values(config)
    return {key: as_text(v) if isinstance(v, tuple) else v for key, v in found.items()}
