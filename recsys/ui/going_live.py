"""Putting a model or a scoring live from a page, and going back: for operators, and recorded."""

from __future__ import annotations

import contextlib
from types import EllipsisType

from recsys.errors import ModelError
from recsys.learning import tracking
from recsys.serving import promotion
from recsys.serving.scoring import Correction
from recsys.serving.server import Server
from recsys.ui import roles
from recsys.ui.resources import Live
from recsys.workspace import LivePointer, Workspace


def put_live(
    live: Live,
    workspace: Workspace,
    server: Server,
    *,
    model: str,
    data: str,
    correction: Correction | None = None,
) -> LivePointer:
    """Serves a model from now on; every open browser has it with its next click.

    Args:
        live: what the person looked at; refused where something else went live meanwhile, but
            where that is the very same there is nothing left to do: of two clicks one is enough.
        server, model, data, correction: as ``recsys.serving.promotion.promote`` takes them.

    Raises RecsysError, OSError; what was live stays.
    """
    roles.require_operator()
    expected = _seen(live, workspace)
    now = promotion.already(workspace, model=model, data=data, correction=correction)
    if now is not None and now != expected:
        return now
    pointer = promotion.promote(
        server,
        workspace,
        model=model,
        data=data,
        who=roles.who(),
        correction=correction,
        expected=expected,
    )
    tracking.send_outstanding(workspace)
    return pointer


def go_back(live: Live, workspace: Workspace) -> LivePointer:
    """Serves what was served before, its correction included. Raises as ``put_live``."""
    roles.require_operator()
    pointer = promotion.go_back(workspace, roles.who(), expected=_seen(live, workspace))
    tracking.send_outstanding(workspace)
    return pointer


def _seen(live: Live, workspace: Workspace) -> LivePointer | EllipsisType | None:
    """What a person saw to be live; ``...`` where that could not be read."""
    if live.problem is None or (live.pointer is not None and live.pointer.model):
        return live.pointer if live.pointer is not None and live.pointer.model else None
    with contextlib.suppress(ModelError):
        return workspace.live()  # its data set is gone, and the page says so
    return ...
