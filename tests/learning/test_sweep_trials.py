"""A sweep's trials in this very process: killed, damaged, given to others, hopeless."""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recsys import atomic as files
from recsys.errors import TrainingError
from recsys.learning import sweep_jobs, sweep_worker
from recsys.learning.config import with_values
from recsys.learning.disk import DiskFullError, disk_error
from recsys.learning.loop import Interrupted
from recsys.learning.steps import learning_rate_at
from recsys.learning.sweep_jobs import start_sweep
from recsys.learning.sweep_study import Study
from recsys.learning.sweep_worker import Search
from recsys.learning.sweeps import Sweep, read_sweep
from recsys.workspace import Workspace
from tests.learning.conftest import Run
from tests.learning.test_sweep_worker import asked
from tests.learning.tiny import tiny

STEPS = 10

pytestmark = pytest.mark.timeout(300)


class _Killed(BaseException):
    pass


@pytest.fixture
def shop(tmp_path: Path, short: Run, planted: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace in which sweeps are asked for, and carried out by ``go_on`` alone."""
    workspace = Workspace(tmp_path / "shop")
    shutil.copytree(planted, workspace.datasets_dir / "planted")
    shutil.copytree(short.workspace.cache_dir, workspace.cache_dir)
    monkeypatch.setattr(sweep_jobs, "_launch", lambda *_: None)
    monkeypatch.setattr(Search, "_forget_compiled", lambda self: None)  # other tests share it
    return workspace


def go_on(shop: Workspace, sweep_id: str) -> Sweep:
    Search(sweep_id, shop, threading.Event()).run()
    return read_sweep(shop, sweep_id)


def killed_at_its_end(shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> str:
    """A sweep of one trial, all of which is saved and none of which was told."""

    def die(*_: Any) -> None:
        raise _Killed

    sweep_id = start_sweep(asked(trial_steps=STEPS, trials=1), shop)
    with monkeypatch.context() as patch:
        patch.setattr(Study, "complete", die)
        with pytest.raises(_Killed):
            go_on(shop, sweep_id)
    assert list(place_of(shop, sweep_id).glob("checkpoints/step-*10"))
    return sweep_id


def place_of(shop: Workspace, sweep_id: str) -> Path:
    return shop.sweep_dir(sweep_id) / "trials" / "0000"


def rows_of(place: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (place / "metrics.jsonl").read_text().splitlines()]


def results_of(place: Path) -> list[tuple[int, float | None, float | None]]:
    return [
        (row["step"], row.get("loss"), row.get("validation_recall@10")) for row in rows_of(place)
    ]


def test_killed_at_the_end_of_a_trial(shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep_id = killed_at_its_end(shop, monkeypatch)
    before = results_of(place_of(shop, sweep_id))
    (trial,) = go_on(shop, sweep_id).trials
    assert (trial.state, trial.steps) == ("complete", STEPS)
    assert [step for step, _ in trial.curve] == [2, 4, 6, 8, 10]
    assert trial.value == trial.curve[-1][1]
    assert results_of(place_of(shop, sweep_id)) == before


def test_a_damaged_checkpoint_costs_its_trial_a_new_start(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep_id = killed_at_its_end(shop, monkeypatch)
    before = results_of(place_of(shop, sweep_id))
    for path in place_of(shop, sweep_id).glob("checkpoints/*/progress.json"):
        path.write_text("x")
    (trial,) = go_on(shop, sweep_id).trials
    assert trial.state == "complete"
    assert results_of(place_of(shop, sweep_id)) == before
    assert "Trial 0 begins anew" in capsys.readouterr().out


def test_checkpoints_of_other_settings_are_not_gone_on_with(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a damaged database, when the trial's number is given to another."""
    monkeypatch.setattr(sweep_worker, "_SAVE_EVERY_S", 0.0)
    keep = Study.keep

    def keep_and_die(study: Study, used_s: float) -> None:
        keep(study, used_s)
        if json.loads((study._folder / "trials.json").read_text())["trials"][0]["steps"] == 6:
            raise _Killed

    sweep_id = start_sweep(asked(trial_steps=STEPS, trials=1), shop)
    folder = shop.sweep_dir(sweep_id)
    with monkeypatch.context() as patch:
        patch.setattr(Study, "keep", keep_and_die)
        with pytest.raises(_Killed):
            go_on(shop, sweep_id)
    (before,) = read_sweep(shop, sweep_id).trials
    assert list(place_of(shop, sweep_id).glob("checkpoints/step-*6"))
    (folder / "study.db").unlink()
    (folder / "trials.json").unlink()
    record = json.loads((folder / "sweep.json").read_text())
    record["request"]["seed"] += 1
    files.write_json(folder / "sweep.json", record)
    (trial,) = go_on(shop, sweep_id).trials
    assert trial.params != before.params
    config = with_values(tiny(), dict(trial.params))
    rates = [row["learning_rate"] for row in rows_of(place_of(shop, sweep_id)) if "loss" in row]
    assert rates == pytest.approx([learning_rate_at(config, n / STEPS) for n in range(STEPS)])


class TestATrialThatTakesTheProcessWithIt:
    def sweep(self, shop: Workspace, monkeypatch: pytest.MonkeyPatch, *errors: Exception) -> str:
        """Trial 0 ends the process with each of the errors, one after the other."""
        left = list(errors)

        def train(search: Search, trial: Any, place: Path) -> float:
            if trial.number == 0 and left:
                raise left.pop(0)
            return 0.5

        monkeypatch.setattr(Search, "_train", train)
        sweep_id = start_sweep(asked(trial_steps=STEPS, trials=2), shop)
        for error in errors[:2]:
            if isinstance(error, Interrupted):
                continue
            with pytest.raises(type(error)):
                go_on(shop, sweep_id)
        return sweep_id

    def test_more_than_once_gives_way_to_the_next(
        self, shop: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sweep_id = self.sweep(shop, monkeypatch, *[MemoryError("no room")] * 9)
        first, second = go_on(shop, sweep_id).trials
        assert (first.state, second.state) == ("failed", "complete")
        assert "ended 2 times in this trial without coming past step 0" in first.reason

    @pytest.mark.parametrize("kind", [DiskFullError, Interrupted])
    def test_it_is_not_the_trials_fault_that_the_disk_is_full_or_it_was_stopped(
        self, shop: Workspace, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
    ) -> None:
        sweep_id = self.sweep(shop, monkeypatch, *[kind("no")] * 2)
        first, second = go_on(shop, sweep_id).trials
        assert (first.state, second.state) == ("complete", "complete")


@pytest.mark.parametrize("number", [28, 5])
def test_the_way_on_names_the_sweep(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def train(search: Search, trial: Any, place: Path) -> float:
        told = disk_error(OSError(number, "no", "a"), f"{search.id}, trial 12", 3, None)
        assert told is not None
        raise told

    monkeypatch.setattr(Search, "_train", train)
    sweep_id = start_sweep(replace(asked(), trials=1), shop)
    with pytest.raises(TrainingError) as error:
        sweep_worker._search(sweep_id, shop, threading.Event())
    assert isinstance(error.value, DiskFullError) == (number == 28)
    assert error.value.remedy.endswith(f"go on with: python -m recsys sweep resume {sweep_id}")
