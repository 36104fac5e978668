"""The loss on validation scenes: over batches as hard as training's, counting only their own."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from recsys.learning.batches import TrainingData, make_batches
from recsys.learning.config import TrainConfig
from recsys.learning.held_out import MAX_BATCHES, HeldOut
from recsys.learning.steps import State, Trainer
from tests.learning.tiny import labelled_data, tiny, tiny_book

SMALL = tiny("stem_px=16", "widths=8", "depths=0", "augment=false", "batch_scenes=4")
BOOK = tiny_book("widths=4", preset="book-fixed")
SCENES, PRODUCTS = 40, 30


def part(config: TrainConfig, scenes: range) -> TrainingData:
    """Scene s goes with the products s and s + 1 (all 30 of them in turn)."""
    pairs = {scene: [scene % PRODUCTS, (scene + 1) % PRODUCTS] for scene in scenes}
    return labelled_data(config, pairs, scenes=SCENES, products=PRODUCTS)


class Recorder:
    """A trainer whose loss is of no account: it keeps the batches."""

    def __init__(self, losses: list[float]) -> None:
        self.batches: list[Any] = []
        self.losses = iter(losses)

    def evaluation_loss(self, state: State, batch: Any) -> Any:
        self.batches.append(batch)
        return jnp.float32(next(self.losses))


def test_without_validation_scenes_there_is_none() -> None:
    held_out = HeldOut(part(SMALL, range(0)), part(SMALL, range(10)), SMALL)
    assert held_out.loss(Recorder([]), None) is None  # type: ignore[arg-type]


def test_batches_are_of_trainings_size_and_filled_with_training_scenes() -> None:
    training, data = part(SMALL, range(10)), part(SMALL, range(20, 26))
    recorder = Recorder([1.0, 4.0])
    loss = HeldOut(data, training, SMALL).loss(recorder, None)  # type: ignore[arg-type]
    assert loss == pytest.approx((4 * 1.0 + 2 * 4.0) / 6)  # by how many scenes each holds
    full, filled = recorder.batches
    wanted = next(make_batches(training, SMALL))
    for batch in (full, filled):
        assert {name: value.shape for name, value in batch.items()} == {
            name: value.shape for name, value in wanted.items()
        }
    rows = [sorted(int(scene[0, 0, 0]) for scene in batch["scenes"]) for batch in (full, filled)]
    assert set(rows[0]) <= set(range(20, 26))
    assert len([row for row in rows[1] if row >= 20]) == 2
    assert len([row for row in rows[1] if row < 10]) == 2
    counted = filled["weight"] > 0.5
    assert set(filled["own"][counted]) == {
        place for place, scene in enumerate(filled["scenes"]) if scene[0, 0, 0] >= 20
    }


def test_more_scenes_than_need_be_are_left_out() -> None:
    recorder = Recorder([1.0] * 99)
    HeldOut(part(SMALL, range(4, 40)), part(SMALL, range(4)), SMALL).loss(recorder, None)  # type: ignore[arg-type]
    assert len(recorder.batches) == MAX_BATCHES


@pytest.mark.parametrize("config", [SMALL, BOOK], ids=["softmax", "triplet"])
def test_of_the_very_scenes_of_a_batch_it_is_that_batchs_loss(config: TrainConfig) -> None:
    """By hand: one batch of validation scenes alone, scored by the loss that training uses."""
    trainer = Trainer(config)
    state = trainer.initial_state()
    training, data = part(config, range(10)), part(config, range(20, 24))
    recorder = Recorder([0.0] * 9)
    held_out = HeldOut(data, training, config)
    held_out.loss(recorder, state)  # type: ignore[arg-type]
    found = held_out.loss(trainer, state)
    assert found is not None
    towers = trainer._towers(state.average, state.statistics)
    towers.eval()
    by_hand = [float(trainer._loss(towers, state.average, batch)) for batch in recorder.batches]
    assert found == pytest.approx(np.mean(by_hand), rel=1e-5)


def test_what_fills_up_makes_the_task_harder_but_is_not_judged() -> None:
    """The same two scenes among more wrong answers: a larger loss, wherever the filling lies."""
    trainer = Trainer(SMALL)
    state = trainer.initial_state()
    data = part(SMALL, range(20, 22))
    alone = dataclasses.replace(SMALL, batch_scenes=2)
    few = HeldOut(data, part(alone, range(2)), alone).loss(Trainer(alone), state)
    many = HeldOut(data, part(SMALL, range(10)), SMALL).loss(trainer, state)
    assert few is not None
    assert many is not None
    assert many > few + 0.1


def test_wrong_products_of_the_triplet_loss_are_wrong() -> None:
    recorder = Recorder([1.0] * 9)
    data = part(BOOK, range(20, 27))
    HeldOut(data, part(BOOK, range(19)), BOOK).loss(recorder, None)  # type: ignore[arg-type]
    assert len(recorder.batches) == 4  # 14 pairs, 4 a batch
    for batch in recorder.batches:
        scenes = batch["scenes"][:, 0, 0, 0].astype(int)
        wrong = batch["negatives"][:, 0, 0, 0].astype(int) - 100
        right = batch["positives"][:, 0, 0, 0].astype(int) - 100
        for scene, bad, good in zip(scenes, wrong, right, strict=True):
            assert good in (scene % PRODUCTS, (scene + 1) % PRODUCTS)
            assert bad not in (scene % PRODUCTS, (scene + 1) % PRODUCTS)


def test_measuring_changes_nothing() -> None:
    trainer = Trainer(SMALL)
    state = trainer.initial_state()
    held_out = HeldOut(part(SMALL, range(20, 26)), part(SMALL, range(10)), SMALL)
    first = held_out.loss(trainer, state)
    assert first == held_out.loss(trainer, state)
    again = HeldOut(part(SMALL, range(20, 26)), part(SMALL, range(10)), SMALL)
    assert again.loss(trainer, state) == first
