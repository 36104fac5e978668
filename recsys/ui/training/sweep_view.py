"""One sweep: how far it is, the best so far, what matters, every trial, and what goes wrong."""

from __future__ import annotations

from functools import partial

import streamlit as st

from recsys.errors import RecsysError
from recsys.learning import sweeps
from recsys.learning.set_aside import what_happened
from recsys.learning.sweeps import Sweep, Trial
from recsys.ui.messages import explain, plain, sentence
from recsys.ui.state import change
from recsys.ui.training import sweep_asked
from recsys.ui.training.head import head, way_back
from recsys.ui.training.sweep_acts import manage
from recsys.ui.training.sweep_charts import importance_chart, progress_chart, trial_chart
from recsys.ui.training.sweep_trials import trials
from recsys.ui.training.sweep_words import (
    FEW_TRIALS,
    TRIAL_STATES,
    facts_words,
    importance_words,
    named,
    of_words,
    progress_words,
    range_words,
    recall_text,
    settings_words,
    trial_words,
)
from recsys.ui.training.words import duration_words
from recsys.workspace import Workspace

EVERY_S = 2.0
LOG_LINES = 40
SEARCHING = "searching"
RECALL_HELP = (
    "Of the right products of looks that are held out, how many are in the first ten. What a "
    "sweep looks for is this, never the loss: a setting can be part of the loss."
)


def one_sweep(workspace: Workspace, sweep_id: str) -> None:
    """Everything about one sweep."""
    way_back("All sweeps", "train_sweep_back", sweep_asked.LIST)
    try:
        sweep = sweeps.read_sweep(workspace, sweep_id)
    except RecsysError as error:
        explain(error, heading="There is no such sweep")
        return
    head(sweep.name, sweep.state, facts_words(sweep), sweep.note, running=SEARCHING)
    if sweep.reason:
        explain(
            RecsysError(sweep.reason, sweep.remedy),
            heading="This sweep has not come to its end",
            serious=sweep.state != "stopped",
        )
    damage = what_happened(workspace.sweep_dir(sweep.id) / "study.db", "trials.json")
    if damage:
        st.warning(plain(sentence(damage), 400), icon=":material/healing:")
    manage(workspace, sweep)
    if sweep.is_in_progress:
        follow(workspace, sweep.id, sweep.state, sweep.best)
    else:
        still(workspace, sweep.id)


@st.fragment(run_every=EVERY_S)
def follow(workspace: Workspace, sweep_id: str, state: str, best: int | None) -> None:
    """The moving part; the whole page is drawn again with another state or another best trial."""
    try:
        sweep = sweeps.read_sweep(workspace, sweep_id)
    except RecsysError:
        st.rerun()
    if (sweep.state, sweep.best) != (state, best):
        st.rerun()
    share = min(1.0, max(0.0, sweep.fraction))
    st.progress(share, text=plain(f"{progress_words(sweep)} · {100 * share:.0f} %", 300))
    everything(workspace, sweep)


@st.fragment
def still(workspace: Workspace, sweep_id: str) -> None:
    """The same of a sweep that is not in progress: a drag draws nothing but this again."""
    try:
        sweep = sweeps.read_sweep(workspace, sweep_id)
    except RecsysError:
        st.rerun()
    everything(workspace, sweep)


def everything(workspace: Workspace, sweep: Sweep) -> None:
    """Figures, charts, trials, and the end of the log."""
    if sweep.trials:
        headline(sweep)
        with st.container(key="train_sweep_charts"):
            with st.container():
                best_so_far(sweep)
            with st.container():
                what_matters(sweep)
        all_trials(sweep)
    elif sweep.is_in_progress:
        st.caption("The first trial appears here as soon as it begins.")
    with st.expander("What is searched", icon=":material/tune:"):
        for parameter in sweep.request.parameters:
            words = f"{named(parameter.key)}: {range_words(parameter)}"
            st.markdown(f"- {plain(words, 300)}")
        if sweep.request.overrides:
            shared = ", ".join(sweep.request.overrides)
            st.caption(plain(f"All trials share: {shared}.", 600))
    lines = sweeps.log_tail(workspace, sweep.id, LOG_LINES)
    if lines:
        with st.expander("What it printed", icon=":material/terminal:"):
            st.code("\n".join(lines), language=None, height=320)


