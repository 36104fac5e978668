"""A sweep's trials in Optuna's database, and as plain data beside it. Loads Optuna.

The plain data is written after the database and holds the same, so either can be lost: without
``trials.json`` it is written again, and a damaged database is set aside and filled from it.
"""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.importance import FanovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, TrialState, create_trial
from sqlalchemy.exc import DatabaseError, OperationalError

from recsys import atomic as files
from recsys import processes
from recsys.learning.set_aside import set_aside
from recsys.learning.sweep_space import is_whole
from recsys.learning.sweeps import OBJECTIVE, Parameter, SweepRequest, Trial

_MIN_FOR_IMPORTANCE = 4
_MIN_BEFORE_PRUNING = 3
_CHANCE_SHARE = 0.35
"""Part of a trial that each may train, however badly it begins: a slow start is no bad end."""
_BUSY_S = 20.0
_STATES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
    TrialState.WAITING: "running",
}
_ENDED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


class Study:
    """The trials of one sweep.

    Attributes:
        used_s: seconds that the sweep has taken, those of earlier processes included.
        was_damaged: the database was found damaged, and is filled from the plain data.

    Raises, here and in every method, what SQLAlchemy raises where the disk is full or refuses.
    """

    def __init__(self, folder: Path, request: SweepRequest) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._folder, self._request = folder, request
        self._space = {one.key: _distribution(one) for one in request.parameters}
        self._importances: tuple[int, dict[str, float]] = (0, {})
        known = processes.read_record(folder / "trials.json") or {}
        self.used_s = float(known.get("used_s") or 0.0)
        self.was_damaged = False
        try:
            self._study = self._opened()
        except OperationalError:
            raise  # full, locked, not to be written: no sign of damage
        except DatabaseError:
            set_aside(folder / "study.db")
            self.was_damaged = True
            self._study = self._opened()
        has = len(self._study.get_trials(deepcopy=False))
        for record in (known.get("trials") or ())[has:]:  # lost with it, or with its journal
            self._put_back(record)

    @property
    def ended(self) -> int:
        """How many trials have come to an end, good or bad."""
        return len(self._study.get_trials(deepcopy=False, states=_ENDED))

    def next_trial(self) -> optuna.Trial:
        """The trial that was broken off, else a new one."""
        broken_off = self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        if broken_off:
            return optuna.Trial(self._study, broken_off[0]._trial_id)
        # The sampler draws from its seed alone: the same in each process, it would repeat itself.
        self._study.sampler = self._sampler(len(self._study.get_trials(deepcopy=False)))
        return self._study.ask(self._space)

    def begin(self, trial: optuna.Trial, saved_step: int) -> int:
        """Notes that a trial is begun, or gone on with from its saved step.

        Returns:
            How many times before it was begun, came no further than it is now, and took the
            process with it.
        """
        before = self._frozen(trial).user_attrs.get("begun")
        in_vain = 0
        if before is not None and saved_step <= before["step"]:
            in_vain = before["in_vain"] + 1
        trial.set_user_attr("begun", {"step": saved_step, "in_vain": in_vain})
        return in_vain

    def forgive(self, trial: optuna.Trial) -> None:
        """A trial was broken off for no fault of its own: it was to stop, or the disk is full."""
        trial.set_user_attr("begun", None)

    def measured(self, trial: optuna.Trial, step: int, recall: float) -> None:
        """Notes the objective at a step of a trial."""
        if step not in self._frozen(trial).intermediate_values:  # a resumed trial measures again
            trial.report(recall, step)

    def should_prune(self, trial: optuna.Trial) -> bool:
        """Whether a trial is worse than the median of those before it at the same step."""
        return bool(self._request.prunes and trial.should_prune())

    def complete(self, trial: optuna.Trial, recall: float, seconds: float) -> None:
        """A trial came to its end, after some more seconds."""
        self.spent(trial, seconds)
        self._study.tell(trial, recall)

    def end_early(self, trial: optuna.Trial, reason: str, seconds: float) -> None:
        """A trial was not worth going on with; what it measured still guides the search."""
        self.spent(trial, seconds)
        trial.set_user_attr("reason", reason)
        self._study.tell(trial, state=TrialState.PRUNED)

    def fail(self, trial: optuna.Trial, reason: str, seconds: float) -> None:
        """A trial's settings do not go together; it says nothing about the others."""
        self.spent(trial, seconds)
        trial.set_user_attr("reason", reason)
        self._study.tell(trial, state=TrialState.FAIL)

    def spent(self, trial: optuna.Trial, seconds: float) -> None:
        """Adds to the time of a trial that goes on later."""
        before = float(self._frozen(trial).user_attrs.get("seconds", 0.0))
        trial.set_user_attr("seconds", before + seconds)

    def outcome(self, trial: optuna.Trial) -> str:
        """How a trial ended, in a few words."""
        frozen = self._frozen(trial)
        reason = frozen.user_attrs.get("reason")
        value = "" if frozen.value is None else f", recall@10 {frozen.value:.4f}"
        return f"{_STATES[frozen.state]}{value}" + (f" ({reason})" if reason else "")

    def keep(self, used_s: float) -> None:
        """Writes everything as plain data.

        Args:
            used_s: seconds that the sweep has taken, those of earlier processes included.
        """
        self.used_s = used_s
        trials = [dataclasses.asdict(_plain(one)) for one in self._study.get_trials(deepcopy=False)]
        record = {
            "objective": OBJECTIVE,
            "trials": trials,
            "importances": self._explained(),
            "used_s": round(used_s, 1),
        }
        files.write_json(self._folder / "trials.json", record)

    def _explained(self) -> dict[str, float]:
        complete = self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if len(complete) < _MIN_FOR_IMPORTANCE or len({one.value for one in complete}) < 2:
            return {}
        if self._importances[0] != len(complete):
            found = get_param_importances(self._study, evaluator=FanovaImportanceEvaluator(seed=0))
            shares = {key: float(value) for key, value in found.items() if math.isfinite(value)}
            self._importances = (len(complete), shares)
        return self._importances[1]

    def _opened(self) -> optuna.Study:
        storage = optuna.storages.RDBStorage(
            f"sqlite:///{self._folder / 'study.db'}",
            engine_kwargs={"connect_args": {"timeout": 20}},
        )
        study = optuna.create_study(
            study_name="sweep",
            storage=storage,
            direction="maximize",
            sampler=self._sampler(0),
            pruner=optuna.pruners.MedianPruner(
                n_startup_trials=_MIN_BEFORE_PRUNING,
                n_warmup_steps=int(_CHANCE_SHARE * self._request.trial_steps),
            ),
            load_if_exists=True,
        )
        study.get_trials(deepcopy=False)  # reads every table: damage shows here
        return study

    def _sampler(self, number: int) -> optuna.samplers.BaseSampler:
        budget = self._request.trials or 30
        return optuna.samplers.TPESampler(
            seed=(self._request.seed * 100_003 + number) % 2**32,  # what NumPy takes
            n_startup_trials=max(3, min(10, budget // 3)),
        )

    def _frozen(self, trial: optuna.Trial) -> FrozenTrial:
        return self._study._storage.get_trial(trial._trial_id)

    def _put_back(self, record: dict[str, Any]) -> None:
        """Adds a trial as ``trials.json`` has it; one that was running is forgotten."""
        states = {_STATES[state]: state for state in _ENDED}
        state = states.get(str(record.get("state")))
        if state is None:
            return
        self._study.add_trial(
            create_trial(
                state=state,
                value=record["value"] if state is TrialState.COMPLETE else None,
                params=record["params"],
                distributions=self._space,
                intermediate_values={int(step): value for step, value in record["curve"]},
                user_attrs={"reason": record["reason"], "seconds": record["seconds"]},
            )
        )


def _plain(frozen: FrozenTrial) -> Trial:
    curve = tuple(sorted(frozen.intermediate_values.items()))
    return Trial(
        number=frozen.number,
        state=_STATES[frozen.state],  # type: ignore[arg-type]
        value=frozen.value if frozen.value is not None else (curve[-1][1] if curve else None),
        params=dict(frozen.params),
        steps=curve[-1][0] if curve else 0,
        curve=curve,
        seconds=round(float(frozen.user_attrs.get("seconds", 0.0)), 1),
        reason=str(frozen.user_attrs.get("reason") or ""),
    )


def _distribution(parameter: Parameter) -> BaseDistribution:
    if parameter.choices:
        return CategoricalDistribution(parameter.choices)
    assert parameter.low is not None
    assert parameter.high is not None
    if is_whole(parameter):
        return IntDistribution(
            int(parameter.low), int(parameter.high), log=parameter.is_logarithmic
        )
    return FloatDistribution(parameter.low, parameter.high, log=parameter.is_logarithmic)
