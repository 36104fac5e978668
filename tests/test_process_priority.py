"""Work in the background leaves the processor to the shop: a guard for the shop's quick clicks.

``benchmarks.while_training`` measures the clicks themselves.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from recsys import processes
from tests.test_processes import SOON_S, run, worker_pid

LEAST_TIMES = 3.0
"""Niceness 10 makes it 9 to 1; equals would be 1 to 1."""

SPIN = """
import os, sys, time
os.sched_setaffinity(0, [int(sys.argv[1])])
began, used = time.monotonic(), time.process_time()
while time.monotonic() < began + float(sys.argv[2]):
    pass
print(time.process_time() - used)
"""


@pytest.fixture
def task(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "task"
    yield folder
    processes.kill(folder)
    processes.wait(folder, SOON_S)


@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or not Path("/proc/self/stat").is_file(),
    reason="only Linux keeps processes on one core and tells of others",
)
def test_who_wants_all_of_a_core_gets_it_beside_a_worker(task: Path) -> None:
    """Both in sessions of their own, as a server and a run are: niceness counts between them."""
    core = str(min(os.sched_getaffinity(0)))
    run(task, SPIN, core, "600")
    pid = worker_pid(task)
    before = cpu_seconds(pid)
    shop = subprocess.run(
        [sys.executable, "-c", SPIN, core, "1.5"],
        start_new_session=True,
        capture_output=True,
        text=True,
        check=True,
    )
    worker = cpu_seconds(pid) - before
    assert float(shop.stdout) > LEAST_TIMES * worker


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
