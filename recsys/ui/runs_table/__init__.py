"""The table of runs: sorted by its headers, ticked to compare, each name a link to its run.

A real table, so that a screen reader can go through it by row and column and says how it is
sorted; where there is no room for columns each row is a card. What is ticked is shown at once
and told to the server as a whole, so that quick clicks cannot overtake one another. Text reaches
the page by ``textContent`` alone: what somebody called a run is never markup.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from recsys.ui.shared import DOM, joined

Colour = Literal["green", "blue", "orange", "red", "gray"]

_HERE = Path(__file__).parent
_TEXT_LIMIT = 200

_component = st.components.v2.component(
    "recsys_runs_table",
    html='<div class="runs"></div>\n',
    css=joined(_HERE / "runs_table.css"),
    js=joined(DOM, _HERE / "runs_table.js"),
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column that sorts by a click on its header.

    Attributes:
        key: names it in a row's cells.
        sorts: the orders that its header leads to: the first click's, and the other way round.
        falls: whether the first of these puts the largest first.
        is_figure: set to the right, in figures of equal width.
        means: a sentence for whoever points at the header.
    """

    key: str
    title: str
    sorts: tuple[str, str]
    falls: bool = False
    is_figure: bool = False
    means: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A run.

    Attributes:
        id: what ticks and clicks report, and what its link leads to.
        cells: its texts by the columns' keys, those of ``name`` and ``state`` left out.
        colour: of its state.
        marks: further badges, words and colour: live, archived.
        note: below the name.
    """

    id: str
    name: str
    state: str
    colour: Colour
    cells: Mapping[str, str]
    marks: tuple[tuple[str, Colour], ...] = ()
    note: str = ""

    def record(self) -> dict[str, Any]:
        """What the browser gets."""
        return {
            "id": self.id,
            "name": _short(self.name),
            "state": [self.state, self.colour],
            "marks": [list(mark) for mark in self.marks],
            "note": _short(self.note),
            "cells": {key: _short(text) for key, text in self.cells.items()},
        }


def runs_table(
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    key: str,
    says: str,
    orders: Mapping[str, str],
    order: str,
    ticked: Sequence[str],
    most: int,
    parameter: str,
    on_open: Callable[[str], None],
    on_order: Callable[[str], None],
    on_tick: Callable[[tuple[str, ...]], None],
    on_compare: Callable[[tuple[str, ...]], None],
) -> None:
    """Shows runs as a table.

    Args:
        columns: from left to right, behind the ticks; the one called ``name`` is the row's header.
        rows: in the order shown.
        key: unique on the page; the table keeps its focus under it from run to run.
        says: how many there are and how they are sorted; shown above and read out on a change.
        orders: every order and its words, for where there are no headers to click.
        order: the one that the rows are in.
        ticked: ids of the runs that are chosen, in the order of their choice, those that are not
            among the rows included.
        most: how many can be chosen.
        parameter: of the address that leads to a run, for opening one in another tab.
        on_open, on_order, on_tick, on_compare: called before the page runs again with the id of
            a run, an order, and the ids of all that are chosen.
    """
    shown = {row.id for row in rows}
    held = {*shown, *ticked}

    def told(event: str) -> Any:
        return st.session_state[key].get(event)

    def opened() -> None:
        if told("opened") in shown:
            on_open(told("opened"))

    def ordered() -> None:
        if told("ordered") in orders:
            on_order(told("ordered"))

    def ids_of(event: str) -> tuple[str, ...] | None:
        # never a bare list: an empty one would count as nothing said
        value = told(event)
        ids = value.get("ids") if isinstance(value, dict) else None
        if not isinstance(ids, list):
            return None
        return tuple(dict.fromkeys(one for one in ids if one in held))[:most]

    def changed() -> None:
        ids = ids_of("ticked")
        if ids is not None:
            on_tick(ids)

    def compared() -> None:
        ids = ids_of("compared")
        if ids is not None and len(ids) > 1:
            on_compare(ids)

    _component(
        key=key,
        data={
            "says": says,
            "columns": [
                {
                    "key": column.key,
                    "title": column.title,
                    "sorts": list(column.sorts),
                    "falls": column.falls,
                    "isFigure": column.is_figure,
                    "means": column.means,
                }
                for column in columns
            ],
            "rows": [row.record() for row in rows],
            "orders": [[name, words] for name, words in orders.items()],
            "order": order,
            "ticked": list(ticked),
            "most": most,
            "parameter": parameter,
        },
        on_opened_change=opened,
        on_ordered_change=ordered,
        on_ticked_change=changed,
        on_compared_change=compared,
    )


def _short(text: str) -> str:
    return text if len(text) <= _TEXT_LIMIT else text[: _TEXT_LIMIT - 1] + "…"
