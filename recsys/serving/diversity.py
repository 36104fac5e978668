"""Re-ranking for diversity, of one list: maximal marginal relevance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recsys.retrieval.reranking import POOL, comparable, mmr_order

__all__ = ["POOL", "comparable", "diversified"]


def diversified(
    relevance: NDArray[np.floating], similarity: NDArray[np.floating], diversity: float
) -> NDArray[np.int64]:
    """Positions ``int64 [n]`` in the order of maximal marginal relevance, a permutation.

    Args:
        relevance: ``[n]`` descending.
        similarity: ``[n, n]`` cosines.
        diversity: 0 to 1; 0 leaves the order as it is. See ``mmr_order``.
    """
    order: NDArray[np.int64] = mmr_order(relevance[None], similarity[None], diversity)[0]
    return order
