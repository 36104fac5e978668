from __future__ import annotations

import pytest

from recsys.learning.cautions import cautions
from recsys.learning.config import with_overrides
from recsys.learning.fields import flat_values
from recsys.learning.presets import PRESETS


def about(preset: str, *overrides: str, steps: int | None = None) -> set[str]:
    """The settings that cautions are about, joined by commas."""
    config = with_overrides(PRESETS[preset].config, overrides)
    return {",".join(caution.keys) for caution in cautions(config, steps)}


@pytest.mark.parametrize("preset", ["regions", "book-fixed"])
def test_what_works_is_let_be(preset: str) -> None:
    assert about(preset, steps=PRESETS[preset].steps) == set()


def test_the_books_recipe_is_told_its_mistakes() -> None:
    assert about("book") == {"discard_statistics", "fixed_negatives"}


@pytest.mark.parametrize(
    ("preset", "overrides", "keys"),
    [
        ("regions", ("score=dot",), "loss,score"),
        ("regions", ("learning_rate=0.05",), "learning_rate"),
        ("regions", ("learning_rate=0.015", "clip_norm=0"), "clip_norm,learning_rate"),
        ("regions", ("batch_scenes=4",), "batch_scenes"),
        ("regions", ("weight_decay=0.9",), "weight_decay"),
        ("regions", ("schedule=constant", "ema_decay=0"), "schedule,ema_decay"),
        ("regions", ("grid_px=240",), "grid_px"),
        ("regions", ("crop_weight=0.5",), "crop_weight"),
        ("regions", ("embedding_dim=8",), "embedding_dim"),
        ("book-fixed", ("norm_penalty=0",), "norm_penalty,score"),
        ("book-fixed", ("margin=0",), "margin"),
        ("book-fixed", ("learning_rate=0.001",), "learning_rate"),
    ],
)
def test_each_is_told_alone(preset: str, overrides: tuple[str, ...], keys: str) -> None:
    assert about(preset, *overrides) == {keys}


def test_a_budget_can_be_too_small() -> None:
    assert about("regions", steps=100) == {"steps"}
    assert about("regions", "ema_decay=0.999", steps=1000) == {"ema_decay,steps"}
    assert about("regions", "ema_decay=0.999", steps=10_000) == set()


def test_a_caution_is_a_sentence_about_settings_that_exist() -> None:
    keys = {*flat_values(PRESETS["regions"].config), "steps"}
    for preset in PRESETS.values():
        for caution in cautions(preset.config, 10):
            assert set(caution.keys) <= keys
            assert caution.text.endswith(".")
            assert caution.text[0].isupper()
