"""The lists of all scenes under several scorings at once, as the server gives them.

A correction is a scale and an offset after pooling, so every scene is scored once and the rest
is arithmetic on one row of P numbers. Nothing of size Q × P is ever held. The same bits as
``Server.recommend_scenes``: the same index, and a correction that is served either scales or
subtracts, so that it makes no difference whether both are rounded as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys.retrieval.corrections import Fitted, unit_regions
from recsys.retrieval.selection import best_positions
from recsys.retrieval.topk import ProductIndex

Floats = NDArray[np.float32]
Progress = Callable[[int, int], None]

_ROUND = 64  # scenes between two calls of progress, and whose vectors are in memory


class Best(NamedTuple):
    """The best n products of Q scenes: positions ``int32 [Q, n]`` and scores ``float32 [Q, n]``."""

    rows: NDArray[np.int32]
    scores: Floats


def best_under_each(
    index: ProductIndex,
    scenes: Floats,
    scorings: Sequence[Fitted | None],
    k: int,
    progress: Progress | None = None,
) -> list[Best]:
    """The best k products of every scene under each of several scorings.

    Args:
        index: over all candidates.
        scenes: ``float32 [Q, R, D]``, may lie on disk.
        scorings: for the products of the index; None is the model's own score.
        progress: called with (done, total) scenes; may raise, to stop.
    """
    width = min(k, index.size)
    found = [
        Best(
            np.empty((len(scenes), width), np.int32),
            np.empty((len(scenes), width), np.float32),
        )
        for _ in scorings
    ]
    for scene, rows in enumerate(scores_under_each(index, scenes, scorings, progress)):
        for best, scores in zip(found, rows, strict=True):
            order = best_positions(scores, width)
            best.rows[scene] = order
            best.scores[scene] = scores[order]
    return found


def scores_under_each(
    index: ProductIndex,
    scenes: Floats,
    scorings: Sequence[Fitted | None],
    progress: Progress | None = None,
) -> Iterator[list[Floats]]:
    """Served scores ``float32 [P]`` of one scene after the other, one row a scoring."""
    total = len(scenes)
    turned = [index.score == "dot" and f is not None and f.offset.any() for f in scorings]
    for start in range(0, total, _ROUND):
        if progress is not None:
            progress(start, total)
        part = np.asarray(scenes[start : start + _ROUND])
        own = index.scores(part)
        # what a model that ranks by the inner product is asked with where there is an offset
        unit = index.scores(unit_regions(part)) if any(turned) else None
        for pooled in own:
            pooled_unit = pooled if unit is None else next(unit)
            yield [
                served(fitted, pooled, pooled_unit if at_unit else pooled)
                for fitted, at_unit in zip(scorings, turned, strict=True)
            ]
    if progress is not None:
        progress(total, total)


def served(fitted: Fitted | None, own: Floats, pooled: Floats) -> Floats:
    """Scores ``float32 [P]`` under a scoring, from one scene's pooled scores.

    Args:
        own: the model's own.
        pooled: what the scale and offset apply to: the same but for a model that ranks by the
            inner product where there is an offset.
    """
    if fitted is None:
        return own
    if fitted.activated is not None and not (len(own) and fitted.activated[own.argmax()]):
        return own
    corrected = pooled * fitted.scale - fitted.offset
    corrected[corrected == 0] = 0  # -0.0 and 0.0 are a tie
    return corrected
