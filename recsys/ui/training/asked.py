"""What a visitor asks of the training page, as the URL says it."""

from __future__ import annotations

from typing import Any, Literal

from recsys.ui import state
from recsys.ui.state import Parameter
from recsys.ui.training import sweep_asked
from recsys.workspace import is_name

View = Literal["runs", "new", "compare", "sweeps", "live"]
VIEWS: dict[View, str] = {
    "runs": "Runs",
    "new": "New run",
    "compare": "Compare",
    "sweeps": "Sweeps",
    "live": "Live model",
}
SORTS = {
    "newest": "Newest first",
    "newest_reversed": "Oldest first",
    "name": "Name, A to Z",
    "name_reversed": "Name, Z to A",
    "recall": "Best recall@10 first",
    "recall_reversed": "Lowest recall@10 first",
    "even": "Most even exposure first",
    "even_reversed": "Least even exposure first",
    "coverage": "Widest coverage first",
    "coverage_reversed": "Narrowest coverage first",
    "steps": "Most steps first",
    "steps_reversed": "Fewest steps first",
    "state": "In progress first",
    "state_reversed": "Ended early first",
    "what": "Preset and data, A to Z",
    "what_reversed": "Preset and data, Z to A",
}
"""Orders of runs, each with its reverse: in words."""
SHOWN = {"all": "All", "progress": "In progress", "finished": "Finished", "ended": "Ended early"}
MOST_COMPARED = 6


def _names(text: str) -> tuple[str, ...] | None:
    names = tuple(dict.fromkeys(text.split(",")))
    return names if len(names) <= MOST_COMPARED and all(map(is_name, names)) else None


VIEW: Parameter[View] = state.choice("train_view", tuple(VIEWS), "runs").told(
    "part of this page", "the runs are shown"
)
RUN = Parameter[str]("train_run", "", lambda text: text if is_name(text) else None).told(
    "run's id", "all runs are shown"
)
COPY = Parameter[str]("train_copy", "", lambda text: text if is_name(text) else None).told(
    "run's id", "the form starts from a preset"
)
WITH = Parameter[tuple[str, ...]]("train_with", (), _names, ",".join).told(
    "list of run ids", "none are chosen"
)
MODEL = Parameter[str]("train_model", "", lambda text: text if is_name(text) else None).told(
    "model's id", "another one is offered"
)
DATA = Parameter[str]("train_data", "", lambda text: text if is_name(text) else None).told(
    "data set's name", "the live one is offered"
)
FIND = state.words("train_find")
SORT = state.choice("train_sort", tuple(SORTS), "newest").told("order", "the newest come first")
SHOW = state.choice("train_show", tuple(SHOWN), "all").told("kind of run", "all are shown")
PRESET = state.words("train_preset")
FROM = state.words("train_from")
"""The data set that the runs in the list were trained on."""
ARCHIVED = state.choice("train_archived", ("no", "yes"), "no").told(
    "yes or no", "archived runs are left out"
)
FRAME = state.number("train_frame", 0).told("step", "the last evaluation is shown")
PAGE = state.number("train_page", 1, low=1, high=1_000_000).told("page", "the first one is shown")

PARAMETERS: tuple[Parameter[Any], ...] = (
    *sweep_asked.PARAMETERS,
    *(VIEW, RUN, COPY, WITH, MODEL, DATA, SORT, SHOW, PRESET, FROM, ARCHIVED, FRAME, PAGE),
)


def see_run(run_id: str) -> dict[Parameter[Any], Any]:
    """The changes that lead to a run."""
    return {VIEW: "runs", RUN: run_id, FRAME: 0, COPY: ""}
