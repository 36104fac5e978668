"""Sweeps on the training page, over made-up ones: what is shown, what may be done, and by whom."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from recsys import processes
from recsys.atomic import write_json
from recsys.errors import ConfigError
from recsys.learning import jobs, sweep_jobs
from recsys.learning.estimates import Estimate
from recsys.learning.sweeps import Parameter, SweepRequest, read_sweep, textbook
from recsys.ui import roles
from recsys.workspace import Workspace
from tests.pages import training_parts
from tests.pages.conftest import OpenPage, component, messages, notes
from tests.pages.training_parts import labels, press, read
from tests.support.runs import write_run
from tests.support.shop import HOSTILE, NAME

RATE = Parameter("learning_rate", 1e-4, 1e-2, is_logarithmic=True)
SIZE = Parameter("embedding_dim", choices=(32, 64))
FORM = {"train_view": "sweeps", "train_sweep_new": "yes"}
ACTS = {"Stop", "Resume", "Go on", "Save", "Delete for good", "Train it", "New sweep"}


local = training_parts.local
going = training_parts.going


def trial(number: int, value: float | None, state: str = "complete", **more: Any) -> dict[str, Any]:
    curve = [] if value is None else [[50, value / 2], [200, value]]
    params = {"learning_rate": 0.001 * (number + 1), "embedding_dim": (32, 64)[number % 2]}
    known = {"number": number, "state": state, "value": value, "params": params, "steps": 200}
    return {**known, "curve": curve, "seconds": 30.0, "reason": "", **more}


TRIALS = (
    trial(0, 0.10),
    trial(1, 0.25),
    trial(2, 0.05, "pruned", reason="worse than the median of the trials before it", steps=80),
    trial(3, 0.20),
    trial(4, None, "failed", reason="these settings do not go together"),
    trial(5, 0.12, "running", steps=120),
)


def write_sweep(
    sweep_id: str = "sweep-1",
    trials: tuple[dict[str, Any], ...] = TRIALS,
    *,
    phase: str = "finished",
    fraction: float = 0.5,
    name: str = "",
    error: str = "",
    day: int = 1,
    importances: dict[str, float] | None = None,
    **budget: Any,
) -> Path:
    """A sweep as its process leaves it."""
    workspace = Workspace.default()
    folder = workspace.sweep_dir(sweep_id)
    budget = budget or {"trials": 12}
    data = str(workspace.resolve_dataset(NAME))
    request = SweepRequest(data, "regions", (RATE, SIZE), 200, **budget)
    record = {"request": asdict(request), "data_name": NAME, "fingerprint": "f", "name": name}
    created = f"2026-05-{day:02}T10:00:00+00:00"
    write_json(folder / "sweep.json", {**record, "created": created})
    explained = {"learning_rate": 0.61, "embedding_dim": 0.39}
    summary = {"trials": list(trials), "importances": importances or explained, "used_s": 9}
    write_json(folder / "trials.json", summary)
    told: dict[str, Any] = {"phase": phase, "fraction": fraction, "trial": 5, "step": 120}
    if error:
        told["error"] = {"message": error, "remedy": "Free some space"}
    write_json(folder / "state.json", {**told, "remaining_s": 240.0})
    return folder


def shown(app: Any, sweep_id: str = "sweep-1") -> dict[str, Any]:
    """What the trials' component was given."""
    found = component(app, f"train_sweep_trials_{sweep_id}")
    assert found is not None
    return found


def said(app: Any) -> str:
    return read("\n".join(one.value for one in [*app.markdown, *app.header, *app.subheader]))


# looking


def test_the_list_says_how_each_stands(open_page: OpenPage) -> None:
    assert "There are no sweeps yet" in messages(open_page("train", train_view="sweeps"))
    write_sweep(name="Older")
    write_sweep("sweep-2", (), phase="stopped", name="Newer", day=2, minutes=30.0)
    app = open_page("train", train_view="sweeps")
    assert [name for name in labels(app) if name in ("Older", "Newer")] == ["Newer", "Older"]
    told = notes(app)
    assert "best recall@10 0.250 · 5 of 12 trials" in told
    assert "0 trials, 50 % of the time" in told
    assert "searches learning rate, embedding size" in told
    press(app, "Older")
    assert app.query_params["train_sweep"] == "sweep-1"
    assert "Older" in said(app)


