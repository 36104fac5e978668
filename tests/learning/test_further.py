"""A run that made a model and goes on to a larger budget, stopped on the way or killed."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from recsys.errors import ConfigError
from recsys.learning import runs
from recsys.learning.bundle import load_model
from recsys.learning.loop import Interrupted
from recsys.learning.train import TrainRequest, train
from recsys.workspace import Workspace
from tests.learning.conftest import losses, quiet, read_metrics, weights_of
from tests.learning.test_kills import run_in_process
from tests.learning.test_runs import write_end, write_model, write_run, write_state
from tests.learning.test_train import RARELY, at_step, stop
from tests.learning.tiny import OVERRIDES

FIRST, LARGER = 2, 6


@pytest.fixture
def finished(planted: Path, workspace: Workspace) -> str:
    """A run that spent a small budget."""
    return train(TrainRequest(str(planted), steps=FIRST, overrides=OVERRIDES), workspace, quiet)


def assert_complete(workspace: Workspace, run_id: str) -> None:
    with pytest.raises(ConfigError, match=f"run {run_id} is complete.*--steps or --minutes"):
        train(TrainRequest(resume=run_id), workspace, quiet)


def test_stopped_on_its_way_it_goes_on(finished: str, planted: Path, workspace: Workspace) -> None:
    other = train(TrainRequest(str(planted), steps=FIRST, overrides=OVERRIDES), workspace, quiet)
    whole = train(TrainRequest(resume=other, steps=LARGER), workspace, quiet)
    with pytest.raises(Interrupted):
        train(
            TrainRequest(resume=finished, steps=LARGER), workspace, at_step(4, stop()), pace=RARELY
        )
    run = runs.read_run(workspace, finished)
    assert (run.state, run.saved_step, run.steps) == ("stopped", 4, LARGER)
    further = train(TrainRequest(resume=finished), workspace, quiet)
    assert further == f"{finished}-2"
    assert load_model(workspace.model_dir(further)).info["steps"] == LARGER
    assert losses(read_metrics(workspace, finished)) == losses(read_metrics(workspace, other))
    assert weights_of(workspace, further) == weights_of(workspace, whole)
    assert_complete(workspace, finished)


def test_its_second_model_is_made_although_it_has_a_first(
    finished: str, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("recsys.learning.train.export_model", die)
        with pytest.raises(KeyboardInterrupt):
            train(TrainRequest(resume=finished, steps=LARGER), workspace, quiet)
    run = runs.read_run(workspace, finished)
    assert (run.models, run.saved_step, run.can_resume) == ((finished,), LARGER, True)
    further = train(TrainRequest(resume=finished), workspace, quiet)
    assert runs.read_run(workspace, finished).models == (finished, further)
    assert load_model(workspace.model_dir(further)).info["steps"] == LARGER


def test_a_new_budget_holds_from_the_moment_it_was_asked_for(
    finished: str, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped while it reads its pictures it has trained no step under it."""

    def stopped(*_: Any) -> None:
        raise Interrupted("stopped")

    asked = TrainRequest(resume=finished, steps=LARGER, overrides=("learning_rate=1e-5",))
    with monkeypatch.context() as patch:
        patch.setattr("recsys.learning.train.read_material", stopped)
        with pytest.raises(Interrupted):
            train(asked, workspace, quiet)
    run = runs.read_run(workspace, finished)
    assert (run.state, run.steps, run.config["learning_rate"]) == ("stopped", LARGER, 0.003)
    further = train(TrainRequest(resume=finished), workspace, quiet)
    assert load_model(workspace.model_dir(further)).info["steps"] == LARGER


def test_minutes_that_are_spent_are_spent(planted: Path, workspace: Workspace) -> None:
    request = TrainRequest(str(planted), minutes=0.02, overrides=OVERRIDES)
    assert_complete(workspace, train(request, workspace, quiet))


def test_killed_with_its_model_made_it_is_finished(
    planted: Path, workspace: Workspace, tmp_path: Path
) -> None:
    shop = Workspace(tmp_path / "shop")
    process = run_in_process("telling", shop, data=str(planted), steps=3, overrides=OVERRIDES)
    _, errors = process.communicate(timeout=200)
    assert process.returncode == -signal.SIGKILL, errors
    (run,) = runs.list_runs(shop)
    assert (run.state, run.reason, run.models) == ("finished", "", (run.id,))
    assert_complete(shop, run.id)
    assert shop.model_ids() == [run.id]


@pytest.mark.parametrize("phase", ["exporting", None])
def test_with_its_model_made_it_is_finished_whatever_came_after(
    tmp_path: Path, phase: str | None
) -> None:
    workspace = Workspace(tmp_path)
    folder = write_run(workspace)
    (folder / "checkpoints" / "step-000000080").mkdir(parents=True)
    if phase:
        write_state(folder, phase)
    write_end(folder, None, "SIGKILL")
    assert runs.read_run(workspace, "regions-1").state == "killed"
    write_model(workspace, "regions-1", "regions-1", steps=80)
    run = runs.read_run(workspace, "regions-1")
    assert (run.state, run.reason, run.remedy, run.fraction) == ("finished", "", "", 1.0)
    assert not run.can_resume
    # On its way to a larger budget it is as far from its end as any other run.
    (folder / "checkpoints" / "step-000000120").mkdir()
    run = runs.read_run(workspace, "regions-1")
    assert (run.state, run.can_resume) == ("killed", True)
