"""The sweeps: which there are, how far those in progress are, and the way to a new one."""

from __future__ import annotations

import streamlit as st

from recsys.learning import sweeps
from recsys.learning.sweeps import Sweep
from recsys.ui import roles
from recsys.ui.frame import nothing_here
from recsys.ui.messages import plain
from recsys.ui.resources import Live
from recsys.ui.state import change
from recsys.ui.training import sweep_asked
from recsys.ui.training.head import badge
from recsys.ui.training.sweep_view import SEARCHING, one_sweep
from recsys.ui.training.sweep_words import done_words, facts_words, progress_words, recall_text
from recsys.ui.views import counted
from recsys.workspace import Workspace

PER_PAGE = 20
WHAT_IT_IS = (
    "A sweep tries many settings in short trials and keeps what ranks best. Train the best of "
    "them at full length afterwards."
)


def sweeps_view(live: Live, workspace: Workspace) -> None:
    """One sweep, the form of a new one, or the list."""
    if sweep_asked.SWEEP.read():
        one_sweep(workspace, sweep_asked.SWEEP.read())
    elif sweep_asked.FORM.read() == "yes":
        _new(live, workspace)
    else:
        sweep_list(workspace)


def _new(live: Live, workspace: Workspace) -> None:
    if not roles.is_operator():
        nothing_here("Only an operator can start a sweep. Looking at sweeps is for everybody.")
        return
    from recsys.ui.training.sweep_form import new_sweep

    new_sweep(live, workspace)


def sweep_list(workspace: Workspace) -> None:
    """All sweeps, newest first."""
    everything = sweeps.list_sweeps(workspace)
    st.caption(WHAT_IT_IS)
    if roles.is_operator():
        st.button(
            "New sweep",
            icon=":material/add:",
            key="train_sweep_add",
            type="primary",
            on_click=change,
            args=({**sweep_asked.LIST, sweep_asked.FORM: "yes"},),
        )
    if not everything:
        nothing_here("There are no sweeps yet.")
        return
    going = tuple((sweep.id, sweep.ended) for sweep in everything if sweep.is_in_progress)
    if going:
        in_progress(workspace, going)
    st.caption(counted(len(everything), "sweep", "sweeps"))
    shown = st.session_state.get("train_sweeps_shown", PER_PAGE)
    for sweep in everything[:shown]:
        row(sweep)
    if len(everything) > shown:
        st.button(
            "Show more",
            key="train_sweeps_more",
            on_click=lambda: st.session_state.update(train_sweeps_shown=shown + PER_PAGE),
        )


@st.fragment(run_every=2.0)
def in_progress(workspace: Workspace, going: tuple[tuple[str, int], ...]) -> None:
    """How far the sweeps in progress are; the page is drawn again when a trial ends."""
    now = [sweep for sweep in sweeps.list_sweeps(workspace) if sweep.is_in_progress]
    if tuple((sweep.id, sweep.ended) for sweep in now) != going:
        st.rerun()
    for sweep in now:
        share = min(1.0, max(0.0, sweep.fraction))
        st.progress(share, text=plain(f"{sweep.name}: {progress_words(sweep)}", 300))


def row(sweep: Sweep) -> None:
    """One sweep: its name leads to it."""
    with st.container(key=f"train_sweep_row_{sweep.id}", border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                plain(sweep.name, 80),
                key=f"train_sweep_open_{sweep.id}",
                type="tertiary",
                on_click=change,
                args=({**sweep_asked.LIST, sweep_asked.SWEEP: sweep.id},),
            )
            badge(sweep.state, running=SEARCHING)
            best = sweep.best_trial
            figures = [done_words(sweep)]
            if best is not None:
                figures.insert(0, f"best recall@10 {recall_text(best.value)}")
            st.caption(plain(" · ".join(figures)), width="stretch", text_alignment="right")
        said = " · ".join(part for part in (facts_words(sweep), sweep.note) if part)
        st.caption(plain(said, 400))
