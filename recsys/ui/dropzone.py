"""Streamlit's file uploader, for one photo, with a flaw of its markup mended."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from recsys.ui.uploads import FILE_TYPES

# Streamlit 1.67 marks the place to drop a file as presentational, and gives it a name and a
# place for focus all the same; screen readers disagree about such an element, and axe reports
# it. It is a group with a name.
_MEND = """
export default function ({ parentElement }) {
  const place = parentElement.host?.closest(".st-key-photo_uploader")
  if (!place) return
  const mend = () => {
    for (const zone of place.querySelectorAll("section[role=presentation][aria-label]")) {
      zone.setAttribute("role", "group")
    }
  }
  mend()
  const observer = new MutationObserver(mend)
  observer.observe(place, { childList: true, subtree: true })
  return () => observer.disconnect()
}
"""

_mend = st.components.v2.component("recsys_dropzone", html="<span></span>\n", js=_MEND)


def photo_uploader(label: str, *, key: str, on_change: Callable[[], None]) -> None:
    """An uploader for one photo; its file is in the session's state under ``key``."""
    with st.container(key="photo_uploader", width=420, gap=None):
        st.file_uploader(label, type=list(FILE_TYPES), key=key, on_change=on_change)
        _mend(key="photo_uploader_mend", height=1)
