"""A workspace with a run to record, an SQLite store to record it in, and what a record holds."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from recsys.learning import runs, tracking
from recsys.learning.metrics import MetricsLog
from recsys.workspace import Workspace

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from recsys.learning.mlflow_records import Records


def records_of(workspace: Workspace) -> Records:
    from recsys.learning.mlflow_records import Records

    return Records(workspace)


def client_of(workspace: Workspace) -> MlflowClient:
    from mlflow import MlflowClient

    uri = tracking.tracking_uri(workspace)
    return MlflowClient(uri, uri)


def artifacts(client: MlflowClient, mlflow_run: str, path: str = "") -> list[str]:
    found = []
    for item in client.list_artifacts(mlflow_run, path):
        found += artifacts(client, mlflow_run, item.path) if item.is_dir else [item.path]
    return sorted(found)


def send(workspace: Workspace, run_id: str = "regions-1") -> str:
    records_of(workspace).send(runs.read_run(workspace, run_id))
    return str(tracking.read_record(workspace, run_id)["mlflow_run"])


EVERYTHING = [
    "run/environment.json",
    "run/film.jsonl",
    "run/references.json",
    "run/run.json",
]


def assert_whole_record(workspace: Workspace, mlflow_run: str, run_id: str = "regions-1") -> None:
    """Settings, data, code, environment, every figure with its step, and the files."""
    client = client_of(workspace)
    record = client.get_run(mlflow_run)
    run = runs.read_run(workspace, run_id)
    assert record.info.status == "FINISHED"
    assert record.info.run_name == run.name
    ended = datetime.fromisoformat(run.ended).timestamp() * 1000
    assert record.info.start_time <= record.info.end_time == ended
    params = record.data.params
    assert params["learning_rate"] == str(run.config["learning_rate"])
    assert params["widths"] == "8,12,16"
    assert params["steps"] == str(run.steps)
    (inputs,) = record.inputs.dataset_inputs
    assert inputs.dataset.name == "planted"
    assert inputs.dataset.digest == run.fingerprint[:36]
    assert json.loads(inputs.dataset.source)["path"] == run.data_path
    tags = record.data.tags
    assert tags["recsys.run"] == run_id
    assert tags["made_with.python"].count(".") == 2
    assert tags["package.jax"]
    rows = MetricsLog(workspace.job_dir(run_id) / "metrics.jsonl").read()
    for name in ("loss", "gradient_norm", "validation_recall@10", "excess_gini"):
        sent = client.get_metric_history(mlflow_run, name.replace("@", "_at_"))
        assert sorted((metric.step, metric.value) for metric in sent) == [
            (row["step"], row[name]) for row in rows if name in row
        ]
    found = artifacts(client, mlflow_run)
    bundles = [
        f"bundles/{model}/{name}" for model in run.models for name in ("model.json", "weights.npz")
    ]
    assert run.models
    assert {*EVERYTHING, *bundles} <= set(found)
