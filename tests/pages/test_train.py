"""The training page over made-up runs: what is shown, what may be done, and by whom."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from recsys import processes
from recsys.atomic import write_json
from recsys.learning import jobs, tracking
from recsys.learning.config import TrainConfig
from recsys.learning.estimates import Estimate
from recsys.learning.train import TrainRequest
from recsys.ui import roles
from recsys.ui.roles import Token
from recsys.workspace import Workspace
from tests.pages.conftest import OpenPage, component, messages, notes, tile_ids
from tests.support.shop import HOSTILE, NAME

RECALL = "validation_recall@10"


@pytest.fixture(autouse=True)
def local(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on the machine itself, with nothing configured."""
    monkeypatch.setattr(roles, "configured", lambda: Token())
    monkeypatch.setattr(roles, "is_local", lambda: True)


@pytest.fixture
def going() -> Iterator[ExitStack]:
    """Runs that are entered here are in progress until the test ends."""
    with ExitStack() as stack:
        yield stack


def write_run(
    run_id: str,
    *,
    phase: str = "finished",
    step: int = 40,
    steps: int = 40,
    recall: float = 0.25,
    name: str = "",
    error: str = "",
    day: int = 1,
    **config: Any,
) -> Path:
    """A run as its process leaves it."""
    workspace = Workspace.default()
    folder = workspace.job_dir(run_id)
    record = {**TrainConfig().to_json(), **config}
    write_json(
        folder / "run.json",
        {
            "id": run_id,
            "preset": "regions",
            "config": record,
            "data": str(workspace.resolve_dataset(NAME)),
            "data_name": NAME,
            "fingerprint": "f",
            "steps": steps,
            "minutes": None,
            "created": f"2026-05-{day:02}T10:00:00+00:00",
        },
    )
    latest = {"loss": 2.0, RECALL: recall, "excess_gini": 0.3, "coverage": 0.5}
    latest |= {"largest_share": 0.2}
    told = {"phase": phase, "step": step, "fraction": step / steps, "metrics": latest}
    if error:
        told["error"] = {"message": error, "remedy": ""}
    write_json(folder / "state.json", told)
    lines = [{"step": at, "loss": 4 - at / 20, "learning_rate": 1e-3} for at in range(1, step + 1)]
    lines += [{"step": at, **latest, "validation_loss": 3.0} for at in (step // 2, step)]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "metrics.jsonl").write_text(text)
    scene = {"scene": "studio-003", "products": ["product-007", "product-001"], "scores": [1, 0.5]}
    film = [
        {"step": at, "scenes": [{**scene, "right": ["product-001"] if at == step else []}]}
        for at in (step // 2, step)
    ]
    (folder / "film.jsonl").write_text("".join(json.dumps(frame) + "\n" for frame in film))
    write_json(folder / "validation.json", {"step": step, "recall@10": {"a": recall, "b": recall}})
    if name:
        write_json(folder / "about.json", {"name": name})
    return folder


def labels(app: Any) -> list[str]:
    return [read(button.label) for button in app.button]


def read(text: str) -> str:
    return text.replace("\\", "").replace("\u2060", "")


def press(app: Any, label: str) -> None:
    (button,) = [one for one in app.button if read(one.label) == label]
    button.click()
    app.run()
    assert not app.exception


# looking


def test_without_runs_it_leads_to_the_first(open_page: OpenPage) -> None:
    app = open_page("train")
    assert "There are no runs yet" in messages(app)
    press(app, "Start the first one")
    assert app.query_params["train_view"] == "new"
    assert "Estimate time and memory" in labels(app)


def test_the_list_is_found_and_sorted(open_page: OpenPage) -> None:
    write_run("one", recall=0.1, name="Zebra")
    write_run("second", recall=0.3, name="apple", day=2)
    write_run("third-one", recall=0.2, phase="stopped", step=20, day=3)
    runs = ["Zebra", "apple", "third-one"]

    def shown(**parameters: str) -> list[str]:
        return [name for name in labels(open_page("train", **parameters)) if name in runs]

    assert shown() == ["third-one", "apple", "Zebra"]
    assert shown(train_sort="recall") == ["apple", "third-one", "Zebra"]
    assert shown(train_sort="name") == ["apple", "third-one", "Zebra"]
    assert shown(train_find="zeb") == ["Zebra"]
    assert shown(train_find="planted stopped") == ["third-one"]
    assert shown(train_show="ended") == ["third-one"]
    assert shown(train_show="progress") == []
    jobs.archive("second", Workspace.default())
    assert shown() == ["third-one", "Zebra"]
    assert shown(train_archived="yes") == ["third-one", "apple", "Zebra"]


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


# doing


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


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> dict[str, Estimate]:
    """Estimates that are there at once; a test may change what they say."""
    found = {"now": Estimate(0.5, 4.0, 10**9, 8 * 10**9, 10**8, 10**11)}
    monkeypatch.setattr("recsys.learning.estimates.begin", lambda *_: "0" * 16)
    monkeypatch.setattr("recsys.learning.estimates.look", lambda *_: found["now"])
    return found


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


# who may


CHANGES = {"Stop", "Resume", "Save", "Archive", "Delete for good", "Copy and change", "Put it live"}


def test_who_is_no_operator_sees_no_controls(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run("mine", phase="stopped", step=20)
    assert CHANGES & set(labels(open_page("train", train_run="mine")))
    monkeypatch.setattr(roles, "is_local", lambda: False)
    app = open_page("train", train_run="mine")
    assert not CHANGES & set(labels(app))
    assert [metric.label for metric in app.metric]  # looking is for everybody
    assert "no token is configured" in messages(app)
    form = open_page("train", train_view="new")
    assert not form.number_input
    assert "Only an operator can start a run" in messages(form)


@pytest.mark.parametrize("label", ["Archive", "Delete for good", "Resume", "Save"])
def test_actions_refuse_whoever_lost_the_role(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, label: str
) -> None:
    """The control was drawn for an operator; by the time of the click nobody is one."""
    folder = write_run("mine", phase="stopped", step=20)
    resumed: list[str] = []
    monkeypatch.setattr(jobs, "resume", lambda run_id, *_, **__: resumed.append(run_id))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    app = open_page("train", train_run="mine")
    monkeypatch.setattr(roles, "is_local", lambda: False)
    press(app, label)
    assert "Only an operator may do this" in messages(app)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert not resumed


def test_starting_is_refused_too(
    open_page: OpenPage, cheap: dict[str, Estimate], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    monkeypatch.setattr(jobs, "start", lambda *args, **_: started.append(args))
    app = open_page("train", train_view="new")
    press(app, "Estimate time and memory")
    monkeypatch.setattr(roles, "is_local", lambda: False)
    press(app, "Start training")
    assert "Only an operator may do this" in messages(app)
    assert not started


def test_signing_in_with_the_token(open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run("mine", phase="stopped", step=20)
    monkeypatch.setattr(roles, "configured", lambda: Token("correct-horse-battery"))
    monkeypatch.setattr(roles, "ATTEMPTS", roles.Attempts())
    app = open_page("train", train_run="mine")
    assert not CHANGES & set(labels(app))
    app.text_input(key="operator_token").set_value("a wrong one")
    press(app, "Sign in")
    assert "That is not the token." in messages(app)
    assert not CHANGES & set(labels(app))
    app.text_input(key="operator_token").set_value("correct-horse-battery")
    press(app, "Sign in")
    assert CHANGES & set(labels(app))
    press(app, "Sign out as operator")
    assert not CHANGES & set(labels(app))


# side by side


def test_two_runs_side_by_side(open_page: OpenPage) -> None:
    write_run("one", recall=0.1, name="First")
    write_run("two", recall=0.3, name="Second", learning_rate=0.001, steps=60, step=60, day=2)
    app = open_page("train", train_view="compare", train_with="one,two")
    tables = [one.value for one in app.table]
    figures = tables[0]
    assert [read(name) for name in figures["Run"]] == ["First", "Second"]
    assert list(figures["Steps"]) == ["40", "60"]
    # both looks gain exactly 0.2, so every draw does
    assert (
        figures["Against the first, same looks"][1] == "+0.200 (+0.200 to +0.200): better, 2 looks"
    )
    differs = {read(key): (a, b) for key, a, b in tables[1].itertuples(index=False)}
    assert read(differs["learning_rate"][0]) == "0.004"
    assert read(differs["learning_rate"][1]) == "**0.001**"
    assert read(differs["steps"][1]) == "**60**"
    assert "weight_decay" not in differs
    assert tile_ids(app, "train_beside_0") == ["look-studio-003", "product-007", "product-001"]


def test_choosing_runs_to_compare(open_page: OpenPage) -> None:
    assert "not yet two runs" in messages(open_page("train", train_view="compare"))
    write_run("one")
    write_run("two")
    app = open_page("train", train_view="compare", train_with="one,gone")
    assert "Choose two runs or more" in messages(app)
    assert "No longer there: gone." in notes(app)
    app.multiselect[0].set_value(["one", "two"])
    app.run()
    assert app.query_params["train_with"] == "one,two"
    assert "What differs" in [heading.value for heading in app.header]


# the live model
