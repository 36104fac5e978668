"""Putting a model live, with a correction or without: the one way that command and page do it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from recsys.catalog.datasets import open_dataset
from recsys.errors import ModelError
from recsys.retrieval.corrections import Correction
from recsys.serving.live_scoring import store_live
from recsys.serving.server import Server
from recsys.workspace import DEMO_MODEL_DIR, DEMO_NAME, LivePointer, Workspace


def promote(
    server: Server,
    workspace: Workspace,
    *,
    model: str,
    data: str,
    correction: Correction | None = None,
) -> LivePointer:
    """Swaps the live pointer in one step, after everything that it points to is in place.

    Args:
        server: the model over the data, as ``open_server`` gives it; a live correction of its
            own plays no part, since that was fitted before.
        model, data: as they were given to ``open_server``.
        correction: of the scores, to be served from now on; None is the model's own score.

    Raises:
        ModelError: the server has no model, or none of that name is there.
        RequestError: the correction needs training scenes, and the data has none.
        OSError: the workspace cannot be written; what was live stays.
    """
    bundle = workspace.resolve_model(model)
    _, folder = open_dataset(data, workspace)
    if server.model is None:
        raise ModelError("there is no model to put live", "Name one with --model ID")
    pointer = LivePointer(
        model=_lasting_model_name(bundle, workspace),
        data=workspace.dataset_name(folder) or str(folder),  # a path holds from any folder
        since=datetime.now(UTC).isoformat(timespec="seconds"),
        correction=None if correction is None else store_live(server, correction, workspace),
    )
    workspace.set_live(pointer)
    return pointer


def _lasting_model_name(bundle: Path, workspace: Workspace) -> str:
    """A model's id where it has one, else a path that holds from any folder."""
    if bundle.parent == workspace.models_dir:
        return bundle.name
    if bundle == DEMO_MODEL_DIR and workspace.resolve_model(DEMO_NAME) == bundle:
        return DEMO_NAME
    return str(bundle)
