"""What may be done with a sweep, and by whom."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recsys.atomic import write_json
from recsys.errors import ConfigError
from recsys.learning import jobs, sweep_jobs
from recsys.learning.sweeps import read_sweep
from recsys.ui import roles
from recsys.workspace import Workspace
from tests.pages import training_parts
from tests.pages.conftest import OpenPage, messages, notes
from tests.pages.sweep_parts import ACTS, FORM, field, said, shown, trial, write_sweep
from tests.pages.training_parts import labels, press
from tests.support.runs import write_run

local = training_parts.local
going = training_parts.going


def test_named_gone_on_with_and_deleted(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_sweep()
    app = open_page("train", train_view="sweeps", train_sweep="sweep-1")
    app.text_input(key="train_sweep_name_sweep-1").set_value("Better name")
    app.text_area(key="train_sweep_note_sweep-1").set_value("Rates below 0.01.")
    press(app, "Save")
    assert "Better name" in said(app)
    sweep = read_sweep(Workspace.default(), "sweep-1")
    assert (sweep.name, sweep.note) == ("Better name", "Rates below 0.01.")
    launched: list[str] = []
    monkeypatch.setattr(sweep_jobs, "_launch", lambda _, sweep_id: launched.append(sweep_id))
    more = field(app, "Trials in all")
    assert more.value == 18
    more.set_value(30)
    press(app, "Go on")
    assert launched == ["sweep-1"]
    assert json.loads((folder / "sweep.json").read_text())["request"]["trials"] == 30
    press(app, "Delete for good")
    assert not folder.exists()
    assert "There are no sweeps yet" in messages(app)


@pytest.mark.parametrize(
    ("length", "expected"),
    [("preset", (None, None)), ("steps", (800, None)), ("minutes", (None, 10.0))],
)
def test_the_best_is_trained_and_shown(
    open_page: OpenPage,
    monkeypatch: pytest.MonkeyPatch,
    length: str,
    expected: tuple[int | None, float | None],
) -> None:
    write_sweep()
    asked: list[tuple[str, int | None, float | None]] = []

    def begin(sweep_id: str, _: Workspace, *, steps: Any, minutes: Any, queue: bool) -> str:
        asked.append((sweep_id, steps, minutes))
        assert not queue
        write_run("fresh", phase="training", step=2)
        return "fresh"

    monkeypatch.setattr(sweep_jobs, "train_best", begin)
    app = open_page("train", train_view="sweeps", train_sweep="sweep-1")
    app.segmented_control(key="train_best_by_sweep-1").set_value(length).run()
    press(app, "Train it")
    assert asked == [("sweep-1", *expected)]
    assert app.query_params["train_run"] == "fresh"
    assert "train_sweep" not in app.query_params


def test_no_more_than_there_may_be(open_page: OpenPage) -> None:
    most = 1000
    write_sweep(trials=tuple(trial(at, 0.1) for at in range(most - 2)))
    address = {"train_view": "sweeps", "train_sweep": "sweep-1"}
    app = open_page("train", **address)
    more = field(app, "Trials in all")
    assert more.value == most
    more.set_value(most + 1).run()
    assert "Trials in all must be 999 to 1,000, not 1,001" in messages(app)
    assert "Go on" not in labels(app)
    write_sweep(trials=tuple(trial(at, 0.1) for at in range(most)))
    assert "Go on" not in labels(open_page("train", **address))


@pytest.mark.parametrize(
    ("length", "label", "value", "said"),
    [
        ("steps", "Steps", 0, "Steps must be 1 to 10,000,000, not 0"),
        ("minutes", "Minutes", 0.0, "Minutes must be 0.1 to 43,200, not 0"),
    ],
)
def test_the_best_is_trained_no_other_time_than_is_shown(
    open_page: OpenPage, length: str, label: str, value: float, said: str
) -> None:
    """No field has limits: the browser would keep back what it refuses, and the run would start."""
    write_sweep()
    app = open_page("train", train_view="sweeps", train_sweep="sweep-1")
    app.segmented_control(key="train_best_by_sweep-1").set_value(length).run()
    assert {(one.min, one.max) for one in app.number_input} == {(None, None)}
    field(app, label).set_value(value).run()
    assert said in messages(app)
    assert "Train it" not in labels(app)


def test_what_is_used_is_not_offered_again(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_sweep(phase="stopped", minutes=30.0)
    took(folder, 20 * 60)
    monkeypatch.setattr(sweep_jobs, "_launch", lambda *_: None)
    app = open_page("train", train_view="sweeps", train_sweep="sweep-1")
    assert "it has taken 20 min" in notes(app)
    more = field(app, "Minutes in all")
    assert (more.value, more.min, more.max) == (60.0, None, None)
    more.set_value(20.0).run()
    assert "Minutes in all must be 20.1 to 43,200, not 20" in messages(app)
    assert "Go on" not in labels(app)
    field(app, "Minutes in all").set_value(40.0).run()
    field(app, "Minutes in all").set_value(5.0)  # and clicked before the page has said so
    press(app, "Go on")
    assert "has taken 20.0 minutes already, so 5 are none more" in messages(app)
    assert read_sweep(Workspace.default(), "sweep-1").request.minutes == 30.0
    field(app, "Minutes in all").set_value(20.1).run()
    press(app, "Go on")
    assert read_sweep(Workspace.default(), "sweep-1").request.minutes == 20.1
    took(folder, 43_200 * 60)
    assert "Go on" not in labels(open_page("train", train_view="sweeps", train_sweep="sweep-1"))


def took(folder: Path, seconds: float) -> None:
    """A sweep has taken so long."""
    path = folder / "trials.json"
    write_json(path, {**json.loads(path.read_text()), "used_s": seconds})


def test_without_a_complete_trial_there_is_no_best(open_page: OpenPage) -> None:
    write_sweep(trials=(trial(0, 0.2, "running"),), phase="stopped")
    app = open_page("train", train_view="sweeps", train_sweep="sweep-1")
    assert "Train it" not in labels(app)
    assert "Resume" in labels(app)


def test_who_is_no_operator_sees_no_controls(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sweep(phase="stopped")
    address = {"train_view": "sweeps", "train_sweep": "sweep-1"}
    assert ACTS & set(labels(open_page("train", **address)))
    monkeypatch.setattr(roles, "is_local", lambda: False)
    app = open_page("train", **address)
    assert not ACTS & set(labels(app))
    assert shown(app)["trials"]  # looking is for everybody
    assert not ACTS & set(labels(open_page("train", train_view="sweeps")))
    form = open_page("train", **FORM)
    assert not form.number_input
    assert "Only an operator can start a sweep" in messages(form)


@pytest.mark.parametrize("label", ["Resume", "Go on", "Save", "Delete for good", "Train it"])
def test_acts_refuse_whoever_lost_the_role(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    """The control was drawn for an operator; by the time of the click nobody is one."""
    folder = write_sweep(phase="stopped")
    done: list[object] = []
    for name in ("resume_sweep", "train_best", "delete_sweep"):
        monkeypatch.setattr(sweep_jobs, name, lambda *args, **_: done.append(args))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    app = open_page("train", train_view="sweeps", train_sweep="sweep-1")
    monkeypatch.setattr(roles, "is_local", lambda: False)
    press(app, label)
    assert "Only an operator may do this" in messages(app)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert not done
    assert not jobs.in_progress(Workspace.default())


def test_what_goes_wrong_is_told(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ConfigError("the disk is small", "Free some")

    write_sweep(phase="stopped")
    monkeypatch.setattr(sweep_jobs, "resume_sweep", refuse)
    app = open_page("train", train_view="sweeps", train_sweep="sweep-1")
    press(app, "Resume")
    assert "The disk is small. Free some." in messages(app)
