"""Which process is meant: its number, when it began, and since which boot of the machine."""

from __future__ import annotations

import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Identity:
    """A process that cannot be mistaken for a later one of the same number.

    Attributes:
        began: clock ticks from boot to its start (Linux), or a date and time elsewhere.
        boot: the kernel's name for this boot, empty where it has none.
    """

    pid: int
    began: str
    boot: str

    @classmethod
    def of(cls, pid: int) -> Identity | None:
        """Of a process that runs; None where there is none, or only its unreaped rest."""
        began = _began(pid)
        return None if began is None else cls(pid, began, boot_id())

    @classmethod
    def from_record(cls, record: Any) -> Identity | None:
        """The inverse of ``record``; None for anything else."""
        try:
            return cls(int(record["pid"]), str(record["began"]), str(record["boot"]))
        except (KeyError, TypeError, ValueError):
            return None

    def record(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    def is_alive(self) -> bool:
        """Whether this very process runs."""
        return self == Identity.of(self.pid)


def _began(pid: int) -> str | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else _began_elsewhere(pid)
    except OSError:
        return None
    # The name, which may hold anything, stands in brackets; state is field 3, start field 22.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else fields[19]


def _began_elsewhere(pid: int) -> str | None:
    """The same where the system has no /proc, from the ``ps`` that POSIX asks for."""
    found = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, began = found.stdout.strip().partition(" ")
    return began.strip() if state and not state.startswith("Z") else None


def boot_id() -> str:
    """The kernel's name for this boot of the machine; empty where it has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""
