"""Scores and lists as they are served under a correction, the same wherever they are asked for.

A correction is a scale and an offset, so most are one call of the index. One that is for some
scenes only (``Fitted.activated``) first looks at what each scene finds best by the model's own
score; those scores are then corrected on the host, so that it costs one more argmax and not a
second scoring. Only a model that ranks by the inner product is asked twice, since where there
is an offset its scenes are scored at length one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from recsys.retrieval.bank import unit_regions
from recsys.retrieval.corrections import Fitted
from recsys.retrieval.selection import best_positions

if TYPE_CHECKING:
    from recsys.retrieval.topk import ProductIndex, TopK

Floats = NDArray[np.float32]


def corrected_scores(
    index: ProductIndex,
    scenes: NDArray[Any],
    fitted: Fitted | None,
    *,
    looking_at: NDArray[np.bool_] | None = None,
) -> Iterator[Floats]:
    """Served scores ``float32 [P]`` of every product, for one scene of ``[Q, R, D]`` at a time.

    Args:
        fitted: for the products of the index; None is the model's own score.
        looking_at: ``bool [R]``, the regions that are pooled; None is all.

    Raises ValueError as ``ProductIndex.scores`` does.
    """
    if fitted is None:
        yield from index.scores(scenes, looking_at=looking_at)
        return
    asked = _asked(index, scenes, fitted)
    if fitted.activated is None:
        yield from index.scores(
            asked, scale=fitted.scale, offset=fitted.offset, looking_at=looking_at
        )
        return
    for place, own in enumerate(index.scores(scenes, looking_at=looking_at)):
        if not len(own) or not fitted.activated[own.argmax()]:
            yield own
        elif asked is scenes:
            yield own * fitted.scale - fitted.offset
        else:
            yield from index.scores(
                asked[place : place + 1],
                scale=fitted.scale,
                offset=fitted.offset,
                looking_at=looking_at,
            )


def corrected_top_k(
    index: ProductIndex,
    scenes: NDArray[Any],
    k: int,
    fitted: Fitted | None,
    *,
    allowed: NDArray[np.bool_] | None = None,
    looking_at: NDArray[np.bool_] | None = None,
) -> TopK:
    """The best k allowed products of each scene as served, without regions.

    Args:
        scenes: ``float32 [Q, R, D]``.
        k: at least 1; cut to the number of products that are allowed.
        fitted, looking_at: see ``corrected_scores``.
        allowed: ``bool [P]``; None is all.

    Raises ValueError as ``ProductIndex.top_k`` does.
    """
    if fitted is None or fitted.activated is None:
        return index.top_k(
            scenes if fitted is None else _asked(index, scenes, fitted),
            k,
            scale=None if fitted is None else fitted.scale,
            offset=None if fitted is None else fitted.offset,
            allowed=allowed,
            looking_at=looking_at,
            with_regions=False,
        )
    from recsys.retrieval.topk import TopK  # late: nothing else here needs JAX

    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    candidates = np.arange(index.size) if allowed is None else np.flatnonzero(allowed)
    shape = (len(scenes), min(k, len(candidates)))
    rows, best = np.empty(shape, np.int32), np.empty(shape, np.float32)
    for place, scores in enumerate(corrected_scores(index, scenes, fitted, looking_at=looking_at)):
        running = scores[candidates]
        order = best_positions(running, shape[1])
        rows[place], best[place] = candidates[order], running[order]
    return TopK(rows, best, np.full(shape, -1, np.int32))


def _asked(index: ProductIndex, scenes: NDArray[Any], fitted: Fitted) -> NDArray[Any]:
    return unit_regions(scenes) if index.score == "dot" and fitted.offset.any() else scenes
