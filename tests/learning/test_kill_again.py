from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from recsys.learning import runs
from recsys.learning.train import TrainRequest, train
from recsys.workspace import PROJECT_DIR, LivePointer, Workspace
from tests.learning.conftest import Run, losses, newest_run, quiet, read_metrics, weights_of
from tests.learning.test_kills import assert_sound
from tests.learning.tiny import OVERRIDES

KILLS, STEPS = 20, 1000


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_at_twenty_random_moments_nothing_is_lost(
    short: Run, planted: Path, tmp_path: Path
) -> None:
    """One run; after each kill the shop is as it was, and the page says what happened."""
    workspace = Workspace(tmp_path / "workspace")
    shutil.copytree(planted, workspace.datasets_dir / "planted")
    shutil.copytree(short.bundle, workspace.model_dir(short.id))
    shutil.copytree(short.workspace.cache_dir, workspace.cache_dir)  # pictures, decoded already
    live = LivePointer(short.id, "planted", "2025-01-01T00:00:00+00:00")
    workspace.set_live(live)
    whole = train(
        TrainRequest(str(planted), steps=STEPS, overrides=OVERRIDES), short.workspace, quiet
    )
    begun = subprocess.Popen(
        [sys.executable, "-m", "tests.learning.kill_again", str(workspace.root)],
        cwd=PROJECT_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    rng = random.Random(4)
    request: dict[str, Any] = {"data": "planted", "steps": STEPS, "overrides": OVERRIDES}
    saved, moments = [], []
    with begun:
        assert begun.stdin is not None
        assert begun.stdout is not None
        while len(moments) < KILLS:
            begun.stdin.write(json.dumps(request) + "\n")
            begun.stdin.flush()
            pid = int(begun.stdout.readline().split()[1])
            is_early = bool(moments) and rng.random() < 0.2
            if not is_early:
                assert begun.stdout.readline() == "saved\n"
            time.sleep(rng.uniform(0.0, 0.15))
            os.kill(pid, signal.SIGKILL)
            while not (end := begun.stdout.readline()).startswith("ended"):
                assert end == "saved\n"
            if end != f"ended {-signal.SIGKILL}\n":
                break  # it was done before
            assert_sound(workspace, live, [short.id])
            run_id = newest_run(workspace)
            run = runs.read_run(workspace, run_id)
            assert run.state == "killed"
            assert f"--resume {run_id}" in run.remedy
            saved.append(run.saved_step or 0)
            moments.append(run.step)
            request = {"resume": run_id}
        begun.stdin.close()
    assert len(moments) == KILLS, "the run was too short for twenty kills"
    assert saved == sorted(saved)
    assert saved[-1] > saved[0] > 0
    assert train(TrainRequest(resume=run_id), workspace, quiet) == run_id
    assert losses(read_metrics(workspace, run_id)) == losses(read_metrics(short.workspace, whole))
    assert weights_of(workspace, run_id) == weights_of(short.workspace, whole)
