"""Ways for a photo to come in: chosen, dropped or pasted anywhere on the page, or by camera.

The file itself goes the way of Streamlit's uploader, which stands hidden beside our button: it
sends the file in the background, bound to the session and in size. What our script can see to
be no use, by its size or its kind, is refused before it is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from recsys.errors import ImageError
from recsys.ui.shared import CHROME, DOM, joined
from recsys.ui.uploads import FILE_TYPES

_HERE = Path(__file__).parent
_KINDS = "a JPEG, PNG, WebP or GIF picture"

_component = st.components.v2.component(
    "recsys_dropzone",
    html='<div class="bring"></div>\n',
    css=joined(CHROME, _HERE / "dropzone.css"),
    js=joined(DOM, _HERE / "dropzone.js"),
)


def photo_uploader(
    label: str,
    *,
    key: str,
    turn: int,
    on_change: Callable[[], None],
    on_refused: Callable[[ImageError], None],
    is_faulty: bool = False,
) -> None:
    """A button for one photo, and the whole page to drop or paste one on.

    Args:
        label: of the button.
        key: the file is in the session's state under it. Another key is another uploader, which
            holds no file any more.
        turn: counts the uploads, so that the button knows when one has arrived.
        on_refused: called with what is wrong with a file that was not sent.
        is_faulty: whether the page tells of a fault below; it is brought into view.
    """

    def refused() -> None:
        value = st.session_state["photo_upload"].get("refused")
        if isinstance(value, dict):
            on_refused(fault_of(value.get("why"), value.get("bytes"), value.get("ending")))

    with st.container(key="photo_uploader", width="content", gap=None):
        with st.container(key="photo_file"):
            st.file_uploader(
                label,
                type=list(FILE_TYPES),
                key=key,
                on_change=on_change,
                label_visibility="collapsed",
            )
        _component(
            key="photo_upload",
            data={
                "label": label,
                "hint": "Drop or paste a photo anywhere, or",
                "turn": turn,
                "isFaulty": is_faulty,
                "endings": list(FILE_TYPES),
                "mostBytes": most_megabytes() * 2**20,
            },
            width="content",
            on_refused_change=refused,
        )


def most_megabytes() -> int:
    """The size from which the server refuses a file, in MB."""
    return int(st.get_option("server.maxUploadSize") or 200)


def fault_of(why: object, size_bytes: object, ending: object) -> ImageError:
    """What is wrong with a file, from what our script says of it; that is only a browser's word."""
    if why == "size" and isinstance(size_bytes, (int, float)) and 0 < size_bytes < 2**53:
        return ImageError(
            f"the file has {size_bytes / 2**20:.1f} MB, at most {most_megabytes()} MB are taken",
            "Export it smaller, e.g. 2,000 pixels on the longer side as JPEG",
        )
    if why == "kind":
        shown = str(ending)[:12] if isinstance(ending, str) else ""
        found = f"a file of the kind {shown.upper()}" if shown.isalnum() else "another kind of file"
        return ImageError(f"expected {_KINDS}, found {found}", "Save it as JPEG and try again")
    return ImageError("the photo did not arrive", "Check the connection and try again")


def camera(label: str, *, key: str, on_change: Callable[[], None]) -> None:
    """The camera behind a button: it is not asked for before that is opened."""
    opened = f"{key}_open"
    with st.popover(
        label, icon=":material/photo_camera:", key=opened, on_change="rerun", width="content"
    ):
        if st.session_state.get(opened):
            st.camera_input("Photo from the camera", key=key, on_change=on_change)
