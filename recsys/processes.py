"""A piece of work as a process of its own: start it once, watch it, stop it, learn how it ended.

A task is a folder. Whoever starts it may be gone long before it ends (a browser closed, a server
restarted), so nothing is kept in memory: a supervisor, a small process between the two, waits for
the worker and writes down how it ended. In the folder:

=================  ========================================================  =================
``process.json``   who runs it: the command, when it was started, and the    written by ``start``
                   supervisor's identity
``worker.json``    the worker's identity                                     the supervisor
``log.txt``        what the worker printed, both streams                     the worker
``state.json``     how far it is, replaced as a whole                        the worker
``stop.json``      it was asked to stop                                      ``stop``
``ended.json``     how it ended                                              the supervisor
=================  ========================================================  =================

A process is known by its number *and* when it began (and the machine's boot), since numbers are
used again; one that only waits to be reaped counts as ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from recsys import atomic as files
from recsys.errors import RecsysError
from recsys.locks import held
from recsys.process_identity import Identity, boot_id
from recsys.workspace import PROJECT_DIR

TASK_DIR_VARIABLE = "RECSYS_TASK_DIR"
"""Tells a worker its folder; set by the supervisor."""
EXIT_DISK_FULL = 28
"""What a worker exits with where the disk is full (ENOSPC): then a number is all it can leave."""
EXIT_STOPPED = 130
"""What a worker exits with that was asked to stop and saved first."""
STOP_TIMEOUT_S = 600.0
LOW_PRIORITY = 10

Stage = Literal["none", "running", "stopping", "ended", "lost"]


class AlreadyRunningError(RecsysError):
    """The task runs already; it was not started a second time."""


@dataclass(frozen=True)
class End:
    """How a task ended.

    Attributes:
        exit_code: of the worker, None where a signal ended it.
        signal: its name, e.g. ``SIGKILL``, None where it exited by itself.
        out_of_memory: the kernel killed a process for memory while it ran, and it was killed.
        forced: it was asked to stop, did not in time, and was killed.
        at: when, ISO 8601, UTC.
        peak_memory_bytes: the most that the worker held.
    """

    exit_code: int | None
    signal: str | None
    out_of_memory: bool
    forced: bool
    at: str
    peak_memory_bytes: int


@dataclass(frozen=True)
class Status:
    """A task as it is now.

    Attributes:
        stage: ``none`` (never started), ``running``, ``stopping`` (asked to stop, still alive),
            ``ended`` (``end`` says how), or ``lost``: it is gone and nothing wrote down how.
        started: when it was started last, ISO 8601, UTC; empty with ``none``.
        stop_asked: whether it was asked to stop.
        rebooted: the machine was restarted since it started.
        pid: of the worker, None before it began and after it ended.
        order: of those that are alive, who was started later has the larger number.
    """

    stage: Stage
    started: str = ""
    stop_asked: bool = False
    rebooted: bool = False
    end: End | None = None
    pid: int | None = None
    order: int = 0

    @property
    def is_alive(self) -> bool:
        return self.stage in ("running", "stopping")

    def reason(self) -> str:
        """Why it is no longer running, in plain words; empty while it runs or went well."""
        if self.stage == "lost":
            if self.stop_asked:
                return "it was stopped before it had begun"
            if self.rebooted:
                return "the machine was restarted while it ran"
            return "it ended without a word, as when everything is killed at once"
        if self.end is None or self.end.exit_code == 0:
            return ""
        if self.end.forced:
            return "it did not stop in time when asked to, and was killed"
        if self.end.out_of_memory:
            return "it was killed because the machine ran out of memory"
        if self.end.signal == "SIGKILL":
            return "it was killed by SIGKILL, by a person or because memory ran out"
        if self.end.signal == "SIGTERM" and self.stop_asked:
            return "it was stopped"
        if self.end.signal is not None:
            return f"it was ended by {self.end.signal}"
        if self.end.exit_code == EXIT_DISK_FULL:
            return "the disk is full"
        if self.end.exit_code == EXIT_STOPPED:
            return "it was stopped"
        return f"it ended with an error (exit code {self.end.exit_code})"


# for whoever starts, watches and stops


def start(
    folder: Path,
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    priority: int = LOW_PRIORITY,
    stop_timeout_s: float = STOP_TIMEOUT_S,
) -> None:
    """Starts ``python ARGUMENTS`` as the task of a folder; of many who try at once one succeeds.

    What an earlier run of the same task left about its process goes first; its log is continued.

    Args:
        arguments: e.g. ``("-m", "recsys", "train", …)``; the working folder is the project's.
        environment: beside the environment of this process, which is passed on.
        priority: added to the niceness, so that the shop stays quick.
        stop_timeout_s: how long after being asked to stop it is killed.

    Raises:
        AlreadyRunningError: it runs already.
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder / "start.lock"):
        if status(folder).is_alive:
            raise AlreadyRunningError(
                f"{folder.name} is running already", "Wait for its end, or stop it first"
            )
        _clear(folder)
        with (folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "recsys.supervisor",
                    str(folder),
                    json.dumps(
                        {
                            "arguments": list(arguments),
                            "priority": priority,
                            "stop_timeout_s": stop_timeout_s,
                        }
                    ),
                ],
                cwd=PROJECT_DIR,
                env=_environment(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            supervisor = Identity.of(process.pid)
            record = {
                "arguments": list(arguments),
                "started": _now(),
                "order": time.monotonic_ns(),
                "supervisor": None if supervisor is None else supervisor.record(),
            }
            files.write_json(folder / "process.json", record)
        except BaseException:
            process.kill()  # it starts nothing before it reads its own name there
            process.wait()
            raise
    threading.Thread(target=process.wait, daemon=True, name=f"reap {folder.name}").start()


def status(folder: Path) -> Status:
    """A task as it is now, from its files and the system alone."""
    record = read_record(folder / "process.json")
    if record is None:
        return Status("none")
    started = str(record.get("started", ""))
    supervisor = Identity.from_record(record.get("supervisor"))
    worker = Identity.from_record(read_record(folder / "worker.json"))
    asked = (folder / "stop.json").is_file()
    # Alive is looked at first: how it ended is written before the supervisor goes.
    alive = [one for one in (worker, supervisor) if one is not None and one.is_alive()]
    end = _end(read_record(folder / "ended.json"))
    if end is not None:
        return Status("ended", started, asked, end=end)
    if alive:
        pid = worker.pid if worker in alive and worker is not None else None
        order = record.get("order")
        return Status(
            "stopping" if asked else "running",
            started,
            asked,
            pid=pid,
            order=order if isinstance(order, int) else 0,
        )
    boots = {one.boot for one in (worker, supervisor) if one is not None}
    return Status("lost", started, asked, rebooted=bool(boots) and boot_id() not in boots)


def stop(folder: Path) -> bool:
    """Asks a task to stop (SIGTERM: it saves first); False where it does not run.

    Returns at once. Where the worker does not end in time its supervisor kills it.
    """
    now = status(folder)
    if not now.is_alive:
        return False
    if not now.stop_asked:
        with contextlib.suppress(OSError):  # a full disk must not keep a task from being stopped
            files.write_json(folder / "stop.json", {"asked": _now()})
    record = read_record(folder / "process.json") or {}
    supervisor = Identity.from_record(record.get("supervisor"))
    worker = Identity.from_record(read_record(folder / "worker.json"))
    for one in (supervisor, worker):  # the supervisor passes it on, and counts the time
        if one is not None and one.is_alive():
            _send(one.pid, signal.SIGTERM)
            break
    return True


def kill(folder: Path) -> bool:
    """Ends a task at once, with everything that it started; False where it does not run."""
    worker = Identity.from_record(read_record(folder / "worker.json"))
    if worker is None or not worker.is_alive():
        return stop(folder)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    return True


def wait(folder: Path, timeout_s: float) -> Status:
    """Waits until a task no longer runs, at most so long; its status then."""
    deadline = time.monotonic() + timeout_s
    while (now := status(folder)).is_alive and time.monotonic() < deadline:
        time.sleep(0.05)
    return now


def read_state(folder: Path) -> dict[str, Any]:
    """What the worker told last of how far it is; empty where it told nothing readable."""
    return read_record(folder / "state.json") or {}


def log_tail(folder: Path, lines: int = 50, most_bytes: int = 64_000) -> list[str]:
    """The last lines of what a task printed, without control characters."""
    try:
        with (folder / "log.txt").open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - most_bytes))
            text = file.read(most_bytes).decode("utf-8", errors="replace")
    except OSError:
        return []
    whole = text.splitlines()[1 if size > most_bytes else 0 :]
    return ["".join(char for char in line if char.isprintable()) for line in whole[-lines:]]


