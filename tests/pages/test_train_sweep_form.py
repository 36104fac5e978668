"""The form of a sweep: the textbook's search, one's own, and what makes no sense."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from recsys import processes
from recsys.learning import sweep_jobs
from recsys.learning.estimates import Estimate
from recsys.learning.sweeps import SweepRequest, textbook
from recsys.ui import roles
from recsys.workspace import Workspace
from tests.pages import training_parts
from tests.pages.conftest import OpenPage, messages, notes
from tests.pages.sweep_parts import FORM, field, said, write_sweep
from tests.pages.training_parts import labels, press
from tests.support.runs import write_run
from tests.support.shop import NAME

local = training_parts.local
going = training_parts.going


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


def test_a_number_out_of_range_starts_nothing(
    open_page: OpenPage, started: list[tuple[SweepRequest, str, bool]]
) -> None:
    """And is kept as it was typed. No field has limits: the browser would not send what it
    refuses, and the sweep would start with the number before.
    """
    app = open_page("train", **FORM)
    typed = {"Trials": 0, "Steps of each trial": 2, "Seed of the search": -1, "Looks a step": 0}
    for label, value in typed.items():
        field(app, label).set_value(value)
    app.run()
    assert "Trials must be 1 to 1,000, not 0" in messages(app)
    assert "Steps of each trial must be 5 to 10,000,000, not 2" in messages(app)
    assert "Seed of the search must be 0 to 2,147,483,647, not -1" in messages(app)
    assert "Looks a step must be" in messages(app)
    assert [field(app, label).value for label in typed] == list(typed.values())
    assert "Start the sweep" not in labels(app)
    assert "Start the textbook's search" in labels(app)
    for label, value in zip(typed, (8, 40, 3, 8), strict=True):
        field(app, label).set_value(value)
    app.segmented_control(key="train_form_sweep_budget_value").set_value("minutes")
    app.run()
    field(app, "Minutes").set_value(0.0).run()
    assert "Minutes must be 0.1 to 43,200, not 0" in messages(app)
    assert "Start the sweep" not in labels(app)
    assert {(one.min, one.max) for one in app.number_input} == {(None, None)}
    field(app, "Minutes").set_value(7.5).run()
    press(app, "Start the sweep")
    assert [(request.trials, request.minutes) for request, _, _ in started] == [(None, 7.5)]


@pytest.mark.parametrize(("seed", "expected"), [(7, [7]), (-1, [])])
def test_a_number_typed_just_before_the_click_counts(
    open_page: OpenPage,
    started: list[tuple[SweepRequest, str, bool]],
    seed: int,
    expected: list[int],
) -> None:
    """Leaving the field and clicking are one: the page has not been drawn in between."""
    app = open_page("train", **FORM)
    field(app, "Seed of the search").set_value(seed)
    press(app, "Start the sweep")
    assert [request.seed for request, _, _ in started] == expected
    assert ("Seed of the search must be" in messages(app)) == (not expected)


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
    assert "A trial takes about 2 min, all of them about 38 min; starting" in said(app)
    found["now"] = Estimate(None, None, 9 * 10**9, 8 * 10**9, 10**8, 10**11)
    app.run()
    assert "A trial does not fit" in messages(app)
    assert app.button(key="train_sweep_start_own").disabled


# doing, and who may


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
