from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from recsys.catalog.datasets import open_dataset
from recsys.learning.bundle import load_model
from recsys.learning.checkpoints import Checkpoints
from recsys.learning.steps import Trainer
from recsys.learning.train import TrainRequest, train
from recsys.workspace import LivePointer, Workspace
from tests.learning.conftest import (
    SHORT,
    Run,
    losses,
    newest_run,
    quiet,
    read_metrics,
    weights_of,
)
from tests.learning.tiny import OVERRIDES, tiny


def run_in_process(moment: str, workspace: Workspace, **request: Any) -> subprocess.Popen[str]:
    root = Path(__file__).resolve().parents[2]
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.learning.killed_run",
            moment,
            str(workspace.root),
            json.dumps(request),
        ],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def assert_sound(workspace: Workspace, live: LivePointer, models: list[str]) -> None:
    """What holds after any kill: the shop is as it was."""
    assert workspace.live() == live
    assert workspace.model_ids() == models
    load_model(workspace.resolve_model(live.model))
    catalog, folder = open_dataset(live.data, workspace)
    assert folder == workspace.datasets_dir / live.data
    assert (len(catalog.scenes), catalog.report.total) == (40, 0)


def test_killed_at_any_moment_nothing_is_lost(short: Run, planted: Path, tmp_path: Path) -> None:
    """One run, killed while it saves, at any time from outside, and in the middle of export."""
    workspace = Workspace(tmp_path / "workspace")
    shutil.copytree(planted, workspace.datasets_dir / "planted")
    shutil.copytree(short.bundle, workspace.model_dir(short.id))
    shutil.copytree(short.workspace.cache_dir, workspace.cache_dir)  # pictures, decoded already
    live = LivePointer(short.id, "planted", "2025-01-01T00:00:00+00:00")
    workspace.set_live(live)
    live_bytes = workspace.live_path.read_bytes()
    request: dict[str, Any] = {"data": "planted", "steps": SHORT, "overrides": OVERRIDES}
    reached = []
    for moment in ("saving", "outside", "exporting"):
        process = run_in_process(moment, workspace, **request)
        assert process.stdout is not None
        if moment == "outside":
            assert process.stdout.readline() == "started\n"
            time.sleep(0.3)
            process.kill()
        _, errors = process.communicate(timeout=200)
        assert process.returncode == -signal.SIGKILL, errors
        assert_sound(workspace, live, [short.id])
        run_id = newest_run(workspace)
        checkpoints = Checkpoints(workspace.job_dir(run_id) / "checkpoints")
        _, progress = checkpoints.restore(Trainer(tiny()).initial_state())
        reached.append(progress["step"])
        request = {"resume": run_id}
    assert reached == sorted(reached)
    assert reached[0] == 3
    assert reached[-1] == SHORT
    assert train(TrainRequest(resume=run_id), workspace, quiet) == run_id
    assert losses(read_metrics(workspace, run_id)) == losses(short.metrics)
    assert weights_of(workspace, run_id) == weights_of(short.workspace, short.id)
    assert workspace.model_ids() == sorted([short.id, run_id])
    assert workspace.live_path.read_bytes() == live_bytes
    assert not list((workspace.job_dir(run_id) / "checkpoints").glob(".*"))
