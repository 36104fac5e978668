"""``evaluate``: how good a model is, beside what learns nothing."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recsys.commands.output import (
    Output,
    Progress,
    data_option,
    json_option,
    model_option,
    with_output,
)
from recsys.errors import DataError, RecsysError

if TYPE_CHECKING:
    from recsys.serving.server import Server
    from recsys.workspace import Workspace


@click.command(
    epilog="Example: python -m recsys evaluate --data demo --model demo --split test --json"
)
@data_option()
@model_option()
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "test", "all"]),
    help="Scenes to measure. Default: test on the data that the model was trained on, else all. "
    "With all, scenes that a model was trained on are left out and counted.",
)
@click.option(
    "--beside",
    multiple=True,
    metavar="ID|PATH",
    help="Measure another model on the same scenes, paired; may be repeated. Default: the newest "
    "model of each other preset that was trained on the same data.",
)
@click.option("--alone", is_flag=True, help="Measure no other model than this one.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of baselines and intervals.",
)
@json_option
@with_output
def evaluate(
    output: Output,
    data: str,
    model: str,
    split: str | None,
    beside: tuple[str, ...],
    alone: bool,
    seed: int,
) -> None:
    """Measure a model: recall, MRR, NDCG and AUC over the full catalogue.

    Shown beside it on the same scenes: random, popular and colour-histogram recommendations,
    models of other presets trained on the same data, and whatever else was measured on these
    scenes before. The report is kept in the model's folder.
    """
    if alone and beside:
        raise click.UsageError("Give --beside or --alone, not both.")
    from typing import cast

    from recsys.catalog.splits import Part
    from recsys.evaluation.render import render
    from recsys.evaluation.report import default_part
    from recsys.evaluation.report import evaluate as measure
    from recsys.evaluation.saved import comparable_rows, save_report, with_rows
    from recsys.serving.open import open_server
    from recsys.workspace import Workspace

    workspace = Workspace.default()
    bundle = workspace.resolve_model(model)
    with output.progress("Embedding") as progress:
        server = open_server(data, model, workspace, progress)
    output.warn_of(server.catalog, server.table)
    with output.progress("Embedding for other models") as progress:
        rivals = [open_server(data, other, workspace, progress) for other in beside]
        if not beside and not alone:
            rivals = _peers(output, data, bundle, workspace, progress)
    part = cast(Part, split) if split else default_part(server)
    with output.progress("Measuring") as progress:
        report = measure(
            server,
            part,
            workspace=workspace,
            rivals=rivals,
            labels=_labels(data, workspace),
            seed=seed,
            progress=progress,
        )
    if not alone:
        report = with_rows(report, comparable_rows(report, workspace))
    if bundle.parent == workspace.models_dir:
        save_report(report, bundle)
    if output.as_json:
        output.result(report.record)
        for warning in report.warnings:
            output.warn(warning)
    else:
        output.show(render(report))


def _peers(
    output: Output, data: str, bundle: Path, workspace: Workspace, progress: Progress
) -> list[Server]:
    """Servers of the other presets' models; one that cannot be opened is left out and told."""
    from recsys.evaluation.saved import peers
    from recsys.serving.open import open_server

    servers = []
    for other in peers(bundle, workspace):
        try:
            servers.append(open_server(data, other, workspace, progress))
        except RecsysError as error:
            output.warn(f"{other} is not measured beside: {error}")
    return servers


def _labels(data: str, workspace: Workspace) -> dict[str, Hashable]:
    """What the demo's ground truth says of its products; nothing for other data."""
    from recsys.evaluation.trial import demo_labels

    try:
        return demo_labels(workspace.resolve_dataset(data))
    except DataError:  # a category file, which the demo is not
        return {}
