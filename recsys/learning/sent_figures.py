"""Which of a run's figures a store has, told by their lines and not by their steps.

A run that goes on from a checkpoint drops what came after it and writes these steps anew, maybe
with other settings; and an evaluation has its line after that of its step. So a checksum of every
line that was sent is kept, and what follows the first line that is another is sent again. Loads
nothing heavy.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recsys.atomic import write_bytes

MOST = 1000
"""Figures that a store takes at once."""

_MOST_A_LINE = 50
_NO_FIGURES = ("step", "elapsed_s")


@dataclass(frozen=True)
class Batch:
    """Figures to be sent together: of whole lines.

    Attributes:
        figures: name, value, milliseconds since 1970, and step of each.
        lines: how many lines of the file are sent with it and all before it.
        step, at_ms: the last of all these; where there is none, what was known before.
    """

    figures: list[tuple[str, float, int, int]]
    lines: int
    step: int
    at_ms: int


@dataclass(frozen=True)
class WentBack:
    """A run went on from an earlier step than a store has: it has an abandoned branch.

    Attributes:
        to_step: the last that both have; 0 where they have none.
        from_step: the last of the abandoned branch.
    """

    to_step: int
    from_step: int


class SentFigures:
    """The figures of one run, and how many of them one store has.

    Args:
        path: of the run's ``metrics.jsonl``.
        kept: where the checksums of what was sent are kept; made where it is not there.
        record: what is known of the record: ``sent_lines``, ``sent_step``, ``latest_ms`` and
            ``shift_ms``, of which ``note`` gives the new values.
        began_ms: when the run began; its figures are that much later than their seconds say.

    Attributes:
        went_back: where the lines are no longer those that were sent; else None.
    """

    def __init__(self, path: Path, kept: Path, record: Mapping[str, Any], began_ms: int) -> None:
        self._kept, self._began_ms = kept, began_ms
        self._lines, self._sums = _lines_of(path)
        known = _sums_in(kept)[: _count(record, "sent_lines")]
        self._first = _alike(known, self._sums)
        self._latest_ms, self._shift_ms = _count(record, "latest_ms"), _count(record, "shift_ms")
        self._step = self._steps_to(self._first)
        self.went_back: WentBack | None = None
        if self._first < len(known):
            self.went_back = WentBack(self._step, _count(record, "sent_step"))
            # Of two values of one step a store shows the later one: that must be the new one.
            here_ms = began_ms + int(1000 * self._elapsed_s(self._first))
            self._shift_ms = max(self._shift_ms, self._latest_ms + 1 - here_ms)

    def batches(self) -> Iterator[Batch]:
        """What is to be sent, in order."""
        elapsed_s = self._elapsed_s(self._first)
        step, latest_ms = self._step, self._latest_ms
        figures: list[tuple[str, float, int, int]] = []
        for number, line in enumerate(self._lines[self._first :], self._first):
            if len(figures) > MOST - _MOST_A_LINE:
                yield Batch(figures, number, step, latest_ms)
                figures = []
            elapsed_s = _elapsed_s(line, elapsed_s)
            at_ms = self._began_ms + int(1000 * elapsed_s) + self._shift_ms
            at_step = line.get("step")
            if not isinstance(at_step, int):
                continue
            step, latest_ms = max(step, at_step), max(latest_ms, at_ms)
            figures += [
                (name, float(value), at_ms, at_step)
                for name, value in list(line.items())[:_MOST_A_LINE]
                if name not in _NO_FIGURES and isinstance(value, int | float)
            ]
        if figures:
            yield Batch(figures, len(self._lines), step, latest_ms)

    def note(self, batch: Batch) -> dict[str, int]:
        """Keeps that a batch was sent; what the record is to say of it. Raises OSError."""
        write_bytes(self._kept, self._sums[: batch.lines].tobytes())
        return {
            "sent_lines": batch.lines,
            "sent_step": batch.step,
            "latest_ms": batch.at_ms,
            "shift_ms": self._shift_ms,
        }

    def _steps_to(self, count: int) -> int:
        steps = (line.get("step") for line in self._lines[:count])
        return max((step for step in steps if isinstance(step, int)), default=0)

    def _elapsed_s(self, count: int) -> float:
        elapsed_s = 0.0
        for line in self._lines[:count]:
            elapsed_s = _elapsed_s(line, elapsed_s)
        return elapsed_s


def _elapsed_s(line: Mapping[str, Any], before_s: float) -> float:
    found = line.get("elapsed_s")
    return max(before_s, float(found)) if isinstance(found, int | float) else before_s


def _lines_of(path: Path) -> tuple[list[dict[str, Any]], array[int]]:
    """The whole lines that hold something, and the checksum of each."""
    lines, sums = [], array("I")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        content = b""
    for line in content[: content.rfind(b"\n") + 1].splitlines():  # the last may be half written
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            lines.append(record)
            sums.append(zlib.crc32(line))
    return lines, sums


def _sums_in(path: Path) -> array[int]:
    sums = array("I")
    try:
        content = path.read_bytes()
    except OSError:
        return sums
    sums.frombytes(content[: len(content) // sums.itemsize * sums.itemsize])
    return sums


def _alike(known: array[int], now: array[int]) -> int:
    """How many are the same from the start."""
    for number, (one, other) in enumerate(zip(known, now, strict=False)):
        if one != other:
            return number
    return min(len(known), len(now))


def _count(record: Mapping[str, Any], name: str) -> int:
    found = record.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else 0
