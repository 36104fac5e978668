"""Away with a run: its models, its folder, its record; away with a sweep.

Every folder is renamed before it is emptied, so that it is gone at once and not bit by bit. A
model says which run made it, so models go before their run: where that is broken off, the run is
still listed and can be deleted again. What a removal that was broken off left behind goes with
the next one, be it of a run or a sweep. Loads nothing heavy.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from recsys.learning import tracking
from recsys.learning.runs import Run
from recsys.workspace import Workspace

_REMOVED = ".deleted"


def remove_run(workspace: Workspace, run: Run) -> None:
    """Removes a run with its models, and MLflow's record of it where that is the workspace's.

    The caller holds ``jobs.starting``: nobody else removes anything meanwhile. Raises OSError.
    """
    _finish_removals(workspace)
    for model in run.models:
        _remove(workspace.model_dir(model))
    tracking.note_gone(workspace, run.id, run.models)  # last: with its folder goes who knows it
    _remove(workspace.job_dir(run.id))
    tracking.forget_gone(workspace)


def remove_sweep(workspace: Workspace, sweep_id: str) -> None:
    """Removes a sweep with its trials; runs that were started from it stay.

    The caller holds ``jobs.starting``, as above. Raises OSError.
    """
    _finish_removals(workspace)
    _remove(workspace.sweep_dir(sweep_id))


def _finish_removals(workspace: Workspace) -> None:
    for parent in (workspace.jobs_dir, workspace.models_dir, workspace.sweeps_dir):
        for doomed in parent.glob(f".*{_REMOVED}"):
            if doomed.is_dir() and not doomed.is_symlink():
                shutil.rmtree(doomed, ignore_errors=True)


def _remove(folder: Path) -> None:
    if folder.is_dir():
        doomed = folder.with_name(f".{folder.name}{_REMOVED}")
        shutil.rmtree(doomed, ignore_errors=True)
        folder.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
