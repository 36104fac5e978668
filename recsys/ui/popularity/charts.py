"""The charts: what is picked in one is marked in all of them, and shown below as products."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import streamlit as st

from recsys.evaluation.audit import Audit
from recsys.evaluation.audit_words import figure_text
from recsys.ui.charts import chart, interval, point, steps_of_ten, table
from recsys.ui.messages import plain
from recsys.ui.popularity import asked, marks, specs
from recsys.ui.popularity.asked import Asked
from recsys.ui.popularity.hubs import hub_tile, picked_line, toggle_item
from recsys.ui.popularity.pick import Pick, pick_in
from recsys.ui.popularity.table import as_csv
from recsys.ui.resources import Live
from recsys.ui.state import change
from recsys.ui.tiles import tiles
from recsys.ui.views import category_text, counted, percent_text

PICKED_TILES = 12
STRIP_PX = 250

_TURN, _TURNS, _BRUSHED = "popularity_turn", "popularity_turns", "popularity_brushed"


def products_of(live: Live, audit: Audit, wish: Asked, item: str) -> marks.Products:
    """What the charts need of each product, which are picked, and which is open."""
    of, rows = audit.by_product, audit.sample.product_rows
    rank = marks.places(audit.order_by_shown)
    axes = {"shown": of.shown, "norm": of.norm, "seen": of.frequency, "rank": rank}
    is_picked = wish.pick is not None or bool(wish.category)
    picked = np.full(len(rows), is_picked)
    if wish.pick is not None:
        picked &= wish.pick.chosen(axes)
    if wish.category:
        picked &= of.category == audit.category_names.index(wish.category)
    marked = picked.copy()
    if item in audit.products:
        marked[audit.position_of(item)] = True
    return marks.Products(
        ids=audit.products,
        title=lambda at: live.catalog.products[int(rows[at])].label,
        shown=of.shown,
        seen=of.frequency,
        norm=of.norm,
        rank=rank,
        is_hub=of.hub,
        category=of.category,
        names=audit.category_names,
        picked=picked,
        marked=marked,
    )


def picked_words(pick: Pick | None, category: str) -> str:
    """What is picked, for people; empty where nothing is."""
    parts = [pick.words] if pick is not None else []
    return ", ".join([*parts, category.rsplit("|", 1)[-1]] if category else parts)


def charts_view(live: Live, audit: Audit, products: marks.Products, words: str) -> None:
    """All charts, and what is picked in them."""
    st.caption(
        "Drag over a chart or click a bar to pick products: they are marked in every chart, and "
        "shown here as products. Click a single mark to open its product. Each chart's menu shows "
        "its table and saves both."
    )
    choose(audit, products)
    # always there and always as high: a chart must not move while it is being dragged over
    with st.container(key="popularity_strip", height=STRIP_PX, border=False):
        picked(live, audit, products, words)
    with st.container(key="popularity_charts"):
        for draw in (lorenz, histogram, norms, seen, categories):
            with st.container():
                draw(audit, products)
    st.caption(plain(thinned_note(products), 300))
    st.download_button(
        "All products (CSV)",
        data=lambda: as_csv(live, audit),
        file_name=f"popularity-{audit.model}.csv",
        mime="text/csv",
        icon=":material/download:",
        key="popularity_csv",
        on_click="ignore",
    )


def choose(audit: Audit, products: marks.Products) -> None:
    """The same picks without a mouse: ranges to set, and a category."""
    names = tuple(row.category for row in audit.categories)
    category = asked.category_of(audit.category_names)
    pick = asked.PICK.read()
    with st.expander("Pick by numbers", icon=":material/tune:"):
        st.selectbox(
            "Category",
            ("", *names),
            format_func=lambda name: category_text(name) if name else "All",
            **category.widget(also={asked.PAGE: 1}),
        )
        highest = int(products.shown.max(initial=0))
        if highest:
            _range(pick, "shown", "Times shown", 0, highest)
        often = int(products.seen.max(initial=0))
        if often:
            _range(pick, "seen", "Training looks", 0, often)
        _range(pick, "rank", "Place in the order, least shown first (%)", 0, 100)


def _range(pick: Pick | None, axis: str, label: str, low: int, high: int) -> None:
    """A slider over one axis; its whole length is no pick."""
    scale = 100.0 if axis == "rank" else 1.0
    now = {name: (a, b) for name, a, b in pick.ranges} if pick is not None else {}
    start, end = now.get(axis, (low / scale, high / scale))
    key = f"popularity_range_{axis}"
    value = (
        min(max(round(start * scale), low), high),
        min(max(round(end * scale), low), high),
    )
    if st.session_state.get(key) != value:
        st.session_state[key] = value

    def changed() -> None:
        first, last = st.session_state[key]
        others = {name: ends for name, ends in now.items() if name != axis}
        if (first, last) != (low, high):
            others[axis] = (first / scale, last / scale)
        change({asked.PICK: pick_in(others), asked.PAGE: 1})

    st.slider(label, low, high, key=key, on_change=changed)


def picked(live: Live, audit: Audit, products: marks.Products, words: str) -> None:
    """The most shown of what is picked, as on the wall."""
    rows = audit.order_by_shown
    if words:
        rows = rows[products.picked[rows]]
        picked_line(len(rows), words)
        if not len(rows):
            return
    else:
        st.caption("Nothing is picked yet: these are shown most.")
    tiles(
        [hub_tile(live, audit, int(row), short=True) for row in rows[:PICKED_TILES]],
        key="popularity_picked",
        label="Picked products, the most shown first" if words else "The most shown products",
        size="small",
        selected=asked.ITEM.read(),
        on_pick=toggle_item,
    )
    if words and len(rows) > PICKED_TILES:
        st.button(
            f"All {len(rows):,} on the wall",
            icon=":material/grid_view:",
            key="popularity_picked_all",
            on_click=change,
            args=({asked.VIEW: "wall", asked.PAGE: 1},),
        )


# the five charts


def lorenz(audit: Audit, products: marks.Products) -> None:
    st.subheader("Who gets the recommendations", anchor=False)
    if audit.lorenz is None:
        st.caption("No data: nothing is shown to anybody.")
        return
    half = float(audit.lorenz[len(audit.lorenz) // 2])
    says = (
        f"Lorenz curve. The less shown half of the products has {percent_text(half)} of all "
        f"recommendations. Gini {figure_text('gini', audit.figures['gini'])}."
    )
    chart(
        specs.lorenz(audit.lorenz_demand is not None),
        table(marks.lorenz_table(audit, products)),
        key=chart_key("lorenz"),
        says=says,
        on_select=picking("lorenz", {"products": "rank"}),
    )
    st.caption(plain(says, 300))


def histogram(audit: Audit, products: marks.Products) -> None:
    st.subheader("How often products are shown", anchor=False)
    k = min(audit.setting.k, len(audit.products))
    rows = marks.histogram_table(products, len(audit.scenes), k)
    never, most = int((products.shown == 0).sum()), int(products.shown.max(initial=0))
    says = (
        f"{counted(never, 'product is', 'products are')} never shown; the most shown one is "
        f"shown {most:,}×. Grey: what chance would give."
    )
    chart(
        specs.histogram(tuple(rows["times shown"])),
        table(rows),
        key=chart_key("histogram"),
        says=f"Histogram of times shown. {says}",
        on_select=lambda selected: pick_bin(point(selected, "bin")),
    )
    st.caption(plain(says, 300))


def norms(audit: Audit, products: marks.Products) -> None:
    st.subheader("Does length decide", anchor=False)
    known = products.norm[~np.isnan(products.norm)]
    if not len(known):
        st.caption("No data: no product has a vector.")
        return
    if float(np.ptp(known)) < 1e-4 * float(known.mean()):
        st.caption(
            f"All vectors are equally long ({float(known.mean()):.3g}), so length decides nothing."
        )
        return
    figure = audit.figures["norm_and_shown"]
    says = (
        "Norm of the vector against times shown. Spearman's rank correlation "
        f"{figure_text('norm_and_shown', figure)}; 0 by chance."
    )
    _scatter("norm", "Norm of the vector", audit, products, says)


def seen(audit: Audit, products: marks.Products) -> None:
    st.subheader("Does training frequency decide", anchor=False)
    if not products.seen.any():
        st.caption("No data: no product was in a training look.")
        return
    figure = audit.figures["frequency_and_shown"]
    says = (
        "Training looks against times shown. Spearman's rank correlation "
        f"{figure_text('frequency_and_shown', figure)}; 0 by chance."
    )
    _scatter("seen", "Training looks", audit, products, says)


def _scatter(
    axis: Literal["norm", "seen"],
    title: str,
    audit: Audit,
    products: marks.Products,
    says: str,
) -> None:
    across = steps_of_ten(float(products.seen.max(initial=0))) if axis == "seen" else []
    upward = steps_of_ten(float(products.shown.max(initial=0)))
    chart(
        specs.scatter(axis, title, tuple(across), tuple(upward)),
        table(marks.scatter_table(products, axis)),
        key=chart_key(axis),
        says=says,
        on_select=picking(axis, {axis: axis, "shown": "shown"}),
    )
    st.caption(plain(says, 300))


def categories(audit: Audit, products: marks.Products) -> None:
    st.subheader("By category", anchor=False)
    rows = marks.category_table(audit, products)
    first = audit.categories[0] if audit.categories else None
    if first is None or first.share_of_shown is None:
        st.caption("No data: nothing is shown to anybody.")
        return
    says = (
        f"Most shown: {rows['category'][0]}, {percent_text(first.share_of_shown)} of all "
        f"recommendations with {percent_text(first.share_of_products)} of the catalogue. "
        "Grey lines: share of the catalogue."
    )
    has_right = first.share_of_demand is not None
    if has_right:
        says += " Green diamonds: share of what was right."
    paths = dict(zip(rows["category"], rows["name"], strict=True))

    def selected(value: Mapping[str, Any]) -> None:
        path = paths.get(point(value, "category").get("category"))
        parameter = asked.category_of(audit.category_names)
        if path:
            forget("categories")
            change({parameter: "" if path == parameter.read() else path, asked.PAGE: 1})

    chart(
        specs.categories(tuple(rows["category"]), has_right),
        table(rows),
        key=chart_key("categories"),
        says=f"Bars by category. {says}",
        on_select=selected,
    )
    st.caption(plain(says, 300))


# what is picked


def chart_key(name: str) -> str:
    """A chart's key: another one where what was selected in it is to be forgotten."""
    turns = st.session_state.get(_TURNS, {})
    return f"popularity_{name}_{st.session_state.get(_TURN, 0)}_{turns.get(name, 0)}"


