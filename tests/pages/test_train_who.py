"""Who may change things on the training page; ``tests/browser/test_operators`` tries harder."""

from __future__ import annotations

import pytest

from recsys.learning import jobs
from recsys.learning.estimates import Estimate
from recsys.ui import roles
from recsys.ui.roles import Token
from tests.pages import training_parts
from tests.pages.conftest import OpenPage, messages
from tests.pages.training_parts import CHANGES, labels, press
from tests.support.runs import write_run

local = training_parts.local
cheap = training_parts.cheap


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
