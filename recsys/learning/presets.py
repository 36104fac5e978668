"""Named configurations: what each is, the command that runs it, what it costs, what it gives."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from recsys.errors import ConfigError
from recsys.learning.config import TrainConfig
from recsys.learning.towers import TowerConfig


@dataclass(frozen=True)
class Preset:
    """A configuration with a name.

    Attributes:
        summary: what it is, in one line.
        steps: how long it runs where neither steps nor minutes are given.
        cost: measured time on two CPU cores.
        result: measured after that time, one run, on 212 street looks and 1,044 products that no
            run saw (``benchmarks/recipes.py``; chance is recall@10 0.010 and AUC 0.500).
    """

    name: str
    summary: str
    config: TrainConfig
    steps: int
    cost: str
    result: str

    @property
    def command(self) -> str:
        return f"python -m recsys train --data NAME --preset {self.name}"


_BOOK_TOWER = TowerConfig(
    kind="book",
    scene_height_px=128,
    scene_width_px=128,
    product_size_px=128,
    embedding_dim=64,
    widths=(16, 32, 64, 128),
)

_BOOK = TrainConfig(
    tower=_BOOK_TOWER,
    loss="triplet",
    score="dot",
    batch_scenes=16,
    learning_rate=3e-4,
    warmup_fraction=0.0,
    schedule="constant",
    weight_decay=0.0,
    clip_norm=0.0,
    ema_decay=0.0,
    augment=False,
    fixed_negatives=True,
    discard_statistics=True,
)

_BOOK_FIXED = TrainConfig(
    tower=_BOOK_TOWER,
    loss="triplet",
    score="dot",
    batch_scenes=16,
    learning_rate=3e-4,
    warmup_fraction=0.0,
    schedule="constant",
    weight_decay=0.0,
    clip_norm=0.0,
    ema_decay=0.0,
    augment=False,
)

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name="regions",
            summary="shared trunk of stride 16, region vectors, in-batch softmax, box view",
            config=TrainConfig(),
            steps=1600,
            cost="8 minutes for 1,635 steps of 24 looks and 120 products",
            result="recall@10 0.344 ± 0.025, AUC in category 0.891 ± 0.011",
        ),
        Preset(
            name="book-fixed",
            summary="the book's towers and triplet loss with its defects mended",
            config=_BOOK_FIXED,
            steps=3000,
            cost="8 minutes for 3,200 steps of 16 pairs",
            result="recall@10 0.020 ± 0.008, AUC in category 0.607 ± 0.018",
        ),
        Preset(
            name="book",
            summary="the book's recipe as published, its defects kept for comparison",
            config=_BOOK,
            steps=3000,
            cost="8 minutes for 1,894 steps of 16 pairs on a busier machine",
            result="recall@10 0.010 ± 0.007, AUC in category 0.504 ± 0.019",
        ),
    )
}

DEFAULT_PRESET = "regions"


def preset_named(name: str) -> Preset:
    """A preset by its name. Raises ConfigError naming the nearest."""
    if name in PRESETS:
        return PRESETS[name]
    near = difflib.get_close_matches(name, PRESETS, n=1, cutoff=0.0)[0]
    raise ConfigError(
        f"no preset {name[:80]!r}", f"The nearest is {near!r}; there are {', '.join(PRESETS)}"
    )
