"""Runs as processes of their own: started once, watched, stopped, killed, resumed exactly."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from recsys import processes
from recsys.errors import ConfigError, DataError, TrainingError
from recsys.learning import jobs, runs
from recsys.learning.jobs import BusyError
from recsys.learning.metrics import MetricsLog
from recsys.learning.runs import Run
from recsys.learning.train import TrainRequest
from recsys.processes import AlreadyRunningError
from recsys.workspace import PROJECT_DIR, Workspace
from tests.learning.conftest import SHORT, losses, read_metrics, weights_of
from tests.learning.conftest import Run as WholeRun
from tests.learning.tiny import OVERRIDES
from tests.support import disks
from tests.test_processes import SOON_S, until

ENDLESS = 10_000_000


@pytest.fixture
def shop(tmp_path: Path, short: WholeRun, planted: Path) -> Iterator[Workspace]:
    """A workspace of its own, with the pictures decoded; what still runs at the end is killed."""
    workspace = Workspace(tmp_path / "shop")
    shutil.copytree(planted, workspace.datasets_dir / "planted")
    shutil.copytree(short.workspace.cache_dir, workspace.cache_dir)
    yield workspace
    for run_id in workspace.job_ids():
        processes.kill(workspace.job_dir(run_id))
        processes.wait(workspace.job_dir(run_id), SOON_S)


def asked(steps: int = SHORT, **changes: object) -> TrainRequest:
    overrides = (*OVERRIDES, *changes.pop("overrides", ()))  # type: ignore[misc]
    return TrainRequest("planted", steps=steps, overrides=overrides, **changes)  # type: ignore[arg-type]


def ended(workspace: Workspace, run_id: str) -> Run:
    processes.wait(workspace.job_dir(run_id), SOON_S)
    return runs.read_run(workspace, run_id)


def at_step(workspace: Workspace, run_id: str, step: int) -> Run:
    """Waits until a run has come to a step, and tells how it is then."""

    def has_come() -> Run | None:
        run = runs.read_run(workspace, run_id)
        assert run.is_in_progress, [run.reason, runs.log_tail(workspace, run_id)]
        curves = runs.curves(workspace, run_id)
        return run if "loss" in curves and curves["loss"].steps[-1] >= step else None

    return until(has_come)  # type: ignore[no-any-return]


def assert_whole(workspace: Workspace, run_id: str, short: WholeRun) -> None:
    """The run's every loss and its weights are those of a run that nothing interrupted."""
    run = ended(workspace, run_id)
    assert run.state == "finished", [run.reason, runs.log_tail(workspace, run_id)]
    assert losses(read_metrics(workspace, run_id)) == losses(short.metrics)
    assert weights_of(workspace, run_id) == weights_of(short.workspace, short.id)


def test_from_start_to_finish(shop: Workspace, short: WholeRun) -> None:
    run_id = jobs.start(asked(), shop, name="Mine", note="a trial", origin="")
    first = runs.read_run(shop, run_id)
    assert (first.state, first.name, first.note) == ("starting", "Mine", "a trial")
    assert first.steps == SHORT
    assert_whole(shop, run_id, short)
    run = runs.read_run(shop, run_id)
    assert (run.step, run.fraction, run.models) == (SHORT, 1.0, (run_id,))
    assert run.reason == run.remedy == ""
    assert run.peak_memory_bytes > 50_000_000
    assert {"validation_recall@10", "validation_loss", "excess_gini"} <= set(run.metrics)
    assert runs.curves(shop, run_id)["loss"].steps == tuple(range(1, SHORT + 1))
    frame = runs.film(shop, run_id)[-1]  # a slow machine evaluated before, too
    assert frame["step"] == SHORT
    assert all(len(scene["products"]) == 10 for scene in frame["scenes"])
    assert "Finished: model" in runs.log_tail(shop, run_id)[-1]
    assert (shop.job_dir(run_id) / "run.json").is_file()
    with pytest.raises(ConfigError, match=r"is complete.*larger budget"):
        jobs.resume(run_id, shop)
    with pytest.raises(ConfigError, match=rf"has done {SHORT} steps already.*more in all"):
        jobs.resume(run_id, shop, steps=SHORT)


def test_stopped_it_saves_and_goes_on_exactly(shop: Workspace, short: WholeRun) -> None:
    run_id = jobs.start(asked(steps=ENDLESS), shop)
    at_step(shop, run_id, 2)
    with pytest.raises(AlreadyRunningError):
        jobs.resume(run_id, shop)
    assert jobs.stop(run_id, shop)
    run = ended(shop, run_id)
    assert (run.state, run.reason) == ("stopped", "it was stopped")
    assert run.saved_step == run.step >= 2
    assert run.can_resume
    assert not jobs.stop(run_id, shop)
    done = losses(read_metrics(shop, run_id))
    jobs.resume(run_id, shop, steps=len(done) + 3)
    assert ended(shop, run_id).state == "finished"
    # The learning rate of the new, small budget holds from there; what was done stays.
    assert losses(read_metrics(shop, run_id))[: len(done)] == done
    assert len(losses(read_metrics(shop, run_id))) == len(done) + 3


