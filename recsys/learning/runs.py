"""Training runs as they are now, read from their files alone. Loads nothing heavy.

A run is a folder ``jobs/ID``; who looks at it may be another process than the one that trains,
started later, and on a page that is drawn again every two seconds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from recsys import atomic as files
from recsys import processes
from recsys.errors import RequestError
from recsys.learning.curves import Series, curves_of
from recsys.learning.metrics import MetricsLog
from recsys.learning.symptoms import Symptom, symptoms
from recsys.processes import Status
from recsys.workspace import Workspace, is_name

State = Literal[
    "queued",
    "starting",
    "running",
    "stopping",
    "stopped",
    "finished",
    "crashed",
    "killed",
    "disk-full",
]

IN_PROGRESS: tuple[State, ...] = ("queued", "starting", "running", "stopping")
RESUMABLE: tuple[State, ...] = ("stopped", "crashed", "killed", "disk-full")


@dataclass(frozen=True)
class Run:
    """A training run as it is now.

    Attributes:
        name, note, is_archived: what a person gave it; the name is its id until then.
        origin: the run that it is a changed copy of, empty where it is none.
        reason: why it is not running and not finished, in plain words; else empty.
        remedy: how to go on, usually a command; empty where there is nothing to do.
        preset, data_name, data_path, fingerprint, created: what it was asked to do, and when.
        config: as ``TrainConfig.to_json`` gives it.
        steps, minutes: its budget, one of them None.
        step, fraction, remaining_s: how far it is; the part of the budget spent is 0–1.
        saved_step: of its last whole checkpoint, None where there is none.
        metrics: the latest of each figure.
        text: what it is doing, where that is not training (decoding pictures, …).
        behind: of a queued run, the run or sweep that it waits for.
        models: ids of the models that it made, in the order of their making.
        is_live: whether one of them is live.
        started, ended: of the process that ran last; ISO 8601, UTC, empty while unknown.
        peak_memory_bytes: the most that its process held, 0 while unknown.
    """

    id: str
    state: State
    name: str
    note: str = ""
    is_archived: bool = False
    origin: str = ""
    reason: str = ""
    remedy: str = ""
    preset: str = ""
    data_name: str = ""
    data_path: str = ""
    fingerprint: str = ""
    created: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    steps: int | None = None
    minutes: float | None = None
    step: int = 0
    fraction: float = 0.0
    remaining_s: float | None = None
    saved_step: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    text: str = ""
    behind: str = ""
    models: tuple[str, ...] = ()
    is_live: bool = False
    started: str = ""
    ended: str = ""
    peak_memory_bytes: int = 0

    @property
    def is_in_progress(self) -> bool:
        return self.state in IN_PROGRESS

    @property
    def can_resume(self) -> bool:
        return self.state in RESUMABLE


def list_runs(
    workspace: Workspace, *, archived: bool = False, only: Collection[str] | None = None
) -> list[Run]:
    """The runs of a workspace, newest first; archived ones only where asked for.

    Args:
        only: ids of those to read; all where none are given.
    """
    known = workspace.job_ids()
    models, live = _models_by_run(workspace), _live(workspace)
    wanted = known if only is None else [run_id for run_id in known if run_id in only]
    runs = (_run(workspace, run_id, models, live) for run_id in wanted)
    chosen = [run for run in runs if run is not None and (archived or not run.is_archived)]
    return sorted(chosen, key=lambda run: (run.created, run.id), reverse=True)


def starts(workspace: Workspace) -> frozenset[tuple[str, int]]:
    """Changes whenever a run is begun, gone on with or deleted; far cheaper than reading them."""
    return frozenset(
        (run_id, _changed_ns(workspace.job_dir(run_id) / "process.json"))
        for run_id in workspace.job_ids()
    )


def read_run(workspace: Workspace, run_id: str) -> Run:
    """One run. Raises RequestError where there is none of that id."""
    known = is_name(run_id) and (workspace.jobs_dir / run_id).is_dir()
    models = _models_by_run(workspace)
    run = _run(workspace, run_id, models, _live(workspace)) if known else None
    if run is None:
        raise RequestError(
            f"there is no training run {run_id[:80]!r}", "List them with: python -m recsys runs"
        )
    return run


def curves(workspace: Workspace, run_id: str) -> dict[str, Series]:
    """A run's figures step by step, at most 500 points each; only what is new is read."""
    return curves_of(workspace.job_dir(run_id) / "metrics.jsonl")


