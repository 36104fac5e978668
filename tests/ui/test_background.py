"""Work for all visitors: begun once, watched by many, its fault told and not lost."""

from __future__ import annotations

import threading

import pytest

from recsys.errors import DataError, RecsysError
from recsys.ui.background import Background, Progress

LONG_S = 20.0


def test_it_is_made_once_however_many_ask() -> None:
    made: list[int] = []
    may_end = threading.Event()

    def make(progress: Progress) -> str:
        made.append(1)
        progress(3, 7)
        assert may_end.wait(LONG_S)
        return "done"

    work = Background(make, "test")
    askers = [threading.Thread(target=work.begin) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert not work.is_finished
    assert not work.wait(0.0)
    may_end.set()
    assert work.wait(LONG_S)
    assert work.result == "done"
    assert (work.done, work.total) == (3, 7)
    work.begin()
    assert made == [1]


def test_an_error_is_raised_for_everyone_who_asks() -> None:
    def make(progress: Progress) -> None:
        raise DataError("no photo", "Add one")

    work = Background(make, "test")
    work.begin()
    assert work.wait(LONG_S)
    for _ in range(2):
        with pytest.raises(DataError, match=r"no photo\. Add one"):
            _ = work.result


def test_a_full_disk_and_a_bug_are_told_in_words(caplog: pytest.LogCaptureFixture) -> None:
    def full(progress: Progress) -> None:
        raise OSError(28, "No space left on device")

    def wrong(progress: Progress) -> None:
        raise ZeroDivisionError

    for make, words in ((full, "No space left on device"), (wrong, "the app's log")):
        work = Background(make, "test")
        work.begin()
        assert work.wait(LONG_S)
        with pytest.raises(RecsysError, match=words):
            _ = work.result
    assert "ZeroDivisionError" in caplog.text


def test_before_the_end_there_is_no_result() -> None:
    work: Background[str] = Background(lambda progress: "x", "test")
    with pytest.raises(LookupError):
        _ = work.result
