"""Hyper-parameter search: what is asked for, and how it stands. Loads nothing heavy.

Starting and stopping is ``recsys.learning.sweep_jobs``, the search itself
``recsys.learning.sweep_worker``.

A sweep is a folder ``sweeps/ID``: ``sweep.json`` says what was asked for, ``study.db`` is
Optuna's, ``trials.json`` holds every trial as plain data for whoever looks. The objective is
recall@10 on validation scenes, never the loss: a loss that a setting is part of can fall
because the setting changed, without a better model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from recsys import atomic as files
from recsys import processes
from recsys.errors import ConfigError, RequestError
from recsys.learning.runs import IN_PROGRESS, RESUMABLE, State, reason_of, state_of
from recsys.workspace import Workspace, is_name

OBJECTIVE = "validation_recall@10"
MAX_TRIALS = 1000
MIN_TRIAL_STEPS = 5

TrialState = Literal["running", "complete", "pruned", "failed"]


@dataclass(frozen=True)
class Parameter:
    """One setting to search: a range, or a few values to choose from.

    Attributes:
        key: of a setting, as ``--set`` takes it.
        low, high: the ends of the range, both included; None with choices.
        is_logarithmic: search the range's orders of magnitude evenly.
        choices: values to choose from; empty with a range.
    """

    key: str
    low: float | None = None
    high: float | None = None
    is_logarithmic: bool = False
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True)
class SweepRequest:
    """What a person asks for; exactly one of ``trials`` and ``minutes`` is the budget.

    Attributes:
        data: a data set's name or folder.
        trial_steps: how long each trial trains; the same for all, so that they compare.
        overrides: settings that all trials share, ``key=value``.
        seed: of the search; trials keep the configuration's own.
        prunes: end a trial early that is worse than the median of those before it.
    """

    data: str
    preset: str
    parameters: tuple[Parameter, ...]
    trial_steps: int
    trials: int | None = None
    minutes: float | None = None
    overrides: tuple[str, ...] = ()
    seed: int = 0
    prunes: bool = True


@dataclass(frozen=True)
class Trial:
    """One trial of a sweep.

    Attributes:
        value: the objective at its end, or where it was ended early; None while unknown.
        params: the settings that were tried, by key.
        steps: trained so far.
        curve: ``(step, objective)`` at each evaluation.
        seconds: it has taken.
        reason: why it was ended early or failed, empty where it was not.
    """

    number: int
    state: TrialState
    value: float | None
    params: Mapping[str, Any]
    steps: int = 0
    curve: tuple[tuple[int, float], ...] = ()
    seconds: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class Sweep:
    """A sweep as it is now.

    Attributes:
        state, reason, remedy: as of a run (``recsys.learning.runs``).
        note: what a person noted.
        request: what was asked for, the data set as a path.
        data_name, created: of the data set; when, ISO 8601, UTC.
        trials: all that have begun, in their order.
        best: number of the best complete trial, None while there is none.
        best_so_far: ``(number, objective)`` of each complete trial that was better than all
            before it.
        importances: how much of the objective's variation each setting explains, 0–1, together
            1; empty while there are too few trials.
        fraction: of the budget that is spent, 0–1.
        remaining_s: seconds left, None while unknown.
        trial, step: that it is at, of a sweep in progress; None and 0 while unknown.
        text: what it is doing, where that is not training.
        behind: of a queued sweep, what it waits for.
    """

    id: str
    name: str
    state: State
    reason: str
    remedy: str
    request: SweepRequest
    data_name: str
    created: str
    trials: tuple[Trial, ...] = ()
    best: int | None = None
    best_so_far: tuple[tuple[int, float], ...] = ()
    importances: Mapping[str, float] = field(default_factory=dict)
    fraction: float = 0.0
    remaining_s: float | None = None
    trial: int | None = None
    step: int = 0
    text: str = ""
    behind: str = ""
    note: str = ""

    @property
    def is_in_progress(self) -> bool:
        return self.state in IN_PROGRESS

    @property
    def can_resume(self) -> bool:
        return self.state in RESUMABLE

    @property
    def ended(self) -> int:
        """How many trials have come to an end, good or bad."""
        return sum(trial.state != "running" for trial in self.trials)

    @property
    def best_trial(self) -> Trial | None:
        return next((trial for trial in self.trials if trial.number == self.best), None)


def textbook(preset: str) -> tuple[Parameter, ...]:
    """The textbook's sweep: learning rate, regularisation, output size, around a preset's own.

    Regularisation is the length penalty where the preset has one, else the weight decay. Raises
    ConfigError for an unknown preset.
    """
    from recsys.learning.presets import preset_named

    config = preset_named(preset).config
    rate = config.learning_rate
    if config.loss == "triplet":
        regularisation = Parameter("norm_penalty", 0.01, 1.0, is_logarithmic=True)
    else:
        regularisation = Parameter("weight_decay", 0.005, 0.5, is_logarithmic=True)
    return (
        Parameter("learning_rate", rate / 8, rate * 4, is_logarithmic=True),
        regularisation,
        Parameter("embedding_dim", choices=(32, 64, 128)),
    )


def parse_parameter(text: str) -> Parameter:
    """``key=low:high``, ``key=low:high:log`` or ``key=a|b|c`` as a parameter.

    Raises ConfigError for anything else.
    """
    key, separator, rest = text.partition("=")
    if separator and "|" in rest:
        return Parameter(key.strip(), choices=tuple(part.strip() for part in rest.split("|")))
    low, *others = rest.split(":")
    try:
        if not separator or len(others) not in (1, 2) or others[1:] not in ([], ["log"]):
            raise ValueError
        return Parameter(key.strip(), float(low), float(others[0]), others[1:] == ["log"])
    except ValueError:
        raise ConfigError(
            f"a parameter is key=low:high, key=low:high:log or key=a|b|c, not {text[:80]!r}"
        ) from None


def list_sweeps(workspace: Workspace) -> list[Sweep]:
    """The sweeps of a workspace, newest first. Loads nothing heavy."""
    found = (_sweep(workspace, sweep_id) for sweep_id in workspace.sweep_ids())
    return sorted(
        (sweep for sweep in found if sweep is not None),
        key=lambda sweep: (sweep.created, sweep.id),
        reverse=True,
    )


def read_sweep(workspace: Workspace, sweep_id: str) -> Sweep:
    """One sweep. Loads nothing heavy. Raises RequestError where there is none of that id."""
    known = is_name(sweep_id) and (workspace.sweeps_dir / sweep_id).is_dir()
    sweep = _sweep(workspace, sweep_id) if known else None
    if sweep is None:
        raise RequestError(
            f"there is no sweep {sweep_id[:80]!r}", "List them with: python -m recsys sweep"
        )
    return sweep


def read_request(workspace: Workspace, sweep_id: str) -> tuple[SweepRequest, str]:
    """What a sweep was asked for, and its data's fingerprint then. Raises RequestError."""
    record = processes.read_record(workspace.sweep_dir(sweep_id) / "sweep.json") or {}
    try:
        return request_from(record["request"]), str(record["fingerprint"])
    except (KeyError, TypeError, ValueError):
        raise RequestError(f"what the sweep {sweep_id} was asked for cannot be read") from None


