"""How much memory this machine, or the container that this runs in, still has to give."""

from __future__ import annotations

import os
from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")
_UNLIMITED = 1 << 60


def available_bytes(meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP) -> int:
    """Bytes that a new process can have before the machine or its container runs out.

    On Linux the kernel's own estimate, which counts what it can give up; within a container what
    its limit leaves. Elsewhere three quarters of the machine's memory.
    """
    free = _machine(meminfo)
    left = _container(cgroup)
    return free if left is None else min(free, left)


def _machine(meminfo: Path) -> int:
    try:
        for line in meminfo.read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * 3 // 4


def _container(cgroup: Path) -> int | None:
    """What the container's limit leaves, None where there is none; versions 2 and 1."""
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        most, now = _number(cgroup / limit), _number(cgroup / used)
        if most is not None and now is not None and most < _UNLIMITED:
            return max(0, most - now + _given_up(cgroup / limit))
    return None


def _given_up(limit: Path) -> int:
    """Of what a container uses, the file cache that the kernel takes back when asked."""
    try:
        stat = limit.with_name("memory.stat").read_text("ascii").split()
    except OSError:
        return 0
    pairs = dict(zip(stat[::2], stat[1::2], strict=False))
    return int(pairs.get("inactive_file", pairs.get("total_inactive_file", "0")))


def _number(path: Path) -> int | None:
    try:
        text = path.read_text("ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
