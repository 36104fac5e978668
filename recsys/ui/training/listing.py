"""The list of runs: found, sorted, and seen as they go on."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import streamlit as st

from recsys.learning import runs
from recsys.learning.runs import Run
from recsys.ui import roles
from recsys.ui.frame import nothing_here
from recsys.ui.messages import plain
from recsys.ui.searchbox import search_box
from recsys.ui.state import change
from recsys.ui.training import asked
from recsys.ui.training.words import (
    FIGURES,
    STATES,
    facts_words,
    figure_text,
    progress_words,
)
from recsys.ui.views import counted
from recsys.workspace import Workspace

PER_PAGE = 12
_FIGURES = ("validation_recall@10", "excess_gini", "coverage")

_ORDERS: dict[str, Callable[[Run], tuple[object, ...]]] = {
    "name": lambda run: (run.name.casefold(),),
    "recall": lambda run: (-run.metrics.get("validation_recall@10", -inf),),
    "even": lambda run: (run.metrics.get("excess_gini", inf),),
    "steps": lambda run: (-run.step,),
}


def run_list(workspace: Workspace) -> None:
    """All runs, or those that are looked for."""
    everything = runs.list_runs(workspace, archived=True)
    if not everything:
        nothing_here("There are no runs yet.")
        if not roles.is_operator():
            return
        st.button(
            "Start the first one",
            icon=":material/add:",
            key="train_first",
            on_click=change,
            args=({asked.VIEW: "new"},),
        )
        return
    going = tuple(run.id for run in everything if run.is_in_progress)
    if going:
        in_progress(workspace, going)
    controls(everything)
    found = chosen(everything)
    if not found:
        nothing_here("No run is like this.")
        return
    pages = -(-len(found) // PER_PAGE)
    page = min(asked.PAGE.read(), pages)
    st.caption(counted(len(found), "run", "runs"))
    for run in found[(page - 1) * PER_PAGE : page * PER_PAGE]:
        row(run)
    if pages > 1:
        st.pagination(pages, **asked.PAGE.widget(shown=page))


def chosen(everything: list[Run]) -> list[Run]:
    """The runs that the URL asks for, in its order."""
    words = asked.FIND.read().casefold().split()
    show = asked.SHOW.read()
    kinds: dict[str, Callable[[Run], bool]] = {
        "all": lambda run: True,
        "progress": lambda run: run.is_in_progress,
        "finished": lambda run: run.state == "finished",
        "ended": lambda run: run.can_resume,
    }
    found = [
        run
        for run in everything
        if (asked.ARCHIVED.read() == "yes" or not run.is_archived)
        and kinds[show](run)
        and all(word in haystack(run) for word in words)
    ]
    order = _ORDERS.get(asked.SORT.read())
    return sorted(found, key=order) if order is not None else found


def haystack(run: Run) -> str:
    """What a search looks at."""
    return " ".join((run.id, run.name, run.note, run.preset, run.data_name, run.state)).casefold()


def controls(everything: list[Run]) -> None:
    """Search, kind and order."""
    from_the_start = {asked.PAGE: 1}
    with st.container(key="controls", horizontal=True, vertical_alignment="center"):
        search_box(asked.FIND, key="train_search", label="Search runs", width=232)
        st.segmented_control(
            "Show",
            tuple(asked.SHOWN),
            format_func=asked.SHOWN.__getitem__,
            required=True,
            label_visibility="collapsed",
            width="content",
            **asked.SHOW.widget(also=from_the_start),
        )
        st.selectbox(
            "Order",
            tuple(asked.SORTS),
            format_func=asked.SORTS.__getitem__,
            label_visibility="collapsed",
            width=240,
            **asked.SORT.widget(also=from_the_start),
        )
        if any(run.is_archived for run in everything):
            st.selectbox(
                "Archived",
                ("no", "yes"),
                format_func={"no": "Without archived", "yes": "With archived"}.__getitem__,
                label_visibility="collapsed",
                width=190,
                **asked.ARCHIVED.widget(also=from_the_start),
            )


def row(run: Run) -> None:
    """One run: its name leads to it."""
    with st.container(key=f"train_row_{run.id}", border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                plain(run.name, 80),
                key=f"train_open_{run.id}",
                type="tertiary",
                on_click=change,
                args=(asked.see_run(run.id),),
            )
            badge(run)
            if run.is_live:
                st.badge("live", icon=":material/storefront:", color="green")
            st.caption(plain(figures(run), 200), width="stretch", text_alignment="right")
        st.caption(plain(" · ".join(part for part in (facts_words(run), run.note) if part), 300))


def badge(run: Run) -> None:
    """The state of a run."""
    words, icon, colour = STATES[run.state]
    st.badge(words, icon=f":material/{icon}:", color=colour)


def figures(run: Run) -> str:
    """The latest figures of a run in a line."""
    return " · ".join(
        f"{FIGURES[name]} {figure_text(name, run.metrics[name])}"
        for name in _FIGURES
        if name in run.metrics
    )


@st.fragment(run_every=2.0)
def in_progress(workspace: Workspace, going: tuple[str, ...]) -> None:
    """How far the runs in progress are; the page is drawn again when that changes for one."""
    now = [run for run in runs.list_runs(workspace, archived=True) if run.is_in_progress]
    if tuple(run.id for run in now) != going:
        st.rerun()
    for run in now:
        share = min(1.0, max(0.0, run.fraction))
        st.progress(share, text=plain(f"{run.name}: {progress_words(run)}", 200))
