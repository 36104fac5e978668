"""What a run's files say: each way to end, damage, old runs, and what a person may change."""

from __future__ import annotations

import json
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from recsys import atomic as files
from recsys import processes
from recsys.errors import ConfigError, RecsysError, RequestError
from recsys.learning import jobs, runs
from recsys.learning.config import with_overrides
from recsys.learning.metrics import MetricsLog
from recsys.learning.presets import PRESETS
from recsys.learning.train import TrainRequest
from recsys.process_identity import Identity
from recsys.workspace import LivePointer, Workspace
from tests.support.imports import loaded_by

END = {"out_of_memory": False, "forced": False, "at": "2025-01-01T00:00:00+00:00"}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def write_run(workspace: Workspace, run_id: str = "regions-1", **changes: Any) -> Path:
    folder = workspace.job_dir(run_id)
    record = {
        "id": run_id,
        "preset": "regions",
        "config": PRESETS["regions"].config.to_json(),
        "data": "/data/looks",
        "data_name": "looks",
        "fingerprint": "abc",
        "steps": 400,
        "minutes": None,
        "created": "2025-01-01T00:00:00+00:00",
    }
    files.write_json(folder / "run.json", {**record, **changes})
    return folder


def write_end(folder: Path, code: int | None, name: str | None = None, **changes: Any) -> None:
    files.write_json(folder / "process.json", {"started": "2025-01-02", "supervisor": None})
    end = {**END, "exit_code": code, "signal": name, "peak_memory_bytes": 5, **changes}
    files.write_json(folder / "ended.json", end)


def write_alive(folder: Path) -> None:
    me = Identity.of(os.getpid())
    assert me is not None
    files.write_json(folder / "process.json", {"started": "2025-01-02", "supervisor": me.record()})


def write_state(folder: Path, phase: str, **changes: Any) -> None:
    files.write_json(
        folder / "state.json", {"phase": phase, "step": 80, "fraction": 0.2, **changes}
    )


def write_model(
    workspace: Workspace, model_id: str, run_id: str, created: str = "2025", **info: Any
) -> None:
    record = {"run": run_id, "created": created, **info}
    files.write_json(workspace.model_dir(model_id) / "model.json", record)


class TestStates:
    @pytest.mark.parametrize(
        ("phase", "state"),
        [
            (None, "starting"),
            ("queued", "queued"),
            ("reading", "starting"),
            ("training", "running"),
            ("exporting", "running"),
        ],
    )
    def test_in_progress(self, workspace: Workspace, phase: str | None, state: str) -> None:
        folder = write_run(workspace)
        write_alive(folder)
        if phase:
            write_state(folder, phase, behind="regions-0", text="Decoding", remaining_s=60)
        run = runs.read_run(workspace, "regions-1")
        assert (run.state, run.reason, run.remedy) == (state, "", "")
        assert run.is_in_progress
        assert not run.can_resume
        assert run.behind == ("regions-0" if state == "queued" else "")
        assert run.remaining_s == (60 if phase else None)
        files.write_json(folder / "stop.json", {})
        assert runs.read_run(workspace, "regions-1").state == "stopping"

    @pytest.mark.parametrize(
        ("phase", "code", "signal", "state", "reason"),
        [
            ("finished", 0, None, "finished", ""),
            ("stopped", 130, None, "stopped", "it was stopped"),
            ("training", 130, None, "stopped", "it was stopped"),
            ("training", 28, None, "disk-full", "the disk is full"),
            ("training", None, "SIGKILL", "killed", "SIGKILL"),
            ("training", None, "SIGSEGV", "crashed", "SIGSEGV"),
            ("training", 3, None, "crashed", "exit code 3"),
            ("reading", 0, None, "crashed", ""),
        ],
    )
    def test_ended(
        self,
        workspace: Workspace,
        phase: str,
        code: int | None,
        signal: str | None,
        state: str,
        reason: str,
    ) -> None:
        folder = write_run(workspace)
        write_state(folder, phase)
        write_end(folder, code, signal)
        run = runs.read_run(workspace, "regions-1")
        assert run.state == state
        assert reason in run.reason
        assert run.peak_memory_bytes == 5
        assert run.remaining_s is None
        assert run.can_resume == (state != "finished")
        if run.can_resume:
            assert run.reason
            assert "from the start with: python -m recsys train --resume regions-1" in run.remedy
        assert run.fraction == (1.0 if state == "finished" else 0.2)

    def test_memory_that_ran_out_is_named(self, workspace: Workspace) -> None:
        folder = write_run(workspace)
        write_end(folder, None, "SIGKILL", out_of_memory=True)
        assert "out of memory" in runs.read_run(workspace, "regions-1").reason

    def test_gone_without_a_word(self, workspace: Workspace) -> None:
        folder = write_run(workspace)
        write_state(folder, "training")
        files.write_json(folder / "process.json", {"started": "2025", "supervisor": None})
        run = runs.read_run(workspace, "regions-1")
        assert run.state == "killed"
        files.write_json(folder / "stop.json", {})
        assert runs.read_run(workspace, "regions-1").state == "stopped"

    def test_the_runs_own_words_come_first(self, workspace: Workspace) -> None:
        folder = write_run(workspace)
        error = {"message": "the loss was nan at step 7", "remedy": "Use a lower rate"}
        write_state(folder, "failed", error=error)
        write_end(folder, 1)
        run = runs.read_run(workspace, "regions-1")
        assert (run.state, run.reason, run.remedy) == (
            "crashed",
            "the loss was nan at step 7",
            "Use a lower rate",
        )

    def test_the_way_on_names_the_saved_step(self, workspace: Workspace) -> None:
        folder = write_run(workspace)
        write_end(folder, None, "SIGKILL")
        for step in (40, 1200):
            (folder / "checkpoints" / f"step-{step:09d}").mkdir(parents=True)
        (folder / "checkpoints" / ".step-000009999.half").mkdir()
        run = runs.read_run(workspace, "regions-1")
        assert run.saved_step == 1200
        assert run.remedy.startswith("Go on from step 1,200 with")

    def test_runs_from_before_runs_told_their_state(self, workspace: Workspace) -> None:
        folder = write_run(workspace)
        (folder / "metrics.jsonl").write_text('{"step": 1, "loss": 2.5}\n')
        assert runs.read_run(workspace, "regions-1").state == "stopped"
        write_model(workspace, "regions-1", "regions-1")
        run = runs.read_run(workspace, "regions-1")
        assert (run.state, run.metrics) == ("finished", {"loss": 2.5})


