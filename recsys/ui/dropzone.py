"""Ways for a photo to come in: Streamlit's uploader, mended, which also takes what is pasted."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from recsys.ui.uploads import FILE_TYPES

# Streamlit 1.67 marks the place to drop a file as presentational, and gives it a name and a
# place for focus all the same; screen readers disagree about such an element, and axe reports
# it. It is a group with a name.
#
# A picture that is pasted anywhere on the page, but into no text field, goes the way of a file
# that is chosen, and so through the same checks.
_MEND = """
export default function ({ parentElement }) {
  const place = parentElement.host?.closest(".st-key-photo_uploader")
  if (!place) return
  const mend = () => {
    for (const zone of place.querySelectorAll("section[role=presentation][aria-label]")) {
      zone.setAttribute("role", "group")
    }
  }
  const paste = event => {
    const target = event.composedPath()[0]
    if (target?.matches?.("input:not([type=file]), textarea, [contenteditable]")) return
    const file = [...(event.clipboardData?.files ?? [])].find(f => f.type.startsWith("image/"))
    const input = place.querySelector("input[type=file]")
    if (!file || !input) return
    event.preventDefault()
    const held = new DataTransfer()
    held.items.add(file)
    input.files = held.files
    input.dispatchEvent(new Event("change", { bubbles: true }))
  }
  const stop = place.stopRecsys
  stop?.()
  mend()
  const observer = new MutationObserver(mend)
  observer.observe(place, { childList: true, subtree: true })
  document.addEventListener("paste", paste)
  place.stopRecsys = () => {
    observer.disconnect()
    document.removeEventListener("paste", paste)
  }
  return place.stopRecsys
}
"""

_mend = st.components.v2.component("recsys_dropzone", html="<span></span>\n", js=_MEND)


def photo_uploader(label: str, *, key: str, on_change: Callable[[], None]) -> None:
    """An uploader for one photo; its file is in the session's state under ``key``."""
    with st.container(key="photo_uploader", width=420, gap=None):
        st.file_uploader(label, type=list(FILE_TYPES), key=key, on_change=on_change)
        _mend(key="photo_uploader_mend", height=1)


def camera(label: str, *, key: str, on_change: Callable[[], None]) -> None:
    """The camera behind a button: it is not asked for before that is opened."""
    opened = f"{key}_open"
    with st.popover(
        label, icon=":material/photo_camera:", key=opened, on_change="rerun", width="content"
    ):
        if st.session_state.get(opened):
            st.camera_input("Photo from the camera", key=key, on_change=on_change)
