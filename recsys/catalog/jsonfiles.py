"""JSON objects and JSON lines from files that may be broken, hostile or huge."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from recsys.errors import DataError

# An object is held in memory whole, up to some 25 times its size: 64 MiB are 20 times the
# published category file, and titles and addresses of 200,000 products. Lines are read one by one.
MAX_OBJECT_BYTES = 1 << 26
MAX_LINES_BYTES = 1 << 29
MAX_LINE_BYTES = 1 << 16  # a pair has about 130 bytes

_LINE_REMEDY = 'Expected one object a line: {"product": ID, "scene": ID, "bbox": [l, t, r, b]}'


@dataclass(frozen=True, slots=True)
class JsonObject:
    """An object as its file has it: names in order, and one that is there twice twice."""

    pairs: list[tuple[str, Any]]
    path: Path | None = None
    text: str = field(default="", repr=False)

    def where(self, key: str, *, last: bool = False) -> str:
        """File and line of a name; searched for, so only for messages."""
        if self.path is None:
            return ""
        quoted = json.dumps(key)
        find = self.text.rfind if last else self.text.find
        position = find(quoted)
        if position < 0:
            position = find(json.dumps(key, ensure_ascii=False))
        if position < 0:
            return self.path.name
        return f"{self.path.name}:{self.text.count(chr(10), 0, position) + 1}"


class JsonLine(NamedTuple):
    """One line: its object, or what is wrong with it."""

    where: str
    record: dict[str, Any]
    fault: str = ""
    remedy: str = ""


def read_json_object(path: Path, meaning: str) -> JsonObject:
    """Reads a file that is one object. Raises DataError naming file, line and column."""
    _check_file(path, MAX_OBJECT_BYTES)
    remedy = f"Expected one JSON object in UTF-8: {meaning}"
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path.name}:{line}: expected UTF-8, found the byte 0x{data[error.start]:02x}",
            "Save the file as UTF-8",
        ) from None
    del data
    try:
        value = json.loads(text, object_pairs_hook=JsonObject)
    except json.JSONDecodeError as error:
        raise DataError(
            f"{path.name}:{error.lineno}: not JSON: {error.msg} at column {error.colno}", remedy
        ) from None
    except RecursionError:
        raise DataError(f"{path.name}: nested too deeply", remedy) from None
    except ValueError as error:  # a number of more than 4,300 digits
        raise DataError(f"{path.name}: not usable JSON: {error}", remedy) from None
    if not isinstance(value, JsonObject):
        found = "a list" if isinstance(value, list) else "a single value"
        raise DataError(f"{path.name}: expected one JSON object, found {found}", remedy)
    return JsonObject(value.pairs, path, text)


def read_json_lines(path: Path) -> Iterator[JsonLine]:
    """The lines of a file, each an object or a named fault; blank lines are passed over.

    Raises DataError where the file cannot be read at all.
    """
    _check_file(path, MAX_LINES_BYTES)
    decoder = json.JSONDecoder(object_pairs_hook=_unique)
    with path.open("rb") as file:
        number = 0
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            where = f"{path.name}:{number}"
            if len(line) > MAX_LINE_BYTES:
                while line and not line.endswith(b"\n"):
                    line = file.readline(MAX_LINE_BYTES)
                fault = f"the line has more than {MAX_LINE_BYTES} bytes"
                yield JsonLine(where, {}, fault, _LINE_REMEDY)
                continue
            parsed = _parse(decoder, where, line, first=number == 1)
            if parsed is not None:
                yield parsed


def _parse(decoder: json.JSONDecoder, where: str, line: bytes, *, first: bool) -> JsonLine | None:
    remedy = _LINE_REMEDY
    try:
        text = line.decode("utf-8-sig" if first else "utf-8").strip()
        if not text:
            return None
        record = decoder.decode(text)
    except UnicodeDecodeError as error:
        fault = f"expected UTF-8, found the byte 0x{line[error.start]:02x}"
        remedy = "Save the file as UTF-8"
    except json.JSONDecodeError as error:
        fault = f"not JSON: {error.msg} at column {error.colno}"
    except RecursionError:
        fault = "nested too deeply"
    except ValueError as error:
        fault = f"not usable JSON: {error}"
    else:
        if isinstance(record, dict):
            return JsonLine(where, record)
        fault = f"expected an object, found {type(record).__name__}"
    return JsonLine(where, {}, fault, remedy)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("a field is there twice")
    return record


def _check_file(path: Path, max_bytes: int) -> None:
    try:
        status = path.stat()
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise DataError(f"{path} cannot be read ({reason})", "Check the path and rights") from None
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{path} is not a regular file", "Put the file itself there")
    if status.st_size > max_bytes:
        raise DataError(
            f"{path.name} has {status.st_size / 2**20:,.0f} MiB, "
            f"at most {max_bytes // 2**20} MiB are read",
            "Split the data set",
        )
