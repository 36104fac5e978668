"""Exact top-k: higher score is better, ties go to the lower row, which is the lower id.

A scene is R region vectors; its score for a product is the soft maximum over them,
(1/τ) log Σ_r exp(τ · sim(s_r, p)), then scale · score − offset per product: one matrix
product serves every correction of that form (CSLS, norm shrink, popularity penalty, ...).

Why it is built as it is, from ``benchmarks/topk.py``:

- One compiled program scores one scene against one block of products, and a batch is a loop
  over it. So a scene alone and in a batch get the same bits, and the loop costs less than 0.1 ms
  a scene. All blocks of a catalogue have one shape, so equal products get equal scores
  wherever they stand, and neither k nor a filter compiles anything anew.
- The best k are selected on the host: a partition finds the k-th score, then only what is not
  below it is sorted, by one integer that holds score and row. XLA's ``top_k`` is
  no faster for a short list on a CPU, and twenty times slower for the whole catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from recsys.retrieval.embedder import Score
from recsys.retrieval.selection import best_positions, winning_regions

Floats = NDArray[np.float32]

DEFAULT_MEMORY_MB = 256.0
# Larger blocks are no faster, and smaller ones only cost more calls.
_BLOCK_ROWS = 16_384
_SMALLEST_BLOCK_ROWS = 64


@dataclass(frozen=True)
class TopK:
    """The best products of Q scenes, best first.

    Attributes:
        rows: ``int32 [Q, k]`` product rows; -1 where a scene has fewer allowed products.
        scores: ``float32 [Q, k]`` descending; -inf where ``rows`` is -1.
        regions: ``int32 [Q, k]`` the region most similar to the product; -1 where ``rows``
            is -1 or regions were not asked for.
    """

    rows: NDArray[np.int32]
    scores: Floats
    regions: NDArray[np.int32]


class ProductIndex:
    """Product vectors laid out for scoring; build it once, ask it often, from any thread.

    Args:
        products: ``float32 [P, D]``, sorted by id; P may be 0.
        score: ``cosine`` normalises both sides (a zero vector scores 0), ``dot`` neither.
        tau: τ > 0, the sharpness of the soft maximum over regions.
        memory_mb: bound on the working memory of scoring, beside the vectors themselves.

    Raises ValueError for wrong shapes and values that are not finite.
    """

    def __init__(
        self,
        products: NDArray[Any],
        *,
        score: Score,
        tau: float,
        memory_mb: float = DEFAULT_MEMORY_MB,
    ) -> None:
        if score not in ("cosine", "dot"):
            raise ValueError(f"score must be 'cosine' or 'dot', not {score!r}")
        if not (np.isfinite(tau) and tau > 0):
            raise ValueError(f"tau must be a number above 0, not {tau}")
        if not memory_mb > 0:
            raise ValueError(f"memory_mb must be above 0, not {memory_mb}")
        self.score: Score = score
        self.tau = float(tau)
        self.vectors: Floats = _vectors("products", products, ("P", "D"), score)
        self._memory_bytes = memory_mb * 2**20
        self._blocks: dict[int, list[jax.Array]] = {}
        self._neutral: dict[tuple[float, int], jax.Array] = {}

    @property
    def size(self) -> int:
        """P, the number of products."""
        return len(self.vectors)

    def scores(
        self,
        scenes: NDArray[Any],
        *,
        scale: NDArray[Any] | None = None,
        offset: NDArray[Any] | None = None,
        looking_at: NDArray[np.bool_] | None = None,
    ) -> Iterator[Floats]:
        """Scores ``float32 [P]`` of every product, for one scene of ``[Q, R, D]`` at a time.

        ``scale`` and ``offset`` are ``float32 [P]`` and apply after pooling; ``looking_at`` is
        ``bool [R]``, the regions that are pooled, at least one. Raises ValueError
        for wrong shapes, values that are not finite, and scores that overflow.
        """
        return self._scores(self._scenes(scenes), scale, offset, looking_at)

    def top_k(
        self,
        scenes: NDArray[Any],
        k: int,
        *,
        scale: NDArray[Any] | None = None,
        offset: NDArray[Any] | None = None,
        allowed: NDArray[np.bool_] | None = None,
        looking_at: NDArray[np.bool_] | None = None,
        with_regions: bool = True,
    ) -> TopK:
        """The best k allowed products of each scene, exactly.

        Args:
            scenes: ``float32 [Q, R, D]``; Q may be 0.
            k: at least 1; cut to the largest number of products that a scene is allowed.
            scale, offset: ``float32 [P]`` each; the score is scale · pooled − offset.
            allowed: ``bool [P]``, or ``bool [Q, P]`` for a set of its own for each scene.
            looking_at: ``bool [R]``, the regions that count, at least one; None is all.
            with_regions: also say which region won.

        Raises ValueError as ``scores`` does, and for a k below 1.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        vectors = self._scenes(scenes)
        candidates = self._candidates(allowed, len(vectors))
        width = min(k, max((len(rows) for rows in candidates), default=self.size))
        shape = (len(vectors), width)
        rows = np.full(shape, -1, np.int32)
        best = np.full(shape, -np.inf, np.float32)
        regions = np.full(shape, -1, np.int32)
        for query, scores in enumerate(self._scores(vectors, scale, offset, looking_at)):
            mine = candidates[query] if len(candidates) > 1 else candidates[0]
            running = scores if len(mine) == self.size else scores[mine]
            order = best_positions(running, width)
            found = mine[order]
            rows[query, : len(found)] = found
            best[query, : len(found)] = running[order]
            if with_regions:
                sims = self.vectors[found] @ vectors[query].T
                regions[query, : len(found)] = winning_regions(sims, looking_at)
        return TopK(rows, best, regions)

    def region_scores(self, scene: NDArray[Any], rows: NDArray[np.integer]) -> Floats:
        """Similarity ``float32 [n, R]`` of products, by row, to every region of ``[R, D]``."""
        regions = self._scenes(np.asarray(scene)[None])[0]
        return np.asarray(self.vectors[rows] @ regions.T, np.float32)

    def similarities(self, rows: NDArray[np.integer]) -> Floats:
        """Of products to each other, by row: ``float32 [n, n]``, cosines where it scores so."""
        vectors = self.vectors[rows]
        return np.asarray(vectors @ vectors.T, np.float32)

    # how

    def _scenes(self, scenes: NDArray[Any]) -> Floats:
        vectors = _vectors("scenes", scenes, ("Q", "R", "D"), self.score)
        if vectors.shape[1] < 1:
            raise ValueError("scenes must have at least one region vector each, found none")
        if vectors.shape[2] != self.vectors.shape[1]:
            raise ValueError(
                f"scenes and products must have one dimension D, found {vectors.shape[2]} "
                f"and {self.vectors.shape[1]}"
            )
        return vectors

    def _candidates(
        self, allowed: NDArray[np.bool_] | None, queries: int
    ) -> list[NDArray[np.int64]]:
        """Allowed rows: one array for all scenes, or one for each where the mask has them."""
        if allowed is None:
            return [np.arange(self.size)]
        mask = np.asarray(allowed)
        if mask.dtype != np.bool_ or mask.shape not in ((self.size,), (queries, self.size)):
            raise ValueError(
                f"allowed must be bool [{self.size}] or [{queries}, {self.size}], "
                f"found {mask.dtype} {list(mask.shape)}"
            )
        return [np.flatnonzero(row) for row in np.atleast_2d(mask)]

    def _scores(
        self,
        scenes: Floats,
        scale: NDArray[Any] | None,
        offset: NDArray[Any] | None,
        looking_at: NDArray[np.bool_] | None,
    ) -> Iterator[Floats]:
        hidden = _hidden(looking_at, scenes.shape[1])
        rows = self._block_rows(scenes.shape[1])
        products = self._blocks_of(rows)
        scales = self._correction("scale", scale, 1.0, rows)
        offsets = self._correction("offset", offset, 0.0, rows)
        tau = np.float32(self.tau)

        def start(scene: Floats) -> list[jax.Array]:
            blocks = zip(products, scales, offsets, strict=True)
            return [_block_scores(block, scene, a, b, tau, hidden) for block, a, b in blocks]

        def finish(parts: list[jax.Array]) -> Floats:
            whole = [np.asarray(part) for part in parts]
            scores = np.concatenate(whole)[: self.size] if whole else np.empty(0, np.float32)
            if not np.isfinite(scores).all():
                raise ValueError(
                    "scores overflow float32: the vectors or corrections are too large"
                )
            return scores

        # The next scene is computed while the caller sorts this one.
        pending: list[jax.Array] | None = None
        for scene in scenes:
            parts = start(scene)
            if pending is not None:
                yield finish(pending)
            pending = parts
        if pending is not None:
            yield finish(pending)

    def _block_rows(self, regions: int) -> int:
        """Products a block: all blocks alike, little padding, within the memory bound."""
        bytes_a_row = 4 * (3 * regions + 4)  # similarities, their exponentials, a spare
        fitting = _power_of_two_up_to(int(self._memory_bytes // bytes_a_row))
        largest = max(_SMALLEST_BLOCK_ROWS, min(_BLOCK_ROWS, fitting))
        blocks = max(1, -(-self.size // largest))
        even = -(-self.size // blocks)
        # Few sizes, so that catalogues of about the same size share a compiled program.
        step = max(_SMALLEST_BLOCK_ROWS, _power_of_two_up_to(even) // 4)
        return max(step, -(-even // step) * step)

    def _blocks_of(self, rows: int) -> list[jax.Array]:
        if rows not in self._blocks:
            self._blocks[rows] = _split(self.vectors, rows, 0.0)
        return self._blocks[rows]

    def _correction(
        self, name: str, values: NDArray[Any] | None, neutral: float, rows: int
    ) -> list[jax.Array]:
        if values is None:
            if (neutral, rows) not in self._neutral:
                self._neutral[neutral, rows] = jnp.full(rows, neutral, jnp.float32)
            return [self._neutral[neutral, rows]] * len(self._blocks_of(rows))
        values = np.asarray(values, np.float32)
        if values.shape != (self.size,):
            raise ValueError(f"{name} must be [{self.size}], found {list(values.shape)}")
        if not np.isfinite(values).all():
            raise ValueError(f"{name} must be finite")
        return _split(values, rows, neutral)


def score_all(
    scenes: NDArray[Any],
    products: NDArray[Any],
    *,
    score: Score,
    tau: float,
    scale: NDArray[Any] | None = None,
    offset: NDArray[Any] | None = None,
    memory_mb: float = DEFAULT_MEMORY_MB,
) -> Floats:
    """Scores ``float32 [Q, P]`` of all products for all scenes; see ``ProductIndex``."""
    index = ProductIndex(products, score=score, tau=tau, memory_mb=memory_mb)
    result = np.empty((len(scenes), index.size), np.float32)
    for query, scores in enumerate(index.scores(scenes, scale=scale, offset=offset)):
        result[query] = scores
    return result


def top_k(
    scenes: NDArray[Any],
    products: NDArray[Any],
    k: int,
    *,
    score: Score,
    tau: float,
    scale: NDArray[Any] | None = None,
    offset: NDArray[Any] | None = None,
    allowed: NDArray[np.bool_] | None = None,
    memory_mb: float = DEFAULT_MEMORY_MB,
) -> TopK:
    """The best k products of each scene, in one call; see ``ProductIndex.top_k``."""
    index = ProductIndex(products, score=score, tau=tau, memory_mb=memory_mb)
    return index.top_k(scenes, k, scale=scale, offset=offset, allowed=allowed)


def region_scores(scene: NDArray[Any], products: NDArray[Any], *, score: Score) -> Floats:
    """Similarity ``float32 [n, R]`` of products ``[n, D]`` to the regions ``[R, D]`` of a scene.

    What a heat map shows: where in the photo a product was found.
    """
    index = ProductIndex(products, score=score, tau=1.0)
    return index.region_scores(scene, np.arange(index.size))


@jax.jit
def _block_scores(
    products: jax.Array,
    scene: Floats,
    scale: jax.Array,
    offset: jax.Array,
    tau: np.float32,
    hidden: Floats | None = None,
) -> jax.Array:
    """Corrected scores ``[C]`` of a block ``[C, D]`` for the regions ``[R, D]`` of one scene.

    ``hidden`` ``[R]`` is 0 for a region that counts and -inf for one that does not, so that
    looking at another part of the photo compiles nothing anew.

    Products lead, so that the reduction over regions runs along memory: four times as fast on
    a CPU as the other way round. The highest precision, because the default of some
    accelerators rounds to ten bits and would reorder lists.
    """
    sims = jax.lax.dot_general(
        products, jnp.asarray(scene), (((1,), (1,)), ((), ())), precision=jax.lax.Precision.HIGHEST
    )
    if sims.shape[1] == 1:
        pooled = sims[:, 0]
    else:
        if hidden is not None:
            sims = sims + jnp.asarray(hidden)[None, :]
        peak = sims.max(axis=1)
        pooled = peak + jnp.log(jnp.exp(tau * (sims - peak[:, None])).sum(axis=1)) / tau
    scores = pooled * scale - offset
    return jnp.where(scores == 0, jnp.float32(0), scores)  # -0.0 and 0.0 are a tie


def _hidden(looking_at: NDArray[np.bool_] | None, regions: int) -> Floats:
    """0 ``float32 [R]`` for a region that counts, -inf for one that does not."""
    if looking_at is None:
        return np.zeros(regions, np.float32)
    mask = np.asarray(looking_at)
    if mask.dtype != np.bool_ or mask.shape != (regions,) or not mask.any():
        raise ValueError(
            f"looking_at must be bool [{regions}] with at least one region, "
            f"found {mask.dtype} {list(mask.shape)}"
        )
    return np.where(mask, np.float32(0), np.float32(-np.inf))


def _vectors(name: str, values: NDArray[Any], axes: tuple[str, ...], score: Score) -> Floats:
    array = np.asarray(values)
    if array.ndim != len(axes):
        shape = ", ".join(axes)
        raise ValueError(f"{name} must be [{shape}], found an array {list(array.shape)}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, found NaN or infinity")
    if score == "dot":
        return np.ascontiguousarray(array, np.float32)
    # In double precision, so that the length of a vector leaves no trace in its direction.
    wide = array.astype(np.float64)
    norms = np.sqrt((wide * wide).sum(axis=-1, keepdims=True))
    unit: Floats = np.divide(wide, norms, out=np.zeros_like(wide), where=norms > 0).astype(
        np.float32
    )
    return unit


def _split(values: Floats, rows: int, padding: float) -> list[jax.Array]:
    """Blocks of equal length along the first axis, the last one padded."""
    blocks = []
    for start in range(0, len(values), rows):
        block = values[start : start + rows]
        missing = [(0, rows - len(block))] + [(0, 0)] * (values.ndim - 1)
        blocks.append(jnp.asarray(np.pad(block, missing, constant_values=padding)))
    return blocks


def _power_of_two_up_to(number: int) -> int:
    return 1 << (max(1, number).bit_length() - 1)
