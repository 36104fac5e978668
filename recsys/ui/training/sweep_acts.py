"""What can be done with a sweep; drawn for operators only."""

from __future__ import annotations

from typing import Any

import streamlit as st

from recsys.learning import runs, sweeps
from recsys.learning.sweeps import Sweep
from recsys.ui import roles
from recsys.ui.acts import act_button, attempt, once
from recsys.ui.messages import explain, plain
from recsys.ui.state import Parameter
from recsys.ui.training import asked, sweep_asked
from recsys.ui.training.form_state import MOST_MINUTES, MOST_STEPS, out_of_range
from recsys.ui.training.sweep_words import recall_text, settings_words
from recsys.ui.training.words import duration_words
from recsys.ui.views import counted
from recsys.workspace import Workspace

LENGTHS = {"preset": "The preset's own", "steps": "Steps", "minutes": "Minutes"}
_MORE_TRIALS, _MORE_MINUTES = 6, 30.0


def manage(workspace: Workspace, sweep: Sweep) -> None:
    """The controls of one sweep; nothing for who is no operator."""
    if not roles.is_operator():
        return
    with st.container(horizontal=True, vertical_alignment="center", key="train_sweep_acts"):
        if sweep.best is not None:
            _train(workspace, sweep)
        if sweep.is_in_progress:
            act_button(
                "Stop",
                "stop",
                "train_sweep_act_stop",
                lambda: stop(workspace, sweep),
                disabled=sweep.state == "stopping",
            )
        elif sweep.can_resume:
            act_button(
                "Resume", "play_arrow", "train_sweep_act_resume", lambda: resume(workspace, sweep)
            )
        if not sweep.is_in_progress:
            _more(workspace, sweep)
        with st.popover("Name and note", icon=":material/edit:"):
            _describe(workspace, sweep)
        if not sweep.is_in_progress:
            with st.popover("Delete", icon=":material/delete:"):
                st.markdown(
                    "This deletes the sweep with its trials for good. Runs that were started from "
                    "it stay."
                )
                act_button(
                    "Delete for good",
                    "delete_forever",
                    "train_sweep_act_delete",
                    lambda: delete(workspace, sweep),
                )


def _train(workspace: Workspace, sweep: Sweep) -> None:
    best = sweep.best_trial
    assert best is not None
    length, steps, minutes = (f"train_best_{part}_{sweep.id}" for part in ("by", "steps", "min"))
    with st.popover("Train the best at full length", icon=":material/model_training:"):
        words = settings_words(sweep, best)
        st.markdown(
            f"Trial {best.number} has the best recall@10, {recall_text(best.value)}: "
            f"{plain(words, 300)}. A trial is short; this trains a model with its settings."
        )
        by = st.segmented_control(
            "Length", tuple(LENGTHS), format_func=LENGTHS.__getitem__, key=length, default="preset"
        )
        wrong = []
        if by == "steps":
            usual = min(MOST_STEPS, 4 * sweep.request.trial_steps)
            asked_for = st.number_input("Steps", value=usual, step=100, key=steps)
            wrong = out_of_range("Steps", asked_for, 1, MOST_STEPS)
        elif by == "minutes":
            time = st.number_input("Minutes", value=10.0, step=1.0, format="%g", key=minutes)
            wrong = out_of_range("Minutes", time, 0.1, MOST_MINUTES)
        if wrong:
            explain(wrong[0], serious=True)
            return
        act_button(
            "Train it",
            "play_arrow",
            "train_sweep_act_train",
            lambda: train_best(
                workspace,
                sweep,
                steps=st.session_state.get(steps) if by == "steps" else None,
                minutes=st.session_state.get(minutes) if by == "minutes" else None,
            ),
            primary=True,
        )
        st.caption("One training at a time: where another is in progress, this one lines up.")


