"""One run as it goes on: how far it is, its curves, what it recommends, and what goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import streamlit as st

from recsys.errors import RecsysError
from recsys.learning import runs, tracking
from recsys.learning.curves import MOST_POINTS, Series
from recsys.learning.runs import Run
from recsys.learning.setting_words import SETTINGS
from recsys.ui import roles
from recsys.ui.charts import chart, table
from recsys.ui.messages import explain, plain, sentence
from recsys.ui.resources import Live
from recsys.ui.training import asked
from recsys.ui.training.curves import CHARTS, curve_spec, rows_of
from recsys.ui.training.film import filmstrip
from recsys.ui.training.head import head, way_back
from recsys.ui.training.manage import manage
from recsys.ui.training.words import (
    FIGURE_HELP,
    FIGURES,
    end_words,
    facts_words,
    figure_text,
    progress_words,
    share_of,
    size_words,
)
from recsys.workspace import Workspace

EVERY_S, SELDOM_S = 2.0, 10.0
LOG_LINES = 40
DELTA_COLOURS: dict[str, Literal["normal", "inverse"]] = {
    "validation_recall@10": "normal",
    "excess_gini": "inverse",
    "coverage": "normal",
    "largest_share": "inverse",
}
"""The figures at the top, and whether more is better."""


def one_run(live: Live, workspace: Workspace, run_id: str) -> None:
    """Everything about one run."""
    way_back("All runs", "train_back", {asked.RUN: "", asked.FRAME: 0})
    try:
        run = runs.read_run(workspace, run_id)
    except RecsysError as error:
        explain(error, heading="There is no such run")
        return
    head(run.name, run.state, facts_words(run), run.note, is_live=run.is_live)
    if run.reason:
        heading, ended = end_words(run, may_change=roles.is_operator())
        explain(ended, heading=heading, serious=run.state != "stopped")
    manage(workspace, run)
    mark = runs.film_mark(workspace, run.id)  # before: what is written meanwhile changes it
    frames = runs.film(workspace, run.id)
    if run.is_in_progress:
        follow(workspace, run.id, run.state, mark)
        # Drawn apart: curves cost far more than the bar above them, and change far less.
        st.fragment(curves_again, run_every=redrawn_every_s(run.step))(workspace, run.id)
    else:
        headline(run, runs.curves(workspace, run.id))
        warnings_and_curves(workspace, run)
    filmstrip(live, workspace, run, frames)
    about(run)
    recorded(workspace, run)


@st.fragment(run_every=EVERY_S)
def follow(workspace: Workspace, run_id: str, state: str, mark: tuple[int, int]) -> None:
    """How far it is; the whole page is drawn again at an evaluation and at the end."""
    try:
        run = runs.read_run(workspace, run_id)
    except RecsysError:
        st.rerun()
    if run.state != state or (
        "validation_recall@10" in run.metrics and runs.film_mark(workspace, run_id) != mark
    ):
        st.rerun()
    share = share_of(run)
    st.progress(share, text=plain(f"{progress_words(run)} · {100 * share:.0f} %", 200))
    headline(run, runs.curves(workspace, run_id))


def redrawn_every_s(step: int) -> float:
    """How often the curves of a run in progress are drawn again, by how far it is.

    Every step is a point at first. Later a point stands for several steps, so that a chart that
    is drawn less often shows the same.
    """
    return min(SELDOM_S, max(EVERY_S, EVERY_S * step / MOST_POINTS))


def curves_again(workspace: Workspace, run_id: str) -> None:
    """The curves as they are now; nothing of a run that was deleted, which ``follow`` tells."""
    try:
        run = runs.read_run(workspace, run_id)
    except RecsysError:
        return
    warnings_and_curves(workspace, run)


def warnings_and_curves(workspace: Workspace, run: Run) -> None:
    """Warnings, curves and the end of the log."""
    # Each part has its place from the start: what came first is not drawn anew, and does not
    # flicker, when the next appears.
    with st.container():
        for symptom in runs.warnings_of(workspace, run):
            st.warning(plain(symptom.text, 500), icon=":material/warning:")
    curves = runs.curves(workspace, run.id)
    with st.container(key="train_charts"):
        for key, title, names, look in CHARTS:
            known = {name: curves[name] for name in names if name in curves}
            with st.container():
                draw(run.id, key, title, known, look)
    lines = runs.log_tail(workspace, run.id, LOG_LINES)
    if lines:
        with st.expander("What it printed", icon=":material/terminal:"):
            st.code("\n".join(lines), language=None, height=320)


def headline(run: Run, curves: Mapping[str, Series]) -> None:
    """The latest figures."""
    known = [name for name in DELTA_COLOURS if name in run.metrics]
    if not known:
        return
    with st.container(key="train_figures"):
        for name in known:
            st.metric(
                FIGURES[name],
                figure_text(name, run.metrics[name]),
                delta=since_last(name, curves.get(name)),
                delta_color=DELTA_COLOURS[name],
                help=FIGURE_HELP.get(name),
            )


def since_last(name: str, series: Series | None) -> str | None:
    """By how much a figure has changed since the evaluation before; None at the first."""
    if series is None or len(series.values) < 2:
        return None
    change_ = series.values[-1] - series.values[-2]
    if figure_text(name, abs(change_)) == figure_text(name, 0.0):
        return None
    return ("+" if change_ >= 0 else "-") + figure_text(name, abs(change_))


def draw(
    run_id: str, key: str, title: str, curves: dict[str, Series], look: dict[str, object]
) -> None:
    """One chart; nothing before there is anything to see."""
    if not any(series.steps for series in curves.values()):
        return
    st.markdown(f"**{title}**")
    names = tuple(FIGURES[name] for name in curves)
    ends = "; ".join(
        f"{FIGURES[name].lower()} {figure_text(name, series.values[0])} at first, "
        f"{figure_text(name, series.last)} at step {series.steps[-1]:,}"
        for name, series in curves.items()
        if series.steps
    )
    chart(
        curve_spec(names, **look),  # type: ignore[arg-type]
        table(rows_of({name: (FIGURES[name], series) for name, series in curves.items()})),
        key=f"train_chart_{run_id}_{key}",
        says=f"{title}: {ends}.",
    )


def about(run: Run) -> None:
    """Settings, models and memory, for the record."""
    with st.expander("Settings", icon=":material/tune:"):
        config = dict(run.config)
        tower = config.pop("tower", {})
        values = {**config, **(tower if isinstance(tower, dict) else {})}
        labels = [SETTINGS[key].label if key in SETTINGS else "" for key in values]
        rows = {
            "Setting": [plain(label) for label in labels],
            "Value": [plain(value_text(value), 80) for value in values.values()],
            "For --set": [f"`{key}`" if key in SETTINGS else plain(str(key)) for key in values],
        }
        st.table(table(rows), hide_index=True, border="horizontal")
    parts = []
    if run.models:
        parts.append(f"models: {', '.join(run.models)}")
    if run.peak_memory_bytes:
        parts.append(f"at most {size_words(run.peak_memory_bytes)} of memory")
    if parts:
        st.caption(plain(" · ".join(parts), 400))


def value_text(value: object) -> str:
    """A setting's value as people read it: on or off, and lists with commas."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def recorded(workspace: Workspace, run: Run) -> None:
    """How far MLflow's record of it is, and how to look at that."""
    if not tracking.is_on():
        return
    told = tracking.recorded(workspace, run.id)
    with st.expander("In MLflow", icon=":material/database:"):
        if told.problem:
            st.caption(plain(f"The last attempt to record this run failed: {told.problem}.", 400))
        damage = tracking.damage(workspace)
        if damage:
            st.caption(plain(sentence(damage), 400))
        if not told.mlflow_run:
            st.caption("Not recorded yet.")
        else:
            how_far = "whole" if told.is_complete else f"up to step {told.sent_step:,}"
            st.caption(plain(f"Recorded {how_far}, as {told.mlflow_run}.", 200))
        command = tracking.ui_command(workspace)
        if command:
            st.markdown("To look at all records, type this and open the address it tells:")
            st.code(command, language="bash", wrap_lines=True)
        else:
            st.markdown(plain(f"The records are at {tracking.shown_uri(workspace)}", 300))
