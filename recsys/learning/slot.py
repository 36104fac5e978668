"""One training at a time: those that wait line up, in the order in which they came.

A place in the line is a file that its process holds a lock on; the system lets go of it however
the process ends, so nobody waits for the dead.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from recsys.workspace import Workspace

_LOOK_EVERY_S = 0.2


@contextlib.contextmanager
def training_slot(
    workspace: Workspace,
    name: str,
    stop: threading.Event,
    waiting: Callable[[str], None] = lambda ahead: None,
) -> Iterator[bool]:
    """Waits until no other training holds the workspace's slot, and holds it for the block.

    Args:
        name: of the run or sweep, a valid id.
        stop: gives up waiting; the block is then entered with False.
        waiting: called with the name of the next ahead whenever that changes.

    Raises OSError where the workspace cannot be written.
    """
    line = workspace.jobs_dir / ".line"
    line.mkdir(parents=True, exist_ok=True)
    place = line / f"{time.time_ns():020d}-{os.getpid()}-{name}"
    unseen = line / f".{place.name}"
    with unseen.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            os.replace(unseen, place)  # only what is held is seen, or it could be taken for dead
            told = ""
            while (ahead := _first_ahead(line, place)) and not stop.is_set():
                if ahead != told:
                    told = ahead
                    waiting(ahead)
                stop.wait(_LOOK_EVERY_S)
            yield not ahead
        finally:
            place.unlink(missing_ok=True)


def _first_ahead(line: Path, mine: Path) -> str:
    """The name of whoever is ahead and alive, nearest to the front; empty where nobody is."""
    for place in sorted(path for path in line.glob("[0-9]*") if path.name < mine.name):
        with contextlib.suppress(FileNotFoundError), place.open("r") as file:
            if _is_held(file):
                return place.name.split("-", 2)[2]
            place.unlink(missing_ok=True)
    return ""


def _is_held(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    return False
