"""From what a person typed to a server: the one way that the app and the commands get one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from recsys.catalog.catalog import Catalog
from recsys.catalog.datasets import open_dataset
from recsys.errors import DataError, ModelError
from recsys.serving.live_scoring import open_live
from recsys.serving.server import Server
from recsys.workspace import DEMO_DATA_DIR, DEMO_MODEL_DIR, DEMO_NAME, LivePointer, Workspace

Progress = Callable[[int, int], None]
OnStale = Callable[[ModelError], None]


def open_server(
    data: str,
    model: str | None,
    workspace: Workspace,
    progress: Progress | None = None,
    *,
    on_stale: OnStale | None = None,
) -> Server:
    """Opens a data set with a model, and the embeddings that belong to both.

    Args:
        data: a data set's name or folder.
        model: a model's id or bundle. None takes the model that is live for this data set,
            else the demo's own for the demo, else none at all. The live model answers with the
            live correction where there is one; a model that is named, with its own score.
        progress: called with (done, total) pictures while embeddings are made, which happens
            where there are none yet.
        on_stale: called with what is wrong with the live correction, instead of raising it;
            the model's own score is served then.

    Raises:
        DataError: no such data set, or none that can be read.
        ModelError: no such model, or damaged files. StaleError: embeddings of another model or
            of data that has changed since, with the command that makes them anew. Both are
            raised for a live correction too.
    """
    catalog, data_dir = open_dataset(data, workspace)
    live = None
    if model is None:
        live = live_for(data_dir, workspace)
        model = _model_in_charge(live, data_dir, workspace)
    server = _opened(catalog, data_dir, data, model, workspace, progress)
    if live is not None:
        _serve_corrected(server, live, workspace, on_stale)
    return server


def open_pointer(
    pointer: LivePointer,
    workspace: Workspace,
    progress: Progress | None = None,
    *,
    on_stale: OnStale | None = None,
) -> Server:
    """Opens just what a live pointer names, whatever is live by now. See ``open_server``."""
    catalog, data_dir = open_dataset(pointer.data, workspace)
    server = _opened(catalog, data_dir, pointer.data, pointer.model, workspace, progress)
    _serve_corrected(server, pointer, workspace, on_stale)
    return server


def _opened(
    catalog: Catalog,
    data_dir: Path,
    data: str,
    model: str | None,
    workspace: Workspace,
    progress: Progress | None,
) -> Server:
    if model is None:
        return Server(catalog)
    # Imported late: without a model, random and popular tiles should not wait for JAX.
    from recsys.learning.bundle import load_model
    from recsys.retrieval.embeddings import open_or_build

    model_dir = workspace.resolve_model(model)
    loaded = load_model(model_dir)
    table = open_or_build(
        loaded,
        model_dir,
        catalog,
        data_dir,
        workspace,
        progress,
        model_arg=model,
        data_arg=data,
    )
    return Server(catalog, loaded, table)


def _serve_corrected(
    server: Server, live: LivePointer, workspace: Workspace, on_stale: OnStale | None
) -> None:
    if live.correction is None:
        return
    try:
        server.live = open_live(
            live.correction, server, workspace, model_arg=live.model, data_arg=live.data
        )
    except ModelError as error:
        if on_stale is None:
            raise
        on_stale(error)


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


def open_shipped(data: str, workspace: Workspace) -> Server:
    """Opens a data set as if nothing were live: the demo with its own model, others without."""
    catalog, data_dir = open_dataset(data, workspace)
    model = _model_in_charge(None, data_dir, workspace)
    return _opened(catalog, data_dir, data, model, workspace, None)


def _model_in_charge(live: LivePointer | None, data_dir: Path, workspace: Workspace) -> str | None:
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