def headline(sweep: Sweep) -> None:
    """The figures at the top."""
    best = sweep.best_trial
    early = sum(trial.state == "pruned" for trial in sweep.trials)
    failed = sum(trial.state == "failed" for trial in sweep.trials)
    seconds = sum(trial.seconds for trial in sweep.trials)
    with st.container(key="train_figures"):
        st.metric(
            "Best recall@10", recall_text(None if best is None else best.value), help=RECALL_HELP
        )
        st.metric("Trials", of_words(sweep))
        st.metric(
            "Ended early" if not failed else "Ended early or failed",
            f"{early + failed:,}",
            help="Trials that were worse than the median of those before them, or could not be.",
        )
        st.metric("Time in trials", duration_words(seconds))
    if best is not None:
        words = settings_words(sweep, best)
        st.markdown(f"Best so far is **trial {best.number}**: {plain(words, 400)}.")


def best_so_far(sweep: Sweep) -> None:
    """The chart of the trials, and how to read it."""
    st.markdown("**Best so far**")
    if all(trial.value is None for trial in sweep.trials):
        st.caption("No trial has measured anything yet.")
        return
    progress_chart(sweep)
    st.caption(
        "Each mark is a trial, higher is better; the green line is the best recall@10 up to there. "
        "Only trials that came to their end count."
    )


def what_matters(sweep: Sweep) -> None:
    """How much each setting explains, and how far to trust that."""
    st.markdown("**What matters**")
    if not sweep.importances:
        st.caption("Known after four trials that came to their end with different results.")
        return
    importance_chart(sweep)
    said = importance_words(sweep)[0]
    complete = sum(trial.state == "complete" for trial in sweep.trials)
    if complete < FEW_TRIALS:
        said += f" From {complete} trials this is a rough guess."
    st.caption(plain(f"The longer the bar, the more that setting decides. {said}", 300))


def all_trials(sweep: Sweep) -> None:
    """Every trial as a line and as a row, and the one that is open."""
    st.header("All trials", anchor=False)
    st.caption(
        "Each line is one trial: it crosses every axis at the value it tried, and ends at its "
        "recall@10. Drag along an axis to keep the lines that pass there; on a keyboard, move the "
        "handles with the arrow keys."
    )
    picked = sweep_asked.TRIAL.read()
    trials(
        sweep,
        key=f"train_sweep_trials_{sweep.id}",
        kept=sweep_asked.KEPT.read(),
        picked=picked,
        on_kept=lambda kept: change({sweep_asked.KEPT: kept}),
        on_pick=lambda number: change({sweep_asked.TRIAL: number}),
    )
    trial = next((one for one in sweep.trials if one.number == picked), None)
    if trial is not None:
        one_trial(sweep, trial)
    elif picked >= 0:
        st.caption(f"There is no trial {picked} in this sweep.")
    else:
        st.caption("Choose a trial, in the chart or in the table, to see its curve.")


def one_trial(sweep: Sweep, trial: Trial) -> None:
    """A trial's own curve and settings."""
    with st.container(border=True, key="train_sweep_trial"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(f"Trial {trial.number}", anchor=False, width="content")
            st.badge(TRIAL_STATES.get(trial.state, trial.state), color="gray")
            st.space("stretch")
            st.button(
                "Close",
                icon=":material/close:",
                key="train_sweep_trial_close",
                type="tertiary",
                on_click=partial(change, {sweep_asked.TRIAL: -1}),
            )
        st.markdown(plain(sentence(settings_words(sweep, trial)), 500))
        if trial.reason:
            st.caption(plain(sentence(trial_words(trial)), 400))
        if trial.curve:
            trial_chart(sweep, trial)
            st.caption("Recall@10 on validation looks, each time that the trial was measured.")
        else:
            st.caption("It has not been measured yet.")
