"""What every page begins with: the state of the world, its title, its styles."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from recsys.ui import resources
from recsys.ui.messages import explain, plain, world_line
from recsys.ui.resources import Live
from recsys.ui.views import world_parts

_STYLE = (Path(__file__).parent / "style.css").read_text("utf-8")


def opened() -> Live:
    """What answers now; a visitor who comes right after the start is told to wait.

    Raises RecsysError where there is no catalogue at all.
    """
    with st.spinner("Opening the catalogue…"):
        return resources.live()


def head(title: str, live: Live) -> None:
    """A page's title with the state of the world beside it, and what is wrong with it."""
    st.html(f"<style>{_STYLE}</style>")
    with st.container(key="head", horizontal=True, vertical_alignment="bottom"):
        st.title(title, anchor=False, width="content")
        world_line(world_parts(live))
    if live.problem is not None:
        explain(live.problem, heading="The promoted model is not in use", serious=True)


def nothing_here(text: str) -> None:
    """Says that a list is empty, in the place where the list would be."""
    st.info(plain(text, 400), icon=":material/search_off:")


@st.fragment(run_every=2.0)
def wait_for_counts(live: Live) -> None:
    """Shows the page again as soon as it is known how often products are shown."""
    if live.exposure is not None or not live.counting:
        st.rerun()
    st.caption("Counting how often each product is shown…")
