"""What can be set about the products that go with a look: controls that write the URL."""

from __future__ import annotations

import math

import streamlit as st

from recsys.ui import scorings
from recsys.ui import wish as asked
from recsys.ui.answers import generic_share
from recsys.ui.categories import category_label, category_options
from recsys.ui.resources import Live
from recsys.ui.state import Parameter, change
from recsys.ui.wish import Wish

_PRICES = "look_price"
_WIDTH_PX = 340


def controls(live: Live, category: Parameter[str], wish: Wish) -> None:
    """How the list is shown, what it may hold and what counts."""
    with st.container(key="look_controls", horizontal=True, vertical_alignment="center"):
        st.segmented_control(
            "View",
            tuple(asked.VIEWS),
            format_func=asked.VIEWS.__getitem__,
            required=True,
            label_visibility="collapsed",
            width="content",
            **asked.VIEW.widget(),
        )
        st.selectbox(
            "Category",
            category_options(live),
            format_func=category_label(live),
            label_visibility="collapsed",
            width=220,
            **category.widget(),
        )
        changed = adjustments(wish)
        label = f"Adjust ({changed})" if changed else "Adjust"
        with (
            st.popover(label, icon=":material/tune:", key="look_adjust", width="content"),
            st.container(width=_WIDTH_PX),  # so that the list beside it is seen to change
        ):
            adjust(live, wish)


def adjustments(wish: Wish) -> int:
    """How many of the settings under "Adjust" are not as they come."""
    priced = wish.low is not None or wish.high is not None
    return sum((bool(wish.scoring), bool(wish.diversity), priced, wish.hide_generic))


def adjust(live: Live, wish: Wish) -> None:
    st.slider(
        "Diversity",
        0,
        100,
        step=5,
        format="%d %%",
        help="How much a product is to differ from those before it.",
        **asked.DIVERSITY.widget(),
    )
    _scoring(live, wish)
    _prices(live)
    _generic(live)


def _scoring(live: Live, wish: Wish) -> None:
    """How the fit of photo and product becomes a score, and how much of that."""
    strength = scorings.strength_of(wish.scoring)
    st.selectbox(
        "Scoring",
        scorings.offered(live.server.live is not None, wish.scoring),
        format_func=scorings.label,
        help="How the fit of photo and product becomes a score.",
        # another scoring has another range
        **asked.SCORING.widget(also={strength: strength.default}),
    )
    said = scorings.words(wish.scoring)
    if scorings.has_strength(wish.scoring):
        low, high, step, form = scorings.range_of(wish.scoring)
        st.slider(said.strength, low, high, step=step, format=form, **strength.widget())
        st.caption(f"{said.means} {scorings.ends_of(wish.scoring)}".strip())
    elif said.means:
        st.caption(said.means)


def _prices(live: Live) -> None:
    """A range, where there are prices; the whole range is no filter."""
    if live.price_range is None or live.price_range[0] == live.price_range[1]:
        return
    least, most = math.floor(live.price_range[0]), math.ceil(live.price_range[1])
    low, high = asked.LOW.read(), asked.HIGH.read()
    start = least if low is None else min(max(round(low), least), most)
    end = most if high is None else min(max(round(high), start), most)
    if st.session_state.get(_PRICES) != (start, end):
        st.session_state[_PRICES] = (start, end)

    def changed() -> None:
        chosen_low, chosen_high = st.session_state[_PRICES]
        change(
            {
                asked.LOW: None if chosen_low == least else float(chosen_low),
                asked.HIGH: None if chosen_high == most else float(chosen_high),
            }
        )

    st.slider("Price", least, most, key=_PRICES, on_change=changed)


def _generic(live: Live) -> None:
    """Is this about my photo: what nearly every look gets, and hiding it."""
    if live.server.model is None:
        return
    if live.exposure is None:
        words = "is being counted" if live.counting else "has not been counted yet"
        st.caption(f"How many other looks get each product {words}.")
        return
    share = generic_share(live)
    key = "look_hide"
    hidden = asked.GENERIC.read() == "hide"
    if st.session_state.get(key) != hidden:
        st.session_state[key] = hidden
    st.toggle(
        "Hide what is generic",
        key=key,
        help=f"Leaves out products that more than {share:.0%} of all looks get.",
        on_change=lambda: change({asked.GENERIC: "hide" if st.session_state[key] else "show"}),
    )
