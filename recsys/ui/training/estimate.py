"""What a run would cost, measured before it starts, and the button that starts it once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

import streamlit as st

from recsys.errors import RecsysError
from recsys.learning import runs, sweeps
from recsys.ui.acts import attempt, once
from recsys.ui.messages import explain, plain, sentence
from recsys.ui.resources import Live
from recsys.ui.state import Parameter
from recsys.ui.training import asked, form_state
from recsys.ui.training.data import catalog_of
from recsys.ui.training.form_state import Form
from recsys.ui.training.words import duration_words, size_words
from recsys.workspace import Workspace

if TYPE_CHECKING:
    from recsys.learning.config import TrainConfig
    from recsys.learning.estimates import Estimate

_MEASURED = "train_estimates"


class Costly(Protocol):
    """What is asked for, as far as its cost depends on it."""

    @property
    def data(self) -> str:
        """Name or folder of a data set."""

    def config(self) -> TrainConfig:
        """The settings. Raises ConfigError."""


def estimate_and_start(live: Live, workspace: Workspace, form: Form) -> None:
    """The estimate where there is one, the way to it where there is none, and the start."""
    st.header("Cost", anchor=False)
    key = known(live, workspace, form)
    if key is None:
        st.caption(
            "Before a run starts, a few of its steps are measured in a process of their own. "
            "That takes some seconds, and is done once for settings that cost the same."
        )
        st.button(
            "Estimate time and memory",
            icon=":material/timer:",
            key="train_estimate",
            type="primary",
            on_click=attempt,
            args=(lambda: begin(live, workspace, form),),
        )
        return
    try:
        found = look(live, workspace, form, key)
    except RecsysError as error:
        forget(form)
        explain(error, heading="There is no estimate", serious=True)
        st.button("Try again", key="train_estimate_again")
        return
    if found is None:
        wait(live, workspace, form, key)
        return
    tell(form, found)
    start_button(workspace, form, found)


def begin(live: Live, workspace: Workspace, form: Costly) -> None:
    """Begins to measure. Raises RecsysError, OSError."""
    from recsys.learning import estimates

    catalog = catalog_of(live, workspace, form.data)
    _keys()[signature(form)] = estimates.begin(form.config(), catalog, workspace)


def known(live: Live, workspace: Workspace, form: Costly) -> str | None:
    """What to look for: begun in this session, or measured before for what costs the same."""
    from recsys.learning import estimates

    begun = _keys().get(signature(form))
    if begun is not None:
        return begun
    try:
        return estimates.known(form.config(), catalog_of(live, workspace, form.data), workspace)
    except (RecsysError, OSError):
        return None  # the way to an estimate tells it


def look(live: Live, workspace: Workspace, form: Costly, key: str) -> Estimate | None:
    """What was measured, None while it is. Raises RecsysError."""
    from recsys.learning import estimates

    catalog = catalog_of(live, workspace, form.data)
    return estimates.look(key, form.config(), catalog, workspace)


@st.fragment(run_every=1.0)
def wait(live: Live, workspace: Workspace, form: Costly, key: str) -> None:
    """Shows the page again as soon as the estimate is there, or has failed."""
    try:
        is_there = look(live, workspace, form, key) is not None
    except RecsysError:
        is_there = True  # the page says why there is none
    if is_there:
        st.rerun()
    st.caption(":material/hourglass_top: Measuring a few steps…")


def tell(form: Form, found: Estimate) -> None:
    """The estimate in words."""
    parts = []
    if form.budget == "minutes":
        parts.append(f"**{form.minutes:g} minutes**, as asked")
        steps = found.steps_in(form.minutes)
        if steps is not None:
            parts.append(f"about {steps:,} steps")
    else:
        seconds = found.duration_s(form.steps)
        if seconds is not None:
            parts.append(f"about **{duration_words(seconds)}** for {form.steps:,} steps")
    if found.step_s is not None:
        parts.append(f"{found.step_s:.2g} s a step")
    parts.append(
        f"{size_words(found.memory_bytes)} of memory ({size_words(found.available_bytes)} free)"
    )
    parts.append(
        f"{size_words(found.disk_bytes)} on disk ({size_words(found.free_disk_bytes)} free)"
    )
    st.markdown(sentence(" · ".join(parts)).replace("~", r"\~"))
    st.caption(
        "Measured on random pictures. Starting, compiling, decoding the pictures the first time, "
        "and other work on this machine come on top."
    )
    if found.problem:
        explain(
            RecsysError(
                found.problem,
                "Use smaller pictures, fewer looks a step or narrower towers, or free some space",
            ),
            heading="This run does not fit",
            serious=True,
        )


def start_button(workspace: Workspace, form: Form, found: Estimate) -> None:
    """The start, or the place in the queue where another training is in progress."""
    others = others_in_progress(workspace)
    label = "Start training"
    if others:
        label = "Line up"
        st.caption(
            plain(
                f"{others[0]} is in progress. One training at a time keeps the shop quick, "
                "so this one waits for its turn and then starts by itself.",
                300,
            )
        )
    st.button(
        label,
        icon=":material/play_arrow:",
        key="train_start",
        type="primary",
        disabled=bool(found.problem),
        on_click=attempt,
        args=(lambda: start(workspace, form, bool(others)),),
    )


def others_in_progress(workspace: Workspace) -> list[str]:
    """Names of the runs and sweeps that a new one would wait for."""
    every_run = runs.list_runs(workspace, archived=True)
    every_sweep = sweeps.list_sweeps(workspace)
    return [
        *(run.name for run in every_run if run.is_in_progress),
        *(sweep.name for sweep in every_sweep if sweep.is_in_progress),
    ]


def start(workspace: Workspace, form: Form, queue: bool) -> dict[Parameter[Any], Any]:
    """Starts the run, once however often this is called for it. Raises RecsysError."""
    from recsys.learning import jobs

    request = form.request()
    run_id = once(
        request,
        lambda: jobs.start(
            request, workspace, queue=queue, name=form.name, note=form.note, origin=form.origin
        ),
        lambda run_id: runs.read_run(workspace, run_id).is_in_progress,
    )
    form_state.forget()
    return {**asked.see_run(run_id)}


def signature(form: Costly) -> str:
    """What an estimate is kept under. Raises ConfigError."""
    return json.dumps([form.data, form.config().to_json()], sort_keys=True)


def forget(form: Costly) -> None:
    """It was not measured after all."""
    _keys().pop(signature(form), None)


def _keys() -> dict[str, str]:
    kept: dict[str, str] = st.session_state.setdefault(_MEASURED, {})
    return kept
