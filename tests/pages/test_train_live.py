"""The live model on the page Training: what another would change, the swap, the way back."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import pytest

from recsys import promotions
from recsys.atomic import write_json
from recsys.evaluation import contest
from recsys.retrieval.corrections import Correction
from recsys.serving import promotion
from recsys.serving.live_scoring import LiveScoring
from recsys.ui import resources, roles
from recsys.ui.roles import Token
from recsys.ui.training import promote
from recsys.ui.training.verdict import short_names
from recsys.workspace import LivePointer, Workspace
from tests.pages.conftest import OpenPage, messages
from tests.pages.training_parts import labels, press, read
from tests.support.runs import write_run
from tests.support.shop import NAME, planted_pointer, planted_server


@pytest.fixture(autouse=True)
def local(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on the machine itself, with nothing configured."""
    monkeypatch.setattr(roles, "configured", lambda: Token())
    monkeypatch.setattr(roles, "is_local", lambda: True)


RESULT: dict[str, Any] = {
    "model": "mine",
    "scenes": 30,
    "part": "test",
    "warnings": [],
    "figures": {
        "recall@10": {
            "new": {"value": 0.3, "low": 0.2, "high": 0.4},
            "live": {"value": 0.1, "low": 0.0, "high": 0.2},
            "difference": {"value": 0.2, "low": 0.1, "high": 0.3},
        },
        "mrr": {
            "new": {"value": 0.3, "low": 0.2, "high": 0.4},
            "live": {"value": 0.3, "low": 0.2, "high": 0.4},
            "difference": {"value": 0.0, "low": -0.1, "high": 0.1},
        },
    },
    "served": {
        "new": {"value": 0.4, "low": 0.3, "high": 0.5},
        "live": {"value": 0.2, "low": 0.1, "high": 0.3},
        "difference": {"value": 0.2, "low": 0.1, "high": 0.3},
        "scenes": 8,
    },
    "exposure": {"excess_gini": [{"value": 0.5}, {"value": 0.2}]},
    "categories": {
        "A|Shoes": {
            "clear": "worse",
            "pairs": 12,
            "new": {"value": 0.1, "low": 0.0, "high": 0.2},
            "live": {"value": 0.5, "low": 0.4, "high": 0.6},
            "difference": {"value": -0.4, "low": -0.5, "high": -0.3},
        }
    },
}


