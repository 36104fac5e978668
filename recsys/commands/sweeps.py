"""``sweep``: search for good settings, watch the search, and train the best at full length."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from recsys.commands.output import Output, Stopped, data_option, json_option, with_output

if TYPE_CHECKING:
    from recsys.learning.sweeps import Sweep, Trial
    from recsys.workspace import Workspace

_LOOK_EVERY_S = 1.0

trials_option = click.option(
    "--trials", type=click.IntRange(min=1), metavar="N", help="Stop after N trials."
)
minutes_option = click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    metavar="M",
    help="Stop after M minutes.",
)
background_option = click.option(
    "--background", is_flag=True, help="Do not wait for the end; print the id."
)


@click.group(
    invoke_without_command=True,
    epilog="Example: python -m recsys sweep start --data demo --trials 6 --steps 200",
)
@json_option
@click.pass_context
@with_output
def sweep(output: Output, context: click.Context) -> None:
    """Search for good settings: many short trials, keep what ranks best. Lists the sweeps.

    What is best is recall@10 on validation scenes. A sweep goes on in a process of its own, and
    in the middle of its trial after a stop.
    """
    if context.invoked_subcommand is None:
        _list(output)


@sweep.command(epilog="Example: python -m recsys sweep start --data demo --trials 6 --steps 200")
@data_option()
@click.option("--preset", metavar="NAME", help="What all trials begin with; `presets` lists them.")
@click.option(
    "--search",
    "parameters",
    multiple=True,
    metavar="KEY=…",
    help="What to search: KEY=LOW:HIGH, KEY=LOW:HIGH:log or KEY=A|B|C; may be repeated. "
    "Default: the textbook's (learning rate, regularisation, output size).",
)
@click.option(
    "--steps", type=click.IntRange(min=5), required=True, metavar="N", help="Steps of each trial."
)
@trials_option
@minutes_option
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting that all trials share.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Seed of the search.")
@click.option("--no-pruning", is_flag=True, help="Train bad trials to their end too.")
@background_option
@json_option
@with_output
def start(
    output: Output,
    data: str,
    preset: str | None,
    parameters: tuple[str, ...],
    steps: int,
    trials: int | None,
    minutes: float | None,
    overrides: tuple[str, ...],
    seed: int,
    no_pruning: bool,
    background: bool,
) -> None:
    """Start a sweep, after those in progress, and watch it. Ctrl-C saves and stops it."""
    if (trials is None) == (minutes is None):
        raise click.UsageError("Give --trials or --minutes, one of them.")

    from recsys.learning.presets import DEFAULT_PRESET
    from recsys.learning.sweep_jobs import start_sweep
    from recsys.learning.sweeps import SweepRequest, parse_parameter, textbook
    from recsys.workspace import Workspace

    name = preset or DEFAULT_PRESET
    request = SweepRequest(
        data=data,
        preset=name,
        parameters=tuple(map(parse_parameter, parameters)) or textbook(name),
        trial_steps=steps,
        trials=trials,
        minutes=minutes,
        overrides=overrides,
        seed=seed,
        prunes=not no_pruning,
    )
    workspace = Workspace.default()
    _follow(output, start_sweep(request, workspace, queue=True), workspace, background)


@sweep.command(epilog="Example: python -m recsys sweep resume sweep-4f2a9c --trials 12")
@click.argument("sweep_id", metavar="ID")
@trials_option
@minutes_option
@background_option
@json_option
@with_output
def resume(
    output: Output, sweep_id: str, trials: int | None, minutes: float | None, background: bool
) -> None:
    """Go on with a sweep, also with a larger budget (counted from its start)."""
    if trials is not None and minutes is not None:
        raise click.UsageError("Give --trials or --minutes, not both.")

    from recsys.learning.sweep_jobs import resume_sweep
    from recsys.workspace import Workspace

    workspace = Workspace.default()
    resume_sweep(sweep_id, workspace, trials=trials, minutes=minutes, queue=True)
    _follow(output, sweep_id, workspace, background)


@sweep.command(epilog="Example: python -m recsys sweep show sweep-4f2a9c")
@click.argument("sweep_id", metavar="ID")
@json_option
@with_output
def show(output: Output, sweep_id: str) -> None:
    """Show a sweep: its trials, best first, and how much each setting matters."""
    from recsys.learning.set_aside import what_happened
    from recsys.learning.sweeps import read_sweep
    from recsys.workspace import Workspace

    workspace = Workspace.default()
    _show(output, read_sweep(workspace, sweep_id))
    damage = what_happened(workspace.sweep_dir(sweep_id) / "study.db", "trials.json")
    if damage and not output.as_json:
        output.warn(damage)


@sweep.command(epilog="Example: python -m recsys sweep stop sweep-4f2a9c")
@click.argument("sweep_id", metavar="ID")
@json_option
@with_output
def stop(output: Output, sweep_id: str) -> None:
    """Ask a sweep in progress to save and stop."""
    from recsys.learning.sweep_jobs import stop_sweep
    from recsys.workspace import Workspace

    asked = stop_sweep(sweep_id, Workspace.default())
    if output.as_json:
        output.result({"sweep": sweep_id, "stopping": asked})
    else:
        output.text(f"{sweep_id} " + ("saves and stops" if asked else "was not in progress"))


@sweep.command(epilog="Example: python -m recsys sweep delete sweep-4f2a9c")
@click.argument("sweep_id", metavar="ID")
@json_option
@with_output
def delete(output: Output, sweep_id: str) -> None:
    """Delete a sweep with its trials; runs that were started from it stay."""
    from recsys.learning.sweep_jobs import delete_sweep
    from recsys.workspace import Workspace

    delete_sweep(sweep_id, Workspace.default())
    if output.as_json:
        output.result({"sweep": sweep_id})
    else:
        output.text(f"{sweep_id} is deleted")


@sweep.command("train-best", epilog="Example: python -m recsys sweep train-best sweep-4f2a9c")
@click.argument("sweep_id", metavar="ID")
@click.option("--steps", type=click.IntRange(min=1), metavar="N", help="Train for N steps.")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    metavar="M",
    help="Train for M minutes. Without either the preset's own budget holds.",
)
@json_option
@with_output
def train_best(output: Output, sweep_id: str, steps: int | None, minutes: float | None) -> None:
    """Train with the best trial's settings at full length, in the background."""
    if steps is not None and minutes is not None:
        raise click.UsageError("Give --steps or --minutes, not both.")

    from recsys.learning.sweep_jobs import train_best as begin
    from recsys.workspace import Workspace

    run_id = begin(sweep_id, Workspace.default(), steps=steps, minutes=minutes, queue=True)
    if output.as_json:
        output.result({"run": run_id})
        return
    output.text(run_id)
    output.note(f"See how far it is with: python -m recsys runs show {run_id}")


