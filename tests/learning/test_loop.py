"""The loop's order of work, with a trainer that costs nothing."""

from __future__ import annotations

import itertools
import json
import math
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from recsys.errors import ModelError, TrainingError
from recsys.learning.loop import Budget, Event, Interrupted, Loop, MetricsLog, Pace
from recsys.learning.steps import State
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

    def recall_at_10(self, weights: Any, statistics: Any) -> float | None:
        self.calls += 1
        return self.recall


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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "run-1"


class TestABudgetOfSteps:
    def test_is_spent_exactly(self, folder: Path) -> None:
        setting = Setting(folder, Budget(steps=5))
        state = setting.loop.run()
        assert int(state.step) == setting.loop.step == 5
        assert setting.loop.checkpoints.steps() == [5]
        assert setting.kinds() == ["start", *["step"] * 5, "save", "evaluate", "done"]

    def test_every_step_is_logged_with_what_a_person_asks_for(self, folder: Path) -> None:
        setting = Setting(folder, Budget(steps=5))
        setting.loop.run()
        *steps, evaluation = setting.metrics()
        assert [record["step"] for record in steps] == [1, 2, 3, 4, 5]
        assert [record["loss"] for record in steps] == [np.float32(1 / n) for n in range(1, 6)]
        assert [record["gradient_norm"] for record in steps] == [1, 2, 3, 4, 5]
        assert [np.float32(record["learning_rate"]) for record in steps] == setting.trainer.rates
        assert all(record["images_per_s"] > 0 for record in steps)
        assert evaluation == {"step": 5, "validation_recall@10": 0.5}

    def test_events_tell_how_far_and_how_long(self, folder: Path) -> None:
        setting = Setting(folder, Budget(steps=4))
        setting.loop.run()
        steps = [event for event in setting.events if event.kind == "step"]
        assert [event.fraction for event in steps] == [0.25, 0.5, 0.75, 1.0]
        assert steps[0].remaining_s is None
        assert all(event.remaining_s is not None and event.remaining_s >= 0 for event in steps[1:])
        known = {"loss", "learning_rate", "gradient_norm", "images_per_s"}
        assert known <= steps[-1].metrics.keys()
        assert setting.events[-1].metrics["validation_recall@10"] == 0.5

    def test_saves_and_evaluates_on_the_way(self, folder: Path) -> None:
        setting = Setting(folder, Budget(steps=3), pace=EAGER)
        setting.loop.run()
        assert setting.kinds().count("save") == 4
        assert setting.validation.calls == 4

    def test_without_validation_scenes_there_is_no_recall(self, folder: Path) -> None:
        setting = Setting(folder, Budget(steps=2), validation=FakeValidation(None))
        setting.loop.run()
        assert "evaluate" not in setting.kinds()
        assert setting.loop.recall is None


class TestABudgetOfSeconds:
    def test_ends_in_time(self, folder: Path) -> None:
        setting = Setting(folder, Budget(seconds=0.6), used_s=0.2)
        setting.trainer.step_s = 0.02
        began = time.monotonic()
        setting.loop.run()
        assert 0.35 < time.monotonic() - began < 1.5
        fractions = [event.fraction for event in setting.events if event.kind == "step"]
        assert fractions[0] >= 1 / 3  # what was used before the first step counts
        assert fractions == sorted(fractions)
        # the learning rate follows the clock to its end
        peak = setting.trainer.config.learning_rate
        assert setting.trainer.rates[-1] < 0.1 * peak
        last = setting.events[-1]
        assert last.remaining_s == 0

    def test_an_overdrawn_budget_is_no_model(self, folder: Path) -> None:
        setting = Setting(folder, Budget(seconds=1), used_s=5)
        message = "before the first step: .* took 5 s.*--resume run-1 --minutes"
        with pytest.raises(TrainingError, match=message):
            setting.loop.run()


class TestStopping:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_a_signal_saves_first(self, folder: Path, number: int) -> None:
        def stop(event: Event) -> None:
            if event.kind == "step" and event.step == 3:
                os.kill(os.getpid(), number)

        before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
        setting = Setting(folder, Budget(steps=10), then=stop)
        message = "run-1 was stopped at step 3 and is saved.*train --resume run-1"
        with pytest.raises(Interrupted, match=message):
            setting.loop.run()
        assert setting.loop.checkpoints.steps() == [3]
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
        again = Setting(folder, Budget(steps=10))
        again.loop.restore()
        again.loop.run()
        steps = [record["step"] for record in again.metrics() if "loss" in record]
        assert steps == list(range(1, 11))
        norms = [record["gradient_norm"] for record in again.metrics() if "loss" in record]
        assert norms == steps  # every batch once, in order

    def test_a_second_interrupt_does_not_wait(self, folder: Path) -> None:
        def insist(event: Event) -> None:
            if event.kind == "step":
                os.kill(os.getpid(), signal.SIGINT)
                os.kill(os.getpid(), signal.SIGINT)

        with pytest.raises(KeyboardInterrupt):
            Setting(folder, Budget(steps=10), then=insist).loop.run()

    def test_in_another_thread_signals_are_left_alone(self, folder: Path) -> None:
        setting = Setting(folder, Budget(steps=3))
        before = signal.getsignal(signal.SIGTERM)
        thread = threading.Thread(target=setting.loop.run)
        thread.start()
        thread.join(30)
        assert setting.loop.step == 3
        assert signal.getsignal(signal.SIGTERM) is before


