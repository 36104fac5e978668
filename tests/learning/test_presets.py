from __future__ import annotations

import dataclasses
from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
import pytest

from recsys.errors import ConfigError
from recsys.learning.config import TrainConfig, with_overrides
from recsys.learning.presets import DEFAULT_PRESET, PRESETS, Preset, preset_named
from recsys.learning.steps import Trainer
from tests.learning.tiny import BOOK_OVERRIDES, OVERRIDES, random_batch

presets = pytest.mark.parametrize("preset", [pytest.param(p, id=p.name) for p in PRESETS.values()])


@presets
class TestEveryPreset:
    def test_takes_a_step(
        self, preset: Preset, trainer_of: Callable[[TrainConfig], Trainer]
    ) -> None:
        overrides = BOOK_OVERRIDES if preset.config.tower.kind == "book" else OVERRIDES
        config = with_overrides(preset.config, overrides)
        trainer = trainer_of(config)
        before = np.asarray(trainer.initial_state().params["log_scale"])
        state, figures = trainer.step(
            trainer.initial_state(), random_batch(config), jnp.float32(0.01)
        )
        assert np.isfinite(float(figures["loss"]))
        assert float(figures["gradient_norm"]) > 0
        assert int(state.step) == 1
        learns_scale = not np.array_equal(np.asarray(state.params["log_scale"]), before)
        assert learns_scale == (config.loss == "softmax")

    def test_says_what_it_is_costs_and_gives(self, preset: Preset) -> None:
        assert preset.summary
        assert preset.steps > 0
        assert preset.command == f"python -m recsys train --data NAME --preset {preset.name}"
        assert preset.cost, "measure how long it takes"
        assert preset.result, "measure what it gives"


def test_names_are_keys() -> None:
    assert all(name == preset.name for name, preset in PRESETS.items())
    assert preset_named(DEFAULT_PRESET) is PRESETS[DEFAULT_PRESET]


@pytest.mark.parametrize(("typo", "meant"), [("boook", "book"), ("book_fixed", "book-fixed")])
def test_an_unknown_name_names_the_nearest(typo: str, meant: str) -> None:
    with pytest.raises(ConfigError, match=f"no preset '{typo}'.*'{meant}'"):
        preset_named(typo)


def test_the_fixed_book_differs_from_the_book_in_its_defects_alone() -> None:
    book, fixed = PRESETS["book"].config, PRESETS["book-fixed"].config
    mended = dataclasses.replace(book, fixed_negatives=False, discard_statistics=False)
    assert fixed == mended
    assert book.fixed_negatives
    assert book.discard_statistics
