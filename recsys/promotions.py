"""Changes of the live pointer: one at a time, with a history and a way back.

A change is announced in a file of its own before the pointer is swapped, and goes into the
history after it. So a process that is killed at any moment leaves one model live or the other,
and what it had not yet written down is read from the announcement.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from types import EllipsisType
from typing import Any

from recsys.atomic import write_json
from recsys.errors import DataError, ModelError, RequestError
from recsys.locks import held
from recsys.workspace import DEMO_MODEL_DIR, DEMO_NAME, LivePointer, Workspace


@dataclass(frozen=True)
class Promotion:
    """One change of what is live.

    Attributes:
        pointer: what was put live.
        was: what was live until then; None where nothing was.
        who: as far as is known, e.g. a user of the machine or ``operator``.
    """

    pointer: LivePointer
    was: LivePointer | None
    who: str


def swap(
    workspace: Workspace,
    pointer: LivePointer,
    who: str,
    *,
    expected: LivePointer | EllipsisType | None = ...,
    ready: Callable[[], object] = lambda: None,
) -> None:
    """Makes a pointer live, and notes who did.

    Args:
        ready: called when nothing can be deleted any more; raises where what the pointer names
            is not there, and then nothing is changed.
        expected: what the person saw to be live. Refused where that is no longer so: nobody
            should undo what they did not see. Not asked about where it is left out.

    Raises:
        RequestError: something else is live than was expected.
        OSError: the workspace cannot be written; what was live stays.
    """
    with one_at_a_time(workspace):
        now = refuse_surprise(workspace, expected)
        ready()
        _settle(workspace)
        promotion = Promotion(pointer, now or _shipped(), who)
        write_json(workspace.promoting_path, asdict(promotion))
        workspace.set_live(pointer)
        # From here on it is done. A history that cannot be written now is written with the next.
        with contextlib.suppress(OSError):
            _settle(workspace)


def refuse_surprise(
    workspace: Workspace, expected: LivePointer | EllipsisType | None
) -> LivePointer | None:
    """What is live; a RequestError where that is not what was expected, see ``swap``."""
    now = _live(workspace)
    if expected is not ... and now != expected:
        raise RequestError(
            "something else was put live meanwhile",
            "Look at what is served now, and choose again",
        )
    return now


def history(workspace: Workspace) -> list[Promotion]:
    """Every change of what is live that was noted, newest first."""
    done = _lines(workspace)
    announced = _announced(workspace)
    if announced is not None and announced not in done and announced.pointer == _live(workspace):
        done.append(announced)
    return done[::-1]


def previous(workspace: Workspace) -> LivePointer | None:
    """What was live before what is live now, and is still there; None where nothing is known."""
    now = _live(workspace)
    if now is None:
        return None
    known = history(workspace)
    at = next((n for n, one in enumerate(known) if one.pointer == now), None)
    if at is not None:
        earlier = [one.was for one in known[at:]]
    else:  # put live by other means: what was noted and is something else
        earlier = [
            one.pointer
            for one in known
            if (one.pointer.model, one.pointer.data) != (now.model, now.data)
        ]
    for pointer in (*earlier, _shipped()):
        if pointer is not None and not _is_same(pointer, now) and _is_there(workspace, pointer):
            return pointer
    return None


def _is_same(one: LivePointer, other: LivePointer) -> bool:
    """Whether both serve the same, whenever they were put live."""
    return replace(one, since="") == replace(other, since="")


def _is_there(workspace: Workspace, pointer: LivePointer) -> bool:
    try:
        workspace.resolve_model(pointer.model)
        workspace.resolve_catalog(pointer.data)
        correction = pointer.correction
        return correction is None or workspace.correction_path(correction.vectors).is_file()
    except (ModelError, DataError):
        return False


def _shipped() -> LivePointer | None:
    """What is served where nothing was promoted."""
    ships = (DEMO_MODEL_DIR / "model.json").is_file()
    return LivePointer(DEMO_NAME, DEMO_NAME, "") if ships else None


def _live(workspace: Workspace) -> LivePointer | None:
    try:
        return workspace.live()
    except ModelError:
        return None


def _settle(workspace: Workspace) -> None:
    """Writes what was announced and done into the history, and withdraws the announcement."""
    announced = _announced(workspace)
    if (
        announced is not None
        and announced.pointer == _live(workspace)
        and announced not in _lines(workspace)
    ):
        _append(workspace, announced)
    workspace.promoting_path.unlink(missing_ok=True)


def _append(workspace: Workspace, promotion: Promotion) -> None:
    line = json.dumps(asdict(promotion), ensure_ascii=False).encode() + b"\n"
    with workspace.promotions_path.open("a+b") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":  # a line that a full disk cut off
                line = b"\n" + line
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _lines(workspace: Workspace) -> list[Promotion]:
    try:
        text = workspace.promotions_path.read_text("utf-8", errors="replace")
    except OSError:
        return []
    found = (_promotion(line) for line in text.split("\n"))
    return [promotion for promotion in found if promotion is not None]


def _announced(workspace: Workspace) -> Promotion | None:
    try:
        return _promotion(workspace.promoting_path.read_text("utf-8", errors="replace"))
    except OSError:
        return None


def _promotion(text: str) -> Promotion | None:
    """What a line says; None where it says nothing that can be used."""
    try:
        record: dict[str, Any] = json.loads(text)
        was = record["was"]
        return Promotion(
            LivePointer.from_json(record["pointer"]),
            None if was is None else LivePointer.from_json(was),
            str(record["who"]),
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def one_at_a_time(workspace: Workspace) -> AbstractContextManager[None]:
    """While it lasts nothing else is put live, and no model is deleted that might be."""
    return held(workspace.root / ".promoting.lock")
