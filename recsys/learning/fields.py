"""What each setting means to a person: the forms and the guide are made from this.

Types, defaults and the check of values are the dataclasses' own; here stands what they cannot
say. A test holds that every setting is described, and that the guide says the same.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from recsys.learning.config import TrainConfig
from recsys.learning.towers import TowerConfig

Kind = Literal["choice", "switch", "whole", "number", "wholes"]


@dataclass(frozen=True)
class FormField:
    """One setting as a form shows it.

    Attributes:
        key: as ``--set`` takes it.
        label: short, for people.
        group: ``essentials``, ``pictures``, ``towers``, ``optimiser`` or ``loss``.
        kind: which control fits: one of ``choices``, on or off, a whole number, a number,
            or whole numbers separated by commas.
        default: of the default preset.
        unit: of the value, empty where it has none.
        low, high: the range that makes sense, None where there is no bound; the configuration
            itself may allow more.
        is_logarithmic: whether tenfold steps suit it better than equal ones.
        help: one sentence.
        only: ``(key, value)`` of another setting that this one needs to matter, or None.
    """

    key: str
    label: str
    group: str
    kind: Kind
    default: Any
    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    is_logarithmic: bool = False
    choices: tuple[str, ...] = ()
    only: tuple[str, str] | None = None


@dataclass(frozen=True)
class _Said:
    label: str
    group: str
    help: str
    unit: str = ""
    range: tuple[float, float] | None = None
    is_logarithmic: bool = False
    only: tuple[str, str] | None = None


_SAID: dict[str, _Said] = {
    "loss": _Said(
        "Loss",
        "essentials",
        "`softmax` sets each look's products against all others of the step, both ways; "
        "`triplet`, the book's, against one at a time",
    ),
    "learning_rate": _Said(
        "Learning rate",
        "essentials",
        "how far a step goes, at its peak; too high and the loss explodes, too low and it crawls",
        range=(1e-5, 1e-1),
        is_logarithmic=True,
    ),
    "weight_decay": _Said(
        "Weight decay",
        "essentials",
        "regularisation: pulls the weights (kernels only) towards zero, against learning by heart",
        range=(0, 1),
        is_logarithmic=True,
    ),
    "embedding_dim": _Said(
        "Embedding size",
        "essentials",
        "numbers in a vector: more can tell more apart, and take more memory",
        "numbers",
        (8, 512),
        is_logarithmic=True,
    ),
    "batch_scenes": _Said(
        "Looks a step",
        "essentials",
        "looks (with triplet: pairs) a step learns from; more give more products to tell apart, "
        "and slower steps",
        "looks",
        (2, 256),
        is_logarithmic=True,
    ),
    "seed": _Said("Seed", "essentials", "of the first weights, the order and the augmentation"),
    "scene_height_px": _Said(
        "Look height", "pictures", "height that looks are fitted into", "px", (32, 512)
    ),
    "scene_width_px": _Said(
        "Look width", "pictures", "width that looks are fitted into", "px", (32, 512)
    ),
    "product_size_px": _Said(
        "Product size", "pictures", "side that products are fitted into", "px", (32, 256)
    ),
    "augment": _Said(
        "Augmentation", "pictures", "flip, scale and shift pictures, so that each is seen anew"
    ),
    "kind": _Said(
        "Towers",
        "towers",
        "`regions` (one shared trunk, a vector for each region of a look) or `book` (two separate "
        "towers, one vector)",
    ),
    "widths": _Said("Channels", "towers", "channels of each stage, separated by commas"),
    "depths": _Said(
        "Blocks",
        "towers",
        "residual blocks in each stage, separated by commas",
        only=("kind", "regions"),
    ),
    "stem_px": _Said(
        "Stem",
        "towers",
        "side of the first layer's patches",
        "px",
        (1, 64),
        only=("kind", "regions"),
    ),
    "grid_px": _Said(
        "Region size",
        "towers",
        "side of a region of the look; smaller ones find small things and crowd the lists more",
        "px",
        (8, 512),
        only=("kind", "regions"),
    ),
    "score": _Said(
        "Ranking", "towers", "how the model ranks: `cosine` (direction alone) or `dot` (length too)"
    ),
    "tau": _Said(
        "Sharpness over regions",
        "towers",
        "how much the best region counts beside the others; 1000 is the best alone",
        range=(0.1, 1000),
        is_logarithmic=True,
        only=("kind", "regions"),
    ),
    "schedule": _Said(
        "Schedule",
        "optimiser",
        "`cosine` lowers the learning rate to 1 % at the end; `constant` keeps it",
    ),
    "warmup_fraction": _Said(
        "Warm-up",
        "optimiser",
        "part of the budget in which the learning rate rises from 0",
        "of the budget",
        (0, 0.5),
    ),
    "clip_norm": _Said(
        "Gradient limit",
        "optimiser",
        "largest gradient norm, longer ones are shortened; 0 is no limit",
        range=(0, 100),
    ),
    "ema_decay": _Said(
        "Averaging",
        "optimiser",
        "the finished model is a moving average of the weights; 0 is the last weights themselves",
        range=(0, 0.9999),
    ),
    "products_per_scene": _Said(
        "Products a look",
        "loss",
        "products drawn for each look of a step",
        "products",
        (1, 64),
        only=("loss", "softmax"),
    ),
    "box_weight": _Said(
        "Weight of the box view",
        "loss",
        "how much the regions inside a product's box count as a look of their own",
        range=(0, 10),
        only=("kind", "regions"),
    ),
    "crop_weight": _Said(
        "Weight of the crop view",
        "loss",
        "how much the box cut out of the photo counts as a look of its own; slower steps",
        range=(0, 10),
        only=("kind", "regions"),
    ),
    "init_scale": _Said(
        "First temperature",
        "loss",
        "first value of the learnt factor on cosines",
        range=(1, 100),
        only=("loss", "softmax"),
    ),
    "margin": _Said(
        "Margin",
        "loss",
        "of the triplet loss: how far a right product must be ahead of a wrong one",
        range=(0, 10),
        only=("loss", "triplet"),
    ),
    "norm_penalty": _Said(
        "Length penalty",
        "loss",
        "of the triplet loss: regularisation of vectors longer than 1",
        range=(0, 10),
        only=("loss", "triplet"),
    ),
    "fixed_negatives": _Said(
        "The book's negatives",
        "loss",
        "one random wrong product for each pair, drawn once from all products, right ones and "
        "test ones included",
        only=("loss", "triplet"),
    ),
    "discard_statistics": _Said(
        "The book's lost statistics",
        "loss",
        "throw the running batch statistics away, so that the model is exported with its first "
        "ones",
        only=("kind", "book"),
    ),
}

GROUPS = {
    "essentials": "Essentials",
    "pictures": "Pictures",
    "towers": "Towers",
    "optimiser": "Optimiser",
    "loss": "Loss in detail",
}


def form_fields() -> list[FormField]:
    """Every setting, the essential ones first; the order within a group is the forms' order."""
    hints = {**get_type_hints(TrainConfig), **get_type_hints(TowerConfig)}
    defaults = {**_values(TrainConfig()), **_values(TowerConfig())}
    return [
        FormField(
            key=key,
            label=said.label,
            group=said.group,
            kind=_kind(hints[key]),
            default=defaults[key],
            help=said.help,
            unit=said.unit,
            low=said.range[0] if said.range else None,
            high=said.range[1] if said.range else None,
            is_logarithmic=said.is_logarithmic,
            choices=get_args(hints[key]) if get_origin(hints[key]) is Literal else (),
            only=said.only,
        )
        for group in GROUPS
        for key, said in _SAID.items()
        if said.group == group
    ]


def flat_values(config: TrainConfig) -> dict[str, Any]:
    """Every setting of a configuration by its key, those of the towers included."""
    return {**_values(config), **_values(config.tower)}


def differences(config: TrainConfig, other: TrainConfig) -> dict[str, tuple[Any, Any]]:
    """The settings in which two configurations differ, by key, as ``(value, other's value)``."""
    mine, theirs = flat_values(config), flat_values(other)
    return {key: (mine[key], theirs[key]) for key in mine if mine[key] != theirs[key]}


def as_text(value: Any) -> str:
    """A setting's value as ``--set`` takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _values(part: TrainConfig | TowerConfig) -> dict[str, Any]:
    names = (item.name for item in dataclasses.fields(part))
    return {name: getattr(part, name) for name in names if name != "tower"}


def _kind(hint: Any) -> Kind:
    if get_origin(hint) is Literal:
        return "choice"
    kinds: dict[Any, Kind] = {bool: "switch", int: "whole", float: "number"}
    return kinds.get(hint, "wholes")
