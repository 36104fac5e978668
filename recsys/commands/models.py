"""``models`` and ``presets``: what can answer, and what could be trained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recsys.commands.live import live_now
from recsys.commands.output import Output, json_option, with_output
from recsys.errors import RecsysError

if TYPE_CHECKING:
    from recsys.workspace import LivePointer, Workspace


@click.command(epilog="Example: python -m recsys models --json")
@json_option
@with_output
def models(output: Output) -> None:
    """List the models, newest first, with what was measured of them."""
    from recsys.workspace import Workspace

    workspace = Workspace.default()
    live = live_now(output, workspace)
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
