"""A damaged SQLite database: moved out of the way whole, and told of. Loads nothing heavy.

What it held is made anew from plain files by whoever owns it, so nothing is lost; the damaged
one stays beside its place for whoever wants to look into it.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

_PARTS = ("", "-journal", "-wal", "-shm")


def set_aside(database: Path) -> Path:
    """Moves a database with its journals into a folder beside it, and returns that folder.

    Raises OSError where that cannot be done.
    """
    aside = database.with_name(f"{database.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    aside.mkdir(exist_ok=True)
    for part in _PARTS:
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{database}{part}", aside / f"{database.name}{part}")
    return aside


def what_happened(database: Path, source: str) -> str:
    """What to tell of a database that was set aside, the last time; empty where none was.

    Args:
        source: what it was made anew from, e.g. ``the runs' files``.
    """
    asides = sorted(path.name for path in database.parent.glob(f"{database.name}.damaged-*"))
    if not asides:
        return ""
    return (
        f"the database {database.name} was damaged and is made anew from {source}; "
        f"the damaged one is kept as {asides[-1]}, which may be deleted"
    )
