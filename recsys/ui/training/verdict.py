"""What putting a model live would make better and worse: in a sentence, in figures, by category."""

from __future__ import annotations

from typing import Any

import streamlit as st

from recsys.catalog.catalog import CATEGORY_SEPARATOR
from recsys.serving.spelling import parse_correction, scoring_words
from recsys.ui.charts import table
from recsys.ui.messages import plain, sentence
from recsys.ui.views import category_text, counted

FIGURES = {
    "recall@10": "Recall@10",
    "recall@50": "Recall@50",
    "mrr": "MRR",
    "auc": "AUC",
    "within_category_auc": "AUC within the category",
}
EXPOSURE = {
    "excess_gini": ("Excess Gini", False),
    "coverage": ("Coverage", True),
    "largest_share": ("Largest share", False),
}
"""Exposure figures: their names, and whether more is better."""
MISSING = "–"


def verdict(result: dict[str, Any]) -> None:
    """What gets better and what gets worse."""
    part = {
        "test": "test looks that neither model learnt from",
        "all": "looks that neither model learnt from",
    }
    scenes, scoring = int(result["scenes"]), scorings(result)
    own = " Where no correction is named, a figure is by the models' own scores." * bool(scoring)
    st.caption(
        plain(
            f"On {counted(scenes, 'look', 'looks')}: "
            f"{part.get(str(result['part']), 'looks')}. 95 % intervals; differences are paired. "
            "Exposure is counted over all lists at once, so its differences have no interval."
            f"{own}",
            400,
        )
    )
    headline(result)
    for text in result.get("warnings", ()):
        st.warning(plain(sentence(str(text)), 400), icon=":material/warning:")
    rows: dict[str, list[str]] = {
        "Figure": [],
        "New": [],
        "Live": [],
        "Difference": [],
        "Verdict": [],
    }
    for key, title in FIGURES.items():
        if key in result["figures"]:
            add(rows, title, result["figures"][key])
    if scoring:
        looks = counted(int(result["served"]["scenes"]), "look", "looks")
        add(rows, f"Recall@10, {scoring} ({looks})", result["served"])
    for key, (title, more_is_better) in EXPOSURE.items():
        title += f", {scoring}" if scoring else ""
        add_exposure(rows, title, result["exposure"].get(key, []), more_is_better)
    st.table(table(rows), hide_index=True, border="horizontal")
    if result["categories"]:
        lists = f", {plain(scoring, 120)}" if scoring else ""
        st.markdown(f"**By category**: right products among the first ten{lists}")
        rows = {"Category": [], "Pairs": [], "New": [], "Live": [], "Difference": [], "Verdict": []}
        names = short_names(list(result["categories"]))
        for name, one in sorted(result["categories"].items(), key=_gain):
            add(rows, names[name], one)
            rows["Pairs"].append(f"{int(one['pairs']):,}")
        st.table(table(rows), hide_index=True, border="horizontal")


def headline(result: dict[str, Any]) -> None:
    """The verdict in a sentence, on the lists as they would be served."""
    served = as_served(result)
    new, old = ((served.get(key) or {}).get("value") for key in ("new", "live"))
    if new is None:
        return
    what = "of the right products are among the first ten"
    if old is None:
        st.info(plain(f"{_percent(new)} {what}."), icon=":material/info:")
        return
    clear = clearly(served.get("difference"))
    names = short_names(list(result["categories"]))
    worse = [
        names[name] for name, one in result["categories"].items() if one.get("clear") == "worse"
    ]
    if clear == "better":
        text = f"It would be better: {_percent(new)} {what}, instead of {_percent(old)}."
        if worse:
            text += f" It would be worse in {', '.join(worse)}."
        st.success(plain(text, 500), icon=":material/trending_up:")
    elif clear == "worse":
        text = f"It would be worse: {_percent(new)} {what}, instead of {_percent(old)}."
        st.error(plain(text, 500), icon=":material/trending_down:")
    else:
        text = f"No clear difference: {_percent(new)} {what}, {_percent(old)} with the live model."
        if worse:
            text += f" It would be worse in {', '.join(worse)}."
        st.info(plain(text, 500), icon=":material/trending_flat:")


