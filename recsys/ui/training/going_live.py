"""Putting a model live and going back: one pointer, swapped in one step, with its history."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from recsys import processes
from recsys.atomic import write_json
from recsys.errors import ModelError, RequestError
from recsys.learning import tracking
from recsys.serving.open import open_pointer, open_server
from recsys.serving.promotion import promote
from recsys.ui.resources import Live
from recsys.workspace import DEMO_MODEL_DIR, DEMO_NAME, LivePointer, Workspace


def put_live(live: Live, workspace: Workspace, model: str, data: str, who: str) -> LivePointer:
    """Serves a model from now on; every open browser has it with its next click.

    Args:
        live: what the person looked at. Refused where something else went live meanwhile:
            nobody should undo what they did not see.

    Raises RecsysError, OSError; what was live stays.
    """
    with _swapping(workspace):
        before = _seen(live, workspace)
        server = open_server(data, model, workspace)
        _remember(workspace, before)
        pointer = promote(server, workspace, model=model, data=data)
        _note(workspace, before, pointer, who)
    return pointer


def go_back(live: Live, workspace: Workspace, who: str) -> LivePointer:
    """Serves what was served before, its correction included. Raises as ``put_live``."""
    with _swapping(workspace):
        now = _seen(live, workspace)
        earlier = previous(workspace)
        if earlier is None:
            raise ModelError("nothing was live before")
        pointer = replace(earlier, since=tracking.now())
        open_pointer(pointer, workspace)  # it must answer before it is served
        _remember(workspace, now)
        workspace.set_live(pointer)
        _note(workspace, now, pointer, who)
    return pointer


def previous(workspace: Workspace) -> LivePointer | None:
    """What was live before the present model; None where that is not known."""
    try:
        now = workspace.live()
        if now is None:
            return None
        after = processes.read_record(_folder(workspace) / "after.json") or {}
        if after.get("since") == now.since and after.get("model") == now.model:
            return Workspace(_folder(workspace)).live()
    except ModelError:
        return None
    # Put live from elsewhere, by a command perhaps: the history has the model, not its correction.
    for entry in tracking.promotions(workspace):
        if (entry.model, entry.data) != (now.model, now.data):
            return LivePointer(entry.model, entry.data, entry.at)
    shipped = (DEMO_MODEL_DIR / "model.json").is_file()
    is_shipped = now.model in (DEMO_NAME, str(DEMO_MODEL_DIR))
    return LivePointer(DEMO_NAME, DEMO_NAME, "") if shipped and not is_shipped else None


def _seen(live: Live, workspace: Workspace) -> LivePointer | None:
    """What is live; a RequestError where that is not what the person looked at."""
    if live.problem is not None:
        with contextlib.suppress(ModelError):
            return workspace.live()
        return None
    now = workspace.live()
    seen = live.pointer if live.pointer is not None and live.pointer.model else None
    if now != seen:
        raise RequestError(
            "something else was put live meanwhile", "Look at what is served now, and choose again"
        )
    return now


def _remember(workspace: Workspace, before: LivePointer | None) -> None:
    """Writes down what is live until now, before it is not."""
    shipped = LivePointer(DEMO_NAME, DEMO_NAME, "")
    # what it comes before is written last: until then the two do not belong together
    (_folder(workspace) / "after.json").unlink(missing_ok=True)
    Workspace(_folder(workspace)).set_live(before or shipped)


def _note(workspace: Workspace, before: LivePointer | None, pointer: LivePointer, who: str) -> None:
    after = {"since": pointer.since, "model": pointer.model}
    write_json(_folder(workspace) / "after.json", after)
    tracking.record_promotion(
        workspace,
        tracking.Promotion(
            model=pointer.model,
            data=pointer.data,
            at=pointer.since,
            who=who,
            before=DEMO_NAME if before is None else before.model,
        ),
    )


def _folder(workspace: Workspace) -> Path:
    return workspace.root / "before"


@contextlib.contextmanager
def _swapping(workspace: Workspace) -> Iterator[None]:
    """One change at a time, so that a look and the swap after it are one."""
    _folder(workspace).mkdir(parents=True, exist_ok=True)
    with (_folder(workspace) / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
