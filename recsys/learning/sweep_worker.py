"""The process that a sweep is: one trial after the other, until its budget is spent.

``python -m recsys.learning.sweep_worker SWEEP-ID``, started by ``recsys.learning.sweeps``. Killed
at any moment it goes on in the middle of its trial. After each evaluation everything that it
knows stands in ``trials.json``; should Optuna's database be damaged, it is made anew from there.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import json
import re
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys import atomic as files
from recsys import processes
from recsys.errors import ConfigError, ModelError, StaleError, TrainingError
from recsys.learning.slot import await_turn
from recsys.learning.sweeps import read_request
from recsys.learning.worker import quiet_libraries, say, told_error
from recsys.workspace import Workspace

if TYPE_CHECKING:
    import optuna

    from recsys.learning.config import TrainConfig
    from recsys.learning.loop import Event
    from recsys.learning.material import Material
    from recsys.learning.steps import Trainer
    from recsys.learning.validation import Validation

_EVALUATIONS = 5
_SAVE_EVERY_S = 20.0
_REPORT_EVERY_S = 1.0
_IN_VAIN = 2
"""So often may the process die in a trial that comes no further; then it is the next one's turn."""


class _EndedEarlyError(Exception):
    """The trial is not worth going on with, or its time is over."""


class _HopelessError(TrainingError):
    """The trial took the process with it more than once, and came no further."""


def main(sweep_id: str) -> int:
    """Carries a sweep out; returns the exit code."""
    quiet_libraries()
    workspace = Workspace.default()
    folder = workspace.sweep_dir(sweep_id)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())

    def waiting(ahead: str) -> None:
        say(f"Waiting for {ahead} to end")
        processes.report({"phase": "queued", "behind": ahead, "updated": time.time()})

    try:
        if await_turn(workspace, folder, stop, waiting):
            _search(sweep_id, workspace, stop)
        phase = "stopped" if stop.is_set() else "finished"
        processes.report({**processes.read_state(folder), "phase": phase, "updated": time.time()})
        say(f"The sweep is {phase}")
        return processes.EXIT_STOPPED if stop.is_set() else 0
    except BaseException as error:  # noqa: BLE001  the last stop: every end is written down
        return told_error(error, folder)


def _search(sweep_id: str, workspace: Workspace, stop: threading.Event) -> None:
    try:
        Search(sweep_id, workspace, stop).run()
    except TrainingError as error:  # it names the trial as if that were a run to be resumed
        trial = rf"train --resume {re.escape(sweep_id)}, trial \d+"
        remedy = re.sub(trial, f"sweep resume {sweep_id}", error.remedy)
        raise type(error)(error.message, remedy) from error


