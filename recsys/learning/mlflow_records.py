"""MLflow's side of a record: runs, figures, files, registered models. Loads MLflow.

Everything that is sent comes from files, and ``record.json`` in a run's ``tracking/`` says how
much of it is there, so sending can break off anywhere and go on later.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag, ViewType
from mlflow.entities import Run as MlflowRun
from mlflow.exceptions import MlflowException

from recsys import processes
from recsys.learning import tracking
from recsys.learning.runs import Run, read_run
from recsys.learning.sent_figures import SentFigures
from recsys.learning.set_aside import set_aside
from recsys.learning.tracking import EXPERIMENT, LIVE_ALIAS, REGISTERED_MODEL, Gone
from recsys.locks import held
from recsys.promotions import Promotion
from recsys.workspace import Workspace, is_name

_LOG_BYTES = 200_000
_BUSY_S = 20.0
_COLLECT_S = 300.0
_RUN_TAG, _MODEL_TAG = "recsys.run", "recsys.model"
_WENT_BACK = (
    "went back to step {0} from step {1}: of what is here of later steps, the older figures, and "
    "evaluations that have no newer one, are of a branch that was given up"
)
_MOST_TOLD = 20
_STATUS = {"finished": "FINISHED", "stopped": "KILLED", "killed": "KILLED"}
"""MLflow knows no run that was stopped and may go on; its reason stands in a tag."""


class Records:
    """The records of one workspace, in its own SQLite or on a server.

    Every method raises what MLflow raises where the store cannot be reached or written.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        uri = tracking.tracking_uri(workspace)
        with self._alone():  # two that make the tables of a new store at once would both fail
            if tracking.is_local(workspace):
                _set_aside_damaged(workspace.tracking_path)
            self._client = MlflowClient(uri, uri)
            self._experiment = self._experiment_id()

    def send(self, run: Run) -> None:
        """Brings the record of a run up to what its files hold now; of a deleted one nothing."""
        with self._alone():
            if self._workspace.job_dir(run.id).is_dir():  # or its record was just forgotten
                self._send(run)

    def _send(self, run: Run) -> None:
        record = tracking.read_record(self._workspace, run.id)
        known = self._found(record.get("mlflow_run"))
        if known is None:
            # What was sent to another record of it says nothing of this one.
            record = {"mlflow_run": self._begun(run), "sent_step": 0, "is_complete": False}
            self._keep(run, record)
        mlflow_run = record["mlflow_run"]
        self._send_figures(mlflow_run, run, record)
        changed = _changed(run, known.data.params) if known is not None else {}
        tags = {"mlflow.note.content": run.note, "mlflow.runName": run.name, "state": run.state}
        self._client.log_batch(mlflow_run, tags=_tags({**tags, **changed, "reason": run.reason}))
        if run.is_in_progress:
            self._client.update_run(mlflow_run, status="RUNNING")
            record["is_complete"] = False
        else:
            # Looked at before they are sent, so that one that is made meanwhile is sent again.
            stamp = tracking.report_stamp(self._workspace, run.models)
            self._send_files(mlflow_run, run)
            status = _STATUS.get(run.state, "FAILED")
            self._client.set_terminated(mlflow_run, status, _milliseconds(run.ended) or None)
            record.update(is_complete=True, models=list(run.models), report_stamp=stamp)
        self._keep(run, record)

    def register(self, promotions: Sequence[Promotion]) -> None:
        """Registers every model that was put live, newest first given, and moves the alias.

        Where what is live now is no model of the workspace, the alias is taken away.
        """
        with self._alone():
            self._register(promotions)

    def _register(self, promotions: Sequence[Promotion]) -> None:
        version, is_known = None, False
        for promotion in reversed(promotions):
            version = self._version_of(promotion.pointer.model)
            if version is None:
                continue
            is_known = True
            # MLflow takes letters, digits and a few marks: neither ":" nor the "+" of a time zone
            tag = re.sub(r"[^\w./ -]", ".", f"promoted {promotion.pointer.since}", flags=re.ASCII)
            who = f"{promotion.who or 'unknown'} for {promotion.pointer.data}"
            self._client.set_model_version_tag(REGISTERED_MODEL, version, tag, who)
        if version is not None:
            self._client.set_registered_model_alias(REGISTERED_MODEL, LIVE_ALIAS, version)
        elif is_known:
            self._client.delete_registered_model_alias(REGISTERED_MODEL, LIVE_ALIAS)

    def _alone(self) -> AbstractContextManager[None]:
        """One recorder of the workspace at a time: nothing is looked for and made twice."""
        return held(self._workspace.root / "tracking" / "send.lock")

    def forget(self, note: Gone) -> None:
        """Removes what the workspace's own store knows of a deleted run, its files included."""
        with self._alone():
            self._forget(note)

    def _forget(self, note: Gone) -> None:
        # Hidden ones too: a removal that was broken off has hidden some and not yet collected them.
        is_there = self._found(note.mlflow_run, hidden_too=True) is not None
        known = {note.mlflow_run} if is_there else set()
        for query in (
            f"tags.`{_RUN_TAG}` = '{note.run}'",
            *(f"tags.`{_MODEL_TAG}` = '{model}'" for model in note.models if is_name(model)),
        ):
            found = self._client.search_runs([self._experiment], query, ViewType.ALL)
            known |= {str(one.info.run_id) for one in found}
        for version in self._client.search_model_versions(f"name = '{REGISTERED_MODEL}'"):
            if version.run_id in known or version.tags.get("model") in note.models:
                self._client.delete_model_version(REGISTERED_MODEL, version.version)
        for mlflow_run in sorted(known):
            self._client.delete_run(mlflow_run)
            tracking.remove_artifacts(self._workspace, mlflow_run)
        tracking.remove_artifacts(self._workspace, note.mlflow_run)
        if known:
            _collect(tracking.tracking_uri(self._workspace), sorted(known))

    # runs

    def _experiment_id(self) -> str:
        found = self._client.get_experiment_by_name(EXPERIMENT)
        if found is not None:
            return str(found.experiment_id)
        place = None
        if tracking.is_local(self._workspace):
            place = self._workspace.artifacts_dir.as_uri()
        try:
            made = self._client.create_experiment(EXPERIMENT, artifact_location=place)
        except MlflowException:  # another process made it in the same moment
            found = self._client.get_experiment_by_name(EXPERIMENT)
            if found is None:
                raise
            return str(found.experiment_id)
        # The store is new, or lost what it had: whatever was sent is to be sent again.
        for run_id in self._workspace.job_ids():
            if tracking.read_record(self._workspace, run_id):
                tracking.write_record(self._workspace, run_id, {})
        return str(made)

    def _found(self, mlflow_run: Any, *, hidden_too: bool = False) -> MlflowRun | None:
        """A record as the store has it; None where it has none, or only hides a deleted one."""
        if not mlflow_run:
            return None
        try:
            found = self._client.get_run(mlflow_run)
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise
        return found if hidden_too or found.info.lifecycle_stage == "active" else None

    def _begun(self, run: Run) -> str:
        """The id of the run's record, made where there is none."""
        query = f"tags.`{_RUN_TAG}` = '{run.id}'"
        found = self._client.search_runs([self._experiment], query, max_results=1)
        if found:
            return str(found[0].info.run_id)
        folder = self._workspace.job_dir(run.id)
        made_with = processes.read_record(folder / "environment.json") or {}
        packages = made_with.pop("packages", {})
        tags = {
            _RUN_TAG: run.id,
            "mlflow.source.name": "recsys train",
            "mlflow.source.git.commit": str(made_with.pop("commit", "")),
            "preset": run.preset,
            "origin": run.origin,
            **{f"made_with.{name}": str(value) for name, value in made_with.items()},
            **{f"package.{name}": str(value) for name, value in packages.items()},
        }
        created = self._client.create_run(
            self._experiment,
            start_time=_milliseconds(run.created),
            tags={key: value for key, value in tags.items() if value},
            run_name=run.name,
        )
        mlflow_run = str(created.info.run_id)
        params = [Param(key, str(value)) for key, value in _params(run).items()]
        self._client.log_batch(mlflow_run, params=params)
        source = json.dumps({"path": run.data_path})
        dataset = Dataset(run.data_name, run.fingerprint[:36], "local", source)
        context = [InputTag("mlflow.data.context", "training")]
        self._client.log_inputs(mlflow_run, [DatasetInput(dataset, context)])
        return mlflow_run

    def _send_figures(self, mlflow_run: str, run: Run, record: dict[str, Any]) -> None:
        """Sends what is new, and again what a run that went back has written anew."""
        figures = SentFigures(
            self._workspace.job_dir(run.id) / "metrics.jsonl",
            tracking.sums_path(self._workspace, run.id),
            record,
            _milliseconds(run.created),
        )
        back = figures.went_back
        if back is not None:
            said = _WENT_BACK.format(back.to_step, back.from_step)
            told = [line for line in record.get("went_back") or [] if line != said]
            record["went_back"] = [*told, said][-_MOST_TOLD:]
            tags = {"recsys.went_back": "\n".join(record["went_back"])}
            self._client.log_batch(mlflow_run, tags=_tags(tags))
        for batch in figures.batches():
            metrics = [
                Metric(name.replace("@", "_at_"), value, at_ms, step)
                for name, value, at_ms, step in batch.figures
            ]
            self._client.log_batch(mlflow_run, metrics=metrics)
            record.update(figures.note(batch))
            self._keep(run, record)

    def _send_files(self, mlflow_run: str, run: Run) -> None:
        folder = self._workspace.job_dir(run.id)
        for name in ("run.json", "environment.json", "film.jsonl"):
            if (folder / name).is_file():
                self._client.log_artifact(mlflow_run, str(folder / name), "run")
        log = processes.log_tail(folder, lines=100_000, most_bytes=_LOG_BYTES)
        if log:
            self._client.log_text(mlflow_run, "\n".join(log) + "\n", "run/log.txt")
        self._client.log_dict(mlflow_run, self._references(run), "run/references.json")
        for model in run.models:
            self._send_bundle(mlflow_run, model)

    def _send_bundle(self, mlflow_run: str, model: str) -> None:
        """Into a folder of its own: a registered model stays when its run makes another."""
        bundle = self._workspace.model_dir(model)
        for name in ("model.json", "weights.npz", "report.json"):
            if (bundle / name).is_file():
                self._client.log_artifact(mlflow_run, str(bundle / name), _place(model))

    def _references(self, run: Run) -> dict[str, Any]:
        """What is named and not copied: checkpoints and embeddings, which are large and change."""
        folder = self._workspace.job_dir(run.id)
        checkpoints = sorted((folder / "checkpoints").glob("step-*"))
        return {
            "checkpoints": [
                {"path": str(path), "files": processes.read_record(path / "files.json") or {}}
                for path in checkpoints
            ],
            "models": [str(self._workspace.model_dir(model)) for model in run.models],
        }

    def _keep(self, run: Run, record: Mapping[str, Any]) -> None:
        tracking.write_record(self._workspace, run.id, record)

    # registered models

    def _version_of(self, model: str) -> str | None:
        """The version that a model is registered as, registered now where it was not."""
        if not is_name(model) or model not in self._workspace.model_ids():
            return None  # a bundle elsewhere, or one that was deleted
        try:
            self._client.create_registered_model(REGISTERED_MODEL)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        known = self._client.search_model_versions(f"name = '{REGISTERED_MODEL}'")
        for version in known:
            # An older one is of a folder that all models of its run went into, one over another.
            has_its_own = str(version.source).endswith(f"/{_place(model)}")
            if version.tags.get("model") == model and has_its_own:
                return str(version.version)
        mlflow_run = self._run_of_model(model)
        made = self._client.create_model_version(
            REGISTERED_MODEL,
            source=f"runs:/{mlflow_run}/{_place(model)}",
            run_id=mlflow_run,
            tags={"model": model},
        )
        return str(made.version)

    def _run_of_model(self, model: str) -> str:
        """The record that has a model's files, sent now."""
        info = processes.read_record(self._workspace.model_dir(model) / "model.json") or {}
        run_id = str(info.get("run") or model)
        if run_id in self._workspace.job_ids():
            run = read_run(self._workspace, run_id)
            self._send(run)
            mlflow_run = str(tracking.read_record(self._workspace, run_id)["mlflow_run"])
            if run.is_in_progress:  # trained further: its files are sent at its end
                self._send_bundle(mlflow_run, model)
            return mlflow_run
        # A model whose run is gone, or that came from elsewhere: a record of the bundle alone.
        query = f"tags.`{_MODEL_TAG}` = '{model}'"
        found = list(self._client.search_runs([self._experiment], query, max_results=1))
        if not found:
            tags = {_MODEL_TAG: model}
            found = [self._client.create_run(self._experiment, tags=tags, run_name=model)]
        mlflow_run = str(found[0].info.run_id)
        self._send_bundle(mlflow_run, model)
        self._client.set_terminated(mlflow_run, "FINISHED")
        return mlflow_run


