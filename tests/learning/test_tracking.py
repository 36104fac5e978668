"""MLflow's records: of every run, everything, once; and never at the training's cost."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from recsys import processes
from recsys import workspace as files
from recsys.learning import jobs, recorder, runs, tracking
from recsys.learning.metrics import MetricsLog
from recsys.learning.tracking import Promotion
from recsys.learning.train import TrainRequest
from recsys.workspace import PROJECT_DIR, Workspace
from tests.learning.conftest import SHORT, Run
from tests.learning.tiny import OVERRIDES
from tests.test_processes import SOON_S, until

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from recsys.learning.mlflow_records import Records

# Third parties' own: nothing that a user of this project can mend.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite store with its tables made, which takes a second."""
    workspace = Workspace(tmp_path_factory.mktemp("store"))
    records_of(workspace)
    return workspace.tracking_path


@pytest.fixture
def shop(
    tmp_path: Path, short: Run, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> Workspace:
    """A workspace with one finished run and its model, and a store without records."""
    monkeypatch.setenv("RECSYS_TRACKING", "on")
    workspace = Workspace(tmp_path / "shop")
    shutil.copytree(short.workspace.job_dir(short.id), workspace.job_dir("regions-1"))
    for name in ("run", "state"):
        path = workspace.job_dir("regions-1") / f"{name}.json"
        record = json.loads(path.read_text())
        files.write_json(path, {**record, **({"id": "regions-1"} if name == "run" else {})})
    shutil.copytree(short.bundle, workspace.model_dir("regions-1"))
    info = json.loads((workspace.model_dir("regions-1") / "model.json").read_text())
    files.write_json(
        workspace.model_dir("regions-1") / "model.json",
        {**info, "id": "regions-1", "run": "regions-1"},
    )
    # The tables hold where artifacts go, so only an experiment-less store can be copied.
    shutil.copy(empty_store, workspace.tracking_path)
    with contextlib.closing(sqlite3.connect(workspace.tracking_path)) as store, store:
        store.execute(
            "update experiments set artifact_location = ?", (workspace.artifacts_dir.as_uri(),)
        )
    return workspace


def records_of(workspace: Workspace) -> Records:
    from recsys.learning.mlflow_records import Records

    return Records(workspace)


def client_of(workspace: Workspace) -> MlflowClient:
    from mlflow import MlflowClient

    uri = tracking.tracking_uri(workspace)
    return MlflowClient(uri, uri)


def artifacts(client: MlflowClient, mlflow_run: str, path: str = "") -> list[str]:
    found = []
    for item in client.list_artifacts(mlflow_run, path):
        found += artifacts(client, mlflow_run, item.path) if item.is_dir else [item.path]
    return sorted(found)


def send(workspace: Workspace, run_id: str = "regions-1") -> str:
    records_of(workspace).send(runs.read_run(workspace, run_id))
    return str(tracking.read_record(workspace, run_id)["mlflow_run"])


EVERYTHING = [
    "bundle/model.json",
    "bundle/weights.npz",
    "run/environment.json",
    "run/film.jsonl",
    "run/references.json",
    "run/run.json",
]


def assert_whole_record(workspace: Workspace, mlflow_run: str, run_id: str = "regions-1") -> None:
    """Settings, data, code, environment, every figure with its step, and the files."""
    client = client_of(workspace)
    record = client.get_run(mlflow_run)
    run = runs.read_run(workspace, run_id)
    assert record.info.status == "FINISHED"
    assert record.info.run_name == run.name
    params = record.data.params
    assert params["learning_rate"] == str(run.config["learning_rate"])
    assert params["widths"] == "8,12,16"
    assert params["steps"] == str(SHORT)
    (inputs,) = record.inputs.dataset_inputs
    assert inputs.dataset.name == "planted"
    assert inputs.dataset.digest == run.fingerprint[:36]
    assert json.loads(inputs.dataset.source)["path"] == run.data_path
    tags = record.data.tags
    assert tags["recsys.run"] == run_id
    assert tags["made_with.python"].count(".") == 2
    assert tags["package.jax"]
    rows = MetricsLog(workspace.job_dir(run_id) / "metrics.jsonl").read()
    for name in ("loss", "gradient_norm", "validation_recall@10", "excess_gini"):
        sent = client.get_metric_history(mlflow_run, name.replace("@", "_at_"))
        assert [(metric.step, metric.value) for metric in sent] == [
            (row["step"], row[name]) for row in rows if name in row
        ]
    found = artifacts(client, mlflow_run)
    assert set(EVERYTHING) <= set(found)


class TestARecord:
    def test_holds_everything(self, shop: Workspace) -> None:
        mlflow_run = send(shop)
        assert_whole_record(shop, mlflow_run)
        told = tracking.recorded(shop, "regions-1")
        assert (told.is_complete, told.sent_step, told.problem) == (True, SHORT, "")
        assert tracking.outstanding(shop) == []
        folder = shop.artifacts_dir / mlflow_run / "artifacts"
        copied = (folder / "bundle" / "weights.npz").read_bytes()
        assert copied == (shop.model_dir("regions-1") / "weights.npz").read_bytes()
        references = json.loads((folder / "run" / "references.json").read_text())
        (checkpoint,) = references["checkpoints"]
        assert checkpoint["path"].endswith(f"step-{SHORT:09d}")
        assert checkpoint["files"]

    def test_is_made_once_however_often_it_is_sent(self, shop: Workspace) -> None:
        first = send(shop)
        assert send(shop) == first
        shutil.rmtree(shop.job_dir("regions-1") / "tracking")  # nothing is known of it any more
        assert send(shop) == first
        client = client_of(shop)
        assert len(client.search_runs(["1"])) == 1
        steps = [metric.step for metric in client.get_metric_history(first, "loss")]
        assert sorted(set(steps)) == list(range(1, SHORT + 1))

    def test_grows_with_the_run(self, shop: Workspace) -> None:
        folder = shop.job_dir("regions-1")
        rows = (folder / "metrics.jsonl").read_text().splitlines(keepends=True)
        (folder / "metrics.jsonl").write_text("".join(rows[:4]))
        state = json.loads((folder / "state.json").read_text())
        files.write_json(folder / "state.json", {**state, "phase": "training"})
        end = (folder / "ended.json").read_bytes()
        (folder / "ended.json").unlink()  # it was trained by this process, which is alive
        mlflow_run = send(shop)
        client = client_of(shop)
        assert client.get_run(mlflow_run).info.status == "RUNNING"
        # An evaluation of the fourth step may still come, so that one waits.
        assert tracking.recorded(shop, "regions-1").sent_step == 3
        assert len(client.get_metric_history(mlflow_run, "loss")) == 3
        assert artifacts(client, mlflow_run) == []
        (folder / "metrics.jsonl").write_text("".join(rows))
        (folder / "ended.json").write_bytes(end)
        files.write_json(folder / "state.json", state)
        send(shop)
        assert_whole_record(shop, mlflow_run)

    @pytest.mark.parametrize(
        ("code", "name", "status"),
        [
            (1, None, "FAILED"),
            (None, "SIGKILL", "KILLED"),
            (130, None, "KILLED"),
            (28, None, "FAILED"),
        ],
    )
    def test_says_how_it_ended(
        self, shop: Workspace, code: int | None, name: str | None, status: str
    ) -> None:
        folder = shop.job_dir("regions-1")
        (folder / "state.json").unlink()
        shutil.rmtree(shop.model_dir("regions-1"))
        end = {"exit_code": code, "signal": name, "out_of_memory": False, "forced": False}
        files.write_json(folder / "ended.json", {**end, "at": "2025", "peak_memory_bytes": 1})
        record = client_of(shop).get_run(send(shop))
        assert record.info.status == status
        assert record.data.tags["reason"]
        assert record.data.tags["state"] == runs.read_run(shop, "regions-1").state

    def test_a_report_that_comes_later_is_sent_later(self, shop: Workspace) -> None:
        mlflow_run = send(shop)
        files.write_json(shop.model_dir("regions-1") / "report.json", {"figures": {}})
        assert tracking.outstanding(shop) == ["regions-1"]
        send(shop)
        assert "report/report.json" in artifacts(client_of(shop), mlflow_run)
        assert tracking.outstanding(shop) == []

    def test_what_a_person_changes_follows(self, shop: Workspace) -> None:
        mlflow_run = send(shop)
        jobs.rename("regions-1", shop, "The good one")
        jobs.annotate("regions-1", shop, "with <b>more</b> decay")
        send(shop)
        record = client_of(shop).get_run(mlflow_run)
        assert record.info.run_name == "The good one"
        assert record.data.tags["mlflow.note.content"] == "with <b>more</b> decay"

    def test_one_that_was_deleted_there_is_made_anew(self, shop: Workspace) -> None:
        first = send(shop)
        client_of(shop).delete_run(first)
        second = send(shop)
        assert second != first
        assert_whole_record(shop, second)


class TestADamagedStore:
    def damage(self, shop: Workspace) -> None:
        path = shop.tracking_path
        content = bytearray(path.read_bytes())
        content[4096:60_000] = b"\x7f" * (60_000 - 4096)
        path.write_bytes(bytes(content))

    def test_is_set_aside_and_made_anew_from_the_runs(
        self, shop: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        send(shop)
        self.damage(shop)
        (shop.job_dir("regions-1") / "tracking" / "record.json").unlink()
        tracking.send_outstanding(shop)  # in a process of its own, which has nothing open
        processes.wait(shop.root / "tracking", SOON_S)
        assert processes.read_state(shop.root / "tracking")["problem"] == ""
        (aside,) = shop.root.glob("runs.db.damaged-*")
        assert (aside / "runs.db").is_file()
        mlflow_run = tracking.recorded(shop, "regions-1").mlflow_run
        # MLflow keeps the old file open in this process: the new one is looked at as a copy.
        shutil.copy(shop.tracking_path, shop.root / "copy.db")
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{shop.root}/copy.db")
        assert_whole_record(shop, mlflow_run)

    def test_no_database_at_all(self, shop: Workspace) -> None:
        shop.tracking_path.write_bytes(b"this is no database" * 100)
        assert_whole_record(shop, send(shop))

    def test_a_truncated_journal(self, shop: Workspace) -> None:
        """As after a crash in the middle of a write: a hot journal that is cut short."""
        send(shop)
        code = f"""
import os, sqlite3
store = sqlite3.connect({str(shop.tracking_path)!r})
store.execute('pragma cache_size = 2')
store.execute('begin immediate')
store.execute("update metrics set value = value + 1")
store.execute("update tags set value = hex(randomblob(3000))")
os._exit(0)  # a hot journal stays behind
"""
        subprocess.run([sys.executable, "-c", code], check=True)
        journal = Path(f"{shop.tracking_path}-journal")
        assert journal.stat().st_size > 2048
        os.truncate(journal, journal.stat().st_size // 2 + 17)
        mlflow_run = send(shop)
        assert client_of(shop).get_run(mlflow_run).info.run_name == "regions-1"
        assert [run.id for run in runs.list_runs(shop)] == ["regions-1"]


class TestTheRegistry:
    def promotion(self, model: str, at: str, who: str = "ada") -> Promotion:
        return Promotion(model, "planted", at, who)

    def test_what_is_live_has_the_alias_and_a_history(self, shop: Workspace) -> None:
        shutil.copytree(shop.model_dir("regions-1"), shop.model_dir("guest-2"))
        path = shop.model_dir("guest-2") / "model.json"
        files.write_json(path, {**json.loads(path.read_text()), "run": "guest-2"})
        order = [("regions-1", "T1"), ("guest-2", "T2"), ("regions-1", "T3"), ("/else/where", "T4")]
        for model, at in order:
            monkey = self.promotion(model, at)
            tracking._append(shop, monkey)  # the registry is told below, in this process
        records_of(shop).register(tracking.promotions(shop))
        records_of(shop).register(tracking.promotions(shop))
        client = client_of(shop)
        live = client.get_model_version_by_alias("recommender", "live")
        assert live.tags["model"] == "regions-1"
        assert live.tags["promoted T1"] == live.tags["promoted T3"] == "ada for planted"
        versions = client.search_model_versions("name = 'recommender'")
        assert sorted(version.tags["model"] for version in versions) == ["guest-2", "regions-1"]
        for version in versions:
            files_there = artifacts(client, version.run_id)
            assert {"bundle/model.json", "bundle/weights.npz"} <= set(files_there)
        assert live.run_id == tracking.recorded(shop, "regions-1").mlflow_run

    def test_a_promotion_is_noted_and_told(self, shop: Workspace) -> None:
        for number in range(2):
            tracking.record_promotion(shop, self.promotion("regions-1", f"T{number}", "ada <b>"))
        assert [promotion.at for promotion in tracking.promotions(shop)] == ["T1", "T0"]
        assert tracking.promotions(shop)[0].who == "ada <b>"
        processes.wait(shop.root / "tracking", SOON_S)
        assert processes.read_state(shop.root / "tracking")["problem"] == ""
        live = client_of(shop).get_model_version_by_alias("recommender", "live")
        assert live.tags["promoted T1"] == "ada <b> for planted"

    def test_damaged_history_is_passed_over(self, shop: Workspace) -> None:
        tracking._append(shop, self.promotion("regions-1", "T1"))
        with (shop.root / "promotions.jsonl").open("a") as file:
            file.write('[]\n{"model": \n3\n\xff')
        assert [promotion.at for promotion in tracking.promotions(shop)] == ["T1"]


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
        tracking.record_promotion(shop, Promotion(run_id, "planted", "T1", "ada"))
        processes.wait(shop.root / "tracking", SOON_S)
        assert processes.read_state(shop.root / "tracking")["problem"] == ""
        recorded = tracking.recorded(shop, run_id)
        assert recorded.is_complete
        assert_whole_record(shop, recorded.mlflow_run, run_id)
        assert "run/log.txt" in artifacts(client_of(shop), recorded.mlflow_run)
        live = client_of(shop).get_model_version_by_alias("recommender", "live")
        assert live.source == f"runs:/{recorded.mlflow_run}/bundle"
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
            tracking.record_promotion(workspace, Promotion("m", "d", "T", "ada"))
            assert processes.status(workspace.root / "tracking").stage == "none"
            assert len(tracking.promotions(workspace)) == 1

    def test_no_password_is_written_down(
        self, shop: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ada:secret@127.0.0.1:9/")
        tracking.write_record(shop, "regions-1", {"mlflow_run": "x"})
        for path in shop.job_dir("regions-1").rglob("*.json"):
            assert "secret" not in path.read_text()

    def test_each_store_has_its_own(self, shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
        tracking.write_record(shop, "regions-1", {"mlflow_run": "here", "is_complete": True})
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
        assert tracking.recorded(shop, "regions-1").mlflow_run == ""
        assert tracking.outstanding(shop) == ["regions-1"]
        monkeypatch.delenv("MLFLOW_TRACKING_URI")
        assert tracking.recorded(shop, "regions-1").mlflow_run == "here"

    def test_mlflow_is_not_loaded_to_look(self) -> None:
        code = (
            "import sys; from recsys.learning import tracking, recorder, jobs; "
            "print([m for m in ('mlflow', 'optuna', 'sqlalchemy') if m in sys.modules])"
        )
        found = subprocess.run(
            [sys.executable, "-c", code],
            cwd=PROJECT_DIR,
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stdout == "[]\n"


def test_whatever_goes_wrong_is_told_in_one_harmless_line(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(workspace: Workspace, run: Any) -> None:
        raise RuntimeError("no \x1b[31mroute\nsecond line")

    assert recorder._tried(fail, shop, None) == "RuntimeError: no [31mroute"