class Search:
    """A sweep's trials, those before this process included."""

    def __init__(self, sweep_id: str, workspace: Workspace, stop: threading.Event) -> None:
        from recsys.catalog.datasets import open_dataset
        from recsys.learning.set_aside import what_happened
        from recsys.learning.sweep_study import Study

        self.id, self.workspace, self.stop = sweep_id, workspace, stop
        self.folder = workspace.sweep_dir(sweep_id)
        self.request, fingerprint = read_request(workspace, sweep_id)
        self.catalog, _ = open_dataset(self.request.data, workspace)
        if self.catalog.fingerprint != fingerprint:
            raise StaleError(
                f"the data set {self.catalog.name} has changed since the sweep {sweep_id} began",
                "Start a new sweep",
            )
        self.study = Study(self.folder, self.request)
        if self.study.was_damaged:
            say(what_happened(self.folder / "study.db", "trials.json"))
        self._began = time.monotonic()
        self._used_before_s = self.study.used_s
        self._reported_at = 0.0
        self._material: tuple[tuple[int, int, int], Material] | None = None
        self._compiled: tuple[Material, Trainer, Validation] | None = None

    def run(self) -> None:
        """Tries until the budget is spent or it is asked to stop."""
        while not self.stop.is_set() and self._fraction() < 1.0:
            trial = self.study.next_trial()
            say(f"Trial {trial.number}: {self._words(trial.params)}")
            self._report("training", trial.number, 0, 0.0)
            self._try(trial)
            self.study.keep(self._used_s())

    def _try(self, trial: optuna.Trial) -> None:
        from recsys.learning.disk import is_disk_full
        from recsys.learning.loop import DivergedError, Interrupted

        began = time.monotonic()
        place = self.folder / "trials" / f"{trial.number:04d}"
        try:
            self._begin(trial, place)
            recall = self._train(trial, place)
        except Interrupted:
            self.study.spent(trial, time.monotonic() - began)
            self.study.forgive(trial)
            return  # it goes on with the checkpoint that was just saved
        except _EndedEarlyError as error:
            self.study.end_early(trial, str(error), time.monotonic() - began)
        except DivergedError as error:
            self.study.end_early(trial, error.message, time.monotonic() - began)
        except (ConfigError, _HopelessError) as error:
            self.study.fail(trial, error.message, time.monotonic() - began)
        except Exception as error:
            if is_disk_full(error):
                with contextlib.suppress(Exception):  # it may not have room for this either
                    self.study.forgive(trial)
            raise
        else:
            self.study.complete(trial, recall, time.monotonic() - began)
        shutil.rmtree(place / "checkpoints", ignore_errors=True)
        say(f"Trial {trial.number}: {self.study.outcome(trial)}")

    def _begin(self, trial: optuna.Trial, place: Path) -> None:
        """Sees to what an earlier process left of a trial.

        Raises _HopelessError where that died in it time and again.
        """
        from recsys.learning.checkpoints import Checkpoints

        # As they are read again, so that they compare.
        params = json.loads(json.dumps(trial.params))
        checkpoints = Checkpoints(place / "checkpoints")
        if processes.read_record(place / "params.json") != params:
            # A damaged database was made anew without the trial that was under way; its number
            # is another's now.
            shutil.rmtree(checkpoints.folder, ignore_errors=True)
            files.write_json(place / "params.json", params)
        saved_step = max(checkpoints.steps(), default=0)
        if self.study.begin(trial, saved_step) >= _IN_VAIN:
            raise _HopelessError(
                f"the sweep ended {_IN_VAIN} times in this trial without coming past step "
                f"{saved_step}, as where the memory does not suffice"
            )

    def _train(self, trial: optuna.Trial, place: Path) -> float:
        from recsys.learning.batches import make_batches
        from recsys.learning.loop import Budget, Loop, Pace
        from recsys.learning.steps import Trainer
        from recsys.learning.sweep_space import trial_config

        config = trial_config(self.request, trial.params)
        material = self._read(config.tower)
        compiled, validation = self._compiled_for(config, material)
        steps = self.request.trial_steps

        def listen(event: Event) -> None:
            if event.kind in ("start", "step", "evaluate"):
                self._report("training", trial.number, event.step, event.fraction)
            if event.kind == "evaluate":
                recall = event.metrics["validation_recall@10"]
                self.study.measured(trial, event.step, recall)
                self.study.keep(self._used_s())
                if event.step < steps and self.study.should_prune(trial):
                    raise _EndedEarlyError("worse than the median of the trials before it")
            if event.step < steps and self.request.minutes is not None and self._fraction() >= 1:
                raise _EndedEarlyError("the sweep's time was over")

        loop = Loop(
            trainer=Trainer(config, like=compiled),
            batches=make_batches(material.training, config),
            validation=validation,
            budget=Budget(steps),
            folder=place,
            run_id=f"{self.id}, trial {trial.number}",
            events=listen,
            pace=Pace(
                evaluate_every_steps=max(1, steps // _EVALUATIONS), save_every_s=_SAVE_EVERY_S
            ),
            stop=self.stop,
        )
        if loop.checkpoints.steps():
            try:
                loop.restore()
            except ModelError:  # damaged: a trial is short, and what it does repeats
                say(f"Trial {trial.number} begins anew: no checkpoint of it can be restored")
                shutil.rmtree(loop.checkpoints.folder, ignore_errors=True)
        loop.run()
        assert loop.recall is not None
        return loop.recall

    def _compiled_for(self, config: TrainConfig, material: Material) -> tuple[Trainer, Validation]:
        """What is compiled, kept where the next trial needs the same."""
        from recsys.learning.steps import Trainer

        kept = self._compiled
        if kept is None or kept[0] is not material or not kept[1].has_step_of(config):
            kept = self._compiled = None
            self._forget_compiled()  # or they would pile up
            kept = material, Trainer(config), material.validation(config)
            self._compiled = kept
        return kept[1:]

    def _read(self, tower: Any) -> Material:
        """The data in the sizes that a trial asks for; kept where the next asks for the same."""
        from recsys.learning.loop import stopped
        from recsys.learning.material import read_material
        from recsys.learning.sweep_space import base_config

        def decoding(what: str, done: int, total: int) -> None:
            self._report("reading", None, 0, 0.0, f"{what}: {done:,} of {total:,}")
            if self.stop.is_set():
                raise stopped(self.id, "while it read its pictures")

        sizes = (tower.scene_height_px, tower.scene_width_px, tower.product_size_px)
        if self._material is None or self._material[0] != sizes:
            config = dataclasses.replace(base_config(self.request), tower=tower)
            material = read_material(config, self.catalog, self.workspace, decoding)
            if not len(material.held_out.pair_scene):
                raise TrainingError(
                    f"the data set {self.catalog.name} has no validation scenes to judge trials by",
                    "A sweep needs more scenes with pairs",
                )
            self._material = (sizes, material)
        return self._material[1]

    def _used_s(self) -> float:
        return self._used_before_s + time.monotonic() - self._began

    def _fraction(self, of_trial: float = 0.0) -> float:
        if self.request.minutes is not None:
            return self._used_s() / (60 * self.request.minutes)
        assert self.request.trials is not None
        return (self.study.ended + of_trial) / self.request.trials

    def _report(
        self, phase: str, trial: int | None, step: int, of_trial: float, text: str = ""
    ) -> None:
        now = time.monotonic()
        if step and now - self._reported_at < _REPORT_EVERY_S:
            return
        self._reported_at = now
        fraction = min(1.0, self._fraction(of_trial))
        used_s = self._used_s()
        remaining_s = used_s * (1 - fraction) / fraction if fraction > 0.01 else None
        if self.request.minutes is not None:
            remaining_s = max(0.0, 60 * self.request.minutes - used_s)
        processes.report(
            {
                "phase": phase,
                "trial": trial,
                "step": step,
                "steps": self.request.trial_steps,
                "fraction": fraction,
                "remaining_s": remaining_s,
                "text": text,
                "updated": time.time(),
            }
        )

    @staticmethod
    def _forget_compiled() -> None:
        import jax

        jax.clear_caches()  # type: ignore[no-untyped-call]
        gc.collect()

    @staticmethod
    def _words(params: dict[str, Any]) -> str:
        return ", ".join(
            f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
            for key, value in params.items()
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