def test_a_sweep_is_told_in_full(open_page: OpenPage) -> None:
    write_sweep(name="My sweep")
    app = open_page("train", train_view="sweeps", train_sweep="sweep-1")
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Best recall@10"] == "0.250"
    assert figures["Trials"] == "5 of 12"
    assert figures["Ended early or failed"] == "2"
    text = said(app)
    assert "**trial 1**: learning rate 0.002, embedding size 64." in text
    assert "Learning rate explains 61 % of the difference between trials." in notes(app)
    assert "From 3 trials this is a rough guess." in notes(app)
    assert "Embedding size (numbers): 32, 64" in text
    assert "Learning rate: 0.0001 to 0.01, by orders of magnitude" in text


def test_the_chart_of_all_trials_has_what_was_tried(open_page: OpenPage) -> None:
    write_sweep()
    data = shown(open_page("train", train_view="sweeps", train_sweep="sweep-1"))
    assert [axis["key"] for axis in data["axes"]] == ["learning_rate", "embedding_dim", "recall"]
    rate, size, recall = data["axes"]
    assert (rate["low"], rate["high"], rate["isLog"]) == (1e-4, 1e-2, True)
    assert (size["choices"], size["low"], size["high"]) == (["32", "64"], 0, 1)
    assert recall["low"] <= 0.05
    assert recall["high"] >= 0.25
    assert data["best"] == 1
    rows = {row["number"]: row for row in data["trials"]}
    assert rows[1]["values"] == [0.002, 1, 0.25]
    assert rows[4]["values"] == [0.005, 0, None]
    assert (rows[2]["words"], rows[2]["steps"]) == ("ended early", 80)
    assert rows[2]["reason"] == "worse than the median of the trials before it"
    assert rows[4]["words"] == "failed"


def test_what_is_kept_is_in_the_address(open_page: OpenPage) -> None:
    write_sweep()
    kept = "learning_rate~0.001~0.004,recall~0.1~0.3,gone~1~2"
    app = open_page("train", train_view="sweeps", train_sweep="sweep-1", train_kept=kept)
    assert shown(app)["kept"] == [["learning_rate", 0.001, 0.004], ["recall", 0.1, 0.3]]
    for text in ("learning_rate~2~1", "learning_rate~a~b", "x", "a~1~2,a~1~2", "a~1~inf"):
        app = open_page("train", train_view="sweeps", train_sweep="sweep-1", train_kept=text)
        assert shown(app)["kept"] == []
        assert "is no list of ranges, so all trials are shown" in notes(app)


def test_a_trial_shows_its_curve_and_why_it_ended(open_page: OpenPage) -> None:
    write_sweep()
    address = {"train_view": "sweeps", "train_sweep": "sweep-1"}
    app = open_page("train", **address, train_trial="2")
    assert "Trial 2" in said(app)
    assert "Ended early: worse than the median of the trials before it." in notes(app)
    press(app, "Close")
    assert "train_trial" not in app.query_params
    assert "It has not been measured yet." in notes(open_page("train", **address, train_trial="4"))
    assert "There is no trial 77" in notes(open_page("train", **address, train_trial="77"))


def test_one_that_is_not_there_or_broke(open_page: OpenPage) -> None:
    app = open_page("train", train_view="sweeps", train_sweep="none")
    assert "There is no sweep 'none'" in messages(app)
    bad = open_page("train", train_view="sweeps", train_sweep="../../etc")
    assert "is no sweep's id" in notes(bad)
    folder = write_sweep(phase="failed", error="the data set has changed")
    app = open_page("train", train_view="sweeps", train_sweep="sweep-1")
    assert "The data set has changed. Free some space." in messages(app)
    assert "Resume" in labels(app)
    write_json(folder / "process.json", {"started": "2026", "supervisor": None})
    write_json(folder / "state.json", {"phase": "training", "fraction": 0.25})
    app = open_page("train", train_view="sweeps", train_sweep="sweep-1")
    assert "It ended without a word" in messages(app)
    assert "python -m recsys sweep resume sweep-1" in messages(app)
    (folder / "study.db.damaged-20260501-100000").mkdir()
    app = open_page("train", train_view="sweeps", train_sweep="sweep-1")
    assert "The database study.db was damaged and is made anew from trials.json" in messages(app)


