"""``make app`` on an environment that is there already: the second start, timed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = [
    pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed"),
    pytest.mark.skipif(
        not (ROOT / ".venv" / ".runtime").is_file(), reason="no .venv: run make setup first"
    ),
]

SECONDS = 30  # it takes about one; the rest is for a busy machine


def test_the_second_make_app_answers_in_seconds(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "RECSYS_HOME": str(tmp_path / "home")}
    began = time.monotonic()
    process = subprocess.Popen(
        ["make", "app", f"PORT={port}"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        while not _answers(f"http://127.0.0.1:{port}/_stcore/health"):
            assert process.poll() is None, process.communicate()[0].decode()
            assert time.monotonic() - began < SECONDS
            time.sleep(0.1)
        assert _answers(f"http://127.0.0.1:{port}/browse")
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # make's own group: the app goes with it
        process.communicate(timeout=20)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False
