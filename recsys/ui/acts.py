"""What a click does that only an operator may do: tried, and told in words on the next run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

import streamlit as st

from recsys.errors import RecsysError
from recsys.ui import roles
from recsys.ui.messages import explain, plain
from recsys.ui.state import Parameter, change

Changes = dict[Parameter[Any], Any]
Act = Callable[[], Changes | None]
Done = WeakKeyDictionary[Act, Changes | None]

_FAULT, _SAID, _BEGUN, _DONE = "act_fault", "act_said", "act_begun", "act_done"
_ONE_AT_A_TIME = threading.Lock()


def attempt(do: Act, said: str = "", *, doing: str = "") -> None:
    """Does something that only an operator may do, once however often one clicks.

    A second click ends the run that the first began wherever that touches the session's state
    next, and comes with the same ``do``, since nothing was drawn in between. So what was done is
    kept in a plain dictionary that was fetched before, and told on behalf of the first; it is
    forgotten when the page draws another ``do``.

    Args:
        do: the action; returns what of the URL it changes, None for nothing.
        said: what to say where it went well.
        doing: what to say at once, in a corner that is in sight however far the page is
            scrolled; empty for what takes no time.
    """
    if doing:
        st.toast(plain(doing), icon=":material/hourglass_top:")
    done: Done = st.session_state.setdefault(_DONE, WeakKeyDictionary())
    try:
        roles.require_operator()
        if do not in done:
            changes = do()
            done[do] = changes
        changes = done[do]
    except RecsysError as error:
        st.session_state[_FAULT] = error
    except OSError as error:
        st.session_state[_FAULT] = RecsysError(
            f"the workspace cannot be written: {error.strerror or error}",
            "Make room or mend the rights of the workspace, then try again",
        )
    else:
        if said:
            st.session_state[_SAID] = said
        if changes:
            change(changes)


def act_button(
    label: str, icon: str, key: str, do: Act, *, primary: bool = False, disabled: bool = False
) -> None:
    """A button whose click is attempted."""
    st.button(
        plain(label),
        icon=f":material/{icon}:",
        key=key,
        type="primary" if primary else "secondary",
        disabled=disabled,
        on_click=attempt,
        args=(do,),
    )


def once(what: object, begin: Callable[[], str], is_going: Callable[[str], bool]) -> str:
    """Begins a piece of work once, however often one clicks; returns its id.

    A second click ends the run that the first began wherever that touches the session's state
    next, so what was begun is kept in a plain dictionary that was fetched before.

    Args:
        what: is asked for; the same again is the same work as long as that goes on.
        begin: starts it and returns its id.
        is_going: whether the work of an id goes on; a RecsysError means that it does not.
    """
    begun: dict[object, str] = st.session_state.setdefault(_BEGUN, {})
    with _ONE_AT_A_TIME:
        if what in begun:
            with suppress(RecsysError):  # deleted meanwhile
                if is_going(begun[what]):
                    return begun[what]
        begun.clear()
        begun[what] = found = begin()
        return found


def tell() -> None:
    """What the last click did, once."""
    fault = st.session_state.pop(_FAULT, None)
    if isinstance(fault, RecsysError):
        explain(fault, heading="Nothing was changed", serious=True)
    said = st.session_state.pop(_SAID, "")
    if said:
        st.success(plain(said), icon=":material/check:")
