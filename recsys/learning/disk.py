"""What to say where a run cannot write what it learnt: above all, that the disk is full."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterator

from recsys.errors import TrainingError

_SQLITE_FULL = "database or disk is full"
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class DiskFullError(TrainingError):
    """There is no space left for a run to go on; what it saved before is whole."""


def disk_error(
    error: BaseException, run_id: str, step: int, saved_step: int | None
) -> TrainingError | None:
    """What a run raises instead of an error of the file system; None where it is no such error.

    Args:
        step: which the run had come to.
        saved_step: of its last whole checkpoint, None where there is none.
    """
    refused = system_error(error)
    if refused is None or isinstance(refused, BrokenPipeError):
        return None
    kept = (
        f"its checkpoint of step {saved_step} is whole"
        if saved_step is not None
        else "it had saved nothing yet"
    )
    again = f"python -m recsys train --resume {run_id}"
    if refused.errno in _NO_SPACE:
        return DiskFullError(
            f"the disk is full: the run {run_id} stopped at step {step}, and {kept}",
            f"Free some space, then go on with: {again}",
        )
    reason = refused.strerror or str(refused) or type(refused).__name__
    what = os.fsdecode(refused.filename) if refused.filename else "a file"
    return TrainingError(
        f"the run {run_id} stopped at step {step}: {what[:300]} cannot be read or written "
        f"({reason}), and {kept}",
        f"Check its rights and the disk, then go on with: {again}",
    )


@contextlib.contextmanager
def writing(what: str) -> Iterator[None]:
    """Lets a refusal of the file system leave the block as words for a person.

    Args:
        what: that is being done, e.g. ``the run cannot be started``.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        where = f": {os.fsdecode(error.filename)[:300]}" if error.filename else ""
        kind = DiskFullError if error.errno in _NO_SPACE else TrainingError
        raise kind(
            f"{what} ({reason}{where})",
            "Free some space, or set RECSYS_HOME to a folder that can be written",
        ) from error


def is_disk_full(error: BaseException) -> bool:
    """Whether it is about space: also where a library tells it in a text, or words replace it."""
    seen: BaseException | None = error
    while seen is not None:
        refused = system_error(seen)
        if isinstance(seen, DiskFullError) or (refused and refused.errno in _NO_SPACE):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def system_error(error: BaseException) -> OSError | None:
    """The system's refusal in an error; SQLite and TensorStore (checkpoints) tell it in a text.

    E.g. ``… Failed writing: "/disk/state": … File too large [os_error_code='27']``.
    """
    if isinstance(error, OSError):
        return error
    if _SQLITE_FULL in str(error):
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    code = re.search(r"\[os_error_code='(\d+)'\]", str(error))
    if code is None:
        return None
    number = int(code[1])
    path = re.search(r'"(/[^"]*)"', str(error))
    return OSError(number, os.strerror(number), path[1] if path else None)
