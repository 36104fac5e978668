"""The training page from its title down: which part is open, and who may change things."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from recsys.ui import acts, roles
from recsys.ui.frame import nothing_here
from recsys.ui.resources import Live
from recsys.ui.training import asked, sweep_asked
from recsys.ui.training.asked import VIEWS
from recsys.ui.training.listing import run_list
from recsys.ui.training.watch import one_run
from recsys.workspace import Workspace

_STYLE = (Path(__file__).parent / "style.css").read_text("utf-8")


def styles() -> None:
    """Puts this page's own styles on it."""
    st.html(f"<style>{_STYLE}</style>")


def body(live: Live) -> None:
    """Everything below the title."""
    workspace = Workspace.default()
    roles.door()
    acts.tell()
    st.segmented_control(
        "View",
        tuple(VIEWS),
        format_func=VIEWS.__getitem__,
        required=True,
        label_visibility="collapsed",
        width="content",
        **asked.VIEW.widget(also={asked.RUN: "", asked.COPY: "", **sweep_asked.LIST}),
    )
    view = asked.VIEW.read()
    if view == "runs" and asked.RUN.read():
        one_run(live, workspace, asked.RUN.read())
    elif view == "runs":
        run_list(workspace)
    elif view == "new":
        _new(live, workspace)
    elif view == "compare":
        _compare(live, workspace)
    elif view == "sweeps":
        _sweeps(live, workspace)
    elif view == "live":
        _live(live, workspace)


def _new(live: Live, workspace: Workspace) -> None:
    if not roles.is_operator():
        nothing_here("Only an operator can start a run. Looking at runs is for everybody.")
        return
    from recsys.ui.training.form import new_run

    new_run(live, workspace)


def _compare(live: Live, workspace: Workspace) -> None:
    from recsys.ui.training.compare import side_by_side

    side_by_side(live, workspace)


def _sweeps(live: Live, workspace: Workspace) -> None:
    from recsys.ui.training.sweep_list import sweeps_view

    sweeps_view(live, workspace)


def _live(live: Live, workspace: Workspace) -> None:
    from recsys.ui.training.promote import live_model

    live_model(live, workspace)