def _list(output: Output) -> None:
    from recsys.learning.sweeps import list_sweeps
    from recsys.workspace import Workspace

    found = list_sweeps(Workspace.default())
    if output.as_json:
        output.result([_record(one) for one in found])
        return
    if not found:
        output.note("No sweeps yet. Start one with: python -m recsys sweep start --data NAME")
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("sweep", "state", "preset", "data", "trials", "done", "best recall@10", "created")
    for one in found:
        best = one.best_trial
        table.add_row(
            Text(one.id),
            one.state,
            Text(one.request.preset),
            Text(one.data_name),
            str(len(one.trials)),
            f"{one.fraction:.0%}",
            "–" if best is None else _number(best.value),
            one.created[:16].replace("T", " "),
        )
    output.show(table)


def _follow(output: Output, sweep_id: str, workspace: Workspace, background: bool) -> None:
    """Waits for a sweep's end and tells of its trials; Ctrl-C stops the sweep, not only this."""
    from recsys.errors import TrainingError
    from recsys.learning.sweep_jobs import stop_sweep
    from recsys.learning.sweeps import read_sweep

    if background:
        if output.as_json:
            output.result({"sweep": sweep_id})
        else:
            output.text(sweep_id)
            output.note(f"See how far it is with: python -m recsys sweep show {sweep_id}")
        return
    told: set[int] = set()
    with _interrupts() as interrupted, output.progress("Searching") as progress:
        while (now := read_sweep(workspace, sweep_id)).is_in_progress:
            _tell(output, now, told)
            progress(int(now.fraction * 100), 100)
            if interrupted:
                interrupted.clear()
                stop_sweep(sweep_id, workspace)
            time.sleep(_LOOK_EVERY_S)
    _tell(output, now, told)
    if now.state == "stopped":
        raise Stopped(f"the sweep {sweep_id} was stopped and saved", now.remedy)
    if now.state != "finished":
        raise TrainingError(now.reason, now.remedy)
    _show(output, now)


@contextlib.contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Collects SIGINT and SIGTERM, which are passed on to the sweep."""
    came: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda one, frame: came.append(one)) for number in numbers]
    try:
        yield came
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _tell(output: Output, now: Sweep, told: set[int]) -> None:
    for trial in now.trials:
        if trial.state != "running" and trial.number not in told:
            told.add(trial.number)
            output.note(f"trial {trial.number}: {_trial_words(trial)}")


def _trial_words(trial: Trial) -> str:
    params = ", ".join(f"{key} {_value(value)}" for key, value in trial.params.items())
    reason = f" ({trial.reason})" if trial.reason else ""
    return f"{trial.state}, recall@10 {_number(trial.value)}, {params}{reason}"


def _show(output: Output, now: Sweep) -> None:
    if output.as_json:
        output.result(_record(now))
        return
    from rich.table import Table
    from rich.text import Text

    if now.reason:
        output.warn(f"{now.id}: {now.reason}. {now.remedy}")
    keys = [parameter.key for parameter in now.request.parameters]
    table = Table("trial", "state", "recall@10", "steps", "seconds", *keys)
    ranked = sorted(now.trials, key=lambda one: (one.state != "complete", -(one.value or 0.0)))
    for trial in ranked:
        table.add_row(
            f"{trial.number}{' (best)' if trial.number == now.best else ''}",
            trial.state,
            _number(trial.value),
            f"{trial.steps:,}",
            f"{trial.seconds:.0f}",
            *(Text(_value(trial.params.get(key))) for key in keys),
        )
    output.show(table)
    for key, share in sorted(now.importances.items(), key=lambda item: -item[1]):
        output.text(f"{key} explains {share:.0%} of the difference between trials")
    if now.best is not None:
        output.note(f"Train the best at full length: python -m recsys sweep train-best {now.id}")


def _record(now: Sweep) -> dict[str, Any]:
    return {
        "sweep": now.id,
        "name": now.name,
        "state": now.state,
        "reason": now.reason or None,
        "remedy": now.remedy or None,
        "preset": now.request.preset,
        "data": now.data_name,
        "parameters": [asdict(parameter) for parameter in now.request.parameters],
        "trial_steps": now.request.trial_steps,
        "budget": {"trials": now.request.trials, "minutes": now.request.minutes},
        "fraction": now.fraction,
        "remaining_s": now.remaining_s,
        "best": now.best,
        "best_so_far": [list(point) for point in now.best_so_far],
        "importances": dict(now.importances),
        "trials": [asdict(trial) for trial in now.trials],
        "created": now.created,
    }


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _value(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