@pytest.fixture
def contender(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A finished model ``mine`` that was measured; opened by the stand-in for any model."""
    workspace = Workspace.default()
    for model in ("mine", "fake"):
        write_json(workspace.model_dir(model) / "model.json", {"run": model, "created": "2026"})
    write_run("mine")
    asked: list[str] = []
    result = {**RESULT, "fingerprint": resources.live().catalog.fingerprint}
    monkeypatch.setattr(contest, "look", lambda *_: contest.Contest("done", result=result))
    monkeypatch.setattr(
        contest, "begin", lambda _, match: asked.append(" ".join(astuple(match)).strip())
    )
    monkeypatch.setattr(promote, "open_server", planted_server)
    monkeypatch.setattr(promotion, "open_pointer", planted_pointer)
    return asked


def test_what_gets_better_and_what_gets_worse(open_page: OpenPage, contender: list[str]) -> None:
    app = open_page("train", train_view="live")
    whole, categories = (one.value for one in app.table)
    assert list(whole["Verdict"]) == [":green[better]", "no clear difference", "worse"]
    assert whole["Difference"][0] == "+0.200 (+0.100 to +0.300)"
    assert list(categories["Verdict"]) == [":red[worse]"]
    assert list(categories["Pairs"]) == ["12"]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.1, 0.3, "It would be better: 40.0 %"),
        (-0.3, -0.1, "It would be worse: 40.0 %"),
        (-0.1, 0.1, "No clear difference: 40.0 %"),
    ],
)
def test_the_verdict_is_a_sentence(
    open_page: OpenPage,
    contender: list[str],
    monkeypatch: pytest.MonkeyPatch,
    low: float,
    high: float,
    said: str,
) -> None:
    difference = {"value": (low + high) / 2, "low": low, "high": high}
    monkeypatch.setitem(RESULT, "served", {**RESULT["served"], "difference": difference})
    fresh = {**RESULT, "scoring": "nnn=0.5", "fingerprint": resources.live().catalog.fingerprint}
    monkeypatch.setattr(contest, "look", lambda *_: contest.Contest("done", result=fresh))
    app = open_page("train", train_view="live")
    told = "\n".join(read(one.value) for one in (*app.success, *app.error, *app.info))
    assert said in told
    # a category that gets worse is named, whatever the whole does
    assert ("worse in Shoes" in told) == (high > 0)


@pytest.mark.parametrize(
    ("new", "live", "said"),
    [
        ("", "", ""),
        ("nnn=0.5", "nnn=0.5", ", both with nnn 0.5"),
        ("", "nnn=0.5", ", live with nnn 0.5"),
        ("dot", "nnn=0.5", ", new with dot, live with nnn 0.5"),
    ],
)
def test_it_says_which_correction_each_is_served_with(
    open_page: OpenPage,
    contender: list[str],
    monkeypatch: pytest.MonkeyPatch,
    new: str,
    live: str,
    said: str,
) -> None:
    fresh = {
        **RESULT,
        "against": "fake",
        "scoring": new,
        "against_scoring": live,
        "fingerprint": resources.live().catalog.fingerprint,
    }
    monkeypatch.setattr(contest, "look", lambda *_: contest.Contest("done", result=fresh))
    app = open_page("train", train_view="live")
    rows = [read(title) for title in app.table[0].value["Figure"]]
    assert rows[-1] == f"Excess Gini{said}"
    assert (f"Recall@10{said} (8 looks)" in rows) == bool(said)
    told = "\n".join(read(one.value) for one in (*app.markdown, *app.success))
    assert f"right products among the first ten{said}" in told
    # the sentence is about the same lists
    assert f"It would be better: {'40.0' if said else '30.0'} %" in told


def test_what_is_worse_is_asked_about_once_more(
    open_page: OpenPage, contender: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    worse = {**RESULT["figures"]["recall@10"], "difference": {"value": -1, "low": -1, "high": -0.5}}
    fresh = {**RESULT, "fingerprint": resources.live().catalog.fingerprint}
    fresh["figures"] = {"recall@10": worse}
    monkeypatch.setattr(contest, "look", lambda *_: contest.Contest("done", result=fresh))
    app = open_page("train", train_view="live")
    assert "Put it live" not in labels(app)
    press(app, "Put it live all the same")
    now = Workspace.default().live()
    assert now is not None
    assert now.model == "mine"


def test_names_leave_out_what_all_share() -> None:
    names = short_names(["A|B|C", "A|B|D|E", "A|B|F"])
    assert list(names.values()) == ["C", "D › E", "F"]
    assert short_names(["A"]) == {"A": "A"}
    assert short_names(["A|B", "A"]) == {"A|B": "A › B", "A": "A"}
    assert short_names([]) == {}


def test_put_live_and_back(open_page: OpenPage, contender: list[str]) -> None:
    workspace = Workspace.default()
    before = workspace.live()
    assert before is not None
    app = open_page("train", train_view="live")
    press(app, "Put it live")
    pointer = workspace.live()
    assert pointer is not None
    assert (pointer.model, pointer.data) == ("mine", NAME)
    assert "mine is live" in "\n".join(read(one.value) for one in app.success)
    press(app, "Go back to fake")
    again = workspace.live()
    assert again is not None
    assert (again.model, again.data, again.correction) == ("fake", NAME, before.correction)
    press(app, "Go back to mine")
    assert [(e.pointer.model, e.was and e.was.model) for e in promotions.history(workspace)] == [
        ("mine", "fake"),
        ("fake", "mine"),
        ("mine", "fake"),
    ]


def test_the_correction_is_kept_or_not(
    open_page: OpenPage, contender: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, correction = Workspace.default(), Correction("nnn", 0.5)
    workspace.set_live(LivePointer("mine", NAME, "2026-05-01T00:00:00+00:00"))
    promotions.swap(workspace, LivePointer("fake", NAME, "2026-06-01T00:00:00+00:00"), "ada")
    server = resources.live().server
    fitted = server.fitted(correction)
    assert fitted is not None
    monkeypatch.setattr(server, "live", LiveScoring(correction, fitted, "v"))
    app = open_page("train", train_view="live")
    said = "\n".join(read(one.value) for one in app.markdown)
    assert f"Model fake with nnn 0.5 for data set {NAME}" in said
    assert "Go back to mine with its own score" in labels(app)
    app.toggle(key="train_keep").set_value(False).run()
    press(app, "Measure again")
    # the live model is compared with as it is served, whatever the other would be
    assert contender == [f"mine {NAME} fake  nnn=0.5"]
    app.toggle(key="train_keep").set_value(True).run()
    press(app, "Put it live")
    pointer = workspace.live()
    assert pointer is not None
    assert pointer.correction is not None
    assert (pointer.correction.name, pointer.correction.strength) == ("nnn", 0.5)
    assert pointer.model == "mine"


def test_the_same_asked_for_by_two_is_no_fault(open_page: OpenPage, contender: list[str]) -> None:
    workspace = Workspace.default()
    app = open_page("train", train_view="live")
    workspace.set_live(LivePointer("mine", NAME, "2026-06-01T00:00:00+00:00"))
    press(app, "Put it live")
    assert "mine is live" in "\n".join(read(one.value) for one in app.success)
    assert workspace.live() == LivePointer("mine", NAME, "2026-06-01T00:00:00+00:00")


def test_nobody_undoes_what_they_did_not_see(open_page: OpenPage, contender: list[str]) -> None:
    workspace = Workspace.default()
    app = open_page("train", train_view="live")
    workspace.set_live(LivePointer("other", NAME, "2026-06-01T00:00:00+00:00"))
    press(app, "Put it live")
    assert "Something else was put live meanwhile" in messages(app)
    now = workspace.live()
    assert now is not None
    assert now.model == "other"


def test_promoting_is_for_operators(
    open_page: OpenPage, contender: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.default()
    before = workspace.live_path.read_bytes()
    app = open_page("train", train_view="live")
    monkeypatch.setattr(roles, "is_local", lambda: False)
    press(app, "Put it live")
    assert "Only an operator may do this" in messages(app)
    assert workspace.live_path.read_bytes() == before
    assert not promotions.history(workspace)
    assert not {"Put it live", "Measure again"} & set(labels(open_page("train", train_view="live")))


def test_measuring_is_asked_for(
    open_page: OpenPage, contender: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contest, "look", lambda *_: contest.Contest("failed", reason="no picture"))
    app = open_page("train", train_view="live")
    assert "No picture." in messages(app)
    press(app, "Measure against the live model")
    assert contender == [f"mine {NAME} fake"]