def film(workspace: Workspace, run_id: str) -> list[dict[str, Any]]:
    """What was recommended for a few fixed scenes at each evaluation, oldest first.

    Each is ``{"step", "scenes": [{"scene", "products", "scores", "right"}]}``: ids, best first.
    """
    return MetricsLog(workspace.job_dir(run_id) / "film.jsonl").read()


def film_mark(workspace: Workspace, run_id: str) -> tuple[int, int]:
    """Changes whenever ``film`` does, and reads nothing of it: it grows, or is written anew."""
    try:
        found = os.stat(workspace.job_dir(run_id) / "film.jsonl")
    except OSError:
        return 0, 0
    return found.st_ino, found.st_size


def log_tail(workspace: Workspace, run_id: str, lines: int = 50) -> list[str]:
    """The last lines of what a run's process said."""
    return processes.log_tail(workspace.job_dir(run_id), lines)


def warnings_of(workspace: Workspace, run: Run) -> list[Symptom]:
    """What its curves say is going wrong."""
    return symptoms(curves(workspace, run.id), run.fraction)


def describe(workspace: Workspace, run_id: str, **changes: str | bool) -> None:
    """Changes what a person gave a run: ``name``, ``note``, ``is_archived``, ``origin``."""
    path = workspace.job_dir(run_id) / "about.json"
    about = processes.read_record(path) or {}
    files.write_json(path, {**about, **changes})


def has_model_of(workspace: Workspace, models: Sequence[str], step: int | None) -> bool:
    """Whether one of a run's models is of a step; with None, whether it made any."""
    made = (_origin_of(workspace.model_dir(model) / "model.json", model)[2] for model in models)
    return bool(models) if step is None else step in made


def _changed_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _run(
    workspace: Workspace, run_id: str, models: Mapping[str, list[str]], live: str
) -> Run | None:
    folder = workspace.job_dir(run_id)
    asked = processes.read_record(folder / "run.json")
    if asked is None:
        return None
    about = processes.read_record(folder / "about.json") or {}
    told = processes.read_state(folder)
    status = processes.status(folder)
    made = tuple(models.get(run_id, ()))
    saved = _saved_step(folder)
    state = state_of(status, told, has_model_of(workspace, made, saved))
    reason = reason_of(state, status, told)
    config = asked.get("config")
    return Run(
        id=run_id,
        state=state,
        name=str(about.get("name") or run_id),
        note=str(about.get("note") or ""),
        is_archived=bool(about.get("is_archived")),
        origin=str(about.get("origin") or ""),
        reason=reason,
        remedy=_remedy(state, run_id, told, saved),
        preset=str(asked.get("preset") or ""),
        data_name=str(asked.get("data_name") or ""),
        data_path=str(asked.get("data") or ""),
        fingerprint=str(asked.get("fingerprint") or ""),
        created=str(asked.get("created") or ""),
        config=config if isinstance(config, dict) else {},
        steps=_whole(asked.get("steps")),
        minutes=_number(asked.get("minutes")),
        step=_whole(told.get("step")) or (saved or 0),
        fraction=1.0 if state == "finished" else (_number(told.get("fraction")) or 0.0),
        remaining_s=_number(told.get("remaining_s")) if state in IN_PROGRESS else None,
        saved_step=saved,
        metrics=_metrics(folder, told),
        text=str(told.get("text") or "") if state in IN_PROGRESS else "",
        behind=str(told.get("behind") or "") if state == "queued" else "",
        models=made,
        is_live=live in made,
        started=status.started,
        ended=status.end.at if status.end else "",
        peak_memory_bytes=status.end.peak_memory_bytes if status.end else 0,
    )


