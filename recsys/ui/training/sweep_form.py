"""The form of a new sweep: the textbook's in one click, or one's own settings and ranges."""

from __future__ import annotations

import contextlib
from typing import Any

import streamlit as st

from recsys.errors import ConfigError, RecsysError
from recsys.learning.fields import GROUPS, FormField, form_fields
from recsys.learning.presets import PRESETS
from recsys.ui.messages import explain, plain
from recsys.ui.resources import Live
from recsys.ui.state import change
from recsys.ui.training import sweep_asked
from recsys.ui.training.form import control, help_of, tied
from recsys.ui.training.form_state import Form, applies
from recsys.ui.training.sweep_form_state import (
    Searched,
    SweepForm,
    form_for,
    offered,
    textbook_form,
)
from recsys.ui.training.sweep_start import begin_button, cost, cost_words, known
from recsys.ui.training.sweep_words import searched_words
from recsys.ui.views import counted
from recsys.workspace import Workspace

BUDGETS = {"trials": "Trials", "minutes": "Minutes"}
WAYS = {"range": "A range", "values": "Some values"}


def new_sweep(live: Live, workspace: Workspace) -> None:
    """The textbook's search, then everything that can be chosen, and the start."""
    st.button(
        "All sweeps",
        icon=":material/arrow_back:",
        key="train_sweep_form_back",
        type="tertiary",
        on_click=change,
        args=(sweep_asked.LIST,),
    )
    try:
        with st.spinner("Preparing the form…"):
            form = form_for(live, workspace)
    except RecsysError as error:
        explain(error, heading="There is no form", serious=True)
        return
    with st.container(key="train_form_top"):
        what(form, workspace)
        the_textbooks(live, workspace, form)
    st.header("Or choose what to search", anchor=False)
    searched(form)
    st.header("How long", anchor=False)
    with st.container(key="train_form_sweep"):
        budget(form)
    shared(form)
    wrong = form.faults() or _senseless(form)
    for fault in wrong:
        explain(fault, heading="This cannot be searched yet", serious=True)
    if wrong:
        return
    fits = cost(live, workspace, form)
    begin_button(workspace, form, key="own", disabled=not fits)


def _senseless(form: SweepForm) -> list[ConfigError]:
    try:
        form.request()
    except ConfigError as error:
        return [error]
    return []


def what(form: SweepForm, workspace: Workspace) -> None:
    """Preset and data set."""
    names = workspace.dataset_names()
    options = names if form.data in names else [form.data, *names]
    st.selectbox(
        "Preset",
        tuple(PRESETS),
        help="What all trials begin with; choosing one puts the search below back.",
        **tied("sweep_preset", form.shared.preset, form.take_preset),
    )
    st.selectbox(
        "Data set",
        options,
        **tied("sweep_data", form.data, lambda value: setattr(form.shared, "data", value)),
    )


def the_textbooks(live: Live, workspace: Workspace, form: SweepForm) -> None:
    """The textbook's search, ready to start."""
    preset = PRESETS[form.shared.preset]
    own = Form(preset.name, form.data, {}, "steps", preset.steps, 10.0)
    own.take_preset(preset.name)
    ready = textbook_form(own)
    ready.name = "The textbook's search"
    with st.container(border=True, key="train_sweep_textbook"):
        st.header("The textbook's search", anchor=False)
        request = ready.request()
        costs = ""
        each = counted(request.trial_steps, "step", "steps")
        with contextlib.suppress(RecsysError):  # without the data set there is no cost
            costs = cost_words(ready, known(live, workspace, ready))
        said = (
            f"Searches {searched_words(request.parameters)} around the preset's own, as the book "
            f"does: {request.trials} trials of {each}, bad ones ended early."
        )
        st.markdown(plain(" ".join(part for part in (said, costs) if part), 400))
        begin_button(
            workspace,
            ready,
            key="textbook",
            label="Start the textbook's search",
        )


def searched(form: SweepForm) -> None:
    """A card for each setting to search, and the way to more."""
    fields = {one.key: one for one in form_fields()}
    with st.container(key="train_sweep_searched"):
        for one in form.searched:
            card(form, one, fields[one.key])
    others = offered(form)

    def add() -> None:
        key = st.session_state.get("train_sweep_more")
        if key in fields and all(one.key != key for one in form.searched):
            form.add(key)
        st.session_state["train_sweep_more"] = None

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Add a setting",
            [one.key for one in others],
            format_func=lambda key: label(fields[key]),
            index=None,
            placeholder="Choose one",
            key="train_sweep_more",
            on_change=add,
            width=320,
        )
        st.button(
            "Put the textbook's back",
            icon=":material/restart_alt:",
            key="train_sweep_textbook_back",
            type="tertiary",
            on_click=form.take_textbook,
        )


def label(one: FormField) -> str:
    """A setting's name with its unit."""
    says_unit = one.unit and one.unit not in one.label.casefold()
    return one.label + (f" ({one.unit})" if says_unit else "")


