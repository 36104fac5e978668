"""MLflow's records: of every run, everything, once; and never at the training's cost."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from recsys import atomic as files
from recsys import processes, promotions
from recsys.learning import jobs, recorder, runs, tracking
from recsys.learning.metrics import MetricsLog
from recsys.workspace import LivePointer, Workspace
from tests.learning.conftest import SHORT
from tests.learning.tracked import (
    artifacts,
    assert_whole_record,
    client_of,
    records_of,
    send,
)
from tests.test_processes import SOON_S

# Third parties' own: nothing that a user of this project can mend.
pytestmark = pytest.mark.filterwarnings("ignore")


class TestARecord:
    def test_holds_everything(self, tracked: Workspace) -> None:
        mlflow_run = send(tracked)
        assert_whole_record(tracked, mlflow_run)
        told = tracking.recorded(tracked, "regions-1")
        assert (told.is_complete, told.sent_step, told.problem) == (True, SHORT, "")
        assert tracking.outstanding(tracked) == []
        folder = tracked.artifacts_dir / mlflow_run / "artifacts"
        copied = (folder / "bundles" / "regions-1" / "weights.npz").read_bytes()
        assert copied == (tracked.model_dir("regions-1") / "weights.npz").read_bytes()
        references = json.loads((folder / "run" / "references.json").read_text())
        checkpoint = references["checkpoints"][-1]  # a slow machine saved before, too
        assert checkpoint["path"].endswith(f"step-{SHORT:09d}")
        assert checkpoint["files"]

    def test_is_made_once_however_often_it_is_sent(self, tracked: Workspace) -> None:
        first = send(tracked)
        assert send(tracked) == first
        shutil.rmtree(tracked.job_dir("regions-1") / "tracking")  # nothing is known of it any more
        assert send(tracked) == first
        client = client_of(tracked)
        assert len(client.search_runs(["1"])) == 1
        steps = [metric.step for metric in client.get_metric_history(first, "loss")]
        assert sorted(set(steps)) == list(range(1, SHORT + 1))

    def test_grows_with_the_run(self, tracked: Workspace) -> None:
        folder = tracked.job_dir("regions-1")
        rows = (folder / "metrics.jsonl").read_text().splitlines(keepends=True)
        first = [row for row in rows if "elapsed_s" in json.loads(row)][:4]
        (folder / "metrics.jsonl").write_text("".join(first))
        state = json.loads((folder / "state.json").read_text())
        files.write_json(folder / "state.json", {**state, "phase": "training"})
        end = (folder / "ended.json").read_bytes()
        (folder / "ended.json").unlink()  # it was trained by this process, which is alive
        mlflow_run = send(tracked)
        client = client_of(tracked)
        assert client.get_run(mlflow_run).info.status == "RUNNING"
        # An evaluation of the fourth step may still come; lines are counted, not steps.
        assert tracking.recorded(tracked, "regions-1").sent_step == 4
        assert len(client.get_metric_history(mlflow_run, "loss")) == 4
        assert artifacts(client, mlflow_run) == []
        (folder / "metrics.jsonl").write_text("".join(rows))
        (folder / "ended.json").write_bytes(end)
        files.write_json(folder / "state.json", state)
        send(tracked)
        assert_whole_record(tracked, mlflow_run)

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
        self, tracked: Workspace, code: int | None, name: str | None, status: str
    ) -> None:
        folder = tracked.job_dir("regions-1")
        (folder / "state.json").unlink()
        shutil.rmtree(tracked.model_dir("regions-1"))
        end = {"exit_code": code, "signal": name, "out_of_memory": False, "forced": False}
        files.write_json(folder / "ended.json", {**end, "at": "2025", "peak_memory_bytes": 1})
        record = client_of(tracked).get_run(send(tracked))
        assert record.info.status == status
        assert record.data.tags["reason"]
        assert record.data.tags["state"] == runs.read_run(tracked, "regions-1").state

    def test_a_report_that_comes_later_is_sent_later(self, tracked: Workspace) -> None:
        mlflow_run = send(tracked)
        files.write_json(tracked.model_dir("regions-1") / "report.json", {"figures": {}})
        assert tracking.outstanding(tracked) == ["regions-1"]
        send(tracked)
        assert "bundles/regions-1/report.json" in artifacts(client_of(tracked), mlflow_run)
        assert tracking.outstanding(tracked) == []

    def test_what_a_person_changes_follows(self, tracked: Workspace) -> None:
        mlflow_run = send(tracked)
        jobs.rename("regions-1", tracked, "The good one")
        jobs.annotate("regions-1", tracked, "with <b>more</b> decay")
        send(tracked)
        record = client_of(tracked).get_run(mlflow_run)
        assert record.info.run_name == "The good one"
        assert record.data.tags["mlflow.note.content"] == "with <b>more</b> decay"

    def test_one_that_was_deleted_there_is_made_anew(self, tracked: Workspace) -> None:
        first = send(tracked)
        client_of(tracked).delete_run(first)
        second = send(tracked)
        assert second != first
        assert_whole_record(tracked, second)

    def test_a_branch_that_was_given_up_is_told(self, tracked: Workspace) -> None:
        """Stopped after four steps more than its checkpoint, and resumed with other settings."""
        mlflow_run = send(tracked)
        folder = tracked.job_dir("regions-1")
        log = MetricsLog(folder / "metrics.jsonl")
        last = log.read()[-1]["step"]
        log.cut_after(last - 4)
        new = {last - 3: 0.25, last - 2: 0.125}
        for step, loss in new.items():
            log.append({"step": step, "loss": loss, "elapsed_s": 0.001})
        log.append({"step": last - 2, "validation_recall@10": 0.875})
        request = json.loads((folder / "run.json").read_text())
        request["config"]["learning_rate"] = 0.5
        files.write_json(folder / "run.json", request)
        assert send(tracked) == mlflow_run
        client = client_of(tracked)
        shown = {}
        for metric in sorted(
            client.get_metric_history(mlflow_run, "loss"), key=lambda one: one.timestamp
        ):
            shown[metric.step] = metric.value
        assert {step: shown[step] for step in new} == new
        recalls = client.get_metric_history(mlflow_run, "validation_recall_at_10")
        assert (last - 2, 0.875) in [(one.step, one.value) for one in recalls]
        tags = client.get_run(mlflow_run).data.tags
        assert f"went back to step {last - 4} from step {last}" in tags["recsys.went_back"]
        assert tags["now.learning_rate"] == "0.5"
        assert "now.weight_decay" not in tags
        assert tracking.recorded(tracked, "regions-1").sent_step == last - 2


class TestDeleting:
    def rows(self, tracked: Workspace, table: str) -> int:
        with contextlib.closing(sqlite3.connect(tracked.tracking_path)) as store:
            (count,) = store.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(count)

    def test_goes_with_the_record_in_the_workspace(
        self, tracked: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mlflow_run = send(tracked)
        started: list[tuple[Path, list[str], dict[str, str]]] = []

        def start(folder: Path, order: list[str], **how: Any) -> None:
            started.append((folder, order, how["environment"]))

        monkeypatch.setattr(processes, "start", start)
        monkeypatch.setattr(recorder, "_opened", {})
        TestTheRegistry().swap(tracked, "regions-1", "T1")
        records_of(tracked).register(promotions.history(tracked))
        tracked.set_live(LivePointer("demo", "demo", "T2"))
        assert self.rows(tracked, "metrics") > 0
        assert list((tracked.artifacts_dir / mlflow_run).rglob("weights.npz"))
        jobs.delete("regions-1", tracked)
        assert not (tracked.artifacts_dir / mlflow_run).exists()
        assert tracked.job_ids() == []
        (order,) = [order for folder, order, _ in started if folder.name == "forget"]
        assert order == ["-m", "recsys.learning.recorder", "forget"]
        assert started[-1][2]["MLFLOW_TRACKING_URI"] == ""  # the workspace's, whatever is named
        assert recorder._forget_gone(tracked) == ""
        for table in ("runs", "metrics", "params"):
            assert self.rows(tracked, table) == 0, table
        assert client_of(tracked).search_model_versions("name = 'recommender'") == []
        assert tracking.gone(tracked) == []

    def test_one_whose_id_was_never_noted_is_found(self, tracked: Workspace) -> None:
        """Its recorder was killed between making the record and noting it."""
        mlflow_run = send(tracked)
        (tracked.job_dir("regions-1") / "tracking" / "record.json").unlink()
        tracking.note_gone(tracked, "regions-1", ())
        shutil.rmtree(tracked.job_dir("regions-1"))
        (note,) = tracking.gone(tracked)
        records_of(tracked).forget(note)
        assert self.rows(tracked, "runs") == 0
        assert not (tracked.artifacts_dir / mlflow_run).exists()
        records_of(tracked).forget(note)  # nothing is left of it

    @pytest.mark.parametrize("is_noted", [True, False])
    def test_broken_off_before_it_is_collected_it_is_finished_by_the_next(
        self, tracked: Workspace, monkeypatch: pytest.MonkeyPatch, is_noted: bool
    ) -> None:
        """MLflow only hides what it deletes; its command then fails, or takes too long."""
        import recsys.learning.mlflow_records as module

        monkeypatch.setattr(recorder, "_opened", {})
        send(tracked)
        if not is_noted:
            (tracked.job_dir("regions-1") / "tracking" / "record.json").unlink()
        tracking.note_gone(tracked, "regions-1", ("regions-1",))
        shutil.rmtree(tracked.job_dir("regions-1"))

        def fail(*_: Any) -> None:
            raise subprocess.TimeoutExpired("mlflow gc", 300)

        with monkeypatch.context() as patch:
            patch.setattr(module, "_collect", fail)
            for _ in range(2):
                assert "mlflow gc" in recorder._forget_gone(tracked)
                assert self.rows(tracked, "runs") == 1
                assert len(tracking.gone(tracked)) == 1
        assert recorder._forget_gone(tracked) == ""
        for table in ("runs", "metrics", "latest_metrics", "params", "tags"):
            assert self.rows(tracked, table) == 0, table
        assert tracking.gone(tracked) == []

    def test_a_record_on_a_server_stays(
        self, tracked: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server = f"sqlite:///{tracked.root}/server.db"
        monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
        tracking.write_record(tracked, "regions-1", {"mlflow_run": "1" * 32})
        assert tracking.left_behind(tracked, "regions-1") == [server]
        assert not tracking.is_local_record(tracked, "regions-1")
        tracking.note_gone(tracked, "regions-1", ())
        assert tracking.gone(tracked) == []

    @pytest.mark.parametrize("mlflow_run", ["", "..", "../jobs", "a/b", "."])
    def test_an_id_is_no_path(self, tracked: Workspace, mlflow_run: str) -> None:
        (tracked.artifacts_dir / "other").mkdir(parents=True)
        tracking.remove_artifacts(tracked, mlflow_run)
        assert (tracked.artifacts_dir / "other").is_dir()
        assert tracked.job_dir("regions-1").is_dir()

    def test_one_that_did_not_come_to_it_is_not_forgotten(self, tracked: Workspace) -> None:
        send(tracked)
        tracking.note_gone(tracked, "regions-1", ())
        assert tracking.gone(tracked) == []  # killed there: the run is still listed
        assert not list((tracked.root / "tracking" / "gone").iterdir())

    def test_what_is_gone_is_not_recorded_again(self, tracked: Workspace) -> None:
        """Deleted and forgotten while its recorder waited for others to be sent."""
        run = runs.read_run(tracked, "regions-1")
        shutil.rmtree(tracked.job_dir("regions-1"))
        records_of(tracked).send(run)
        assert self.rows(tracked, "runs") == 0

    def test_a_record_makes_no_folder_of_a_deleted_run(self, tracked: Workspace) -> None:
        shutil.rmtree(tracked.job_dir("regions-1"))
        tracking.write_record(tracked, "regions-1", {"sent_step": 1})
        assert not tracked.job_dir("regions-1").exists()


class TestADamagedStore:
    def damage(self, tracked: Workspace) -> None:
        path = tracked.tracking_path
        content = bytearray(path.read_bytes())
        content[4096:60_000] = b"\x7f" * (60_000 - 4096)
        path.write_bytes(bytes(content))

    def test_is_set_aside_and_made_anew_from_the_runs(
        self, tracked: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        send(tracked)
        self.damage(tracked)
        (tracked.job_dir("regions-1") / "tracking" / "record.json").unlink()
        tracking.send_outstanding(tracked)  # in a process of its own, which has nothing open
        processes.wait(tracked.root / "tracking", SOON_S)
        assert processes.read_state(tracked.root / "tracking")["problem"] == ""
        (aside,) = tracked.root.glob("runs.db.damaged-*")
        assert (aside / "runs.db").is_file()
        mlflow_run = tracking.recorded(tracked, "regions-1").mlflow_run
        # MLflow keeps the old file open in this process: the new one is looked at as a copy.
        shutil.copy(tracked.tracking_path, tracked.root / "copy.db")
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tracked.root}/copy.db")
        assert_whole_record(tracked, mlflow_run)

    def test_no_database_at_all(self, tracked: Workspace) -> None:
        tracked.tracking_path.write_bytes(b"this is no database" * 100)
        assert_whole_record(tracked, send(tracked))

    def test_a_truncated_journal(self, tracked: Workspace) -> None:
        """As after a crash in the middle of a write: a hot journal that is cut short."""
        send(tracked)
        code = f"""
