"""Recommenders as scores: what a model serves, and the baselines, in a trial's own order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.catalog import Catalog
from recsys.catalog.pixels import product_pixels, scene_pixels
from recsys.errors import ModelError
from recsys.evaluation import baselines
from recsys.evaluation.trial import Trial
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.retrieval.topk import ProductIndex
from recsys.workspace import Workspace

if TYPE_CHECKING:
    from recsys.retrieval.embedder import Embedder

Scorer = Callable[[slice], NDArray[np.float32]]
"""Scores ``float32 [q, P]`` of a run of the trial's scenes, higher is better."""

_CHUNK_CELLS = 8_000_000
_EMBEDDED_AT_ONCE = 32


def chunks(scorer: Scorer, trial: Trial) -> Iterator[NDArray[np.float32]]:
    """All scenes' scores, some 32 MB at a time."""
    size = max(1, _CHUNK_CELLS // max(1, len(trial.product_rows)))
    for begin in range(0, len(trial.scene_rows), size):
        yield scorer(slice(begin, min(begin + size, len(trial.scene_rows))))


def model_scorer(model: Embedder, table: EmbeddingTable, catalog: Catalog, trial: Trial) -> Scorer:
    """The scores that the server ranks by, bit for bit: it searches the same index.

    Raises:
        ModelError: the table has other products or scenes than the trial, which happens only
            where tables of two models disagree on which pictures can be read.
    """
    index = ProductIndex(table.products, score=table.score, tau=table.tau)
    place = {name: row for row, name in enumerate(table.scene_ids)}
    wanted = [catalog.scenes[row].id for row in trial.scene_rows]
    candidates = tuple(catalog.products[row].id for row in trial.product_rows)
    if table.product_ids != candidates or any(name not in place for name in wanted):
        raise ModelError(
            f"the embeddings in {table.folder} are of other pictures than the ones compared with",
            "Make both anew with: python -m recsys embed --model ID --data NAME",
        )
    rows = np.array([place[name] for name in wanted], np.int64)

    def score(chunk: slice) -> NDArray[np.float32]:
        wanted = rows[chunk]
        # Without stored vectors photos are decoded now, and canvases are large: a few at a time.
        size = _EMBEDDED_AT_ONCE if table.scenes is None else max(1, len(wanted))
        parts = (wanted[begin : begin + size] for begin in range(0, len(wanted), size))
        vectors = np.concatenate([table.scene_vectors(part, model, catalog) for part in parts])
        return np.stack(list(index.scores(vectors)))

    return score


def baseline_scorers(
    catalog: Catalog, trial: Trial, workspace: Workspace, *, seed: int
) -> dict[str, Scorer]:
    """``random``, ``popular`` (training pairs) and ``colour`` (histograms)."""
    rows = trial.product_rows
    products = product_pixels(catalog, baselines.PRODUCT_SIZE_PX, workspace)
    scenes = scene_pixels(catalog, baselines.SCENE_HEIGHT_PX, baselines.SCENE_WIDTH_PX, workspace)
    product_colours = baselines.colour_histograms(
        products.array[rows], products.content[rows], on_white=True
    )

    def colour(chunk: slice) -> NDArray[np.float32]:
        wanted = trial.scene_rows[chunk]
        shown = baselines.colour_histograms(
            scenes.array[wanted], scenes.content[wanted], on_white=False
        )
        return baselines.colour_scores(shown, product_colours)

    def by_chance(chunk: slice) -> NDArray[np.float32]:
        return baselines.random_scores(trial.scene_rows[chunk], len(rows), seed=seed)

    def popular(chunk: slice) -> NDArray[np.float32]:
        return baselines.popular_scores(trial.train_counts, len(trial.scene_rows[chunk]))

    return {"random": by_chance, "popular": popular, "colour": colour}