class TestListing:
    def test_newest_first_without_the_archived(self, workspace: Workspace) -> None:
        assert runs.list_runs(workspace) == []
        for number, day in enumerate((2, 3, 1)):
            write_run(workspace, f"regions-{number}", created=f"2025-01-0{day}")
        (workspace.jobs_dir / ".line").mkdir()
        (workspace.jobs_dir / "empty").mkdir()
        assert [run.id for run in runs.list_runs(workspace)] == [
            "regions-1",
            "regions-0",
            "regions-2",
        ]
        jobs.archive("regions-1", workspace)
        assert [run.id for run in runs.list_runs(workspace)] == ["regions-0", "regions-2"]
        assert len(runs.list_runs(workspace, archived=True)) == 3
        jobs.archive("regions-1", workspace, is_archived=False)
        assert len(runs.list_runs(workspace)) == 3

    def test_models_in_the_order_of_their_making(self, workspace: Workspace) -> None:
        write_run(workspace)
        write_model(workspace, "regions-1-2", "regions-1", "2025-02")
        write_model(workspace, "regions-1", "regions-1", "2025-01")
        write_model(workspace, "other", "regions-9")
        workspace.set_live(LivePointer("regions-1-2", "demo", "2025"))
        run = runs.read_run(workspace, "regions-1")
        assert run.models == ("regions-1", "regions-1-2")
        assert run.is_live

    @pytest.mark.parametrize("run_id", ["nobody", "../models", "", "a/b", ".line"])
    def test_one_that_is_not_there(self, workspace: Workspace, run_id: str) -> None:
        with pytest.raises(RequestError, match="no training run"):
            runs.read_run(workspace, run_id)

    @pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"config": 3, "steps": "x"}'])
    def test_damaged_files_hide_no_other_run(self, workspace: Workspace, text: str) -> None:
        write_run(workspace, "good-1")
        folder = write_run(workspace, "bad-2")
        for name in ("run", "about", "state", "process", "ended", "worker"):
            (folder / f"{name}.json").write_text(text)
        (folder / "metrics.jsonl").write_text(text)
        (folder / "film.jsonl").write_text(text)
        listed = {run.id for run in runs.list_runs(workspace)}
        assert "good-1" in listed
        assert runs.film(workspace, "bad-2") == [] or text.startswith("{")
        runs.curves(workspace, "bad-2")

    def test_loads_nothing_heavy(self) -> None:
        assert loaded_by("recsys.learning.runs", "jax numpy mlflow optuna") == []


