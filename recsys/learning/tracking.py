"""Records of every run in MLflow: the light side, which never loads it.

A run's own files are what counts; MLflow's records are made from them by a process of its own
(``recsys.learning.recorder``), beside the training and not in it. So a server that is down costs
the record's freshness and nothing else, and a run that is killed is recorded as killed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from recsys import atomic as files
from recsys import processes
from recsys.errors import RecsysError
from recsys.learning.set_aside import what_happened
from recsys.processes import AlreadyRunningError
from recsys.workspace import Workspace, is_name

EXPERIMENT = "recsys"
REGISTERED_MODEL = "recommender"
LIVE_ALIAS = "live"

_SWITCH = "RECSYS_TRACKING"
_SERVER = "MLFLOW_TRACKING_URI"
QUIET = {
    # Nothing is sent to anyone but the server that was named.
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # A server that is down is asked again later; waiting for it longer gains nothing.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}
"""The environment that MLflow is used in."""


@dataclass(frozen=True)
class Recorded:
    """How far MLflow's record of a run is.

    Attributes:
        mlflow_run: its id there, empty where there is none yet.
        sent_step: the last step whose figures are there.
        is_complete: whether it holds the run's end, its model and its files.
        problem: why the last attempt failed, empty where it did not.
        at: of the last attempt, ISO 8601, UTC.
    """

    mlflow_run: str = ""
    sent_step: int = 0
    is_complete: bool = False
    problem: str = ""
    at: str = ""


def is_on() -> bool:
    """Whether runs are recorded at all: ``RECSYS_TRACKING=off`` switches it off."""
    return os.environ.get(_SWITCH, "").strip().lower() not in ("off", "0", "false", "no")


def tracking_uri(workspace: Workspace) -> str:
    """Where records go: what ``MLFLOW_TRACKING_URI`` names, or the workspace's own SQLite."""
    named = os.environ.get(_SERVER, "").strip()
    return named or _local_uri(workspace)


def _local_uri(workspace: Workspace) -> str:
    return f"sqlite:///{workspace.tracking_path}"


def is_local(workspace: Workspace) -> bool:
    """Whether records go into the workspace."""
    return tracking_uri(workspace) == _local_uri(workspace)


def shown_uri(workspace: Workspace) -> str:
    """``tracking_uri`` without a user's name or password, to be shown and written down."""
    uri = tracking_uri(workspace)
    parts = urlsplit(uri)
    if "@" not in parts.netloc:
        return uri
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def ui_command(workspace: Workspace, port: int = 5000) -> str:
    """What to type for MLflow's own pages on the workspace's records; empty with a server.

    With a server its own address is where the pages are: ``shown_uri``.
    """
    if not is_local(workspace):
        return ""
    store = shlex.quote(tracking_uri(workspace))
    return (
        "MLFLOW_DISABLE_TELEMETRY=true python -m mlflow ui "
        f"--backend-store-uri {store} --port {port}"
    )


def follow(workspace: Workspace, run_id: str) -> None:
    """Starts to record a run, beside it; does nothing where recording is off or cannot start."""
    _begin(workspace, workspace.job_dir(run_id) / "tracking", "follow", run_id)


def recorded(workspace: Workspace, run_id: str) -> Recorded:
    """How far MLflow's record of a run is, as far as its files say."""
    folder = workspace.job_dir(run_id) / "tracking"
    record = read_record(workspace, run_id)
    told = processes.read_state(folder)
    return Recorded(
        mlflow_run=str(record.get("mlflow_run") or ""),
        sent_step=int(record.get("sent_step") or 0),
        is_complete=bool(record.get("is_complete")),
        problem=str(told.get("problem") or ""),
        at=str(told.get("at") or ""),
    )


def damage(workspace: Workspace) -> str:
    """What happened to the workspace's own store, where it was found damaged; else empty."""
    return what_happened(workspace.tracking_path, "the runs' files")


def send_outstanding(workspace: Workspace) -> None:
    """Starts to send what MLflow has not got yet: ended runs, and what was put live."""
    _begin(workspace, workspace.root / "tracking", "outstanding")


def outstanding(workspace: Workspace) -> list[str]:
    """Ids of the runs that have ended and whose record is not complete."""
    found = []
    for run_id in workspace.job_ids():
        folder = workspace.job_dir(run_id)
        if not (folder / "run.json").is_file() or processes.status(folder).is_alive:
            continue
        record = read_record(workspace, run_id)
        if not record.get("is_complete") or _has_news(workspace, record):
            found.append(run_id)
    return found


def now() -> str:
    """This moment, as records hold it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


# runs that are deleted


def left_behind(workspace: Workspace, run_id: str) -> list[str]:
    """Servers that have a record of a run, which stays there when the run is deleted."""
    return [
        uri
        for uri, record in _stores(workspace, run_id).items()
        if uri != _local_uri(workspace) and isinstance(record, dict) and record.get("mlflow_run")
    ]


def is_local_record(workspace: Workspace, run_id: str) -> bool:
    """Whether the workspace's own store has a record of a run, which goes with it."""
    record = _stores(workspace, run_id).get(_local_uri(workspace))
    return isinstance(record, dict) and bool(record.get("mlflow_run"))


