"""What a run learns from and is judged by: a catalogue's pairs and pixels, split by scene."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from recsys import atomic as files
from recsys.catalog.catalog import Catalog
from recsys.catalog.pixels import Pixels, problem_lines, product_pixels, scene_pixels
from recsys.catalog.splits import Split, split_scenes
from recsys.errors import TrainingError
from recsys.learning.batches import TrainingData
from recsys.learning.config import TrainConfig
from recsys.learning.metrics import MetricsLog
from recsys.learning.validation import Evaluation, Validation
from recsys.workspace import Workspace

Decoding = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Material:
    """Pictures, decoded, and the pairs of training and validation scenes.

    Attributes:
        training, held_out: the pairs whose pictures are both readable, of either part.
        usable: ``bool [P]`` products with a readable picture.
        problems: which pictures were left out, as lines for a person.
    """

    catalog: Catalog
    training: TrainingData
    held_out: TrainingData
    usable: NDArray[np.bool_]
    problems: list[str]

    def validation(self, config: TrainConfig) -> Validation:
        """Measures towers of a configuration on the validation scenes."""
        data = self.held_out
        return Validation(
            config, data.scenes, data.products, data.pair_scene, data.pair_product, self.usable
        )


class Film:
    """Keeps evaluations in a run's folder, with ids in place of rows.

    ``film.jsonl`` grows by the lists of a few fixed scenes at each; ``validation.json`` holds
    recall@10 of every validation scene at the last, for comparing runs scene by scene.
    """

    def __init__(self, folder: Path, catalog: Catalog) -> None:
        self._catalog = catalog
        self._log = MetricsLog(folder / "film.jsonl")
        self._scenes = folder / "validation.json"

    def cut_after(self, step: int) -> None:
        """Drops what a resumed run will add again."""
        self._log.cut_after(step)

    def keep(self, step: int, evaluation: Evaluation) -> None:
        """Adds what the evaluation after a step found. Raises OSError."""
        self._log.append({"step": step, "scenes": self._lists(evaluation)})
        scenes = self._catalog.scenes
        recall = {
            scenes[row].id: None if np.isnan(value) else round(float(value), 6)
            for row, value in zip(evaluation.all_scenes, evaluation.recall, strict=True)
        }
        files.write_json(self._scenes, {"step": step, "recall@10": recall})

    def _lists(self, evaluation: Evaluation) -> list[dict[str, Any]]:
        products = self._catalog.products
        return [
            {
                "scene": self._catalog.scenes[scene].id,
                "products": [products[row].id for row in rows],
                "scores": [round(float(score), 4) for score in scores],
                "right": [bool(one) for one in right],
            }
            for scene, rows, scores, right in zip(
                evaluation.scenes,
                evaluation.products,
                evaluation.scores,
                evaluation.right,
                strict=True,
            )
        ]


def read_material(
    config: TrainConfig, catalog: Catalog, workspace: Workspace, decoding: Decoding
) -> Material:
    """Splits a catalogue and decodes its pictures to the sizes that a configuration asks for.

    Raises TrainingError where no training pair has both pictures readable.
    """

    def telling(what: str) -> Callable[[int, int], None]:
        return lambda done, total: decoding(what, done, total)

    tower = config.tower
    split = split_scenes(catalog, workspace, telling("Comparing scenes"))
    height, width = tower.scene_height_px, tower.scene_width_px
    scenes = scene_pixels(catalog, height, width, workspace, telling("Decoding scenes"))
    products = product_pixels(
        catalog, tower.product_size_px, workspace, telling("Decoding products")
    )
    training = _part(catalog, split, "train", scenes, products)
    if not len(training.pair_scene):
        raise TrainingError(
            f"the data set {catalog.name} has no training pair with both pictures readable "
            f"({len(catalog.pair_scene)} pairs in all)",
            "Training needs scenes paired with products; check the pairs file and images/",
        )
    return Material(
        catalog=catalog,
        training=training,
        held_out=_part(catalog, split, "validation", scenes, products),
        usable=products.valid,
        problems=list(problem_lines(scenes, products)),
    )


def _part(
    catalog: Catalog,
    split: Split,
    part: Literal["train", "validation"],
    scenes: Pixels,
    products: Pixels,
) -> TrainingData:
    readable = scenes.valid[catalog.pair_scene] & products.valid[catalog.pair_product]
    kept = readable & np.isin(catalog.pair_scene, split.rows(part))
    pair_scene = catalog.pair_scene[kept]
    return TrainingData(
        scenes=scenes.array,
        products=products.array,
        pair_scene=pair_scene,
        pair_product=catalog.pair_product[kept],
        pair_box=scenes.canvas_boxes(pair_scene, catalog.pair_box[kept]),
        all_products=catalog.pair_product[readable],
    )