import os, sqlite3
store = sqlite3.connect({str(tracked.tracking_path)!r})
store.execute('pragma cache_size = 2')
store.execute('begin immediate')
store.execute("update metrics set value = value + 1")
store.execute("update tags set value = hex(randomblob(3000))")
os._exit(0)  # a hot journal stays behind
"""
        subprocess.run([sys.executable, "-c", code], check=True)
        journal = Path(f"{tracked.tracking_path}-journal")
        assert journal.stat().st_size > 2048
        os.truncate(journal, journal.stat().st_size // 2 + 17)
        mlflow_run = send(tracked)
        assert client_of(tracked).get_run(mlflow_run).info.run_name == "regions-1"
        assert [run.id for run in runs.list_runs(tracked)] == ["regions-1"]


class TestTheRegistry:
    def swap(self, workspace: Workspace, model: str, at: str, who: str = "ada") -> None:
        promotions.swap(workspace, LivePointer(model, "planted", at), who)

    def test_what_is_live_has_the_alias_and_a_history(self, tracked: Workspace) -> None:
        shutil.copytree(tracked.model_dir("regions-1"), tracked.model_dir("guest-2"))
        path = tracked.model_dir("guest-2") / "model.json"
        files.write_json(path, {**json.loads(path.read_text()), "run": "guest-2"})
        for model, at in (("regions-1", "T1"), ("guest-2", "T2"), ("regions-1", "T3")):
            self.swap(tracked, model, at)
        records_of(tracked).register(promotions.history(tracked))
        records_of(tracked).register(promotions.history(tracked))
        client = client_of(tracked)
        live = client.get_model_version_by_alias("recommender", "live")
        assert live.tags["model"] == "regions-1"
        assert live.tags["promoted T1"] == live.tags["promoted T3"] == "ada for planted"
        versions = client.search_model_versions("name = 'recommender'")
        assert sorted(version.tags["model"] for version in versions) == ["guest-2", "regions-1"]
        for version in versions:
            bundle = f"bundles/{version.tags['model']}"
            files_there = artifacts(client, version.run_id)
            assert {f"{bundle}/model.json", f"{bundle}/weights.npz"} <= set(files_there)
        assert live.run_id == tracking.recorded(tracked, "regions-1").mlflow_run

    def test_what_is_live_from_elsewhere_has_no_alias(self, tracked: Workspace) -> None:
        for model, at in (("regions-1", "T1"), ("/else/where", "T2")):
            self.swap(tracked, model, at)
            records_of(tracked).register(promotions.history(tracked))
        client = client_of(tracked)
        (version,) = client.search_model_versions("name = 'recommender'")
        assert "promoted T1" in version.tags
        with pytest.raises(Exception, match="alias"):  # MLflow's, which is loaded late here
            client.get_model_version_by_alias("recommender", "live")

    def test_a_real_time_may_stand_in_a_tag(self, tracked: Workspace) -> None:
        self.swap(tracked, "regions-1", "2026-11-22T09:21:33.949+00:00")
        records_of(tracked).register(promotions.history(tracked))
        live = client_of(tracked).get_model_version_by_alias("recommender", "live")
        assert live.tags["promoted 2026-11-22T09.21.33.949.00.00"] == "ada for planted"

    def test_a_promotion_is_told(self, tracked: Workspace) -> None:
        self.swap(tracked, "regions-1", "T1", "ada <b>")
        tracking.send_outstanding(tracked)
        processes.wait(tracked.root / "tracking", SOON_S)
        assert processes.read_state(tracked.root / "tracking")["problem"] == ""
        live = client_of(tracked).get_model_version_by_alias("recommender", "live")
        assert live.tags["promoted T1"] == "ada <b> for planted"