def test_killed_it_says_so_and_goes_on_exactly(shop: Workspace, short: WholeRun) -> None:
    run_id = jobs.start(asked(steps=ENDLESS), shop)
    at_step(shop, run_id, 2)
    assert processes.kill(shop.job_dir(run_id))
    run = ended(shop, run_id)
    assert run.state == "killed"
    assert "SIGKILL" in run.reason
    assert run.remedy == f"Go on from the start with: python -m recsys train --resume {run_id}"
    assert run.models == ()
    jobs.resume(run_id, shop, steps=SHORT)
    assert_whole(shop, run_id, short)


def test_of_six_starts_at_once_one_is_accepted(shop: Workspace) -> None:
    gate, accepted, refused = threading.Barrier(6), [], []

    def attempt() -> None:
        gate.wait()
        try:
            accepted.append(jobs.start(asked(steps=ENDLESS), shop))
        except BusyError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=attempt) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(accepted) == 1
    assert len(refused) == 5
    assert all(f"{accepted[0]} is in progress" in text for text in refused)
    assert shop.job_ids() == accepted
    assert jobs.in_progress(shop) == accepted
    with pytest.raises(BusyError, match="very same settings"):
        jobs.start(asked(steps=ENDLESS), shop, queue=True)
    assert shop.job_ids() == accepted


def test_in_line_one_after_the_other(shop: Workspace, short: WholeRun) -> None:
    first = jobs.start(asked(steps=ENDLESS), shop)
    second = jobs.start(asked(), shop, queue=True, origin=first)
    run = until(lambda: _queued(shop, second))
    assert run.behind == first
    assert run.origin == first
    third = jobs.start(asked(steps=ENDLESS, seed=3), shop, queue=True)
    until(lambda: _queued(shop, third))
    assert jobs.stop(third, shop)
    assert ended(shop, third).state == "stopped"
    assert runs.curves(shop, second) == {}
    jobs.stop(first, shop)
    assert_whole(shop, second, short)
    assert ended(shop, first).state == "stopped"


def _queued(workspace: Workspace, run_id: str) -> Run | None:
    run = runs.read_run(workspace, run_id)
    return run if run.state == "queued" else None


def test_the_starter_may_be_gone(shop: Workspace, short: WholeRun) -> None:
    """As when the server is restarted: the run goes on, and is found again."""
    code = f"""
from pathlib import Path
from recsys.learning import jobs
from recsys.learning.train import TrainRequest
from recsys.workspace import Workspace
if __name__ == '__main__':
    request = TrainRequest('planted', steps={SHORT}, overrides={OVERRIDES!r})
    print(jobs.start(request, Workspace(Path({str(shop.root)!r}))))
"""
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_DIR, capture_output=True, text=True, check=True
    )
    run_id = found.stdout.strip()
    assert run_id in [run.id for run in runs.list_runs(shop)]
    assert_whole(shop, run_id, short)


class TestADamagedCheckpoint:
    def damaged(self, shop: Workspace, which: slice) -> str:
        run_id = jobs.start(asked(steps=ENDLESS), shop)
        at_step(shop, run_id, 2)
        jobs.stop(run_id, shop)
        assert ended(shop, run_id).saved_step
        folders = sorted((shop.job_dir(run_id) / "checkpoints").glob("step-*"))
        older = folders[-1].with_name("step-000000001")
        shutil.copytree(folders[-1], older)
        for folder in [older, *folders][which]:
            largest = max(
                (path for path in folder.rglob("*") if path.is_file()),
                key=lambda path: path.stat().st_size,
            )
            largest.write_bytes(largest.read_bytes()[:-1] + b"?")
        return run_id

    def test_the_one_before_is_taken(self, shop: Workspace) -> None:
        run_id = self.damaged(shop, slice(1, None))
        jobs.resume(run_id, shop, steps=ENDLESS)
        at_step(shop, run_id, 4)
        assert any("Training from step" in line for line in runs.log_tail(shop, run_id))

    def test_without_any_it_says_so(self, shop: Workspace) -> None:
        run_id = self.damaged(shop, slice(0, None))
        jobs.resume(run_id, shop)
        run = ended(shop, run_id)
        assert run.state == "crashed"
        assert "no checkpoint" in run.reason
        assert "Start a new run" in run.remedy


