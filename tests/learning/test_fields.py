from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from recsys.errors import ConfigError
from recsys.learning.config import TrainConfig, with_overrides
from recsys.learning.fields import FormField, as_text, differences, flat_values, form_fields
from recsys.learning.presets import PRESETS
from recsys.learning.towers import TowerConfig

FIELDS = {field.key: field for field in form_fields()}


def test_every_setting_is_described_once() -> None:
    named = [
        item.name
        for part in (TrainConfig, TowerConfig)
        for item in dataclasses.fields(part)
        if item.name != "tower"
    ]
    assert sorted(FIELDS) == sorted(named)
    assert len(form_fields()) == len(named)


@pytest.mark.parametrize("field", form_fields(), ids=lambda field: field.key)
def test_a_field_fits_its_setting(field: FormField) -> None:
    assert field.default == flat_values(TrainConfig())[field.key]
    assert field.label[0].isupper()
    assert field.help[-1].isalnum() or field.help[-1] in ")`"
    text = f"{field.key}={as_text(field.default)}"
    assert with_overrides(TrainConfig(), (text,)) == TrainConfig()
    if field.kind == "choice":
        assert field.default in field.choices
    if field.low is not None and field.high is not None:
        assert field.low <= field.default <= field.high
        for preset in PRESETS.values():
            assert field.low <= flat_values(preset.config)[field.key] <= field.high


_BOUND_TO_OTHERS = {"stem_px", "grid_px"}
"""The sides of the pictures must be multiples of what these make."""


@pytest.mark.parametrize(
    "field",
    [field for field in form_fields() if field.low is not None],
    ids=lambda field: field.key,
)
def test_the_ends_of_a_range_are_allowed(field: FormField) -> None:
    for end in (field.low, field.high):
        assert end is not None
        value = int(end) if field.kind == "whole" else end
        if field.key in _BOUND_TO_OTHERS:
            continue
        assert flat_values(with_overrides(TrainConfig(), (f"{field.key}={value}",)))[
            field.key
        ] == pytest.approx(value)


def test_what_a_field_depends_on_exists() -> None:
    for field in FIELDS.values():
        if field.only is not None:
            key, value = field.only
            assert value in FIELDS[key].choices


def test_the_guide_says_the_same() -> None:
    guide = (Path(__file__).resolve().parents[2] / "docs" / "cli.md").read_text("utf-8")
    for field in FIELDS.values():
        assert f"| `{field.key}` | {as_text(field.default)} | {field.help} |" in guide
    keys = re.findall(r"^\| `(\w+)` \|", guide.split("### Settings for --set")[1].split("##")[0])
    assert not set(keys) - set(FIELDS)


def test_differences_name_what_differs_and_nothing_else() -> None:
    one = TrainConfig()
    other = with_overrides(one, ("tau=5", "widths=8,8,8", "augment=false"))
    assert differences(one, one) == {}
    assert differences(one, other) == {
        "tau": (10.0, 5.0),
        "widths": ((48, 96, 160), (8, 8, 8)),
        "augment": (True, False),
    }
    with pytest.raises(ConfigError):
        with_overrides(one, ("nothing=1",))