def log_tail(workspace: Workspace, sweep_id: str, lines: int = 50) -> list[str]:
    """The last lines of what a sweep's process said."""
    return processes.log_tail(workspace.sweep_dir(sweep_id), lines)


def describe(workspace: Workspace, sweep_id: str, *, name: str, note: str) -> None:
    """Changes what a person gave a sweep; an empty name is its id again."""
    record = {"name": name or sweep_id, "note": note}
    files.write_json(workspace.sweep_dir(sweep_id) / "about.json", record)


def _sweep(workspace: Workspace, sweep_id: str) -> Sweep | None:
    folder = workspace.sweep_dir(sweep_id)
    record = processes.read_record(folder / "sweep.json") or {}
    try:
        request = request_from(record["request"])
    except (KeyError, TypeError, ValueError):
        return None
    about = processes.read_record(folder / "about.json") or {}
    told = processes.read_state(folder)
    status = processes.status(folder)
    state = state_of(status, told)
    summary = processes.read_record(folder / "trials.json") or {}
    try:
        trials = tuple(_trial(trial) for trial in summary.get("trials", ()))
    except (KeyError, TypeError, ValueError, AttributeError):
        trials = ()
    error = told.get("error") if isinstance(told.get("error"), dict) else {}
    is_over = state in (*IN_PROGRESS, "finished")
    again = f"Go on with: python -m recsys sweep resume {sweep_id}"
    return Sweep(
        id=sweep_id,
        name=str(about.get("name") or record.get("name") or sweep_id),
        state=state,
        reason=reason_of(state, status, told),
        remedy="" if is_over else str((error or {}).get("remedy") or again),
        request=request,
        data_name=str(record.get("data_name") or ""),
        created=str(record.get("created") or ""),
        trials=trials,
        best=_best(trials),
        best_so_far=_best_so_far(trials),
        importances={
            str(key): float(value) for key, value in (summary.get("importances") or {}).items()
        },
        fraction=1.0 if state == "finished" else float(told.get("fraction") or 0.0),
        remaining_s=told.get("remaining_s") if state in IN_PROGRESS else None,
        trial=told.get("trial") if state in IN_PROGRESS else None,
        step=int(told.get("step") or 0) if state in IN_PROGRESS else 0,
        text=str(told.get("text") or "") if state in IN_PROGRESS else "",
        behind=str(told.get("behind") or "") if state == "queued" else "",
        note=str(about.get("note") or ""),
    )


def request_from(record: Mapping[str, Any]) -> SweepRequest:
    parameters = tuple(
        Parameter(**{**one, "choices": tuple(one.get("choices") or ())})
        for one in record["parameters"]
    )
    overrides = tuple(record.get("overrides") or ())
    return SweepRequest(**{**record, "parameters": parameters, "overrides": overrides})


def _trial(record: Mapping[str, Any]) -> Trial:
    curve = tuple((int(step), float(value)) for step, value in record.get("curve") or ())
    return Trial(**{**record, "curve": curve})


def _best(trials: Sequence[Trial]) -> int | None:
    so_far = _best_so_far(trials)
    return so_far[-1][0] if so_far else None


def _best_so_far(trials: Sequence[Trial]) -> tuple[tuple[int, float], ...]:
    steps: list[tuple[int, float]] = []
    for trial in trials:
        is_better = not steps or (trial.value is not None and trial.value > steps[-1][1])
        if trial.state == "complete" and trial.value is not None and is_better:
            steps.append((trial.number, trial.value))
    return tuple(steps)