class TestAFullDisk:
    """It stops cleanly and says so; with room again it goes on exactly."""

    def test_as_a_limit_on_the_size_of_files(self, shop: Workspace) -> None:
        """A stand-in that any system allows: the log of figures may not grow."""
        run_id = jobs.start(asked(steps=ENDLESS), shop)
        at_step(shop, run_id, 2)
        pid = processes.status(shop.job_dir(run_id)).pid
        assert pid is not None
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, 4096))
        run = ended(shop, run_id)
        assert run.state == "disk-full", runs.log_tail(shop, run_id)
        assert "disk is full" in run.reason
        assert f"--resume {run_id}" in run.remedy
        assert run.can_resume

    def test_as_a_small_one(self, shop: Workspace, short: WholeRun, tmp_path: Path) -> None:
        disk = tmp_path / "disk"
        small = Workspace(disk / "shop")
        with disks.small_disk(disk, disks.size_of(shop.root) + 6_000_000):
            shutil.copytree(shop.root, small.root)
            run_id = jobs.start(asked(steps=ENDLESS), small)
            at_step(small, run_id, 2)
            with disks.full(disk):
                run = ended(small, run_id)
                assert run.state == "disk-full", runs.log_tail(small, run_id)
                assert run.can_resume
                assert [one.id for one in runs.list_runs(small)] == [run_id]
                done = losses(MetricsLog(small.job_dir(run_id) / "metrics.jsonl").read())
            jobs.resume(run_id, small)
            at_step(small, run_id, max(len(done) + 3, SHORT))
            assert losses(read_metrics(small, run_id))[: len(done)] == done
            jobs.stop(run_id, small)
            assert ended(small, run_id).state == "stopped"


class TestAReadOnlyDisk:
    def refuse(self, monkeypatch: pytest.MonkeyPatch, shop: Workspace) -> None:
        """A stand-in that holds for root too, whom rights do not stop."""
        opened = Path.open

        def read_only(path: Path, mode: str = "r", *rest: object, **more: object) -> object:
            if shop.root in path.parents and set(mode) & set("wax+"):
                raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
            return opened(path, mode, *rest, **more)  # type: ignore[call-overload]

        def no_temporary(*rest: object, **more: object) -> tuple[int, str]:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), "a temporary file")

        monkeypatch.setattr(Path, "open", read_only)
        monkeypatch.setattr("tempfile.mkstemp", no_temporary)

    def test_is_told_in_words_and_looking_goes_on(
        self, shop: Workspace, short: WholeRun, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shutil.copytree(short.workspace.job_dir(short.id), shop.job_dir(short.id))
        self.refuse(monkeypatch, shop)
        for change in (
            lambda: jobs.start(asked(), shop),
            lambda: jobs.resume(short.id, shop, steps=SHORT + 1),
            lambda: jobs.rename(short.id, shop, "x"),
            lambda: jobs.annotate(short.id, shop, "x"),
            lambda: jobs.archive(short.id, shop),
            lambda: jobs.delete(short.id, shop),
        ):
            with pytest.raises(TrainingError, match=r"Read-only file system.*RECSYS_HOME"):
                change()
        assert [run.id for run in runs.list_runs(shop)] == [short.id]
        assert runs.curves(shop, short.id)["loss"].steps == tuple(range(1, SHORT + 1))


class TestWhatCannotStart:
    def test_leaves_nothing(self, shop: Workspace) -> None:
        with pytest.raises(DataError, match="no data set 'nowhere'"):
            jobs.start(TrainRequest("nowhere", steps=2), shop)
        with pytest.raises(ConfigError, match="'learning_rate'"):
            jobs.start(asked(overrides=("learning_rat=1",)), shop)
        with pytest.raises(ConfigError, match="name may have 80"):
            jobs.start(asked(), shop, name="x" * 81)
        with pytest.raises(ConfigError, match="cannot resume"):
            jobs.start(TrainRequest(resume="regions-1"), shop)
        assert shop.job_ids() == []

    def test_changed_settings_that_do_not_fit_spoil_nothing(self, shop: Workspace) -> None:
        run_id = jobs.start(asked(steps=ENDLESS), shop)
        at_step(shop, run_id, 2)
        jobs.stop(run_id, shop)
        before = ended(shop, run_id).config
        jobs.resume(run_id, shop, overrides=("embedding_dim=16",))
        run = ended(shop, run_id)
        assert run.state == "crashed"
        assert "checkpoint" in run.reason
        assert run.config == before


def test_a_changed_copy(shop: Workspace) -> None:
    first = jobs.start(asked(steps=3), shop)
    request = jobs.request_of(first, shop)
    changed = replace(request, overrides=(*request.overrides, "tau=5"), steps=3)
    copy = jobs.start(changed, shop, queue=True, name="copy", origin=first)
    run = runs.read_run(shop, copy)
    assert (run.origin, run.name, run.steps) == (first, "copy", 3)
    assert run.config["tau"] == 5
    assert run.config["tower"] == runs.read_run(shop, first).config["tower"]
    assert ended(shop, copy).state == "finished"


def test_work_in_a_terminal_is_a_run_like_any_other(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trained in this very process; while it does, nothing else may start."""
    from recsys.learning.loop import Event, Interrupted
    from recsys.learning.train import train

    seen: list[Run] = []

    def watch(event: Event) -> None:
        if event.kind == "step" and not seen:
            (run,) = runs.list_runs(shop)
            seen.append(run)
            with pytest.raises(BusyError):
                jobs.start(asked(seed=5), shop)
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Interrupted):
        train(asked(), shop, watch)
    assert seen[0].state == "running"
    (run,) = runs.list_runs(shop)
    assert (run.state, run.reason) == ("stopped", "it was stopped")
