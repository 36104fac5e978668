"""``train``: from looks to a model, with a bar that says how long it will take."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from recsys.commands.output import Output, Stopped, data_option, json_option, with_output

if TYPE_CHECKING:
    from recsys.learning.train import Event, TrainRequest
    from recsys.workspace import Workspace

_PLAIN_LINE_EVERY_S = 30.0
_REPEATED_MESSAGE_EVERY_S = 10.0
_SHOWN = {
    "loss": "loss {:.3f}",
    "learning_rate": "rate {:.1e}",
    "gradient_norm": "gradient {:.1f}",
    "images_per_s": "{:.0f} images/s",
    "validation_recall@10": "recall@10 {:.3f}",
}


@click.command(
    epilog="Example: python -m recsys train --data demo --minutes 8 --set learning_rate=0.001"
)
@data_option(required=False)
@click.option("--preset", metavar="NAME", help="Named configuration; `presets` lists them.")
@click.option("--steps", type=click.IntRange(min=1), metavar="N", help="Stop after N steps.")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    metavar="M",
    help="Stop after M minutes of training.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change one setting of the preset; may be repeated.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Seed of weights, order and augmentation. Default: the preset's.",
)
@click.option("--resume", metavar="ID", help="Go on with a run that was stopped.")
@click.option(
    "--background",
    is_flag=True,
    help="Train in a process of its own, after those in progress, and print the run's id.",
)
@json_option
@with_output
def train(
    output: Output,
    data: str | None,
    preset: str | None,
    steps: int | None,
    minutes: float | None,
    overrides: tuple[str, ...],
    seed: int | None,
    resume: str | None,
    background: bool,
) -> None:
    """Train a model on a data set's looks, and print its id.

    Without --steps or --minutes the preset's own budget holds. Ctrl-C saves before it stops;
    --resume goes on exactly there, with its own data and settings, or a new budget or --set.
    With --background it goes on when the terminal is closed; `runs` shows how far it is.
    """
    if resume is None and data is None:
        raise click.UsageError("Give --data (what to train on) or --resume (what to go on with).")
    if steps is not None and minutes is not None:
        raise click.UsageError("Give --steps or --minutes, not both.")
    if resume is not None and (preset is not None or seed is not None):
        raise click.UsageError("A resumed run keeps its preset and seed; leave them out.")

    from recsys.catalog.datasets import open_dataset
    from recsys.learning.presets import DEFAULT_PRESET
    from recsys.learning.train import Interrupted, TrainRequest
    from recsys.learning.train import train as start
    from recsys.workspace import Workspace

    request = TrainRequest(
        data=data or "",
        preset=preset or DEFAULT_PRESET,
        steps=steps,
        minutes=minutes,
        overrides=overrides,
        resume=resume,
        seed=seed,
    )
    workspace = Workspace.default()
    if data is not None:  # a run that is resumed on its own data has told it before
        output.warn_of(open_dataset(data, workspace)[0])
    if background:
        _in_background(output, request, workspace)
        return
    try:
        with _watch(output) as events:
            model_id = start(request, workspace, _recorded(events, workspace))
    except Interrupted as error:
        raise Stopped(error.message, error.remedy) from None
    if output.as_json:
        output.result({"model": model_id})
    else:
        output.text(model_id)
        output.note(
            f"Measure it with: python -m recsys evaluate --data {data or 'NAME'} --model {model_id}"
        )


def _in_background(output: Output, request: TrainRequest, workspace: Workspace) -> None:
    from recsys.learning import jobs

    if request.resume is None:
        run_id = jobs.start(request, workspace, queue=True)
    else:
        run_id = request.resume
        jobs.resume(
            run_id,
            workspace,
            steps=request.steps,
            minutes=request.minutes,
            overrides=request.overrides,
            queue=True,
        )
    if output.as_json:
        output.result({"run": run_id})
        return
    output.text(run_id)
    output.note(f"See how far it is with: python -m recsys runs show {run_id}")


def _recorded(events: Callable[[Event], None], workspace: Workspace) -> Callable[[Event], None]:
    """Passes events on, and has the run recorded from when its id is known."""
    from recsys.learning.tracking import follow

    def passed_on(event: Event) -> None:
        if event.run:
            follow(workspace, event.run)
        events(event)

    return passed_on


@contextmanager
def _watch(output: Output) -> Iterator[Callable[[Event], None]]:
    """Shows a run's events: a bar on a terminal, a line now and then elsewhere."""
    if not output.is_live:
        yield _plain_lines(output)
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.fields[figures]}", markup=False),
    )
    with Progress(*columns, console=output.terminal, transient=True) as bar:
        task = bar.add_task("Training", total=1.0, left="", figures="")
        latest: dict[str, float] = {}
        messages = _Messages(output)

        def show(event: Event) -> None:
            latest.update(event.metrics)
            bar.update(
                task,
                completed=event.fraction,
                left=_time_left(event.remaining_s),
                figures=_figures(latest),
            )
            if event.kind not in ("step", "evaluate"):
                messages.show(event.text)

        yield show


def _plain_lines(output: Output) -> Callable[[Event], None]:
    last = -math.inf
    latest: dict[str, float] = {}
    messages = _Messages(output)

    def show(event: Event) -> None:
        nonlocal last
        latest.update(event.metrics)
        if event.kind == "step":
            if time.monotonic() - last < _PLAIN_LINE_EVERY_S:
                return
            last = time.monotonic()
        elif event.kind != "evaluate":
            messages.show(event.text)
            return
        left = _time_left(event.remaining_s)
        output.note(f"step {event.step} · {event.fraction:.0%} · {left} · {_figures(latest)}")

    return show


def _time_left(seconds: float | None) -> str:
    if seconds is None:
        return "time left unknown"
    minutes, rest = divmod(int(seconds + 0.5), 60)
    return f"{minutes}:{rest:02d} left"


def _figures(metrics: dict[str, float]) -> str:
    return " · ".join(
        form.format(metrics[name]) for name, form in _SHOWN.items() if name in metrics
    )


class _Messages:
    """Passes messages on, but of those that only count up one in ten seconds."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._last: dict[str, float] = {}

    def show(self, text: str) -> None:
        topic = text.partition(":")[0]
        now = time.monotonic()
        if text and now - self._last.get(topic, -math.inf) >= _REPEATED_MESSAGE_EVERY_S:
            self._last[topic] = now
            self._output.note(text)
