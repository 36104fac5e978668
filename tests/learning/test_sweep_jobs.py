"""Sweeps as they are asked for, named and gone on with; no process is started here."""

from __future__ import annotations

import fcntl
import json
import shutil
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from recsys import processes
from recsys.errors import ConfigError, RequestError, TrainingError
from recsys.learning import sweep_jobs
from recsys.learning.config import TrainConfig
from recsys.learning.jobs import BusyError
from recsys.learning.setting_words import SETTINGS, label_of, unit_of
from recsys.learning.sweeps import Parameter, Sweep, SweepRequest, list_sweeps, read_sweep
from recsys.workspace import Workspace
from tests.learning.test_sweeps import trial, write_sweep

REQUEST = SweepRequest(
    "planted", "regions", (Parameter("learning_rate", 1e-4, 1e-2, True),), 20, trials=4
)


@pytest.fixture
def shop(tmp_path: Path, planted: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace in which sweeps are asked for and none begins."""
    workspace = Workspace(tmp_path / "shop")
    shutil.copytree(planted, workspace.datasets_dir / "planted")
    monkeypatch.setattr(sweep_jobs, "_launch", lambda *_: None)
    return workspace


def test_one_request_sent_twice_is_one_sweep(shop: Workspace) -> None:
    first = sweep_jobs.start_sweep(REQUEST, shop, queue=True)
    with ExitStack() as going:
        going.enter_context(processes.enrolled(shop.sweep_dir(first)))
        with pytest.raises(BusyError, match=f"{first} is in progress with the very same"):
            sweep_jobs.start_sweep(REQUEST, shop, queue=True, name="Again")
        assert shop.sweep_ids() == [first]
        other = replace(REQUEST, seed=1)
        second = sweep_jobs.start_sweep(other, shop, queue=True)
    assert len(shop.sweep_ids()) == 2
    third = sweep_jobs.start_sweep(REQUEST, shop)  # the first is over
    assert {sweep.id for sweep in list_sweeps(shop)} == {first, second, third}


def test_what_was_measured_not_to_fit_is_refused(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[int] = []

    def refuse(config: TrainConfig, *_: object) -> None:
        measured.append(config.batch_scenes)
        raise TrainingError("this training does not fit", "Use smaller pictures")

    monkeypatch.setattr(sweep_jobs, "refuse_misfit", refuse)
    with pytest.raises(TrainingError, match="does not fit"):
        sweep_jobs.start_sweep(replace(REQUEST, overrides=("batch_scenes=9",)), shop)
    assert measured == [9]
    assert shop.sweep_ids() == []


def test_names_and_notes(shop: Workspace) -> None:
    sweep_id = sweep_jobs.start_sweep(REQUEST, shop, name="First")
    assert read_sweep(shop, sweep_id).name == "First"
    sweep_jobs.describe_sweep(sweep_id, shop, name="Second\x00 ", note="a\nb")
    sweep = read_sweep(shop, sweep_id)
    assert (sweep.name, sweep.note) == ("Second", "a\nb")
    sweep_jobs.describe_sweep(sweep_id, shop, name="", note="")
    assert read_sweep(shop, sweep_id).name == sweep_id
    with pytest.raises(ConfigError, match="a name may have 80 characters"):
        sweep_jobs.describe_sweep(sweep_id, shop, name="x" * 81, note="")
    with pytest.raises(RequestError, match="no sweep"):
        sweep_jobs.describe_sweep("nobody", shop, name="x", note="")


def test_a_larger_budget_is_larger(shop: Workspace) -> None:
    folder = write_sweep(shop)
    trials = [trial(0, 0.3), trial(1, 0.2, "pruned"), trial(2, None, "failed")]
    record = {"trials": [*trials, trial(3, 0.1, "running")]}
    (folder / "trials.json").write_text(json.dumps(record))
    assert read_sweep(shop, "sweep-1").ended == 3
    with pytest.raises(ConfigError, match=r"has had 3 trials already.*4 trials or more"):
        sweep_jobs.resume_sweep("sweep-1", shop, trials=3)
    sweep_jobs.resume_sweep("sweep-1", shop, trials=9)
    assert read_sweep(shop, "sweep-1").request.trials == 9
    sweep_jobs.resume_sweep("sweep-1", shop, minutes=5.0)
    request = read_sweep(shop, "sweep-1").request
    assert (request.trials, request.minutes) == (None, 5.0)


def test_minutes_that_are_spent_are_no_budget(shop: Workspace) -> None:
    """It would start, end at once as finished, and could be resumed no more."""
    folder = write_sweep(shop)
    record = (folder / "sweep.json").read_bytes()
    (folder / "trials.json").write_text(json.dumps({"trials": [], "used_s": 1200.0}))
    for minutes in (5.0, 20.0):
        with pytest.raises(
            ConfigError,
            match=rf"taken 20\.0 minutes.*so {minutes:g} are none.*20\.1 minutes or more",
        ):
            sweep_jobs.resume_sweep("sweep-1", shop, minutes=minutes)
    with pytest.raises(ConfigError, match="above 0"):
        sweep_jobs.resume_sweep("sweep-1", shop, minutes=-5.0)
    assert (folder / "sweep.json").read_bytes() == record
    sweep_jobs.resume_sweep("sweep-1", shop, minutes=20.1)
    assert read_sweep(shop, "sweep-1").request.minutes == 20.1


def test_a_deletion_that_was_broken_off_is_finished_by_the_next(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (sweep_jobs.start_sweep(REQUEST, shop) for _ in range(2))

    def killed(path: Path, **_: object) -> None:
        if path.is_dir():  # it was renamed, and is to be emptied
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            sweep_jobs.delete_sweep(first, shop)
    assert shop.sweep_ids() == [second]
    assert list(shop.sweeps_dir.glob("*.deleted"))
    sweep_jobs.delete_sweep(second, shop)
    assert not list(shop.sweeps_dir.iterdir())


def test_what_it_looks_at_nobody_changes_meanwhile(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resumed at the moment of its deletion, a sweep would lose the folder under its process."""
    sweep_id = sweep_jobs.start_sweep(REQUEST, shop)
    looks: list[str] = []

    def look(workspace: Workspace, asked: str) -> Sweep:
        with (
            (workspace.jobs_dir / ".start.lock").open("w") as file,
            pytest.raises(BlockingIOError),
        ):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        looks.append(asked)
        return read_sweep(workspace, asked)

    monkeypatch.setattr(sweep_jobs, "read_sweep", look)
    sweep_jobs.resume_sweep(sweep_id, shop)
    with (
        processes.enrolled(shop.sweep_dir(sweep_id)),
        pytest.raises(ConfigError, match="in progress"),
    ):
        sweep_jobs.delete_sweep(sweep_id, shop)
    assert shop.sweep_ids() == [sweep_id]
    sweep_jobs.delete_sweep(sweep_id, shop)
    assert shop.sweep_ids() == []
    with pytest.raises(RequestError, match="no sweep"):
        sweep_jobs.resume_sweep(sweep_id, shop)
    assert looks == [sweep_id] * 4
    assert not shop.sweep_dir(sweep_id).exists()


def test_what_one_in_progress_is_at(shop: Workspace) -> None:
    folder = write_sweep(shop)
    told = {"phase": "training", "fraction": 0.4, "trial": 7, "step": 12, "text": ""}
    with processes.enrolled(folder):
        (folder / "state.json").write_text(json.dumps({**told, "remaining_s": 9.0}))
        sweep = read_sweep(shop, "sweep-1")
        assert (sweep.state, sweep.trial, sweep.step) == ("running", 7, 12)
        assert not sweep.can_resume
    (folder / "state.json").write_text(json.dumps({**told, "phase": "stopped"}))
    sweep = read_sweep(shop, "sweep-1")
    assert (sweep.state, sweep.trial, sweep.step) == ("stopped", None, 0)
    assert sweep.can_resume


def test_settings_have_names() -> None:
    assert label_of("embedding_dim") == "Embedding size"
    assert label_of("of_another_time") == "of another time"
    assert unit_of("scene_height_px") == "px"
    assert unit_of("learning_rate") == ""
    assert unit_of("of_another_time") == ""
    assert "seed" in SETTINGS
