from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.errors import ConfigError
from recsys.learning.config import TrainConfig, config_from_json, with_overrides, with_values
from recsys.learning.presets import PRESETS
from recsys.learning.towers import TowerConfig


def test_overrides_reach_both_levels() -> None:
    config = with_overrides(
        TrainConfig(),
        ("learning_rate=1e-4", "augment=no", "batch_scenes = 7", "widths=8,16,32", "score=dot"),
    )
    assert config.learning_rate == 1e-4
    assert config.augment is False
    assert config.batch_scenes == 7
    assert config.tower.widths == (8, 16, 32)
    assert config.score == "dot"
    rest = TrainConfig()
    assert config.tower.depths == rest.tower.depths
    assert config.weight_decay == rest.weight_decay


def test_the_last_override_wins_and_none_changes_nothing() -> None:
    assert with_overrides(TrainConfig(), ("seed=1", "seed=2")).seed == 2
    assert with_overrides(TrainConfig(), ()) == TrainConfig()


@pytest.mark.parametrize(
    ("typo", "meant"),
    [
        ("learning_rat", "learning_rate"),
        ("batchscenes", "batch_scenes"),
        ("embeding_dim", "embedding_dim"),
        ("Seed", "seed"),
    ],
)
def test_an_unknown_key_names_the_nearest(typo: str, meant: str) -> None:
    with pytest.raises(ConfigError, match=f"no configuration key '{typo}'.*'{meant}'"):
        with_overrides(TrainConfig(), (f"{typo}=1",))


@pytest.mark.parametrize("text", ["", "learning_rate", "=3", " = "])
def test_a_text_without_key_and_value_is_an_error(text: str) -> None:
    with pytest.raises(ConfigError, match="--set takes key=value"):
        with_overrides(TrainConfig(), (text,))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("learning_rate=fast", "learning_rate must be a number, not 'fast'"),
        ("learning_rate=nan", "learning_rate must be a number"),
        ("learning_rate=inf", "learning_rate must be a number"),
        ("learning_rate=0", "learning_rate must be above 0"),
        ("learning_rate=11", "at most 10"),
        ("batch_scenes=2.5", "batch_scenes must be a whole number, not '2.5'"),
        ("batch_scenes=0", "batch_scenes must be 1 to 4096"),
        ("batch_scenes=1", "at least 2 scenes a batch"),
        ("products_per_scene=65", "products_per_scene must be 1 to 64"),
        ("augment=maybe", "augment must be true or false, not 'maybe'"),
        ("loss=hinge", "loss must be softmax or triplet, not 'hinge'"),
        ("score=euclid", "score must be cosine or dot"),
        ("schedule=linear", "schedule must be cosine or constant"),
        ("widths=8,x,16", "widths must be whole numbers separated by commas"),
        ("widths=", "widths must be whole numbers separated by commas"),
        ("tau=0", "tau must be 0.1 to 1000"),
        ("warmup_fraction=1", "warmup_fraction must be 0 to below 1"),
        ("ema_decay=1", "ema_decay must be 0 to below 1"),
        ("ema_decay=-0.1", "ema_decay must be 0 to below 1"),
        ("clip_norm=-1", "clip_norm must be 0 to"),
        ("weight_decay=1e7", "weight_decay must be 0 to"),
        ("init_scale=0.5", "init_scale must be 1 to 100"),
        ("seed=-1", "seed must be 0 to 2147483647"),
        ("seed=2147483648", "seed must be 0 to 2147483647"),
        ("loss=triplet", "triplet loss needs towers of kind book"),
        ("stem_px=0", "stem_px must be"),
        ("kind=cnn", "kind must be regions or book"),
        ("tower=1", "no configuration key 'tower'"),
    ],
)
def test_a_wrong_value_is_an_error_that_says_what_is_right(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        with_overrides(TrainConfig(), (text,))


CONFIGS = st.builds(
    TrainConfig,
    tower=st.builds(
        TowerConfig,
        embedding_dim=st.integers(2, 1024),
        widths=st.tuples(*[st.integers(1, 2048)] * 3),
        depths=st.tuples(*[st.integers(0, 5)] * 3),
        scene_height_px=st.integers(1, 64).map(lambda cells: 16 * cells),
    ),
    score=st.sampled_from(["cosine", "dot"]),
    tau=st.floats(0.1, 1000),
    batch_scenes=st.integers(2, 4096),
    learning_rate=st.floats(0, 10, exclude_min=True),
    warmup_fraction=st.floats(0, 1, exclude_max=True),
    schedule=st.sampled_from(["cosine", "constant"]),
    ema_decay=st.floats(0, 1, exclude_max=True),
    margin=st.floats(-5, 5),
    augment=st.booleans(),
    seed=st.integers(0, 2**31 - 1),
)


@given(CONFIGS)
def test_json_gives_back_the_same(config: TrainConfig) -> None:
    text = json.dumps(config.to_json(), allow_nan=False)
    assert config_from_json(json.loads(text)) == config


@pytest.mark.parametrize("name", PRESETS)
def test_json_gives_back_every_preset(name: str) -> None:
    config = PRESETS[name].config
    assert config_from_json(json.loads(json.dumps(config.to_json()))) == config


@given(CONFIGS, st.sampled_from(["learning_rate", "tau", "margin", "seed", "embedding_dim"]))
def test_a_value_as_text_is_the_value(config: TrainConfig, key: str) -> None:
    flat = {**config.to_json(), **config.to_json()["tower"]}
    assert with_overrides(config, (f"{key}={flat[key]!r}",)) == config


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
KEYS = st.sampled_from(sorted({*TrainConfig().to_json(), *TrainConfig().to_json()["tower"]}))


@given(st.dictionaries(KEYS | st.text(max_size=5), JSON, max_size=3) | JSON)
def test_any_json_is_a_configuration_or_a_clear_error(record: Any) -> None:
    try:
        config = config_from_json(record)
    except ConfigError:
        return  # any other exception fails the test
    assert config_from_json(config.to_json()) == config


@pytest.mark.parametrize("value", [10**400, -(10**400), "9" * 5000, [], {}, None])
def test_no_value_escapes_as_another_error(value: Any) -> None:
    for key in ("learning_rate", "batch_scenes", "embedding_dim"):
        with pytest.raises(ConfigError, match=key):
            with_values(TrainConfig(), {key: value})


def test_the_guide_lists_every_key_with_its_default() -> None:
    guide = (Path(__file__).resolve().parents[2] / "docs" / "cli.md").read_text("utf-8")
    for part in (TowerConfig(), TrainConfig()):
        for item in dataclasses.fields(part):
            if item.name == "tower":
                continue
            value = getattr(part, item.name)
            text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
            text = text.lower() if isinstance(value, bool) else text
            assert f"| `{item.name}` | {text} |" in guide
