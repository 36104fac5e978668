"""The form of a new run: every setting with its unit, range and meaning, and what to beware of."""

from __future__ import annotations

from collections.abc import Callable
from math import floor, log10
from typing import TYPE_CHECKING, Any

import streamlit as st

from recsys.errors import ConfigError, RecsysError
from recsys.ui.messages import explain, plain, sentence
from recsys.ui.resources import Live
from recsys.ui.training import asked
from recsys.ui.training.estimate import estimate_and_start
from recsys.ui.training.form_state import Form, applies, form_for
from recsys.workspace import Workspace

if TYPE_CHECKING:
    from recsys.learning.cautions import Caution
    from recsys.learning.fields import FormField

BUDGETS = {"steps": "Steps", "minutes": "Minutes"}


def new_run(live: Live, workspace: Workspace) -> None:
    """The form, the estimate and the start."""
    from recsys.learning.fields import form_fields

    origin = asked.COPY.read()
    try:
        with st.spinner("Preparing the form…"):
            form = form_for(live, workspace, origin)
    except RecsysError as error:
        explain(error, heading="This run cannot be copied", serious=True)
        return
    if origin:
        st.caption(plain(f"A copy of the run {origin}: change what you like."))
    found, problem = _cautions(form)
    labels = {"steps": "Steps", **{one.key: one.label for one in form_fields()}}
    with st.container(key="train_form_top"):
        what_and_how_long(form, workspace, found)
    groups(form, found)
    for caution in found:
        about = plain(" and ".join(labels[key] for key in caution.keys if key in labels))
        st.warning(f"**{about}**  \n{plain(caution.text, 400)}", icon=":material/warning:")
    outside = form.faults()
    for fault in outside or ([problem] if problem is not None else []):
        explain(fault, heading="This run cannot be started", serious=True)
    if outside or problem is not None:
        return
    estimate_and_start(live, workspace, form)


def _cautions(form: Form) -> tuple[list[Caution], ConfigError | None]:
    from recsys.learning.cautions import cautions

    try:
        steps = form.steps if form.budget == "steps" else None
        return cautions(form.config(), steps), None
    except ConfigError as error:
        return [], error


def what_and_how_long(form: Form, workspace: Workspace, found: list[Caution]) -> None:
    """Preset, data set, budget and name."""
    from recsys.learning.presets import PRESETS

    names = workspace.dataset_names()
    options = names if form.data in names else [form.data, *names]
    st.selectbox(
        "Preset",
        tuple(PRESETS),
        help="Where the settings below start from; choosing one puts them all back.",
        **tied("preset", form.preset, form.take_preset),
    )
    preset = PRESETS[form.preset]
    st.caption(plain(f"{sentence(preset.summary)} Measured: {preset.result}; {preset.cost}.", 400))
    st.selectbox(
        "Data set",
        options,
        help="The looks and products that it learns from. A part of the looks is held back, to "
        "measure what it has learnt.",
        **tied("data", form.data, lambda value: setattr(form, "data", value)),
    )
    st.segmented_control(
        "Budget",
        tuple(BUDGETS),
        format_func=BUDGETS.__getitem__,
        required=True,
        help="With steps a run can be repeated exactly. With minutes it ends in time, however "
        "quick the machine is.",
        **tied("budget", form.budget, lambda value: setattr(form, "budget", value or "steps")),
    )
    if form.budget == "steps":
        st.number_input(
            "Steps" + _mark("steps", found),
            step=100,
            help="One step learns from one batch of looks.",
            **tied("steps", form.steps, lambda value: setattr(form, "steps", value)),
        )
    else:
        st.number_input(
            "Minutes",
            step=1.0,
            format="%g",
            help="By the clock, decoding of pictures and evaluations included.",
            **tied("minutes", form.minutes, lambda value: setattr(form, "minutes", value)),
        )
    st.text_input(
        "Name",
        max_chars=80,
        placeholder="Its id, if you give none",
        help="For you to know it by. It can be changed later, and a note added.",
        **tied("name", form.name, lambda value: setattr(form, "name", value or "")),
    )


def groups(form: Form, found: list[Caution]) -> None:
    """The essential settings, and the others folded away."""
    from recsys.learning.fields import GROUPS, form_fields

    fields = form_fields()
    for group, title in GROUPS.items():
        mine = [one for one in fields if one.group == group and applies(one, form.values)]
        if group == "essentials":
            st.header(title, anchor=False)
            _grid(form, mine, found, group)
        elif mine:
            keys = {key for caution in found for key in caution.keys}
            warned = any(one.key in keys for one in mine)
            with st.expander(title, icon=":material/warning:" if warned else None):
                _grid(form, mine, found, group)


def _grid(form: Form, fields: list[FormField], found: list[Caution], group: str) -> None:
    with st.container(key=f"train_form_{group}"):
        for one in fields:
            control(form, one, _mark(one.key, found))


def control(form: Form, one: FormField, mark: str) -> None:
    """One setting as the control that suits it."""
    value = form.values[one.key]

    def store(new: Any) -> None:
        form.values[one.key] = new

    says_unit = one.unit and one.unit not in one.label.casefold()
    label = one.label + (f" ({one.unit})" if says_unit else "") + mark
    said = help_of(one)
    if one.kind == "choice":
        st.selectbox(label, one.choices, help=said, **tied(one.key, value, store))
    elif one.kind == "switch":
        st.toggle(label, help=said, **tied(one.key, bool(value), store))
    elif one.kind == "wholes":
        st.text_input(label, help=said, max_chars=80, **tied(one.key, str(value), store))
    elif one.kind == "whole":
        st.number_input(
            label,
            step=1,
            help=said,
            **tied(one.key, int(value), store),
        )
    else:
        st.number_input(
            label,
            step=step_of(one, float(value)),
            format="%g",
            help=said,
            **tied(one.key, float(value), store),
        )


def help_of(one: FormField) -> str:
    """What a setting is, and the range that makes sense."""
    text = sentence(one.help)
    if one.low is not None and one.high is not None:
        text += f" From {one.low:g} to {one.high:g}{' ' + one.unit if one.unit else ''}."
    return text


def step_of(one: FormField, value: float) -> float:
    """How far the arrows of a number go: a digit of the value, or a hundredth of the range."""
    if one.is_logarithmic or one.high is None:
        return float(10.0 ** floor(log10(value))) if value > 0 else 1e-3
    return float(10.0 ** floor(log10(max((one.high - (one.low or 0.0)) / 20, 1e-6))))


def tied(name: str, value: Any, store: Callable[[Any], None]) -> dict[str, Any]:
    """Keyword arguments that tie a widget to a part of the form."""
    key = f"train_form_{name}_value"
    if st.session_state.get(key) != value:
        st.session_state[key] = value

    def changed() -> None:
        new = st.session_state.get(key)
        if new is not None:
            store(new)

    return {"key": key, "on_change": changed}


def _mark(key: str, found: list[Caution]) -> str:
    return " :orange[:material/warning:]" if any(key in one.keys for one in found) else ""
