"""From what a person typed to a server: the one way that the app and the commands get one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from recsys.catalog.datasets import open_dataset
from recsys.errors import DataError, ModelError
from recsys.serving.server import Server
from recsys.workspace import DEMO_DATA_DIR, DEMO_MODEL_DIR, DEMO_NAME, LivePointer, Workspace

Progress = Callable[[int, int], None]


def open_server(
    data: str,
    model: str | None,
    workspace: Workspace,
    progress: Progress | None = None,
) -> Server:
    """Opens a data set with a model, and the embeddings that belong to both.

    Args:
        data: a data set's name or folder.
        model: a model's id or bundle. None takes the model that is live for this data set,
            else the demo's own for the demo, else none at all.
        progress: called with (done, total) pictures while embeddings are made, which happens
            where there are none yet.

    Raises:
        DataError: no such data set, or none that can be read.
        ModelError: no such model, or damaged files. StaleError: embeddings of another model or
            of data that has changed since, with the command that makes them anew.
    """
    catalog, data_dir = open_dataset(data, workspace)
    chosen = model if model is not None else _model_in_charge(data_dir, workspace)
    if chosen is None:
        return Server(catalog)
    # Imported late: without a model, random and popular tiles should not wait for JAX.
    from recsys.learning.bundle import load_model
    from recsys.retrieval.embeddings import open_or_build

    model_dir = workspace.resolve_model(chosen)
    loaded = load_model(model_dir)
    table = open_or_build(
        loaded,
        model_dir,
        catalog,
        data_dir,
        workspace,
        progress,
        model_arg=chosen,
        data_arg=data,
    )
    return Server(catalog, loaded, table)


def live_for(data_dir: Path, workspace: Workspace) -> LivePointer | None:
    """The live pointer where it is for this data set, else None. Raises ModelError if damaged."""
    live = workspace.live()
    if live is None:
        return None
    try:
        live_dir = workspace.resolve_dataset(live.data)
    except DataError:  # gone, or a category file that chooses one catalogue of a folder
        live_dir = Path(live.data).expanduser().resolve()
    return live if live_dir == data_dir else None


def _model_in_charge(data_dir: Path, workspace: Workspace) -> str | None:
    live = live_for(data_dir, workspace)
    if live is not None:
        try:
            workspace.resolve_model(live.model)
        except ModelError as error:
            raise ModelError(
                f"the model {live.model} is live since {live.since}, and is not there any more",
                f"Put another live with: python -m recsys promote --model ID --data {live.data}",
            ) from error
        return live.model
    if data_dir == DEMO_DATA_DIR and (DEMO_MODEL_DIR / "model.json").is_file():
        return DEMO_NAME
    return None
