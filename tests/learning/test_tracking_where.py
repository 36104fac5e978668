"""Where records go: the workspace or a server, one that is down too; and that looking is light."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recsys import processes, promotions
from recsys.learning import jobs, recorder, runs, tracking
from recsys.learning.train import TrainRequest
from recsys.workspace import LivePointer, Workspace
from tests.learning.conftest import SHORT, Run
from tests.learning.tiny import OVERRIDES
from tests.learning.tracked import (
    artifacts,
    assert_whole_record,
    client_of,
)
from tests.support.imports import loaded_by
from tests.test_processes import SOON_S, until

# Third parties' own: nothing that a user of this project can mend.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.slow
def test_a_real_run_on_a_real_server(
    tmp_path: Path, planted: Path, short: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Started with the server down: it trains all the same, and is recorded when it is up."""
    port = free_port()
    monkeypatch.setenv("RECSYS_TRACKING", "on")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
    shop = Workspace(tmp_path / "shop")
    shutil.copytree(planted, shop.datasets_dir / "planted")
    shutil.copytree(short.workspace.cache_dir, shop.cache_dir)
    run_id = jobs.start(TrainRequest("planted", steps=SHORT, overrides=OVERRIDES), shop)
    processes.wait(shop.job_dir(run_id), SOON_S)
    assert runs.read_run(shop, run_id).state == "finished"
    told = until(lambda: _with_problem(shop, run_id))
    assert not told.is_complete
    processes.kill(shop.job_dir(run_id) / "tracking")
    processes.wait(shop.job_dir(run_id) / "tracking", SOON_S)
    assert tracking.outstanding(shop) == [run_id]
    with mlflow_server(tmp_path / "server", port):
        promotions.swap(shop, LivePointer(run_id, "planted", "T1"), "ada")
        tracking.send_outstanding(shop)
        processes.wait(shop.root / "tracking", SOON_S)
        assert processes.read_state(shop.root / "tracking")["problem"] == ""
        recorded = tracking.recorded(shop, run_id)
        assert recorded.is_complete
        assert_whole_record(shop, recorded.mlflow_run, run_id)
        assert "run/log.txt" in artifacts(client_of(shop), recorded.mlflow_run)
        live = client_of(shop).get_model_version_by_alias("recommender", "live")
        assert live.source == f"runs:/{recorded.mlflow_run}/bundles/{run_id}"
        assert tracking.outstanding(shop) == []
        assert not shop.tracking_path.exists()


def _with_problem(workspace: Workspace, run_id: str) -> Any:
    told = tracking.recorded(workspace, run_id)
    return told if told.problem else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def mlflow_server(folder: Path, port: int) -> Iterator[None]:
    """A real ``mlflow server`` on loopback, with a store and artifacts of its own."""
    folder.mkdir()
    words = ["server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    store = ["--backend-store-uri", f"sqlite:///{folder}/server.db"]
    place = ["--artifacts-destination", str(folder / "artifacts")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "mlflow", *words, *store, *place],
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        until(lambda: _answers(port))
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, 9)
        server.wait()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


class TestWhereRecordsGo:
    def test_the_workspace_unless_a_server_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        workspace = Workspace(tmp_path / "a b")
        assert tracking.tracking_uri(workspace) == f"sqlite:///{tmp_path}/a b/runs.db"
        assert tracking.is_local(workspace)
        assert tracking.shown_uri(workspace) == tracking.tracking_uri(workspace)
        command = tracking.ui_command(workspace, port=5005)
        assert f"mlflow ui --backend-store-uri 'sqlite:///{tmp_path}/a b/runs.db'" in command
        assert command.endswith("--port 5005")
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://ada:secret@records.example:5000/x")
        assert not tracking.is_local(workspace)
        assert tracking.shown_uri(workspace) == "https://records.example:5000/x"
        assert tracking.ui_command(workspace) == ""

    @pytest.mark.parametrize(("value", "expected"), [("", True), ("on", True), ("OFF", False)])
    def test_can_be_switched_off(
        self, value: str, expected: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("RECSYS_TRACKING", value)
        assert tracking.is_on() is expected
        if not expected:
            workspace = Workspace(tmp_path)
            tracking.send_outstanding(workspace)
            assert processes.status(workspace.root / "tracking").stage == "none"

    def test_no_password_is_written_down(
        self, tracked: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ada:secret@127.0.0.1:9/")
        tracking.write_record(tracked, "regions-1", {"mlflow_run": "x"})
        for path in tracked.job_dir("regions-1").rglob("*.json"):
            assert "secret" not in path.read_text()

    def test_each_store_has_its_own(
        self, tracked: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tracking.write_record(tracked, "regions-1", {"mlflow_run": "here", "is_complete": True})
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
        assert tracking.recorded(tracked, "regions-1").mlflow_run == ""
        assert tracking.outstanding(tracked) == ["regions-1"]
        monkeypatch.delenv("MLFLOW_TRACKING_URI")
        assert tracking.recorded(tracked, "regions-1").mlflow_run == "here"

    def test_mlflow_is_not_loaded_to_look(self) -> None:
        modules = "recsys.learning.tracking recsys.learning.recorder recsys.learning.jobs"
        assert loaded_by(modules, "mlflow optuna sqlalchemy") == []


def test_whatever_goes_wrong_is_told_in_one_harmless_line(
    tracked: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(workspace: Workspace, run: Any) -> None:
        raise RuntimeError("no \x1b[31mroute\nsecond line")

    assert recorder._tried(fail, tracked, None) == "RuntimeError: no [31mroute"
