"""A real model bundle of tiny towers with their first weights: made in a second, not trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recsys.learning.bundle import export_model
from recsys.learning.config import TrainConfig
from recsys.learning.steps import Trainer
from recsys.learning.towers import TowerConfig

TINY_TOWER = TowerConfig(
    scene_height_px=48,
    scene_width_px=32,
    product_size_px=32,
    embedding_dim=8,
    widths=(8, 8),
    depths=(0, 1),
    grid_px=16,
)


def write_bundle(
    folder: Path,
    *,
    seed: int = 0,
    preset: str = "regions",
    trained_on: dict[str, Any] | None = None,
) -> Path:
    """Writes a bundle that ``load_model`` reads; another seed is another model."""
    trainer = Trainer(TrainConfig(tower=TINY_TOWER, seed=seed))
    weights, statistics = trainer.exported(trainer.initial_state())
    info = {
        "id": folder.name,
        "preset": preset,
        "created": f"2025-01-01T00:00:{seed:02d}+00:00",
        "steps": 0,
        "trained_on": trained_on or {},
    }
    export_model(folder, trainer.config, weights, statistics, info)
    return folder