def state_of(status: Status, told: Mapping[str, Any], has_model: bool = False) -> State:
    """The state of a run or sweep: of its process, and what that told last.

    Args:
        has_model: a run's last checkpoint was made a model, so that nothing was left to be done
            but to say so.
    """
    phase = told.get("phase")
    if status.is_alive:
        if status.stage == "stopping":
            return "stopping"
        if phase in ("queued",):
            return "queued"
        return "running" if phase in ("training", "exporting", "finished") else "starting"
    if phase == "finished" or (has_model and (not told or phase == "exporting")):
        return "finished"
    if phase == "stopped" or (status.stage == "none" and phase is None):
        return "stopped"
    return _ended_badly(status, phase)


def _ended_badly(status: Status, phase: Any) -> State:
    end = status.end
    if end is not None and end.exit_code == processes.EXIT_DISK_FULL:
        return "disk-full"
    if end is not None and end.exit_code == processes.EXIT_STOPPED:
        return "stopped"
    if status.stop_asked and (end is None or end.signal == "SIGTERM"):
        return "stopped"
    if end is None or end.signal in ("SIGKILL", "SIGTERM"):
        return "crashed" if phase == "failed" else "killed"
    return "crashed"


def reason_of(state: State, status: Status, told: Mapping[str, Any]) -> str:
    """Why a run or sweep is neither in progress nor finished; else empty."""
    if state in (*IN_PROGRESS, "finished"):
        return ""
    error = told.get("error")
    if isinstance(error, dict) and error.get("message"):
        return str(error["message"])
    return status.reason() or "it was stopped"


def _remedy(state: State, run_id: str, told: Mapping[str, Any], saved: int | None) -> str:
    if state in (*IN_PROGRESS, "finished"):
        return ""
    error = told.get("error")
    if isinstance(error, dict) and error.get("remedy"):
        return str(error["remedy"])
    where = f"from step {saved:,}" if saved is not None else "from the start"
    return f"Go on {where} with: python -m recsys train --resume {run_id}"


def _saved_step(folder: Path) -> int | None:
    checkpoints = folder / "checkpoints"
    names = [path.name for path in checkpoints.glob("step-*")] if checkpoints.is_dir() else []
    steps = [int(name[5:]) for name in names if name[5:].isdigit()]
    return max(steps, default=None)


def _metrics(folder: Path, told: Mapping[str, Any]) -> dict[str, float]:
    found = told.get("metrics")
    if isinstance(found, dict) and found:
        return {str(name): value for name, value in found.items() if _number(value) is not None}
    # A run from before runs told their state, or one that was killed before it first did.
    lasts = {name: series.last for name, series in curves_of(folder / "metrics.jsonl").items()}
    return {name: value for name, value in lasts.items() if value is not None}


def _models_by_run(workspace: Workspace) -> dict[str, list[str]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for model_id in workspace.model_ids():
        run_id, created, _ = _origin_of(workspace.model_dir(model_id) / "model.json", model_id)
        found.setdefault(run_id, []).append((created, model_id))
    return {run_id: [model for _, model in sorted(made)] for run_id, made in found.items()}


_origins: dict[tuple[str, int], tuple[str, str, int | None]] = {}


def _origin_of(path: Path, model_id: str) -> tuple[str, str, int | None]:
    """The run that made a model, when, and at which step.

    A bundle never changes, so it is read once.
    """
    try:
        key = (str(path), path.stat().st_mtime_ns)
        if key not in _origins:
            info = json.loads(path.read_text("utf-8"))
            run_id, created = str(info.get("run") or model_id), str(info.get("created") or "")
            _origins[key] = (run_id, created, _whole(info.get("steps")))
        return _origins[key]
    except (OSError, ValueError, AttributeError):
        return model_id, "", None


def _live(workspace: Workspace) -> str:
    record = processes.read_record(workspace.live_path) or {}
    return str(record.get("model") or "")


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None
