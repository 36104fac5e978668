"""The list of runs: found, filtered, sorted, ticked to compare, and seen as they go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from recsys.learning import runs
from recsys.learning.runs import Run
from recsys.ui import roles
from recsys.ui.frame import nothing_here
from recsys.ui.messages import plain
from recsys.ui.runs_table import Column, Row, runs_table
from recsys.ui.searchbox import search_box
from recsys.ui.state import Parameter, change
from recsys.ui.training import asked
from recsys.ui.training.words import (
    FIGURE_HELP,
    FIGURES,
    STATES,
    figure_text,
    progress_words,
    share_of,
)
from recsys.ui.views import counted, since_text
from recsys.workspace import Workspace

PER_PAGE = 25
RECALL = "validation_recall@10"
_ORDER_OF_STATES = tuple(STATES)
_ANY = ""

_VALUES: dict[str, Callable[[Run], Any]] = {
    "name": lambda run: (run.name.casefold(), run.id),
    "recall": lambda run: run.metrics.get(RECALL),
    "even": lambda run: run.metrics.get("excess_gini"),
    "coverage": lambda run: run.metrics.get("coverage"),
    "steps": lambda run: run.step,
    "state": lambda run: _ORDER_OF_STATES.index(run.state),
    "what": lambda run: what_words(run).casefold(),
}
"""Order → what it goes by, None where a run has no such figure. The newest are first anyway."""

_FALLS = {"recall", "coverage", "steps", "newest"}
"""Orders that begin with the largest."""


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
    if any(run.is_in_progress for run in everything):
        in_progress(workspace, news(everything), runs.starts(workspace))
    controls(everything)
    found = chosen(everything)
    if not found:
        nothing_here("No run is like this.")
        st.button("Show all runs", key="train_show_all", on_click=change, args=(_EVERYTHING,))
        return
    pages = -(-len(found) // PER_PAGE)
    page = min(asked.PAGE.read(), pages)
    shown_table(everything, found, found[(page - 1) * PER_PAGE : page * PER_PAGE])
    if pages > 1:
        st.pagination(pages, **asked.PAGE.widget(shown=page))


def chosen(everything: list[Run]) -> list[Run]:
    """The runs that the URL asks for, in its order."""
    words = asked.FIND.read().casefold().split()
    preset, data = asked.PRESET.read(), asked.FROM.read()
    is_shown = _KINDS[asked.SHOW.read()]
    found = [
        run
        for run in everything
        if (asked.ARCHIVED.read() == "yes" or not run.is_archived)
        and is_shown(run)
        and (not preset or run.preset == preset)
        and (not data or run.data_name == data)
        and all(word in haystack(run) for word in words)
    ]
    return in_order(found, asked.SORT.read())


_KINDS: dict[str, Callable[[Run], bool]] = {
    "all": lambda run: True,
    "progress": lambda run: run.is_in_progress,
    "finished": lambda run: run.state == "finished",
    "ended": lambda run: run.can_resume,
}

_EVERYTHING: dict[Parameter[Any], Any] = {
    asked.FIND: "",
    asked.SHOW: "all",
    asked.PRESET: "",
    asked.FROM: "",
    asked.ARCHIVED: "yes",
    asked.PAGE: 1,
}
"""The changes that take every filter away."""


def in_order(found: list[Run], order: str) -> list[Run]:
    """Runs, newest first, in another order; those without the figure are last either way."""
    name, _, is_reversed = order.partition("_")
    if name == "newest":
        return found[::-1] if is_reversed else found
    value = _VALUES[name]
    known = [run for run in found if value(run) is not None]
    unknown = [run for run in found if value(run) is None]
    return [*sorted(known, key=value, reverse=(name in _FALLS) != bool(is_reversed)), *unknown]


def haystack(run: Run) -> str:
    """What a search looks at."""
    return " ".join((run.id, run.name, run.note, run.preset, run.data_name, run.state)).casefold()


def controls(everything: list[Run]) -> None:
    """Search and filters."""
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
        _pick("Data set", asked.FROM, "All data sets", [run.data_name for run in everything])
        _pick("Preset", asked.PRESET, "All presets", [run.preset for run in everything])
        if any(run.is_archived for run in everything):
            st.selectbox(
                "Archived",
                ("no", "yes"),
                format_func={"no": "Without archived", "yes": "With archived"}.__getitem__,
                label_visibility="collapsed",
                width=190,
                **asked.ARCHIVED.widget(also=from_the_start),
            )


def _pick(label: str, parameter: Parameter[str], everything: str, values: Sequence[str]) -> None:
    """A filter by a text that runs have; none where all have the same."""
    known = sorted({value for value in values if value} | {parameter.read()} - {_ANY})
    if len(known) < 2 and not parameter.read():
        return
    st.selectbox(
        label,
        (_ANY, *known),
        format_func=lambda value: value or everything,
        label_visibility="collapsed",
        width=160,
        **parameter.widget(also={asked.PAGE: 1}),
    )


# the table


def shown_table(everything: list[Run], found: list[Run], on_page: list[Run]) -> None:
    """One page of the runs that were found."""
    known = {run.id for run in everything}
    order = asked.SORT.read()
    words = asked.SORTS[order]
    runs_table(
        COLUMNS,
        [row_of(run) for run in on_page],
        key="train_table",
        says=f"{counted(len(found), 'run', 'runs')} · {words[0].lower()}{words[1:]}",
        orders=asked.SORTS,
        order=order,
        ticked=[name for name in asked.WITH.read() if name in known],
        most=asked.MOST_COMPARED,
        parameter=asked.RUN.name,
        on_open=lambda name: change(asked.see_run(name)),
        on_order=lambda name: change({asked.SORT: name, asked.PAGE: 1}),
        on_tick=lambda names: change({asked.WITH: names}),
        on_compare=lambda names: change({asked.VIEW: "compare", asked.WITH: names}),
    )


def _column(order: str, title: str, *, means: str = "", is_figure: bool = False) -> Column:
    key = order if order in ("name", "state", "what", "newest", "steps") else _FIGURES[order]
    sorts = (order, f"{order}_reversed")
    return Column(key, title, sorts, order in _FALLS, is_figure, means)


_FIGURES = {"recall": RECALL, "even": "excess_gini", "coverage": "coverage"}

COLUMNS = (
    _column("name", "Name"),
    _column("state", "State"),
    *(
        _column(order, FIGURES[name], means=FIGURE_HELP[name], is_figure=True)
        for order, name in _FIGURES.items()
    ),
    _column("steps", "Steps", is_figure=True),
    _column("what", "Preset · data"),
    _column("newest", "Made"),
)


def row_of(run: Run) -> Row:
    """A run as a row."""
    words, _, colour = STATES[run.state]
    marks = [("live", "green")] if run.is_live else []
    marks += [("archived", "gray")] if run.is_archived else []
    cells = {name: figure_text(name, run.metrics.get(name)) for name in _FIGURES.values()}
    cells["steps"] = f"{run.step:,}"
    cells["what"] = what_words(run)
    cells["newest"] = since_text(run.created) if run.created else ""
    return Row(run.id, run.name, words, colour, cells, tuple(marks), run.note)  # type: ignore[arg-type]


def what_words(run: Run) -> str:
    """What a run learnt by and from."""
    return " · ".join(part for part in (run.preset, run.data_name) if part)


# runs in progress

News = tuple[tuple[str, str, float | None], ...]


def news(everything: list[Run]) -> News:
    """What of runs in progress the table shows: when it changes, the table is drawn again."""
    return tuple(
        (run.id, run.state, run.metrics.get(RECALL)) for run in everything if run.is_in_progress
    )


@st.fragment(run_every=2.0)
def in_progress(workspace: Workspace, known: News, starts: frozenset[tuple[str, int]]) -> None:
    """How far the runs in progress are.

    Only these are read: to read hundreds that have ended every two seconds would cost the shop
    more than it shows. One that is begun or gone on with meanwhile changes ``starts``.
    """
    now = runs.list_runs(workspace, archived=True, only={run_id for run_id, *_ in known})
    if news(now) != known or runs.starts(workspace) != starts:
        st.rerun()
    for run in now:
        if run.is_in_progress:
            st.progress(share_of(run), text=plain(f"{run.name}: {progress_words(run)}", 200))
