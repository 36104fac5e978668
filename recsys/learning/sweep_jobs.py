"""Sweeps as work in the background: start, stop, resume, delete, train the best at full length."""

from __future__ import annotations

import secrets
from dataclasses import asdict, replace
from datetime import UTC, datetime

from recsys import atomic as files
from recsys import processes
from recsys.catalog.datasets import open_dataset
from recsys.errors import ConfigError, RequestError
from recsys.learning import jobs
from recsys.learning.budgets import least_minutes, sweep_used_s
from recsys.learning.disk import writing
from recsys.learning.estimates import refuse_misfit
from recsys.learning.fields import as_text
from recsys.learning.removal import remove_sweep
from recsys.learning.sweep_space import base_config, checked
from recsys.learning.sweeps import (
    Sweep,
    SweepRequest,
    describe,
    list_sweeps,
    read_sweep,
    request_from,
)
from recsys.learning.train import TrainRequest
from recsys.workspace import Workspace


def start_sweep(
    request: SweepRequest, workspace: Workspace, *, queue: bool = False, name: str = ""
) -> str:
    """Starts a sweep as a process of its own, and returns its id.

    Args:
        queue: line up behind a training that is in progress; without it that is a BusyError.

    Raises:
        BusyError: another training is in progress, or (with ``queue``) this very sweep is.
        RecsysError: unusable data, parameters or budget, or an estimate says that what all trials
            share does not fit.
    """
    request = checked(request)
    with jobs.starting(workspace):
        jobs.make_way(workspace, queue)
        catalog, path = open_dataset(request.data, workspace)
        refuse_misfit(base_config(request), catalog, workspace)
        request = replace(request, data=str(path))
        _refuse_twin(workspace, request)
        sweep_id = f"sweep-{secrets.token_hex(3)}"
        record = {
            "request": asdict(request),
            "name": jobs.checked_text(name, "name", jobs.MAX_NAME),
            "data_name": catalog.name,
            "fingerprint": catalog.fingerprint,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        files.write_json(workspace.sweep_dir(sweep_id) / "sweep.json", record)
        _launch(workspace, sweep_id)
    return sweep_id


def resume_sweep(
    sweep_id: str,
    workspace: Workspace,
    *,
    trials: int | None = None,
    minutes: float | None = None,
    queue: bool = False,
) -> None:
    """Goes on with a sweep, in the middle of the trial that it was stopped in.

    Args:
        trials, minutes: another budget, at most one of them, counted from the sweep's start.

    Raises RecsysError where it is in progress or not there, its budget is spent, or the new one is.
    """
    with jobs.starting(workspace):
        sweep = read_sweep(workspace, sweep_id)
        if sweep.is_in_progress:
            raise ConfigError(f"the sweep {sweep.id} is in progress already")
        path = workspace.sweep_dir(sweep.id) / "sweep.json"
        record = processes.read_record(path) or {}
        if trials is None and minutes is None:
            if sweep.state == "finished":
                raise ConfigError(
                    f"the budget of the sweep {sweep.id} is spent",
                    "Give it more trials or minutes",
                )
        else:
            record["request"] = {**record["request"], "trials": trials, "minutes": minutes}
            checked(request_from(record["request"]))
            _refuse_spent(sweep, sweep_used_s(sweep.id, workspace), trials, minutes)
        jobs.make_way(workspace, queue)
        if trials is not None or minutes is not None:
            files.write_json(path, record)
        _launch(workspace, sweep_id)


def stop_sweep(sweep_id: str, workspace: Workspace) -> bool:
    """Asks a sweep to save and stop; False where it was not in progress."""
    return processes.stop(workspace.sweep_dir(read_sweep(workspace, sweep_id).id))


def describe_sweep(sweep_id: str, workspace: Workspace, *, name: str, note: str) -> None:
    """Gives a sweep another name and note. Raises RecsysError."""
    name = jobs.checked_text(name, "name", jobs.MAX_NAME)
    note = jobs.checked_text(note, "note", jobs.MAX_NOTE)
    with jobs.starting(workspace), writing("that cannot be noted"):
        describe(workspace, read_sweep(workspace, sweep_id).id, name=name, note=note)


def delete_sweep(sweep_id: str, workspace: Workspace) -> None:
    """Deletes a sweep with its trials; runs that were started from it stay. Raises RecsysError."""
    with jobs.starting(workspace), writing("the sweep cannot be deleted"):
        sweep = read_sweep(workspace, sweep_id)
        if sweep.is_in_progress:
            raise ConfigError(f"the sweep {sweep.id} is in progress", "Stop it first")
        remove_sweep(workspace, sweep.id)


def train_best(
    sweep_id: str,
    workspace: Workspace,
    *,
    steps: int | None = None,
    minutes: float | None = None,
    queue: bool = False,
) -> str:
    """Starts a run with the best trial's settings at full length; returns its id.

    Without a budget it is the preset's own. Raises RecsysError where there is no complete trial.
    """
    sweep = read_sweep(workspace, sweep_id)
    best = sweep.best_trial
    if best is None:
        raise RequestError(f"the sweep {sweep.id} has no complete trial yet", "Wait for one")
    asked = sweep.request
    chosen = (f"{key}={as_text(value)}" for key, value in best.params.items())
    request = TrainRequest(
        data=asked.data,
        preset=asked.preset,
        steps=steps,
        minutes=minutes,
        overrides=(*asked.overrides, *chosen),
    )
    words = f"Best of {sweep.name}"[: jobs.MAX_NAME]
    return jobs.start(request, workspace, queue=queue, name=words, origin=sweep.id)


def _refuse_spent(sweep: Sweep, used_s: float, trials: int | None, minutes: float | None) -> None:
    """A budget that is spent would end the sweep at once, as one that is finished."""
    if trials is not None and trials <= sweep.ended:
        raise ConfigError(
            f"the sweep {sweep.id} has had {sweep.ended} trials already, so {trials} are none more",
            f"Ask for {sweep.ended + 1} trials or more: they count from its start",
        )
    if minutes is not None and 60 * minutes <= used_s:
        raise ConfigError(
            f"the sweep {sweep.id} has taken {used_s / 60:.1f} minutes already, so {minutes:g} are "
            "none more",
            f"Ask for {least_minutes(used_s):g} minutes or more: they count from its start",
        )


def _refuse_twin(workspace: Workspace, request: SweepRequest) -> None:
    """One request that was sent twice is one sweep."""
    for other in list_sweeps(workspace):
        if other.is_in_progress and other.request == request:
            raise jobs.BusyError(
                f"the sweep {other.id} is in progress with the very same search, data and budget",
                "Change something, for instance the seed",
            )


def _launch(workspace: Workspace, sweep_id: str) -> None:
    processes.start(
        workspace.sweep_dir(sweep_id),
        ["-m", "recsys.learning.sweep_worker", sweep_id],
        environment={"RECSYS_HOME": str(workspace.root)},
    )
