"""A run's figures step by step, thinned to what a chart can show. Loads nothing heavy.

``metrics.jsonl`` only grows while a run trains, so a reader that is asked again reads what is
new. It is rewritten where a run goes on from a checkpoint; then it is read anew.
"""

from __future__ import annotations

import json
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST_POINTS = 500

_KEPT_READERS = 32
_CHUNK_BYTES = 1 << 22
_NO_FIGURES = {"step", "elapsed_s"}
_LARGEST = {"gradient_norm"}
"""Figures of which a merged point keeps the largest value, not the mean: a spike is the news."""


@dataclass(frozen=True)
class Series:
    """One figure over the steps; as many steps as values, ascending."""

    steps: tuple[int, ...]
    values: tuple[float, ...]

    @property
    def last(self) -> float | None:
        return self.values[-1] if self.values else None


class _Points:
    """One figure's points, merged in runs of ``width`` steps so that few are left.

    Which points are merged depends on the steps alone, so whoever reads in many small parts
    comes to the same points as who reads all at once.
    """

    def __init__(self, most: int, keeps_largest: bool) -> None:
        self._most, self._keeps_largest = most, keeps_largest
        self._width = 1
        self._buckets: OrderedDict[int, list[float]] = OrderedDict()

    def add(self, step: int, value: float) -> None:
        self._merge(self._buckets, step, 1, value, value, step)
        if len(self._buckets) > self._most:
            self._widen()

    def _merge(
        self,
        buckets: OrderedDict[int, list[float]],
        key_step: int,
        count: float,
        total: float,
        largest: float,
        last_step: float,
    ) -> None:
        key = (key_step - 1) // self._width
        known = buckets.setdefault(key, [0.0, 0.0, largest, last_step])
        known[0] += count
        known[1] += total
        known[2] = max(known[2], largest)
        known[3] = last_step

    def _widen(self) -> None:
        self._width *= 2
        merged: OrderedDict[int, list[float]] = OrderedDict()
        for count, total, largest, last_step in self._buckets.values():
            self._merge(merged, int(last_step), count, total, largest, last_step)
        self._buckets = merged

    def series(self) -> Series:
        points = self._buckets.values()
        steps = tuple(int(last_step) for *_, last_step in points)
        if self._keeps_largest:
            return Series(steps, tuple(largest for _, _, largest, _ in points))
        return Series(steps, tuple(total / count for count, total, _, _ in points))


class CurveReader:
    """Reads one ``metrics.jsonl`` again and again; safe from several threads."""

    def __init__(self, path: Path, most: int = MOST_POINTS) -> None:
        self._path, self._most = path, most
        self._lock = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self._identity: tuple[int, int] | None = None
        self._offset = 0
        self._points: dict[str, _Points] = {}
        self._series: dict[str, Series] | None = {}

    def read(self) -> dict[str, Series]:
        """Every figure that the run has written, by its name; empty where there is none yet."""
        with self._lock:
            try:
                with self._path.open("rb") as file:
                    self._take(file.fileno())
            except OSError:
                self._forget()
            if self._series is None:
                self._series = {name: points.series() for name, points in self._points.items()}
            return dict(self._series)

    def _take(self, handle: int) -> None:
        found = os.fstat(handle)
        identity = (found.st_dev, found.st_ino)
        if identity != self._identity or found.st_size < self._offset:
            self._forget()
            self._identity = identity
        while fresh := os.pread(handle, _CHUNK_BYTES, self._offset):
            whole = fresh.rfind(b"\n") + 1  # the last line may be half written
            if not whole:
                break
            self._offset += whole
            self._series = None  # what was made of fewer lines
            for line in fresh[:whole].splitlines():
                self._add(line)

    def _add(self, line: bytes) -> None:
        try:
            record = json.loads(line)
            step = int(record["step"])
        except (ValueError, TypeError, KeyError):
            return
        for name, value in record.items():
            if name not in _NO_FIGURES and _is_number(value):
                known = self._points.setdefault(name, _Points(self._most, name in _LARGEST))
                known.add(step, float(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < float("inf")


_readers: OrderedDict[Path, CurveReader] = OrderedDict()
_readers_lock = threading.Lock()


def curves_of(path: Path) -> dict[str, Series]:
    """The figures in a ``metrics.jsonl``; what was read before is kept for the next call."""
    with _readers_lock:
        reader = _readers.pop(path, None) or CurveReader(path)
        _readers[path] = reader
        while len(_readers) > _KEPT_READERS:
            _readers.popitem(last=False)
    return reader.read()