def forget(name: str) -> None:
    """Draws one chart afresh: a click on the same mark must count as one again."""
    turns = dict(st.session_state.get(_TURNS, {}))
    turns[name] = turns.get(name, 0) + 1
    st.session_state[_TURNS] = turns


def picking(name: str, axes: Mapping[str, str]) -> Callable[[dict[str, Any]], None]:
    """What a chart's drag or click does: a drag picks ranges, a click opens a product.

    Args:
        name: of the chart.
        axes: its columns to the axes of a ``Pick``.
    """

    def selected(value: dict[str, Any]) -> None:
        product = point(value, "click").get("id")
        if isinstance(product, str):
            forget(name)
            change({asked.ITEM: product})
            return
        ranges = {axes[column]: ends for column, ends in interval(value, "brush").items()}
        brushed = st.session_state.get(_BRUSHED, name)
        if brushed != name:  # its rectangle means nothing any more
            forget(brushed)
        st.session_state[_BRUSHED] = name
        # a drag that is taken back takes back what it picked
        change({asked.PICK: pick_in(ranges), asked.PAGE: 1})

    return selected


def pick_bin(fields: Mapping[str, Any]) -> None:
    """Picks the products of one bar; a second click takes that back."""
    low, high = fields.get("from"), fields.get("to")
    if isinstance(low, (int, float)) and isinstance(high, (int, float)):
        forget("histogram")
        pick = pick_in({"shown": (float(low), float(high))})
        change({asked.PICK: None if pick == asked.PICK.read() else pick, asked.PAGE: 1})


def thinned_note(products: marks.Products) -> str:
    """What a mark stands for."""
    count = len(products.ids)
    if count <= marks.SINGLE_MARKS:
        return "Every product has a mark of its own. Blue ones are hubs."
    return (
        f"{count:,} products are too many for a mark each: the {marks.HUB_MARKS} most shown hubs "
        f"and up to {marks.PICKED_MARKS} picked products have one, and others share one with "
        "their neighbours, as large as they are many. Blue ones are hubs."
    )
