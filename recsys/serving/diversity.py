"""Re-ranking for diversity: maximal marginal relevance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

POOL = 100
"""How many of the best are re-ordered; what follows keeps its place."""


def diversified(
    relevance: NDArray[np.floating], similarity: NDArray[np.floating], diversity: float
) -> NDArray[np.int64]:
    """Positions in the order of greedy maximal marginal relevance.

    Next is whatever has the highest λ · relevance − (1 − λ) · its highest similarity to what
    was chosen before, with λ = 1 − diversity; ties go to the more relevant, then the first
    (Carbonell and Goldstein, "The Use of MMR", SIGIR 1998).

    Args:
        relevance: ``[n]`` descending.
        similarity: ``[n, n]`` cosines.
        diversity: 0 to 1; 0 leaves the order as it is.

    Returns:
        ``int64 [n]``, a permutation.
    """
    count = len(relevance)
    weighted = (1.0 - diversity) * relevance.astype(np.float64)
    penalty = np.zeros(count)
    open_ = np.ones(count, np.bool_)
    order = np.empty(count, np.int64)
    for place in range(count):
        values = np.where(open_, weighted - diversity * penalty, -np.inf)
        chosen = int(values.argmax())
        order[place] = chosen
        open_[chosen] = False
        nearest = similarity[chosen].astype(np.float64)
        penalty = nearest if place == 0 else np.maximum(penalty, nearest)
    return order
