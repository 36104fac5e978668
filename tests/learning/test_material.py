from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from recsys.catalog.datasets import open_dataset
from recsys.learning.material import Film
from recsys.learning.validation import Evaluation
from recsys.workspace import Workspace


def evaluation(recall: list[float]) -> Evaluation:
    lists = np.array([[2, 0], [1, 3]])
    return Evaluation(
        figures={},
        scenes=np.array([4, 1]),
        products=lists,
        scores=np.array([[0.91234567, 0.5], [0.7, 0.1]], np.float32),
        right=np.array([[True, False], [False, False]]),
        all_scenes=np.array([1, 4, 5]),
        recall=np.array(recall),
    )


def test_a_film_holds_ids_and_the_last_recall_of_every_scene(
    planted: Path, workspace: Workspace, tmp_path: Path
) -> None:
    catalog, _ = open_dataset(str(planted), workspace)
    film = Film(tmp_path, catalog)
    film.keep(5, evaluation([0.5, 1.0, float("nan")]))
    film.keep(9, evaluation([0.25, 1.0, float("nan")]))
    first, last = map(json.loads, (tmp_path / "film.jsonl").read_text().splitlines())
    assert (first["step"], last["step"]) == (5, 9)
    scene, _ = first["scenes"]
    assert scene["scene"] == catalog.scenes[4].id
    assert scene["products"] == [catalog.products[row].id for row in (2, 0)]
    assert scene["scores"] == [0.9123, 0.5]
    assert scene["right"] == [True, False]
    assert json.loads((tmp_path / "validation.json").read_text()) == {
        "step": 9,
        "recall@10": {
            catalog.scenes[1].id: 0.25,
            catalog.scenes[4].id: 1.0,
            catalog.scenes[5].id: None,
        },
    }
    film.cut_after(5)
    (kept,) = map(json.loads, (tmp_path / "film.jsonl").read_text().splitlines())
    assert kept == first
