"""What stands above one run or one sweep: the way back, its name and state, facts, a note."""

from __future__ import annotations

from typing import Any

import streamlit as st

from recsys.ui.messages import plain
from recsys.ui.state import Parameter, change
from recsys.ui.training.words import STATES


def badge(state: str, *, running: str = "training") -> None:
    """A state in words; ``running`` is what one that goes on does."""
    words, icon, colour = STATES[state]
    st.badge(running if state == "running" else words, icon=f":material/{icon}:", color=colour)


def way_back(label: str, key: str, changes: dict[Parameter[Any], Any]) -> None:
    """The button that leads to the list again."""
    st.button(
        label,
        icon=":material/arrow_back:",
        key=key,
        type="tertiary",
        on_click=change,
        args=(changes,),
    )


def head(
    name: str,
    state: str,
    facts: str,
    note: str,
    *,
    running: str = "training",
    is_live: bool = False,
) -> None:
    """The name with the state, the facts in small, and what a person noted."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(plain(name, 80), anchor=False, width="content")
        badge(state, running=running)
        if is_live:
            st.badge("live", icon=":material/storefront:", color="green")
    st.caption(plain(facts, 500))
    if note:
        st.markdown(plain(note, 2000))
