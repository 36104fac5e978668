"""How the charts look: Altair specifications, made once, without data.

Names of columns are what a reader of the exported table sees, and what tooltips say.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

import altair as alt

from recsys.ui.charts import CHANCE, DASHED, DOTTED, PICKED, RIGHT, SHOWN, TEXT, specification

AS_SHOWN, BY_CHANCE, AS_RIGHT, PICKED_ONES = "as shown", "by chance", "what was right", "picked"
CURVES = (AS_SHOWN, BY_CHANCE, AS_RIGHT)

HEIGHT_PX = 290
_DOT_AREA = 46.0
_CELL_AREA = 520.0


@lru_cache(maxsize=8)
def lorenz(has_right: bool) -> dict[str, Any]:
    """Columns: curve, products, recommendations (shares 0–1), product."""
    known = CURVES if has_right else CURVES[:2]
    dashes = ([1, 0], DASHED, DOTTED)[: len(known)]
    colours = (SHOWN, CHANCE, RIGHT)[: len(known)]
    brush = alt.selection_interval("brush", encodings=["x"])
    click = alt.selection_point("click", fields=["id"], on="click", clear=False)
    base = alt.Chart().encode(
        x=alt.X("products:Q", title="Share of the products, least shown first").axis(
            format="%", tickCount=5
        ),
        y=alt.Y("recommendations:Q", title="Share of all recommendations").axis(
            format="%", tickCount=5
        ),
    )
    lines = (
        base.transform_filter(alt.FieldOneOfPredicate(field="curve", oneOf=list(known)))
        .mark_line(strokeWidth=2.5, clip=True)
        .encode(
            color=alt.Color("curve:N", title=None)
            .scale(domain=list(known), range=list(colours))
            .legend(orient="top", columns=2, symbolStrokeWidth=2.5, labelLimit=150),
            strokeDash=alt.StrokeDash("curve:N", title=None).scale(
                domain=list(known), range=list(dashes)
            ),
        )
        .add_params(brush)
    )
    picked = (
        base.transform_filter(alt.FieldEqualPredicate(field="curve", equal=PICKED_ONES))
        .mark_point(filled=True, shape="diamond", size=90, color=PICKED, opacity=1)
        .encode(tooltip=["product:N", "shown:Q"])
        .add_params(click)
    )
    return specification(alt.layer(lines, picked).properties(height=HEIGHT_PX))


@lru_cache(maxsize=8)
def histogram(bins: tuple[str, ...]) -> dict[str, Any]:
    """Columns: times shown (a bin's label), products, by chance, picked, from, to."""
    click = alt.selection_point("bin", fields=["from", "to"], clear=False)
    base = alt.Chart().encode(
        x=alt.X("times shown:N", sort=list(bins), title="Times shown").axis(
            labelAngle=0 if len(bins) <= 6 else -45, labelOverlap=False
        )
    )
    tooltip = [
        "times shown:N",
        "products:Q",
        alt.Tooltip("by chance:Q", format=",.1f"),
        alt.Tooltip("picked:Q", title="picked of these"),
    ]
    chance = base.mark_bar(color=CHANCE, opacity=0.4, width={"band": 0.95}).encode(
        y=alt.Y("by chance:Q", title="Products").axis(tickCount=5), tooltip=tooltip
    )
    bars = (
        base.mark_bar(color=SHOWN, width={"band": 0.6}, cursor="pointer", clip=True)
        .encode(y="products:Q", tooltip=tooltip)
        .add_params(click)
    )
    some = base.transform_filter(alt.datum.picked > 0)
    picked = some.mark_bar(color=PICKED, width={"band": 0.6}).encode(y="picked:Q", tooltip=tooltip)
    numbers = base.mark_text(dy=-7, fontSize=11, fontWeight=600, color=TEXT).encode(
        y="products:Q", text=alt.Text("products:Q", format=",")
    )
    return specification(alt.layer(chance, bars, picked, numbers).properties(height=HEIGHT_PX))


@lru_cache(maxsize=16)
def scatter(
    axis: Literal["norm", "seen"],
    title: str,
    x_ticks: tuple[float, ...],
    y_ticks: tuple[float, ...],
) -> dict[str, Any]:
    """Something of a product against times shown. Columns: id, product, the axis, shown, products
    (that a mark stands for), picked (of these), is a hub.
    """
    brush = alt.selection_interval("brush")
    click = alt.selection_point("click", fields=["id"], on="click", clear=False)
    x = alt.X(f"{axis}:Q", title=title)
    x = (
        x.scale(type="symlog", constant=1).axis(values=list(x_ticks), format="~s")
        if x_ticks
        else (x.scale(zero=False, nice=True).axis(tickCount=6))
    )
    base = alt.Chart().encode(
        x=x,
        y=alt.Y("shown:Q", title="Times shown")
        .scale(type="symlog", constant=1)
        .axis(values=list(y_ticks), format="~s"),
        tooltip=[
            alt.Tooltip("product:N", title="product"),
            alt.Tooltip(f"{axis}:Q", title=title.lower(), format=".4~g"),
            alt.Tooltip("shown:Q", title="times shown", format=".4~g"),
            alt.Tooltip("products:Q", title="products here"),
            alt.Tooltip("picked:Q", title="picked of these"),
        ],
    )
    size = alt.Size("products:Q", legend=None).scale(
        type="sqrt", domain=[1, 50], range=[_DOT_AREA, _CELL_AREA], clamp=True
    )
    is_hub = alt.datum.hub
    every = (
        base.mark_point(filled=True, opacity=0.75, cursor="pointer")
        .encode(
            size=size,
            color=alt.condition(is_hub, alt.value(SHOWN), alt.value(CHANCE)),
        )
        .add_params(brush, click)
    )
    picked = (
        base.transform_filter(alt.datum.picked > 0)
        .mark_point(filled=True, shape="diamond", color=PICKED, opacity=1, cursor="pointer")
        .encode(
            size=alt.Size("picked:Q", legend=None).scale(
                type="sqrt", domain=[1, 50], range=[2 * _DOT_AREA, _CELL_AREA], clamp=True
            )
        )
    )
    both = alt.layer(every, picked).resolve_scale(size="independent")
    return specification(both.properties(height=HEIGHT_PX))


@lru_cache(maxsize=16)
def categories(names: tuple[str, ...], has_right: bool) -> dict[str, Any]:
    """Columns: category, recommendations, catalogue, what was right, picked (shares 0–1)."""
    click = alt.selection_point("category", fields=["category"], clear=False)
    tooltip: list[Any] = [
        "category:N",
        alt.Tooltip("recommendations:Q", format=".1%", title="of all recommendations"),
        alt.Tooltip("catalogue:Q", format=".1%", title="of the catalogue"),
    ]
    if has_right:
        tooltip.append(alt.Tooltip("right:Q", format=".1%", title="of what was right"))
    tooltip.append(alt.Tooltip("picked:Q", format=".1%", title="picked, of all recommendations"))
    base = alt.Chart().encode(
        y=alt.Y("category:N", sort=list(names), title=None).axis(labelLimit=130), tooltip=tooltip
    )
    bars = (
        base.mark_bar(color=SHOWN, height={"band": 0.62}, cursor="pointer")
        .encode(
            x=alt.X("recommendations:Q", title="Share").axis(format="%", tickCount=5),
        )
        .add_params(click)
    )
    some = base.transform_filter(alt.datum.picked > 0)
    picked = some.mark_bar(color=PICKED, height={"band": 0.62}).encode(x="picked:Q")
    chance = base.mark_tick(color=CHANCE, thickness=3, opacity=1).encode(x="catalogue:Q")
    layers = [bars, picked, chance]
    if has_right:
        layers.append(
            base.mark_point(
                filled=True, shape="diamond", size=90, color=RIGHT, opacity=1, stroke="white"
            ).encode(x="right:Q")
        )
    height = max(140, 26 * len(names) + 60)
    return specification(alt.layer(*layers).properties(height=height))


@lru_cache(maxsize=4)
def two_curves() -> dict[str, Any]:
    """Two Lorenz curves and that of chance. Columns: curve (left, right, by chance), products,
    recommendations (shares 0–1).
    """
    known = ["left", "right", BY_CHANCE]
    lines = (
        alt.Chart()
        .mark_line(strokeWidth=2.5, clip=True)
        .encode(
            x=alt.X("products:Q", title="Share of the products, least shown first").axis(
                format="%", tickCount=5
            ),
            y=alt.Y("recommendations:Q", title="Share of all recommendations").axis(
                format="%", tickCount=5
            ),
            color=alt.Color("curve:N", title=None)
            .scale(domain=known, range=[SHOWN, PICKED, CHANCE])
            .legend(orient="top", symbolStrokeWidth=2.5),
            strokeDash=alt.StrokeDash("curve:N", title=None).scale(
                domain=known, range=[[1, 0], DOTTED, DASHED]
            ),
        )
    )
    return specification(lines.properties(height=HEIGHT_PX))
