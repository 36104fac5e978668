"""What of a run's figures a store has: nothing twice, nothing left out, and no branch hidden."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from recsys.learning.metrics import MetricsLog
from recsys.learning.sent_figures import MOST, Batch, SentFigures, WentBack

BEGAN_MS = 1_000_000


class Store:
    """What a store was sent, and what is kept beside the run."""

    def __init__(self, folder: Path) -> None:
        self.log = MetricsLog(folder / "metrics.jsonl")
        self.kept = folder / "sent.sums"
        self.record: dict[str, Any] = {}
        self.sent: list[tuple[str, float, int, int]] = []
        self.sizes: list[int] = []

    def figures(self) -> SentFigures:
        return SentFigures(self.log.path, self.kept, self.record, BEGAN_MS)

    def send(self, most: int | None = None) -> WentBack | None:
        """Sends what is new; only so many batches where a number is given."""
        figures = self.figures()
        for number, batch in enumerate(figures.batches()):
            if number == most:
                break
            self.take(batch)
            self.record.update(figures.note(batch))
        return figures.went_back

    def take(self, batch: Batch) -> None:
        self.sent += batch.figures
        self.sizes.append(len(batch.figures))

    def shown(self, name: str) -> dict[int, float]:
        """Of two values of one step the later one, as MLflow shows it."""
        found = sorted((step, at, value) for what, value, at, step in self.sent if what == name)
        return {step: value for step, _, value in found}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def train(store: Store, first: int, last: int, loss: float, second: float = 1.0) -> None:
    for step in range(first, last + 1):
        store.log.append({"step": step, "loss": loss, "elapsed_s": step * second})


def test_everything_is_sent_once(store: Store) -> None:
    rng = random.Random(0)
    wanted = []
    for step in range(1, 1500):
        line = {"step": step, "loss": rng.random(), "rate": 0.1, "elapsed_s": step / 2}
        store.log.append(line)
        at_ms = BEGAN_MS + 500 * step
        wanted += [("loss", line["loss"], at_ms, step), ("rate", 0.1, at_ms, step)]
        if rng.random() < 0.05:
            assert store.send(rng.randrange(3)) is None
        if rng.random() < 0.05:  # its line comes after that of its step, which may be sent by now
            store.log.append({"step": step, "recall": step / 9})
            wanted.append(("recall", step / 9, at_ms, step))
    store.send()
    assert store.sent == wanted
    assert max(store.sizes) <= MOST
    assert store.record["sent_step"] == 1499
    store.send()
    assert store.sent == wanted


def test_a_branch_that_was_given_up_is_noticed_and_written_over(store: Store) -> None:
    """Killed at step 8 with a checkpoint of step 4, and resumed with another learning rate."""
    train(store, 1, 8, 1.0)
    store.log.append({"step": 7, "recall": 0.1})
    store.send()
    store.log.cut_after(4)
    assert store.send() == WentBack(4, 8)
    train(store, 5, 6, 0.5, second=0.1)  # quicker: by its own time it would come before
    store.log.append({"step": 6, "recall": 0.9})
    assert store.send() == WentBack(4, 8)
    train(store, 7, 8, 0.5, second=0.1)
    assert store.send() is None
    assert store.shown("loss") == {step: 1.0 if step <= 4 else 0.5 for step in range(1, 9)}
    assert store.shown("recall") == {6: 0.9, 7: 0.1}
    assert len([one for one in store.sent if one[0] == "loss"]) == 8 + 4  # the first four once


def test_gone_back_to_before_it_went_back(store: Store) -> None:
    train(store, 1, 8, 3.0)
    store.send()
    for back, last, loss in ((5, 9, 2.0), (2, 7, 1.0)):
        store.log.cut_after(back)
        train(store, back + 1, last, loss)
        went = store.send()
        assert went is not None
        assert went.to_step == back
    shown = store.shown("loss")
    assert {step: shown[step] for step in range(1, 8)} == dict.fromkeys((1, 2), 3.0) | (
        dict.fromkeys(range(3, 8), 1.0)
    )


def test_the_same_steps_again_are_no_branch(store: Store) -> None:
    """Resumed as it was, a run writes the same lines; only their times differ, if they do."""
    train(store, 1, 8, 1.0)
    store.send()
    store.log.cut_after(4)
    train(store, 5, 9, 1.0)
    assert store.send() is None
    assert len(store.sent) == 9


def test_half_a_line_waits(store: Store) -> None:
    train(store, 1, 2, 1.0)
    with store.log.path.open("a") as file:
        file.write(json.dumps({"step": 3, "loss": 1.0}))
    store.send()
    assert store.record["sent_step"] == 2
    with store.log.path.open("a") as file:
        file.write("\nnonsense\n[]\n")
    store.send()
    assert store.record["sent_step"] == 3
    assert store.send() is None


def test_without_what_was_kept_everything_is_sent_again(store: Store) -> None:
    train(store, 1, 5, 1.0)
    assert store.send() is None
    store.kept.write_bytes(b"abc")  # damaged
    before = list(store.sent)
    assert store.send() is None
    assert store.sent == before * 2
    assert SentFigures(store.log.path.with_name("none"), store.kept, {}, 0).went_back is None
