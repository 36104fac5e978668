"""The small process between a task's starter and its worker: waits, and writes how it ended.

Started by ``recsys.processes.start``; loads nothing heavy. It lives as long as the worker, in a
session of its own, so that neither a closed terminal nor a restarted server ends it.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from recsys import atomic as files
from recsys.process_identity import Identity
from recsys.processes import TASK_DIR_VARIABLE, read_record

_RECORDED_TIMEOUT_S = 30.0
_AUTOGROUP_S = 2.0
_MORE_LIKELY_KILLED = "500"
"""Above the shop's 0: where memory runs out, the kernel takes the worker first."""


class Supervisor:
    """Starts one worker and sees it to its end."""

    def __init__(self, folder: Path, order: dict[str, Any]) -> None:
        self.folder, self.order = folder, order
        self.worker: subprocess.Popen[bytes] | None = None
        self.is_asked = False
        self.is_forced = False

    def run(self) -> None:
        """Returns when the worker has ended and that is written down."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGALRM, self._force)
        if not self._is_recorded():
            return
        room = files.Room(self.folder / "ended.json")
        killed_before = _killed_for_memory()
        if (self.folder / "stop.json").is_file():
            room.write(self._end(-signal.SIGTERM, False))
            return
        os.nice(int(self.order["priority"]))
        self.worker = subprocess.Popen(
            [sys.executable, *self.order["arguments"]],
            env={**os.environ, TASK_DIR_VARIABLE: str(self.folder)},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        with contextlib.suppress(OSError):
            Path(f"/proc/{self.worker.pid}/oom_score_adj").write_text(_MORE_LIKELY_KILLED)
        _be_nice_to_other_sessions(self.worker.pid, int(self.order["priority"]))
        worker = Identity.of(self.worker.pid)
        if worker is not None:
            with contextlib.suppress(OSError):  # a full disk: it is still found by its supervisor
                files.write_json(self.folder / "worker.json", worker.record())
        if self.is_asked:
            self._pass_on()  # asked between the look and the start
        code = self._wait(self.worker)
        for_memory = code == -signal.SIGKILL and _killed_for_memory() > killed_before
        room.write(self._end(code, for_memory))

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if not self.is_asked:
            self.is_asked = True
            signal.setitimer(signal.ITIMER_REAL, max(1e-3, float(self.order["stop_timeout_s"])))
        self._pass_on()

    def _force(self, number: int, frame: FrameType | None) -> None:
        if self.worker is not None:
            self.is_forced = True
            _kill_group(self.worker.pid)

    def _pass_on(self) -> None:
        if self.worker is not None and self.worker.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.worker.pid, signal.SIGTERM)

    def _is_recorded(self) -> bool:
        """Whether the starter has written down that this process is the task's supervisor."""
        deadline = time.monotonic() + _RECORDED_TIMEOUT_S
        me = Identity.of(os.getpid())
        while time.monotonic() < deadline:
            record = read_record(self.folder / "process.json")
            if record is not None:
                return Identity.from_record(record.get("supervisor")) == me
            time.sleep(0.01)
        return False

    @staticmethod
    def _wait(worker: subprocess.Popen[bytes]) -> int:
        # What the worker may have left goes before its number, the group's, can be used again.
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)
            _kill_group(worker.pid)
        return worker.wait()

    def _end(self, code: int, for_memory: bool) -> dict[str, Any]:
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        return {
            "exit_code": code if code >= 0 else None,
            "signal": signal.Signals(-code).name if code < 0 else None,
            "out_of_memory": for_memory,
            "forced": self.is_forced,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "peak_memory_bytes": peak if sys.platform == "darwin" else peak * 1024,
        }


def _be_nice_to_other_sessions(leader: int, priority: int) -> None:
    """Makes a session's niceness count against the shop's, not only within the session.

    Linux may share the processor out between sessions first (autogroup, see ``man 7 sched``);
    then a worker in a session of its own takes half of a core however nice it is.
    """
    deadline = time.monotonic() + _AUTOGROUP_S
    while time.monotonic() < deadline:
        try:
            Path(f"/proc/{leader}/autogroup").write_text(str(min(19, max(0, priority))))
        except BlockingIOError:  # not root, and another session was changed a moment ago
            time.sleep(0.05)
        except OSError:  # not Linux, or without autogroups: niceness counts by itself
            return
        else:
            return


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _killed_for_memory() -> int:
    """How many processes the kernel has killed for memory since boot; 0 where it does not tell."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text("ascii").splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count)
    return 0


if __name__ == "__main__":
    Supervisor(Path(sys.argv[1]), json.loads(sys.argv[2])).run()
