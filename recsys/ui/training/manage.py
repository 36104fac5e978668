"""What can be done with a run; drawn for operators only."""

from __future__ import annotations

import contextlib
from typing import Any, Literal

import streamlit as st

from recsys.errors import RecsysError
from recsys.learning import tracking
from recsys.learning.runs import Run
from recsys.processes import AlreadyRunningError
from recsys.ui import roles
from recsys.ui.acts import act_button, attempt
from recsys.ui.messages import explain, plain
from recsys.ui.state import Parameter, change
from recsys.ui.training import asked
from recsys.ui.training.form_state import MOST_MINUTES, MOST_STEPS, out_of_range
from recsys.ui.training.words import outlook_words
from recsys.workspace import Workspace

Unit = Literal["steps", "minutes"]
UNITS: dict[Unit, str] = {"steps": "Steps", "minutes": "Minutes"}


def manage(workspace: Workspace, run: Run) -> None:
    """The controls of one run."""
    with st.container(horizontal=True, vertical_alignment="center", key="train_acts"):
        if roles.is_operator():
            _way(workspace, run)
            act_button("Copy and change", "content_copy", "train_act_copy", lambda: _copied(run))
            with st.popover("Name and note", icon=":material/edit:"):
                _describe(workspace, run)
            if not run.is_in_progress:
                _put_away(workspace, run)
        st.button(
            "Compare",
            icon=":material/compare_arrows:",
            key="train_compare_this",
            on_click=change,
            args=({asked.VIEW: "compare", asked.RUN: "", asked.WITH: _with(run)},),
        )


def _with(run: Run) -> tuple[str, ...]:
    """This run and those that are ticked already."""
    return tuple(dict.fromkeys((run.id, *asked.WITH.read())))[: asked.MOST_COMPARED]


def _way(workspace: Workspace, run: Run) -> None:
    """Stop it, or go on with it."""
    if run.is_in_progress:
        act_button(
            "Stop",
            "stop",
            "train_act_stop",
            lambda: stop(workspace, run),
            disabled=run.state == "stopping",
        )
    elif run.can_resume:
        act_button(
            "Resume", "play_arrow", "train_act_resume", lambda: resume(workspace, run), primary=True
        )
        _other_budget(workspace, run, "Another budget")
    elif run.models:
        st.button(
            "Put it live",
            icon=":material/storefront:",
            key="train_to_live",
            disabled=run.is_live,
            on_click=change,
            args=({asked.VIEW: "live", asked.RUN: "", asked.MODEL: run.models[-1]},),
        )
        _other_budget(workspace, run, "Train further")


def _other_budget(workspace: Workspace, run: Run, label: str) -> None:
    """The way to go on with more or other steps or minutes."""
    # Drawn when it is opened: what a budget means is known by what trains, which takes a moment
    # to load, and who only looks does not wait for it.
    popover = st.popover(
        label, icon=":material/timer:", key=f"train_budget_{run.id}", on_change="rerun"
    )
    with popover:
        if popover.open:
            budget_form(workspace, run)


def budget_form(workspace: Workspace, run: Run) -> None:
    """A budget, what it means for this run, and the button that goes on with it."""
    from recsys.learning.budgets import outlook, saved_at

    step, elapsed_s = saved_at(run, workspace)
    usual: Unit = "steps" if run.minutes is None else "minutes"
    unit = st.segmented_control(
        "Budget",
        tuple(UNITS),
        default=usual,
        format_func=UNITS.__getitem__,
        required=True,
        label_visibility="collapsed",
        key=f"train_budget_unit_{run.id}",
    )
    # A finished run is offered as much again, one that ended early what it had.
    times = 2 if run.state == "finished" else 1
    usual_minutes = float(times * (run.minutes or max(1, round(elapsed_s / 60))))
    key = f"train_budget_{unit}_{run.id}"
    if unit == "steps":
        steps = st.number_input(
            "Steps in all",
            value=min(MOST_STEPS, times * (run.steps or max(step, 100))),
            step=100,
            key=key,
            help="Counted from the run's start, with those that are done.",
        )
        wrong = out_of_range("Steps in all", steps, 1, MOST_STEPS)
        asked_for: dict[str, Any] = {"steps": steps}
    else:
        minutes = st.number_input(
            "Minutes in all",
            value=min(MOST_MINUTES, usual_minutes),
            step=1.0,
            format="%g",
            key=key,
            help="Counted from the run's start: the minutes it has trained are among them.",
        )
        wrong = out_of_range("Minutes in all", minutes, 0.1, MOST_MINUTES)
        asked_for = {"minutes": minutes}
    if wrong:
        explain(wrong[0], serious=True)
        return
    try:
        found = outlook(run, workspace, **asked_for)
    except RecsysError as error:
        explain(error)
        return
    st.markdown(plain(outlook_words(found, next(iter(asked_for.values())), unit), 600))
    if run.state == "finished":
        st.caption("The model it has made stays as it is; another is made at the end.")
    act_button(
        "Train further" if run.state == "finished" else "Resume with this budget",
        "play_arrow",
        "train_act_budget",
        lambda: go_on(workspace, run, unit, key),
        primary=True,
        disabled=run.state == "finished" and found.spent >= 1,
    )