def scorings(result: dict[str, Any]) -> str:
    """The corrections that both are served with, in words; empty where there are none."""
    new, live = (
        scoring_words(parse_correction(str(result[key]))) if result.get(key) else ""
        for key in ("scoring", "against_scoring")
    )
    if not result.get("against"):
        return f"with {new}" if new else ""
    if new == live:
        return f"both with {new}" if new else ""
    sides = [f"{side} with {words}" for side, words in (("new", new), ("live", live)) if words]
    return ", ".join(sides)


def as_served(result: dict[str, Any]) -> dict[str, Any]:
    """Recall@10 of the lists as they would be served: corrected, or by the models' own scores."""
    found: dict[str, Any] = (
        result["served"] if scorings(result) else result["figures"].get("recall@10", {})
    )
    return found


def clearly(difference: dict[str, Any] | None) -> str:
    """``better``, ``worse``, or nothing where the interval has 0 in it or there is none."""
    low, high = ((difference or {}).get(key) for key in ("low", "high"))
    if low is None or high is None or low <= 0 <= high:
        return ""
    return "better" if low > 0 else "worse"


def short_names(paths: list[str]) -> dict[str, str]:
    """Categories as people read them, without the levels above that all of them share."""
    parts = [path.split(CATEGORY_SEPARATOR) for path in paths]
    shared = 0
    while all(len(one) > shared + 1 for one in parts) and len({one[shared] for one in parts}) == 1:
        shared += 1
    return {
        path: category_text(CATEGORY_SEPARATOR.join(one[shared:]))
        for path, one in zip(paths, parts, strict=True)
    }


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _gain(item: tuple[str, dict[str, Any]]) -> float:
    value = (item[1].get("difference") or {}).get("value")
    return 0.0 if value is None else float(value)


def add(rows: dict[str, list[str]], title: str, one: dict[str, Any]) -> None:
    """A figure of both models, their difference, and whether that is clear."""
    next(iter(rows.values())).append(plain(title, 160))
    rows["New"].append(interval_text(one.get("new")))
    rows["Live"].append(interval_text(one.get("live")))
    rows["Difference"].append(interval_text(one.get("difference"), signed=True))
    rows["Verdict"].append(verdict_of(one.get("difference")))


def add_exposure(
    rows: dict[str, list[str]], title: str, sides: list[dict[str, Any]], more_is_better: bool
) -> None:
    """An exposure figure: of all lists at once, so the difference has no interval."""
    values = [side.get("value") for side in sides]
    if not values or values[0] is None:
        return
    next(iter(rows.values())).append(title)
    rows["New"].append(f"{values[0]:.3f}")
    if len(values) < 2 or values[1] is None:
        rows["Live"].append(MISSING)
        rows["Difference"].append(MISSING)
        rows["Verdict"].append(MISSING)
        return
    change = values[0] - values[1]
    rows["Live"].append(f"{values[1]:.3f}")
    rows["Difference"].append(_signed(change))
    if abs(change) < 5e-4:
        rows["Verdict"].append("the same")
    else:
        # in words alone: without an interval nobody knows whether it is more than chance
        rows["Verdict"].append("better" if (change > 0) == more_is_better else "worse")


def verdict_of(difference: dict[str, Any] | None) -> str:
    """Whether a difference is clear, and which way it goes; more is better."""
    if difference is None or difference.get("low") is None:
        return MISSING
    clear = clearly(difference)
    return _coloured(clear == "better") if clear else "no clear difference"


def _coloured(is_better: bool) -> str:
    return ":green[better]" if is_better else ":red[worse]"


def interval_text(one: dict[str, Any] | None, *, signed: bool = False) -> str:
    """``0.344 (0.319–0.369)``, and ``+0.344 (+0.319 to +0.369)``."""
    value, low, high = ((one or {}).get(key) for key in ("value", "low", "high"))
    if value is None:
        return MISSING
    write = _signed if signed else "{:.3f}".format
    if low is None or high is None:
        return write(value)
    return f"{write(value)} ({write(low)}{' to ' if signed else '–'}{write(high)})"


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")
