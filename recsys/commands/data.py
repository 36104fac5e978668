"""``datasets`` and ``demo``: what there is to recommend from."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.commands.output import Output, json_option, with_output


@click.command(epilog="Example: python -m recsys datasets --json")
@json_option
@with_output
def datasets(output: Output) -> None:
    """List the data sets that the workspace knows by name."""
    from rich.table import Table

    from recsys.catalog.datasets import list_datasets
    from recsys.workspace import Workspace

    workspace = Workspace.default()
    records = list_datasets(workspace)
    if output.as_json:
        output.result(records)
        return
    if not records:
        output.note(
            f"No data sets in {workspace.datasets_dir} yet. --data also takes any folder in "
            "the Shop-the-Look format"
        )
        return
    table = Table("data set", "products", "scenes", "pairs", "categories", "left out", "path")
    for record in records:
        counts = [
            str(record.get(key, "–"))
            for key in ("products", "scenes", "pairs", "categories", "problems")
        ]
        table.add_row(_plain(record["name"]), *counts, _plain(record["path"]))
        if "error" in record:
            output.warn(f"{record['name']}: {record['error']}")
    output.show(table)


@click.command(epilog="Example: python -m recsys demo --seed 0 --out my-demo")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Another seed draws another catalogue.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder to draw into, new or empty.",
)
@json_option
@with_output
def demo(output: Output, seed: int, out: Path) -> None:
    """Draw the demo catalogue: products, and people who wear them."""
    from recsys.catalog.demo import write_demo

    with output.progress("Drawing") as progress:
        write_demo(out, seed, progress=progress)
    if output.as_json:
        output.result({"path": str(out.resolve()), "seed": seed})
    else:
        output.text(str(out))
        output.note(f"Look at it with: python -m recsys recommend --data {out} --random")


def _plain(text: object) -> str:
    from rich.markup import escape

    return escape(str(text))
