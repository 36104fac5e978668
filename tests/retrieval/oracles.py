"""Slow plain-Python forms of what ``recsys.retrieval.topk`` computes, in double precision."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

Vector = Sequence[float]


def similarity(a: Vector, b: Vector, score: str) -> float:
    dot = math.fsum(float(x) * float(y) for x, y in zip(a, b, strict=True))
    if score == "dot":
        return dot
    norms = math.sqrt(math.fsum(float(x) ** 2 for x in a)) * math.sqrt(
        math.fsum(float(y) ** 2 for y in b)
    )
    return dot / norms if norms > 0 else 0.0


def pooled(scene: Sequence[Vector], product: Vector, score: str, tau: float) -> float:
    """(1/τ) log Σ_r exp(τ · sim): a sum over regions, no mean."""
    sims = [similarity(region, product, score) for region in scene]
    top = max(sims)
    return top + math.log(math.fsum(math.exp(tau * (sim - top)) for sim in sims)) / tau


def score_all(
    scenes: np.ndarray,
    products: np.ndarray,
    score: str,
    tau: float,
    scale: np.ndarray | None = None,
    offset: np.ndarray | None = None,
) -> np.ndarray:
    result = np.empty((len(scenes), len(products)))
    for q, scene in enumerate(scenes.tolist()):
        for p, product in enumerate(products.tolist()):
            value = pooled(scene, product, score, tau)
            a = 1.0 if scale is None else float(scale[p])
            b = 0.0 if offset is None else float(offset[p])
            result[q, p] = a * value - b
    return result


def order(scores: Sequence[float], allowed: Sequence[bool], k: int) -> list[int]:
    """Rows of the k best allowed scores, ties by row."""
    rows = [row for row in range(len(scores)) if allowed[row]]
    return sorted(rows, key=lambda row: (-scores[row], row))[:k]


def is_top_k(
    rows: Sequence[int], exact: Sequence[float], allowed: Sequence[bool], k: int, within: float
) -> bool:
    """Whether rows are a best k, where scores closer than ``within`` may stand either way."""
    wanted = order(exact, allowed, k)
    if len(rows) != len(wanted) or len(set(rows)) != len(rows):
        return False
    return all(
        allowed[row] and abs(exact[row] - exact[want]) <= within
        for row, want in zip(rows, wanted, strict=True)
    )
