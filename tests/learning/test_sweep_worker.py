"""Real sweeps, each a process: to the end, stopped, killed in a trial, with impossible trials."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recsys import processes
from recsys.errors import ConfigError, RequestError
from recsys.learning import jobs, runs, sweep_jobs
from recsys.learning.jobs import BusyError
from recsys.learning.sweep_jobs import start_sweep
from recsys.learning.sweeps import Parameter, Sweep, SweepRequest, read_sweep
from recsys.learning.train import TrainRequest
from recsys.workspace import Workspace
from tests.learning.conftest import Run
from tests.learning.tiny import OVERRIDES
from tests.support.planted import BASE, VALIDATION_SCENES, write_planted
from tests.test_processes import SOON_S, until

# Any learning rate compiles to the same step, so that all but the first trial are quick.
RATE = Parameter("learning_rate", 1e-3, 3e-2, is_logarithmic=True)
ENDLESS = 100_000
LONG_S = 3 * SOON_S

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def shop(tmp_path: Path, short: Run, planted: Path) -> Iterator[Workspace]:
    workspace = Workspace(tmp_path / "shop")
    shutil.copytree(planted, workspace.datasets_dir / "planted")
    shutil.copytree(short.workspace.cache_dir, workspace.cache_dir)
    yield workspace
    for folder in (
        *map(workspace.sweep_dir, workspace.sweep_ids()),
        *map(workspace.job_dir, workspace.job_ids()),
    ):
        processes.kill(folder)
        processes.wait(folder, SOON_S)


def asked(*parameters: Parameter, **changes: Any) -> SweepRequest:
    budget = {} if "minutes" in changes else {"trials": 3}
    known = {"trial_steps": 10, "overrides": OVERRIDES, **budget, **changes}
    return SweepRequest("planted", "regions", parameters or (RATE,), **known)


def ended(workspace: Workspace, sweep_id: str) -> Sweep:
    processes.wait(workspace.sweep_dir(sweep_id), LONG_S)
    return read_sweep(workspace, sweep_id)


def tail(workspace: Workspace, sweep_id: str) -> list[str]:
    return processes.log_tail(workspace.sweep_dir(sweep_id))


def test_to_its_end_and_the_best_at_full_length(shop: Workspace) -> None:
    sweep_id = start_sweep(asked(), shop, name="First")
    with pytest.raises(BusyError, match=f"{sweep_id} is in progress"):
        jobs.start(TrainRequest("planted", steps=2, overrides=OVERRIDES), shop)
    sweep = ended(shop, sweep_id)
    assert sweep.state == "finished", [sweep.reason, tail(shop, sweep_id)]
    assert (sweep.name, sweep.fraction, sweep.remedy) == ("First", 1.0, "")
    assert [trial.number for trial in sweep.trials] == [0, 1, 2]
    assert {trial.state for trial in sweep.trials} == {"complete"}
    for trial in sweep.trials:
        assert trial.steps == 10
        assert [step for step, _ in trial.curve] == [2, 4, 6, 8, 10]
        assert trial.curve[-1][1] == trial.value
        place = shop.sweep_dir(sweep_id) / "trials" / f"{trial.number:04d}"
        rows = [json.loads(line) for line in (place / "metrics.jsonl").read_text().splitlines()]
        rates = [row["learning_rate"] for row in rows if "loss" in row]
        assert max(rates) == pytest.approx(trial.params["learning_rate"], rel=0.1)
        assert not (place / "checkpoints").exists()
    assert sweep.best_trial is not None
    assert sweep.best_trial.value == max(trial.value or 0 for trial in sweep.trials)
    assert shop.model_ids() == []  # trials make no models
    with pytest.raises(ConfigError, match=r"is spent.*more trials"):
        sweep_jobs.resume_sweep(sweep_id, shop)
    run_id = sweep_jobs.train_best(sweep_id, shop, steps=3)
    run = runs.read_run(shop, run_id)
    assert run.config["learning_rate"] == sweep.best_trial.params["learning_rate"]
    assert (run.name, run.origin, run.steps) == ("Best of First", sweep_id, 3)
    sweep_jobs.delete_sweep(sweep_id, shop)
    assert shop.sweep_ids() == []
    processes.wait(shop.job_dir(run_id), SOON_S)
    assert runs.read_run(shop, run_id).state == "finished"


def test_stopped_and_killed_it_goes_on_in_its_trial(shop: Workspace) -> None:
    sweep_id = start_sweep(asked(trial_steps=ENDLESS, trials=1), shop)
    folder = shop.sweep_dir(sweep_id)
    place = folder / "trials" / "0000" / "metrics.jsonl"
    until(lambda: place.is_file() and len(place.read_text().splitlines()) > 3)
    with pytest.raises(ConfigError, match="in progress"):
        sweep_jobs.delete_sweep(sweep_id, shop)
    assert sweep_jobs.stop_sweep(sweep_id, shop)
    sweep = ended(shop, sweep_id)
    assert (sweep.state, sweep.reason) == ("stopped", "it was stopped")
    assert [trial.state for trial in sweep.trials] in ([], ["running"])
    with pytest.raises(RequestError, match="no complete trial"):
        sweep_jobs.train_best(sweep_id, shop)
    done = len(place.read_text().splitlines())
    sweep_jobs.resume_sweep(sweep_id, shop)
    until(lambda: len(place.read_text().splitlines()) > done + 1)
    steps = [json.loads(line)["step"] for line in place.read_text().splitlines()[: done + 1]]
    assert steps == sorted(steps)  # it went on from its checkpoint
    assert steps[0] == 1
    processes.kill(folder)
    sweep = ended(shop, sweep_id)
    assert sweep.state == "killed"
    assert f"sweep resume {sweep_id}" in sweep.remedy
    assert jobs.in_progress(shop) == []


def test_impossible_settings_cost_one_trial(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the region sizes one is no multiple of the trunk's stride: its trials fail."""
    monkeypatch.setattr(sweep_jobs, "checked", lambda request: request)  # or it were refused
    size = Parameter("grid_px", choices=(16, 24))
    sweep_id = start_sweep(asked(size, trial_steps=5, trials=5), shop)
    sweep = ended(shop, sweep_id)
    assert sweep.state == "finished", [sweep.reason, tail(shop, sweep_id)]
    assert len(sweep.trials) == 5
    states = {(trial.params["grid_px"], trial.state) for trial in sweep.trials}
    assert states == {(16, "complete"), (24, "failed")}
    assert all("grid_px" in trial.reason for trial in sweep.trials if trial.state == "failed")


def test_a_budget_of_minutes_is_kept(shop: Workspace) -> None:
    sweep_id = start_sweep(asked(trial_steps=ENDLESS, minutes=0.1), shop)
    sweep = ended(shop, sweep_id)
    assert sweep.state == "finished", [sweep.reason, tail(shop, sweep_id)]
    assert len(sweep.trials) == 1
    assert sweep.trials[0].state == "pruned"
    assert sweep.trials[0].reason == "the sweep's time was over"


def test_without_validation_scenes_it_says_so(shop: Workspace) -> None:
    shutil.rmtree(shop.datasets_dir / "planted")
    pairs = write_planted(shop.datasets_dir / "planted") / f"{BASE}.json"
    lines = pairs.read_text("utf-8").splitlines()
    kept = [line for line in lines if not any(name in line for name in VALIDATION_SCENES)]
    pairs.write_text("\n".join(kept) + "\n", "utf-8")
    sweep_id = start_sweep(asked(), shop)
    sweep = ended(shop, sweep_id)
    assert sweep.state == "crashed"
    assert "no validation scenes" in sweep.reason
