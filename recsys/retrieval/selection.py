"""From scores to the best few, on the host: exact, ties by position."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Two regions whose similarities differ by less than rounding are one winner: the first.
_REGION_TIE = 1e-6


def best_positions(scores: Floats, k: int) -> NDArray[np.int64]:
    """Positions ``int64 [min(k, n)]`` of the k highest scores, ties by position."""
    count = len(scores)
    if k < count:
        threshold = np.partition(scores, count - k)[count - k]
        positions = np.flatnonzero(scores >= threshold)
    else:
        positions = np.arange(count)
    # One integer a candidate orders by score, descending, then by position, so that a plain
    # fast sort is a stable one. Bits of a float ascend as the float does once the sign bit is
    # flipped, or all bits where it is set; their complement descends.
    bits = scores[positions].view(np.int32)
    ascending = np.where(bits < 0, ~bits, bits ^ np.int32(-(2**31))).view(np.uint32)
    keys = ((~ascending).astype(np.uint64) << np.uint64(32)) | positions.astype(np.uint64)
    keys.sort()
    return (keys[:k] & np.uint64(0xFFFFFFFF)).astype(np.int64)


def pooled(sims: Floats, tau: float, looking_at: NDArray[np.bool_] | None = None) -> Floats:
    """Soft maximum ``float32 [...]`` over the last axis of ``[..., R]``, on the host.

    (1/τ) log Σ_r exp(τ · sim), as the search pools, for the few products that a page shows.
    ``looking_at`` is ``bool [R]``, the regions that count; None is all.
    """
    wide = np.asarray(sims, np.float64)
    if looking_at is not None:
        wide = wide[..., looking_at]
    peak = wide.max(axis=-1, keepdims=True)
    logs = np.log(np.exp(tau * (wide - peak)).sum(axis=-1))
    return np.asarray(peak[..., 0] + logs / tau, np.float32)


def winning_regions(sims: Floats, looking_at: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """The first region ``int64 [n]`` that is most similar, within rounding, of ``[n, R]``.

    ``looking_at`` is ``bool [R]``, the regions that may win; None is all.
    """
    if looking_at is not None:
        sims = np.where(looking_at, sims, np.float32(-np.inf))
    peak = sims.max(axis=1, keepdims=True, initial=-np.inf)
    margin = np.float32(_REGION_TIE) * np.maximum(np.float32(1), np.abs(peak))
    return np.asarray((sims >= peak - margin).argmax(axis=1), np.int64)
