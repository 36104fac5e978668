"""``popularity``: who is shown, how good the lists are, and what a cure costs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from recsys.commands.output import (
    Output,
    Progress,
    correction_option,
    data_option,
    json_option,
    model_option,
    with_output,
)

if TYPE_CHECKING:
    from recsys.evaluation.audit import Audit, Auditor, Setting
    from recsys.retrieval.corrections import Correction
    from recsys.serving.server import Server
    from recsys.workspace import Workspace

_TELL_EVERY_S = 0.5

PARTS = ("all", "train", "validation", "test")


@click.command(
    epilog="Example: python -m recsys popularity --data demo --model demo --correction nnn=0.5"
)
@data_option()
@model_option(required=False)
@correction_option(
    "model",
    "Correction of the scores; model is the model's own score. Default: what is served, which "
    "is the live correction where the live model answers.",
)
@click.option(
    "--diversity",
    type=float,
    default=0.0,
    show_default=True,
    help="Re-rank for diversity, 0 to 1: maximal marginal relevance with λ = 1 − this.",
)
@click.option(
    "--cap",
    type=float,
    help="Exposure cap m, at least 1: no product in more than m times its fair share of lists.",
)
@click.option("-k", "k", default=10, show_default=True, help="How long the lists are.")
@click.option(
    "--split",
    "part",
    type=click.Choice(PARTS),
    default="all",
    show_default=True,
    help="Which scenes; all is every scene with a readable photo.",
)
@click.option("--against", metavar="ID|PATH", help="Another model, on the same scenes and k.")
@click.option(
    "--compare",
    metavar="NAME[=STRENGTH]|model",
    help="Another correction of the same model, on the same scenes and k.",
)
@click.option(
    "--front",
    is_flag=True,
    help="What every cure costs: recall against exposure over a grid of strengths, on "
    "validation scenes.",
)
@json_option
@with_output
def popularity(
    output: Output,
    data: str,
    model: str | None,
    correction: str | None,
    diversity: float,
    cap: float | None,
    k: int,
    part: str,
    against: str | None,
    compare: str | None,
    front: bool,
) -> None:
    """Measure the popular-item problem: who is shown, to how many, and how good the lists are.

    Counts the lists of all scenes, those that recommend --scenes all gives, and shows every
    figure beside what lists drawn at random would have.
    """
    if against is not None and compare is not None:
        raise click.UsageError("Give --against or --compare, not both.")
    asked = (correction, cap, against, compare)
    if front and (diversity or part != "all" or any(one is not None for one in asked)):
        raise click.UsageError("--front goes with --data, --model, -k and --json alone.")
    from recsys.evaluation.audit import Auditor
    from recsys.serving.open import open_server
    from recsys.serving.spelling import parse_scoring
    from recsys.workspace import Workspace

    workspace = Workspace.default()
    scorings = [None if text is None else parse_scoring(text) for text in (correction, compare)]
    _setting(None, diversity, cap, k, part)  # what is wrong is said before anything is embedded
    with output.progress("Embedding") as progress:
        server = open_server(data, model, workspace, progress)
        rival = None if against is None else open_server(data, against, workspace, progress)
    output.warn_of(server.catalog, server.table)
    auditor = Auditor(server, workspace)
    with output.progress("Looking at all scenes") as progress:
        auditor.prepare(_told("looking at all scenes", progress))
    if front:
        _front(output, auditor, workspace, k)
        return
    chosen = _correction(scorings[0], server)
    with output.progress("Counting") as progress:
        audit = auditor.audit(_setting(chosen, diversity, cap, k, part), progress)
    other = None
    if compare is not None:
        other = auditor.audit(_setting(_correction(scorings[1], server), diversity, cap, k, part))
    elif rival is not None:
        # the same cure for both, unless what is served was asked for
        same = None if scorings[0] is None else chosen
        with output.progress("Looking at all scenes with the other model") as progress:
            other = Auditor(rival, workspace).audit(
                _setting(same, diversity, cap, k, part), progress
            )
    _write(output, audit, other)


def _setting(
    correction: Correction | None, diversity: float, cap: float | None, k: int, part: Any
) -> Setting:
    from recsys.evaluation.audit import Setting

    return Setting(correction, diversity, cap, k, part)


def _correction(scoring: object, server: Server) -> Correction | None:
    """What is asked for: a correction, the model's own score, or what is served."""
    from recsys.retrieval.corrections import Correction

    if isinstance(scoring, Correction):
        return scoring
    return None if scoring is not None or server.live is None else server.live.correction


def _write(output: Output, audit: Audit, other: Audit | None) -> None:
    from recsys.evaluation.audit_compare import compare

    comparison = None if other is None else compare(audit, other)
    if output.as_json:
        from recsys.evaluation.audit_json import record

        found = record(audit)
        found["comparison"] = None
        if comparison is not None and other is not None:
            found["comparison"] = {**comparison.record(), "audit": record(other)}
        output.result(found)
        return
    from recsys.evaluation.audit_render import render, render_comparison

    output.show(render(audit))
    if comparison is not None:
        output.show(render_comparison(comparison))


def _front(output: Output, auditor: Auditor, workspace: Workspace, k: int) -> None:
    from recsys.evaluation.front import find_front
    from recsys.evaluation.front_render import render

    with output.progress("Measuring every cure") as progress:
        front = find_front(auditor, workspace, k, _told("measuring every cure", progress))
    if output.as_json:
        output.result(front.record())
    else:
        output.show(render(front))


def _told(doing: str, progress: Progress) -> Progress:
    """Progress that is also written down for whoever watches this process, where one does."""
    from recsys import processes

    last = 0.0

    def update(done: int, total: int) -> None:
        nonlocal last
        progress(done, total)
        now = time.monotonic()
        if now - last >= _TELL_EVERY_S or done >= total:
            last = now
            processes.report({"doing": doing, "done": done, "total": total})

    return update
