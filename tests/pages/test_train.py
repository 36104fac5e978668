"""The training page: one run over made-up files, watched and managed."""

from __future__ import annotations

import inspect
import json
import re
from contextlib import ExitStack
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from recsys import processes
from recsys.atomic import write_json
from recsys.learning import jobs, runs, tracking
from recsys.processes import AlreadyRunningError
from recsys.ui.training import watch
from recsys.workspace import Workspace
from tests.pages import training_parts
from tests.pages.conftest import OpenPage, component, messages, notes, tile_ids
from tests.pages.training_parts import labels, press, read
from tests.support.runs import write_run
from tests.support.shop import HOSTILE

local = training_parts.local
going = training_parts.going


def test_a_finished_run_is_told_in_full(open_page: OpenPage) -> None:
    write_run("mine", name="My run")
    app = open_page("train", train_run="mine")
    assert "My run" in [read(heading.value) for heading in app.header]
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures == {
        "Recall@10": "0.250",
        "Excess Gini": "0.300",
        "Coverage": "50.0 %",
        "Largest share": "20.0 %",
    }
    assert "1 of 1 right products are among those shown" in notes(app)
    assert tile_ids(app, "train_film_0") == ["look-studio-003", "product-007", "product-001"]
    strip = component(app, "train_film_0")
    assert strip is not None
    assert [bool(tile["badges"]) for tile in strip["tiles"]] == [False, False, True]
    before = open_page("train", train_run="mine", train_frame="20")
    assert "At step 20: 0 of 0" in notes(before)


