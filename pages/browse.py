"""Browse: the catalogue in an order and under filters, and a panel for one product."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import streamlit as st

from recsys.ui import state
from recsys.ui.categories import category_options, category_tree
from recsys.ui.facets import PriceRange, facets
from recsys.ui.frame import doubts, head, nothing_here, opened, wait_for_counts
from recsys.ui.listing import (
    SORT_LABELS,
    Listing,
    Order,
    View,
    around,
    filter_labels,
    listing,
    sorts_of,
)
from recsys.ui.messages import plain
from recsys.ui.product import product_panel
from recsys.ui.resources import Live
from recsys.ui.searchbox import search_box
from recsys.ui.tiles import tiles

PER_PAGE = 48
ORDERS: dict[Order, str] = {"random": "Random", "popular": "Popular", "all": "All"}

ORDER: state.Parameter[Order] = state.choice("browse_view", tuple(ORDERS), "random").told(
    "order", "it is random"
)
SEED = state.number("browse_seed", 0).told("number of a shuffle", "the first one is shown")
SEARCH = state.words("browse_search")
LOW = state.amount("browse_from").told("price", "there is no lowest one")
HIGH = state.amount("browse_to").told("price", "there is no highest one")
PAGE = state.number("browse_page", 1, low=1, high=1_000_000).told("page", "the first one is shown")
ITEM = state.identifier("item").told("product", "none is open")

FROM_THE_START: dict[state.Parameter[Any], Any] = {PAGE: 1}


def main() -> None:
    live = opened()
    live.count_exposure()
    category = state.choice("browse_category", category_options(live), "").told(
        "category here", "all are shown"
    )
    sort = state.choice("browse_sort", sorts_of(live), "title").told(
        "way to sort these", "they are sorted by title"
    )
    filters: dict[str, state.Parameter[Any]] = {
        "category": category,
        "text": SEARCH,
        "low": LOW,
        "high": HIGH,
    }
    head("Browse", live)
    gone = [ITEM] if ITEM.read() and not live.catalog.has_product(ITEM.read()) else []
    doubts([ORDER, sort, SEED, PAGE, ITEM, *filters.values()], dead=gone)
    controls(sort, sorts_of(live))
    view = View(
        order=ORDER.read(),
        sort=sort.read(),
        seed=SEED.read(),
        **{name: parameter.read() for name, parameter in filters.items()},
    )
    shown = listing(live, view, page=PAGE.read(), per_page=PER_PAGE)
    item = ITEM.read()
    with st.container(key="body"):
        with st.container(key="rail"):
            rail(live, view, shown, category)
        with st.container(key="grid"):
            grid(live, view, shown, filters)
        if item:
            with st.container(key="panel"):
                before, after = around(live, view, shown, item, PER_PAGE)
                product_panel(
                    live,
                    ITEM,
                    neighbours=[product for product in (before, item, after) if product],
                    filter_by=category,
                    search_by=SEARCH,
                    from_the_start=FROM_THE_START,
                    on_move=lambda to: follow(shown, to, before),
                )
    if live.counting and (item or view.by_exposure):
        wait_for_counts(live)


def controls(sort: state.Parameter[Any], sorts: Sequence[str]) -> None:
    with st.container(key="controls", horizontal=True, vertical_alignment="center"):
        search_box(SEARCH, key="browse_find", label="Search products", also=FROM_THE_START)
        st.segmented_control(
            "Order",
            tuple(ORDERS),
            format_func=ORDERS.__getitem__,
            required=True,
            label_visibility="collapsed",
            width="content",
            **ORDER.widget(also=FROM_THE_START),
        )
        if ORDER.read() == "all":
            st.selectbox(
                "Sort by",
                sorts,
                format_func=SORT_LABELS.__getitem__,
                label_visibility="collapsed",
                width=240,
                **sort.widget(also=FROM_THE_START),
            )
        elif ORDER.read() == "random":
            st.button(
                "Shuffle",
                icon=":material/shuffle:",
                key="browse_shuffle",
                on_click=lambda: state.change({SEED: random.randrange(1, 10**6), PAGE: 1}),
            )


def rail(live: Live, view: View, shown: Listing, category: state.Parameter[str]) -> None:
    prices = live.price_range
    facets(
        category_tree(live, shown.category_counts, view.category),
        key="browse_facets",
        selected=view.category,
        prices=None if prices is None else PriceRange(*prices, view.low, view.high),
        active=sum(bool(chosen) for chosen in (view.category, view.has_price_bound)),
        on_category=lambda path: state.change({category: path, **FROM_THE_START}),
        on_prices=lambda low, high: state.change(
            {LOW: state.amount_of(low), HIGH: state.amount_of(high), **FROM_THE_START}
        ),
    )


def grid(live: Live, view: View, shown: Listing, filters: dict[str, state.Parameter[Any]]) -> None:
    summary(view, shown, filters)
    if not shown.tiles:
        nothing(live, filters)
        return
    if view.by_exposure and live.exposure is None:
        until = "is being counted" if live.counting else "could not be counted"
        st.info(
            f"How often each product is shown {until}: this is the order of popularity.",
            icon=":material/hourglass_empty:",
        )
    tiles(
        shown.tiles,
        key="browse_tiles",
        label=f"Products, page {shown.page} of {shown.last}",
        view=f"{view}|{shown.page}",
        selected=ITEM.read(),
        on_pick=lambda picked: state.change({ITEM: "" if picked == ITEM.read() else picked}),
    )
    if shown.last > 1:
        st.pagination(shown.last, **PAGE.widget(shown=shown.page))


def summary(view: View, shown: Listing, filters: dict[str, state.Parameter[Any]]) -> None:
    """How many there are, and each filter that is set as a button that takes it away."""
    chips = filter_labels(view)
    with st.container(key="summary", horizontal=True, vertical_alignment="center"):
        if shown.tiles:
            until = shown.first + len(shown.tiles) - 1
            line = f"{shown.first:,} to {until:,} of {shown.total:,}"
            if PAGE.read() > shown.last:
                line += f" · there is no page {PAGE.read():,}, this is the last"
            st.caption(line, width="content")
        for name, (label, cleared) in chips.items():
            without = {filters[part]: filters[part].default for part in cleared}
            st.button(
                plain(label, 60),
                icon=":material/close:",
                key=f"browse_without_{name}",
                help="Take this filter away",
                on_click=state.change,
                args=({**without, **FROM_THE_START},),
            )


def nothing(live: Live, filters: dict[str, state.Parameter[Any]]) -> None:
    if not live.catalog.products:
        nothing_here("This catalogue has no products yet.")
        return
    nothing_here("No product matches all of these filters.")
    everything = {parameter: parameter.default for parameter in filters.values()}
    st.button(
        "Show everything",
        key="browse_everything",
        on_click=state.change,
        args=({**everything, **FROM_THE_START},),
    )


def follow(shown: Listing, to: str, before: str) -> dict[state.Parameter[Any], Any]:
    """The page turns with a product that is on the next one, or the one before."""
    if to in (tile.id for tile in shown.tiles):
        return {}
    return {PAGE: shown.page + (-1 if to == before else 1)}


main()
