"""What a click does that only an operator may do: tried, and told in words on the next run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from recsys.errors import RecsysError
from recsys.ui import roles
from recsys.ui.messages import explain, plain
from recsys.ui.state import Parameter, change

_FAULT, _DONE = "act_fault", "act_done"


def attempt(
    do: Callable[[], dict[Parameter[Any], Any] | None], said: str = "", *, doing: str = ""
) -> None:
    """Does something that only an operator may do.

    Args:
        do: the action; returns what of the URL it changes, None for nothing.
        said: what to say where it went well.
        doing: what to say at once, in a corner that is in sight however far the page is
            scrolled; empty for what takes no time.
    """
    if doing:
        st.toast(plain(doing), icon=":material/hourglass_top:")
    try:
        roles.require_operator()
        changes = do()
    except RecsysError as error:
        st.session_state[_FAULT] = error
    except OSError as error:
        st.session_state[_FAULT] = RecsysError(
            f"the workspace cannot be written: {error.strerror or error}",
            "Make room or mend the rights of the workspace, then try again",
        )
    else:
        if said:
            st.session_state[_DONE] = said
        if changes:
            change(changes)


def tell() -> None:
    """What the last click did, once."""
    fault = st.session_state.pop(_FAULT, None)
    if isinstance(fault, RecsysError):
        explain(fault, heading="Nothing was changed", serious=True)
    done = st.session_state.pop(_DONE, "")
    if done:
        st.success(plain(done), icon=":material/check:")
