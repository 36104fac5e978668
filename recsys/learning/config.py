"""What a training run is told: one frozen dataclass, overridable key by key."""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin, get_type_hints

from recsys.errors import ConfigError
from recsys.learning.towers import TowerConfig


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides the outcome of a run beside the data and the number of steps.

    Attributes:
        tower: shape of the towers.
        loss: ``softmax`` (in-batch, both ways) or ``triplet`` (the book's).
        score: how the finished model ranks: ``cosine`` or ``dot``.
        tau: sharpness of the soft maximum over regions.
        batch_scenes: scenes a step (``softmax``) or pairs a step (``triplet``).
        products_per_scene: products drawn for each scene of a step (``softmax``).
        learning_rate: at its peak.
        warmup_fraction: part of the budget in which the learning rate rises from 0.
        schedule: ``cosine`` falls to 1 % at the end of the budget; ``constant`` stays.
        weight_decay: on kernels only, decoupled (AdamW).
        clip_norm: largest norm of a step's gradient; 0 switches clipping off.
        ema_decay: the exported weights are a moving average of the trained ones; 0 is none.
        box_weight: weight of the box view (the part of the scene inside the product's box
            against all products of the batch).
        crop_weight: weight of the crop view (the box ± 20 % cut out of the photo).
        augment: flip, scale and shift pictures.
        margin, norm_penalty: of the triplet loss.
        fixed_negatives: the book's way, one random row for each pair, drawn once from all rows;
            otherwise a fresh training product that is not a known positive, every time.
        discard_statistics: the book's mistake of exporting the initial batch statistics.
        init_scale: first value of the learnt factor on cosines.
        seed: of weights, order and augmentation.
    """

    tower: TowerConfig = field(default_factory=TowerConfig)
    loss: Literal["softmax", "triplet"] = "softmax"
    score: Literal["cosine", "dot"] = "cosine"
    tau: float = 10.0
    batch_scenes: int = 24
    products_per_scene: int = 5
    learning_rate: float = 4e-3
    warmup_fraction: float = 0.1
    schedule: Literal["cosine", "constant"] = "cosine"
    weight_decay: float = 0.05
    clip_norm: float = 1.0
    ema_decay: float = 0.98
    box_weight: float = 0.5
    crop_weight: float = 0.0
    augment: bool = True
    margin: float = 1.0
    norm_penalty: float = 0.1
    fixed_negatives: bool = False
    discard_statistics: bool = False
    init_scale: float = 14.0
    seed: int = 0

    def __post_init__(self) -> None:
        _require(self.loss in ("softmax", "triplet"), "loss must be softmax or triplet")
        _require(self.score in ("cosine", "dot"), "score must be cosine or dot")
        _require(self.schedule in ("cosine", "constant"), "schedule must be cosine or constant")
        _require(0.1 <= self.tau <= 1000, "tau must be 0.1 to 1000")
        _require(1 <= self.batch_scenes <= 4096, "batch_scenes must be 1 to 4096")
        _require(1 <= self.products_per_scene <= 64, "products_per_scene must be 1 to 64")
        _require(0 < self.learning_rate <= 10, "learning_rate must be above 0 and at most 10")
        _require(0 <= self.warmup_fraction < 1, "warmup_fraction must be 0 to below 1")
        _require(0 <= self.ema_decay < 1, "ema_decay must be 0 to below 1")
        _require(1 <= self.init_scale <= 100, "init_scale must be 1 to 100")
        _require(0 <= self.seed < 2**31, "seed must be 0 to 2147483647")
        for name in ("weight_decay", "clip_norm", "box_weight", "crop_weight", "norm_penalty"):
            value = getattr(self, name)
            _require(0 <= value <= 1e6, f"{name} must be 0 to 1000000")
        if self.loss == "triplet" and self.tower.kind == "regions":
            raise ConfigError("the triplet loss needs towers of kind book", "Use loss=softmax")
        if self.loss == "softmax" and self.batch_scenes < 2:
            raise ConfigError("in-batch softmax needs at least 2 scenes a batch")

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary that ``config_from_json`` takes back."""
        record: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self)))
        return record


def config_from_json(record: dict[str, Any]) -> TrainConfig:
    """The inverse of ``to_json``. Raises ConfigError for unknown or ill-typed keys."""
    if not isinstance(record, dict) or not isinstance(record.get("tower", {}), dict):
        raise ConfigError("a training configuration must be an object with an object 'tower'")
    flat = {key: value for key, value in record.items() if key != "tower"}
    flat.update(record.get("tower", {}))
    return with_values(TrainConfig(), flat)


def with_overrides(config: TrainConfig, overrides: tuple[str, ...]) -> TrainConfig:
    """A configuration with ``key=value`` texts applied, tower keys included.

    Raises ConfigError for a text without ``=``, an unknown key (naming the nearest known one)
    and a value of the wrong type or range.
    """
    values: dict[str, Any] = {}
    for text in overrides:
        key, separator, value = text.partition("=")
        if not separator or not key.strip():
            raise ConfigError(f"--set takes key=value, not {text[:80]!r}")
        values[key.strip()] = value.strip()
    return with_values(config, values)


def with_values(config: TrainConfig, values: dict[str, Any]) -> TrainConfig:
    """A configuration with values replaced; texts are parsed by the field's type."""
    hints = {**get_type_hints(TrainConfig), **get_type_hints(TowerConfig)}
    del hints["tower"]
    tower_fields = {item.name for item in dataclasses.fields(TowerConfig)}
    top: dict[str, Any] = {}
    tower: dict[str, Any] = {}
    for key, value in values.items():
        if key not in hints:
            near = difflib.get_close_matches(key, hints, n=1, cutoff=0.0)
            raise ConfigError(
                f"no configuration key {key[:80]!r}",
                f"The nearest is {near[0]!r}; docs/cli.md lists them all",
            )
        (tower if key in tower_fields else top)[key] = _parse(key, value, hints[key])
    if tower:
        top["tower"] = dataclasses.replace(config.tower, **tower)
    return dataclasses.replace(config, **top)


def _parse(key: str, value: Any, hint: Any) -> Any:
    if get_origin(hint) is Literal:
        if value in get_args(hint):
            return value
        choices = " or ".join(map(str, get_args(hint)))
        raise ConfigError(f"{key} must be {choices}, not {str(value)[:80]!r}")
    try:
        if hint is bool:
            return _BOOLEANS[str(value).lower()]
        if hint is int:
            if isinstance(value, float) and not value.is_integer():
                raise ValueError
            return int(value)
        if hint is float:
            number = float(value)
            if not math.isfinite(number):
                raise ValueError
            return number
        parts = value.split(",") if isinstance(value, str) else value
        return tuple(int(part) for part in parts)
    except (ValueError, KeyError, TypeError, OverflowError):
        kind = {bool: "true or false", int: "a whole number", float: "a number"}.get(
            hint, "whole numbers separated by commas"
        )
        raise ConfigError(f"{key} must be {kind}, not {str(value)[:80]!r}") from None


_BOOLEANS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ConfigError(message)
