"""A visitor brings a photo: by file, by camera, dropped or pasted; and why one is not taken."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from recsys.errors import RecsysError
from recsys.ui.dropzone import camera, photo_uploader
from recsys.ui.looks import keep_photo
from recsys.ui.messages import explain

_FAULT = "look_upload_fault"
_TURN = "look_upload_turn"


def bring(heading: str, *, on_kept: Callable[[str], None]) -> None:
    """A heading, beside it the ways to bring a photo, below it what was wrong with the last one.

    Args:
        on_kept: called with the id of a photo that came in and is kept, before the page runs
            again.
    """
    turn = st.session_state.setdefault(_TURN, 0)
    file_key, camera_key = f"look_upload_{turn}", f"look_camera_{turn}"

    def refused(fault: RecsysError) -> None:
        st.session_state[_FAULT] = fault
        st.session_state[_TURN] = turn + 1

    def arrived(key: str) -> None:
        file = st.session_state[key]
        if file is None:
            return
        # a fresh uploader next time: this one would go on holding the file's bytes
        st.session_state[_TURN] = turn + 1
        try:
            kept = keep_photo(file.getvalue())
        except RecsysError as error:
            refused(error)
        else:
            on_kept(kept)

    with st.container(
        key="bring", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.header(heading, anchor=False, width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            photo_uploader(
                "Upload a photo",
                key=file_key,
                turn=turn,
                on_change=lambda: arrived(file_key),
                on_refused=refused,
                is_faulty=_FAULT in st.session_state,
            )
            camera("Camera", key=camera_key, on_change=lambda: arrived(camera_key))
    fault = st.session_state.pop(_FAULT, None)
    if isinstance(fault, RecsysError):
        explain(fault, heading="That file cannot be used as a photo", serious=True)
