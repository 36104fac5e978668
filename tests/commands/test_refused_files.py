"""What the system refuses is one line with the file and the reason, and no bug."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from recsys.learning import train as learning
from recsys.workspace import Workspace
from tests.commands.conftest import Run


def refused(result: Any, *words: str) -> None:
    assert result.exit_code == 1
    assert result.stdout == ""
    line = result.stderr.splitlines()[-1]
    assert line.startswith("Error: ")
    for word in words:
        assert word in line
    assert "Traceback" not in result.stderr
    assert "Unexpected" not in result.stderr


def test_a_home_that_cannot_be_written(
    run: Run, shop: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    monkeypatch.setenv("RECSYS_HOME", str(tmp_path / "home"))
    data = shop.datasets_dir / "planted"
    refused(run("train", "--data", data, "--steps", "1"), str(tmp_path / "home"))


def test_a_home_that_is_no_path(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSYS_HOME", "~nobody-there/shop")
    for words in (("models",), ("recommend", "--data", "demo", "--random")):
        refused(run(*words), "RECSYS_HOME is '~nobody-there/shop'")


@pytest.mark.parametrize("out", ["letter.txt", "letter.txt/below", "x" * 300])
def test_a_demo_that_cannot_be_written(run: Run, tmp_path: Path, out: str) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    refused(run("demo", "--out", tmp_path / out), out[:100])
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_a_full_disk_while_training(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def train(*args: Any) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(learning, "train", train)
    refused(run("train", "--data", "planted"), "No space left on device", "Free some space")


def test_a_live_pointer_that_cannot_be_written(
    run: Run, shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = os.replace

    def replace(source: str, target: Path) -> None:
        if Path(target).name == "live.json":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
        own(source, target)

    words = ("--model", "regions-1", "--data", "planted")
    assert run("promote", *words).exit_code == 0
    before = shop.live_path.read_bytes()
    monkeypatch.setattr("recsys.atomic.os.replace", replace)
    refused(run("promote", *words), "live.json cannot be", "Permission denied", "Check its rights")
    assert shop.live_path.read_bytes() == before


def test_a_refusal_without_a_reason_still_says_something(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(*args: Any) -> str:
        raise OSError("512 requested and 80 written")  # so does NumPy on a full disk

    monkeypatch.setattr(learning, "train", train)
    refused(run("train", "--data", "planted"), "512 requested and 80 written")


def test_a_full_disk_while_a_checkpoint_is_written(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(*args: Any) -> str:
        raise ValueError(
            'OUT_OF_RANGE: Failed writing: "/disk/jobs/r-1/d/bc6a": Failed to write 119 bytes to '
            "file 14: No space left on device [os_error_code='28']"
        )

    monkeypatch.setattr(learning, "train", train)
    result = run("train", "--data", "planted")
    refused(result, "/disk/jobs/r-1/d/bc6a cannot be", "No space left on device", "Free some space")


def test_other_mistakes_stay_bugs(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def train(*args: Any) -> str:
        raise ValueError("shapes do not match")

    monkeypatch.setattr(learning, "train", train)
    result = run("train", "--data", "planted")
    assert result.exit_code == 3
    assert "Unexpected error" in result.stderr
