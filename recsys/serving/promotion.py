"""Putting a model live, and going back: the one way that commands and pages do it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import EllipsisType

from recsys import promotions
from recsys.catalog.datasets import open_dataset
from recsys.errors import DataError, ModelError
from recsys.retrieval.corrections import Correction
from recsys.serving.live_scoring import store_live
from recsys.serving.open import Progress, open_pointer
from recsys.serving.server import Server
from recsys.workspace import DEMO_MODEL_DIR, DEMO_NAME, LivePointer, Workspace


def promote(
    server: Server,
    workspace: Workspace,
    *,
    model: str,
    data: str,
    who: str,
    correction: Correction | None = None,
    expected: LivePointer | EllipsisType | None = ...,
) -> LivePointer:
    """Swaps the live pointer in one step, after everything that it points to is in place.

    Args:
        server: the model over the data, as ``open_server`` gives it; a live correction of its
            own plays no part, since that was fitted before.
        model, data: as they were given to ``open_server``.
        who: puts it live, for the history.
        correction: of the scores, to be served from now on; None is the model's own score.
        expected: what is live as far as the person saw, see ``recsys.promotions.swap``.

    Raises:
        ModelError: the server has no model, or none of that name is there.
        RequestError: the correction needs training scenes, and the data has none; or something
            else is live than was expected.
        OSError: the workspace cannot be written; what was live stays.
    """
    promotions.refuse_surprise(workspace, expected)  # at once; again when it is swapped
    bundle = workspace.resolve_model(model)
    _, folder = open_dataset(data, workspace)
    if server.model is None:
        raise ModelError("there is no model to put live", "Name one with --model ID")
    pointer = LivePointer(
        model=_lasting_model_name(bundle, workspace),
        data=workspace.dataset_name(folder) or str(folder),  # a path holds from any folder
        since=_now(),
        correction=None if correction is None else store_live(server, correction, workspace),
    )
    promotions.swap(
        workspace,
        pointer,
        who,
        expected=expected,
        ready=lambda: workspace.resolve_model(model),  # fitting took a while
    )
    return pointer


def already(
    workspace: Workspace, *, model: str, data: str, correction: Correction | None
) -> LivePointer | None:
    """What is live, where that is just this; the arguments are those of ``promote``."""
    mine = None if correction is None else (correction.name, correction.strength)
    with suppress(ModelError, DataError):  # one of them is gone
        now = workspace.live()
        if now is None:
            return None
        theirs = None if now.correction is None else (now.correction.name, now.correction.strength)
        is_it = (
            mine == theirs
            and workspace.resolve_model(now.model) == workspace.resolve_model(model)
            and workspace.resolve_catalog(now.data) == workspace.resolve_catalog(data)
        )
        return now if is_it else None
    return None


def go_back(
    workspace: Workspace,
    who: str,
    progress: Progress | None = None,
    *,
    expected: LivePointer | EllipsisType | None = ...,
) -> LivePointer:
    """Serves what was served before, its correction included.

    Args:
        who: goes back, for the history.
        progress: called with (done, total) pictures, should embeddings have to be made.
        expected: what is live as far as the person saw, see ``recsys.promotions.swap``.

    Raises RecsysError, OSError; what was live stays.
    """
    now = workspace.live() if expected is ... else expected
    earlier = promotions.previous(workspace)
    if earlier is None:
        raise ModelError(
            "nothing was live before", "Put a model live: python -m recsys promote --model ID"
        )
    pointer = replace(earlier, since=_now())
    open_pointer(pointer, workspace, progress)  # it must answer before it is served
    promotions.swap(
        workspace, pointer, who, expected=now, ready=lambda: workspace.resolve_model(pointer.model)
    )
    return pointer


def _now() -> str:
    # finer than two changes can follow each other, so that no two entries are the same
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _lasting_model_name(bundle: Path, workspace: Workspace) -> str:
    """A model's id where it has one, else a path that holds from any folder."""
    if bundle.parent.resolve() == workspace.models_dir.resolve():  # through a link, perhaps
        return bundle.name
    if bundle == DEMO_MODEL_DIR and workspace.resolve_model(DEMO_NAME) == bundle:
        return DEMO_NAME
    return str(bundle)