def card(form: SweepForm, one: Searched, about: FormField) -> None:
    """What of one setting is searched."""
    key = f"sweep_{one.key}"
    with st.container(border=True, key=f"train_sweep_card_{one.key}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(label(about))}**", width="stretch", help=help_of(about))
            st.button(
                "Remove",
                icon=":material/close:",
                key=f"train_sweep_remove_{one.key}",
                type="tertiary",
                on_click=form.remove,
                args=(one.key,),
            )
        if about.kind == "switch":
            st.caption("On and off are tried.")
        elif about.kind == "choice":
            st.multiselect(
                f"Values of {about.label.lower()}",
                about.choices,
                label_visibility="collapsed",
                **tied(f"{key}_chosen", one.chosen, lambda value: setattr(one, "chosen", value)),
            )
        elif about.kind == "wholes":
            values(key, one, about, "Separate the lists by a vertical bar: 16,32 | 32,64")
        else:
            number(key, one, about)


def number(key: str, one: Searched, about: FormField) -> None:
    """A number: from here to there, or some values of it."""
    st.segmented_control(
        f"How to search {about.label.lower()}",
        tuple(WAYS),
        format_func=WAYS.__getitem__,
        required=True,
        label_visibility="collapsed",
        **tied(f"{key}_by", one.by, lambda value: take_way(one, about, value)),
    )
    if one.by == "values":
        values(key, one, about, "Separate the values by commas: 32, 64, 128")
        return
    with st.container(horizontal=True):
        for end, words in (("low", "Lowest"), ("high", "Highest")):
            st.number_input(
                f"{words} {about.label.lower()}",
                format="%g",
                step=abs(getattr(one, end)) / 10 or 0.01,
                width="stretch",
                **tied(f"{key}_{end}", float(getattr(one, end)), storing(one, end)),
            )
    st.toggle(
        "By orders of magnitude",
        help="Looks as often between 0.001 and 0.01 as between 0.01 and 0.1.",
        **tied(f"{key}_log", one.is_logarithmic, storing(one, "is_logarithmic")),
    )


def take_way(one: Searched, about: FormField, way: str) -> None:
    """A range, or values; what was typed for the other is kept, and some are offered at first."""
    one.by = "values" if way == "values" else "range"
    if one.by == "values" and not one.typed:
        ends = (one.low, one.high)
        one.typed = ", ".join(
            str(round(end)) if about.kind == "whole" else f"{end:g}" for end in ends
        )
    elif one.by == "range" and not one.low < one.high:
        one.low, one.high = about.low or 0.0, about.high or 1.0


def values(key: str, one: Searched, about: FormField, hint: str) -> None:
    """Values as a person types them."""
    st.text_input(
        f"Values of {about.label.lower()}",
        max_chars=300,
        help=hint,
        **tied(f"{key}_typed", one.typed, storing(one, "typed")),
    )


def storing(holder: Any, name: str) -> Any:
    """Stores what a widget holds."""

    def store(value: Any) -> None:
        setattr(holder, name, value)

    return store


def budget(form: SweepForm) -> None:
    """How many trials, how long each, and how the search goes on."""
    st.segmented_control(
        "Budget",
        tuple(BUDGETS),
        format_func=BUDGETS.__getitem__,
        required=True,
        **tied("sweep_budget", form.budget, storing(form, "budget")),
    )
    if form.budget == "trials":
        st.number_input(
            "Trials",
            step=1,
            help="The first few are drawn at random, the later ones near what was good.",
            **tied("sweep_trials", form.trials, storing(form, "trials")),
        )
    else:
        st.number_input(
            "Minutes",
            step=5.0,
            format="%g",
            help="By the clock. The trial that is on its way at the end is ended early.",
            **tied("sweep_minutes", form.minutes, storing(form, "minutes")),
        )
    st.number_input(
        "Steps of each trial",
        step=50,
        help="The same for all, so that they compare. Too few, and what learns slowly but well "
        "looks bad.",
        **tied("sweep_steps", form.trial_steps, storing(form, "trial_steps")),
    )
    st.text_input(
        "Name",
        max_chars=80,
        placeholder="Its id, if you give none",
        **tied("sweep_name", form.name, storing(form, "name")),
    )
    st.number_input(
        "Seed of the search",
        step=1,
        help="Which settings are tried first. All trials train with the same seed of their own.",
        **tied("sweep_seed", form.seed, storing(form, "seed")),
    )
    st.toggle(
        "End bad trials early",
        help="A trial that is worse than the median of those before it at the same step is not "
        "gone on with; each may train a third of its steps first.",
        **tied("sweep_prunes", form.prunes, storing(form, "prunes")),
    )


def shared(form: SweepForm) -> None:
    """The settings that all trials share, folded away."""
    keys = {one.key for one in form.searched}
    fields = [
        one for one in form_fields() if one.key not in keys and applies(one, form.shared.values)
    ]
    with st.expander("What all trials share", icon=":material/tune:"):
        for group, title in GROUPS.items():
            mine = [one for one in fields if one.group == group]
            if mine:
                st.markdown(f"**{title}**")
                with st.container(key=f"train_form_{group}"):
                    for one in mine:
                        control(form.shared, one, "")
