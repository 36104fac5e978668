"""``make test`` fails where any part fails, and shows what each has said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import __main__ as parts

ROOT = Path(__file__).resolve().parents[1]


def test_each_part_is_there() -> None:
    assert all((ROOT / folder).is_dir() for part in parts.PARTS for folder in part)


@pytest.mark.parametrize("failing", ["", "two"])
def test_one_part_that_fails_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], failing: str
) -> None:
    for name in ("one", "two", "rest"):
        (tmp_path / name).mkdir()
        code = f"def test_{name}():\n    assert {name != failing}\n"
        (tmp_path / name / f"test_{name}.py").write_text(code)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setattr(parts, "PARTS", (["one"], ["two"]))
    assert parts.main(["-v"]) == int(bool(failing))
    said = capfd.readouterr().out
    for name in ("one", "two", "rest"):
        verdict = "FAILED" if name == failing else "PASSED"
        assert said.count(f"test_{name}.py::test_{name} {verdict}") == 1
