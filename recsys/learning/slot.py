"""One training at a time: those that wait line up, in the order in which they were started.

There is no list to be kept: who is ahead is whoever is alive and was started before. It counts
from the moment of its start, so a process that is slow to begin does not lose its place, and
nobody waits for the dead.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from recsys import processes
from recsys.workspace import Workspace

_LOOK_EVERY_S = 0.2


def await_turn(
    workspace: Workspace,
    folder: Path,
    stop: threading.Event,
    waiting: Callable[[str], None] = lambda ahead: None,
) -> bool:
    """Waits until every training that was started before this one has ended.

    Args:
        folder: of this run's or sweep's own task.
        stop: gives up waiting.
        waiting: called with the id of the next ahead whenever that changes.

    Returns:
        True where it is this one's turn, False where it gave up.
    """
    mine = processes.status(folder).order
    # Whoever starts later has a larger number, so nobody can get ahead any more.
    ahead = [
        (status.order, other)
        for other in task_folders(workspace)
        if other != folder and (status := processes.status(other)).is_alive and status.order < mine
    ]
    told = ""
    for _, other in sorted(ahead, reverse=True):
        while processes.status(other).is_alive and not stop.is_set():
            if other.name != told:
                told = other.name
                waiting(told)
            stop.wait(_LOOK_EVERY_S)
    return not stop.is_set()


def task_folders(workspace: Workspace) -> list[Path]:
    """The folders of all runs and sweeps."""
    return [
        *(workspace.job_dir(run_id) for run_id in workspace.job_ids()),
        *(workspace.sweep_dir(sweep_id) for sweep_id in workspace.sweep_ids()),
    ]
