"""How a sweep's charts look: specifications as plain dictionaries, drawn every two seconds."""

from __future__ import annotations

from typing import Any

from recsys.learning.setting_words import label_of
from recsys.learning.sweeps import Sweep, Trial
from recsys.ui.charts import CHANCE, PICKED, SHOWN, TEXT, chart, label, table
from recsys.ui.training.curves import curve_spec
from recsys.ui.training.sweep_words import (
    TRIAL_STATES,
    importance_words,
    recall_text,
    settings_words,
)

BEST_SO_FAR = "best so far"
LOOKS = {
    "complete": (SHOWN, "circle"),
    "ended early": (CHANCE, "triangle-down"),
    "in progress": ("#B0568C", "diamond"),
    "failed": (PICKED, "cross"),
}
"""State of a trial in words → its colour and shape; the shape alone tells them apart."""
_HEIGHT_PX = 250
_BAR_PX = 34
_PADDING = {"left": 2, "right": 14, "top": 6, "bottom": 2}

Rows = dict[str, list[Any]]


def progress_rows(sweep: Sweep) -> Rows:
    """A row for each trial that measured something, and for each step of the best so far."""
    rows: Rows = {"trial": [], "recall": [], "best": [], "state": [], "settings": []}
    best = dict(sweep.best_so_far)
    highest: float | None = None
    for trial in sweep.trials:
        highest = best.get(trial.number, highest)
        if trial.value is None and highest is None:
            continue
        rows["trial"].append(trial.number)
        rows["recall"].append(trial.value)
        rows["best"].append(highest)
        rows["state"].append(TRIAL_STATES.get(trial.state, trial.state))
        rows["settings"].append(label(settings_words(sweep, trial)))
    return rows


def progress_spec(rows: Rows, trials: int | None = None) -> dict[str, Any]:
    """Dots for the trials under a line of steps, the best so far.

    Args:
        trials: the budget, which the axis shows from the start; None where it is one of minutes.
    """
    last = max(1, (trials or 1) - 1, *rows["trial"])
    states = [name for name in LOOKS if name in rows["state"]]
    x = {
        "field": "trial",
        "type": "quantitative",
        "title": "trial",
        "axis": {"tickMinStep": 1, "format": "d", "tickCount": 8},
        "scale": {"domain": [0, last], "nice": False, "padding": 14},
    }
    axis = {"tickCount": 5, "format": ".3~g"}
    size = max(16, min(95, 6_000 // max(1, len(rows["trial"]))))
    scale = {"zero": False, "nice": True}
    legend = {"orient": "bottom", "columns": 2} if len(states) > 1 else None
    return {
        "height": _HEIGHT_PX,
        "padding": _PADDING,
        "layer": [
            {
                "mark": {
                    "type": "line",
                    "interpolate": "step-after",
                    "strokeWidth": 2.5,
                    "color": "#009E73",
                },
                "encoding": {
                    "x": x,
                    "y": {"field": "best", "type": "quantitative", "title": None, "scale": scale},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": size, "opacity": 1},
                "encoding": {
                    "x": x,
                    "y": {
                        "field": "recall",
                        "type": "quantitative",
                        "title": None,
                        "axis": axis,
                        "scale": scale,
                    },
                    "color": {
                        "field": "state",
                        "type": "nominal",
                        "title": None,
                        "scale": {
                            "domain": states,
                            "range": [LOOKS[state][0] for state in states],
                        },
                        "legend": legend,
                    },
                    "shape": {
                        "field": "state",
                        "type": "nominal",
                        "title": None,
                        "scale": {
                            "domain": states,
                            "range": [LOOKS[state][1] for state in states],
                        },
                        "legend": legend,
                    },
                    "tooltip": [
                        {"field": "trial", "type": "quantitative", "format": "d"},
                        {
                            "field": "recall",
                            "type": "quantitative",
                            "title": "recall@10",
                            "format": ".3f",
                        },
                        {"field": "state", "type": "nominal"},
                        {"field": "settings", "type": "nominal"},
                    ],
                },
            },
        ],
    }


def progress_chart(sweep: Sweep) -> None:
    """The best so far over the trials."""
    rows = progress_rows(sweep)
    best = sweep.best_trial
    says = "no trial has come to its end yet"
    if best is not None:
        says = f"the best is trial {best.number} with {recall_text(best.value)}"
    chart(
        progress_spec(rows, sweep.request.trials),
        table(rows),
        key=f"train_sweep_progress_{sweep.id}",
        says=f"Recall@10 of each trial and the best so far: {says}.",
    )


def importance_rows(sweep: Sweep) -> Rows:
    """A row for each setting, the most telling one first."""
    ranked = sorted(sweep.importances.items(), key=lambda item: -item[1])
    return {
        "setting": [label_of(key) for key, _ in ranked],
        "share": [share for _, share in ranked],
        "words": [f"{100 * share:.0f} %" for _, share in ranked],
    }


def importance_spec(count: int) -> dict[str, Any]:
    """Bars from 0 to 1, each with its share beside it."""
    y = {
        "field": "setting",
        "type": "nominal",
        "title": None,
        "sort": None,
        "axis": {"ticks": False, "domain": False, "labelLimit": 130, "labelPadding": 6},
    }
    x = {
        "field": "share",
        "type": "quantitative",
        "title": None,
        "axis": None,
        "scale": {"domain": [0, 1.15], "nice": False},
    }
    return {
        "height": _BAR_PX * count + 6,
        "padding": {**_PADDING, "right": 2},
        "layer": [
            {
                "mark": {"type": "bar", "color": SHOWN, "height": 18, "cornerRadiusEnd": 3},
                "encoding": {"x": x, "y": y},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 6, "color": TEXT, "fontSize": 13},
                "encoding": {"x": x, "y": y, "text": {"field": "words", "type": "nominal"}},
            },
        ],
    }


def importance_chart(sweep: Sweep) -> None:
    """How much each setting explains."""
    rows = importance_rows(sweep)
    chart(
        importance_spec(len(rows["setting"])),
        table(rows),
        key=f"train_sweep_importance_{sweep.id}",
        says=" ".join(importance_words(sweep)),
    )


def trial_rows(trial: Trial, best: Trial | None) -> tuple[list[str], Rows]:
    """The lines of a trial's chart, and their points; the best one's beside it."""
    lines = {f"Trial {trial.number}": trial}
    if best is not None and best.number != trial.number:
        lines[f"Trial {best.number}, the best"] = best
    rows: Rows = {"step": [], "value": [], "line": []}
    for title, one in lines.items():
        rows["step"] += [step for step, _ in one.curve]
        rows["value"] += [value for _, value in one.curve]
        rows["line"] += [title] * len(one.curve)
    return list(lines), rows


def trial_chart(sweep: Sweep, trial: Trial) -> None:
    """Recall@10 of one trial as it went on, with the best one beside it."""
    titles, rows = trial_rows(trial, sweep.best_trial)
    first, last = trial.curve[0], trial.curve[-1]
    chart(
        curve_spec(titles, has_points=True),
        table(rows),
        key=f"train_sweep_trial_{sweep.id}_{trial.number}",
        says=f"Recall@10 of trial {trial.number}: {recall_text(first[1])} at step {first[0]:,}, "
        f"{recall_text(last[1])} at step {last[0]:,}.",
    )
