"""``runs`` and its commands, and ``train --background``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys import atomic as files
from recsys import processes
from recsys.cli import cli
from recsys.commands.runs import runs as group
from recsys.learning import jobs
from recsys.learning.presets import PRESETS
from recsys.learning.runs import read_run
from recsys.learning.train import TrainRequest
from recsys.workspace import LivePointer, Workspace
from tests.commands.conftest import Run, answer, calls_of, documented
from tests.commands.test_training import TINY
from tests.test_processes import SOON_S

SCENES = 40
END = {"signal": None, "out_of_memory": False, "forced": False, "at": "", "peak_memory_bytes": 1}


def write_run(workspace: Workspace, run_id: str, gain: float = 0.0, **changes: Any) -> None:
    """A finished run whose validation recall is that of others plus a gain, scene by scene."""
    folder = workspace.job_dir(run_id)
    config = PRESETS["regions"].config.to_json()
    config.update(changes.pop("config", {}))
    record = {
        "id": run_id,
        "preset": "regions",
        "config": config,
        "data": "/data/looks",
        "data_name": "looks",
        "fingerprint": "abc",
        "steps": 400,
        "minutes": None,
        "created": "2025-01-01T00:00:00+00:00",
    }
    files.write_json(folder / "run.json", {**record, **changes})
    rng = np.random.default_rng(0)
    recall = rng.uniform(0.2, 0.6, SCENES) + gain + rng.normal(0, 0.01, SCENES) * bool(gain)
    scenes = {f"scene-{number:02d}": float(value) for number, value in enumerate(recall)}
    files.write_json(folder / "validation.json", {"step": 400, "recall@10": scenes})
    metrics = {"loss": 1.5 - gain, "validation_recall@10": float(np.mean(recall))}
    state = {"phase": "finished", "step": 400, "fraction": 1.0, "metrics": metrics}
    files.write_json(folder / "state.json", state)
    files.write_json(folder / "process.json", {"started": "2025", "supervisor": None})
    files.write_json(folder / "ended.json", {**END, "exit_code": 0})


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Workspace:
    """A workspace with two runs on the same data and one on other data."""
    workspace = Workspace(tmp_path / "own")
    monkeypatch.setenv("RECSYS_HOME", str(workspace.root))
    write_run(workspace, "regions-1")
    write_run(workspace, "regions-2", 0.05, config={"tau": 5.0}, created="2025-01-02T00:00")
    write_run(workspace, "other-3", fingerprint="xyz", created="2025-01-03T00:00")
    return workspace


def test_lists_newest_first(run: Run, own: Workspace) -> None:
    listed = answer(run("runs", "--json"))
    assert [record["run"] for record in listed] == ["other-3", "regions-2", "regions-1"]
    assert listed[0]["state"] == "finished"
    jobs.archive("other-3", own)
    assert len(answer(run("runs", "--json"))) == 2
    assert len(answer(run("runs", "--all", "--json"))) == 3
    jobs.rename("regions-2", own, "Bold [red]name[/red]")
    text = run("runs").stdout
    assert "Bold [red]name[/red] (regions-2)" in " ".join(text.split()).replace("│ ", "")
    assert "0.4" in text


def test_says_what_ended_badly_and_how_to_go_on(run: Run, own: Workspace) -> None:
    folder = own.job_dir("regions-1")
    (folder / "state.json").unlink()
    files.write_json(folder / "ended.json", {**END, "exit_code": None, "signal": "SIGKILL"})
    told = " ".join(run("runs").stderr.split())
    assert "regions-1: it was killed by SIGKILL" in told
    assert "python -m recsys train --resume regions-1" in told
    record = answer(run("runs", "show", "regions-1", "--json"))
    assert record["state"] == "killed"
    assert "SIGKILL" in record["reason"]


def test_an_empty_workspace_is_told_what_to_do(run: Run, own: Workspace) -> None:
    shutil.rmtree(own.root)
    assert answer(run("runs", "--json")) == []
    assert "python -m recsys train" in run("runs").stderr


class TestShow:
    def test_tells_what_there_is_to_know(self, run: Run, own: Workspace) -> None:
        record = answer(run("runs", "show", "regions-2", "--json"))
        assert record["settings"] == {"tau": "5.0"}
        assert record["metrics"]["loss"] == 1.45
        assert record["warnings"] == []
        assert record["mlflow"]["run"] is None
        plain = run("runs", "show", "regions-2")
        assert plain.exit_code == 0
        assert "settings: tau=5.0" in plain.stdout.splitlines()
        assert "done: 100%, step 400" in plain.stdout.splitlines()

    def test_text_cannot_steer_the_terminal(self, run: Run, own: Workspace) -> None:
        files.write_json(own.job_dir("regions-2") / "about.json", {"note": "\x1b[2Jhi\nthere"})
        assert "note: [2Jhi there" in run("runs", "show", "regions-2").stdout

    def test_warns_of_what_the_curves_show(self, run: Run, own: Workspace) -> None:
        rows = [{"step": step, "loss": 4.0} for step in range(1, 300)]
        path = own.job_dir("regions-2") / "metrics.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        (warning,) = answer(run("runs", "show", "regions-2", "--json"))["warnings"]
        assert "hardly moved" in warning
        assert "hardly moved" in run("runs", "show", "regions-2").stderr

    @pytest.mark.parametrize("word", ["nobody", "../models", "x/y"])
    def test_one_that_is_not_there(self, run: Run, own: Workspace, word: str) -> None:
        result = run("runs", "show", word)
        assert result.exit_code == 1
        assert "no training run" in result.stderr


class TestCompare:
    def test_settings_figures_and_a_paired_test(self, run: Run, own: Workspace) -> None:
        found = answer(run("runs", "compare", "regions-1", "regions-2", "other-3", "--json"))
        assert found["settings"] == {
            "data fingerprint": ["abc", "abc", "xyz"],
            "tau": [10.0, 5.0, 10.0],
        }
        assert found["metrics"]["loss"] == [1.5, 1.45, 1.5]
        first, second, third = found["difference"]
        assert first is None
        assert third is None
        assert found["unpaired"] == [None, None, "it was trained on other data"]
        assert second["scenes"] == SCENES
        assert second["clear"]
        assert second["low"] < 0.05 < second["high"]
        # The interval of the difference is far narrower than those of the figures themselves.
        figure = found["recall@10"][0]
        assert second["high"] - second["low"] < 0.2 * (figure["high"] - figure["low"])
        text = run("runs", "compare", "regions-1", "regions-2").stdout
        assert "clear" in text
        assert "tau" in text

    def test_no_difference_may_be_chance(self, run: Run, own: Workspace) -> None:
        rng = np.random.default_rng(1)
        path = own.job_dir("regions-2") / "validation.json"
        record = json.loads((own.job_dir("regions-1") / "validation.json").read_text())
        noisy = {scene: value + rng.normal(0, 0.2) for scene, value in record["recall@10"].items()}
        files.write_json(path, {"step": 1, "recall@10": noisy})
        found = answer(run("runs", "compare", "regions-1", "regions-2", "--json"))
        assert not found["difference"][1]["clear"]
        assert "may be chance" in " ".join(
            run("runs", "compare", "regions-1", "regions-2").stdout.split()
        )

    def test_the_models_reports_stand_beside(self, run: Run, own: Workspace) -> None:
        figure = {"value": 0.3, "low": 0.2, "high": 0.4}
        for model in ("regions-1", "regions-2"):
            files.write_json(own.model_dir(model) / "model.json", {"run": model})
        row = {"model": "regions-2", "difference": {"recall@10": figure}}
        report = {"figures": {"recall@10": figure, "auc": {"value": None}}, "beside": [row, 3]}
        files.write_json(own.model_dir("regions-1") / "report.json", report)
        found = answer(run("runs", "compare", "regions-1", "regions-2", "--json"))
        assert found["reports"][0]["recall@10"] == figure
        assert found["reports"][0]["auc"] == {"value": None, "low": None, "high": None}
        assert found["reports"][1] is None
        assert found["report_differences"] == {"regions-2": {"recall@10": figure}}
        plain = run("runs", "compare", "regions-1", "regions-2")
        assert "0.300 (0.200 to 0.400)" in plain.stdout
        assert "evaluate --data" in plain.stderr

    @pytest.mark.parametrize("words", [("regions-1",), ("regions-1", "regions-1")])
    def test_needs_two(self, run: Run, own: Workspace, words: tuple[str, ...]) -> None:
        result = run("runs", "compare", *words)
        assert result.exit_code == 1
        assert "two different runs" in result.stderr


class TestDelete:
    def test_goes_with_its_models(self, run: Run, own: Workspace) -> None:
        files.write_json(own.model_dir("regions-1") / "model.json", {"run": "regions-1"})
        gone = answer(run("runs", "delete", "regions-1", "other-3", "--json"))
        assert gone == [
            {"run": "regions-1", "models": ["regions-1"], "records_stay_at": []},
            {"run": "other-3", "models": [], "records_stay_at": []},
        ]
        assert own.job_ids() == ["regions-2"]
        assert own.model_ids() == []

    def test_says_what_stays_on_a_server(self, run: Run, own: Workspace) -> None:
        record = {"stores": {"http://records.example": {"mlflow_run": "a1"}}}
        files.write_json(own.job_dir("regions-1") / "tracking" / "record.json", record)
        result = run("runs", "delete", "regions-1")
        assert "MLflow's record of it stays at http://records.example" in result.stderr

    def test_never_what_is_live(self, run: Run, own: Workspace) -> None:
        files.write_json(own.model_dir("regions-1") / "model.json", {"run": "regions-1"})
        own.set_live(LivePointer("regions-1", "demo", "2025"))
        result = run("runs", "delete", "regions-1")
        assert result.exit_code == 1
        assert "is live" in result.stderr
        assert own.model_ids() == ["regions-1"]


def test_stop_of_one_that_has_ended(run: Run, own: Workspace) -> None:
    assert answer(run("runs", "stop", "regions-1", "--json")) == {
        "run": "regions-1",
        "stopping": False,
    }


def test_send_is_refused_where_recording_is_off(run: Run, own: Workspace) -> None:
    result = run("runs", "send")
    assert result.exit_code == 1
    assert "RECSYS_TRACKING" in result.stderr


def test_send_says_what_waits_and_how_to_look(
    run: Run, own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_TRACKING", "on")
    monkeypatch.setattr("recsys.learning.recorder.send_now", lambda workspace: "no route")
    found = answer(run("runs", "send", "--json"))
    assert found["sent"] == []
    assert sorted(found["waiting"]) == ["other-3", "regions-1", "regions-2"]
    assert found["problem"] == "no route"
    assert "mlflow ui" in found["ui"]
    plain = run("runs", "send")
    assert plain.stdout.startswith("0 sent, 3 waiting, in sqlite:///")
    assert "no route" in plain.stderr


class TestInTheBackground:
    def test_what_is_asked_for_is_passed_on(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = calls_of(monkeypatch, jobs, "start", "resume", gives="regions-9")
        words = ("train", "--data", "planted", "--background")
        assert answer(run(*words, "--steps", "3", "--json")) == {"run": "regions-9"}
        assert asked == [(TrainRequest("planted", steps=3), True)]
        plain = run("train", "--resume", "regions-9", "--minutes", "2", "--background")
        assert plain.stdout == "regions-9\n"
        assert "runs show regions-9" in plain.stderr
        run_id, changes = asked[-1]
        assert (run_id, changes["minutes"], changes["queue"]) == ("regions-9", 2.0, True)

    def test_a_real_one(self, run: Run, shop: Workspace) -> None:
        changes = [word for change in TINY for word in ("--set", change)]
        words = ("train", "--data", "planted", "--steps", "2", "--background", *changes)
        run_id = answer(run(*words, "--json"))["run"]
        processes.wait(shop.job_dir(run_id), SOON_S)
        found = read_run(shop, run_id)
        assert found.state == "finished", found.reason
        record = answer(run("runs", "show", run_id, "--json"))
        assert record["models"] == [run_id]
        answer(run("runs", "delete", run_id, "--json"))
        assert run_id not in shop.model_ids()


def test_every_command_and_option_is_documented() -> None:
    documented("runs", group)
    for command in group.commands.values():
        assert {option for p in command.params for option in p.opts if option[0] == "-"} == {
            "--json"
        }
    assert cli.commands["runs"] is group
