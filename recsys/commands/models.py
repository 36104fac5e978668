"""``models``, ``promote`` and ``presets``: what can answer, and what does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recsys.commands.output import (
    Output,
    correction_option,
    data_option,
    json_option,
    model_option,
    with_output,
)
from recsys.errors import ModelError, RecsysError

if TYPE_CHECKING:
    from recsys.workspace import LivePointer, Workspace


@click.command(epilog="Example: python -m recsys models --json")
@json_option
@with_output
def models(output: Output) -> None:
    """List the models, newest first, with what was measured of them."""
    from recsys.workspace import Workspace

    workspace = Workspace.default()
    live = _live(output, workspace)
    records = _records(workspace, live)
    if output.as_json:
        output.result(records)
        return
    if not records:
        output.note("No models yet. Train one with: python -m recsys train --data NAME")
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("model", "preset", "trained on", "steps", "recall@10", "created", "live")
    for record in records:
        recall = record["recall@10"]
        table.add_row(
            Text(record["model"]),
            Text(str(record.get("preset") or "–")),
            Text(str(record.get("data") or "–")),
            str(record.get("steps") if record.get("steps") is not None else "–"),
            "–" if recall is None else f"{recall:.3f}",
            str(record.get("created") or "–")[:16].replace("T", " "),
            Text(live.data if record["live"] and live else ""),
        )
        if "error" in record:
            output.warn(f"{record['model']}: {record['error']}")
    output.show(table)


@click.command(epilog="Example: python -m recsys promote --model regions-4f2a9c --data demo")
@model_option()
@data_option()
@correction_option(
    "none",
    "Correction of the scores to serve, fitted now and kept; none serves the model's own score. "
    "[default: none]",
)
@json_option
@with_output
def promote(output: Output, model: str, data: str, correction: str | None) -> None:
    """Put a model live for a data set, in one step that open pages pick up.

    Embeds the data first where that is still to do, and changes nothing if it fails.
    """
    from recsys.serving.open import open_server
    from recsys.serving.promotion import promote as put_live
    from recsys.serving.spelling import parse_correction
    from recsys.workspace import Workspace

    chosen = None if correction in (None, "none") else parse_correction(str(correction))
    workspace = Workspace.default()
    bundle = workspace.resolve_model(model)
    with output.progress("Embedding") as progress:
        server = open_server(data, model, workspace, progress)
    output.warn_of(server.catalog, server.table)
    before = _live(output, workspace)
    pointer = put_live(server, workspace, model=model, data=data, correction=chosen)
    for warning in _lost_to_colour(bundle):
        output.warn(warning)
    if output.as_json:
        was = None
        if before is not None:
            was = {
                "model": before.model,
                "data": before.data,
                "correction": _correction_text(before),
            }
        output.result(
            {
                "model": pointer.model,
                "data": pointer.data,
                "since": pointer.since,
                "correction": _correction_text(pointer),
                "before": was,
            }
        )
        return
    output.text(f"{pointer.model} is live for {pointer.data}{_corrected(pointer)}")
    if before is None:
        output.note("Nothing was live before")
    else:
        output.note(f"Live before: {before.model} for {before.data}{_corrected(before)}")


@click.command(epilog="Example: python -m recsys presets")
@json_option
@with_output
def presets(output: Output) -> None:
    """List the named training configurations: what each is, costs, and reached."""
    from recsys.learning.presets import DEFAULT_PRESET, PRESETS

    if output.as_json:
        output.result(
            [
                {
                    "preset": preset.name,
                    "default": preset.name == DEFAULT_PRESET,
                    "summary": preset.summary,
                    "command": preset.command,
                    "cost": preset.cost,
                    "result": preset.result,
                }
                for preset in PRESETS.values()
            ]
        )
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("preset", "what it is", "cost", "measured", show_lines=True)
    for preset in PRESETS.values():
        name = f"{preset.name} (default)" if preset.name == DEFAULT_PRESET else preset.name
        table.add_row(Text(name), Text(preset.summary), Text(preset.cost), Text(preset.result))
    output.show(table)


def _live(output: Output, workspace: Workspace) -> LivePointer | None:
    try:
        return workspace.live()
    except ModelError as error:
        output.warn(str(error))
        return None


def _records(workspace: Workspace, live: LivePointer | None) -> list[dict[str, Any]]:
    from recsys.workspace import DEMO_MODEL_DIR, DEMO_NAME

    folders = [(model_id, workspace.model_dir(model_id)) for model_id in workspace.model_ids()]
    if (DEMO_MODEL_DIR / "model.json").is_file():
        folders.append((DEMO_NAME, DEMO_MODEL_DIR))
    records = [_record(model_id, folder, live) for model_id, folder in folders]
    return sorted(records, key=lambda record: str(record.get("created") or ""), reverse=True)


def _record(model_id: str, folder: Path, live: LivePointer | None) -> dict[str, Any]:
    from recsys.evaluation.saved import SUMMARY, read_report
    from recsys.learning.bundle import read_info

    record: dict[str, Any] = {
        "model": model_id,
        "path": str(folder),
        "live": live is not None and live.model in (model_id, str(folder)),
        "recall@10": None,
    }
    try:
        info = read_info(folder)
    except RecsysError as error:
        return {**record, "error": str(error)}
    report = read_report(folder / SUMMARY)
    if report is not None:
        record["recall@10"] = report["figures"]["recall@10"]["value"]
    trained_on = info.get("trained_on") or {}
    return {
        **record,
        "preset": info.get("preset"),
        "data": trained_on.get("name"),
        "steps": info.get("steps"),
        "created": info.get("created"),
    }


def _correction_text(pointer: LivePointer | None) -> str | None:
    """As ``--correction`` takes it; None for the model's own score."""
    from recsys.serving.spelling import spelled

    if pointer is None or pointer.correction is None:
        return None
    return spelled(pointer.correction.name, pointer.correction.strength)


def _corrected(pointer: LivePointer) -> str:
    """The end of a sentence about what is live."""
    text = _correction_text(pointer)
    return "" if text is None else f", corrected by {text.replace('=', ' ')}"


def _lost_to_colour(bundle: Path) -> list[str]:
    """What the model's saved reports say of colour, where it does not beat it."""
    from recsys.evaluation.report import LOST_TO_COLOUR
    from recsys.evaluation.saved import SUMMARY, read_report

    found: dict[str, str] = {}
    for path in (bundle / SUMMARY, *sorted((bundle / "reports").glob("*.json"))):
        report = read_report(path)
        warnings = None if report is None else report.get("warnings")
        if report is None or not isinstance(warnings, list):
            continue
        for warning in warnings:
            if isinstance(warning, str) and warning.startswith(LOST_TO_COLOUR):
                found.setdefault(warning, f"{warning} (its report on the part {report['split']})")
    return list(found.values())
