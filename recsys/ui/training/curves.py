"""How curves look: specifications as plain dictionaries, since a chart is drawn every two seconds.

Altair would take longer to make one than everything else takes together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from recsys.learning.curves import Series

# Okabe & Ito's colours, as the other charts have them: at least 3:1 against both papers.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#B0568C", "#9A7B00", "#7A5FD0")
DASHES = ([1, 0], [6, 4], [2, 3], [8, 3, 2, 3], [4, 2], [1, 2])
HEIGHT_PX, LEGEND_PX = 190, 26

Rows = dict[str, list[Any]]


def rows_of(curves: Mapping[str, tuple[str, Series]]) -> Rows:
    """The table of a chart.

    Args:
        curves: name of the line → its title and points.
    """
    rows: Rows = {"step": [], "value": [], "line": []}
    for title, series in curves.values():
        rows["step"] += series.steps
        rows["value"] += series.values
        rows["line"] += [title] * len(series.steps)
    return rows


def curve_spec(
    lines: Sequence[str],
    *,
    is_logarithmic: bool = False,
    form: str = ".3~g",
    has_points: bool = False,
) -> dict[str, Any]:
    """Lines over the steps. Columns: ``step``, ``value``, ``line``.

    Args:
        lines: their titles, in the order of their colours.
        form: of the numbers, as d3 takes it.
        has_points: marks every point, for figures that are measured now and then.
    """
    scale: dict[str, Any] = {"zero": False, "nice": True}
    if is_logarithmic:
        scale = {"type": "log", "nice": False}
    is_one = len(lines) < 2
    legend = None
    if not is_one:  # lines in the legend too: a dashed edge around a dot is a blot
        legend = {"orient": "bottom", "columns": 2, "labelLimit": 180, "symbolType": "stroke"}
    domain = list(lines)
    dashes = [DASHES[at % len(DASHES)] for at in range(len(domain))]
    return {
        "height": HEIGHT_PX if is_one else HEIGHT_PX + LEGEND_PX * ceil(len(lines) / 2),
        "padding": {"left": 2, "right": 14, "top": 6, "bottom": 2},
        "mark": {
            "type": "line",
            "point": {"size": 50} if has_points else False,
            "strokeWidth": 2,
            "clip": not has_points,  # or the last point, at the edge, would be cut in half
        },
        "encoding": {
            "x": {
                "field": "step",
                "type": "quantitative",
                "title": "step",
                "axis": {
                    "tickCount": 5,
                    "labelExpr": "datum.value ? format(datum.value, '~s') : '0'",
                },
                # from the start, so that one point alone has its place too
                "scale": {"nice": False, "zero": True},
            },
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": None,
                "axis": {"tickCount": 5, "format": form},
                "scale": scale,
            },
            "color": {
                "field": "line",
                "type": "nominal",
                "title": None,
                "scale": {
                    "domain": domain,
                    "range": [COLOURS[at % len(COLOURS)] for at in range(len(domain))],
                },
                "legend": legend,
            },
            "strokeDash": {
                "field": "line",
                "type": "nominal",
                "title": None,
                "scale": {"domain": domain, "range": dashes},
                "legend": legend,
            },
            "tooltip": [
                {"field": "line", "type": "nominal", "title": "figure"},
                {"field": "step", "type": "quantitative", "format": ","},
                {"field": "value", "type": "quantitative", "format": ".4~g"},
            ],
        },
    }


CHARTS: tuple[tuple[str, str, tuple[str, ...], dict[str, Any]], ...] = (
    ("loss", "Loss", ("loss", "validation_loss"), {}),
    ("recall", "Recall@10 on validation looks", ("validation_recall@10",), {"has_points": True}),
    (
        "exposure",
        "Exposure on validation looks",
        ("excess_gini", "coverage", "largest_share"),
        {"has_points": True},
    ),
    ("rate", "Learning rate", ("learning_rate",), {"form": "~e"}),
    ("gradient", "Gradient norm", ("gradient_norm",), {}),
    ("speed", "Images a second", ("images_per_s",), {"form": "~s"}),
    ("spread", "Embedding spread", ("embedding_spread",), {"has_points": True}),
)
"""Key, heading, figures and looks of each chart of a run."""
