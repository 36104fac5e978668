"""What a run's curves say is going wrong, in plain words. Loads nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from recsys.learning.curves import Series

MIN_STEPS = 100
"""Before so many steps a flat loss is no news: the learning rate is still rising."""
FLAT_CHANGE = 0.02
COLLAPSED_SPREAD = 0.05
CROWDED_SHARE = 0.5
CHANCE_EXCESS = 0.1
PARTED_RISE = 0.1

_NOTHING = Series((), ())


@dataclass(frozen=True)
class Symptom:
    """Something that a person who watches should know.

    Attributes:
        kind: ``flat``, ``collapsed``, ``crowded`` or ``parted``.
        text: what is seen, what it means, and what to try; two or three sentences.
    """

    kind: str
    text: str


def symptoms(curves: Mapping[str, Series], fraction: float) -> list[Symptom]:
    """What the curves of a run show.

    Args:
        curves: by name, as ``recsys.learning.curves`` reads them.
        fraction: part of the budget that is spent, 0–1.
    """
    return [
        *_flat(curves.get("loss", _NOTHING), fraction),
        *_collapsed(curves.get("embedding_spread", _NOTHING)),
        *_crowded(curves.get("largest_share", _NOTHING), curves.get("excess_gini", _NOTHING)),
        *_parted(curves.get("loss", _NOTHING), curves.get("validation_loss", _NOTHING)),
    ]


def _flat(loss: Series, fraction: float) -> Iterator[Symptom]:
    # Late in a schedule the rate is low and a curve that has fallen is flat for good reason, so
    # the end is held against the beginning.
    if not loss.steps or loss.steps[-1] < MIN_STEPS or fraction < 0.1 or len(loss.values) < 20:
        return
    tenth = max(1, len(loss.values) // 10)
    first, last = _mean(loss.values[:tenth]), _mean(loss.values[-2 * tenth :])
    if first > 0 and last > first * (1 - FLAT_CHANGE):
        rises = last > first * (1 + FLAT_CHANGE)
        how = "has risen since the start" if rises else "has hardly moved since the start"
        yield Symptom(
            "flat",
            f"The loss {how} ({first:.3g} then, {last:.3g} now). "
            "Nothing is being learnt: a lower learning rate may help where it jumps about, a "
            "higher one where it lies still.",
        )


def _collapsed(spread: Series) -> Iterator[Symptom]:
    if spread.last is not None and spread.last < COLLAPSED_SPREAD:
        yield Symptom(
            "collapsed",
            "The embeddings have collapsed: nearly all products have the same vector, so next to "
            "nothing decides which of them a look gets. Where it stays so, start again with a "
            "lower learning rate.",
        )


def _crowded(share: Series, excess: Series) -> Iterator[Symptom]:
    # Among few products every list shows most of them, whatever the model: chance says so.
    is_chance = excess.last is not None and excess.last < CHANCE_EXCESS
    if share.last is not None and share.last >= CROWDED_SHARE and not is_chance:
        yield Symptom(
            "crowded",
            f"One product crowds the lists: it is shown for {share.last:.0%} of the validation "
            "looks. Early on that passes; where it stays, look at the popular items' page "
            "before putting this model live.",
        )


def _parted(loss: Series, held_out: Series) -> Iterator[Symptom]:
    if len(held_out.values) < 3 or held_out.steps[-1] < MIN_STEPS:
        return
    best = min(range(len(held_out.values)), key=held_out.values.__getitem__)
    rise = held_out.values[-1] - held_out.values[best]
    if best == len(held_out.values) - 1 or rise < PARTED_RISE * abs(held_out.values[best]):
        return
    before = [
        value
        for step, value in zip(loss.steps, loss.values, strict=True)
        if step <= held_out.steps[best]
    ]
    few = max(1, len(loss.values) // 10)
    if before and _mean(loss.values[-few:]) < _mean(tuple(before[-few:])):
        yield Symptom(
            "parted",
            f"Training and validation part: since step {held_out.steps[best]:,} the loss on "
            "unseen looks rises while that on training looks falls. The model is learning its "
            "looks by heart: stop here, or try more regularisation, augmentation or data.",
        )


def _mean(values: tuple[float, ...]) -> float:
    return sum(values) / len(values)
