"""Manners that Streamlit's own parts lack: its menu closes on a phone once a page is chosen, and
a popover that is opened by keyboard takes focus.

A component that draws nothing; its script listens to the whole page while it is mounted.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_KEY = "manners"

# Only with the page's own styles is its place gone before it could be seen.
STYLE = f".st-key-{_KEY} {{ display: none; }}"

_component = st.components.v2.component(
    "recsys_manners",
    html="<span></span>\n",
    js=(Path(__file__).parent / "manners.js").read_text("utf-8"),
)


def manners() -> None:
    """Mounts the listeners, once on a page. Needs ``STYLE`` on the page to take no room."""
    _component(key=_KEY)
