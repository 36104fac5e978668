"""The process that measures what a training would cost: ``python -m recsys.learning.measuring``.

Its argument is a JSON object with ``config`` and the number of ``scenes``; what it finds is its
task's state, read by ``recsys.learning.estimates``.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from recsys import processes
from recsys.errors import RecsysError
from recsys.learning.batches import TrainingData, make_batches
from recsys.learning.config import TrainConfig, config_from_json
from recsys.learning.estimates import Measured
from recsys.learning.memory import available_bytes
from recsys.learning.steps import Trainer

_STEPS = 4
_ENOUGH_S = 20.0
_OVERHEAD_BYTES = 250_000_000
"""What a run holds beside its step: evaluations, decoding, the mapped pictures it just read."""


def main(request: dict[str, Any]) -> None:
    """Measures and reports."""
    try:
        config = config_from_json(request["config"])
        found = measure(config, max(2, int(request["scenes"])))
    except RecsysError as error:
        processes.report({"error": error.message})
        sys.exit(1)
    processes.report(found.record())


def measure(config: TrainConfig, scenes: int) -> Measured:
    """A few steps on random pictures; none where the compiled step says that it cannot fit."""
    trainer = Trainer(config)
    batches = make_batches(_random_data(config, min(config.batch_scenes, scenes)), config)
    state, batch, rate = trainer.initial_state(), next(batches), jnp.float32(1e-6)
    state_bytes = sum(leaf.nbytes for leaf in jax.tree.leaves(state))
    began = time.monotonic()
    step = trainer.compiled_for(state, batch, rate)
    analysis = step.memory_analysis()
    needed = analysis.temp_size_in_bytes + analysis.output_size_in_bytes if analysis else 0
    device = jax.devices()[0]
    stats = device.memory_stats() if device.platform != "cpu" else None
    device_bytes = stats["bytes_limit"] - stats["bytes_in_use"] if stats else 0
    before = _held_bytes()
    memory = needed if stats else before + needed + _OVERHEAD_BYTES
    if memory > (device_bytes or available_bytes() + before):
        return Measured(None, None, memory, device_bytes, state_bytes)
    state, figures = step(state, batch, rate, trainer.weight_decay)
    float(figures["loss"])
    first_step_s = time.monotonic() - began
    times: list[float] = []
    while len(times) < _STEPS and sum(times) < _ENOUGH_S:
        began = time.monotonic()
        state, figures = step(state, next(batches), rate, trainer.weight_decay)
        float(figures["loss"])
        times.append(time.monotonic() - began)
    if not stats:
        memory = max(memory, _held_bytes() + _OVERHEAD_BYTES)
    return Measured(float(np.median(times)), first_step_s, memory, device_bytes, state_bytes)


def _random_data(config: TrainConfig, scenes: int) -> TrainingData:
    """As many scenes as one step takes, each with as many products as it draws."""
    rng = np.random.default_rng(0)
    tower, each = config.tower, config.products_per_scene
    rows = np.arange(scenes * each, dtype=np.int32)
    corner = rng.uniform(0, 0.5, (len(rows), 2))
    size = tower.product_size_px
    return TrainingData(
        scenes=rng.integers(
            0, 256, (scenes, tower.scene_height_px, tower.scene_width_px, 3), dtype=np.uint8
        ),
        products=rng.integers(0, 256, (len(rows), size, size, 3), dtype=np.uint8),
        pair_scene=rows // each,
        pair_product=rows,
        pair_box=np.concatenate([corner, corner + 0.4], axis=1).astype(np.float32),
        all_products=rows,
    )


def _held_bytes() -> int:
    """The most memory that this process has held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
