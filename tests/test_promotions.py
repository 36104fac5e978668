from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from recsys import promotions
from recsys import workspace as workspace_module
from recsys.errors import ModelError, RequestError
from recsys.promotions import Promotion
from recsys.workspace import LiveCorrection, LivePointer, Workspace

CORRECTION = LiveCorrection("nnn", 0.5, "v1", "m", "p", "b")
ONE = LivePointer("one", "shop", "2026-07-01T10:00:00+00:00")
TWO = LivePointer("two", "shop", "2026-07-01T10:00:01+00:00", CORRECTION)
THREE = LivePointer("three", "shop", "2026-07-01T10:00:02+00:00")


class Killed(BaseException):
    """What ends a process at once."""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace without the model that ships beside it."""
    for module in (promotions, workspace_module):
        monkeypatch.setattr(module, "DEMO_MODEL_DIR", tmp_path / "no-demo")
    found = Workspace(tmp_path / "home")
    for model in ("one", "two", "three", "later"):
        found.model_dir(model).mkdir(parents=True)
        (found.model_dir(model) / "model.json").write_text("{}")
    (found.datasets_dir / "shop").mkdir(parents=True)
    path = found.correction_path(CORRECTION.vectors)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"vectors")
    return found


def who_of(workspace: Workspace) -> list[str]:
    return [promotion.who for promotion in promotions.history(workspace)]


def test_the_history_has_who_and_what_with_corrections(workspace: Workspace) -> None:
    assert promotions.history(workspace) == []
    assert promotions.previous(workspace) is None
    promotions.swap(workspace, ONE, "ada")
    assert promotions.previous(workspace) is None
    promotions.swap(workspace, TWO, "ada <b>\n", expected=ONE)
    assert workspace.live() == TWO
    assert promotions.history(workspace) == [
        Promotion(TWO, ONE, "ada <b>\n"),
        Promotion(ONE, None, "ada"),
    ]
    promotions.swap(workspace, THREE, "bob")
    assert promotions.previous(workspace) == TWO
    assert not workspace.promoting_path.exists()


def test_without_a_promotion_the_shipped_model_was_live(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "no-demo").mkdir()
    (tmp_path / "no-demo" / "model.json").write_text("{}")
    promotions.swap(workspace, ONE, "ada")
    assert promotions.previous(workspace) == LivePointer("demo", "demo", "")


def test_nobody_undoes_what_they_did_not_see(workspace: Workspace) -> None:
    promotions.swap(workspace, ONE, "ada", expected=None)
    for seen in (None, TWO, replace(ONE, correction=CORRECTION)):
        with pytest.raises(RequestError, match="meanwhile"):
            promotions.swap(workspace, THREE, "bob", expected=seen)
    assert workspace.live() == ONE
    assert who_of(workspace) == ["ada"]


def test_what_was_put_live_by_other_means_has_a_way_back(workspace: Workspace) -> None:
    promotions.swap(workspace, ONE, "ada")
    promotions.swap(workspace, TWO, "ada")
    workspace.set_live(replace(TWO, since="2026-07-09T00:00:00+00:00"))
    assert promotions.previous(workspace) == ONE
    workspace.set_live(THREE)
    assert promotions.previous(workspace) == TWO


def test_what_is_gone_is_no_way_back(workspace: Workspace) -> None:
    for pointer in (ONE, TWO, THREE):
        promotions.swap(workspace, pointer, "ada")
    (workspace.model_dir("two") / "model.json").unlink()
    assert promotions.previous(workspace) == ONE
    (workspace.model_dir("one") / "model.json").unlink()
    assert promotions.previous(workspace) is None


def test_nor_is_what_has_lost_its_data_or_its_correction(
    workspace: Workspace, tmp_path: Path
) -> None:
    gone = replace(ONE, data=str(tmp_path / "gone"))
    file = tmp_path / "one-of-several.json"
    file.write_text("[]")
    in_a_file = replace(ONE, data=str(file))
    for pointer in (in_a_file, TWO, gone, THREE):
        promotions.swap(workspace, pointer, "ada")
    assert promotions.previous(workspace) == TWO
    workspace.correction_path(CORRECTION.vectors).unlink()
    assert promotions.previous(workspace) == in_a_file
    file.unlink()
    assert promotions.previous(workspace) is None


def test_what_serves_the_same_is_no_way_back(workspace: Workspace) -> None:
    promotions.swap(workspace, ONE, "ada")
    promotions.swap(workspace, TWO, "ada")
    promotions.swap(workspace, replace(TWO, since="2026-07-09T00:00:00+00:00"), "ada")
    assert promotions.previous(workspace) == ONE


def test_what_is_not_ready_changes_nothing(workspace: Workspace) -> None:
    promotions.swap(workspace, ONE, "ada")

    def gone() -> None:
        raise ModelError("no model 'two'")

    with pytest.raises(ModelError):
        promotions.swap(workspace, TWO, "bob", ready=gone)
    assert workspace.live() == ONE
    assert who_of(workspace) == ["ada"]
    assert not workspace.promoting_path.exists()


def steps() -> list[tuple[str, str]]:
    """Where a process can end: before and after each thing that it writes."""
    return [
        (what, when)
        for what in ("write_json", "Workspace.set_live", "_append", "_settle")
        for when in ("before", "after")
    ]


@pytest.mark.parametrize(("what", "when"), steps())
def test_a_kill_between_any_two_steps_loses_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, what: str, when: str
) -> None:
    promotions.swap(workspace, ONE, "ada")
    promotions.swap(workspace, TWO, "ada")
    owner: object = promotions
    name = what
    if "." in what:
        owner, name = Workspace, what.rpartition(".")[2]
    own: Callable[..., object] = getattr(owner, name)

    def dies(*args: object) -> None:
        if when == "after":
            own(*args)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, dies)
        with pytest.raises(Killed):
            promotions.swap(workspace, THREE, "bob")
    now = workspace.live()
    assert now in (TWO, THREE)
    assert promotions.previous(workspace) == (ONE if now == TWO else TWO)
    assert who_of(workspace) == (["ada", "ada"] if now == TWO else ["bob", "ada", "ada"])
    # and the next one finds all of it
    later = LivePointer("later", "shop", "2026-07-01T10:00:03+00:00")
    promotions.swap(workspace, later, "eve", expected=now)
    assert promotions.previous(workspace) == now
    assert who_of(workspace) == (
        ["eve", "ada", "ada"] if now == TWO else ["eve", "bob", "ada", "ada"]
    )
    lines = workspace.promotions_path.read_text().splitlines()
    assert len(lines) == len(set(lines)) == len(who_of(workspace))


def test_a_history_that_cannot_be_written_does_not_undo_the_swap(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(promotions, "_append", full)
        promotions.swap(workspace, ONE, "ada")
    assert workspace.live() == ONE
    assert who_of(workspace) == ["ada"]
    promotions.swap(workspace, TWO, "bob")
    assert who_of(workspace) == ["bob", "ada"]
    with monkeypatch.context() as patch:
        patch.setattr(promotions, "write_json", full)
        with pytest.raises(OSError, match="No space"):
            promotions.swap(workspace, THREE, "eve")
    assert workspace.live() == TWO
    assert who_of(workspace) == ["bob", "ada"]


@pytest.mark.parametrize(
    "bad", ["", "{", "[]", "null", '{"pointer": 1, "was": null, "who": ""}', "[" * 100_000, "\0"]
)
def test_damage_costs_one_line(workspace: Workspace, bad: str) -> None:
    promotions.swap(workspace, ONE, "ada")
    with workspace.promotions_path.open("a") as file:
        file.write(bad)  # without a line's end, as a full disk leaves it
    promotions.swap(workspace, TWO, "bob")
    assert who_of(workspace) == ["bob", "ada"]
    workspace.promoting_path.write_text(bad)
    assert who_of(workspace) == ["bob", "ada"]
    assert promotions.previous(workspace) == ONE
    promotions.swap(workspace, THREE, "eve")
    assert who_of(workspace) == ["eve", "bob", "ada"]


def test_a_damaged_pointer_can_be_replaced(workspace: Workspace) -> None:
    promotions.swap(workspace, ONE, "ada")
    workspace.live_path.write_text("{")
    assert promotions.previous(workspace) is None
    promotions.swap(workspace, TWO, "bob")
    assert workspace.live() == TWO
    record = json.loads(workspace.promotions_path.read_text().splitlines()[-1])
    assert record["was"] is None
