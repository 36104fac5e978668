"""A front as a table for a terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from recsys.evaluation.audit_words import difference_text, value_text
from recsys.evaluation.front_result import Exposure, Front, FrontPoint, Value

_EXPOSURE = {
    "excess_gini": "excess Gini",
    "coverage": "coverage",
    "effective_catalogue": "effective",
    "top_share": "top 1 %",
    "largest_share": "most shown",
}


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
    for name in (f"recall@{front.k}", "difference", *_EXPOSURE.values()):
        table.add_column(name, justify="right", no_wrap=True)
    for at, point in enumerate(front.points):
        chosen = at == front.recommended
        table.add_row(
            "→" if chosen else "",
            Text(point.setting(front.k).text),
            _with_interval(point.recall),
            _signed(point.gain),
            *_exposure(point),
            style="bold" if chosen else "",
        )
    by_chance = value_text("recall", front.by_chance.recall)
    table.add_row("", "by chance", by_chance, "–", *_exposure(front.by_chance), style="dim")
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


def _exposure(found: Exposure) -> list[str]:
    return [value_text(key, getattr(found, key)) for key in _EXPOSURE]


def _with_interval(found: Value) -> str:
    if found.value is None or found.low is None or found.high is None:
        return value_text("recall", found.value)
    return f"{found.value:.3f} ±{(found.high - found.low) / 2:.3f}"


def _signed(found: Value) -> str:
    text = difference_text("recall", found.value)
    if found.low is None or found.high is None:
        return text
    return f"{text} ±{(found.high - found.low) / 2:.3f}"
