"""Reports kept beside the models they are about, and the rows that they lend each other.

A model bundle of the workspace gets ``reports/DATA-PART.json`` for each evaluation, the newest
of its kind, and ``report.json`` for the one that says how good the model is: unseen scenes of
the data that it was trained on.
"""

from __future__ import annotations

import json
import re
from math import isfinite
from pathlib import Path
from typing import Any, cast

from recsys.atomic import write_json
from recsys.errors import ModelError
from recsys.evaluation.report import FORMAT, MAIN_FIGURE, Report
from recsys.learning.bundle import read_info
from recsys.workspace import Workspace

SUMMARY = "report.json"


def save_report(report: Report, bundle: Path) -> Path:
    """Writes a report into its model's bundle folder, and returns where."""
    record = report.record
    path = bundle / "reports" / f"{_data_key(record)}-{record['split']}.json"
    write_json(path, record)
    if record["trained_on_this_data"] and record["split"] == "test":
        write_json(bundle / SUMMARY, record)
    return path


def read_report(path: Path) -> dict[str, Any] | None:
    """A saved report; None where there is none of this format, or a damaged one.

    What others read of a report is there: the names, and all figures with their intervals.
    """
    try:
        record = json.loads(path.read_text("utf-8"))
        if record["format"] != FORMAT:
            return None
        _check(record)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    except OverflowError:  # a number of hundreds of digits
        return None
    return cast(dict[str, Any], record)


def _check(record: dict[str, Any]) -> None:
    """Raises ValueError, or what a missing or strange part raises."""
    texts = (record["model"], record["preset"], record["created"], record["split"])
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("names")
    if MAIN_FIGURE not in record["figures"]:
        raise ValueError("figures")
    for figure in record["figures"].values():
        for value in (figure["value"], figure["low"], figure["high"]):
            if value is not None and not (type(value) in (float, int) and isfinite(value)):
                raise ValueError("figures")


def comparable_rows(report: Report, workspace: Workspace) -> list[dict[str, Any]]:
    """What other models of the workspace reached on the same scenes and candidates.

    Returns:
        Rows as in the report's ``beside``, by model id; without ``difference``, since a saved
        report keeps no draws to pair.
    """
    record = report.record
    there = {row["model"] for row in record["beside"]} | {record["model"]}
    name = f"{_data_key(record)}-{record['split']}.json"
    rows = []
    for model_id in workspace.model_ids():
        other = read_report(workspace.model_dir(model_id) / "reports" / name)
        if other is None or other["model"] in there or not _is_comparable(record, other):
            continue
        rows.append(
            {
                "model": other["model"],
                "preset": other["preset"],
                "created": other["created"],
                "figures": other["figures"],
                "difference": None,
            }
        )
    return rows


def peers(bundle: Path, workspace: Workspace) -> list[str]:
    """The newest model of each other preset that was trained on the same data, by preset.

    What a model is worth shows beside what the other recipes made of the same looks.
    """
    try:
        own = read_info(bundle)
    except ModelError:
        return []
    newest: dict[str, tuple[str, str]] = {}
    for model_id in workspace.model_ids():
        try:
            info = read_info(workspace.model_dir(model_id))
        except ModelError:
            continue
        preset, created = str(info.get("preset", "")), str(info.get("created", ""))
        if preset == own.get("preset") or not _same_training(own, info):
            continue
        newest[preset] = max(newest.get(preset, ("", "")), (created, model_id))
    return [newest[preset][1] for preset in sorted(newest)]


def _same_training(one: dict[str, Any], other: dict[str, Any]) -> bool:
    trained_on = [(info.get("trained_on") or {}).get("fingerprint") for info in (one, other)]
    return trained_on[0] is not None and trained_on[0] == trained_on[1]


def with_rows(report: Report, rows: list[dict[str, Any]]) -> Report:
    """The report with further rows beside its own."""
    return Report({**report.record, "beside": [*report.record["beside"], *rows]})


def _is_comparable(record: dict[str, Any], other: dict[str, Any]) -> bool:
    try:
        return all(record[key] == other[key] for key in ("split", "data", "seed")) and all(
            record["counts"][key] == other["counts"][key]
            for key in ("scenes", "products", "positives")
        )
    except (KeyError, TypeError):
        return False


def _data_key(record: dict[str, Any]) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", record["data"]["name"]).strip("-")[:40] or "data"
    return f"{name}-{record['data']['fingerprint'][:8]}"
