"""A sweep's database: what is asked, told, pruned, lost and made anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recsys import atomic as files
from recsys.learning.sweep_space import checked
from recsys.learning.sweep_study import Study
from recsys.learning.sweeps import Parameter, SweepRequest

REQUEST = checked(
    SweepRequest(
        "planted",
        "regions",
        (
            Parameter("learning_rate", 1e-4, 1e-1, True),
            Parameter("batch_scenes", 2, 9),
            Parameter("embedding_dim", choices=(8, 16)),
        ),
        20,
        trials=30,
    )
)


def kept(folder: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((folder / "trials.json").read_text())
    return record


def run(study: Study, value: Callable[[dict[str, Any]], float]) -> dict[str, Any]:
    """One trial from its start to its end; its settings."""
    trial = study.next_trial()
    recall = value(trial.params)
    study.measured(trial, 4, recall / 2)
    study.measured(trial, 20, recall)
    study.complete(trial, recall, 2.0)
    return dict(trial.params)


def test_settings_are_of_their_kind_and_in_their_range(tmp_path: Path) -> None:
    study = Study(tmp_path, REQUEST)
    tried = [run(study, lambda params: 0.5) for _ in range(12)]
    assert all(1e-4 <= params["learning_rate"] <= 1e-1 for params in tried)
    assert {type(params["batch_scenes"]) for params in tried} == {int}
    assert {params["embedding_dim"] for params in tried} == {8, 16}
    below = sum(params["learning_rate"] < 10**-2.5 for params in tried)
    assert 2 <= below <= 10  # orders of magnitude alike
    assert study.ended == 12


def test_everything_is_kept_as_plain_data(tmp_path: Path) -> None:
    study = Study(tmp_path, REQUEST)
    params = run(study, lambda params: 0.25)
    bad = study.next_trial()
    study.end_early(bad, "the loss was nan", 1.0)
    odd = study.next_trial()
    study.fail(odd, "does not fit", 0.5)
    study.keep(12.34)
    record = kept(tmp_path)
    assert record["objective"] == "validation_recall@10"
    assert record["used_s"] == 12.3
    assert Study(tmp_path, REQUEST).used_s == 12.3
    good, pruned, failed = record["trials"]
    assert good == {
        "number": 0,
        "state": "complete",
        "value": 0.25,
        "params": params,
        "steps": 20,
        "curve": [[4, 0.125], [20, 0.25]],
        "seconds": 2.0,
        "reason": "",
    }
    assert (pruned["state"], pruned["value"], pruned["reason"]) == (
        "pruned",
        None,
        "the loss was nan",
    )
    assert (failed["state"], failed["reason"]) == ("failed", "does not fit")
    assert study.outcome(bad) == "pruned (the loss was nan)"


def test_a_trial_that_was_broken_off_is_taken_up_again(tmp_path: Path) -> None:
    first = Study(tmp_path, REQUEST)
    run(first, lambda params: 0.5)
    trial = first.next_trial()
    first.measured(trial, 4, 0.2)
    first.spent(trial, 3.0)
    second = Study(tmp_path, REQUEST)
    again = second.next_trial()
    assert (again.number, again.params) == (trial.number, trial.params)
    second.measured(again, 4, 0.9)  # measured again after a resume: the first counts
    second.complete(again, 0.4, 2.0)
    second.keep(1.0)
    assert kept(tmp_path)["trials"][1]["curve"] == [[4, 0.2]]
    assert kept(tmp_path)["trials"][1]["seconds"] == 5.0
    assert second.next_trial().number == 2


def test_starts_in_vain_are_counted(tmp_path: Path) -> None:
    study = Study(tmp_path, REQUEST)
    trial = study.next_trial()
    assert study.begin(trial, 0) == 0
    again = Study(tmp_path, REQUEST)  # each in a process of its own
    trial = again.next_trial()
    assert again.begin(trial, 0) == 1
    assert again.begin(trial, 0) == 2
    assert again.begin(trial, 7) == 0  # it came further
    assert again.begin(trial, 7) == 1
    again.forgive(trial)
    assert again.begin(trial, 7) == 0
    assert again.begin(trial, 0) == 1  # its checkpoints were damaged


def test_a_later_process_does_not_try_the_same_again(tmp_path: Path) -> None:
    tried = [tuple(run(Study(tmp_path, REQUEST), lambda params: 0.5).values()) for _ in range(4)]
    assert len(set(tried)) == 4


def test_the_search_is_repeatable(tmp_path: Path) -> None:
    once, again = (
        [
            run(Study(tmp_path / name, request), lambda params: params["learning_rate"])
            for _ in range(3)
        ]
        for name, request in (("a", REQUEST), ("b", REQUEST))
        if not (tmp_path / name).mkdir()
    )
    assert once == again
    (tmp_path / "c").mkdir()
    assert run(Study(tmp_path / "c", replace(REQUEST, seed=5)), lambda params: 0.5) != once[0]
    largest = replace(REQUEST, seed=2**31 - 1)
    (tmp_path / "d").mkdir()
    assert run(Study(tmp_path / "d", largest), lambda params: 0.5) != once[0]


class TestPruning:
    def bad_one(self, tmp_path: Path, request: SweepRequest, before: int, step: int) -> bool:
        study = Study(tmp_path, request)
        for _ in range(before):
            trial = study.next_trial()
            for each in (4, 8, 20):
                study.measured(trial, each, 0.5)
            study.complete(trial, 0.5, 1.0)
        trial = study.next_trial()
        study.measured(trial, step, 0.1)
        return study.should_prune(trial)

    def test_worse_than_the_median_ends_early(self, tmp_path: Path) -> None:
        assert self.bad_one(tmp_path, REQUEST, before=3, step=8)

    def test_not_before_there_are_others(self, tmp_path: Path) -> None:
        assert not self.bad_one(tmp_path, REQUEST, before=2, step=8)

    def test_not_before_it_had_a_chance(self, tmp_path: Path) -> None:
        assert not self.bad_one(tmp_path, REQUEST, before=3, step=4)

    def test_not_where_it_was_switched_off(self, tmp_path: Path) -> None:
        assert not self.bad_one(tmp_path, replace(REQUEST, prunes=False), before=3, step=8)


class TestImportance:
    def test_of_what_matters(self, tmp_path: Path) -> None:
        study = Study(tmp_path, REQUEST)
        for number in range(12):
            run(study, lambda params: 0.1 + 0.05 * params["batch_scenes"])
            study.keep(float(number))
            if number < 3:
                assert kept(tmp_path)["importances"] == {}
        found = kept(tmp_path)["importances"]
        assert set(found) == {"learning_rate", "batch_scenes", "embedding_dim"}
        assert sum(found.values()) == pytest.approx(1)
        assert max(found, key=found.__getitem__) == "batch_scenes"

    def test_of_nothing_where_all_are_alike(self, tmp_path: Path) -> None:
        study = Study(tmp_path, REQUEST)
        for _ in range(5):
            run(study, lambda params: 0.5)
        study.keep(1.0)
        assert kept(tmp_path)["importances"] == {}


class TestADamagedDatabase:
    def prepared(self, folder: Path) -> list[dict[str, Any]]:
        study = Study(folder, REQUEST)
        for number in range(3):
            run(study, lambda params, number=number: 0.1 * (number + 1))  # type: ignore[misc]
        pruned = study.next_trial()
        study.measured(pruned, 4, 0.05)
        study.end_early(pruned, "bad", 1.0)
        study.keep(60.0)
        trials: list[dict[str, Any]] = kept(folder)["trials"]
        return trials

    @pytest.mark.parametrize("damage", ["noise", "cut", "no database"])
    def test_is_made_anew_from_plain_data(self, tmp_path: Path, damage: str) -> None:
        before = self.prepared(tmp_path)
        path = tmp_path / "study.db"
        content = bytearray(path.read_bytes())
        if damage == "noise":
            content[4096:] = b"\x55" * (len(content) - 4096)
        elif damage == "cut":
            content = content[: len(content) // 2 + 100]
        else:
            content = bytearray(b"not a database at all" * 400)
        # As a fresh process finds it: SQLAlchemy keeps no file of that name open.
        fresh = tmp_path / "fresh"
        fresh.mkdir()
        (fresh / "study.db").write_bytes(bytes(content))
        files.write_json(fresh / "trials.json", kept(tmp_path))
        study = Study(fresh, REQUEST)
        study.keep(60.0)
        assert kept(fresh)["trials"] == before
        assert study.ended == 4
        assert list(fresh.glob("study.db.damaged-*/study.db"))

    def test_without_plain_data_it_begins_again(self, tmp_path: Path) -> None:
        (tmp_path / "study.db").write_bytes(b"not a database at all" * 400)
        assert Study(tmp_path, REQUEST).ended == 0
