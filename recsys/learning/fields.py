"""What each setting means to a person: the forms and the guide are made from this.

Types, defaults and the check of values are the dataclasses' own; here stands what they cannot
say. A test holds that every setting is described, and that the guide says the same.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from recsys.learning.config import TrainConfig
from recsys.learning.setting_words import SETTINGS
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
        for key, said in SETTINGS.items()
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
