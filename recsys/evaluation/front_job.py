"""The front measured by a process of its own: started once, watched through its files.

However often and from wherever it is asked for, one process measures it. It goes on when the
browser or the server that asked is gone, and what it found is there after a restart.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from recsys import processes
from recsys.evaluation.front import front_path, known_front
from recsys.evaluation.front_result import Front
from recsys.serving.server import Server
from recsys.workspace import Workspace

Stage = Literal["none", "running", "stopping", "done", "failed"]


@dataclass(frozen=True)
class FrontJob:
    """How far the front of a model and data is.

    Attributes:
        stage: ``none`` was never asked for, or was stopped; ``done`` has a front.
        front: what was found.
        done, total: how far it is while it runs; total is 0 until that is known.
        doing: what it does now, in words.
        reason: why it failed, in words.
        log: the last lines that it printed, where it failed.
    """

    stage: Stage
    front: Front | None = None
    done: int = 0
    total: int = 0
    doing: str = ""
    reason: str = ""
    log: tuple[str, ...] = ()


def start_front(
    server: Server, workspace: Workspace, *, model: str, data: str, k: int = 10
) -> FrontJob:
    """Sees that the front is there or is being measured. Returns at once.

    Args:
        server: the model over the data, as it was opened.
        model, data: how a command names them.

    Raises ModelError without a model, OSError where the workspace cannot be written.
    """
    job = front_job(server, workspace, k)
    if job.stage in ("running", "stopping", "done"):
        return job
    arguments = ("-m", "recsys", "popularity", "--front", "--data", data, "--model", model)
    with suppress(processes.AlreadyRunningError):  # somebody else was quicker
        processes.start(
            job_folder(server, workspace, k),
            (*arguments, "-k", str(k)),
            environment={"RECSYS_HOME": str(workspace.root)},
        )
    return front_job(server, workspace, k)


def front_job(server: Server, workspace: Workspace, k: int = 10) -> FrontJob:
    """How far it is, from files alone. Raises ModelError without a model."""
    folder = job_folder(server, workspace, k)
    status = processes.status(folder)
    if status.is_alive:
        state = processes.read_state(folder)
        done, total = (_count(state.get(name)) for name in ("done", "total"))
        stage: Stage = "stopping" if status.stage == "stopping" else "running"
        return FrontJob(stage, done=done, total=total, doing=str(state.get("doing", "")))
    front = known_front(server, workspace, k)
    if front is not None:
        return FrontJob("done", front)
    if status.stage == "none" or status.stop_asked:
        return FrontJob("none")
    reason = status.reason() or "it ended without a result: the data or the model has changed"
    return FrontJob("failed", reason=reason, log=tuple(processes.log_tail(folder, 20)))


def stop_front(server: Server, workspace: Workspace, k: int = 10) -> bool:
    """Asks it to stop; False where it does not run. What was measured so far is not kept."""
    return processes.stop(job_folder(server, workspace, k))


def job_folder(server: Server, workspace: Workspace, k: int) -> Path:
    """The task's folder; the front itself lies in it too."""
    return front_path(server, workspace, k).parent


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
