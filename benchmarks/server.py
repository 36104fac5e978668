"""The app as a process of its own, for benchmarks: started, watched from outside, stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recsys.workspace import LivePointer, Workspace

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Server:
    """One running app. Memory and time are read from ``/proc``, so only Linux tells them.

    Attributes:
        url: where it answers, without a slash at the end.
        pid: its process.
        log: what it writes.
        home: its workspace.
    """

    url: str
    pid: int
    log: Path
    home: Path

    def memory_mb(self) -> float:
        """Resident memory, in MB."""
        return self._status("VmRSS") / 1e3

    def peak_mb(self) -> float:
        """The most resident memory so far, in MB."""
        return self._status("VmHWM") / 1e3

    def cpu_seconds(self) -> float:
        """Processor time used so far, by the program and for it."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def active_sessions(self) -> int:
        """How many visitors Streamlit counts as connected."""
        with urllib.request.urlopen(f"{self.url}/_stcore/metrics", timeout=20) as answer:  # noqa: S310 - ours
            lines: list[str] = answer.read().decode().splitlines()
        said = [line for line in lines if line.startswith("active_sessions ")]
        return int(said[0].split()[1])

    def wait_for_counts(self, patience_s: float = 300) -> None:
        """Waits until it is counted how often products are shown, which a first start does
        beside its visitors; without a model there is nothing to count.
        """
        pointer = Workspace(self.home).live()
        if pointer is not None and not pointer.model:
            return
        end = time.monotonic() + patience_s
        while time.monotonic() < end and not list(self.home.glob("cache/exposure/*.npz")):
            time.sleep(0.5)
        time.sleep(2)

    def _status(self, name: str) -> float:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return float(line.split()[1])
        raise ValueError(f"/proc/{self.pid}/status says nothing of {name}")


def prepare(home: Path, data: Path | None, model: Path | None) -> None:
    """The workspace: the demo that ships, or what the options name."""
    if data is None:
        return
    if data.is_file():
        from benchmarks.browse import make_large

        make_large(data, home)
        return
    bundle = "" if model is None else str(model.resolve())
    Workspace(home).set_live(LivePointer(bundle, str(data.resolve()), ""))


@contextmanager
def served(home: Path, log: Path | None = None) -> Iterator[Server]:
    """The app over a workspace; its log is ``app.log`` in there, or another file."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    environment = {**os.environ, "RECSYS_HOME": str(home)}
    log = log or home / "app.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    server = Server(f"http://127.0.0.1:{port}", process.pid, log, home)
    try:
        _wait(server, process)
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            sys.exit(f"the app stopped:\n{server.log.read_text('utf-8', 'replace')}")
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=5):  # noqa: S310 - ours
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    sys.exit("the app did not become healthy within a minute")


def load() -> str:
    """The machine's load averages of the last 1, 5 and 15 minutes."""
    return " ".join(f"{number:.2f}" for number in os.getloadavg())
