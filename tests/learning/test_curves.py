from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from recsys.learning.curves import CurveReader, Series, curves_of
from recsys.learning.metrics import MetricsLog


def lines(records: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def records(steps: int) -> list[dict[str, Any]]:
    rng = random.Random(steps)
    found: list[dict[str, Any]] = []
    for step in range(1, steps + 1):
        found.append(
            {"step": step, "loss": rng.random(), "gradient_norm": rng.random(), "elapsed_s": step}
        )
        if step % 50 == 0:
            found.append({"step": step, "validation_recall@10": rng.random()})
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "metrics.jsonl"


def test_few_points_are_as_they_were_written(path: Path) -> None:
    found = records(99)
    path.write_bytes(lines(found))
    curves = CurveReader(path).read()
    assert sorted(curves) == ["gradient_norm", "loss", "validation_recall@10"]
    assert curves["loss"].steps == tuple(range(1, 100))
    assert curves["loss"].values == tuple(r["loss"] for r in found if "loss" in r)
    assert curves["validation_recall@10"].steps == (50,)
    assert curves["loss"].last == found[-1]["loss"]


@pytest.mark.parametrize("steps", [20, 21, 333, 4000])
def test_many_are_merged_by_a_slow_rule(path: Path, steps: int) -> None:
    """The narrowest power of two that leaves at most 20: means, of gradient norms the largest."""
    found = [record for record in records(steps) if "loss" in record]
    path.write_bytes(lines(found))
    curves = CurveReader(path, most=20).read()
    width = 1
    while -(-steps // width) > 20:
        width *= 2
    parts = [found[start : start + width] for start in range(0, steps, width)]
    assert curves["loss"].steps == tuple(part[-1]["step"] for part in parts)
    assert curves["loss"].values == pytest.approx(
        [sum(r["loss"] for r in part) / len(part) for part in parts]
    )
    assert curves["gradient_norm"].values == tuple(
        max(r["gradient_norm"] for r in part) for part in parts
    )


def test_read_in_small_parts_it_is_the_same(path: Path) -> None:
    content = lines(records(700))
    reader, rng = CurveReader(path, most=30), random.Random(0)
    written = 0
    path.write_bytes(b"")
    while written < len(content):
        more = rng.randrange(1, 900)  # also in the middle of a line
        with path.open("ab") as file:
            file.write(content[written : written + more])
        written += more
        reader.read()
    assert reader.read() == CurveReader(path, most=30).read()


def test_only_what_is_new_is_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    read: list[int] = []
    pread = os.pread

    def counting(handle: int, size: int, offset: int) -> bytes:
        found = pread(handle, size, offset)
        read.append(len(found))
        return found

    monkeypatch.setattr(os, "pread", counting)
    path.write_bytes(lines(records(1000)))
    reader = CurveReader(path)
    reader.read()
    read.clear()
    fresh = lines([{"step": 1001, "loss": 0.5}])
    with path.open("ab") as file:
        file.write(fresh)
    assert reader.read()["loss"].last == 0.5
    assert sum(read) == len(fresh)


def test_a_run_that_goes_on_from_a_checkpoint_is_read_anew(path: Path) -> None:
    log = MetricsLog(path)
    for step in range(1, 10):
        log.append({"step": step, "loss": float(step)})
    reader = CurveReader(path)
    assert reader.read()["loss"].steps == tuple(range(1, 10))
    log.cut_after(4)
    assert reader.read()["loss"].steps == (1, 2, 3, 4)
    log.append({"step": 5, "loss": 0.5})
    assert reader.read()["loss"].values == (1, 2, 3, 4, 0.5)


def test_damage_is_passed_over(path: Path) -> None:
    path.write_bytes(
        b'\xff\xfe\n[]\n{"loss": 1}\n{"step": "x", "loss": 1}\n{"step": 2, "loss": NaN}\n'
        b'{"step": 3, "loss": true}\n{"step": 4, "loss": 0.25}\n{"step": 5, "lo'
    )
    loss = CurveReader(path).read()["loss"]
    assert loss.steps[-1] == 4
    assert loss.last == 0.25


def test_no_file_is_no_curve(path: Path) -> None:
    reader = CurveReader(path)
    assert reader.read() == {}
    path.write_bytes(lines(records(3)))
    assert reader.read()["loss"].steps == (1, 2, 3)
    path.unlink()
    assert reader.read() == {}
    assert curves_of(path) == {}


def test_an_empty_series_has_no_last_value() -> None:
    assert Series((), ()).last is None


def test_what_was_made_of_the_same_lines_is_not_made_again(path: Path) -> None:
    path.write_bytes(lines(records(40)))
    reader = CurveReader(path)
    first, again = reader.read(), reader.read()
    assert again == first
    assert again["loss"] is first["loss"]
    again.clear()
    assert reader.read() == first
