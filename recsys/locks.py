"""Locks between processes, in files: one holder at a time, over processes and threads alike.

They go with the process that holds them, however it ends, so a lock is never left behind.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def held(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Holds the lock that a file stands for, which is made where there is none.

    Args:
        wait: for another holder's end; without it a BlockingIOError.

    Raises OSError where the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
