"""``recommend``: lists for one scene, for all, or for none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recsys.commands.output import (
    Output,
    correction_option,
    data_option,
    json_option,
    model_option,
    with_output,
)
from recsys.errors import RequestError

if TYPE_CHECKING:
    from recsys.catalog.catalog import Catalog
    from recsys.serving.messages import Item, Request, Response
    from recsys.serving.request import Scoring
    from recsys.serving.server import Server


@click.command(
    epilog="Example: python -m recsys recommend --data demo --scene my-photo.jpg -k 5 --json"
)
@data_option()
@model_option(required=False)
@click.option("--scene", metavar="ID|FILE", help="Products for a scene of the data, or a photo.")
@click.option("--scenes", type=click.Choice(["all"]), help="One JSON object a line, every scene.")
@click.option("--random", "at_random", is_flag=True, help="Products at random; see --seed.")
@click.option("--popular", is_flag=True, help="The products with the most scenes.")
@click.option("--similar", metavar="ID", help="Products that look like this product.")
@click.option(
    "-k", "k", default=10, show_default=True, help="How many; more than there are gives all."
)
@click.option("--category", metavar="NAME", help="Only products of a category, e.g. Skirts.")
@click.option("--seed", default=0, show_default=True, help="Another seed, another --random list.")
@correction_option(
    "model",
    "Correction of the scores, with --scene or --scenes; model is the model's own score. "
    "Default: what is served, which is the live correction where the live model answers.",
)
@json_option
@with_output
def recommend(
    output: Output,
    data: str,
    model: str | None,
    scene: str | None,
    scenes: str | None,
    at_random: bool,
    popular: bool,
    similar: str | None,
    k: int,
    category: str | None,
    seed: int,
    correction: str | None,
) -> None:
    """Recommend products; give exactly one of --scene, --scenes, --random, --popular, --similar.

    The same scene, model and data always give the same list.
    """
    chosen = [scene is not None, scenes is not None, at_random, popular, similar is not None]
    if sum(chosen) != 1:
        raise click.UsageError(
            "Give exactly one of --scene, --scenes all, --random, --popular, --similar."
        )
    if correction is not None and scene is None and scenes is None:
        raise click.UsageError("--correction goes with --scene or --scenes all.")
    from recsys.serving.messages import Request, check_k
    from recsys.serving.open import open_server
    from recsys.serving.spelling import parse_scoring
    from recsys.workspace import Workspace

    check_k(k)  # before anything is embedded
    scoring = None if correction is None else parse_scoring(correction)
    with output.progress("Embedding") as progress:
        server = open_server(data, model, Workspace.default(), progress)
    output.warn_of(server.catalog, server.table)
    if scenes is not None:
        _write_all(output, server, k, category, scoring)
        return
    if scene is not None:
        request = _scene_request(server.catalog, scene, k, category, scoring)
    elif similar is not None:
        request = Request("similar", k=k, product=similar, category=category)
    else:
        request = Request("random" if at_random else "popular", k=k, seed=seed, category=category)
    response = server.recommend(request)
    if output.as_json:
        output.result(response.to_json())
    else:
        _show(output, response, server.catalog)


def _scene_request(
    catalog: Catalog, scene: str, k: int, category: str | None, scoring: Scoring | None
) -> Request:
    from recsys.catalog.images import decode_image
    from recsys.serving.messages import Request

    if catalog.has_scene(scene):
        return Request("scene", k=k, scene=scene, category=category, scoring=scoring)
    path = _existing(scene)
    if path is None:
        raise RequestError(
            f"no scene {scene[:80]!r} in the data set {catalog.name}, and no such file",
            "Give the id of one of its scenes, or the path of a picture",
        )
    image = decode_image(path)
    return Request("scene", k=k, image=image, category=category, scoring=scoring)


def _existing(typed: str) -> Path | None:
    try:
        path = Path(typed).expanduser()
        return path if path.exists() else None
    except (OSError, RuntimeError, ValueError):  # too long, no such user, a zero byte
        return None


def _write_all(
    output: Output, server: Server, k: int, category: str | None, scoring: Scoring | None
) -> None:
    scenes = len(server.catalog.scenes)
    answered: str | None = None
    with output.progress("Recommending") as progress:
        responses = server.recommend_scenes(range(scenes), k, category, scoring)
        for done, response in enumerate(responses, start=1):
            output.result(response.to_json())
            answered = response.scoring
            progress(done, scenes)
    _say_scoring(output, answered)
    if left_out := server.scenes_without_picture:
        output.warn(f"{len(left_out)} scenes have no readable picture, {left_out[0]} the first")


def _show(output: Output, response: Response, catalog: Catalog) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table("", "product", "score", "category", "title", "price")
    if response.kind == "popular":
        table.columns[2].header = "scenes"
    for item in response.items:
        product = catalog.product(item.product)
        table.add_row(
            str(item.rank),
            Text(item.product),
            _score(item),
            Text(product.leaf),
            Text(product.title),
            "–" if product.price is None else f"{product.price:.2f}",
        )
    output.show(table)
    output.note(f"{len(response.items)} of {response.candidates} products")
    _say_scoring(output, response.scoring)


def _say_scoring(output: Output, scoring: str | None) -> None:
    """That a correction answered, and which; nothing where the model's own score did."""
    if scoring not in (None, "model"):
        output.note(f"corrected by {str(scoring).replace('=', ' ')}")


def _score(item: Item) -> str:
    if item.reason.count is not None:
        return str(item.reason.count)
    return "–" if item.score is None else f"{item.score:.4f}"