# for the worker


def own_folder() -> Path | None:
    """The folder of the task that this process is the worker of, None where it is none."""
    folder = os.environ.get(TASK_DIR_VARIABLE)
    return Path(folder) if folder else None


def report(state: Mapping[str, Any]) -> None:
    """Tells how far the work is, for ``read_state``; does nothing outside a task.

    Raises OSError where the disk is full or cannot be written.
    """
    folder = own_folder()
    if folder is not None:
        files.write_json(folder / "state.json", dict(state))


@contextlib.contextmanager
def enrolled(folder: Path) -> Iterator[list[int]]:
    """Lets this very process count as the worker of a folder's task, as long as it lasts.

    For work that a person started in a terminal: it is seen, and can be stopped, all the same.
    Does nothing in a task's own worker. Yields a list for the exit code; where it stays empty
    that is 0, or 1 where an error leaves the block.

    Raises AlreadyRunningError where the task runs already.
    """
    if own_folder() == folder:
        yield []
        return
    me = Identity.of(os.getpid())
    with held(folder / "start.lock"):
        if status(folder).is_alive:
            raise AlreadyRunningError(
                f"{folder.name} is running already", "Wait for its end, or stop it first"
            )
        record = {
            "arguments": sys.argv[1:],
            "started": _now(),
            "order": time.monotonic_ns(),
            "supervisor": None,
        }
        # Written over before the rest goes: killed in between, it is known that it was begun.
        files.write_json(folder / "worker.json", None if me is None else me.record())
        files.write_json(folder / "process.json", record)
        _clear(folder, ("stop", "ended", "state"))
    room = files.Room(folder / "ended.json")
    codes: list[int] = []
    failed = 1
    try:
        yield codes
        failed = 0
    finally:
        end = End((codes or [failed])[-1], None, False, False, _now(), 0)
        with contextlib.suppress(OSError):
            room.write(asdict(end))


# shared with the supervisor


def read_record(path: Path) -> dict[str, Any] | None:
    """A JSON object from a file; None where it is missing or damaged."""
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


_LEFT = ("process", "worker", "stop", "ended", "state")


def _clear(folder: Path, names: Sequence[str] = _LEFT) -> None:
    """Takes away what an earlier run of the task left about its process."""
    for name in names:
        (folder / f"{name}.json").unlink(missing_ok=True)


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    paths = [str(PROJECT_DIR), os.environ.get("PYTHONPATH", "")]
    python = {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONUNBUFFERED": "1"}
    return {**os.environ, **python, **extra}


def _end(record: Any) -> End | None:
    try:
        return None if record is None else End(**record)
    except TypeError:
        return None


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
