"""The process that a background run is: waits for its turn, trains, and says how it ended.

``python -m recsys.learning.worker RUN-ID JSON``, started by ``recsys.learning.jobs``; the JSON
holds what a resumed run changes. It waits for its turn before it loads anything heavy.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys import atomic as files
from recsys import processes
from recsys.learning.slot import await_turn
from recsys.workspace import Workspace

if TYPE_CHECKING:
    from recsys.learning.loop import Event

_LINE_EVERY_S = 15.0


def main(run_id: str, changes: dict[str, Any]) -> int:
    """Carries a prepared run out; returns the exit code."""
    quiet_libraries()
    workspace = Workspace.default()
    folder = workspace.job_dir(run_id)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())

    def waiting(ahead: str) -> None:
        say(f"Waiting for {ahead} to end")
        processes.report({"phase": "queued", "behind": ahead, "updated": time.time()})

    try:
        _note_budget(folder, changes)
        if not await_turn(workspace, folder, stop, waiting):
            processes.report({"phase": "stopped", "updated": time.time()})
            say("Stopped while it waited")
            return processes.EXIT_STOPPED
        return _train(run_id, changes, workspace, stop)
    except BaseException as error:  # noqa: BLE001  the last stop: every end is written down
        return told_error(error, folder)


def _train(
    run_id: str, changes: dict[str, Any], workspace: Workspace, stop: threading.Event
) -> int:
    from recsys.learning import tracking
    from recsys.learning.loop import Pace
    from recsys.learning.train import TrainRequest, train

    tracking.follow(workspace, run_id)
    changes["overrides"] = tuple(changes.get("overrides", ()))
    request = TrainRequest(resume=run_id, **changes)
    pace = Pace(evaluate_every_s=20.0, evaluation_share=0.1)
    model = train(request, workspace, Lines(), pace=pace, stop=stop)
    with contextlib.suppress(OSError):  # with the model made, a full disk is no failure any more
        say(f"Finished: model {model}")
    return 0


def _note_budget(folder: Path, changes: dict[str, Any]) -> None:
    """Keeps a new budget at once: stopped before its turn, the run is still to go on to there."""
    budget = {name: changes.get(name) for name in ("steps", "minutes")}
    record = processes.read_record(folder / "run.json")
    if record is not None and any(budget.values()):
        files.write_json(folder / "run.json", {**record, **budget})


class Lines:
    """A run's events as lines of a log, no more than a few a minute."""

    def __init__(self) -> None:
        self._said_at = 0.0
        self._topic = ""

    def __call__(self, event: Event) -> None:
        topic = event.text.partition(":")[0] if event.kind == "message" else event.kind
        is_due = time.monotonic() - self._said_at >= _LINE_EVERY_S
        if not (is_due or topic != self._topic) or event.kind in ("save", "done"):
            return
        if event.kind == "step" and not is_due and self._topic == "evaluate":
            return
        self._said_at, self._topic = time.monotonic(), topic
        if event.kind == "message":
            say(event.text)
        elif event.kind == "start":
            say(f"Training {event.text}")
        else:
            figures = " · ".join(f"{name} {value:.4g}" for name, value in event.metrics.items())
            say(f"step {event.step:,} · {event.fraction:.0%} · {figures}")


def say(line: str) -> None:
    """A line of the log, with the time. Raises OSError where the disk is full."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()


def told_error(error: BaseException, folder: Path) -> int:
    """Writes down what ended the run, as far as the disk allows; returns the exit code."""
    from recsys.errors import RecsysError
    from recsys.learning.state import error_record, exit_code

    code = exit_code(error)
    with contextlib.suppress(OSError):
        state = processes.read_state(folder)
        if state.get("phase") not in ("failed", "stopped"):
            stopped = code == processes.EXIT_STOPPED
            phase = "stopped" if stopped else "failed"
            told = None if stopped else error_record(error)
            record = {**state, "phase": phase, "error": told, "updated": time.time()}
            files.write_json(folder / "state.json", record)
        say(f"{error}" if isinstance(error, RecsysError) else traceback.format_exc())
    return code


def quiet_libraries() -> None:
    """Keeps libraries' chatter out of the log: what matters is raised, not logged."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    logging.disable(logging.WARNING)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], json.loads(sys.argv[2])))
