"""What a sweep would take, where that was measured, and the button that starts it once."""

from __future__ import annotations

from typing import Any

import streamlit as st

from recsys.errors import RecsysError
from recsys.learning import sweeps
from recsys.learning.estimates import Estimate
from recsys.ui.acts import attempt, once
from recsys.ui.messages import explain, plain
from recsys.ui.resources import Live
from recsys.ui.state import Parameter
from recsys.ui.training import asked, estimate, sweep_asked
from recsys.ui.training.sweep_form_state import SweepForm, forget
from recsys.ui.training.words import duration_words
from recsys.ui.views import counted
from recsys.workspace import Workspace


def known(live: Live, workspace: Workspace, form: SweepForm) -> Estimate | None:
    """What was measured of a trial; None while it was not. Raises RecsysError."""
    key = estimate.known(live, workspace, form)
    return None if key is None else estimate.look(live, workspace, form, key)


def cost(live: Live, workspace: Workspace, form: SweepForm) -> bool:
    """What is known of the cost, and the way to know it; False where a trial does not fit."""
    key = estimate.known(live, workspace, form)
    if key is None:
        st.button(
            "Estimate time and memory",
            icon=":material/timer:",
            key="train_sweep_estimate",
            help="A few steps of the settings that all trials share are measured, in a process "
            "of their own.",
            on_click=attempt,
            args=(lambda: estimate.begin(live, workspace, form),),
        )
        return True
    try:
        found = known(live, workspace, form)
    except RecsysError as error:
        estimate.forget(form)
        explain(error, heading="There is no estimate")
        return True
    if found is None:
        estimate.wait(live, workspace, form, key)
        return True
    words = cost_words(form, found)
    if words:
        st.markdown(plain(words, 400))
        st.caption(
            "Measured with the settings that all trials share. Larger vectors and batches take "
            "longer, trials that are ended early less."
        )
    if found.problem:
        problem = RecsysError(found.problem, "Use smaller pictures or fewer looks a step")
        explain(problem, heading="A trial does not fit", serious=True)
    return not found.problem


def cost_words(form: SweepForm, found: Estimate | None) -> str:
    """How long a trial and the whole take; empty where nobody measured it."""
    seconds = None if found is None else found.duration_s(form.trial_steps)
    if seconds is None:
        return ""
    each = f"A trial takes about {duration_words(seconds)}"
    if form.budget == "minutes":
        count = max(1, int(60 * form.minutes / seconds))
        return f"{each}, so there is time for about {counted(count, 'trial', 'trials')}."
    return (
        f"{each}, all of them about {duration_words(seconds * form.trials)}; "
        "starting and compiling come on top of each."
    )


def begin_button(
    workspace: Workspace,
    form: SweepForm,
    *,
    key: str,
    label: str = "Start the sweep",
    disabled: bool = False,
) -> None:
    """The start, or the place in the queue where another training is in progress."""
    others = estimate.others_in_progress(workspace)
    if others:
        st.caption(
            plain(
                f"{others[0]} is in progress. One training at a time keeps the shop quick, so "
                "this sweep waits for its turn and then starts by itself.",
                300,
            )
        )
    st.button(
        "Line up" if others else label,
        icon=":material/play_arrow:",
        key=f"train_sweep_start_{key}",
        type="primary",
        disabled=disabled,
        on_click=attempt,
        args=(lambda: start(workspace, form, bool(others)),),
    )


def start(workspace: Workspace, form: SweepForm, queue: bool) -> dict[Parameter[Any], Any]:
    """Starts the sweep, once however often this is called for it. Raises RecsysError."""
    from recsys.learning import sweep_jobs

    request = form.request()  # now: a number may have been typed since the page was drawn
    sweep_id = once(
        request,
        lambda: sweep_jobs.start_sweep(request, workspace, queue=queue, name=form.name),
        lambda sweep_id: sweeps.read_sweep(workspace, sweep_id).is_in_progress,
    )
    forget()
    return see_sweep(sweep_id)


def see_sweep(sweep_id: str) -> dict[Parameter[Any], Any]:
    """The changes that lead to a sweep."""
    return {asked.VIEW: "sweeps", **sweep_asked.LIST, sweep_asked.SWEEP: sweep_id}
