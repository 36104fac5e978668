"""Fixtures that are dear to make: compiled steps, a planted catalogue, a finished run."""

from __future__ import annotations

import contextlib
import functools
import json
import shutil
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from recsys import atomic as files
from recsys.learning.config import TrainConfig
from recsys.learning.loop import Event
from recsys.learning.steps import Trainer
from recsys.learning.train import TrainRequest, train
from recsys.workspace import Workspace
from tests.learning.tiny import OVERRIDES, tiny
from tests.learning.tracked import records_of
from tests.support.planted import write_planted


def quiet(event: Event) -> None:
    pass


def newest_run(workspace: Workspace) -> str:
    return max(workspace.jobs_dir.iterdir(), key=lambda path: path.stat().st_mtime_ns).name


def weights_of(workspace: Workspace, run_id: str) -> bytes:
    return (workspace.model_dir(run_id) / "weights.npz").read_bytes()


SHORT, LONG = 10, 160


@pytest.fixture(scope="session", autouse=True)
def trainer_of() -> Iterator[Callable[[TrainConfig], Trainer]]:
    """One trainer a configuration, shared by all runs: a trainer has no state but its code."""
    shared = functools.cache(Trainer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("recsys.learning.train.Trainer", shared)
        yield shared


@pytest.fixture(scope="session")
def trainer(trainer_of: Callable[[TrainConfig], Trainer]) -> Trainer:
    """The compiled step of ``tiny()``."""
    return trainer_of(tiny())


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A planted catalogue of 40 scenes and 24 products."""
    return write_planted(tmp_path_factory.mktemp("data") / "planted", scenes=40)


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One workspace for all runs of the session, so that pictures are decoded once."""
    return Workspace(tmp_path_factory.mktemp("workspace"))


@dataclass(frozen=True)
class Run:
    """A run that came to its end."""

    id: str
    workspace: Workspace
    events: list[Event]

    @property
    def metrics(self) -> list[dict[str, Any]]:
        return read_metrics(self.workspace, self.id)

    @property
    def bundle(self) -> Path:
        return self.workspace.model_dir(self.id)


def read_metrics(workspace: Workspace, run_id: str) -> list[dict[str, Any]]:
    text = (workspace.job_dir(run_id) / "metrics.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def losses(metrics: list[dict[str, Any]]) -> list[tuple[int, float, float]]:
    """What a resumed run must repeat: step, loss and gradient norm, to the last bit."""
    steps = [record for record in metrics if "loss" in record]
    return [(record["step"], record["loss"], record["gradient_norm"]) for record in steps]


@pytest.fixture(scope="session")
def learnt(planted: Path, workspace: Workspace) -> Run:
    """A run long enough to learn the planted colours; the same compiled step as ``short``."""
    events: list[Event] = []
    overrides = (*OVERRIDES, "learning_rate=0.01")
    request = TrainRequest(str(planted), steps=LONG, overrides=overrides)
    return Run(train(request, workspace, events.append), workspace, events)


@pytest.fixture(scope="session")
def short(planted: Path, workspace: Workspace) -> Run:
    """An uninterrupted run of ``SHORT`` steps, the measure of all interrupted ones."""
    events: list[Event] = []
    request = TrainRequest(str(planted), steps=SHORT, overrides=OVERRIDES)
    return Run(train(request, workspace, events.append), workspace, events)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite store with its tables made, which takes a second."""
    workspace = Workspace(tmp_path_factory.mktemp("store"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # third parties' own
        records_of(workspace)
    return workspace.tracking_path


@pytest.fixture
def tracked(
    tmp_path: Path, short: Run, empty_store: Path, monkeypatch: pytest.MonkeyPatch
) -> Workspace:
    """A workspace with one finished run and its model, and a store without records."""
    monkeypatch.setenv("RECSYS_TRACKING", "on")
    workspace = Workspace(tmp_path / "shop")
    shutil.copytree(short.workspace.job_dir(short.id), workspace.job_dir("regions-1"))
    for name in ("run", "state"):
        path = workspace.job_dir("regions-1") / f"{name}.json"
        record = json.loads(path.read_text())
        files.write_json(path, {**record, **({"id": "regions-1"} if name == "run" else {})})
    shutil.copytree(short.bundle, workspace.model_dir("regions-1"))
    info = json.loads((workspace.model_dir("regions-1") / "model.json").read_text())
    files.write_json(
        workspace.model_dir("regions-1") / "model.json",
        {**info, "id": "regions-1", "run": "regions-1"},
    )
    # The tables hold where artifacts go, so only an experiment-less store can be copied.
    shutil.copy(empty_store, workspace.tracking_path)
    with contextlib.closing(sqlite3.connect(workspace.tracking_path)) as store, store:
        store.execute(
            "update experiments set artifact_location = ?", (workspace.artifacts_dir.as_uri(),)
        )
    return workspace
