"""Disks that are small, full or read-only: real mounts where those are permitted."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[None]:
    """A disk of its own at an empty folder; skips the test where mounting is not permitted."""
    folder.mkdir(parents=True, exist_ok=True)
    if not _mounted("-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(folder)):
        pytest.skip("mounting a small disk is not permitted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Makes a disk of ``small_disk`` read-only for a while."""
    assert _mounted("-o", "remount,ro", str(folder)), "something on it is open for writing"
    try:
        yield
    finally:
        assert _mounted("-o", "remount,rw", str(folder))


@contextlib.contextmanager
def full(folder: Path) -> Iterator[None]:
    """Fills a disk of ``small_disk`` to its last byte for a while."""
    filler = folder / "filler"
    fill(filler)
    try:
        yield
    finally:
        filler.unlink()


def fill(path: Path) -> None:
    """Writes a file until there is no space left."""
    with path.open("wb") as file, contextlib.suppress(OSError):
        while True:
            os.write(file.fileno(), b"x" * 65536)


@contextlib.contextmanager
def no_files(pid: int) -> Iterator[None]:
    """A stand-in that any Linux allows, root or not: a process may write to no file for a while.

    Every write fails with ``File too large``, as on a disk with a quota that is used up.
    """
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _mounted(*arguments: str) -> bool:
    try:
        done = subprocess.run(["mount", *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0
