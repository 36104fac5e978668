"""A front as a table for a terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from recsys.evaluation.audit_words import value_text
from recsys.evaluation.front import Front, FrontPoint, Value


def render(front: Front) -> RenderableType:
    """Every cure at every strength; the recommended one is marked."""
    table = Table(
        caption="± half of the 95 % interval over scenes; the difference is to the model's own "
        "score, paired",
        box=SIMPLE_HEAD,
        show_edge=False,
    )
    table.add_column("")
    table.add_column("cure", no_wrap=True)
    names = (f"recall@{front.k}", "difference", "excess Gini", "coverage", "effective", "top 1 %")
    for name in (*names, "most shown"):
        table.add_column(name, justify="right", no_wrap=True)
    for at, point in enumerate(front.points):
        chosen = at == front.recommended
        table.add_row(
            "→" if chosen else "",
            Text(point.setting(front.k).text),
            _with_interval(point.recall),
            _signed(point.gain),
            value_text("excess_gini", point.excess_gini),
            value_text("coverage", point.coverage),
            value_text("effective_catalogue", point.effective_catalogue),
            value_text("top_share", point.top_share),
            value_text("largest_share", point.largest_share),
            style="bold" if chosen else "",
        )
    scope = Text(
        f"{front.data}, {front.model}: {front.scenes:,} validation scenes, "
        f"{front.products:,} products, lists of {front.k}; recall over {front.unseen_scenes:,} "
        "scenes that the model was not trained on"
    )
    notes = (Text(note, style="yellow") for note in front.notes)
    return Group(scope, table, Text(_advice(front)), *notes)


def _advice(front: Front) -> str:
    if front.recommended is None:
        return "No scene of these may say how good lists are, so nothing is recommended"
    point: FrontPoint = front.points[front.recommended]
    return (
        f"Recommended: {point.setting(front.k).words}, the least uneven of those that can be "
        f"served and have at least 99 % of the best recall@{front.k}"
    )


def _with_interval(found: Value) -> str:
    if found.value is None or found.low is None or found.high is None:
        return value_text("recall", found.value)
    return f"{found.value:.3f} ±{(found.high - found.low) / 2:.3f}"


def _signed(found: Value) -> str:
    if found.value is None:
        return "–"
    if found.low is None or found.high is None:
        return f"{found.value:+.3f}"
    return f"{found.value:+.3f} ±{(found.high - found.low) / 2:.3f}"
