from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from recsys.catalog.splits import split_scenes
from recsys.catalog.stl import read_stl
from recsys.cli import cli
from recsys.workspace import Workspace
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


def answer(result: Result) -> Any:
    """The one JSON value of a command that went well."""
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)