class TestNonFiniteLoss:
    @pytest.mark.parametrize("bad", [math.nan, math.inf])
    def test_stops_and_names_the_step_and_the_checkpoint(self, folder: Path, bad: float) -> None:
        trainer = FakeTrainer(lambda step: bad if step == 4 else 1.0)
        setting = Setting(folder, Budget(steps=9), trainer=trainer, pace=EAGER)
        message = (
            f"loss was {bad} .*at step 4, after 3 finite steps.*checkpoint is of step 3.*run-1"
        )
        with pytest.raises(TrainingError, match=message):
            setting.loop.run()
        assert setting.loop.checkpoints.steps() == [2, 3]
        state, _ = setting.loop.checkpoints.restore(trainer.initial_state())
        assert float(state.params["log_scale"]) == 1.0
        assert [record["step"] for record in setting.metrics() if "loss" in record] == [1, 2, 3]

    def test_before_any_checkpoint_it_says_so(self, folder: Path) -> None:
        trainer = FakeTrainer(lambda step: math.nan)
        setting = Setting(folder, Budget(steps=9), trainer=trainer)
        with pytest.raises(TrainingError, match=r"no checkpoint yet.*lower --set learning_rate"):
            setting.loop.run()
        assert setting.loop.checkpoints.steps() == []

    @pytest.mark.parametrize("part", ["params", "statistics", "optimiser", "average"])
    def test_a_state_that_is_not_finite_is_never_saved(self, folder: Path, part: str) -> None:
        trainer = FakeTrainer()
        step = trainer.step

        def spoilt(state: State, batch: Any, rate: Any) -> Any:
            new, figures = step(state, batch, rate)
            if int(new.step) == 3:
                new = new._replace(**{part: {"weights": jnp.float32(math.nan)}})
            return new, figures

        trainer.step = spoilt  # type: ignore[method-assign]
        setting = Setting(folder, Budget(steps=9), trainer=trainer, pace=EAGER)
        with pytest.raises(TrainingError, match="checkpoint is of step 2"):
            setting.loop.run()
        assert setting.loop.checkpoints.steps() == [1, 2]


class TestRestoring:
    def test_time_and_position_go_on(self, folder: Path) -> None:
        first = Setting(folder, Budget(steps=4), used_s=100.0)
        first.loop.run()
        again = Setting(folder, Budget(steps=6), used_s=5.0)
        again.loop.restore()
        assert again.loop.step == 4
        assert again.loop.elapsed_s >= 105
        assert again.loop.batches.taken == 4  # type: ignore[attr-defined]

    def test_without_a_checkpoint_it_is_an_error(self, folder: Path) -> None:
        with pytest.raises(ModelError, match="run run-1 can be restored"):
            Setting(folder, Budget(steps=4)).loop.restore()

    def test_a_fresh_run_forgets_old_metrics(self, folder: Path) -> None:
        Setting(folder, Budget(steps=4)).loop.run()
        setting = Setting(folder, Budget(steps=2))
        setting.loop.run()
        assert [record["step"] for record in setting.metrics() if "loss" in record] == [1, 2]


class TestMetricsLog:
    def test_a_line_cut_short_by_a_kill_is_dropped(self, tmp_path: Path) -> None:
        log = MetricsLog(tmp_path / "metrics.jsonl")
        for step in range(1, 5):
            log.append({"step": step, "loss": step / 3})
        whole = log.path.read_bytes()
        for length in itertools.chain(range(0, len(whole), 7), [len(whole) - 1]):
            log.path.write_bytes(whole[:length] + b"\xff\n[1]\nnull\n" * (length % 2))
            log.cut_after(3)
            steps = [record["step"] for record in log.read()]
            complete = whole[:length].count(b"}")
            assert steps == list(range(1, min(3, complete) + 1)), length
            log.append({"step": 99})
            assert log.read()[-1] == {"step": 99}

    def test_a_log_that_is_not_there_is_empty(self, tmp_path: Path) -> None:
        assert MetricsLog(tmp_path / "metrics.jsonl").read() == []
