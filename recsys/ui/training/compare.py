"""Runs side by side: curves overlaid, what differs, figures with intervals, and their lists."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Any

import streamlit as st

from recsys.errors import RecsysError
from recsys.evaluation.bootstrap import Interval
from recsys.learning import runs
from recsys.learning.comparing import Comparison, compare
from recsys.learning.runs import Run
from recsys.learning.setting_words import SETTINGS
from recsys.ui.charts import chart, table
from recsys.ui.frame import nothing_here
from recsys.ui.messages import explain, plain
from recsys.ui.resources import Live
from recsys.ui.state import change
from recsys.ui.tiles import tiles
from recsys.ui.training import asked
from recsys.ui.training.curves import curve_spec, rows_of
from recsys.ui.training.data import catalog_of
from recsys.ui.training.film import strip
from recsys.ui.training.watch import value_text
from recsys.ui.training.words import FIGURES, STATES, figure_text
from recsys.workspace import Workspace

OVERLAID = (
    "loss",
    "validation_loss",
    "validation_recall@10",
    "excess_gini",
    "coverage",
    "learning_rate",
    "gradient_norm",
)
MEASURED = ("validation_loss", "validation_recall@10", "excess_gini", "coverage")
"""Figures of evaluations, not of every step."""
REPORTED = ("recall@10", "recall@50", "mrr", "auc", "within_category_auc")
TITLE_LETTERS, LEGEND_LETTERS = 60, 28
"""A column's heading, and a line in a chart's legend, which is 180 pixels wide."""
_FEWEST_LETTERS = 8
_WHOLE = 200
"""More than any title has: one that is cut again might be another's."""
_OTHERS = {
    "preset": "Preset",
    "data": "Data set",
    "data fingerprint": "Content of the data set",
    "steps": "Budget, steps",
    "minutes": "Budget, minutes",
}
"""What runs differ in beside their settings → what people call it."""
MISSING = "–"
RECALL = "validation_recall@10"


def side_by_side(live: Live, workspace: Workspace) -> None:
    """The choice of runs, and everything about them beside one another."""
    known = {run.id: run for run in runs.list_runs(workspace, archived=True)}
    if len(known) < 2:
        nothing_here("There are not yet two runs to compare.")
        return
    gone = [name for name in asked.WITH.read() if name not in known]
    picked = [name for name in asked.WITH.read() if name in known]
    st.multiselect(
        "Runs to compare, the first being what the others are held against",
        list(known),
        format_func=lambda name: f"{known[name].name} ({STATES[known[name].state][0]})",
        max_selections=asked.MOST_COMPARED,
        placeholder="Choose two or more",
        **_tied(picked),
    )
    if gone:
        st.caption(plain(f"No longer there: {', '.join(gone)}.", 300))
    if len(picked) < 2:
        nothing_here("Choose two runs or more.")
        return
    try:
        found = compare(workspace, picked)
    except RecsysError as error:
        explain(error, heading="These runs cannot be compared")
        return
    titles = titles_of(found.runs)
    figures(found, titles)
    overlays(workspace, found.runs, titles_of(found.runs, LEGEND_LETTERS))
    settings(found, titles)
    reports(found, titles)
    lists(live, workspace, found.runs, titles)


def _tied(picked: list[str]) -> dict[str, Any]:
    """The URL holds a tuple, the widget a list."""
    tied = asked.WITH.widget()
    st.session_state[tied["key"]] = picked

    def changed() -> None:
        chosen = tuple(st.session_state.get(tied["key"], ()))
        change({asked.WITH: chosen[: asked.MOST_COMPARED]})

    return {"key": tied["key"], "on_change": changed}


def titles_of(found: Sequence[Run], most: int = TITLE_LETTERS) -> tuple[str, ...]:
    """What each run is called here: its name, cut to ``most`` letters.

    Where two would read the same, each has its id at the end instead of the letters there; an id
    is never cut.
    """
    titles = [_cut(run.name, most) for run in found]
    alike = [title for title in titles if titles.count(title) > 1]
    titles = [
        _with_id(run, most) if title in alike else title
        for run, title in zip(found, titles, strict=True)
    ]
    if len(set(titles)) < len(titles):  # a name that is another's with its id
        titles = [_with_id(run, most) for run in found]
    return tuple(titles)


def _with_id(run: Run, most: int) -> str:
    own = f" ({run.id})"
    return _cut(run.name, max(_FEWEST_LETTERS, most - len(own))) + own