def test_one_in_progress_is_watched(
    open_page: OpenPage, going: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    going.enter_context(processes.enrolled(write_sweep(phase="training")))
    app = open_page("train", train_view="sweeps", train_sweep="sweep-1")
    assert "Stop" in labels(app)
    assert not {"Resume", "Go on", "Delete for good"} & set(labels(app))
    stopped: list[str] = []
    monkeypatch.setattr(sweep_jobs, "stop_sweep", lambda sweep_id, _: stopped.append(sweep_id))
    press(app, "Stop")
    assert stopped == ["sweep-1"]
    app = open_page("train", train_view="sweeps")
    assert "New sweep" in labels(app)


def test_names_and_notes_are_text(open_page: OpenPage) -> None:
    folder = write_sweep()
    for text in HOSTILE[:4]:
        write_json(folder / "about.json", {"name": text[:80], "note": text})
        app = open_page("train", train_view="sweeps", train_sweep="sweep-1")
        assert read(app.header[0].value) == text[:80]


# asking for one


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[SweepRequest, str, bool]]:
    """Sweeps that were asked for; none is really started."""
    asked: list[tuple[SweepRequest, str, bool]] = []

    def start(request: SweepRequest, _: Workspace, *, queue: bool, name: str) -> str:
        asked.append((request, name, queue))
        write_sweep("sweep-new", (), phase="training", fraction=0.0)
        return "sweep-new"

    monkeypatch.setattr(sweep_jobs, "start_sweep", start)
    return asked


def field(app: Any, label: str) -> Any:
    (found,) = [
        one
        for one in [*app.number_input, *app.text_input, *app.selectbox, *app.toggle]
        if read(one.label) == label
    ]
    return found


def test_the_textbooks_search_is_a_click(
    open_page: OpenPage, started: list[tuple[SweepRequest, str, bool]]
) -> None:
    app = open_page("train", **FORM)
    press(app, "Start the textbook's search")
    ((request, name, queue),) = started
    assert (request.data, request.preset, request.trials) == (NAME, "regions", 20)
    assert request.parameters == textbook("regions")
    assert (request.trial_steps, request.prunes, request.overrides) == (200, True, ())
    assert (name, queue) == ("The textbook's search", False)
    assert app.query_params["train_sweep"] == "sweep-new"
    assert "train_sweep_new" not in app.query_params


def test_ones_own_search(
    open_page: OpenPage, started: list[tuple[SweepRequest, str, bool]]
) -> None:
    app = open_page("train", **FORM)
    app.button(key="train_sweep_remove_weight_decay").click().run()
    field(app, "Add a setting").set_value("tau").run()
    field(app, "Lowest sharpness over regions").set_value(2.0)
    field(app, "Highest sharpness over regions").set_value(50.0)
    field(app, "Values of embedding size").set_value("16, 48")
    field(app, "Looks a step").set_value(8)
    field(app, "Steps of each trial").set_value(40)
    field(app, "Seed of the search").set_value(3)
    field(app, "End bad trials early").set_value(False)
    field(app, "Name").set_value("Mine")
    app.run()
    press(app, "Start the sweep")
    ((request, name, _),) = started
    assert [one.key for one in request.parameters] == ["learning_rate", "embedding_dim", "tau"]
    assert request.parameters[1].choices == (16, 48)
    tau = request.parameters[2]
    assert (tau.low, tau.high, tau.is_logarithmic) == (2.0, 50.0, True)
    assert request.overrides == ("batch_scenes=8",)
    assert (request.trial_steps, request.seed, request.prunes) == (40, 3, False)
    assert name == "Mine"


def test_what_makes_no_sense_is_said_and_kept(
    open_page: OpenPage, started: list[tuple[SweepRequest, str, bool]]
) -> None:
    app = open_page("train", **FORM)
    field(app, "Lowest learning rate").set_value(0.5)
    field(app, "Name").set_value("Kept")
    app.run()
    assert "The range of learning_rate must go from a lower to a higher value" in messages(app)
    assert "Start the sweep" not in labels(app)
    assert "Start the textbook's search" in labels(app)
    assert field(app, "Lowest learning rate").value == 0.5
    field(app, "Lowest learning rate").set_value(0.001)
    field(app, "Values of embedding size").set_value("64")
    app.run()
    assert "Embedding size needs two values or more" in messages(app)
    assert field(app, "Values of embedding size").value == "64"
    for key in ("learning_rate", "weight_decay", "embedding_dim"):
        app.button(key=f"train_sweep_remove_{key}").click().run()
    assert "A sweep needs something to search" in messages(app)
    press(app, "Put the textbook's back")
    assert "Start the sweep" in labels(app)
    assert field(app, "Name").value == "Kept"