def test_it_says_how_to_look_at_the_records(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run("mine")
    assert not open_page("train", train_run="mine").code
    monkeypatch.setenv("RECSYS_TRACKING", "on")
    app = open_page("train", train_run="mine")
    assert "Not recorded yet." in notes(app)
    assert [one.value for one in app.code] == [tracking.ui_command(Workspace.default())]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://name:secret@records.example:5000")
    served = open_page("train", train_run="mine")
    assert not served.code
    said = read("\n".join(one.value for one in served.markdown))
    assert "http://records.example:5000" in said
    assert "secret" not in said


def test_what_went_wrong_is_said_with_the_way_on(open_page: OpenPage) -> None:
    write_run("broken", phase="failed", step=20, error="the loss is no number any more")
    app = open_page("train", train_run="broken")
    assert "The loss is no number any more." in messages(app)
    assert "Resume" in labels(app)


def test_a_run_that_is_not_there(open_page: OpenPage) -> None:
    app = open_page("train", train_run="none")
    assert "There is no training run 'none'" in messages(app)
    assert "is no run's id" in notes(open_page("train", train_run="../../etc"))


def test_names_and_notes_are_text(open_page: OpenPage) -> None:
    folder = write_run("mine")
    for text in HOSTILE[:4]:
        write_json(folder / "about.json", {"name": text[:80], "note": text})
        app = open_page("train", train_run="mine")
        said = "\n".join(one.value for one in [*app.markdown, *app.header, *app.caption])
        assert not re.search(r"(?<!\\)(<img|<script|!\[)", said)
        assert read(app.header[0].value) == text[:80]


def test_a_run_in_progress_is_watched(
    open_page: OpenPage, going: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    going.enter_context(processes.enrolled(write_run("mine", phase="training", step=10)))
    app = open_page("train", train_run="mine")
    assert {"Stop", "Copy and change"} <= set(labels(app))
    assert not {"Resume", "Delete for good", "Archive"} & set(labels(app))
    stopped: list[str] = []
    monkeypatch.setattr(jobs, "stop", lambda run_id, _: stopped.append(run_id))
    press(app, "Stop")
    assert stopped == ["mine"]


def test_watching_reads_no_film_again(going: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked at every two seconds, and one of hundreds of evaluations is long."""
    folder = write_run("mine", phase="training", step=10)
    going.enter_context(processes.enrolled(folder))
    workspace = Workspace.default()
    state, mark = runs.read_run(workspace, "mine").state, runs.film_mark(workspace, "mine")
    follow = inspect.unwrap(watch.follow)  # without a page there are no fragments
    asked_for: list[bool] = []
    monkeypatch.setattr(st, "rerun", lambda: asked_for.append(True))
    monkeypatch.setattr(runs, "film", lambda *_: pytest.fail("the film was read"))
    follow(workspace, "mine", state, mark)
    assert not asked_for
    with (folder / "film.jsonl").open("a") as file:
        file.write('{"step": 11, "scenes": []}\n')
    follow(workspace, "mine", state, mark)
    assert asked_for


@pytest.mark.parametrize(
    ("step", "seconds"), [(0, 2.0), (500, 2.0), (1000, 4.0), (2500, 10.0), (10**6, 10.0)]
)
def test_curves_are_drawn_less_often_where_a_point_stands_for_many_steps(
    step: int, seconds: float
) -> None:
    assert watch.redrawn_every_s(step) == seconds


def test_it_says_what_goes_and_what_stays(open_page: OpenPage) -> None:
    folder = write_run("mine")
    app = open_page("train", train_run="mine")
    said = read("\n".join(one.value for one in app.markdown))
    assert "This deletes its curves, checkpoints and log for good." in said
    local_store = f"sqlite:///{Workspace.default().tracking_path}"
    stores = {local_store: {"mlflow_run": "a1"}, "http://records.example:5000": {"mlflow_run": "b"}}
    write_json(folder / "tracking" / "record.json", {"stores": stores})
    app = open_page("train", train_run="mine")
    said = read("\n".join(one.value for one in app.markdown))
    assert "checkpoints and log, and MLflow's record of it for good." in said
    assert "MLflow's record of it stays at http://records.example:5000; delete it there." in said


def test_a_run_is_named_archived_and_deleted(open_page: OpenPage) -> None:
    folder = write_run("mine")
    app = open_page("train", train_run="mine")
    app.text_input(key="train_name_mine").set_value("Better name")
    app.text_area(key="train_note_mine").set_value("Worked.")
    press(app, "Save")
    assert json.loads((folder / "about.json").read_text())["name"] == "Better name"
    assert "Better name" in [read(heading.value) for heading in app.header]
    press(app, "Archive")
    assert "Put back on the list" in labels(app)
    press(app, "Delete for good")
    assert not folder.exists()
    assert "There are no runs yet" in messages(app)


def test_a_copy_starts_from_the_runs_own_settings(open_page: OpenPage) -> None:
    write_run("mine", learning_rate=0.00123, steps=77, step=77)
    app = open_page("train", train_run="mine")
    press(app, "Copy and change")
    values = {one.label: one.value for one in app.number_input}
    assert values["Learning rate"] == 0.00123
    assert [value for label, value in values.items() if label.startswith("Steps")] == [77]


@pytest.fixture
def resumed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """How runs are asked to go on, of which none does."""
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(jobs, "resume", lambda run_id, _, **how: asked.append(how))
    return asked


def open_budget(open_page: OpenPage, run_id: str) -> AppTest:
    """A run's page with the way to another budget open."""
    app = open_page("train", train_run=run_id)
    assert not [one for one in app.number_input if "in all" in one.label]
    app.session_state[f"train_budget_{run_id}"] = True
    app.run()
    return app


def test_a_run_goes_on_with_another_budget(
    open_page: OpenPage, resumed: list[dict[str, Any]]
) -> None:
    write_run("mine", phase="stopped", step=20, saved=(20, 60.0))
    app = open_budget(open_page, "mine")
    (steps,) = [one for one in app.number_input if one.label == "Steps in all"]
    assert steps.value == 40  # what it had
    steps.set_value(100)
    app.run()
    said = read("\n".join(one.value for one in app.markdown))
    assert "It goes on after step 20, 80 steps more." in said
    # of a warm-up over the first tenth, then a cosine: a tenth of the way down
    assert "The learning rate rises from 0.001 to 0.0039 there" in said
    press(app, "Resume with this budget")
    (unit,) = [one for one in app.get("button_group") if one.key == "train_budget_unit_mine"]
    assert resumed == [{"steps": 100, "minutes": None, "queue": False}]
    unit.set_value("minutes")
    app.run()
    (minutes,) = [one for one in app.number_input if one.label == "Minutes in all"]
    minutes.set_value(0.5)
    app.run()
    said = read("\n".join(one.value for one in app.markdown))
    assert "It is at step 20 already, which is all of this budget" in said
    press(app, "Resume with this budget")
    assert resumed[1] == {"steps": None, "minutes": 0.5, "queue": False}


def test_a_run_of_steps_goes_on_by_the_clock(
    open_page: OpenPage, resumed: list[dict[str, Any]]
) -> None:
    """It is offered the minutes that it has trained, which are whole ones."""
    write_run("mine", phase="stopped", step=20, saved=(20, 310.0))
    app = open_budget(open_page, "mine")
    app.segmented_control(key="train_budget_unit_mine").set_value("minutes").run()
    assert not app.exception
    (minutes,) = [one for one in app.number_input if one.label == "Minutes in all"]
    assert minutes.value == 5.0
    minutes.set_value(7.5).run()
    press(app, "Resume with this budget")
    assert resumed == [{"steps": None, "minutes": 7.5, "queue": False}]


@pytest.mark.parametrize(
    ("unit", "label", "value", "said"),
    [
        ("steps", "Steps in all", 0, "Steps in all must be 1 to 10,000,000, not 0"),
        ("minutes", "Minutes in all", 0.0, "Minutes in all must be 0.1 to 43,200, not 0"),
    ],
)
def test_a_budget_out_of_range_starts_nothing(
    open_page: OpenPage, unit: str, label: str, value: float, said: str
) -> None:
    """The field has no limits: the browser would keep back what it refuses, and the run go on."""
    write_run("mine", phase="stopped", step=20, saved=(20, 60.0))
    app = open_budget(open_page, "mine")
    app.segmented_control(key="train_budget_unit_mine").set_value(unit).run()
    (budget,) = [one for one in app.number_input if one.label == label]
    assert (budget.min, budget.max) == (None, None)
    budget.set_value(value).run()
    assert said in messages(app)
    assert "Resume with this budget" not in labels(app)


def test_a_budget_typed_just_before_the_click_counts(
    open_page: OpenPage, resumed: list[dict[str, Any]]
) -> None:
    """Leaving the field and clicking are one: the page has not been drawn in between."""
    write_run("mine", phase="stopped", step=20, saved=(20, 60.0))
    app = open_budget(open_page, "mine")
    (steps,) = [one for one in app.number_input if one.label == "Steps in all"]
    steps.set_value(100)
    press(app, "Resume with this budget")
    assert resumed == [{"steps": 100, "minutes": None, "queue": False}]


def test_a_finished_run_is_trained_further(
    open_page: OpenPage, resumed: list[dict[str, Any]]
) -> None:
    workspace = Workspace.default()
    write_json(workspace.model_dir("mine") / "model.json", {"run": "mine", "created": "2026"})
    write_run("mine", saved=(40, 60.0))
    app = open_budget(open_page, "mine")
    assert "The model it has made stays as it is" in notes(app)
    (steps,) = [one for one in app.number_input if one.label == "Steps in all"]
    assert steps.value == 80  # as much again
    press(app, "Train further")
    assert resumed == [{"steps": 80, "minutes": None, "queue": False}]
    (steps,) = [one for one in app.number_input if one.label == "Steps in all"]
    steps.set_value(40)
    app.run()
    (button,) = [one for one in app.button if one.label == "Train further"]
    assert button.disabled


def test_a_second_click_on_resume_is_the_same_wish(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resume(*_: object, **__: object) -> None:
        raise AlreadyRunningError("the run mine is in progress already")

    write_run("mine", phase="stopped", step=20)
    app = open_page("train", train_run="mine")
    monkeypatch.setattr(jobs, "resume", resume)
    press(app, "Resume")
    assert "Nothing was changed" not in messages(app)


@pytest.mark.parametrize(
    ("phase", "error", "heading", "way"),
    [
        ("stopped", "", "This run was stopped before its end", "Resume goes on from there"),
        ("failed", "the loss was nan", "This run has crashed", "The loss was nan."),
        ("training", "", "This run was killed", "Resume goes on from there"),
    ],
)
def test_an_end_too_early_says_what_happened(
    open_page: OpenPage, phase: str, error: str, heading: str, way: str
) -> None:
    folder = write_run("mine", phase=phase, error=error, step=20, saved=(20, 60.0))
    if phase == "training":  # its process is gone without a word
        write_json(folder / "process.json", {"started": "2026-05-01T10:00:00+00:00"})
    said = messages(open_page("train", train_run="mine"))
    assert heading in said
    assert way in said
    assert "It is saved at step 20." in said


def test_what_is_lost_by_a_kill_is_said(open_page: OpenPage) -> None:
    folder = write_run("mine", phase="training", step=20, saved=(12, 60.0))
    write_json(folder / "process.json", {"started": "2026-05-01T10:00:00+00:00"})
    said = messages(open_page("train", train_run="mine"))
    assert "It is saved at step 12, and what came after, to step 20, is done again." in said
