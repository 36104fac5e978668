"""How the front looks: an Altair specification, made once, without data."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

import altair as alt

from recsys.ui.charts import CHANCE, DASHED, TEXT, specification

BY_CHANCE = "by chance"
FRONT_COLUMNS = ("id", "cure", "setting", "bought", "recall", "low", "high", "solid", "mark")

# Okabe & Ito's colours and as many shapes: either tells the cures apart. All at least 3:1
# against both themes' paper, so yellow and sky blue are darker than theirs.
_COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#B0568C",
    "#9A7B00",
    "#2F86B8",
    "#8A8378",
    "#7A5FD0",
    "#A34A3A",
    "#4F8A10",
    "#6B7F92",
)
_SHAPES = (
    "circle",
    "square",
    "triangle-up",
    "diamond",
    "cross",
    "triangle-down",
    "triangle-right",
    "triangle-left",
    "circle",
    "square",
    "diamond",
)
HEIGHT_PX = 560
_HERE = "shown here"
_NARROW = "width < 420"  # the room for marks in pixels, as on a phone


@lru_cache(maxsize=16)
def front_spec(
    measure: str, recall: str, cures: tuple[str, ...], *, chance_is_left: bool = False
) -> dict[str, Any]:
    """Recall against a measure of exposure.

    Columns: ``FRONT_COLUMNS``; one row has ``BY_CHANCE`` for a cure, and no recall where its
    level is far below what is drawn.

    Args:
        chance_is_left: whether chance lies left of most points, so that its name fits on the
            right of its line.
    """
    click = alt.selection_point("point", fields=["id"], clear=False)
    colours = [_COLOURS[at % len(_COLOURS)] for at in range(len(cures))]
    shapes = [_SHAPES[at % len(_SHAPES)] for at in range(len(cures))]
    scale: dict[str, Any] = {"zero": False, "padding": 16}
    ticks = alt.ExprRef(f"{_NARROW} ? 4 : 6")
    across = alt.X("bought:Q", title=measure).scale(**scale).axis(tickCount=ticks)
    legend: dict[str, Any] = {
        "orient": "bottom",
        "columns": 2,
        "symbolSize": 90,
        "symbolOpacity": 1,
        "labelLimit": 150,
    }
    domain = list(cures)
    colour = alt.Color("cure:N", title=None).scale(domain=domain, range=colours).legend(**legend)
    base = alt.Chart().encode(x=across).transform_filter(alt.datum.cure != BY_CHANCE)
    tooltip = [
        alt.Tooltip("setting:N", title="setting"),
        alt.Tooltip("recall:Q", title=recall.lower(), format=".3f"),
        alt.Tooltip("low:Q", title="from", format=".3f"),
        alt.Tooltip("high:Q", title="to", format=".3f"),
        alt.Tooltip("bought:Q", title=measure.lower(), format=",.4~g"),
        alt.Tooltip("mark:N", title="marked"),
    ]
    height = alt.Y("recall:Q", title=recall).scale(**scale).axis(tickCount=6)
    # on a phone only the named points show how sure they are
    faint = alt.ExprRef(f"{_NARROW} ? (datum.mark ? 0.5 : 0) : 0.3")
    intervals = base.mark_rule(opacity=faint, strokeWidth=1.5).encode(
        y=alt.Y("low:Q", title=recall).scale(**scale).axis(tickCount=6),
        y2="high:Q",
        color=colour,
    )
    ways = base.mark_line(opacity=0.5, strokeWidth=1.5, tooltip=None).encode(
        y=height, color=colour, order="id:Q"
    )
    points = (
        base.mark_point(
            size=alt.ExprRef(f"{_NARROW} ? 55 : 110"),
            opacity=1,
            cursor="pointer",
            strokeWidth=alt.ExprRef(f"{_NARROW} ? 1.5 : 2"),
        )
        .encode(
            y=height,
            color=colour,
            shape=alt.Shape("cure:N", title=None).scale(domain=domain, range=shapes),
            fill=alt.Fill("cure:N", title=None).scale(domain=domain, range=colours),
            fillOpacity=alt.condition(alt.datum.solid, alt.value(1), alt.value(0)),
            tooltip=tooltip,
        )
        .add_params(click)
    )
    marked = base.transform_filter("datum.mark != ''").encode(y=height, tooltip=tooltip)
    ring = marked.mark_point(
        size=alt.ExprRef(f"{_NARROW} ? 240 : 420"),
        shape="circle",
        strokeWidth=2,
        opacity=1,
        color=TEXT,
    )
    places: tuple[tuple[str, int, int, Literal["center", "left"]], ...] = (
        ("recommended", 0, -19, "center"),
        ("served now", 0, 24, "center"),
        (_HERE, 17, 4, "left"),
    )
    names = [
        # what is shown here is mostly what is served, and one name is enough for a point
        base.transform_filter(
            f"datum.mark == '{mark}'" if mark == _HERE else f"indexof(datum.mark, '{mark}') >= 0"
        )
        .mark_text(dy=dy, dx=dx, align=align, fontSize=12, fontWeight=600, color=TEXT)
        .encode(y=height, text=alt.value(mark))
        for mark, dx, dy, align in places
    ]
    random = alt.Chart().transform_filter(alt.datum.cure == BY_CHANCE)
    line: dict[str, Any] = {"color": CHANCE, "strokeDash": DASHED, "strokeWidth": 2}
    side: dict[str, Any] = (
        {"align": "left", "dx": 6} if chance_is_left else {"align": "right", "dx": -6}
    )
    chance = [
        random.mark_rule(**line).encode(x=across),
        random.mark_rule(**line).encode(y=height),
        random.mark_text(**side, fontSize=12, fontWeight=600, color=TEXT).encode(
            x=across, y=alt.value(alt.ExprRef("height - 10")), text=alt.value(BY_CHANCE)
        ),
    ]
    return specification(
        alt.layer(*chance, intervals, ways, points, ring, *names).properties(height=HEIGHT_PX)
    )