def _describe(workspace: Workspace, run: Run) -> None:
    # The keys carry the run, so that one run's name is never offered for another.
    name, note = f"train_name_{run.id}", f"train_note_{run.id}"
    with st.form(f"train_describe_{run.id}", border=False):
        st.text_input("Name", run.name, max_chars=80, key=name)
        st.text_area("Note", run.note, max_chars=2000, key=note)
        st.form_submit_button(
            "Save",
            on_click=attempt,
            args=(
                lambda: describe(workspace, run, st.session_state[name], st.session_state[note]),
            ),
        )


def _put_away(workspace: Workspace, run: Run) -> None:
    label = "Put back on the list" if run.is_archived else "Archive"
    icon = "unarchive" if run.is_archived else "archive"
    act_button(label, icon, "train_act_archive", lambda: archive(workspace, run))
    if run.is_live:
        return
    with st.popover("Delete", icon=":material/delete:"):
        st.markdown(plain(deletion_words(workspace, run), 600))
        act_button(
            "Delete for good", "delete_forever", "train_act_delete", lambda: delete(workspace, run)
        )


def deletion_words(workspace: Workspace, run: Run) -> str:
    """What goes with a run, and what of it stays elsewhere."""
    parts = ["its curves, checkpoints and log"]
    models = len(run.models)
    if models:
        parts.append("its model" if models == 1 else f"its {models} models")
    if tracking.is_local_record(workspace, run.id):
        parts.append("MLflow's record of it")
    gone = ", ".join(parts[:-1]) + f", and {parts[-1]}" if parts[1:] else parts[0]
    said = f"This deletes {gone} for good. It cannot be undone."
    servers = tracking.left_behind(workspace, run.id)
    if servers:
        said += f" MLflow's record of it stays at {' and '.join(servers)}; delete it there."
    return said


# the actions; each is called through ``attempt``, which asks for the role again


def stop(workspace: Workspace, run: Run) -> None:
    """Asks the run to save and stop."""
    from recsys.learning import jobs

    jobs.stop(run.id, workspace)


def resume(
    workspace: Workspace, run: Run, *, steps: int | None = None, minutes: float | None = None
) -> None:
    """Goes on where it was saved, in its turn: exactly as it was, or with another budget."""
    from recsys.learning import jobs

    queue = bool(jobs.in_progress(workspace))
    # a second click on the same button finds it in progress, which is what was asked for
    with contextlib.suppress(AlreadyRunningError):
        jobs.resume(run.id, workspace, steps=steps, minutes=minutes, queue=queue)


def go_on(workspace: Workspace, run: Run, unit: Unit, key: str) -> None:
    """Goes on with the budget that stands in a field now: it and the click can come together."""
    budget = st.session_state.get(key)
    if budget is None:
        return
    if unit == "steps":
        resume(workspace, run, steps=budget)
    else:
        resume(workspace, run, minutes=budget)


def describe(workspace: Workspace, run: Run, name: str, note: str) -> None:
    """Gives the run another name and note."""
    from recsys.learning import jobs

    if name != run.name:
        jobs.rename(run.id, workspace, name)
    jobs.annotate(run.id, workspace, note)


def archive(workspace: Workspace, run: Run) -> None:
    """Takes the run off the list, or puts it back."""
    from recsys.learning import jobs

    jobs.archive(run.id, workspace, not run.is_archived)


def delete(workspace: Workspace, run: Run) -> dict[Parameter[Any], Any]:
    """Deletes the run with its files and models."""
    from recsys.learning import jobs

    jobs.delete(run.id, workspace)
    return {asked.RUN: "", asked.FRAME: 0}


def _copied(run: Run) -> dict[Parameter[Any], Any]:
    return {asked.VIEW: "new", asked.COPY: run.id, asked.RUN: ""}
