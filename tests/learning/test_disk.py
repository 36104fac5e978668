"""A disk that is full or refuses to be written: the run stops cleanly, what it saved is whole."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from recsys.errors import TrainingError
from recsys.learning import runs
from recsys.learning.checkpoints import Checkpoints
from recsys.learning.disk import DiskFullError, is_disk_full
from recsys.learning.loop import Budget, Event, Pace
from recsys.learning.metrics import MetricsLog
from recsys.learning.steps import Trainer
from recsys.learning.train import TrainRequest, train
from recsys.workspace import Workspace
from tests.learning.conftest import SHORT, Run, losses, quiet, read_metrics, weights_of
from tests.learning.fakes import EAGER, Setting
from tests.learning.tiny import OVERRIDES, tiny
from tests.support import disks


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "run-1"


class TestADiskThatRefuses:
    def refuse(self, number: int, what: Path) -> OSError:
        return OSError(number, os.strerror(number), str(what))

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
    def test_a_full_one_stops_the_run_cleanly(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        append = MetricsLog.append

        def full(log: MetricsLog, record: dict[str, Any]) -> None:
            if record["step"] == 4:
                raise self.refuse(number, log.path)
            append(log, record)

        monkeypatch.setattr(MetricsLog, "append", full)
        setting = Setting(folder, Budget(steps=9), pace=EAGER)
        message = r"disk is full: the run run-1 stopped at step 4.*checkpoint of step 3 is whole"
        with pytest.raises(DiskFullError, match=message) as error:
            setting.loop.run()
        assert error.value.remedy.endswith("train --resume run-1")
        monkeypatch.undo()
        again = Setting(folder, Budget(steps=9))
        again.loop.restore()
        again.loop.run()
        assert [r["step"] for r in again.metrics() if "loss" in r] == list(range(1, 10))

    def test_while_a_checkpoint_is_written(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        save = Checkpoints.save

        def full(checkpoints: Checkpoints, state: Any, progress: dict[str, Any]) -> int:
            if progress["step"] == 3:
                # As TensorStore tells it, which writes the arrays
                raise ValueError("Failed writing: \"/disk/state\": No space [os_error_code='28']")
            return save(checkpoints, state, progress)

        monkeypatch.setattr(Checkpoints, "save", full)
        setting = Setting(folder, Budget(steps=9), pace=EAGER)
        with pytest.raises(DiskFullError, match="checkpoint of step 2 is whole"):
            setting.loop.run()
        assert Checkpoints(folder / "checkpoints").steps() == [1, 2]

    def test_one_that_cannot_be_written_is_told_by_its_file(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(log: MetricsLog, record: dict[str, Any]) -> None:
            raise self.refuse(errno.EROFS, log.path)

        monkeypatch.setattr(MetricsLog, "append", refuse)
        message = r"step 1: .*metrics.jsonl cannot be read or written \(Read-only.*saved nothing"
        with pytest.raises(TrainingError, match=message) as error:
            Setting(folder, Budget(steps=2)).loop.run()
        assert not isinstance(error.value, DiskFullError)

    def test_another_error_stays_what_it_is(self, folder: Path) -> None:
        def fail(event: Event) -> None:
            if event.kind == "step":
                raise ValueError("a bug")

        with pytest.raises(ValueError, match="a bug"):
            Setting(folder, Budget(steps=2), then=fail).loop.run()


def test_a_full_disk_is_known_behind_other_words() -> None:
    def refused(number: int) -> TrainingError:
        try:
            try:
                raise OSError(number, os.strerror(number))
            except OSError:
                raise TrainingError("the cache cannot be written") from None
        except TrainingError as error:
            return error

    assert is_disk_full(refused(errno.ENOSPC))
    assert not is_disk_full(refused(errno.EACCES))
    assert not is_disk_full(KeyError("x"))


def test_a_checkpoint_that_no_longer_fits(short: Run, planted: Path, tmp_path: Path) -> None:
    """A real small disk, full between two checkpoints of a run that is trained in a terminal."""
    disk = tmp_path / "disk"
    shop = Workspace(disk / "shop")
    size = disks.size_of(planted) + disks.size_of(short.workspace.cache_dir) + 12_000_000
    stack = ExitStack()

    def listen(event: Event) -> None:
        if event.kind == "save" and event.step == 4:
            stack.enter_context(disks.full(disk))

    with disks.small_disk(disk, size):
        shutil.copytree(planted, shop.datasets_dir / "planted")
        shutil.copytree(short.workspace.cache_dir, shop.cache_dir)
        request = TrainRequest("planted", steps=SHORT, overrides=OVERRIDES)
        with stack:
            pace = Pace(save_every_s=0.0, evaluate_every_s=1e9)
            with pytest.raises(DiskFullError, match=r"checkpoint of step 4 is whole") as error:
                train(request, shop, listen, pace=pace)
            (run,) = runs.list_runs(shop)
            assert run.state == "disk-full"
            assert run.reason == "the disk is full"
            assert error.value.remedy.endswith(f"--resume {run.id}")
            assert f"--resume {run.id}" in run.remedy
            checkpoints = Checkpoints(shop.job_dir(run.id) / "checkpoints")
            _, progress = checkpoints.restore(Trainer(tiny()).initial_state())
            assert progress["step"] == run.saved_step == 4
        assert train(TrainRequest(resume=run.id), shop, quiet) == run.id
        assert losses(read_metrics(shop, run.id)) == losses(short.metrics)
        assert weights_of(shop, run.id) == weights_of(short.workspace, short.id)
