"""What a click does, done once, whatever else is clicked meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest

from recsys.errors import RequestError
from recsys.ui import acts


class Interrupted(BaseException):
    """What ends a run of the page where another click waits."""


class Session(MutableMapping[str, Any]):
    """A session's state, which ends the run at every touch once another click waits."""

    def __init__(self) -> None:
        self.held: dict[str, Any] = {}
        self.another_click_waits = False

    def _touched(self) -> None:
        if self.another_click_waits:
            raise Interrupted

    def __getitem__(self, key: str) -> Any:
        self._touched()
        return self.held[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._touched()
        self.held[key] = value

    def __delitem__(self, key: str) -> None:
        del self.held[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.held)

    def __len__(self) -> int:
        return len(self.held)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    found = Session()
    monkeypatch.setattr(acts.st, "session_state", found)
    return found


def test_a_click_in_the_middle_of_the_first_begins_nothing_else(session: Session) -> None:
    begun: list[str] = []

    def begin() -> str:
        session.another_click_waits = True
        begun.append(f"run-{len(begun)}")
        return begun[-1]

    assert acts.once("this", begin, lambda _: True) == "run-0"
    session.another_click_waits = False
    assert acts.once("this", begin, lambda _: True) == "run-0"
    assert begun == ["run-0"]


def test_what_has_ended_is_deleted_or_is_something_else_begins_anew(session: Session) -> None:
    names = iter("abcd")

    def gone(_: str) -> bool:
        raise RequestError("there is no such run")

    assert acts.once("this", lambda: next(names), lambda _: True) == "a"
    assert acts.once("this", lambda: next(names), lambda _: False) == "b"
    assert acts.once("this", lambda: next(names), gone) == "c"
    assert acts.once("that", lambda: next(names), lambda _: True) == "d"


def test_two_clicks_at_the_same_moment_are_one(session: Session) -> None:
    session.setdefault("act_begun", {})
    started, begun = threading.Barrier(2, timeout=10), []

    def begin() -> str:
        begun.append("run")
        return "run"

    def click() -> None:
        started.wait()
        acts.once("this", begin, lambda _: True)

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join(10)
    assert begun == ["run"]


def test_what_could_not_begin_is_tried_again(session: Session) -> None:
    def fails() -> str:
        raise RequestError("not now")

    with pytest.raises(RequestError):
        acts.once("this", fails, lambda _: True)
    assert acts.once("this", lambda: "run", lambda _: True) == "run"
