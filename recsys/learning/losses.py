"""Losses over two towers' vectors: arrays in, a scalar out. Knows no module.

Notation: B scenes, N products of a batch, R regions, D numbers a vector. All arithmetic is
``float32``. Empty input (no positive at all) gives 0 with a zero gradient, never NaN.

Sources: Bischof and Yee, chapter 5 (triplet loss and norm penalty); Radford et al., "Learning
Transferable Visual Models From Natural Language Supervision", 2021 (softmax both ways with a
learnt temperature).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from recsys.learning.towers import safe_norm

Array = jax.Array

MAX_SCALE = 100.0
"""Largest factor on cosines; beyond it the softmax is a hard maximum and gradients vanish."""

_MASKED = -1e9


def triplet(anchor: Array, positive: Array, negative: Array, *, margin: float = 1.0) -> Array:
    """The book's loss: ``Σ relu(margin + s·n − s·p)`` over a batch.

    Args:
        anchor, positive, negative: ``float32 [B, D]``, not normalised.
        margin: how much better the positive must score.
    """
    gap = jnp.sum(anchor * negative, axis=-1) - jnp.sum(anchor * positive, axis=-1)
    return jnp.sum(jax.nn.relu(margin + gap))


def norm_penalty(vectors: Array) -> Array:
    """The book's regularisation: ``Σ relu(‖e‖ − 1)`` over vectors ``float32 [..., D]``.

    The norm has a floor, so that a zero vector gets a zero gradient instead of NaN.
    """
    return jnp.sum(jax.nn.relu(safe_norm(vectors)[..., 0] - 1.0))


def softmax_both_ways(
    scores: Array, *, positive: Array, known: Array, weight: Array, scale: Array
) -> Array:
    """In-batch softmax from product to scene and from scene to product, averaged.

    Args:
        scores: ``float32 [B, N]`` cosines, pooled over regions.
        positive: ``bool [B, N]``, the pairs to learn from; at most one scene a product.
        known: ``bool [B, N]``, every pair that is known to belong together, so that none of them
            is ever a negative. Includes ``positive``.
        weight: ``float32 [N]``, 0 for filler products, which are then neither positives nor
            negatives.
        scale: scalar that multiplies the cosines, at most ``MAX_SCALE``.

    Returns:
        The mean over weighted products of ``−½ (log p(scene | product) + log p(product | scene))``.
    """
    logits = jnp.minimum(scale, MAX_SCALE) * scores
    real = weight > 0
    chosen = positive & real[None, :]
    negative = ~known & real[None, :]
    return 0.5 * (
        _masked_softmax(logits, chosen, negative, weight[None, :], axis=0)
        + _masked_softmax(logits, chosen, negative, weight[None, :], axis=1)
    )


def matched_softmax(scores: Array, *, same: Array, weight: Array, scale: Array) -> Array:
    """In-batch softmax where row i belongs to column i, both ways, averaged.

    Used for the box view: the part of the scene inside a product's box against all products of
    the batch, those of the same scene included.

    Args:
        scores: ``float32 [N, N]`` cosines of views and products.
        same: ``bool [N, N]``, pairs that cannot be told apart (the same product twice, products
            that share a box); left out of the negatives. The diagonal is the positive.
        weight: ``float32 [N]``, 0 for rows without a view.
        scale: scalar as in ``softmax_both_ways``.
    """
    logits = jnp.minimum(scale, MAX_SCALE) * scores
    real = weight > 0
    eye = jnp.eye(scores.shape[0], dtype=bool)
    chosen = eye & real[None, :]
    negative = ~(same | eye) & real[None, :] & real[:, None]
    return 0.5 * (
        _masked_softmax(logits, chosen, negative, weight[None, :], axis=0)
        + _masked_softmax(logits, chosen, negative, weight[None, :], axis=1)
    )


def _masked_softmax(
    logits: Array, chosen: Array, negative: Array, weight: Array, *, axis: int
) -> Array:
    """Weighted mean over chosen cells of ``log(1 + Σ_negatives exp(l_n − l_p))``."""
    against = jax.nn.logsumexp(jnp.where(negative, logits, _MASKED), axis=axis, keepdims=True)
    loss = jnp.where(chosen, jax.nn.softplus(against - logits), 0.0) * weight
    total = jnp.sum(jnp.where(chosen, weight, 0.0))
    return jnp.sum(loss) / jnp.where(total > 0, total, 1.0)
