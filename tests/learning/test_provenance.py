from __future__ import annotations

import json
import platform
from pathlib import Path

import pytest

from recsys import __version__
from recsys.learning.provenance import commit, environment
from tests.learning.conftest import Run

HASH = "0123456789abcdef0123456789abcdef01234567"


def test_the_environment_names_code_python_and_packages() -> None:
    found = environment()
    assert found["recsys"] == __version__
    assert found["python"] == platform.python_version()
    assert found["packages"]["jax"].count(".") >= 2
    assert found["cores"] >= 1
    json.dumps(found)


def test_every_run_writes_it_down(short: Run) -> None:
    path = short.workspace.job_dir(short.id) / "environment.json"
    found, here = json.loads(path.read_text()), environment()
    assert {**found, "commit": ""} == {**here, "commit": ""}
    assert len(found["commit"]) in (0, 40)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, ""),
        ({"HEAD": f"{HASH}\n"}, HASH),
        ({"HEAD": "ref: refs/heads/main\n", "refs/heads/main": f"{HASH}\n"}, HASH),
        (
            {
                "HEAD": "ref: refs/heads/main\n",
                "packed-refs": f"# pack\n{HASH[::-1]} refs/heads/old\n{HASH} refs/heads/main\n",
            },
            HASH,
        ),
        ({"HEAD": "ref: refs/heads/none\n", "packed-refs": ""}, ""),
        ({"HEAD": "ref: refs/heads/none\n"}, ""),
    ],
)
def test_the_commit_of_a_checkout(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    for name, text in files.items():
        path = tmp_path / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert commit(tmp_path) == expected
