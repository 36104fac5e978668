"""``promote`` and ``promotions``: what is put live, by whom, and the way back."""

from __future__ import annotations

import getpass
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
from recsys.errors import ModelError

if TYPE_CHECKING:
    from recsys.workspace import LivePointer, Workspace


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
    from recsys.learning.tracking import send_outstanding
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
    before = live_now(output, workspace)
    pointer = put_live(
        server, workspace, model=model, data=data, correction=chosen, who=_who(), expected=before
    )
    send_outstanding(workspace)
    for warning in _lost_to_colour(bundle):
        output.warn(warning)
    _tell(output, pointer, before)


@click.group(invoke_without_command=True, epilog="Example: python -m recsys promotions back")
@json_option
@click.pass_context
@with_output
def promotions(output: Output, context: click.Context) -> None:
    """List what was put live, newest first: when, by whom, instead of what."""
    if context.invoked_subcommand is not None:
        return
    from recsys.promotions import history
    from recsys.workspace import Workspace

    found = history(Workspace.default())
    if output.as_json:
        output.result([{**_record(one.pointer, one.was), "by": one.who} for one in found])
        return
    if not found:
        output.note("Nothing was put live yet. Do it with: python -m recsys promote --model ID")
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("when", "model", "data", "instead of", "by")
    for one in found:
        table.add_row(
            one.pointer.since[:16].replace("T", " "),
            Text(one.pointer.model + _corrected(one.pointer)),
            Text(one.pointer.data),
            Text("–" if one.was is None else one.was.model + _corrected(one.was)),
            Text(one.who),
        )
    output.show(table)


@promotions.command(epilog="Example: python -m recsys promotions back")
@json_option
@with_output
def back(output: Output) -> None:
    """Serve what was served before, its correction included, in one step."""
    from recsys.learning.tracking import send_outstanding
    from recsys.serving.promotion import go_back
    from recsys.workspace import Workspace

    workspace = Workspace.default()
    before = live_now(output, workspace)
    with output.progress("Embedding") as progress:
        pointer = go_back(workspace, _who(), progress, expected=before)
    send_outstanding(workspace)
    _tell(output, pointer, before)


def live_now(output: Output, workspace: Workspace) -> LivePointer | None:
    """What is live; None, after a warning, where that cannot be read."""
    try:
        return workspace.live()
    except ModelError as error:
        output.warn(str(error))
        return None


def _tell(output: Output, pointer: LivePointer, before: LivePointer | None) -> None:
    if output.as_json:
        output.result(_record(pointer, before))
        return
    output.text(f"{pointer.model} is live for {pointer.data}{_corrected(pointer)}")
    if before is None:
        output.note("Nothing was live before")
    else:
        output.note(f"Live before: {before.model} for {before.data}{_corrected(before)}")


def _record(pointer: LivePointer, before: LivePointer | None) -> dict[str, Any]:
    was = None
    if before is not None:
        was = {"model": before.model, "data": before.data, "correction": _correction_text(before)}
    return {
        "model": pointer.model,
        "data": pointer.data,
        "since": pointer.since,
        "correction": _correction_text(pointer),
        "before": was,
    }


def _who() -> str:
    """Who types this, for the history."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may have no name for its user
        return "somebody at this machine"


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
