"""The loop's order of work, with a trainer that costs nothing."""

from __future__ import annotations

import itertools
import math
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from recsys.errors import ModelError, TrainingError
from recsys.learning.loop import Budget, Event, Interrupted, Pace
from recsys.learning.metrics import MetricsLog
from recsys.learning.steps import State
from recsys.learning.validation import Evaluation
from tests.learning.fakes import EAGER, FakeTrainer, FakeValidation, Setting


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
        assert setting.validation.calls == 3  # the last step once

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


class _Killed(BaseException):
    pass


class _Keeper:
    """Frames in a list that outlives its loop, as a file would; may be killed with one kept."""

    def __init__(self, frames: list[int], dies_at: int | None = None) -> None:
        self.frames, self.dies_at = frames, dies_at

    def keep(self, step: int, evaluation: Evaluation) -> None:
        self.frames.append(step)
        if step == self.dies_at:
            raise _Killed

    def cut_after(self, step: int) -> None:
        self.frames[:] = [frame for frame in self.frames if frame <= step]


class TestAKillAtAnyMoment:
    """A resumed run writes down what an uninterrupted one does: losses and evaluations."""

    def rows(self, setting: Setting) -> list[tuple[int, float | None, float | None]]:
        return [
            (row["step"], row.get("loss"), row.get("validation_recall@10"))
            for row in setting.metrics()
        ]

    def assert_goes_on(
        self, folder: Path, pace: Pace, keeper: _Keeper, **options: Any
    ) -> tuple[list[tuple[int, float | None, float | None]], list[int]]:
        with pytest.raises(_Killed):
            Setting(folder, Budget(steps=7), pace=pace, keeper=keeper, **options).loop.run()
        keeper.dies_at = None
        again = Setting(folder, Budget(steps=7), pace=pace, keeper=keeper)
        if again.loop.checkpoints.steps():
            again.loop.restore()
        again.loop.run()
        assert again.loop.recall == 0.5
        told = [event.step for event in again.events if event.kind == "evaluate"]
        assert told == sorted(set(told))
        assert told[-1] == 7
        return self.rows(again), keeper.frames

    @pytest.mark.parametrize("save_every_s", [0.0, 1e9], ids=["saves always", "at the end"])
    def test_with_evaluations_by_steps(self, folder: Path, save_every_s: float) -> None:
        pace = Pace(evaluate_every_steps=2, save_every_s=save_every_s, report_every_s=0.0)
        frames: list[int] = []
        whole = Setting(folder, Budget(steps=7), pace=pace, keeper=_Keeper(frames))
        whole.loop.run()
        assert frames == [2, 4, 6, 7]
        expected = self.rows(whole), frames
        for number in range(len(whole.events)):
            count = itertools.count()

            def die(
                event: Event, count: itertools.count[int] = count, number: int = number
            ) -> None:
                if next(count) == number:
                    raise _Killed

            place = folder.with_name(f"killed-{number}")
            assert self.assert_goes_on(place, pace, _Keeper([]), then=die) == expected, number
        for step in frames:
            place = folder.with_name(f"kept-{step}")
            assert self.assert_goes_on(place, pace, _Keeper([], step)) == expected, step

    def test_at_the_end_with_evaluations_by_the_clock(self, folder: Path) -> None:
        """Each of them once, also where the kill came after it."""
        pace = Pace(evaluate_every_s=1e9, save_every_s=1e9, report_every_s=0.0)
        for kind in ("save", "evaluate", "done"):

            def die(event: Event, kind: str = kind) -> None:
                if event.kind == kind:
                    raise _Killed

            rows, frames = self.assert_goes_on(folder.with_name(kind), pace, _Keeper([]), then=die)
            assert [step for step, loss, _ in rows if loss is None] == frames == [7]


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


class TestEvaluating:
    def test_by_steps(self, folder: Path) -> None:
        pace = Pace(evaluate_every_s=0.0, evaluate_every_steps=3, save_every_s=1e9)
        for steps, expected in ((7, [3, 6, 7]), (6, [3, 6])):
            setting = Setting(folder.with_name(f"run-{steps}"), Budget(steps=steps), pace=pace)
            setting.loop.run()
            assert [r["step"] for r in setting.metrics() if "loss" not in r] == expected

    def test_takes_no_more_than_its_share_of_the_time(self, folder: Path) -> None:
        class Slow(FakeValidation):
            def evaluate(self, weights: Any, statistics: Any) -> Evaluation | None:
                time.sleep(0.02)
                return super().evaluate(weights, statistics)

        trainer = FakeTrainer()
        trainer.step_s = 0.004
        pace = Pace(evaluate_every_s=0.0, evaluation_share=0.2, save_every_s=1e9)
        setting = Setting(folder, Budget(steps=60), pace=pace, trainer=trainer, validation=Slow())
        setting.loop.run()
        # 60 steps of 4 ms and more; after each 20 ms of evaluation at least 80 ms of them.
        assert 2 <= setting.validation.calls < 20

    def test_what_they_found_is_kept_and_cut_with_the_run(self, folder: Path) -> None:
        class Kept:
            def __init__(self) -> None:
                self.steps: list[int] = []
                self.cut: list[int] = []

            def keep(self, step: int, evaluation: Evaluation) -> None:
                assert evaluation.scenes.tolist() == [7]
                self.steps.append(step)

            def cut_after(self, step: int) -> None:
                self.cut.append(step)

        kept, pace = Kept(), Pace(evaluate_every_steps=2, save_every_s=0.0)
        Setting(folder, Budget(steps=5), pace=pace, keeper=kept).loop.run()
        assert (kept.steps, kept.cut) == ([2, 4, 5], [0])
        again = Setting(folder, Budget(steps=9), pace=pace, keeper=kept)
        again.loop.restore()
        again.loop.run()
        assert kept.cut == [0, 5]

    def test_the_validation_loss_stands_beside_the_recall(self, folder: Path) -> None:
        class HeldOut:
            def __init__(self, value: float | None) -> None:
                self.value = value

            def loss(self, trainer: Any, state: Any) -> float | None:
                return self.value

        for number, value in enumerate((0.75, None, math.nan)):
            setting = Setting(
                folder.with_name(f"run-{number}"), Budget(steps=1), held_out=HeldOut(value)
            )
            setting.loop.run()
            last = setting.metrics()[-1]
            assert last.get("validation_loss") == (0.75 if value == 0.75 else None)