class TestWhatAPersonGives:
    def test_name_and_note(self, workspace: Workspace) -> None:
        write_run(workspace)
        assert runs.read_run(workspace, "regions-1").name == "regions-1"
        jobs.rename("regions-1", workspace, "  The \x1b[31mlong one\n")
        jobs.annotate("regions-1", workspace, "first line\nsecond <b>line</b>")
        run = runs.read_run(workspace, "regions-1")
        assert run.name == "The [31mlong one"
        assert run.note == "first line\nsecond <b>line</b>"
        jobs.rename("regions-1", workspace, "")
        assert runs.read_run(workspace, "regions-1").name == "regions-1"
        assert runs.read_run(workspace, "regions-1").note

    def test_at_once_by_several_nothing_is_undone(
        self, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_run(workspace)
        write = files.write_json

        def slow(path: Path, value: object) -> None:
            time.sleep(0.2)
            write(path, value)

        monkeypatch.setattr(files, "write_json", slow)
        with ThreadPoolExecutor() as pool:
            pool.submit(jobs.rename, "regions-1", workspace, "The good one")
            pool.submit(jobs.annotate, "regions-1", workspace, "for the spring")
        run = runs.read_run(workspace, "regions-1")
        assert (run.name, run.note) == ("The good one", "for the spring")

    def test_not_without_bounds(self, workspace: Workspace) -> None:
        write_run(workspace)
        with pytest.raises(ConfigError, match="name may have 80 characters, not 81"):
            jobs.rename("regions-1", workspace, "x" * 81)
        with pytest.raises(ConfigError, match="note may have 2000"):
            jobs.annotate("regions-1", workspace, "x" * 2001)
        with pytest.raises(RequestError):
            jobs.rename("nobody", workspace, "x")


def test_only_some_are_read(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        write_run(workspace, f"regions-{number}")
    read: list[str] = []
    status = processes.status

    def counting(folder: Path) -> processes.Status:
        read.append(folder.name)
        return status(folder)

    monkeypatch.setattr(processes, "status", counting)
    found = runs.list_runs(workspace, only={"regions-1", "gone-1"})
    assert [run.id for run in found] == read == ["regions-1"]


def test_starts_change_when_a_run_is_begun_gone_on_with_or_deleted(workspace: Workspace) -> None:
    write_run(workspace)
    seen = [runs.starts(workspace)]
    folder = write_run(workspace, "regions-2")
    seen.append(runs.starts(workspace))
    for at in (1, 2):
        files.write_json(folder / "process.json", {})
        os.utime(folder / "process.json", (at, at))
        seen.append(runs.starts(workspace))
    files.write_json(folder / "state.json", {"phase": "training"})
    assert runs.starts(workspace) == seen[-1]
    shutil.rmtree(workspace.job_dir("regions-1"))
    seen.append(runs.starts(workspace))
    assert len(set(seen)) == len(seen)


def test_the_mark_of_a_film_changes_with_it(workspace: Workspace) -> None:
    folder = write_run(workspace)
    log = MetricsLog(folder / "film.jsonl")
    marks = [runs.film_mark(workspace, "regions-1")]
    for step in (1, 2):
        log.append({"step": step, "scenes": []})
        marks.append(runs.film_mark(workspace, "regions-1"))
    assert runs.film_mark(workspace, "regions-1") == marks[-1]
    log.cut_after(1)
    marks.append(runs.film_mark(workspace, "regions-1"))
    assert len(set(marks)) == len(marks)


class TestAskingForTheSameAgain:
    def test_only_what_differs_from_the_preset(self, workspace: Workspace) -> None:
        config = with_overrides(
            PRESETS["book-fixed"].config, ("learning_rate=0.001", "widths=8,8", "seed=7")
        )
        write_run(workspace, preset="book-fixed", config=config.to_json(), steps=None, minutes=2.5)
        asked = jobs.request_of("regions-1", workspace)
        assert asked == TrainRequest(
            data="/data/looks",
            preset="book-fixed",
            minutes=2.5,
            overrides=("learning_rate=0.001", "widths=8,8"),
            seed=7,
        )

    def test_a_damaged_one_is_an_error(self, workspace: Workspace) -> None:
        write_run(workspace, config={"tower": 3})
        with pytest.raises(RecsysError):
            jobs.request_of("regions-1", workspace)


def test_the_latest_figures_without_a_state_come_from_the_curves(workspace: Workspace) -> None:
    folder = write_run(workspace)
    rows = [{"step": n, "loss": 1 / n, "validation_recall@10": n / 10} for n in (1, 2, 4)]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    write_end(folder, None, "SIGKILL")
    assert runs.read_run(workspace, "regions-1").metrics == {
        "loss": 0.25,
        "validation_recall@10": 0.4,
    }
    assert processes.read_state(folder) == {}
