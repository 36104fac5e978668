"""What another budget means for what goes on: how much of it is left, and how fast a run learns.

The learning rate follows the part of the budget that is spent (``steps.learning_rate_at``), so a
longer budget stretches its curve and a shorter one squeezes it: a run that goes on under another
budget goes on at another rate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from recsys import processes
from recsys.errors import ConfigError
from recsys.learning import runs
from recsys.learning.runs import Run
from recsys.workspace import Workspace


@dataclass(frozen=True)
class Outlook:
    """Where a run would go on under a budget.

    Attributes:
        step: of its last checkpoint; 0 where there is none and it begins anew.
        elapsed_s: seconds of training up to there.
        spent: part of the budget spent by then; 1 or more where nothing is left of it.
        rate_before: the learning rate of its last step, None before the first.
        rate_after: that of its next one; None where there is none.
        schedule: of the learning rate, ``cosine`` or ``constant``; empty where it is not known.
        is_on_curve: whether ``rate_before`` is what this budget's schedule has there, so that the
            run goes on as it went.
    """

    step: int
    elapsed_s: float
    spent: float
    rate_before: float | None
    rate_after: float | None
    schedule: str
    is_on_curve: bool


def outlook(
    run: Run, workspace: Workspace, *, steps: int | None = None, minutes: float | None = None
) -> Outlook:
    """Where a run would go on with a budget of steps or of minutes, both counted from its start.

    Raises ConfigError unless exactly one of them is given, or where the run's settings are no
    longer known.
    """
    if (steps is None) == (minutes is None):
        raise ConfigError("a budget is of steps or of minutes", "Give one of them")
    step, elapsed_s = saved_at(run, workspace)
    spent = step / steps if steps is not None else elapsed_s / (60 * (minutes or 1.0))
    rates = runs.curves(workspace, run.id).get("learning_rate")
    before = None
    if rates is not None and step:
        done = [rate for at, rate in zip(rates.steps, rates.values, strict=True) if at <= step]
        before = done[-1] if done else None
    return Outlook(
        step,
        elapsed_s,
        spent,
        before,
        _rate(run, spent) if spent < 1 else None,
        str(run.config.get("schedule", "")),
        before is not None and _is_on_curve(run, before, spent * (step - 1) / step),
    )


def saved_at(run: Run, workspace: Workspace) -> tuple[int, float]:
    """Step of a run's last checkpoint, and the seconds it had trained by then; zeros without."""
    if run.saved_step is None:
        return 0, 0.0
    folder = workspace.job_dir(run.id) / "checkpoints" / f"step-{run.saved_step:09d}"
    elapsed_s = (processes.read_record(folder / "progress.json") or {}).get("elapsed_s")
    return run.saved_step, float(elapsed_s) if isinstance(elapsed_s, int | float) else 0.0


def sweep_used_s(sweep_id: str, workspace: Workspace) -> float:
    """Seconds that a sweep has taken, as it noted after its last evaluation; 0 before the first."""
    kept = processes.read_record(workspace.sweep_dir(sweep_id) / "trials.json") or {}
    used_s = kept.get("used_s")
    return float(used_s) if isinstance(used_s, int | float) else 0.0


def least_minutes(used_s: float) -> float:
    """The smallest budget in minutes, to a tenth, of which something is left after some seconds."""
    return (math.floor(used_s / 6) + 1) / 10


def _is_on_curve(run: Run, rate: float, spent: float) -> bool:
    # Not by the budget that the run has: it may have been given that and never have trained by it.
    return math.isclose(rate, _rate(run, spent), rel_tol=0.1)


def _rate(run: Run, spent: float) -> float:
    from recsys.learning.config import config_from_json
    from recsys.learning.steps import learning_rate_at

    return learning_rate_at(config_from_json(dict(run.config)), spent)
