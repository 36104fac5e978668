"""``runs``: what was trained, what is training, how they compare, and away with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from recsys.commands.output import Output, json_option, with_output

if TYPE_CHECKING:
    from recsys.evaluation.bootstrap import Interval
    from recsys.learning.comparing import Comparison
    from recsys.learning.runs import Run

_LOG_LINES = 10


@click.group(
    invoke_without_command=True,
    epilog="Example: python -m recsys runs show regions-4f2a9c",
)
@click.option("--all", "archived", is_flag=True, help="Archived ones too.")
@json_option
@click.pass_context
@with_output
def runs(output: Output, context: click.Context, archived: bool) -> None:
    """List the training runs, newest first: how far each is, and how it ended.

    The commands below show one, compare several, stop, delete, or send their records.
    """
    if context.invoked_subcommand is not None:
        return
    from recsys.learning.runs import list_runs
    from recsys.learning.tracking import damage
    from recsys.workspace import Workspace

    workspace = Workspace.default()
    found = list_runs(workspace, archived=archived)
    if output.as_json:
        output.result([_record(run) for run in found])
        return
    if not found:
        output.note("No runs yet. Start one with: python -m recsys train --data NAME")
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("run", "state", "preset", "data", "step", "done", "recall@10", "created")
    for run in found:
        name = run.id if run.name == run.id else f"{run.name} ({run.id})"
        table.add_row(
            Text(name),
            run.state + (" (live)" if run.is_live else ""),
            Text(run.preset),
            Text(run.data_name),
            f"{run.step:,}",
            f"{run.fraction:.0%}",
            _number(run.metrics.get("validation_recall@10")),
            run.created[:16].replace("T", " "),
        )
    output.show(table)
    for run in found:
        if run.reason and run.state in ("crashed", "killed", "disk-full"):
            output.warn(f"{run.id}: {run.reason}. {run.remedy}")
    _warn_of_damage(output, damage(workspace))


@runs.command(epilog="Example: python -m recsys runs show regions-4f2a9c")
@click.argument("run_id", metavar="ID")
@json_option
@with_output
def show(output: Output, run_id: str) -> None:
    """Show one run: state, figures, changed settings, what to do next."""
    from recsys.learning.runs import log_tail, read_run, warnings_of
    from recsys.learning.tracking import damage, recorded, shown_uri
    from recsys.workspace import Workspace

    workspace = Workspace.default()
    run = read_run(workspace, run_id)
    symptoms = warnings_of(workspace, run)
    kept = recorded(workspace, run.id)
    if output.as_json:
        record = {
            **_record(run),
            "settings": _changed(run),
            "warnings": [symptom.text for symptom in symptoms],
            "mlflow": {
                "uri": shown_uri(workspace),
                "run": kept.mlflow_run or None,
                "complete": kept.is_complete,
                "problem": kept.problem or None,
                "damage": damage(workspace) or None,
            },
        }
        output.result(record)
        return
    _show_facts(output, run)
    if kept.mlflow_run:
        whole = "" if kept.is_complete else ", not complete yet"
        output.text(f"mlflow: {kept.mlflow_run} in {shown_uri(workspace)}{whole}")
    for symptom in symptoms:
        output.warn(symptom.text)
    if kept.problem:
        output.warn(
            f"MLflow's record waits: {kept.problem}. Send it with: python -m recsys runs send"
        )
    _warn_of_damage(output, damage(workspace))
    for line in log_tail(workspace, run.id, _LOG_LINES):
        output.note(line)


def _warn_of_damage(output: Output, what: str) -> None:
    if what:
        output.warn(f"MLflow's records: {what}")


def _show_facts(output: Output, run: Run) -> None:
    budget = f"{run.steps:,} steps" if run.steps is not None else f"{run.minutes:g} minutes"
    facts = {
        "run": run.id if run.name == run.id else f"{run.name} ({run.id})",
        "state": run.state + (" (live)" if run.is_live else ""),
        "why": run.reason,
        "next": run.remedy,
        "note": run.note.replace("\n", " "),
        "copy of": run.origin,
        "waits for": run.behind,
        "preset": run.preset,
        "settings": ", ".join(f"{key}={value}" for key, value in _changed(run).items()),
        "data": run.data_name,
        "budget": budget,
        "done": f"{run.fraction:.0%}, step {run.step:,}",
        "models": ", ".join(run.models),
        "created": run.created,
    }
    for name, value in facts.items():
        if value:
            output.text(f"{name}: {_line(value)}")
    for name, figure in sorted(run.metrics.items()):
        output.text(f"{name}: {figure:.4g}")


@runs.command(epilog="Example: python -m recsys runs compare regions-4f2a9c regions-77aa01")
@click.argument("run_ids", metavar="ID ID…", nargs=-1, required=True)
@json_option
@with_output
def compare(output: Output, run_ids: tuple[str, ...]) -> None:
    """Compare runs with the first: settings, figures, and a paired test.

    The test is over the validation scenes that both have measured; figures of the models' reports
    stand beside it.
    """
    from recsys.learning.comparing import compare as compared
    from recsys.workspace import Workspace

    found = compared(Workspace.default(), run_ids)
    if output.as_json:
        output.result(_comparison_record(found))
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("")
    for run in found.runs:
        table.add_column(Text(run.id))
    for key, values in found.settings.items():
        table.add_row(Text(key), *(Text(_value(value)) for value in values))
    table.add_section()
    for name, figures in found.metrics.items():
        table.add_row(name, *map(_number, figures))
    table.add_section()
    table.add_row("recall@10 on validation scenes", *map(_with_bounds, found.recall))
    table.add_row("minus the first", *_differences(found))
    names = dict.fromkeys(name for report in found.reports for name in report or {})
    if names:
        table.add_section()
    for name in names:
        table.add_row(
            f"report: {name}", *(_bounds((report or {}).get(name)) for report in found.reports)
        )
    output.show(table)
    for model, differences in found.report_differences.items():
        for name, figure in differences.items():
            output.text(f"report: {name} of {found.runs[0].id} minus {model}: {_bounds(figure)}")
    if any(report is None for report in found.reports):
        output.note("Without a report: python -m recsys evaluate --data NAME --model ID")


@runs.command(epilog="Example: python -m recsys runs stop regions-4f2a9c")
@click.argument("run_id", metavar="ID")
@json_option
@with_output
def stop(output: Output, run_id: str) -> None:
    """Ask a run in progress to save and stop."""
    from recsys.learning.jobs import stop as ask
    from recsys.workspace import Workspace

    asked = ask(run_id, Workspace.default())
    if output.as_json:
        output.result({"run": run_id, "stopping": asked})
    elif asked:
        output.text(f"{run_id} saves and stops")
        output.note(f"Go on with: python -m recsys train --resume {run_id}")
    else:
        output.text(f"{run_id} was not in progress")


@runs.command(epilog="Example: python -m recsys runs delete regions-4f2a9c")
@click.argument("run_ids", metavar="ID…", nargs=-1, required=True)
@json_option
@with_output
def delete(output: Output, run_ids: tuple[str, ...]) -> None:
    """Delete runs with all their files and models; never one that is live or in progress.

    MLflow's records of them go too, but not those on a server.
    """
    from recsys.learning.jobs import delete as away
    from recsys.learning.runs import read_run
    from recsys.learning.tracking import left_behind
    from recsys.workspace import Workspace

    workspace = Workspace.default()
    gone = []
    for run_id in dict.fromkeys(run_ids):
        servers = left_behind(workspace, read_run(workspace, run_id).id)
        models = away(run_id, workspace)
        gone.append({"run": run_id, "models": models, "records_stay_at": servers})
        if not output.as_json:
            of_models = f" with its models {', '.join(models)}" if models else ""
            output.text(f"{run_id} is deleted{of_models}")
            for server in servers:
                output.note(f"MLflow's record of it stays at {server}; delete it there")
    if output.as_json:
        output.result(gone)


@runs.command(epilog="Example: python -m recsys runs send")
@json_option
@with_output
def send(output: Output) -> None:
    """Send to MLflow what it has not got yet, and say how to look at it."""
    from recsys.learning import tracking
    from recsys.learning.recorder import send_now
    from recsys.workspace import Workspace

    workspace = Workspace.default()
    waiting = tracking.outstanding(workspace)
    problem = send_now(workspace)
    left = tracking.outstanding(workspace)
    command = tracking.ui_command(workspace)
    if output.as_json:
        output.result(
            {
                "uri": tracking.shown_uri(workspace),
                "sent": [run_id for run_id in waiting if run_id not in left],
                "waiting": left,
                "problem": problem or None,
                "ui": command or None,
            }
        )
        return
    sent = [run_id for run_id in waiting if run_id not in left]
    output.text(f"{len(sent)} sent, {len(left)} waiting, in {tracking.shown_uri(workspace)}")
    if problem:
        output.warn(problem)
    _warn_of_damage(output, tracking.damage(workspace))
    if command:
        output.note(f"Look at the records with: {command}")


def _record(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "name": run.name,
        "note": run.note,
        "archived": run.is_archived,
        "state": run.state,
        "reason": run.reason or None,
        "remedy": run.remedy or None,
        "origin": run.origin or None,
        "waits_for": run.behind or None,
        "preset": run.preset,
        "data": run.data_name,
        "steps": run.steps,
        "minutes": run.minutes,
        "step": run.step,
        "fraction": run.fraction,
        "remaining_s": run.remaining_s,
        "saved_step": run.saved_step,
        "metrics": dict(run.metrics),
        "models": list(run.models),
        "live": run.is_live,
        "created": run.created,
    }


def _changed(run: Run) -> dict[str, str]:
    """The settings in which a run differs from its preset; empty where they are not known."""
    from recsys.errors import RecsysError
    from recsys.learning.config import config_from_json
    from recsys.learning.fields import as_text, differences
    from recsys.learning.presets import preset_named

    try:
        config, preset = config_from_json(dict(run.config)), preset_named(run.preset).config
    except RecsysError:
        return {}
    return {key: as_text(mine) for key, (mine, _) in differences(config, preset).items()}


def _comparison_record(found: Comparison) -> dict[str, Any]:
    return {
        "runs": [_record(run) for run in found.runs],
        "settings": {key: list(values) for key, values in found.settings.items()},
        "metrics": {name: list(values) for name, values in found.metrics.items()},
        "recall@10": [None if one is None else one.to_json() for one in found.recall],
        "difference": [
            None
            if pair is None
            else {**pair.difference.to_json(), "scenes": pair.scenes, "clear": pair.is_clear}
            for pair in found.paired
        ],
        "unpaired": [reason or None for reason in found.unpaired],
        "reports": list(found.reports),
        "report_differences": found.report_differences,
    }


def _differences(found: Comparison) -> Sequence[str]:
    shown = []
    for pair, reason in zip(found.paired, found.unpaired, strict=True):
        if pair is None:
            shown.append(reason or "–")
        else:
            words = "clear" if pair.is_clear else "may be chance"
            bounds = f"{pair.difference.low:+.3f} to {pair.difference.high:+.3f}"
            shown.append(f"{pair.difference.value:+.3f} ({bounds}), {words}")
    return shown


def _with_bounds(found: Interval | None) -> str:
    return "–" if found is None else f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def _bounds(figure: dict[str, float | None] | None) -> str:
    value, low, high = ((figure or {}).get(key) for key in ("value", "low", "high"))
    if value is None:
        return "–"
    return f"{value:.3f}" + ("" if low is None or high is None else f" ({low:.3f} to {high:.3f})")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _value(value: Any) -> str:
    if value is None:
        return "–"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _line(text: str) -> str:
    from recsys.commands.output import one_line

    return one_line(text)
