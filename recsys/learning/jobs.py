"""Training runs as work in the background: start, stop, resume, copy, name, archive, delete.

Reading them is ``recsys.learning.runs``. Every function here that changes something is safe
against a second caller at the same moment, in this process or another.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from recsys import processes, promotions
from recsys.errors import ConfigError, RecsysError
from recsys.learning import runs
from recsys.learning.budgets import saved_at
from recsys.learning.config import config_from_json
from recsys.learning.disk import writing
from recsys.learning.estimates import refuse_misfit
from recsys.learning.fields import as_text, differences
from recsys.learning.presets import preset_named
from recsys.learning.removal import remove_run
from recsys.learning.slot import task_folders
from recsys.learning.train import TrainRequest, prepare
from recsys.locks import held
from recsys.processes import AlreadyRunningError
from recsys.workspace import Workspace

MAX_NAME = 80
MAX_NOTE = 2000

_SOON_S = 10.0


class BusyError(RecsysError):
    """Another training is in progress; nothing was started."""


def start(
    request: TrainRequest,
    workspace: Workspace,
    *,
    queue: bool = False,
    name: str = "",
    note: str = "",
    origin: str = "",
) -> str:
    """Starts a run as a process of its own, and returns its id.

    Args:
        queue: line up behind a training that is in progress; without it that is a BusyError, so
            that of many who ask at once one is accepted.
        name, note: what a person calls it.
        origin: the run that it is a changed copy of.

    Raises:
        BusyError: another training is in progress, or (with ``queue``) this very one is.
        RecsysError: unusable data or configuration, or an estimate says that it does not fit.
    """
    if request.resume:
        raise ConfigError("a new run cannot resume another", "Resume it instead")
    about = {
        "name": checked_text(name, "name", MAX_NAME),
        "note": checked_text(note, "note", MAX_NOTE),
    }
    with starting(workspace):
        make_way(workspace, queue)
        run_id = prepare(
            request,
            workspace,
            lambda config, catalog: refuse_misfit(config, catalog, workspace),
        )
        if queue:
            _refuse_twin(workspace, run_id)
        runs.describe(workspace, run_id, **about, origin=origin)
        _launch(workspace, run_id, {})
    return run_id


def resume(
    run_id: str,
    workspace: Workspace,
    *,
    steps: int | None = None,
    minutes: float | None = None,
    overrides: Sequence[str] = (),
    queue: bool = False,
) -> None:
    """Goes on with a run exactly where it was saved, as a process of its own.

    Args:
        steps, minutes: another budget, at most one of them.
        overrides: changed settings, ``key=value``; those that do not fit its checkpoint end it
            with an error that names them, and spoil nothing.
        queue: as in ``start``.

    Raises:
        AlreadyRunningError: it is in progress.
        BusyError: another training is.
        RecsysError: no such run, or a change that cannot be.
    """
    # Told at once: another's start may hold the lock for seconds.
    _refuse_going_on(workspace, run_id, steps, minutes)
    changes: dict[str, Any] = {"overrides": list(overrides)}
    if steps is not None or minutes is not None:
        changes.update(steps=steps, minutes=minutes)
    with starting(workspace):
        # Looked at again: deleted meanwhile, its folder would be made anew, with no run in it.
        _refuse_going_on(workspace, run_id, steps, minutes)
        make_way(workspace, queue)
        _launch(workspace, run_id, changes)


def stop(run_id: str, workspace: Workspace) -> bool:
    """Asks a run to save and stop, also one that waits; False where it was not in progress."""
    return processes.stop(workspace.job_dir(runs.read_run(workspace, run_id).id))


def request_of(run_id: str, workspace: Workspace) -> TrainRequest:
    """What to ask for to get the same run again: to show in a form, change, and start.

    Raises RecsysError where there is no such run, or its preset or settings are no longer known.
    """
    run = runs.read_run(workspace, run_id)
    config = config_from_json(dict(run.config))
    changed = differences(config, preset_named(run.preset).config)
    seed = changed.pop("seed", None)
    return TrainRequest(
        data=run.data_path,
        preset=run.preset,
        steps=run.steps,
        minutes=run.minutes,
        overrides=tuple(f"{key}={as_text(mine)}" for key, (mine, _) in changed.items()),
        seed=None if seed is None else seed[0],
    )


def rename(run_id: str, workspace: Workspace, name: str) -> None:
    """Gives a run another name; an empty one is its id again. Raises RecsysError."""
    name = checked_text(name, "name", MAX_NAME)
    with _describing(run_id, workspace) as run:
        runs.describe(workspace, run.id, name=name)


def annotate(run_id: str, workspace: Workspace, note: str) -> None:
    """Writes a note to a run. Raises RecsysError."""
    note = checked_text(note, "note", MAX_NOTE)
    with _describing(run_id, workspace) as run:
        runs.describe(workspace, run.id, note=note)


def archive(run_id: str, workspace: Workspace, is_archived: bool = True) -> None:
    """Takes a run off the list, or puts it back; its files stay. Raises RecsysError."""
    with _describing(run_id, workspace) as run:
        if is_archived and run.is_in_progress:
            raise ConfigError(f"the run {run.name} is in progress", "Stop it first")
        runs.describe(workspace, run.id, is_archived=is_archived)


def delete(run_id: str, workspace: Workspace) -> list[str]:
    """Deletes a run with all its files and models; returns the ids of the models that went.

    MLflow's record of it goes too where it is in the workspace (``tracking.left_behind`` tells
    where it is not).

    Raises RecsysError where it is in progress, or one of its models is live.
    """
    with starting(workspace), promotions.one_at_a_time(workspace):
        run = runs.read_run(workspace, run_id)
        if run.is_in_progress:
            raise ConfigError(f"the run {run.name} is in progress", "Stop it first")
        if run.is_live:
            raise ConfigError(
                f"a model of the run {run.name} is live",
                "Put another model live first: python -m recsys promote --model ID --data NAME",
            )
        recording = workspace.job_dir(run.id) / "tracking"
        processes.kill(recording)  # or it would write there again
        processes.wait(recording, _SOON_S)
        remove_run(workspace, run)
    return list(run.models)


def in_progress(workspace: Workspace) -> list[str]:
    """Ids of the runs and sweeps whose processes are alive, those that wait included."""
    folders = task_folders(workspace)
    return [folder.name for folder in folders if processes.status(folder).is_alive]


@contextlib.contextmanager
def _describing(run_id: str, workspace: Workspace) -> Iterator[runs.Run]:
    # one after another, or of two changes the later to be written would undo the other; and not
    # beside a deletion, which would leave a folder with nothing else in it
    with starting(workspace), writing("that cannot be noted"):
        yield runs.read_run(workspace, run_id)


def _refuse_going_on(
    workspace: Workspace, run_id: str, steps: int | None, minutes: float | None
) -> None:
    """Raises what ``resume`` does where a run cannot go on, or not with this budget."""
    run = runs.read_run(workspace, run_id)
    if run.is_in_progress:
        raise AlreadyRunningError(f"the run {run.name} is in progress already")
    TrainRequest(resume=run_id, steps=steps, minutes=minutes)  # is there sense in the budget?
    if run.state != "finished":
        return
    if steps is None and minutes is None:
        raise ConfigError(
            f"the run {run.name} is complete", "Give it a larger budget to train it further"
        )
    more = "Give it more in all to train it further"
    if steps is not None and steps <= run.step:
        raise ConfigError(f"the run {run.name} has done {run.step:,} steps already", more)
    elapsed_s = saved_at(run, workspace)[1]
    if minutes is not None and 60 * minutes <= elapsed_s:
        raise ConfigError(
            f"the run {run.name} has trained {elapsed_s / 60:.1f} minutes already", more
        )


def make_way(workspace: Workspace, queue: bool) -> None:
    """Raises BusyError where another training is in progress and this one is not to wait."""
    others = in_progress(workspace)
    if others and not queue:
        raise BusyError(
            f"{others[0]} is in progress, and one training at a time keeps the shop quick",
            "Wait for its end, stop it, or line up behind it",
        )


def _refuse_twin(workspace: Workspace, run_id: str) -> None:
    """One request that was sent twice is one run: the second is taken back."""
    fresh = runs.read_run(workspace, run_id)
    for other in in_progress(workspace):
        if other in workspace.job_ids() and _is_same(runs.read_run(workspace, other), fresh):
            remove_run(workspace, fresh)
            raise BusyError(
                f"the run {other} is in progress with the very same settings, data and budget",
                "Change something, for instance the seed",
            )


def _is_same(one: runs.Run, other: runs.Run) -> bool:
    keys = ("config", "preset", "data_path", "fingerprint", "steps", "minutes")
    return all(getattr(one, key) == getattr(other, key) for key in keys)


def _launch(workspace: Workspace, run_id: str, changes: dict[str, Any]) -> None:
    processes.start(
        workspace.job_dir(run_id),
        ["-m", "recsys.learning.worker", run_id, json.dumps(changes)],
        environment={"RECSYS_HOME": str(workspace.root)},
    )


@contextlib.contextmanager
def starting(workspace: Workspace) -> Iterator[None]:
    """One start or deletion at a time, so that a look and the act after it are one.

    Raises TrainingError where the workspace cannot be written.
    """
    with writing("the workspace cannot be changed"), held(workspace.jobs_dir / ".start.lock"):
        yield


def checked_text(text: str, what: str, most: int) -> str:
    """What a person typed, without control characters. Raises ConfigError where it is too long."""
    text = "".join(char for char in text if char.isprintable() or char == "\n").strip()
    if len(text) > most:
        raise ConfigError(f"a {what} may have {most} characters, not {len(text)}")
    return text
