"""Browse: the catalogue at random or the most popular first, and a panel for one product."""

from __future__ import annotations

import random
from typing import Literal

import streamlit as st

from recsys.ui import state
from recsys.ui.categories import category_label, category_options
from recsys.ui.frame import head, nothing_here, opened
from recsys.ui.listing import Listing, listing
from recsys.ui.product import product_panel
from recsys.ui.resources import Live
from recsys.ui.tiles import tiles

PER_PAGE = 48
ORDERS = {"random": "Random", "popular": "Popular"}

ORDER = state.choice("browse_view", tuple(ORDERS), "random")
SEED = state.number("browse_seed", 0)
PAGE = state.number("browse_page", 1, low=1, high=1_000_000)
ITEM = state.identifier("item")


def main() -> None:
    live = opened()
    category = state.choice("browse_category", category_options(live), "")
    order: Literal["random", "popular"] = "popular" if ORDER.read() == "popular" else "random"
    head("Browse", live)
    controls(live, category)
    shown = listing(
        live,
        order,
        category=category.read(),
        seed=SEED.read(),
        page=PAGE.read(),
        per_page=PER_PAGE,
    )
    with st.container(key="body"):
        with st.container(key="grid"):
            grid(shown, f"{order}|{SEED.read()}|{category.read()}")
        if ITEM.read():
            with st.container(key="panel"):
                around = [tile.id for tile in shown.tiles]
                product_panel(live, ITEM, neighbours=around, filter_by=category)


def controls(live: Live, category: state.Parameter[str]) -> None:
    from_the_start = {PAGE: 1}
    with st.container(key="controls", horizontal=True, vertical_alignment="center"):
        st.segmented_control(
            "Order",
            tuple(ORDERS),
            format_func=ORDERS.__getitem__,
            required=True,
            label_visibility="collapsed",
            width="content",
            **ORDER.widget(also=from_the_start),
        )
        st.selectbox(
            "Category",
            category_options(live),
            format_func=category_label(live),
            label_visibility="collapsed",
            width=280,
            **category.widget(also=from_the_start),
        )
        if ORDER.read() == "random":
            st.button(
                "Shuffle",
                icon=":material/shuffle:",
                key="browse_shuffle",
                on_click=lambda: state.change({SEED: random.randrange(1, 10**6), PAGE: 1}),
            )


def grid(shown: Listing, what: str) -> None:
    if not shown.tiles:
        nothing_here("This catalogue has no products yet.")
        return
    until = shown.first + len(shown.tiles) - 1
    st.caption(f"{shown.first:,} to {until:,} of {shown.total:,}")
    tiles(
        shown.tiles,
        key="browse_tiles",
        label=f"Products, page {shown.page} of {shown.last}",
        view=f"{what}|{shown.page}",
        selected=ITEM.read(),
        on_pick=lambda picked: state.change({ITEM: "" if picked == ITEM.read() else picked}),
    )
    if shown.last > 1:
        st.pagination(shown.last, **PAGE.widget(shown=shown.page))


main()