def _cut(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def figures(found: Comparison, titles: tuple[str, ...]) -> None:
    """The latest figures, and the paired test of each run against the first."""
    st.header("Figures", anchor=False)
    rows: dict[str, list[str]] = {"Run": [plain(title, _WHOLE) for title in titles]}
    rows["Recall@10 (95 % interval)"] = [
        # a run from before intervals were kept has its figure at least
        interval_text(one) if one else figure_text(RECALL, run.metrics.get(RECALL))
        for one, run in zip(found.recall, found.runs, strict=True)
    ]
    rows["Against the first, same looks"] = [
        paired_text(found, number) for number in range(len(found.runs))
    ]
    for name in ("validation_loss", "excess_gini", "coverage", "largest_share"):
        if name in found.metrics:
            rows[FIGURES[name]] = [figure_text(name, value) for value in found.metrics[name]]
    rows["Steps"] = [f"{run.step:,}" for run in found.runs]
    st.table(table(rows), hide_index=True, border="horizontal")
    st.caption(
        "On validation looks, at each run's last evaluation. A difference is paired: the same "
        "looks and the same draws for both runs. Its 95 % interval leaves 0 out where the "
        "difference is clear."
    )


def interval_text(one: Interval | None) -> str:
    """``0.344 (0.319 to 0.369)``."""
    if one is None or isnan(one.value):
        return MISSING
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"


def paired_text(found: Comparison, number: int) -> str:
    """The paired difference of a run and the first, and whether it is clear."""
    if number == 0:
        return "the first"
    pair = found.paired[number]
    if pair is None:
        return plain(found.unpaired[number], 120)
    value, low, high = pair.difference.value, pair.difference.low, pair.difference.high
    if isnan(value):
        return MISSING
    verdict = ("better" if value > 0 else "worse") if pair.is_clear else "no clear difference"
    return f"{_signed(value)} ({_signed(low)} to {_signed(high)}): {verdict}, {pair.scenes:,} looks"


def overlays(workspace: Workspace, found: Sequence[Run], titles: tuple[str, ...]) -> None:
    """Each figure's curves in one chart."""
    st.header("Curves", anchor=False)
    curves = [runs.curves(workspace, run.id) for run in found]
    with st.container(key="train_overlays"):
        for name in OVERLAID:
            lines = {
                title: (title, own[name])
                for title, own in zip(titles, curves, strict=True)
                if name in own and own[name].steps
            }
            if not lines:
                continue
            with st.container():
                st.markdown(f"**{FIGURES[name]}**")
                ends = "; ".join(
                    f"{title} {figure_text(name, series.last)} at step {series.steps[-1]:,}"
                    for title, series in lines.values()
                )
                form = "~e" if name == "learning_rate" else ".3~g"
                chart(
                    curve_spec(titles, form=form, has_points=name in MEASURED),
                    table(rows_of(lines)),
                    key=f"train_overlay_{name}",
                    says=f"{FIGURES[name]} of each run: {ends}.",
                )


def settings(found: Comparison, titles: tuple[str, ...]) -> None:
    """The settings that differ; what differs from the first run is set bold."""
    st.header("What differs", anchor=False)
    if not found.settings:
        st.caption("Nothing: settings, data and budget are the same.")
        return
    rows: dict[str, list[str]] = {"Setting": [_label(key) for key in found.settings]}
    for number, title in enumerate(titles):
        heading = f"{title} ({found.runs[number].id})" if title == "Setting" else title
        rows[plain(heading, _WHOLE)] = [
            _value(values[number], is_other=values[number] != values[0])
            for values in found.settings.values()
        ]
    st.table(table(rows), hide_index=True, border="horizontal")
    st.caption("Bold: other than in the first run. Settings that are the same are left out.")


def _label(key: str) -> str:
    """A setting's name, as a run's own page has it."""
    said = SETTINGS.get(key)
    return plain(said.label if said is not None else _OTHERS.get(key, key), 60)


def _value(value: Any, *, is_other: bool) -> str:
    text = MISSING if value is None else plain(value_text(value), 60)
    return f"**{text}**" if is_other else text


def reports(found: Comparison, titles: tuple[str, ...]) -> None:
    """What was measured of the finished models on their test part."""
    if not any(found.reports):
        return
    st.header("On the test part", anchor=False)
    rows: dict[str, list[str]] = {"Run": [plain(title, _WHOLE) for title in titles]}
    for name in REPORTED:
        if any(report is not None and name in report for report in found.reports):
            rows[name] = [_reported(report, name) for report in found.reports]
    st.table(table(rows), hide_index=True, border="horizontal")
    st.caption(
        "With 95 % intervals, where a model has been evaluated on looks nothing chose it by."
    )


def _reported(report: dict[str, dict[str, float | None]] | None, name: str) -> str:
    figure = (report or {}).get(name, {})
    value, low, high = (figure.get(key) for key in ("value", "low", "high"))
    if value is None:
        return MISSING
    if low is None or high is None:
        return f"{value:.3f}"
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def lists(live: Live, workspace: Workspace, found: Sequence[Run], titles: tuple[str, ...]) -> None:
    """What each run recommends for the same look, at its last evaluation."""
    films = [runs.film(workspace, run.id) for run in found]
    last = [
        {scene["scene"]: scene for scene in film[-1]["scenes"]} if film else {} for film in films
    ]
    shared = [scene for scene in last[0] if all(scene in own for own in last)]
    if not shared or len({run.fingerprint for run in found}) > 1:
        return
    st.header("The same look", anchor=False)
    key = "train_compare_scene"
    at = (
        st.select_slider("Look", range(1, len(shared) + 1), key=key, label_visibility="collapsed")
        if len(shared) > 1
        else 1
    )
    try:
        catalog = catalog_of(live, workspace, found[0].data_path)
    except RecsysError:
        st.caption("The data set of these runs is gone, so there are no pictures to show.")
        return
    with st.container(key="train_beside"):
        for number, (title, own) in enumerate(zip(titles, last, strict=True)):
            with st.container():
                st.markdown(f"**{plain(title, _WHOLE)}**")
                tiles(
                    strip(catalog, own[shared[at - 1]]),
                    key=f"train_beside_{number}",
                    label=f"Look {at} and what goes with it by {title}",
                    size="small",
                )


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")
