"""The form of a new run: what it warns of, what it costs, and that it starts once."""

from __future__ import annotations

import pytest

from recsys.atomic import write_json
from recsys.learning import estimates, jobs
from recsys.learning.estimates import Estimate
from recsys.learning.presets import DEFAULT_PRESET, preset_named
from recsys.learning.train import TrainRequest
from recsys.ui import resources
from recsys.workspace import Workspace
from tests.pages import training_parts
from tests.pages.conftest import OpenPage, messages
from tests.pages.training_parts import labels, press, read
from tests.support.runs import write_run
from tests.support.shop import NAME

local = training_parts.local
cheap = training_parts.cheap


def test_the_form_warns_and_refuses(open_page: OpenPage) -> None:
    app = open_page("train", train_view="new")
    (rate,) = [one for one in app.number_input if one.label == "Learning rate"]
    rate.set_value(0.05)
    app.run()
    assert any("high for the softmax loss" in one.value for one in app.warning)
    (loss,) = [one for one in app.selectbox if one.label == "Loss"]
    loss.set_value("triplet")
    app.run()
    assert "needs towers of kind book" in messages(app)
    assert "Estimate time and memory" not in labels(app)
    (preset,) = [one for one in app.selectbox if one.label == "Preset"]
    preset.set_value("book-fixed")
    app.run()
    values = {one.label: one.value for one in app.number_input}
    assert values["Learning rate"] == 3e-4
    assert "Margin" in values
    assert "Estimate time and memory" in labels(app)


def test_a_number_out_of_range_starts_nothing(open_page: OpenPage) -> None:
    """And is kept as it was typed: a run must not start with other values than are shown."""
    app = open_page("train", train_view="new")
    for label, value in (("Steps", 0), ("Learning rate", 50.0)):
        (field,) = [one for one in app.number_input if one.label == label]
        field.set_value(value)
        app.run()
    assert "Steps must be 1 to 10,000,000, not 0" in messages(app)
    assert "Learning rate must be" in messages(app)
    assert "not 50" in messages(app)
    assert not {"Estimate time and memory", "Start training", "Line up"} & set(labels(app))
    for label, value in (("Steps", 10), ("Learning rate", 0.002)):
        (field,) = [one for one in app.number_input if one.label.startswith(label)]
        field.set_value(value)
        app.run()
    assert "Estimate time and memory" in labels(app)


def test_a_number_typed_just_before_the_click_is_looked_at(
    open_page: OpenPage, cheap: dict[str, Estimate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leaving the field and clicking are one: the page has not been drawn in between."""
    started: list[object] = []
    monkeypatch.setattr(jobs, "start", lambda request, *_, **__: started.append(request))
    app = open_page("train", train_view="new")
    press(app, "Estimate time and memory")
    (rate,) = [one for one in app.number_input if one.label == "Learning rate"]
    rate.set_value(0.5)  # which the settings alone would take
    press(app, "Start training")
    assert not started
    assert "Nothing was changed" in messages(app)
    assert "Learning rate must be" in messages(app)


def test_it_starts_what_was_asked_once(
    open_page: OpenPage, cheap: dict[str, Estimate], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[TrainRequest] = []

    def start(request: TrainRequest, workspace: Workspace, **_: object) -> str:
        asked.append(request)
        write_run("fresh", phase="training", step=2)
        return "fresh"

    monkeypatch.setattr(jobs, "start", start)
    app = open_page("train", train_view="new")
    assert "Start training" not in labels(app)
    (steps,) = [one for one in app.number_input if one.label.startswith("Steps")]
    steps.set_value(60)
    (seed,) = [one for one in app.number_input if one.label == "Seed"]
    seed.set_value(7)
    app.run()
    press(app, "Estimate time and memory")
    assert any("About **37 s** for 60 steps" in read(one.value) for one in app.markdown)
    press(app, "Start training")
    assert asked == [TrainRequest(data=NAME, preset="regions", steps=60, overrides=("seed=7",))]
    assert app.query_params["train_run"] == "fresh"


def test_what_does_not_fit_cannot_be_started(
    open_page: OpenPage, cheap: dict[str, Estimate]
) -> None:
    cheap["now"] = Estimate(None, None, 9 * 10**9, 8 * 10**9, 10**8, 10**11)
    app = open_page("train", train_view="new")
    press(app, "Estimate time and memory")
    assert "It needs about 9 GB of memory, and 8 GB are free." in messages(app)
    (button,) = [one for one in app.button if one.label == "Start training"]
    assert button.disabled


def test_what_costs_the_same_needs_no_new_estimate(open_page: OpenPage) -> None:
    """Measured for one seed, known for every other, and in every session."""
    workspace = Workspace.default()
    catalog = resources.live().catalog
    config = preset_named(DEFAULT_PRESET).config
    assert estimates.known(config, catalog, workspace) is None
    cost = estimates.Measured(0.5, 4.0, 10**8, 0, 10**6).record()
    key = estimates._key(config, catalog)
    write_json(estimates._folder(workspace, key) / "state.json", cost)
    app = open_page("train", train_view="new")
    assert "Start training" in labels(app)

    def fill(label: str, value: float) -> None:
        (field,) = [one for one in app.number_input if one.label.startswith(label)]
        field.set_value(value)
        app.run()

    for label, value in (("Seed", 7), ("Learning rate", 0.002), ("Steps", 900)):
        fill(label, value)
        assert "Start training" in labels(app), label
    fill("Embedding size", 32)
    assert "Start training" not in labels(app)
    assert "Estimate time and memory" in labels(app)


def test_a_warning_names_its_setting(open_page: OpenPage) -> None:
    app = open_page("train", train_view="new")
    (batch,) = [one for one in app.number_input if one.label.startswith("Looks a step")]
    batch.set_value(4)
    app.run()
    assert [read(one.value) for one in app.warning if "Looks a step" in read(one.value)]
    assert all(one.help for one in [*app.number_input, *app.toggle])


def test_minutes_are_told_in_steps_with_their_evaluations(
    open_page: OpenPage, cheap: dict[str, Estimate]
) -> None:
    """596 seconds after the first step, nine tenths of them for steps of half a second."""
    write_run("mine", minutes=10.0)
    app = open_page("train", train_view="new", train_copy="mine")
    press(app, "Estimate time and memory")
    assert any("about 1,072 steps" in read(one.value) for one in app.markdown)
    seconds = cheap["now"].duration_s(1072)
    assert seconds is not None
    assert 599 < seconds <= 600