def _more(workspace: Workspace, sweep: Sweep) -> None:
    from recsys.learning.budgets import least_minutes, sweep_used_s

    key = f"train_sweep_budget_{sweep.id}_{sweep.ended}"
    by_minutes = sweep.request.minutes is not None
    used_s = sweep_used_s(sweep.id, workspace)
    low, most = sweep.ended + 1, sweeps.MAX_TRIALS
    least = least_minutes(used_s)
    if (by_minutes and least > MOST_MINUTES) or (not by_minutes and low > most):
        return
    with st.popover("More minutes" if by_minutes else "More trials", icon=":material/more_time:"):
        if by_minutes:
            longer = max(least, sweep.request.minutes or 0.0) + _MORE_MINUTES
            minutes = st.number_input(
                "Minutes in all",
                value=min(MOST_MINUTES, longer),
                step=5.0,
                format="%g",
                key=key,
            )
            wrong = out_of_range("Minutes in all", minutes, least, MOST_MINUTES)
            so_far = f"it has taken {duration_words(used_s)}"
        else:
            wanted = max(sweep.ended, sweep.request.trials or 0) + _MORE_TRIALS
            trials = st.number_input("Trials in all", value=min(most, wanted), step=1, key=key)
            wrong = out_of_range("Trials in all", trials, low, most)
            so_far = f"{counted(sweep.ended, 'trial has', 'trials have')} ended"
        st.caption(plain(f"Counted from the sweep's start; {so_far}."))
        if wrong:
            explain(wrong[0], serious=True)
            return
        act_button(
            "Go on", "play_arrow", "train_sweep_act_more", lambda: more(workspace, sweep, key)
        )


def _describe(workspace: Workspace, sweep: Sweep) -> None:
    # The keys carry the sweep, so that one sweep's name is never offered for another.
    name, note = f"train_sweep_name_{sweep.id}", f"train_sweep_note_{sweep.id}"
    with st.form(f"train_sweep_describe_{sweep.id}", border=False):
        st.text_input("Name", sweep.name, max_chars=80, key=name)
        st.text_area("Note", sweep.note, max_chars=2000, key=note)
        st.form_submit_button(
            "Save",
            on_click=attempt,
            args=(
                lambda: describe(workspace, sweep, st.session_state[name], st.session_state[note]),
            ),
        )


# the actions; each is called through ``attempt``, which asks for the role again


def stop(workspace: Workspace, sweep: Sweep) -> None:
    """Asks the sweep to save and stop."""
    from recsys.learning import sweep_jobs

    sweep_jobs.stop_sweep(sweep.id, workspace)


def resume(workspace: Workspace, sweep: Sweep) -> None:
    """Goes on in the middle of the trial that it was stopped in, in its turn."""
    from recsys.learning import jobs, sweep_jobs

    if sweeps.read_sweep(workspace, sweep.id).is_in_progress:
        return  # a second click on the same button
    sweep_jobs.resume_sweep(sweep.id, workspace, queue=bool(jobs.in_progress(workspace)))


def more(workspace: Workspace, sweep: Sweep, key: str) -> None:
    """Goes on with a larger budget."""
    from recsys.learning import jobs, sweep_jobs

    if sweeps.read_sweep(workspace, sweep.id).is_in_progress:
        return
    asked_for = st.session_state.get(key)
    if asked_for is None:
        return
    by_minutes = sweep.request.minutes is not None
    sweep_jobs.resume_sweep(
        sweep.id,
        workspace,
        trials=None if by_minutes else int(asked_for),
        minutes=float(asked_for) if by_minutes else None,
        queue=bool(jobs.in_progress(workspace)),
    )


def describe(workspace: Workspace, sweep: Sweep, name: str, note: str) -> None:
    """Gives the sweep another name and note."""
    from recsys.learning import sweep_jobs

    sweep_jobs.describe_sweep(sweep.id, workspace, name=name, note=note)


def delete(workspace: Workspace, sweep: Sweep) -> dict[Parameter[Any], Any]:
    """Deletes the sweep with its trials."""
    from recsys.learning import sweep_jobs

    sweep_jobs.delete_sweep(sweep.id, workspace)
    return sweep_asked.LIST


def train_best(
    workspace: Workspace, sweep: Sweep, *, steps: int | None, minutes: float | None
) -> dict[Parameter[Any], Any]:
    """Starts a run with the best trial's settings, once however often it is asked for."""
    from recsys.learning import jobs, sweep_jobs

    run_id = once(
        (sweep.id, sweep.best, steps, minutes),
        lambda: sweep_jobs.train_best(
            sweep.id,
            workspace,
            steps=steps,
            minutes=minutes,
            queue=bool(jobs.in_progress(workspace)),
        ),
        lambda run_id: runs.read_run(workspace, run_id).is_in_progress,
    )
    return {**sweep_asked.LIST, **asked.see_run(run_id)}
