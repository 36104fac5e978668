"""Sweeps on the training page, over made-up ones: how each stands, and what it tried."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from recsys import processes
from recsys.atomic import write_json
from recsys.learning import sweep_jobs
from tests.pages import training_parts
from tests.pages.conftest import OpenPage, messages, notes
from tests.pages.sweep_parts import said, shown, write_sweep
from tests.pages.training_parts import labels, press, read
from tests.support.shop import HOSTILE

local = training_parts.local
going = training_parts.going


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