def note_gone(workspace: Workspace, run_id: str, models: Sequence[str]) -> None:
    """Notes that a run is deleted, where the workspace's own store may know of it.

    Raises OSError.
    """
    known = _record_path(workspace, run_id).parent.is_dir()
    if not known or not workspace.tracking_path.is_file():
        return
    record = _stores(workspace, run_id).get(_local_uri(workspace))
    mlflow_run = str(record.get("mlflow_run") or "") if isinstance(record, dict) else ""
    note = {"run": run_id, "mlflow_run": mlflow_run, "models": list(models)}
    files.write_json(_gone_dir(workspace) / f"{run_id}.json", note)


def forget_gone(workspace: Workspace) -> None:
    """Removes the recorded files of deleted runs, and starts to remove the rest of their records.

    Also where recording is switched off by now: what was recorded before is to go.
    """
    notes = gone(workspace)
    for note in notes:
        remove_artifacts(workspace, note.mlflow_run)
    if notes:
        folder = workspace.root / "tracking" / "forget"
        _launch(workspace, folder, "forget", environment={_SERVER: ""})


@dataclass(frozen=True)
class Gone:
    """A run that was deleted and that the workspace's own store still knows.

    Attributes:
        mlflow_run: its id there; empty where it was not noted.
    """

    run: str
    mlflow_run: str
    models: tuple[str, ...]


def gone(workspace: Workspace) -> list[Gone]:
    """What is still to be forgotten. A run that is there after all is not among it."""
    found = []
    for path in sorted(_gone_dir(workspace).glob("*.json")):
        note = processes.read_record(path) or {}
        if not is_name(path.stem) or (workspace.job_dir(path.stem) / "run.json").is_file():
            path.unlink(missing_ok=True)  # its deletion was broken off before it began
            continue
        models = note.get("models")
        known = [model for model in models if isinstance(model, str)] if models else []
        found.append(Gone(path.stem, str(note.get("mlflow_run") or ""), tuple(known)))
    return found


def forgotten(workspace: Workspace, note: Gone) -> None:
    """Notes that nothing is left of a deleted run's record. Raises OSError."""
    (_gone_dir(workspace) / f"{note.run}.json").unlink(missing_ok=True)


def remove_artifacts(workspace: Workspace, mlflow_run: str) -> None:
    """Removes the files of one record in the workspace; nothing where the id is none."""
    if is_name(mlflow_run):
        shutil.rmtree(workspace.artifacts_dir / mlflow_run, ignore_errors=True)


def _gone_dir(workspace: Workspace) -> Path:
    return workspace.root / "tracking" / "gone"


# shared with the recorder


def read_record(workspace: Workspace, run_id: str) -> dict[str, Any]:
    """What of a run the store that is in use now has; empty where nothing."""
    record = _stores(workspace, run_id).get(shown_uri(workspace))
    return record if isinstance(record, dict) else {}


def write_record(workspace: Workspace, run_id: str, record: Mapping[str, Any]) -> None:
    """Notes what of a run the store that is in use now has; what others have stays noted."""
    if not workspace.job_dir(run_id).is_dir():
        return  # it was deleted while it was sent; a folder must not come of it again
    stores = {**_stores(workspace, run_id), shown_uri(workspace): dict(record)}
    files.write_json(_record_path(workspace, run_id), {"stores": stores})


def _record_path(workspace: Workspace, run_id: str) -> Path:
    return workspace.job_dir(run_id) / "tracking" / "record.json"


def _stores(workspace: Workspace, run_id: str) -> dict[str, Any]:
    known = processes.read_record(_record_path(workspace, run_id)) or {}
    stores = known.get("stores")
    return stores if isinstance(stores, dict) else {}


def sums_path(workspace: Workspace, run_id: str) -> Path:
    """Where the checksums of what the store that is in use has are kept."""
    store = hashlib.blake2b(shown_uri(workspace).encode(), digest_size=6).hexdigest()
    return _record_path(workspace, run_id).with_name(f"sent-{store}.sums")


def report_stamp(workspace: Workspace, models: tuple[str, ...] | list[str]) -> str:
    """Changes whenever a report of one of the models is made."""
    reports = [workspace.model_dir(model) / "report.json" for model in models]
    return ",".join(f"{path.stat().st_mtime_ns}" for path in reports if path.is_file())


def _has_news(workspace: Workspace, record: Mapping[str, Any]) -> bool:
    models = [model for model in record.get("models") or [] if isinstance(model, str)]
    return report_stamp(workspace, models) != record.get("report_stamp", "")


def _begin(workspace: Workspace, folder: Path, *order: str) -> None:
    if is_on():
        _launch(workspace, folder, *order)


def _launch(
    workspace: Workspace, folder: Path, *order: str, environment: Mapping[str, str] | None = None
) -> None:
    # A record must not be why something else fails: who looks at the run sees that there is none.
    with contextlib.suppress(AlreadyRunningError, OSError, RecsysError):
        processes.start(
            folder,
            ["-m", "recsys.learning.recorder", *order],
            environment={"RECSYS_HOME": str(workspace.root), **QUIET, **(environment or {})},
            priority=15,
        )
