"""One training at a time, in the order of starting; nobody waits for the dead."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from recsys import processes
from recsys.learning.slot import await_turn
from recsys.workspace import Workspace
from tests.test_processes import SOON_S

SLEEPS = "import time; time.sleep(600)"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path)
    yield workspace
    for name in workspace.job_ids():
        end(workspace.job_dir(name))


def begin(folder: Path) -> Path:
    processes.start(folder, ["-c", SLEEPS])
    return folder


def end(folder: Path) -> None:
    while processes.status(folder).is_alive:
        processes.kill(folder)
        processes.wait(folder, 0.2)


def test_the_first_has_its_turn_at_once(workspace: Workspace) -> None:
    first = begin(workspace.job_dir("run-1"))
    begin(workspace.job_dir("run-2"))
    told: list[str] = []
    assert await_turn(workspace, first, threading.Event(), told.append)
    assert told == []


def test_whoever_was_started_before_is_waited_for(workspace: Workspace) -> None:
    """By the order of starting, whichever process comes first to asking; sweeps count too."""
    first = begin(workspace.job_dir("run-9"))
    second = begin(workspace.sweep_dir("sweep-5"))
    third = begin(workspace.job_dir("run-1"))
    ended = begin(workspace.job_dir("run-0"))
    end(ended)
    last = begin(workspace.job_dir("run-4"))
    told: list[str] = []

    def next_ahead(name: str) -> None:
        told.append(name)
        end({"run-9": first, "sweep-5": second, "run-1": third}[name])

    assert await_turn(workspace, last, threading.Event(), next_ahead)
    assert told == ["run-1", "sweep-5", "run-9"]


def test_whoever_is_told_to_stop_waits_no_longer(workspace: Workspace) -> None:
    begin(workspace.job_dir("run-1"))
    second = begin(workspace.job_dir("run-2"))
    stop = threading.Event()
    assert not await_turn(workspace, second, stop, lambda ahead: stop.set())


def test_a_restart_goes_to_the_end_of_the_line(workspace: Workspace) -> None:
    first = begin(workspace.job_dir("run-1"))
    second = begin(workspace.job_dir("run-2"))
    end(first)
    begin(first)
    assert processes.status(first).order > processes.status(second).order
    assert await_turn(workspace, second, threading.Event())


def test_who_waits_for_nobody(workspace: Workspace) -> None:
    assert await_turn(workspace, workspace.job_dir("run-1"), threading.Event())
    assert processes.wait(workspace.job_dir("run-1"), SOON_S).stage == "none"
