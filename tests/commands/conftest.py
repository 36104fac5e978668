from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from recsys.catalog.splits import split_scenes
from recsys.catalog.stl import read_stl
from recsys.cli import cli
from recsys.workspace import PROJECT_DIR, Workspace
from tests.support.planted import write_planted
from tests.support.tiny_bundle import write_bundle

Run = Callable[..., Result]


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with the planted data, two models that know it and one that does not."""
    workspace = Workspace(tmp_path_factory.mktemp("shop"))
    folder = write_planted(workspace.datasets_dir / "planted")
    catalog = read_stl(folder, "planted")
    rows = split_scenes(catalog, workspace).rows("train")
    trained_on = {
        "name": "planted",
        "fingerprint": catalog.fingerprint,
        "train_scenes": [catalog.scenes[row].id for row in rows],
    }
    write_bundle(workspace.model_dir("regions-1"), seed=1, trained_on=trained_on)
    write_bundle(workspace.model_dir("book-2"), seed=2, preset="book", trained_on=trained_on)
    write_bundle(workspace.model_dir("stranger-3"), seed=3)
    return workspace


@pytest.fixture
def run(shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("RECSYS_HOME", str(shop.root))
    shop.live_path.unlink(missing_ok=True)

    def invoke(*args: str | Path) -> Result:
        return CliRunner().invoke(cli, [str(arg) for arg in args])

    return invoke


def calls_of(
    monkeypatch: pytest.MonkeyPatch, module: object, start: str, resume: str, gives: str
) -> list[Any]:
    """What will have reached the two functions that would start processes.

    Args:
        start, resume: the functions' names.
        gives: the id that the first one returns.
    """
    calls: list[Any] = []

    def started(request: object, workspace: Workspace, *, queue: bool) -> str:
        calls.append((request, queue))
        return gives

    def resumed(of: str, workspace: Workspace, **changes: Any) -> None:
        calls.append((of, changes))

    monkeypatch.setattr(module, start, started)
    monkeypatch.setattr(module, resume, resumed)
    return calls


def documented(name: str, group: click.Group) -> str:
    """What the guide says of a group of commands, once it is sure that it names each of them
    and that their own examples are sound.
    """
    guide = (PROJECT_DIR / "docs" / "cli.md").read_text("utf-8")
    section = guide.split(f"\n## {name}\n")[1].split("\n## ")[0]
    for one, command in group.commands.items():
        assert f"`{name} {one}" in section
        words = (command.epilog or "").removeprefix(f"Example: python -m recsys {name} ").split()
        assert words[0] == one
        command.make_context(one, words[1:])
    return section


def answer(result: Result) -> Any:
    """The one JSON value of a command that went well."""
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)
