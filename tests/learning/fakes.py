"""A trainer, batches and a validation that cost nothing, and a loop over them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from recsys.learning.loop import Budget, Event, Loop, Pace
from recsys.learning.steps import State
from recsys.learning.validation import Evaluation
from tests.learning.tiny import tiny

EAGER = Pace(evaluate_every_s=0.0, save_every_s=0.0, report_every_s=0.0)
LAZY = Pace(evaluate_every_s=1e9, save_every_s=1e9, report_every_s=0.0)


class FakeTrainer:
    """Weights count the steps; ``losses`` says what each step reports."""

    def __init__(self, loss_at: Callable[[int], float] = lambda step: 1 / step) -> None:
        self.config = tiny()
        self.loss_at = loss_at
        self.rates: list[float] = []
        self.step_s = 0.0

    def initial_state(self) -> State:
        weights = {"log_scale": jnp.float32(0)}
        return State(jnp.int32(0), weights, {}, (), {"towers": {}, **weights})

    def step(self, state: State, batch: Any, rate: Any) -> tuple[State, dict[str, Any]]:
        time.sleep(self.step_s)
        self.rates.append(float(rate))
        number = int(state.step) + 1
        loss = self.loss_at(number)
        weights = {"log_scale": jnp.float32(loss)}
        new = state._replace(step=jnp.int32(number), params=weights)
        return new, {"loss": jnp.float32(loss), "gradient_norm": jnp.float32(batch["n"])}

    def exported(self, state: State) -> tuple[Any, Any]:
        return state.average["towers"], state.statistics


class FakeBatches:
    def __init__(self) -> None:
        self.taken = 0

    def __next__(self) -> dict[str, Any]:
        self.taken += 1
        return {"scenes": np.zeros((4, 1)), "products": np.zeros((6, 1)), "n": self.taken}

    def position(self) -> dict[str, Any]:
        return {"taken": self.taken}

    def seek(self, position: dict[str, Any]) -> None:
        self.taken = position["taken"]


class FakeValidation:
    def __init__(self, recall: float | None = 0.5) -> None:
        self.recall, self.calls = recall, 0

    def evaluate(self, weights: Any, statistics: Any) -> Evaluation | None:
        self.calls += 1
        if self.recall is None:
            return None
        lists = np.array([[3, 1]])
        return Evaluation(
            figures={"validation_recall@10": self.recall},
            scenes=np.array([7]),
            products=lists,
            scores=lists.astype(np.float32),
            right=lists > 2,
            all_scenes=np.array([7]),
            recall=np.array([self.recall]),
        )


class Setting:
    """A loop on fakes, with what happened in it."""

    def __init__(self, folder: Path, budget: Budget, **options: Any) -> None:
        self.folder = folder
        self.events: list[Event] = []
        self.trainer = options.pop("trainer", FakeTrainer())
        self.validation = options.pop("validation", FakeValidation())
        then = options.pop("then", lambda event: None)

        def listen(event: Event) -> None:
            self.events.append(event)
            then(event)

        folder.mkdir(parents=True, exist_ok=True)
        self.loop = Loop(
            trainer=self.trainer,
            batches=FakeBatches(),  # type: ignore[arg-type]
            validation=self.validation,
            budget=budget,
            folder=folder,
            run_id=folder.name,
            events=listen,
            **{"pace": LAZY, **options},
        )

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def metrics(self) -> list[dict[str, Any]]:
        text = (self.folder / "metrics.jsonl").read_text("utf-8")
        return [json.loads(line) for line in text.splitlines()]
