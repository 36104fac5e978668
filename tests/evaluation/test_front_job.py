"""The front as a process of its own: one however often asked for, found again after a restart."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from recsys import processes
from recsys.catalog.splits import split_scenes
from recsys.catalog.stl import read_stl
from recsys.errors import ModelError
from recsys.evaluation import front_job as module
from recsys.evaluation.front import known_front
from recsys.evaluation.front_job import front_job, job_folder, start_front, stop_front
from recsys.serving.open import open_server
from recsys.serving.server import Server
from recsys.workspace import Workspace
from tests.support.planted import write_planted
from tests.support.tiny_bundle import write_bundle


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("jobs"))
    catalog = read_stl(write_planted(workspace.datasets_dir / "planted"), "planted")
    rows = split_scenes(catalog, workspace).rows("train")
    trained_on = {
        "fingerprint": catalog.fingerprint,
        "train_scenes": [catalog.scenes[row].id for row in rows],
    }
    write_bundle(workspace.model_dir("regions-1"), seed=1, trained_on=trained_on)
    return workspace


@pytest.fixture(scope="module")
def server(workspace: Workspace) -> Server:
    return open_server("planted", "regions-1", workspace)


def start(server: Server, workspace: Workspace, k: int = 10, data: str = "planted") -> Any:
    return start_front(server, workspace, model="regions-1", data=data, k=k)


def test_one_process_whoever_asks(server: Server, workspace: Workspace) -> None:
    assert front_job(server, workspace).stage == "none"
    found: list[Any] = []
    threads = [
        threading.Thread(target=lambda: found.append(start(server, workspace))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {job.stage for job in found} == {"running"}
    folder = job_folder(server, workspace, 10)
    pids = {processes.status(folder).pid for _ in range(3)} - {None}
    assert len(pids) <= 1
    assert processes.wait(folder, 120).end is not None, processes.log_tail(folder)
    job = front_job(server, workspace)
    assert job.stage == "done", job
    assert job.front is not None
    assert job.front == known_front(server, workspace)
    assert job.front.model == "regions-1"
    # asked again, also by a server that was started anew: nothing is started
    again = open_server("planted", "regions-1", workspace)
    before = (folder / "process.json").read_bytes()
    assert start(again, workspace).front == job.front
    assert (folder / "process.json").read_bytes() == before
    # how far it was is written down as it goes
    assert processes.read_state(folder)["done"] == processes.read_state(folder)["total"] > 0
    assert processes.read_state(folder)["doing"] == "measuring every cure"


def test_one_that_fails_says_why(server: Server, workspace: Workspace) -> None:
    start(server, workspace, k=3, data="gone")
    processes.wait(job_folder(server, workspace, 3), 120)
    job = front_job(server, workspace, 3)
    assert job.stage == "failed"
    assert "exit code 1" in job.reason
    assert any("no data set 'gone'" in line for line in job.log)


def test_stopped_is_as_if_never_asked(
    server: Server, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = job_folder(server, workspace, 4)
    assert not stop_front(server, workspace, 4)
    sleeping = ("-c", "import time; time.sleep(60)")
    inside = processes.start

    def instead(folder: Path, arguments: Any, **how: Any) -> None:
        inside(folder, sleeping, **how)

    monkeypatch.setattr(module.processes, "start", instead)
    assert start(server, workspace, k=4).stage == "running"
    assert stop_front(server, workspace, 4)
    processes.wait(folder, 60)
    assert front_job(server, workspace, 4).stage == "none"


def test_progress_is_read_with_care(
    server: Server, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.processes, "status", lambda _: processes.Status("running"))
    for state, expected in (
        ({}, (0, 0, "")),
        ({"done": 3, "total": 9, "doing": "measuring"}, (3, 9, "measuring")),
        ({"done": "3", "total": -1, "doing": 5}, (0, 0, "5")),
        ({"done": True, "total": None}, (0, 0, "")),
    ):
        monkeypatch.setattr(module.processes, "read_state", lambda _, state=state: state)
        job = front_job(server, workspace, 5)
        assert (job.done, job.total, job.doing) == expected


def test_without_a_model(server: Server, workspace: Workspace) -> None:
    with pytest.raises(ModelError, match="no model"):
        front_job(Server(server.catalog), workspace)
