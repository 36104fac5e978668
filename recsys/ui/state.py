"""What a page's URL says, typed: every choice that makes a view is a query parameter.

A value that does not parse is as good as none: the default is shown, never an error, and
``unread`` tells the page of it, so that it can say so. A change by a widget goes to the URL
through ``change``, which makes one step in the browser's history, so Back and Forward walk
through views. (Streamlit's own ``bind="query-params"`` replaces the current entry instead, and
Back would skip every filter.) Names carry their page's name, because query parameters belong to
the whole app.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import streamlit as st

T = TypeVar("T")
S = TypeVar("S", bound=str)

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?")
_SEED_LIMIT = 2**31 - 1
_DEAD = "recsys_dead_parameters"


@dataclass(frozen=True)
class Parameter(Generic[T]):
    """One query parameter.

    Attributes:
        name: as in the URL; also the session key of the widget that shows it.
        default: what an absent or unusable value means.
        parse: text from the URL → value, or None where it is unusable.
        write: the value as the URL says it.
        what: what every value of it is, for "… is no WHAT": "order", "number from 10 to 100".
        instead: what is shown where the URL's value is none: "the order is random".
    """

    name: str
    default: T
    parse: Callable[[str], T | None]
    write: Callable[[Any], str] = str
    what: str = ""
    instead: str = ""

    def told(self, what: str, instead: str) -> Parameter[T]:
        """The same parameter, which says what it is where the URL's value is of no use."""
        return replace(self, what=what, instead=instead)

    def read(self) -> T:
        """The value that the URL gives, or the default."""
        text = st.query_params.get(self.name)
        value = None if text is None else self.parse(text)
        return self.default if value is None else value

    def widget(
        self, *, shown: T | None = None, also: dict[Parameter[Any], Any] | None = None
    ) -> dict[str, Any]:
        """Keyword arguments that tie a widget to this parameter: ``key`` and ``on_change``.

        Args:
            shown: what the widget shows where that is not what the URL says, e.g. the last
                page where the URL asks for one beyond it.
            also: further changes that a change of this one brings, e.g. back to page one.
        """
        value = self.read() if shown is None else shown
        if st.session_state.get(self.name) != value:
            st.session_state[self.name] = value

        def changed() -> None:
            chosen = st.session_state.get(self.name)
            chosen = self.default if chosen is None else chosen
            change({self: chosen, **(also or {})})

        return {"key": self.name, "on_change": changed}


def unread(parameters: Iterable[Parameter[Any]]) -> list[tuple[Parameter[Any], str]]:
    """Those of a page's parameters whose text in the URL is of no use, and that text."""
    found = []
    for parameter in parameters:
        text = st.query_params.get(parameter.name, "")
        if text and parameter.parse(text) is None:
            found.append((parameter, text))
    return found


def bury(names: Iterable[str]) -> None:
    """Names parameters that lead nowhere as they stand: the next change takes them out of the URL.

    Not at once, since that would be a step in the browser's history that nobody made, and Back
    would lead into it for ever. Replaces what was named in an earlier run.
    """
    st.session_state[_DEAD] = {name: st.query_params.get(name) for name in names}


def buried() -> list[str]:
    """Names of the parameters that the next change takes out of the URL."""
    dead: dict[str, str | None] = st.session_state.get(_DEAD, {})
    return [name for name, text in dead.items() if st.query_params.get(name) == text]


def change(values: dict[Parameter[Any], Any]) -> None:
    """Writes several parameters as one step in the browser's history; defaults are left out."""
    # a history entry is made for each write, hence a single write of the whole
    dead = buried()
    after = {name: text for name, text in st.query_params.to_dict().items() if name not in dead}
    for parameter, value in values.items():
        if value == parameter.default:
            after.pop(parameter.name, None)
        else:
            after[parameter.name] = parameter.write(value)
    if after != st.query_params.to_dict():
        st.query_params.from_dict(after)


def choice(name: str, options: Sequence[S], default: S) -> Parameter[S]:
    """One of some texts."""
    known = {str(option): option for option in options}
    return Parameter(name, default, known.get)


def number(name: str, default: int, low: int = 0, high: int = _SEED_LIMIT) -> Parameter[int]:
    """A whole number from low to high, both included."""

    def parse(text: str) -> int | None:
        if not (text.isascii() and text.isdigit() and len(text) <= 10):
            return None
        return int(text) if low <= int(text) <= high else None

    return Parameter(name, default, parse)


def words(name: str, limit: int = 100) -> Parameter[str]:
    """A line of any text, at most so long; what is beyond it is cut off."""

    def parse(text: str) -> str:
        return " ".join(text.split())[:limit]

    return Parameter(name, "", parse)


def amount(name: str) -> Parameter[float | None]:
    """A sum of money from 0 to a thousand million, in hundredths; None where none is set."""

    def write(value: float) -> str:
        return f"{value:.2f}".rstrip("0").rstrip(".")

    return Parameter(name, None, amount_of, write)


def amount_of(text: str) -> float | None:
    """A sum as one types it, ``20`` or ``19.90``; None where it is none."""
    return float(text) if _AMOUNT.fullmatch(text) else None


def identifier(name: str) -> Parameter[str]:
    """An id from outside, of safe letters only; empty where none is chosen."""
    return Parameter(name, "", lambda text: text if _ID.fullmatch(text) else None)
