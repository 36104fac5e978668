"""Combinations of settings that are known to go badly, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from recsys.learning.config import TrainConfig

_FEW_STEPS = 200
_SMALL_BATCH = 12
_FAST = {"softmax": 2e-2, "triplet": 1e-3}
_FAST_UNCLIPPED = 1e-2


@dataclass(frozen=True)
class Caution:
    """Something about a configuration that a person should know before it costs an afternoon.

    Attributes:
        keys: the settings that it is about; a form may show it beside them.
        text: what goes badly and why, a sentence or two.
    """

    keys: tuple[str, ...]
    text: str


def cautions(config: TrainConfig, steps: int | None = None) -> list[Caution]:
    """What is known to go badly with a configuration; empty where nothing is.

    Args:
        steps: the budget where it is one of steps.
    """
    return [*_known_mistakes(config), *_optimiser(config), *_model(config), *_budget(config, steps)]


def _known_mistakes(config: TrainConfig) -> Iterator[Caution]:
    if config.discard_statistics and config.tower.kind == "book":
        yield Caution(
            ("discard_statistics",),
            "The batch statistics are thrown away, so the model is exported with those it began "
            "with and ranks little better than chance. It is here to be looked at, not to be used.",
        )
    if config.fixed_negatives and config.loss == "triplet":
        yield Caution(
            ("fixed_negatives",),
            "The wrong products are drawn once from all products: some of them are right ones, "
            "and products of the test part are learnt from.",
        )
    if config.loss == "softmax" and config.score == "dot":
        yield Caution(
            ("loss", "score"),
            "The softmax loss learns directions alone. Ranked by dot product the lengths, which "
            "nothing has trained, push a few products into many lists.",
        )
    if config.loss == "triplet" and config.score == "dot" and config.norm_penalty == 0:
        yield Caution(
            ("norm_penalty", "score"),
            "Without a length penalty the triplet loss falls by making vectors longer, and long "
            "vectors crowd the lists.",
        )
    if config.loss == "triplet" and config.margin == 0:
        yield Caution(
            ("margin",), "With a margin of 0 the loss is already 0 when all vectors are the same."
        )


def _optimiser(config: TrainConfig) -> Iterator[Caution]:
    if config.learning_rate >= _FAST[config.loss]:
        yield Caution(
            ("learning_rate",),
            f"A learning rate of {_FAST[config.loss]:g} or more is high for the {config.loss} "
            "loss: the loss may explode, or the vectors may all become the same.",
        )
    elif (
        config.loss == "softmax"
        and config.clip_norm == 0
        and config.learning_rate >= _FAST_UNCLIPPED
    ):
        yield Caution(
            ("clip_norm", "learning_rate"),
            "A high learning rate without a gradient limit: one bad step can undo the rest.",
        )
    if config.loss == "softmax" and config.batch_scenes < _SMALL_BATCH:
        yield Caution(
            ("batch_scenes",),
            f"With fewer than {_SMALL_BATCH} looks a step there are few products to tell apart, "
            "and the task is too easy to teach much.",
        )
    if config.weight_decay > 0.5:
        yield Caution(
            ("weight_decay",), "Weight decay above 0.5 holds the weights so small that little fits."
        )
    if config.schedule == "constant" and config.ema_decay == 0 and config.loss == "softmax":
        yield Caution(
            ("schedule", "ema_decay"),
            "A constant learning rate without averaging: the model is whatever the last, still "
            "large, step left.",
        )


def _model(config: TrainConfig) -> Iterator[Caution]:
    tower = config.tower
    if tower.kind == "regions" and tower.regions == 1:
        yield Caution(
            ("grid_px",),
            "One region covers the whole look, so the model cannot say where in it a product is "
            "and small things are lost among large ones.",
        )
    if config.crop_weight > 0:
        yield Caution(
            ("crop_weight",),
            "The crop view makes steps slower; beside the box view it has shown no gain here.",
        )
    if tower.embedding_dim < 16:
        yield Caution(
            ("embedding_dim",),
            "Vectors of fewer than 16 numbers have little room, and near a few of them many looks "
            "meet the same products.",
        )


def _budget(config: TrainConfig, steps: int | None) -> Iterator[Caution]:
    if steps is None:
        return
    if steps < _FEW_STEPS:
        yield Caution(
            ("steps",),
            f"A budget of {steps:,} steps shows that it runs; taste takes longer to learn.",
        )
    elif config.ema_decay > 0 and steps * (1 - config.ema_decay) < 5:
        yield Caution(
            ("ema_decay", "steps"),
            f"The average reaches back about {1 / (1 - config.ema_decay):,.0f} steps; with a "
            f"budget of {steps:,} it still holds much of the untrained start.",
        )
