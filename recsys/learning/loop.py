"""The order of work of a training run: batch, step, log, evaluate, save, stop.

Knows no catalogue and no preset: it is handed batches, a trainer, a validation and a folder.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from recsys.errors import RecsysError, TrainingError
from recsys.learning.batches import Batches
from recsys.learning.checkpoints import Checkpoints
from recsys.learning.disk import disk_error
from recsys.learning.held_out import HeldOut
from recsys.learning.metrics import MetricsLog
from recsys.learning.steps import State, Trainer, learning_rate_at
from recsys.learning.validation import Evaluation, Validation


@dataclass(frozen=True)
class Event:
    """Something that happened in a run, for a progress bar, a log or a page.

    Attributes:
        fraction: part of the budget spent, 0–1.
        remaining_s: seconds left, None while unknown.
        metrics: ``loss``, ``learning_rate``, ``gradient_norm``, ``images_per_s``,
            ``validation_recall@10``, as far as known; with ``evaluate`` all that it found.
        run: the run's id, with the first message.
    """

    kind: Literal["start", "step", "evaluate", "save", "message", "done"]
    step: int = 0
    fraction: float = 0.0
    remaining_s: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    text: str = ""
    run: str = ""


Events = Callable[[Event], None]


class Interrupted(RecsysError):  # noqa: N818 - it is no error of anyone
    """The run was asked to stop, and has saved where it was."""


class DivergedError(TrainingError):
    """The loss or the weights are no longer finite."""


@dataclass(frozen=True)
class Budget:
    """How long a run may be: steps, or seconds of wall clock, exactly one of them.

    With steps the learning rate depends on the step alone, so a resumed run repeats an
    uninterrupted one loss by loss. With seconds it follows the clock, so a slow machine still
    ends its schedule in time.
    """

    steps: int | None = None
    seconds: float | None = None

    def progress(self, step: int, elapsed_s: float) -> float:
        """Part of the budget spent, 0–1 (above 1 when overdrawn)."""
        if self.steps is not None:
            return step / self.steps
        assert self.seconds is not None
        return elapsed_s / self.seconds


@dataclass(frozen=True)
class Pace:
    """How often the loop looks up from its work.

    Attributes:
        evaluate_every_steps: instead of ``evaluate_every_s``; for comparing runs step by step.
        evaluation_share: part of the time, 0–1, that evaluations may take at most.
    """

    evaluate_every_s: float = 60.0
    evaluate_every_steps: int | None = None
    evaluation_share: float = 1.0
    save_every_s: float = 45.0
    report_every_s: float = 0.5


class Keeper(Protocol):
    """Keeps what evaluations found, beyond figures."""

    def keep(self, step: int, evaluation: Evaluation) -> None:
        """Adds what the evaluation after a step found."""

    def cut_after(self, step: int) -> None:
        """Drops what a resumed run will add again."""


class Loop:
    """One run, from a restored or initial state to its budget's end.

    Args:
        held_out: what the validation loss is taken over, None for none.
        keeper: keeps the lists of evaluations, None to keep nothing of them.
        folder: the run's own; gets ``metrics.jsonl`` and ``checkpoints/``.
        run_id: named in messages.
        used_s: wall clock already spent before the first step (reading, decoding).
        stop: set by whoever wants the run to save and stop; without it the run listens for
            signals itself.
    """

    def __init__(
        self,
        *,
        trainer: Trainer,
        batches: Batches,
        validation: Validation,
        budget: Budget,
        folder: Path,
        run_id: str,
        events: Events,
        pace: Pace | None = None,
        held_out: HeldOut | None = None,
        keeper: Keeper | None = None,
        used_s: float = 0.0,
        stop: threading.Event | None = None,
    ) -> None:
        self.trainer, self.batches, self.validation = trainer, batches, validation
        self.held_out, self.keeper = held_out, keeper
        self.budget, self.run_id, self.events = budget, run_id, events
        self.pace = pace or Pace()
        self.checkpoints = Checkpoints(folder / "checkpoints")
        self.metrics = MetricsLog(folder / "metrics.jsonl")
        self.elapsed_s = used_s
        self._stop = stop
        self._state = trainer.initial_state()
        self.step = 0
        self.saved_step: int | None = None
        self.recall: float | None = None
        self._evaluated_step = 0
        self._images_per_s = 0.0
        self._paced_from: tuple[int, float] | None = None
        self._reported_at = 0.0

    def restore(self) -> None:
        """Lets ``run`` go on from the newest whole checkpoint; ModelError where none restores."""
        self._state, progress = self.checkpoints.restore(self._state)
        self.step = self.saved_step = int(progress["step"])
        self.elapsed_s += float(progress["elapsed_s"])
        self.batches.seek(progress["position"])

    def run(self) -> State:
        """Runs to the end of the budget and returns the final state.

        Raises:
            Interrupted: SIGINT or SIGTERM came; a checkpoint was saved.
            DivergedError: the loss or the weights are no longer finite.
            TrainingError: what was learnt cannot be written (DiskFullError: the disk is full).
        """
        try:
            self.metrics.cut_after(self.step)
            found = self._found_before()
            if self.keeper is not None:
                # Of an evaluation that was cut short it may have kept the lists already.
                self.keeper.cut_after(self.step - (self._evaluated_step != self.step))
            self._emit("start", text=f"from step {self.step}")
            if found:
                self._emit("evaluate", metrics=found)  # a kill may have come before it was told
            with nullcontext(self._stop) if self._stop else stop_requests() as stop:
                return self._steps(self._state, stop)
        except (OSError, ValueError) as error:
            refused = disk_error(error, self.run_id, self.step, self.saved_step)
            if refused is None:
                raise
            raise refused from error

    def _steps(self, state: State, stop: threading.Event) -> State:
        saved_at = self.elapsed_s
        self._evaluated_at, self._evaluation_s = self.elapsed_s, 0.0
        clock = time.monotonic()
        if self._is_missing():
            self._evaluate(state)
        while (progress := self.budget.progress(self.step, self.elapsed_s)) < 1.0:
            if stop.is_set():
                self._save(state)
                raise stopped(self.run_id, f"at step {self.step} and is saved")
            rate = learning_rate_at(self.trainer.config, progress)
            batch = next(self.batches)
            state, figures = self.trainer.step(state, batch, jnp.float32(rate))
            loss, norm = float(figures["loss"]), float(figures["gradient_norm"])
            self.step += 1
            now = time.monotonic()
            self._count(batch, now - clock)
            self.elapsed_s += now - clock
            clock = now
            if self._paced_from is None:  # this first step compiled, which happens once
                self._paced_from = self.step, self.elapsed_s
            self._check_finite(loss, norm)
            self._log(loss, norm, rate)
            if self.elapsed_s - saved_at >= self.pace.save_every_s:
                self._save(state)
                saved_at = self.elapsed_s
            if self._is_due():
                self._evaluate(state)
                self._evaluated_at = self.elapsed_s
            now = time.monotonic()
            self.elapsed_s += now - clock
            clock = now
        if self.step == 0:
            raise TrainingError(
                f"the budget was spent before the first step: reading and decoding took "
                f"{self.elapsed_s:.0f} s",
                f"Give more with: python -m recsys train --resume {self.run_id} --minutes M",
            )
        self._save(state)
        if self._evaluated_step != self.step:
            self._evaluate(state)
        self._emit("done")
        return state

    def _count(self, batch: dict[str, Any], seconds: float) -> None:
        pictures = ("scenes", "products", "positives", "negatives")
        images = sum(len(batch[name]) for name in pictures if name in batch)
        speed = images / max(seconds, 1e-6)
        # The first step compiles; it says nothing about the speed.
        fresh = self._images_per_s == 0.0 or self.step <= 2
        self._images_per_s = speed if fresh else 0.9 * self._images_per_s + 0.1 * speed

    def _check_finite(self, loss: float, norm: float) -> None:
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise self._diverged(
                f"the loss was {loss} and the gradient's norm {norm} at step {self.step}, after "
                f"{self.step - 1} finite steps"
            )

    def _diverged(self, what: str) -> DivergedError:
        if self.saved_step is None:
            return DivergedError(
                f"{what}; there is no checkpoint yet",
                "Start again with a lower --set learning_rate",
            )
        return DivergedError(
            f"{what}; the last good checkpoint is of step {self.saved_step}",
            f"Go on from it with: python -m recsys train --resume {self.run_id} "
            "--set learning_rate=… (a lower one)",
        )

    def _log(self, loss: float, norm: float, rate: float) -> None:
        self.metrics.append(
            {
                "step": self.step,
                "loss": loss,
                "learning_rate": rate,
                "gradient_norm": norm,
                "images_per_s": round(self._images_per_s, 2),
                "elapsed_s": round(self.elapsed_s, 3),
            }
        )
        if time.monotonic() - self._reported_at >= self.pace.report_every_s:
            self._reported_at = time.monotonic()
            self._emit("step", metrics={"loss": loss, "learning_rate": rate, "gradient_norm": norm})

    def _save(self, state: State) -> None:
        finite = jax.tree.map(lambda leaf: bool(np.isfinite(np.asarray(leaf)).all()), state)
        if not all(jax.tree.leaves(finite)):
            raise self._diverged(f"the weights are no longer finite at step {self.step}")
        progress = {
            "step": self.step,
            "elapsed_s": self.elapsed_s,
            "position": self.batches.position(),
        }
        self.saved_step = self.checkpoints.save(state, progress)
        self._emit("save")

    def _is_due(self) -> bool:
        """Whether an evaluation is."""
        if self.pace.evaluate_every_steps is not None:
            return self.step % self.pace.evaluate_every_steps == 0
        rest_s = self._evaluation_s * (1 / self.pace.evaluation_share - 1)
        waited_s = self.elapsed_s - self._evaluated_at
        return waited_s >= max(self.pace.evaluate_every_s, rest_s)

    def _is_missing(self) -> bool:
        """Whether the run was killed after its checkpoint and before the evaluation due there."""
        every = self.pace.evaluate_every_steps
        return every is not None and self._evaluated_step != self.step and self.step % every == 0

    def _found_before(self) -> dict[str, float]:
        """What an earlier process found at the step that was restored; empty for nothing."""
        for record in self.metrics.read():
            if record.get("step") == self.step and "loss" not in record:
                self._evaluated_step = self.step
                self.recall = record.get("validation_recall@10")
                return {name: value for name, value in record.items() if name != "step"}
        return {}

    def _evaluate(self, state: State) -> None:
        began = time.monotonic()
        self._evaluated_step = self.step
        evaluation = self.validation.evaluate(*self.trainer.exported(state))
        if evaluation is None:
            return
        figures = dict(evaluation.figures)
        loss = self.held_out.loss(self.trainer, state) if self.held_out else None
        if loss is not None and math.isfinite(loss):
            figures["validation_loss"] = loss
        self.recall = figures.get("validation_recall@10")
        if self.keeper is not None:
            self.keeper.keep(self.step, evaluation)
        self.metrics.append({"step": self.step, **figures})  # last: it says that all is kept
        self._evaluation_s = time.monotonic() - began
        self._emit("evaluate", metrics=figures)

    def _emit(
        self,
        kind: Literal["start", "step", "evaluate", "save", "message", "done"],
        *,
        metrics: dict[str, float] | None = None,
        text: str = "",
    ) -> None:
        fraction = min(1.0, self.budget.progress(self.step, self.elapsed_s))
        remaining = None
        if self.budget.seconds is not None:
            remaining = max(0.0, self.budget.seconds - self.elapsed_s)
        elif self._paced_from is not None and self.step > self._paced_from[0]:
            steps, seconds = self.step - self._paced_from[0], self.elapsed_s - self._paced_from[1]
            assert self.budget.steps is not None
            remaining = max(0.0, (self.budget.steps - self.step) * seconds / steps)
        known = dict(metrics or {})
        if self._images_per_s:
            known.setdefault("images_per_s", self._images_per_s)
        if self.recall is not None:
            known.setdefault("validation_recall@10", self.recall)
        self.events(Event(kind, self.step, fraction, remaining, known, text))


def stopped(run_id: str, where: str) -> Interrupted:
    """What to raise where a run stops because it was asked to."""
    return Interrupted(
        f"the run {run_id} was stopped {where}",
        f"Go on with: python -m recsys train --resume {run_id}",
    )


@contextmanager
def stop_requests() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set; the second SIGINT is a KeyboardInterrupt as usual.

    Signals can only be received in the main thread; elsewhere the event is never set.
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def request(number: int, frame: Any) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, request)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
