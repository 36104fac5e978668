"""What another budget means: how much is left, and the learning rate on either side."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from recsys.errors import ConfigError
from recsys.learning import jobs
from recsys.learning.budgets import least_minutes, outlook, saved_at, sweep_used_s
from recsys.learning.runs import read_run
from recsys.ui.training.words import outlook_words
from recsys.workspace import Workspace
from tests.support.runs import write_run

PEAK, WARM_UP = 4e-3, 0.1


def cosine(spent: float) -> float:
    """The schedule as it is meant: a straight rise, then half a cosine down to 1 %."""
    if spent < WARM_UP:
        return PEAK * spent / WARM_UP
    down = (1 + math.cos(math.pi * (spent - WARM_UP) / (1 - WARM_UP))) / 2
    return PEAK * (0.01 + 0.99 * down)


@pytest.fixture
def workspace() -> Workspace:
    write_run("mine", phase="stopped", step=30, saved=(20, 90.0), data="gone")
    return Workspace.default()


@pytest.mark.parametrize(("steps", "spent"), [(40, 0.5), (80, 0.25), (400, 0.05), (25, 0.8)])
def test_the_rate_follows_the_part_that_is_spent(
    workspace: Workspace, steps: int, spent: float
) -> None:
    found = outlook(read_run(workspace, "mine"), workspace, steps=steps)
    assert (found.step, found.elapsed_s, found.schedule) == (20, 90.0, "cosine")
    assert found.spent == pytest.approx(spent)
    assert found.rate_before == pytest.approx(1e-3)  # of step 20, not of the lost ones after it
    assert found.rate_after == pytest.approx(cosine(spent))


def test_minutes_count_those_that_are_spent(workspace: Workspace) -> None:
    run = read_run(workspace, "mine")
    found = outlook(run, workspace, minutes=3)
    assert found.spent == pytest.approx(0.5)
    assert found.rate_after == pytest.approx(cosine(0.5))
    over = outlook(run, workspace, minutes=1)
    assert over.spent == pytest.approx(1.5)
    assert over.rate_after is None


def test_without_a_checkpoint_it_begins_anew() -> None:
    workspace = Workspace.default()
    write_run("new", phase="stopped", step=5, data="gone")
    run = read_run(workspace, "new")
    assert saved_at(run, workspace) == (0, 0.0)
    found = outlook(run, workspace, steps=10)
    assert (found.spent, found.rate_before) == (0.0, None)
    assert outlook_words(found, 10, "steps") == "It goes on from the start, 10 steps more."


@pytest.mark.parametrize("budget", [{}, {"steps": 1, "minutes": 1.0}])
def test_a_budget_is_of_one_kind(workspace: Workspace, budget: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="steps or of minutes"):
        outlook(read_run(workspace, "mine"), workspace, **budget)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (20, "It is at step 20 already, which is all of this budget"),
        (40, "20 steps more. The learning rate rises from 0.001 to 0.0024 there"),
        (22, "2 steps more. The learning rate falls from 0.001 to 0.00014 there"),
    ],
)
def test_in_words(workspace: Workspace, steps: int, words: str) -> None:
    found = outlook(read_run(workspace, "mine"), workspace, steps=steps)
    assert words in outlook_words(found, steps, "steps")


def test_warming_up_under_the_same_budget_is_no_change() -> None:
    """The rate doubles from the second step to the third, as it was meant to from the start."""
    workspace = Workspace.default()
    settings: dict[str, Any] = {"learning_rate": 0.04, "warmup_fraction": 0.1}
    write_run("mine", phase="stopped", step=2, steps=400, saved=(2, 9.0), data="gone", **settings)

    def said(steps: int) -> str:
        return outlook_words(
            outlook(read_run(workspace, "mine"), workspace, steps=steps), steps, "steps"
        )

    assert said(400).endswith(
        "398 steps more. The learning rate goes on along its curve, at 0.002."
    )
    assert "rises from 0.001 to 0.008 there" in said(100)


def test_a_budget_that_was_given_and_not_trained_by_is_another(workspace: Workspace) -> None:
    """Stopped while it waited in line: it has the budget, and the rate of the one before."""
    path = workspace.job_dir("mine") / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "steps": 400}))
    found = outlook(read_run(workspace, "mine"), workspace, steps=400)
    assert "rises from 0.001 to 0.002 there" in outlook_words(found, 400, "steps")


def test_a_finished_run_needs_more_than_it_has_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace.default()
    write_run("whole", minutes=2.0, saved=(40, 90.0), data="gone")
    launched: list[dict[str, Any]] = []
    monkeypatch.setattr(jobs, "_launch", lambda _, __, changes: launched.append(changes))
    with pytest.raises(ConfigError, match=r"has trained 1\.5 minutes already.*more in all"):
        jobs.resume("whole", workspace, minutes=1.5)
    assert not launched
    jobs.resume("whole", workspace, minutes=3.0)
    assert [changes["minutes"] for changes in launched] == [3.0]


@pytest.mark.parametrize(
    ("used_s", "least"), [(0.0, 0.1), (5.9, 0.1), (6.0, 0.2), (9.0, 0.2), (1200.0, 20.1)]
)
def test_the_least_budget_has_something_left(used_s: float, least: float) -> None:
    assert least_minutes(used_s) == least
    assert 60 * least > used_s >= 60 * (least - 0.1) - 1e-6


@pytest.mark.parametrize("kept", [None, "", "[]", "{}", '{"used_s": "much"}'])
def test_of_a_sweep_that_noted_nothing_nothing_is_used(kept: str | None) -> None:
    workspace = Workspace.default()
    if kept is not None:
        workspace.sweep_dir("sweep-1").mkdir(parents=True)
        (workspace.sweep_dir("sweep-1") / "trials.json").write_text(kept)
    assert sweep_used_s("sweep-1", workspace) == 0.0


def test_a_constant_rate_stays() -> None:
    workspace = Workspace.default()
    settings: dict[str, Any] = {"schedule": "constant", "learning_rate": 1e-3}
    write_run("flat", phase="stopped", step=20, saved=(20, 60.0), data="gone", **settings)
    found = outlook(read_run(workspace, "flat"), workspace, steps=90)
    assert "The learning rate stays at 0.001." in outlook_words(found, 90, "steps")
