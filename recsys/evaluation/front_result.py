"""What every cure costs, as a record: plain JSON, and back from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from math import isfinite
from typing import Any

from recsys.evaluation.audit_setting import Setting
from recsys.serving.spelling import parse_scoring


@dataclass(frozen=True)
class Value:
    """A figure with its 95 % interval over scenes; None without data."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """Who is shown, in figures of ``recsys.evaluation.audit_words.FIGURES``."""

    excess_gini: float | None
    gini: float | None
    coverage: float | None
    effective_catalogue: float | None
    top_share: float | None
    largest_share: float | None
    never_shown: float | None


@dataclass(frozen=True, kw_only=True)
class FrontPoint(Exposure):
    """One cure at one strength; exposure is of the lists of all validation scenes.

    Attributes:
        scoring: as ``--correction`` takes it; ``model`` is the model's own score.
        diversity, cap: see ``Setting``.
        servable: whether the shop can serve it.
        suspect: its recall may be an artefact of the data, so it is not recommended; see
            ``frequency_is_a_hint``.
        recall: recall@k over unseen validation scenes.
        gain: the same less the model's own, paired.
    """

    scoring: str
    diversity: float
    cap: float | None
    servable: bool
    suspect: bool
    recall: Value
    gain: Value

    def setting(self, k: int) -> Setting:
        """What to ask an ``Auditor`` for to see its wall, over all scenes."""
        scoring = parse_scoring(self.scoring)
        correction = None if isinstance(scoring, str) else scoring
        return Setting(correction, self.diversity, self.cap, k)


@dataclass(frozen=True, kw_only=True)
class ByChance(Exposure):
    """What lists drawn at random have over the same scenes; None without data."""

    recall: float | None


@dataclass(frozen=True)
class Front:
    """Every cure's price.

    Attributes:
        model, model_fingerprint, data, data_fingerprint: what it is of.
        created: ISO 8601, UTC.
        k: length of the lists.
        scenes, unseen_scenes, products: validation scenes with lists, those of them that say
            how good lists are, and P.
        by_chance: the same figures of random lists.
        points: the model's own score first.
        recommended: which point to serve: of those that can be and are not suspect, the lowest
            excess Gini whose recall is within 1 % of the best of them; None without recall.
        notes: what to bear in mind, one sentence each.
    """

    model: str
    model_fingerprint: str
    data: str
    data_fingerprint: str
    created: str
    k: int
    scenes: int
    unseen_scenes: int
    products: int
    by_chance: ByChance
    points: tuple[FrontPoint, ...]
    recommended: int | None
    notes: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        points = [asdict(point) for point in self.points]
        return {**asdict(self), "points": points, "notes": list(self.notes)}


def read_front(content: dict[str, Any]) -> Front:
    """The front of a record.

    Raises ValueError, RequestError, or what a missing or strange part raises.
    """
    points = [_point(record) for record in content["points"]]
    values = {field.name: content[field.name] for field in fields(Front)}
    notes = tuple(str(note) for note in values["notes"])
    by_chance = ByChance(**values["by_chance"])
    _finite(asdict(by_chance).values())
    front = Front(**{**values, "by_chance": by_chance, "points": tuple(points), "notes": notes})
    if front.recommended is not None and not 0 <= front.recommended < len(points):
        raise ValueError("recommended")
    return front


def _point(record: dict[str, Any]) -> FrontPoint:
    values = {field.name: record[field.name] for field in fields(FrontPoint)}
    for name in ("recall", "gain"):
        values[name] = Value(**values[name])
    point = FrontPoint(**values)
    point.setting(10)  # raises for a correction or a cap that means nothing
    _finite([*asdict(point.recall).values(), *asdict(point.gain).values(), point.excess_gini])
    return point


def _finite(numbers: Iterable[float | None]) -> None:
    if not all(number is None or isfinite(number) for number in numbers):
        raise ValueError("figures")
