"""A training run from request to model bundle: opens the data, runs the loop, exports.

A run lives in ``jobs/ID``: ``run.json`` says what was asked for, ``checkpoints/`` and
``metrics.jsonl`` hold how far it came. Only when it is complete does ``models/ID`` appear.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from recsys import __version__
from recsys import atomic as files
from recsys.catalog.catalog import Catalog
from recsys.catalog.datasets import open_dataset
from recsys.catalog.splits import photo_hashes
from recsys.errors import ConfigError, ModelError, StaleError, TrainingError
from recsys.learning import runs
from recsys.learning.batches import TrainingData, make_batches
from recsys.learning.budgets import saved_at
from recsys.learning.bundle import export_model
from recsys.learning.config import TrainConfig, config_from_json, with_overrides, with_values
from recsys.learning.disk import disk_error
from recsys.learning.held_out import HeldOut
from recsys.learning.loop import (
    Budget,
    Event,
    Events,
    Interrupted,
    Loop,
    Pace,
    stop_requests,
    stopped,
)
from recsys.learning.material import Film, read_material
from recsys.learning.presets import DEFAULT_PRESET, preset_named
from recsys.learning.provenance import environment
from recsys.learning.state import StateFile
from recsys.learning.steps import Trainer
from recsys.locks import held
from recsys.processes import enrolled
from recsys.workspace import Workspace

__all__ = ["Event", "Interrupted", "TrainRequest", "train"]

MAX_STEPS = 10_000_000
MAX_MINUTES = 60 * 24 * 30
_FINISH_S = 6.0
"""Kept back from a budget in minutes for the last checkpoint, evaluation and export."""


@dataclass(frozen=True)
class TrainRequest:
    """What a person asks for. ``resume`` goes on with a run; the rest then overrides its own.

    Attributes:
        data: a data set's name or folder; empty when resuming.
        steps, minutes: at most one of them; neither means the preset's steps.
        overrides: ``key=value`` texts.
    """

    data: str = ""
    preset: str = DEFAULT_PRESET
    steps: int | None = None
    minutes: float | None = None
    overrides: tuple[str, ...] = ()
    resume: str | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        if self.steps is not None and self.minutes is not None:
            raise ConfigError("steps and minutes exclude each other", "Give one of them")
        if self.steps is not None and not 1 <= self.steps <= MAX_STEPS:
            raise ConfigError(f"steps must be 1 to {MAX_STEPS}, not {self.steps}")
        if self.minutes is not None and not 0 < self.minutes <= MAX_MINUTES:
            raise ConfigError(f"minutes must be above 0 and at most {MAX_MINUTES}")


@dataclass(frozen=True)
class _Run:
    """``run.json``: what a run was asked for."""

    id: str
    preset: str
    config: TrainConfig
    data: str
    data_name: str
    fingerprint: str
    steps: int | None
    minutes: float | None
    created: str

    @property
    def budget(self) -> Budget:
        if self.minutes is None:
            return Budget(self.steps)
        kept_back_s = min(_FINISH_S, self.minutes * 6)
        return Budget(None, max(1.0, self.minutes * 60 - kept_back_s))

    def write(self, folder: Path) -> None:
        record = {**self.__dict__, "config": self.config.to_json()}
        files.write_json(folder / "run.json", record)

    @classmethod
    def read(cls, folder: Path) -> _Run:
        try:
            record = json.loads((folder / "run.json").read_text("utf-8"))
            return cls(**{**record, "config": config_from_json(record["config"])})
        except (OSError, ValueError, KeyError, TypeError, ConfigError) as error:
            raise ModelError(
                f"there is no training run {folder.name} that can be resumed",
                "Start one with: python -m recsys train --data NAME",
            ) from error


def train(
    request: TrainRequest,
    workspace: Workspace,
    events: Events,
    *,
    pace: Pace | None = None,
    stop: threading.Event | None = None,
) -> str:
    """Runs a training to its end and returns the new model's id.

    Args:
        stop: set by whoever wants the run to save and stop; without it the run listens for
            signals itself.

    Raises:
        RecsysError: unusable data or configuration, a non-finite loss (TrainingError), or the
            run was asked to stop and has saved (Interrupted), or what it learnt cannot be
            written (DiskFullError where the disk is full).
    """
    began = time.monotonic()
    if request.resume:
        run = _resumed(request, workspace)
        catalog, path = open_dataset(request.data or run.data, workspace)
        if str(path) != run.data:
            raise ConfigError(
                f"the run {run.id} was started on {run.data_name}, not on {catalog.name}",
                "Leave --data out, or start a new run",
            )
        if catalog.fingerprint != run.fingerprint:
            raise StaleError(
                f"the data set {run.data_name} has changed since the run {run.id} started",
                f"Start a new run with: python -m recsys train --data {run.data}",
            )
    else:
        run, catalog = _new(request, workspace)
    folder = workspace.job_dir(run.id)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_locked(folder, run.id))
        codes = stack.enter_context(enrolled(folder))
        asked = stop or stack.enter_context(stop_requests())
        state = StateFile(folder, events)
        with state.outcome(codes):
            if not request.resume:
                run.write(folder)
            elif request.steps is not None or request.minutes is not None:
                # It fits whatever the changed settings do, and holds for the next resume too.
                before = _Run.read(folder)
                dataclasses.replace(before, steps=run.steps, minutes=run.minutes).write(folder)
            files.write_json(folder / "environment.json", environment())
            model_id = _carry_out(
                run, catalog, folder, bool(request.resume), workspace, state, pace, began, asked
            )
            state.finished(model_id)
            return model_id


def prepare(
    request: TrainRequest, workspace: Workspace, check: Callable[[TrainConfig, Catalog], None]
) -> str:
    """Writes down what a new run is to do, and returns its id; resuming that id begins it.

    Args:
        check: raises a RecsysError where these settings on this data are to be refused.

    Raises RecsysError for unusable data or configuration.
    """
    run, catalog = _new(request, workspace)
    check(run.config, catalog)
    run.write(workspace.job_dir(run.id))
    return run.id


def _new(request: TrainRequest, workspace: Workspace) -> tuple[_Run, Catalog]:
    preset = preset_named(request.preset)
    config = with_overrides(preset.config, request.overrides)
    if request.seed is not None:
        config = with_values(config, {"seed": request.seed})
    catalog, path = open_dataset(request.data, workspace)
    default_steps = preset.steps if request.minutes is None else None
    run = _Run(
        id=workspace.new_id(preset.name),
        preset=preset.name,
        config=config,
        data=str(path),
        data_name=catalog.name,
        fingerprint=catalog.fingerprint,
        steps=request.steps or default_steps,
        minutes=request.minutes,
        created=_now(),
    )
    return run, catalog


def _resumed(request: TrainRequest, workspace: Workspace) -> _Run:
    assert request.resume
    run = _Run.read(workspace.job_dir(request.resume))
    config = with_overrides(run.config, request.overrides)
    changes: dict[str, Any] = {"config": config}
    if request.steps is not None or request.minutes is not None:
        changes.update(steps=request.steps, minutes=request.minutes)
    elif _is_complete(run, workspace):
        raise ConfigError(
            f"the run {run.id} is complete",
            "Give it a larger budget with --steps or --minutes to train it further",
        )
    fixed = ("seed", "batch_scenes", "products_per_scene")
    if any(getattr(config, name) != getattr(run.config, name) for name in fixed):
        raise ConfigError(
            f"a resumed run keeps its {', '.join(fixed)}: its place in the data depends on them",
            "Leave them out, or start a new run",
        )
    return _Run(**{**run.__dict__, **changes})


def _is_complete(run: _Run, workspace: Workspace) -> bool:
    """Whether a run spent its budget and made its model.

    It may have made one before and be on its way to a larger budget; or it has spent that one
    too, and was killed before it could make the model of it.
    """
    now = runs.read_run(workspace, run.id)
    if not runs.has_model_of(workspace, now.models, now.saved_step):
        return False
    return now.saved_step is None or run.budget.progress(*saved_at(now, workspace)) >= 1.0


def _carry_out(
    run: _Run,
    catalog: Catalog,
    folder: Path,
    resume: bool,
    workspace: Workspace,
    events: Events,
    pace: Pace | None,
    began: float,
    stop: threading.Event,
) -> str:
    def decoding(what: str, done: int, total: int) -> None:
        events(Event("message", text=f"{what}: {done:,} of {total:,}"))
        if stop.is_set():
            raise stopped(run.id, "before its first step")

    words = f"Run {run.id} on {catalog.name}, preset {run.preset}"
    events(Event("message", text=words, run=run.id))
    material = read_material(run.config, catalog, workspace, decoding)
    for line in material.problems:
        events(Event("message", text=line))
    data = material.training
    loop = Loop(
        trainer=Trainer(run.config),
        batches=make_batches(data, run.config),
        validation=material.validation(run.config),
        budget=run.budget,
        folder=folder,
        run_id=run.id,
        events=events,
        pace=pace,
        held_out=HeldOut(material.held_out, data, run.config),
        keeper=Film(folder, catalog),
        used_s=time.monotonic() - began,
        stop=stop,
    )
    if resume:
        if loop.checkpoints.steps():  # else it was killed before the first, and starts afresh
            loop.restore()
        run.write(folder)  # only now: a change that does not fit must not spoil the run
    state = loop.run()
    try:
        return _export(run, catalog, workspace, loop, loop.trainer.exported(state), data)
    except (OSError, ValueError) as error:
        refused = disk_error(error, run.id, loop.step, loop.saved_step)
        if refused is None:
            raise
        raise refused from error


def _export(
    run: _Run,
    catalog: Catalog,
    workspace: Workspace,
    loop: Loop,
    exported: tuple[Any, Any],
    data: TrainingData,
) -> str:
    """Makes the run's model of the weights and statistics; returns its id."""
    validation = loop.validation
    train_rows = np.unique(data.pair_scene)
    train_ids = sorted(str(catalog.scenes[row].id) for row in train_rows)
    model_id = _model_id(run.id, workspace)
    info = {
        "id": model_id,
        "run": run.id,
        "preset": run.preset,
        "created": _now(),
        "version": __version__,
        "steps": loop.step,
        "elapsed_s": round(loop.elapsed_s, 1),
        "validation": {
            "recall@10": loop.recall,
            "scenes": len(validation.scene_rows),
            "candidates": len(validation.candidates),
        },
        "trained_on": {
            "name": catalog.name,
            "fingerprint": catalog.fingerprint,
            "train_scenes": train_ids,
            "photo_hashes": photo_hashes(catalog, workspace, train_rows),
            "products": len(catalog.products),
            "pairs": len(data.pair_scene),
        },
    }
    export_model(workspace.model_dir(model_id), run.config, *exported, info)
    return model_id


def _model_id(run_id: str, workspace: Workspace) -> str:
    """The run's id, or for a run that was trained further one with a number behind it.

    A finished model never changes: it may be live, and its embeddings and reports are its own.
    """
    taken = set(workspace.model_ids())
    candidates = (run_id, *(f"{run_id}-{number}" for number in range(2, 10_000)))
    return next(candidate for candidate in candidates if candidate not in taken)


@contextlib.contextmanager
def _locked(folder: Path, run_id: str) -> Iterator[None]:
    """One process a run; the lock goes with the process, however it ends."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(held(folder / "lock", wait=False))
        except BlockingIOError:
            raise TrainingError(
                f"the run {run_id} is already being trained by another process"
            ) from None
        yield


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
