"""What our charts have in common: colours, axes, and the way to the page.

A chart is an Altair specification that is made once, and a table that changes. Text from a
catalogue only ever stands in the table: Vega draws it as text, and its tooltip escapes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from recsys.serving.exports import safe_cell

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

# Told apart by people who see few colours (Okabe & Ito, "Color Universal Design", 2008), and
# at least 3:1 against both themes' paper, so that no chart has to know the theme.
SHOWN = "#0072B2"
"""Blue: what is shown."""
CHANCE = "#8A8378"
"""Grey, dashed where it is a line: what chance would give."""
RIGHT = "#009E73"
"""Green, dotted where it is a line: what was right."""
PICKED = "#D55E00"
"""Vermilion: what is picked."""

TEXT = "#7D7870"
"""Words beside a mark: as dark as they are light, 4:1 against either paper. Axes and legends have
the theme's own colour, which a mark cannot ask for."""

DASHED, DOTTED = [6, 4], [2, 3]

_LABEL_LETTERS = 120


def steps_of_ten(highest: float) -> list[float]:
    """Ticks for an axis that is linear to 1 and logarithmic beyond: 0, 1, 2, 5, 10, 20 …

    Vega's own are even steps, which crowd at the far end.
    """
    ticks, size = [0.0], 1.0
    while size <= highest:
        ticks += [step * size for step in (1, 2, 5) if step * size <= highest]
        size *= 10
    return ticks if len(ticks) <= 8 else [0.0, *(10.0**power for power in range(_digits(highest)))]


def label(text: str) -> str:
    """A catalogue's text for a chart's table: one line, and no formula where it is exported."""
    line = " ".join(text.split())
    short = line if len(line) <= _LABEL_LETTERS else line[: _LABEL_LETTERS - 1] + "…"
    return safe_cell(short)


def table(columns: Mapping[str, Sequence[Any] | Any]) -> pd.DataFrame:
    """Columns of equal length as the table of a chart."""
    import pandas as pd  # late: only pages with charts need it

    return pd.DataFrame(dict(columns))


def chart(
    spec: Mapping[str, Any],
    data: pd.DataFrame,
    *,
    key: str,
    says: str,
    on_select: Callable[[dict[str, Any]], None] | None = None,
) -> None:
    """Draws a chart; its menu shows the table, and saves picture and table.

    Args:
        spec: from ``specification``.
        data: its table.
        key: unique on the page; a new one forgets what was selected.
        says: what is to be seen in it, for those who do not see it.
        on_select: called with the new selection of every parameter, before the page runs again.
    """
    if on_select is None:
        st.vega_lite_chart(data, dict(spec), key=key, alt=says)
        return

    def selected() -> None:
        state = st.session_state[key]
        on_select({name: dict_or_list(value) for name, value in state["selection"].items()})

    st.vega_lite_chart(data, dict(spec), key=key, alt=says, on_select=selected)


def specification(made: alt.LayerChart | alt.FacetChart | alt.Chart) -> dict[str, Any]:
    """A chart without data as a dictionary, for ``chart``."""
    spec: dict[str, Any] = made.to_dict()
    # The table comes separately. What Altair puts in its place would be drawn instead of it.
    spec.pop("datasets", None)
    _without_data(spec)
    spec.pop("config", None)
    # A canvas has one name, from ``chart``. As SVG hundreds of marks are read out one by one, and
    # Vega leaves those that a selection draws without a name. The table holds them all.
    spec["usermeta"] = {"embedOptions": {"renderer": "canvas"}}
    return spec


def dict_or_list(value: Any) -> Any:
    """What a selection holds, as plain data."""
    if isinstance(value, Mapping):
        return {str(name): dict_or_list(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [dict_or_list(part) for part in value]
    return value


def interval(selected: Mapping[str, Any], parameter: str) -> dict[str, tuple[float, float]]:
    """The ranges of an interval selection by field; empty where nothing is selected."""
    found = {}
    ranges = selected.get(parameter)
    for name, ends in (ranges if isinstance(ranges, Mapping) else {}).items():
        if isinstance(ends, (list, tuple)) and len(ends) == 2:
            try:
                low, high = sorted(float(end) for end in ends)
            except (TypeError, ValueError):
                continue
            found[str(name)] = (low, high)
    return found


def point(selected: Mapping[str, Any], parameter: str) -> dict[str, Any]:
    """The fields of the one mark of a point selection; empty where none is selected."""
    marks = selected.get(parameter)
    if isinstance(marks, (list, tuple)) and marks and isinstance(marks[0], Mapping):
        return {str(name): value for name, value in marks[0].items()}
    return {}


def _without_data(spec: dict[str, Any]) -> None:
    spec.pop("data", None)
    for part in ("layer", "vconcat", "hconcat", "concat"):
        for inner in spec.get(part, ()):
            _without_data(inner)


def _digits(highest: float) -> int:
    return len(str(int(highest)))
