"""What every page begins with: the state of the world, its title, its styles, and what of its
address leads nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from recsys.errors import ModelError, RequestError
from recsys.ui import manners, resources, state
from recsys.ui.messages import explain, plain, world_line
from recsys.ui.resources import Live
from recsys.ui.state import Parameter
from recsys.ui.views import served_words, world_parts

_STYLE = (Path(__file__).parent / "style.css").read_text("utf-8")
_SEEN, _CHANGED = "recsys_catalogue_seen", "recsys_catalogue_changed"


def opened() -> Live:
    """What answers now; a visitor who comes right after the start is told to wait.

    Raises RecsysError where there is no catalogue at all.
    """
    with st.spinner("Opening the catalogue…"):
        live = resources.live()
    catalog = live.catalog
    now = (catalog.name, len(catalog.products), len(catalog.scenes))
    if st.session_state.get(_SEEN, now) != now:
        st.session_state[_CHANGED] = True
    st.session_state[_SEEN] = now
    return live


def styled() -> None:
    """Puts our own styles and manners on the page."""
    st.html(f"<style>{_STYLE}\n{manners.STYLE}</style>")
    manners.manners()


def head(title: str, live: Live) -> None:
    """A page's title with the state of the world beside it, and what is wrong with it."""
    styled()
    with st.container(key="head", horizontal=True, vertical_alignment="bottom"):
        st.title(title, anchor=False, width="content")
        world_line(world_parts(live))
    if live.problem is not None:
        # without its data set, another one is shown
        what = "model" if isinstance(live.problem, ModelError) else "data set"
        explain(live.problem, heading=f"The promoted {what} is not in use", serious=True)
    if live.correction_problem is not None:
        explain(
            live.correction_problem, heading="The promoted correction is not in use", serious=True
        )


def doubts(parameters: Iterable[Parameter[Any]], dead: Sequence[Parameter[str]] = ()) -> None:
    """Says quietly what the address asks for in vain, and what is shown instead.

    Args:
        parameters: of the page, with ``what`` and ``instead``.
        dead: those that name what is not there, which the page tells of itself. Neither stays
            in the address for longer than to the next click.
    """
    found = state.unread(parameters)
    state.bury([*(parameter.name for parameter, _ in found), *(gone.name for gone in dead)])
    notes = [
        f"“{plain(text, 40)}” is no {parameter.what}, so {parameter.instead}."
        for parameter, text in found
    ]
    if notes:
        st.caption(f":material/link_off: From the address: {' '.join(notes)}")


def not_in_catalogue(live: Live, what: str, name: str, remedy: str) -> RequestError:
    """What a link names and the live catalogue has not: which one is live, since when, and
    whether that changed under the visitor's hands.

    Args:
        what: "look" or "product".
    """
    changed = st.session_state.get(_CHANGED, False)
    begin = "the catalogue changed while you were here: now " if changed else ""
    return RequestError(f"{begin}{served_words(live)} and has no {what} {name[:60]}", remedy)


def nothing_here(text: str) -> None:
    """Says that a list is empty, in the place where the list would be."""
    st.info(plain(text, 400), icon=":material/search_off:")


@st.fragment(run_every=2.0)
def wait_for_counts(live: Live) -> None:
    """Shows the page again as soon as it is known how often products are shown."""
    if live.exposure is not None or not live.counting:
        st.rerun()
    st.caption("Counting how often each product is shown…")