def _place(model: str) -> str:
    """Where a model's files are in the record of its run."""
    return f"bundles/{model}"


def _params(run: Run) -> dict[str, Any]:
    """Every setting under its own key, and the budget."""
    config = dict(run.config)
    tower = config.pop("tower", {})
    budget = {"steps": run.steps, "minutes": run.minutes}
    params = {**config, **(tower if isinstance(tower, dict) else {}), **budget}
    return {
        key: ",".join(map(str, value)) if isinstance(value, list) else value
        for key, value in params.items()
        if value is not None
    }


def _collect(uri: str, mlflow_runs: Sequence[str]) -> None:
    """Removes what MLflow only hides when it is told to delete.

    By its command, in a process of its own: there is no function for it, and the command changes
    which store everything else in its process uses.
    """
    stores = ["--backend-store-uri", uri, "--tracking-uri", uri]
    order = [sys.executable, "-m", "mlflow", "gc", *stores, "--run-ids", ",".join(mlflow_runs)]
    environment = {**os.environ, **tracking.QUIET}
    subprocess.run(order, check=True, capture_output=True, timeout=_COLLECT_S, env=environment)


def _changed(run: Run, sent: Mapping[str, str]) -> dict[str, str]:
    """Tags for what a run goes on with that is other than the parameters of its record.

    A store takes a parameter once and for all.
    """
    now = {key: str(value) for key, value in _params(run).items()}
    return {f"now.{key}": value for key, value in now.items() if sent.get(key) != value}


def _tags(tags: Mapping[str, str]) -> list[RunTag]:
    return [RunTag(key, value) for key, value in tags.items()]


def _milliseconds(moment: str) -> int:
    try:
        return int(datetime.fromisoformat(moment).timestamp() * 1000)
    except ValueError:
        return 0


def _set_aside_damaged(path: Path) -> None:
    """Moves a database that SQLite finds damaged out of the way, into a folder beside it.

    Records are then made anew: the runs' own files hold everything that was in it.
    """
    if not path.is_file():
        return
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=_BUSY_S)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found and found[0] == "ok":
            return
    except sqlite3.OperationalError:
        return  # locked, or not to be opened: no sign of damage
    except sqlite3.DatabaseError:
        pass
    set_aside(path)
