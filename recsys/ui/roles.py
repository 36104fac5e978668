"""Who may change things: everybody may look, an operator may also train, delete and promote.

On the machine itself, with nothing configured, whoever opens the app is an operator. Elsewhere,
and wherever a token is configured, an operator presents that token, once for a browser session.
``docs/decisions/0013`` says why it is decided so. Pages ask ``is_operator`` before they draw a
control; what a control does calls ``require_operator`` again, since a browser can be made to ask
for what it was never shown.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from math import ceil
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from recsys.errors import RecsysError
from recsys.ui.messages import explain

LEAST_LETTERS = 16
"""Shorter tokens are refused: they could be guessed in spite of the limits."""
FREE_TRIES = 3
"""Wrong tokens of one session before it has to wait."""
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 300.0
TRIES_OF_ALL, PERIOD_S = 30, 300.0
"""Wrong tokens of all sessions together in a period; then everybody waits."""

_SIGNED_IN, _WRONG, _NEXT_TRY = "operator_signed_in", "operator_wrong", "operator_next_try"
_TYPED, _SAID = "operator_token", "operator_said"
_KEY = secrets.token_bytes(32)  # what a session remembers is of no use after a restart
_REMEDY = 'Put a token of 16 letters or more into .streamlit/secrets.toml: [operator] token = "…"'

_log = logging.getLogger("recsys.ui")


class NotAllowedError(RecsysError):
    """Only an operator may do this."""


@dataclass
class Attempts:
    """Wrong tokens of all sessions; safe from several threads.

    Attributes:
        clock: seconds that only go forward.
    """

    most: int = TRIES_OF_ALL
    period_s: float = PERIOD_S
    clock: Callable[[], float] = time.monotonic
    _wrong: deque[float] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> float:
        """Counts an attempt before it is looked at, so that many at once are not free.

        Returns the seconds to wait where there were too many; 0 where it may be made.
        """
        with self._lock:
            now = self.clock()
            while self._wrong and self._wrong[0] <= now - self.period_s:
                self._wrong.popleft()
            if len(self._wrong) >= self.most:
                return self._wrong[0] + self.period_s - now
            self._wrong.append(now)
            return 0.0

    def was_right(self) -> None:
        """Takes the last attempt back."""
        with self._lock:
            if self._wrong:
                self._wrong.pop()


ATTEMPTS = Attempts()


@dataclass(frozen=True)
class Token:
    """What is configured.

    Attributes:
        text: the token; empty where there is none.
        problem: why what is configured cannot be used; nobody is an operator then.
    """

    text: str = ""
    problem: str = ""


def configured() -> Token:
    """The token of ``[operator]`` in ``secrets.toml``. What cannot be read lets nobody in."""
    try:
        section = st.secrets.get("operator")
    except StreamlitSecretNotFoundError:
        files = st.get_option("secrets.files")
        if any(Path(file).exists() for file in files):
            return Token(problem="the file secrets.toml cannot be read")
        return Token()
    except (OSError, ValueError):
        return Token(problem="the file secrets.toml cannot be read")
    if section is None:
        return Token()
    text = section.get("token") if hasattr(section, "get") else None
    if not isinstance(text, str) or len(text.strip()) < LEAST_LETTERS:
        return Token(problem=f"the operator's token has fewer than {LEAST_LETTERS} letters")
    return Token(text.strip())


def is_local() -> bool:
    """Whether the server can be reached from its own machine alone, and this browser is on it.

    Headers never make a visitor local, they only speak against it: a proxy on this machine
    connects from here, and what it forwards comes from elsewhere.
    """
    if not is_loopback(str(st.get_option("server.address") or "")):
        return False
    address = st.context.ip_address
    if address is not None and not is_loopback(address):
        return False
    headers = {name.lower(): value for name, value in st.context.headers.to_dict().items()}
    if any(name == "forwarded" or name.startswith("x-forwarded") for name in headers):
        return False
    if headers.keys() & {"x-real-ip", "via", "cf-connecting-ip"}:
        return False
    named = [f"//{headers['host']}"] if "host" in headers else []
    named += [headers["origin"]] if "origin" in headers else []
    return all(is_loopback(_host(url)) for url in named)


def is_loopback(host: str) -> bool:
    """Whether an address or name means this machine: 127.0.0.0/8, ::1 or ``localhost``."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def is_operator() -> bool:
    """Whether this session may change things."""
    token = configured()
    if token.problem:
        return False
    if not token.text:
        return is_local()
    remembered = st.session_state.get(_SIGNED_IN)
    return isinstance(remembered, bytes) and hmac.compare_digest(remembered, _mark(token.text))


def require_operator() -> None:
    """Refuses whoever is no operator. Raises NotAllowedError."""
    if not is_operator():
        _log.warning("something that only an operator may do was asked for and refused")
        raise NotAllowedError("only an operator may do this", "Sign in on the page Training")


def present(text: str) -> str:
    """Takes a token that somebody typed; returns why it was refused, empty where it was not."""
    token = configured()
    if token.problem or not token.text:
        return f"Nobody can sign in: {token.problem or 'no token is configured'}."
    now = time.monotonic()
    wait_s = float(st.session_state.get(_NEXT_TRY, 0.0)) - now
    if wait_s <= 0:
        wait_s = ATTEMPTS.begin()
    if wait_s > 0:
        return f"Too many wrong tokens. Try again in {ceil(wait_s):,} seconds."
    # digests of equal length: the time says nothing about the token, its length included
    if hmac.compare_digest(_mark(text.strip()), _mark(token.text)):
        ATTEMPTS.was_right()
        st.session_state[_SIGNED_IN] = _mark(token.text)
        st.session_state[_WRONG] = 0
        return ""
    wrong = int(st.session_state.get(_WRONG, 0)) + 1
    st.session_state[_WRONG] = wrong
    if wrong >= FREE_TRIES:
        pause = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(wrong - FREE_TRIES, 16))
        st.session_state[_NEXT_TRY] = now + pause
    _log.warning("a wrong operator's token was presented")
    return "That is not the token."


def who() -> str:
    """What is known of an operator, for the history."""
    return "operator with the token" if configured().text else "operator on this machine"


def sign_out() -> None:
    """Forgets that this session may change things."""
    st.session_state.pop(_SIGNED_IN, None)


def door() -> None:
    """The way in, or out: nothing at all where everybody on this machine may change things."""
    token = configured()
    if token.problem:
        explain(NotAllowedError(token.problem, _REMEDY), heading="Nobody can change anything here")
    elif token.text and is_operator():
        st.button(
            "Sign out as operator", icon=":material/logout:", key="operator_out", on_click=sign_out
        )
    elif token.text:
        _sign_in()
    elif not is_operator():
        explain(NotAllowedError("this app is open to others, and no token is configured", _REMEDY))


def _sign_in() -> None:
    with (
        st.form("operator_form", border=False, clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input(
            "Operator's token",
            type="password",
            key=_TYPED,
            max_chars=256,
            autocomplete="off",
            width=320,
        )
        st.form_submit_button("Sign in", icon=":material/key:", on_click=_presented)
    st.caption("Looking is for everybody. To train, delete or put a model live, sign in.")
    said = st.session_state.pop(_SAID, "")
    if said:
        st.error(said, icon=":material/lock:")


def _presented() -> None:
    typed = st.session_state.get(_TYPED, "")
    st.session_state[_SAID] = present(typed if isinstance(typed, str) else "")


def _mark(token: str) -> bytes:
    return hashlib.blake2b(token.encode("utf-8", "replace"), key=_KEY, digest_size=32).digest()


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
