"""The measures in slow, plain Python, written from their definitions and not from the code."""

from __future__ import annotations

import math
from collections.abc import Sequence

Scores = Sequence[Sequence[float]]
Relevant = Sequence[set[int]]


def ranked(scores: Sequence[float]) -> list[int]:
    return sorted(range(len(scores)), key=lambda row: (-scores[row], row))


def recall(scores: Scores, relevant: Relevant, k: int) -> list[float | None]:
    result: list[float | None] = []
    for line, right in zip(scores, relevant, strict=True):
        if not right:
            result.append(None)
            continue
        hits = [row for row in ranked(line)[:k] if row in right]
        result.append(len(hits) / min(k, len(right)))
    return result


def reciprocal_rank(scores: Scores, relevant: Relevant) -> list[float | None]:
    result: list[float | None] = []
    for line, right in zip(scores, relevant, strict=True):
        first = next((n for n, row in enumerate(ranked(line), 1) if row in right), None)
        result.append(None if not right else 1 / first if first else 0.0)
    return result


def ndcg(scores: Scores, relevant: Relevant, k: int) -> list[float | None]:
    result: list[float | None] = []
    for line, right in zip(scores, relevant, strict=True):
        if not right:
            result.append(None)
            continue
        gains = [1 if row in right else 0 for row in ranked(line)]
        ideal = sorted(gains, reverse=True)
        result.append(_dcg(gains[:k]) / _dcg(ideal[:k]))
    return result


def _dcg(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


def auc(
    scores: Scores, relevant: Relevant, category: Sequence[int] | None = None
) -> list[float | None]:
    """One figure a (scene, positive), scenes and positives ascending."""
    result: list[float | None] = []
    for line, right in zip(scores, relevant, strict=True):
        for positive in sorted(right):
            negatives = [
                row
                for row in range(len(line))
                if row not in right and (category is None or category[row] == category[positive])
            ]
            wins = 0.0
            for row in negatives:
                if line[positive] > line[row]:
                    wins += 1
                elif line[positive] == line[row]:
                    wins += 0.5
            result.append(wins / len(negatives) if negatives else None)
    return result


def lenient_rank(scores: Scores, relevant: Relevant, alike: dict[int, set[int]]) -> list[int]:
    result = []
    for line, right in zip(scores, relevant, strict=True):
        order = ranked(line)
        for positive in sorted(right):
            stand_ins = {positive} | alike.get(positive, set())
            result.append(1 + min(order.index(row) for row in stand_ins))
    return result
