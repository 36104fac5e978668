"""One training at a time, in the order of coming; nobody waits for the dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from recsys.learning.slot import training_slot
from recsys.workspace import PROJECT_DIR, Workspace
from tests.test_processes import until


def test_a_free_slot_is_had_at_once(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with training_slot(workspace, "run-1", threading.Event()) as is_mine:
        assert is_mine
    assert list((workspace.jobs_dir / ".line").iterdir()) == []


def test_in_the_order_of_coming_and_one_at_a_time(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    order: list[str] = []
    ahead_of: dict[str, str] = {}
    inside: list[str] = []

    def take(name: str) -> None:
        def waiting(ahead: str) -> None:
            ahead_of.setdefault(name, ahead)

        with training_slot(workspace, name, threading.Event(), waiting):
            inside.append(name)
            assert inside == [name]
            order.append(name)
            inside.remove(name)

    names = [f"run-{number}" for number in range(4)]
    threads = [threading.Thread(target=take, args=(name,)) for name in names]
    with training_slot(workspace, "first", threading.Event()):
        for name, thread in zip(names, threads, strict=True):
            thread.start()
            until(lambda name=name: name in ahead_of)  # type: ignore[misc]
        assert set(ahead_of.values()) == {"first"}
    for thread in threads:
        thread.join(60)
    assert order == names


def test_whoever_is_told_to_stop_waits_no_longer(tmp_path: Path) -> None:
    workspace, stop = Workspace(tmp_path), threading.Event()
    with training_slot(workspace, "first", threading.Event()):
        with training_slot(workspace, "second", stop, lambda ahead: stop.set()) as is_mine:
            assert not is_mine
        with training_slot(workspace, "third", stop) as is_mine:
            assert not is_mine
    assert list((workspace.jobs_dir / ".line").iterdir()) == []


def test_nobody_waits_for_the_dead(tmp_path: Path) -> None:
    code = f"""
import threading, time
from pathlib import Path
from recsys.learning.slot import training_slot
from recsys.workspace import Workspace
with training_slot(Workspace(Path({str(tmp_path)!r})), 'dead', threading.Event()):
    print('in', flush=True)
    time.sleep(600)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=PROJECT_DIR, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "in\n"

    def die(ahead: str) -> None:
        assert ahead == "dead"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    with training_slot(Workspace(tmp_path), "heir", threading.Event(), die) as is_mine:
        assert is_mine
    process.stdout.close()
