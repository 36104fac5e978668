"""What was left out of a data set is told by every command that reads it, on standard error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recsys.workspace import Workspace
from tests.commands.conftest import Run, answer
from tests.commands.test_training import TINY
from tests.support.planted import write_planted

MODEL = ("--model", "stranger-3")


@pytest.fixture
def broken(tmp_path: Path, shop: Workspace) -> Path:
    """The planted data with a bad id, and two pictures that are none."""
    folder = write_planted(tmp_path / "broken")
    categories = json.loads((folder / "planted-cat.json").read_text("utf-8"))
    (folder / "planted-cat.json").write_text(json.dumps({**categories, "../x": "Tops"}), "utf-8")
    (folder / "images" / "product-004.png").write_text("<html>404</html>")
    (folder / "images" / "studio-002.png").write_bytes(b"")
    return folder


def check(stderr: str) -> None:
    lines = stderr.splitlines()
    assert any(line.startswith("1 × bad-id (first: planted-cat.json:") for line in lines)
    (line,) = (line for line in lines if "unreadable-image" in line)
    assert "2 × unreadable-image (first: images/product-004.png: expected a JPEG" in line
    assert "found an HTML page" in line
    assert "images/studio-002.png" in line


@pytest.mark.parametrize(
    "words",
    [
        ("evaluate", *MODEL, "--json"),
        ("recommend", *MODEL, "--scene", "studio-001", "--json"),
        ("promote", *MODEL, "--json"),
        ("embed", *MODEL, "--json"),
    ],
)
def test_commands_that_open_a_table(run: Run, broken: Path, words: tuple[str, ...]) -> None:
    for _ in range(2):  # embedded now, then read from disk
        result = run(*words, "--data", broken)
        assert answer(result)
        check(result.stderr)


def test_training(run: Run, broken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSYS_HOME", str(tmp_path / "home"))
    changes = [word for change in TINY for word in ("--set", change)]
    result = run("train", "--data", broken, "--steps", "1", *changes, "--json")
    assert answer(result)["model"]
    assert "1 × bad-id (first: planted-cat.json:" in result.stderr


def test_a_whole_data_set_is_not_warned_of(run: Run) -> None:
    result = run("evaluate", "--data", "planted", *MODEL, "--json")
    assert answer(result)
    assert "left out or repaired" not in result.stderr
    assert "unreadable" not in result.stderr
