"""Atomic writes: a reader sees the old content or the new, and never a half.

What matters is written beside its place, flushed, and renamed over it. Loads nothing heavy and
knows no place: which file is which is ``recsys.workspace``'s business.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_AT_FDCWD, _EXCHANGE = -100, 2  # from Linux's fcntl.h and fs.h
_LEFTOVER_AGE_S = 24 * 3600.0


def write_bytes(path: Path, content: bytes) -> None:
    """Replaces a file in one step; a crash leaves the old content or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """``write_bytes`` for text, as UTF-8."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, record: Any) -> None:
    """``write_bytes`` for JSON: sorted keys, a newline at the end; NaN is refused."""
    text = json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder that appears whole or not at all.

    Yields a temporary folder beside ``path`` to fill; at the end it is renamed to ``path``,
    replacing what was there. On an error the temporary folder is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        yield temporary
        temporary.chmod(0o755)  # mkdtemp makes it private; a bundle is to be read
        for file in temporary.rglob("*"):
            if file.is_file():
                with file.open("rb") as handle:
                    os.fsync(handle.fileno())
        _put_in_place(temporary, path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    _sync_folder(path.parent)


class Room:
    """Room on the disk for a last word, taken before there may be none left."""

    def __init__(self, path: Path, size_bytes: int = 1024) -> None:
        self._place, self._size = path, size_bytes
        self._path = path.with_name(f".{path.stem}-{os.getpid()}")
        for stray in path.parent.glob(f".{path.stem}-*"):  # of a process that was killed
            stray.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._path.write_bytes(b" " * size_bytes)

    def write(self, record: Any) -> None:
        """Puts a record, as JSON, where it belongs. Raises OSError."""
        text = json.dumps(record, sort_keys=True).encode().ljust(self._size)
        with self._path.open("r+b" if self._path.exists() else "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(self._path, self._place)


def _put_in_place(temporary: Path, path: Path) -> None:
    """Renames a folder to its place; one that is there already is swapped out in one step."""
    if not path.exists():
        os.replace(temporary, path)
    elif _exchange(temporary, path):
        shutil.rmtree(temporary, ignore_errors=True)
    else:  # no such system call here: the place is empty between two renames
        old = Path(tempfile.mkdtemp(prefix=f".{path.name}.old.", dir=path.parent)) / "was"
        os.replace(path, old)
        try:
            os.replace(temporary, path)
        except OSError:
            os.replace(old, path)
            raise
        shutil.rmtree(old.parent, ignore_errors=True)


def _exchange(a: Path, b: Path) -> bool:
    """Swaps two paths atomically (Linux's renameat2); False where that is not to be had."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return bool(rename(_AT_FDCWD, os.fsencode(a), _AT_FDCWD, os.fsencode(b), _EXCHANGE) == 0)


def _sweep(path: Path) -> None:
    """Removes what killed writers of the same folder left a day or more ago."""
    for left in path.parent.glob(f".{path.name}.*"):
        with contextlib.suppress(OSError):
            if left.is_dir() and time.time() - left.stat().st_mtime > _LEFTOVER_AGE_S:
                shutil.rmtree(left, ignore_errors=True)


def _sync_folder(path: Path) -> None:
    with contextlib.suppress(OSError):  # some file systems cannot sync a folder
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
