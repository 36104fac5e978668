"""The process that makes MLflow's records from the runs' own files.

``python -m recsys.learning.recorder follow RUN-ID`` sends a run's figures while it goes and its
files when it has ended; ``… outstanding`` sends what an earlier one could not, and tells the
registry what is live; ``… forget`` removes the records of runs that were deleted. Started by
``recsys.learning.tracking``. May be killed and started again at any time: what is there already
is not sent twice.
"""

from __future__ import annotations

import logging
import os
import sys
import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec

from recsys import processes, promotions
from recsys.errors import ConfigError, RequestError
from recsys.learning import runs, tracking
from recsys.learning.runs import Run
from recsys.workspace import Workspace

if TYPE_CHECKING:
    from recsys.learning.mlflow_records import Records

P = ParamSpec("P")

_SEND_EVERY_S = 30.0
_LOOK_EVERY_S = 0.5
_TRIES_AFTER_THE_END = 3
_SERVER_DOWN_WAIT_S = 20.0


def main(order: list[str]) -> int:
    """Does what it was started for; returns the exit code."""
    _quiet_libraries()
    workspace = Workspace.default()
    if order[0] == "follow":
        return _follow(workspace, order[1])
    if order[0] == "forget":
        problem = _forget_gone(workspace)
        _tell(problem)
        return 1 if problem else 0
    return _outstanding(workspace)


def send_now(workspace: Workspace) -> str:
    """Sends what is outstanding from this very process; what went wrong, empty where nothing did.

    Raises ConfigError where recording is switched off.
    """
    if not tracking.is_on():
        raise ConfigError(
            "recording is switched off by RECSYS_TRACKING", "Leave it out to record runs"
        )
    for name, value in tracking.QUIET.items():
        os.environ.setdefault(name, value)
    return _send_outstanding(workspace)


def _follow(workspace: Workspace, run_id: str) -> int:
    tries = 0
    while True:
        run = runs.read_run(workspace, run_id)
        problem = _tried(_send, workspace, run)
        _tell(problem)
        if run.is_in_progress:
            tries = 0
            _wait(workspace, run_id)
            continue
        if runs.read_run(workspace, run_id).is_in_progress:
            continue  # it was resumed meanwhile
        tries += 1
        if not problem:
            return _outstanding(workspace)
        if tries >= _TRIES_AFTER_THE_END:
            return 1  # it is sent with the next run, or by `runs send`
        time.sleep(_SERVER_DOWN_WAIT_S)


def _outstanding(workspace: Workspace) -> int:
    problem = _send_outstanding(workspace)
    _tell(problem)
    return 1 if problem else 0


def _send_outstanding(workspace: Workspace) -> str:
    """What went wrong; empty where nothing did."""
    problem = _tried(_open, workspace)  # first: a store that was lost has nothing of any run
    if problem:
        return problem
    problems = [_forget_gone(workspace)]
    for run_id in tracking.outstanding(workspace):
        problem = _tried(_send_ended, workspace, run_id)
        if problem and workspace.job_dir(run_id).is_dir():  # or it was deleted meanwhile
            problems.append(problem)
            break  # a server that is down now is down for the next one too
    registered = None
    while (known := promotions.history(workspace)) != registered:  # one may come meanwhile
        problems.append(_tried(lambda: _records(workspace).register(known)))
        registered = known
    return next(filter(None, problems), "")


def _forget_gone(workspace: Workspace) -> str:
    """Forgets runs that were deleted, where their records are in the workspace."""
    while tracking.is_local(workspace) and (notes := tracking.gone(workspace)):
        for note in notes:  # another may be deleted meanwhile
            problem = _tried(_forget, workspace, note)
            if problem:
                return problem
    return ""


_opened: dict[str, Records] = {}


def _records(workspace: Workspace) -> Records:
    """MLflow, loaded when first needed."""
    if "records" not in _opened:
        from recsys.learning.mlflow_records import Records

        _opened["records"] = Records(workspace)
    return _opened["records"]


def _open(workspace: Workspace) -> None:
    _records(workspace)


def _send(workspace: Workspace, run: Run) -> None:
    _records(workspace).send(run)


def _send_ended(workspace: Workspace, run_id: str) -> None:
    """Sends a run; does nothing where it was deleted after it was listed."""
    try:
        run = runs.read_run(workspace, run_id)
    except RequestError:
        return
    _send(workspace, run)


def _forget(workspace: Workspace, note: tracking.Gone) -> None:
    _records(workspace).forget(note)
    tracking.forgotten(workspace, note)


def _tried(send: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> str:
    """Sends, and tells what went wrong; empty where nothing did."""
    try:
        send(*args, **kwargs)
    except Exception as error:  # noqa: BLE001  whatever it is, the run must not suffer from it
        text = f"{type(error).__name__}: {error}".splitlines()[0]
        return "".join(char for char in text if char.isprintable())[:400]
    return ""


def _tell(problem: str) -> None:
    processes.report({"problem": problem, "at": tracking.now()})
    if problem:
        sys.stderr.write(f"{tracking.now()} {problem}\n")


def _wait(workspace: Workspace, run_id: str) -> None:
    """Waits until it is time to send again, or the run has ended."""
    until = time.monotonic() + _SEND_EVERY_S
    folder = workspace.job_dir(run_id)
    while time.monotonic() < until and processes.status(folder).is_alive:
        time.sleep(_LOOK_EVERY_S)


def _quiet_libraries() -> None:
    for name, value in tracking.QUIET.items():
        os.environ.setdefault(name, value)
    logging.disable(logging.WARNING)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
