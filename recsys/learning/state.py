"""How far a run is, for whoever watches it from outside: ``state.json`` in the run's folder."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recsys import atomic as files
from recsys import processes
from recsys.errors import RecsysError
from recsys.learning.disk import is_disk_full
from recsys.learning.loop import Event, Events, Interrupted

_WRITE_EVERY_S = 1.0
_PHASES = {"start": "training", "done": "exporting"}


class StateFile:
    """Passes events on, and keeps a run's ``state.json`` no more than a second behind.

    The file holds ``phase`` (``queued``, ``reading``, ``training``, ``exporting``, ``finished``,
    ``stopped`` or ``failed``), ``step``, ``fraction`` of the budget, ``remaining_s``,
    ``saved_step``, the latest ``metrics``, the last ``text``, ``model`` once there is one,
    ``error`` (``message`` and ``remedy``) where it failed, and ``updated`` (seconds since 1970).
    """

    def __init__(self, folder: Path, then: Events) -> None:
        self._path, self._then = folder / "state.json", then
        self._state: dict[str, Any] = {
            "phase": "reading",
            "step": 0,
            "fraction": 0.0,
            "remaining_s": None,
            "saved_step": None,
            "metrics": {},
            "text": "",
            "model": None,
            "error": None,
        }
        self._written_at = 0.0

    def __call__(self, event: Event) -> None:
        """Takes an event in. Raises OSError where the file cannot be written."""
        state = self._state
        phase = _PHASES.get(event.kind, state["phase"])
        is_news = phase != state["phase"] or event.kind == "evaluate"
        state["phase"] = phase
        if event.kind == "message":
            state["text"] = event.text
        else:
            state.update(
                step=event.step, fraction=event.fraction, remaining_s=event.remaining_s, text=""
            )
            state["metrics"] = {**state["metrics"], **event.metrics}
        if event.kind == "save":
            state["saved_step"] = event.step
        if is_news or time.monotonic() - self._written_at >= _WRITE_EVERY_S:
            self._write()
        self._then(event)

    def finished(self, model: str) -> None:
        """The run came to its end and made a model.

        On a disk that is full by now nothing is written: ``recsys.learning.runs`` sees the model.
        """
        self._state.update(phase="finished", fraction=1.0, remaining_s=0.0, text="", model=model)
        with contextlib.suppress(OSError):
            self._write()

    @contextlib.contextmanager
    def outcome(self, codes: list[int]) -> Iterator[None]:
        """Writes down how the block ends where an error ends it; adds its exit code to a list."""
        try:
            yield
        except BaseException as error:
            stopped = isinstance(error, Interrupted | KeyboardInterrupt)
            codes.append(exit_code(error))
            self._state["phase"] = "stopped" if stopped else "failed"
            self._state["error"] = None if stopped else error_record(error)
            with contextlib.suppress(OSError):  # on a full disk the exit code says it
                self._write()
            raise

    def _write(self) -> None:
        self._written_at = time.monotonic()
        files.write_json(self._path, {**self._state, "updated": time.time()})


def exit_code(error: BaseException) -> int:
    """What a worker exits with where this error ends it."""
    if isinstance(error, Interrupted | KeyboardInterrupt):
        return processes.EXIT_STOPPED
    if is_disk_full(error):
        return processes.EXIT_DISK_FULL
    return 1 if isinstance(error, RecsysError) else 3


def error_record(error: BaseException) -> dict[str, str]:
    """An error's words, as plain data."""
    if isinstance(error, RecsysError):
        return {"message": error.message, "remedy": error.remedy}
    return {"message": f"{type(error).__name__}: {error}"[:2000], "remedy": ""}
