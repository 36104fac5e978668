"""Work that takes a while and is done once for all visitors: beside them, with its progress."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from recsys.errors import RecsysError

T = TypeVar("T")
Progress = Callable[[int, int], None]

_log = logging.getLogger("recsys.ui")
_ending = threading.Event()
atexit.register(_ending.set)  # work that is under way ends with the app


class EndingError(Exception):
    """The app is being stopped."""


class Pace:
    """Called between two steps of long work: rests for a part of what the step took.

    Args:
        rest: how long, by the time of the step: 1 is half of the time at rest.
    """

    def __init__(self, rest: float = 1.0) -> None:
        self._rest = rest
        self._started = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        took = time.monotonic() - self._started
        if _ending.wait(min(0.5, self._rest * took)):
            raise EndingError
        self._started = time.monotonic()


class Background(Generic[T]):
    """One piece of work in a thread of its own; any number of visitors may watch it.

    Args:
        make: does the work; calls progress(done, total) between its steps.
        name: of the thread.

    Attributes:
        done, total: steps, as far as they are known.
        error: why it failed; None before the end and where all is well.
    """

    def __init__(self, make: Callable[[Progress], T], name: str) -> None:
        self._make = make
        self._name = name
        self._lock = threading.Lock()
        self._finished = threading.Event()
        self._is_begun = False
        self.error: RecsysError | None = None
        self._result: list[T] = []
        self.done, self.total = 0, 0

    def begin(self) -> None:
        """Starts the work; only the first call does anything."""
        with self._lock:
            if self._is_begun:
                return
            self._is_begun = True
        threading.Thread(target=self._run, name=self._name, daemon=True).start()

    @property
    def is_finished(self) -> bool:
        return self._finished.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Whether it is finished, within so many seconds."""
        return self._finished.wait(timeout_s)

    @property
    def result(self) -> T:
        """What was made. Raises RecsysError where it could not be; LookupError before the end."""
        if self.error is not None:
            raise self.error.with_traceback(None)  # it is raised for many visitors
        return self._result[0]

    def _run(self) -> None:
        pace = Pace(rest=0.25)  # somebody waits for it, and others want their turn

        def progress(done: int, total: int) -> None:
            self.done, self.total = done, total
            pace(done, total)

        try:
            self._result.append(self._make(progress))
        except RecsysError as error:
            self.error = error
        except EndingError:
            return
        except OSError as error:
            self.error = RecsysError(
                f"the workspace cannot be read or written: {error.strerror or error}",
                "Make room or mend its rights, then try again",
            )
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
            _log.exception("%s failed", self._name)
            self.error = RecsysError(
                "this could not be worked out; what went wrong is in the app's log",
                "Start the app again",
            )
            self.error.__cause__ = error
        self._finished.set()
