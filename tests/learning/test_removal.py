"""A run is deleted with all that is its own, and nothing else."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recsys import processes, promotions
from recsys.errors import ConfigError, ModelError, RequestError
from recsys.learning import jobs
from recsys.workspace import LivePointer, Workspace
from tests.learning import test_runs
from tests.learning.test_runs import write_alive, write_end, write_model, write_run

workspace = test_runs.workspace


class TestDeleting:
    def test_goes_with_its_models_and_nothing_else(self, workspace: Workspace) -> None:
        write_end(write_run(workspace), 1)
        write_run(workspace, "regions-2")
        for model, run in (("regions-1", "regions-1"), ("regions-1-2", "regions-1"), ("b", "b")):
            write_model(workspace, model, run)
        assert jobs.delete("regions-1", workspace) == ["regions-1", "regions-1-2"]
        assert workspace.model_ids() == ["b"]
        assert workspace.job_ids() == ["regions-2"]
        assert not list(workspace.root.rglob("*.deleted"))

    def test_broken_off_it_can_be_done_again(
        self, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Killed after the first folder: no model is left that no run is known of."""
        write_end(write_run(workspace), 1)
        write_model(workspace, "regions-1", "regions-1")
        remove = shutil.rmtree
        calls = []

        def killed(path: Path, **how: Any) -> None:
            calls.append(path)
            if len(calls) == 2:  # it was renamed, and is to be emptied
                raise KeyboardInterrupt
            remove(path, **how)

        with monkeypatch.context() as patch:
            patch.setattr(shutil, "rmtree", killed)
            with pytest.raises(KeyboardInterrupt):
                jobs.delete("regions-1", workspace)
        assert workspace.model_ids() == []
        assert workspace.job_ids() == ["regions-1"]
        assert list(workspace.root.rglob("*.deleted"))
        jobs.delete("regions-1", workspace)
        assert workspace.job_ids() == []
        assert not list(workspace.root.rglob("*.deleted"))

    def test_what_an_earlier_one_left_goes_with_the_next(self, workspace: Workspace) -> None:
        write_end(write_run(workspace), 1)
        for parent in (workspace.jobs_dir, workspace.models_dir, workspace.sweeps_dir):
            (parent / ".other-1.deleted" / "checkpoints").mkdir(parents=True)
        jobs.delete("regions-1", workspace)
        assert not list(workspace.root.rglob("*.deleted"))

    def test_nothing_writes_there_again(self, workspace: Workspace) -> None:
        """Its recorder may still be at work; it goes first."""
        write_end(write_run(workspace), 1)
        recording = workspace.job_dir("regions-1") / "tracking"
        processes.start(recording, ["-c", "import time; time.sleep(600)"])
        assert jobs.delete("regions-1", workspace) == []
        assert not workspace.job_dir("regions-1").exists()

    def test_resumed_at_that_moment_it_stays_gone(
        self, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Another operator deletes it between the look and the act: no folder is made anew."""
        write_end(write_run(workspace), 1)
        lock = jobs.starting

        @contextlib.contextmanager
        def late(shop: Workspace) -> Iterator[None]:
            with monkeypatch.context() as patch:
                patch.setattr(jobs, "starting", lock)
                jobs.delete("regions-1", shop)
            with lock(shop):
                yield

        monkeypatch.setattr(jobs, "starting", late)
        monkeypatch.setattr(processes, "start", lambda folder, *_, **__: folder.mkdir())
        with pytest.raises(RequestError, match="no training run 'regions-1'"):
            jobs.resume("regions-1", workspace)
        assert not workspace.job_dir("regions-1").exists()

    def test_renamed_at_that_moment_it_stays_gone(
        self, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_end(write_run(workspace), 1)
        found: list[BaseException] = []

        def rename() -> None:
            try:
                jobs.rename("regions-1", workspace, "The good one")
            except RequestError as error:
                found.append(error)

        racer = threading.Thread(target=rename)
        own = jobs.remove_run

        def remove(*args: Any) -> None:
            racer.start()
            racer.join(0.5)  # without a lock it would be through by then
            assert racer.is_alive()
            own(*args)

        monkeypatch.setattr(jobs, "remove_run", remove)
        jobs.delete("regions-1", workspace)
        racer.join(20)
        assert len(found) == 1
        assert not workspace.job_dir("regions-1").exists()

    def test_nothing_is_put_live_while_it_goes(
        self, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was about to be put live finds that it is gone, and changes nothing."""
        write_end(write_run(workspace), 1)
        write_model(workspace, "regions-1", "regions-1")
        found: list[BaseException] = []

        def promote() -> None:
            try:
                promotions.swap(
                    workspace,
                    LivePointer("regions-1", "demo", "2025"),
                    "ada",
                    ready=lambda: workspace.resolve_model("regions-1"),
                )
            except ModelError as error:
                found.append(error)

        racer = threading.Thread(target=promote)
        own = jobs.remove_run

        def remove(*args: Any) -> None:
            racer.start()
            own(*args)

        monkeypatch.setattr(jobs, "remove_run", remove)
        jobs.delete("regions-1", workspace)
        racer.join(20)
        assert len(found) == 1
        assert workspace.live() is None

    def test_never_while_one_of_its_models_is_live(self, workspace: Workspace) -> None:
        write_end(write_run(workspace), 0)
        write_model(workspace, "regions-1-2", "regions-1")
        workspace.set_live(LivePointer("regions-1-2", "demo", "2025"))
        with pytest.raises(ConfigError, match=r"is live.*promote --model"):
            jobs.delete("regions-1", workspace)
        assert workspace.model_ids() == ["regions-1-2"]

    def test_never_while_it_runs(self, workspace: Workspace) -> None:
        write_alive(write_run(workspace))
        with pytest.raises(ConfigError, match=r"in progress.*Stop it first"):
            jobs.delete("regions-1", workspace)
        with pytest.raises(ConfigError, match="in progress"):
            jobs.archive("regions-1", workspace)
        assert workspace.job_ids() == ["regions-1"]
