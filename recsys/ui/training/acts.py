"""What a click on the training page does: only for operators, and told in words if it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from recsys.errors import RecsysError
from recsys.ui import roles
from recsys.ui.messages import explain, plain
from recsys.ui.state import Parameter, change

_FAULT, _DONE = "train_fault", "train_done"


def attempt(do: Callable[[], dict[Parameter[Any], Any] | None], said: str = "") -> None:
    """Does something that only an operator may do.

    Args:
        do: the action; returns what of the URL it changes, None for nothing.
        said: what to say where it went well.
    """
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
