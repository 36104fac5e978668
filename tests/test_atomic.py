"""Files and folders appear whole or not at all, whatever happens while they are written."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from recsys.atomic import new_folder, write_bytes, write_json, write_text


def test_a_failed_write_keeps_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deep" / "file.json"
    write_text(path, "old ä")
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"x": float("nan")})

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        write_bytes(path, b"new")
    assert path.read_text("utf-8") == "old ä"
    assert [entry.name for entry in path.parent.iterdir()] == ["file.json"]


def test_json_is_sorted_and_readable_by_others(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"b": "ü", "a": [1]})
    text = (tmp_path / "x.json").read_text("utf-8")
    assert json.loads(text) == {"a": [1], "b": "ü"}
    assert re.search(r'"a".*"b": "ü".*\n$', text, re.DOTALL)
    assert (tmp_path / "x.json").stat().st_mode & 0o777 == 0o644


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with new_folder(path) as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "weights").write_text("1")
        assert not path.exists()
    assert (path / "sub" / "weights").read_text() == "1"

    def interrupted() -> None:
        with new_folder(path) as folder:
            (folder / "weights").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (path / "sub" / "weights").read_text() == "1"
    with new_folder(path) as folder:
        (folder / "other").write_text("2")
    assert [entry.name for entry in path.iterdir()] == ["other"]
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".model")] == []