@pytest.mark.parametrize("key", ["augment", "score", "widths", "margin", "crop_weight"])
def test_every_kind_of_setting_may_be_searched(open_page: OpenPage, key: str) -> None:
    app = open_page("train", **FORM)
    if key == "margin":
        field(app, "Preset").set_value("book").run()
    field(app, "Add a setting").set_value(key).run()
    assert not app.exception
    if key == "widths":
        assert "Channels needs two values or more to choose from" in messages(app)
        field(app, "Values of channels").set_value("16,32,64 | 32,64,128").run()
    assert "Start the sweep" in labels(app)


def test_another_training_is_waited_for(
    open_page: OpenPage, going: ExitStack, started: list[tuple[SweepRequest, str, bool]]
) -> None:
    going.enter_context(processes.enrolled(write_run("mine", phase="training", step=2)))
    app = open_page("train", **FORM)
    assert labels(app).count("Line up") == 2
    assert "mine is in progress" in notes(app)
    app.button(key="train_sweep_start_own").click().run()
    assert [queue for _, _, queue in started] == [True]


def test_a_run_waits_for_a_sweep(
    open_page: OpenPage, going: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    going.enter_context(processes.enrolled(write_sweep(phase="training", name="Wide")))
    found = Estimate(0.5, 4.0, 10**9, 8 * 10**9, 10**8, 10**11)
    monkeypatch.setattr("recsys.learning.estimates.begin", lambda *_: "0" * 16)
    monkeypatch.setattr("recsys.learning.estimates.look", lambda *_: found)
    app = open_page("train", train_view="new")
    press(app, "Estimate time and memory")
    assert "Wide is in progress" in notes(app)
    assert "Line up" in labels(app)


def test_the_cost_is_told_where_it_is_known(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"now": Estimate(0.5, 4.0, 10**9, 8 * 10**9, 10**8, 10**11)}
    monkeypatch.setattr("recsys.learning.estimates.begin", lambda *_: "0" * 16)
    monkeypatch.setattr("recsys.learning.estimates.look", lambda *_: found["now"])
    app = open_page("train", **FORM)
    press(app, "Estimate time and memory")
    # 4 s and 200 steps of 0.5 s, a tenth for evaluations
    assert "A trial takes about 2 min, all of them at most about 38 min." in said(app)
    found["now"] = Estimate(None, None, 9 * 10**9, 8 * 10**9, 10**8, 10**11)
    app.run()
    assert "A trial does not fit" in messages(app)
    assert app.button(key="train_sweep_start_own").disabled


# doing, and who may


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
    assert (more.value, more.min) == (18, 6)
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
    more = field(open_page("train", **address), "Trials in all")
    assert (more.min, more.max, more.value) == (most - 1, most, most)
    write_sweep(trials=tuple(trial(at, 0.1) for at in range(most)))
    assert "Go on" not in labels(open_page("train", **address))


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


@pytest.mark.parametrize("key", ["textbook", "own"])
def test_starting_is_refused_too(
    open_page: OpenPage,
    monkeypatch: pytest.MonkeyPatch,
    started: list[tuple[SweepRequest, str, bool]],
    key: str,
) -> None:
    app = open_page("train", **FORM)
    monkeypatch.setattr(roles, "is_local", lambda: False)
    app.button(key=f"train_sweep_start_{key}").click().run()
    assert "Only an operator may do this" in messages(app)
    assert not started


def test_what_goes_wrong_is_told(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ConfigError("the disk is small", "Free some")

    write_sweep(phase="stopped")
    monkeypatch.setattr(sweep_jobs, "resume_sweep", refuse)
    app = open_page("train", train_view="sweeps", train_sweep="sweep-1")
    press(app, "Resume")
    assert "The disk is small. Free some." in messages(app)
