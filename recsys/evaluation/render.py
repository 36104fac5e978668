"""A report as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from recsys.evaluation.report import BASELINES, MAIN_FIGURE, Report

_TITLES = {
    "mrr": "MRR",
    "ndcg@10": "NDCG@10",
    "auc": "AUC",
    "within_category_auc": "AUC in category",
    "binary_accuracy": "binary accuracy",
}
_NAMES = {"colour": "colour histogram"}
_LEFT_TO_JSON = ("binary_accuracy",)
_WIDE = 112


class _Rendered:
    """Draws itself for the width that it is given."""

    def __init__(self, record: dict[str, Any]) -> None:
        self._record = record

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        record = self._record
        counts = record["counts"]
        yield Text(
            f"{record['data']['name']}, {record['split']}: {counts['scenes']} scenes, "
            f"{counts['products']} products, {counts['positives']} right answers "
            f"({counts['scenes_seen_in_training']} scenes seen in training)"
        )
        yield _table(record, narrow=options.max_width < _WIDE)
        yield from (Text(line) for line in _lines(record))
        yield from (Text(f"Warning: {text}", style="bold red") for text in record["warnings"])


def render(report: Report) -> RenderableType:
    """Recommenders by figures, each with half the width of its 95 % interval.

    Fits 80 columns; below 112 the intervals stand under their figures.
    """
    return _Rendered(report.record)


def _table(record: dict[str, Any], *, narrow: bool) -> Table:
    names = [name for name in record["figures"] if name not in _LEFT_TO_JSON]
    table = Table(
        caption="± half of the 95 % interval over scenes", box=SIMPLE_HEAD, show_edge=False
    )
    table.add_column("recommender", overflow="fold")
    for name in names:
        title = _TITLES.get(name, name)
        table.add_column(_broken(title) if narrow else title, justify="right", no_wrap=True)
    rows: list[tuple[str, dict[str, Any]]] = [(_label(record), record["figures"])]
    rows += [(_label(row), row["figures"]) for row in record["beside"]]
    rows += [(_NAMES.get(name, name), record["baselines"][name]) for name in BASELINES]
    for position, (label, figures) in enumerate(rows):
        cells = (_cell(figures.get(name)) for name in names)
        shown = (cell.replace(" ", "\n") if narrow else cell for cell in cells)
        table.add_row(Text(label), *shown, style="bold" if position == 0 else "")
    return table


def _broken(title: str) -> str:
    return title.replace("@", "\n@").replace(" in category", "\nin cat.")


def _label(row: dict[str, Any]) -> str:
    return f"{row['model']} ({row['preset']})" if row["preset"] else str(row["model"])


def _cell(figure: dict[str, float | None] | None) -> str:
    if figure is None or figure["value"] is None:
        return "–"
    if figure["low"] is None or figure["high"] is None:
        return _short(figure["value"])
    return f"{_short(figure['value'])} ±{_short((figure['high'] - figure['low']) / 2)}"


def _short(value: float) -> str:
    """Three decimals, without the zero before them, so that a table fits a terminal."""
    return f"{value:.3f}".removeprefix("0")


def _lines(record: dict[str, Any]) -> Iterator[str]:
    for name in BASELINES:
        yield _difference(f"Against {_NAMES.get(name, name)}", record["difference"][name])
    for row in record["beside"]:
        if row["difference"] is not None:
            yield _difference(f"Against {row['model']}", row["difference"])
    if record["lenient"] is not None:
        figures = ", ".join(f"{_TITLES.get(k, k)} {_cell(v)}" for k, v in record["lenient"].items())
        yield f"Lenient (a look-alike of the same box or labels counts as right): {figures}"
    for group, title in (("seen", "seen in training"), ("unseen", "never seen")):
        part = record["by_product"][group]
        if part["positives"] and part["positives"] != record["counts"]["positives"]:
            yield (
                f"Products {title} ({part['positives']}): {MAIN_FIGURE} "
                f"{_cell(part.get(MAIN_FIGURE))}, AUC {_cell(part['auc'])}"
            )
    yield from record["notes"]


def _difference(title: str, difference: dict[str, Any]) -> str:
    shown = []
    for name in (MAIN_FIGURE, "within_category_auc"):
        gain = difference.get(name)
        if gain is not None and gain["low"] is not None:
            shown.append(
                f"{_TITLES.get(name, name)} {gain['value']:+.3f} "
                f"({gain['low']:+.3f} to {gain['high']:+.3f})"
            )
    return f"{title}: {', '.join(shown) or 'no data'}"
