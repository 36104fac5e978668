"""What a click does, done once, whatever else is clicked meanwhile."""

from __future__ import annotations

import gc
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


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Who may act; the changes of the URL."""
    changed: dict[str, Any] = {}
    monkeypatch.setattr(acts.roles, "require_operator", lambda: None)
    monkeypatch.setattr(acts, "change", changed.update)
    return changed


def test_a_second_click_tells_what_the_first_has_done(
    session: Session, operator: dict[str, Any]
) -> None:
    done: list[str] = []

    def do() -> dict[Any, Any]:
        session.another_click_waits = True
        done.append("deleted")
        return {"run": ""}

    with pytest.raises(Interrupted):
        acts.attempt(do, "It is gone.")
    assert not operator  # the run of the page ended before it was told
    session.another_click_waits = False
    acts.attempt(do, "It is gone.")
    assert done == ["deleted"]
    assert operator == {"run": ""}
    assert session["act_said"] == "It is gone."
    with pytest.raises(Interrupted):
        acts.attempt(lambda: do(), "It is gone.")  # drawn anew, it is another act
    assert len(done) == 2


def test_what_was_refused_is_tried_again(session: Session, operator: dict[str, Any]) -> None:
    tries = iter([RequestError("not now"), OSError(28, "No space left on device")])
    done: list[str] = []

    def do() -> None:
        for fault in tries:
            raise fault
        done.append("done")

    acts.attempt(do)
    assert str(session["act_fault"]) == "not now"
    acts.attempt(do)
    assert "No space left" in str(session["act_fault"])
    acts.attempt(do)
    acts.attempt(do)
    assert done == ["done"]


def test_what_was_done_is_not_held(session: Session, operator: dict[str, Any]) -> None:
    do = lambda: None  # noqa: E731
    acts.attempt(do)
    assert len(session["act_done"]) == 1
    del do
    gc.collect()
    assert len(session["act_done"]) == 0


def test_what_could_not_begin_is_tried_again(session: Session) -> None:
    def fails() -> str:
        raise RequestError("not now")

    with pytest.raises(RequestError):
        acts.once("this", fails, lambda _: True)
    assert acts.once("this", lambda: "run", lambda _: True) == "run"
