"""One training step as a pure function, jitted once: batch and state in, state and figures out."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from recsys.learning.book import BookTowers
from recsys.learning.config import TrainConfig
from recsys.learning.losses import (
    MAX_SCALE,
    matched_softmax,
    norm_penalty,
    softmax_both_ways,
    triplet,
)
from recsys.learning.towers import (
    RegionTowers,
    TowerConfig,
    TwoTower,
    normalised,
    pooled_scores,
)

Array = jax.Array

_MAX_LOG_SCALE = math.log(MAX_SCALE) - 1e-5
"""Just below the losses' own bound, where the factor's gradient is zero and it could not return."""


class State(NamedTuple):
    """Everything that a step changes; a tree of arrays, saved whole in a checkpoint.

    Attributes:
        step: ``int32`` scalar, steps done.
        params: the towers' weights and the learnt factor on cosines.
        statistics: running batch statistics; empty for towers without batch normalisation.
        optimiser: Adam's moments.
        average: the moving average of ``params`` that is evaluated and exported.
    """

    step: Array
    params: Any
    statistics: Any
    optimiser: Any
    average: Any


def build_towers(config: TowerConfig, seed: int = 0) -> TwoTower:
    """Freshly initialised towers of a configuration."""
    kind = BookTowers if config.kind == "book" else RegionTowers
    return kind(config, rngs=nnx.Rngs(seed))


_GIVEN = ("learning_rate", "weight_decay", "schedule", "warmup_fraction", "init_scale", "seed")
"""Settings that the compiled step is given, or that only the start depends on."""


class Trainer:
    """The jitted step of one configuration, and the state that it starts from.

    Args:
        like: its compiled step is used where that is the same, so that of many short trials with
            different learning rates only the first has to compile.
    """

    def __init__(self, config: TrainConfig, like: Trainer | None = None) -> None:
        self.config = config
        towers = build_towers(config.tower, config.seed)
        towers.train()
        self._graph, params, statistics = nnx.split(towers, nnx.Param, ...)
        self._first = ({"towers": nnx.to_pure_dict(params)}, nnx.to_pure_dict(statistics))
        self._first[0]["log_scale"] = jnp.log(jnp.float32(config.init_scale))
        self._templates = (params, statistics)
        kept = like if like is not None and like.has_step_of(config) else None
        self._compiled: Any = kept._compiled if kept else jax.jit(self._step, donate_argnums=0)
        self._evaluation_loss: Any = kept._evaluation_loss if kept else jax.jit(self._exported_loss)

    def has_step_of(self, config: TrainConfig) -> bool:
        """Whether a configuration's step differs in nothing that is compiled."""
        given = {name: getattr(self.config, name) for name in _GIVEN}
        return dataclasses.replace(config, **given) == self.config

    def step(
        self, state: State, batch: dict[str, Any], learning_rate: Array
    ) -> tuple[State, dict[str, Array]]:
        """One step; ``state`` is used up. Figures are ``loss`` and ``gradient_norm``, ``float32``
        scalars; the norm is that before clipping.
        """
        done: tuple[State, dict[str, Array]] = self._compiled(
            state, batch, learning_rate, self.weight_decay
        )
        return done

    @property
    def weight_decay(self) -> Array:
        """What the compiled step is given last."""
        return jnp.float32(self.config.weight_decay)

    def compiled_for(
        self, state: State, batch: dict[str, Any], learning_rate: Array
    ) -> jax.stages.Compiled:
        """The step for these shapes, to be asked what it needs; nothing is run."""
        lowered = self._compiled.lower(state, batch, learning_rate, self.weight_decay)
        compiled: jax.stages.Compiled = lowered.compile()
        return compiled

    def initial_state(self) -> State:
        params, statistics = jax.tree.map(jnp.array, self._first)
        return State(
            step=jnp.int32(0),
            params=params,
            statistics=statistics,
            optimiser=self._transform(self.weight_decay).init(params),
            average=jax.tree.map(jnp.copy, params),
        )

    def exported(self, state: State) -> tuple[dict[str, Any], dict[str, Any]]:
        """The weights and statistics that the finished model has, as nested dictionaries."""
        return state.average["towers"], state.statistics

    def evaluation_loss(self, state: State, batch: dict[str, Any]) -> Array:
        """The loss of a batch by the weights that would be exported, without a step."""
        loss: Array = self._evaluation_loss(state.average, state.statistics, batch)
        return loss

    def _exported_loss(self, params: Any, statistics: Any, batch: dict[str, Any]) -> Array:
        towers = self._towers(params, statistics)
        if not self.config.discard_statistics:  # as published: it is judged in training mode
            towers.eval()
        return self._loss(towers, params, batch)

    def _loss(self, towers: TwoTower, params: Any, batch: dict[str, Any]) -> Array:
        loss_fn = self._triplet if self.config.loss == "triplet" else self._softmax
        return loss_fn(towers, params, batch)

    def _towers(self, params: Any, statistics: Any) -> TwoTower:
        for template, values in zip(self._templates, (params["towers"], statistics), strict=True):
            nnx.replace_by_pure_dict(template, values)
        towers: TwoTower = nnx.merge(self._graph, *self._templates)
        return towers

    def _transform(self, weight_decay: Array) -> optax.GradientTransformation:
        """Clipping, Adam, and decay of kernels alone."""
        norm = self.config.clip_norm
        decay = optax.add_decayed_weights(
            weight_decay, mask=lambda tree: jax.tree.map(lambda leaf: leaf.ndim > 1, tree)
        )
        clip = optax.clip_by_global_norm(norm) if norm else optax.identity()
        return optax.chain(clip, optax.scale_by_adam(), decay)

    def _step(
        self, state: State, batch: dict[str, Any], learning_rate: Array, weight_decay: Array
    ) -> tuple[State, dict[str, Array]]:
        def loss_of(params: Any) -> tuple[Array, Any]:
            towers = self._towers(params, state.statistics)
            loss = self._loss(towers, params, batch)
            return loss, nnx.to_pure_dict(nnx.split(towers, nnx.Param, ...)[2])

        (loss, statistics), gradient = jax.value_and_grad(loss_of, has_aux=True)(state.params)
        with jax.numpy_dtype_promotion("standard"):  # Optax promotes its integer step count
            transform = self._transform(weight_decay)
            updates, optimiser = transform.update(gradient, state.optimiser, state.params)
        params = jax.tree.map(lambda p, u: p - learning_rate * u, state.params, updates)
        params["log_scale"] = jnp.minimum(params["log_scale"], _MAX_LOG_SCALE)
        # A young average would be dominated by the random start.
        count = state.step.astype(jnp.float32)
        decay = jnp.minimum(jnp.float32(self.config.ema_decay), (1.0 + count) / (10.0 + count))
        if self.config.ema_decay == 0:
            decay = jnp.float32(0.0)
        average = jax.tree.map(lambda a, p: decay * a + (1.0 - decay) * p, state.average, params)
        if self.config.discard_statistics:
            statistics = state.statistics
        figures = {"loss": loss, "gradient_norm": optax.tree.norm(gradient)}
        return State(state.step + 1, params, statistics, optimiser, average), figures

    def _softmax(self, towers: TwoTower, params: Any, batch: dict[str, Array]) -> Array:
        config = self.config
        scale = jnp.exp(params["log_scale"])
        regions = normalised(towers.scene_vectors(batch["scenes"]))
        products = normalised(towers.product_vectors(batch["products"]))
        own, weight = batch["own"], batch["weight"]
        positive = own[None, :] == jnp.arange(regions.shape[0], dtype=own.dtype)[:, None]
        loss = softmax_both_ways(
            pooled_scores(regions, products, config.tau),
            positive=positive,
            known=batch["known"] | positive,
            weight=weight,
            scale=scale,
        )
        if config.box_weight > 0 and config.tower.kind == "regions":
            views = normalised(jnp.einsum("nr,nrd->nd", batch["box_regions"], regions[own]))
            loss += config.box_weight * matched_softmax(
                views @ products.T, same=batch["same"], weight=batch["box_weight"], scale=scale
            )
        if config.crop_weight > 0 and isinstance(towers, RegionTowers):
            views = normalised(towers.whole_vectors(batch["crops"]))
            loss += config.crop_weight * matched_softmax(
                views @ products.T, same=batch["same"], weight=batch["box_weight"], scale=scale
            )
        return loss

    def _triplet(self, towers: TwoTower, params: Any, batch: dict[str, Array]) -> Array:
        anchor = towers.scene_vectors(batch["scenes"])[:, 0]
        if self.config.discard_statistics:  # as published: two batches, normalised apart
            positive = towers.product_vectors(batch["positives"])
            negative = towers.product_vectors(batch["negatives"])
        else:
            both = jnp.concatenate([batch["positives"], batch["negatives"]])
            positive, negative = jnp.split(towers.product_vectors(both), 2)
        vectors = jnp.concatenate([anchor, positive, negative])
        loss = triplet(anchor, positive, negative, margin=self.config.margin)
        return loss + self.config.norm_penalty * norm_penalty(vectors)


def learning_rate_at(config: TrainConfig, progress: float) -> float:
    """The learning rate when a part 0–1 of the budget is spent."""
    progress = min(max(progress, 0.0), 1.0)
    if progress < config.warmup_fraction:
        return config.learning_rate * min(1.0, max(progress, 1e-3) / config.warmup_fraction)
    if config.schedule == "constant":
        return config.learning_rate
    after = (progress - config.warmup_fraction) / (1 - config.warmup_fraction)
    return config.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * after)))
