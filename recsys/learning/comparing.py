"""Training runs side by side: what differs in what they were told, and in what came out.

Beside the figures of their reports, runs on the same data are compared scene by scene on the
validation part, which each of them measured anyway: the same scenes and candidates, so the
difference has an interval of its own (paired bootstrap, ``recsys.evaluation.bootstrap``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from recsys import processes
from recsys.errors import RequestError
from recsys.evaluation.bootstrap import Interval, Terms, interval, resample
from recsys.learning.runs import Run, read_run
from recsys.workspace import Workspace

SEED = 0


@dataclass(frozen=True)
class Paired:
    """One run against the first, on the validation scenes of both.

    Attributes:
        difference: of recall@10, this run minus the first, with its 95 % interval.
        scenes: how many they have in common.
        is_clear: the interval does not hold 0.
    """

    difference: Interval
    scenes: int
    is_clear: bool


@dataclass(frozen=True)
class Comparison:
    """Several runs; every sequence is in their order.

    Attributes:
        settings: those that differ, by key: settings, preset, data, budget.
        metrics: the latest figures of the runs themselves, by name; None where one has none.
        recall: recall@10 on the validation scenes with its interval; None where not measured.
        paired: each against the first (the first None), None where they share no scenes.
        unpaired: why one cannot be paired with the first, empty where it is.
        reports: figures of the models' reports on their test part, by name, as
            ``{"value", "low", "high"}``; None where there is no report.
        report_differences: the first's report's paired differences, by the other model's id and
            figure, as ``{"value", "low", "high"}`` of the first minus the other; only those that
            were measured together.
    """

    runs: tuple[Run, ...]
    settings: dict[str, tuple[Any, ...]]
    metrics: dict[str, tuple[float | None, ...]]
    recall: tuple[Interval | None, ...]
    paired: tuple[Paired | None, ...]
    unpaired: tuple[str, ...]
    reports: tuple[dict[str, dict[str, float | None]] | None, ...]
    report_differences: dict[str, dict[str, dict[str, float | None]]]


def compare(workspace: Workspace, run_ids: Sequence[str]) -> Comparison:
    """Puts runs side by side, the first being what the others are held against.

    Raises RequestError for fewer than two different runs, or one that is not there.
    """
    if len(set(run_ids)) < 2:
        raise RequestError("a comparison needs two different runs or more", "Name another")
    runs = tuple(read_run(workspace, run_id) for run_id in dict.fromkeys(run_ids))
    scenes = [_scenes(workspace, run) for run in runs]
    pairs = [_paired(run, own, runs[0], scenes[0]) for run, own in zip(runs, scenes, strict=True)]
    reports = [_report(workspace, run) for run in runs]
    return Comparison(
        runs=runs,
        settings=_differing(runs),
        metrics=_metrics(runs),
        recall=tuple(_recall(own) for own in scenes),
        paired=(None, *(pair for pair, _ in pairs[1:])),
        unpaired=("", *(reason for _, reason in pairs[1:])),
        reports=tuple(_figures(report) for report in reports),
        report_differences=_differences(reports[0], runs[1:]),
    )


def _differing(runs: Sequence[Run]) -> dict[str, tuple[Any, ...]]:
    flat = [_flat(run) for run in runs]
    keys = list(dict.fromkeys(key for values in flat for key in values))
    rows = {key: tuple(values.get(key) for values in flat) for key in keys}
    return {key: row for key, row in rows.items() if any(value != row[0] for value in row)}


def _flat(run: Run) -> dict[str, Any]:
    config = dict(run.config)
    tower = config.pop("tower", {})
    return {
        "preset": run.preset,
        "data": run.data_name,
        "data fingerprint": run.fingerprint[:12],
        "steps": run.steps,
        "minutes": run.minutes,
        **config,
        **(tower if isinstance(tower, dict) else {}),
    }


def _metrics(runs: Sequence[Run]) -> dict[str, tuple[float | None, ...]]:
    names = dict.fromkeys(name for run in runs for name in run.metrics)
    return {name: tuple(run.metrics.get(name) for run in runs) for name in names}


def _scenes(workspace: Workspace, run: Run) -> dict[str, float]:
    """Recall@10 of every validation scene at the run's last evaluation, by its id."""
    record = processes.read_record(workspace.job_dir(run.id) / "validation.json") or {}
    found = record.get("recall@10")
    if not isinstance(found, dict):
        return {}
    return {scene: float(value) for scene, value in found.items() if _is_number(value)}


def _recall(scenes: Mapping[str, float]) -> Interval | None:
    if not scenes:
        return None
    terms = Terms.of_scenes(np.array([scenes[scene] for scene in sorted(scenes)]))
    return interval(terms.value, resample({"recall": terms}, seed=SEED)["recall"])


def _paired(
    run: Run, scenes: Mapping[str, float], first: Run, of_first: Mapping[str, float]
) -> tuple[Paired | None, str]:
    if run.fingerprint != first.fingerprint:
        return None, "it was trained on other data"
    common = sorted(scenes.keys() & of_first.keys())
    if not common:
        return None, "one of them has measured no validation scenes yet"
    gain = Terms.of_scenes(np.array([scenes[scene] - of_first[scene] for scene in common]))
    found = interval(gain.value, resample({"gain": gain}, seed=SEED)["gain"])
    return Paired(found, len(common), bool(found.low > 0 or found.high < 0)), ""


def _report(workspace: Workspace, run: Run) -> dict[str, Any] | None:
    """The report of the run's newest model that has one."""
    for model in reversed(run.models):
        report = processes.read_record(workspace.model_dir(model) / "report.json")
        if report is not None:
            return report
    return None


def _figures(report: Mapping[str, Any] | None) -> dict[str, dict[str, float | None]] | None:
    if report is None or not isinstance(report.get("figures"), dict):
        return None
    return {name: _interval(figure) for name, figure in report["figures"].items()}


def _differences(
    report: Mapping[str, Any] | None, others: Sequence[Run]
) -> dict[str, dict[str, dict[str, float | None]]]:
    models = {model for run in others for model in run.models}
    rows = report.get("beside") if report is not None else None
    found: dict[str, dict[str, dict[str, float | None]]] = {}
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and row.get("model") in models:
            differences = row.get("difference")
            if isinstance(differences, dict):
                found[row["model"]] = {
                    name: _interval(figure) for name, figure in differences.items()
                }
    return found


def _interval(figure: Any) -> dict[str, float | None]:
    known = figure if isinstance(figure, dict) else {}
    return {
        key: float(known[key]) if _is_number(known.get(key)) else None
        for key in ("value", "low", "high")
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
