"""``embed``: a data set's vectors, for whoever wants to compute with them."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.commands.output import Output, data_option, json_option, model_option, with_output


@click.command(
    epilog="Example: python -m recsys embed --model regions-4f2a9c --data demo --out vectors"
)
@model_option()
@data_option()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder to write; new, empty, or holding earlier embeddings. Default: the "
    "model's own, which the other commands and the app read.",
)
@click.option(
    "--products-only",
    is_flag=True,
    help="Leave scenes.npy out, most of the size; scenes are then embedded when needed.",
)
@json_option
@with_output
def embed(output: Output, model: str, data: str, out: Path | None, products_only: bool) -> None:
    """Write the embeddings of every product and scene.

    The folder gets scenes.npy [S, R, D], products.npy [P, D] (float32), their ids one a line in
    scenes.txt and products.txt, and meta.json, which says how vectors become scores.
    """
    from recsys.catalog.datasets import open_dataset
    from recsys.learning.bundle import load_model
    from recsys.retrieval.embeddings import EmbeddingTable
    from recsys.workspace import Workspace

    workspace = Workspace.default()
    catalog, folder = open_dataset(data, workspace)
    bundle = workspace.resolve_model(model)
    loaded = load_model(bundle)
    target = workspace.embeddings_dir(bundle, folder) if out is None else out.resolve()
    with output.progress("Embedding") as progress:
        table = EmbeddingTable.build(
            loaded, catalog, workspace, target, progress, with_scenes=not products_only
        )
    output.warn_of(catalog, table)
    scenes, regions, dim = len(table.scene_ids), loaded.regions, loaded.embedding_dim
    if output.as_json:
        output.result(
            {
                "path": str(target),
                "scenes": scenes,
                "products": len(table.products),
                "regions": regions,
                "dim": dim,
            }
        )
    else:
        output.text(str(out or target))
        output.note(
            f"{scenes} scenes of {regions} regions and {len(table.products)} products, "
            f"{dim} dimensions"
        )
