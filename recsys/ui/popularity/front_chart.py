"""The front itself: recall against exposure for every strength, and a way to each point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from recsys.evaluation.audit import Setting
from recsys.evaluation.audit_words import FIGURES, difference_text, value_text
from recsys.evaluation.front_result import Front, FrontPoint
from recsys.ui import scorings
from recsys.ui.charts import chart, point, table
from recsys.ui.messages import plain
from recsys.ui.popularity import asked
from recsys.ui.popularity.asked import Asked, served_correction, setting_of
from recsys.ui.popularity.front_spec import BY_CHANCE, FRONT_COLUMNS, front_spec
from recsys.ui.popularity.headline import NO_DATA, text_of
from recsys.ui.popularity.names import correction_words, in_looks, pill, url_name
from recsys.ui.resources import Live
from recsys.ui.state import Parameter, change
from recsys.ui.views import counted

MEASURES = {
    "effective_catalogue": "Effective catalogue",
    "coverage": "Coverage",
    "excess_gini": "Excess Gini",
}
RANGES = {"near": "Near the best", "all": "All"}
NEAR = 0.8
"""What part of the best recall a setting finds that is near it."""


def draw(live: Live, wish: Asked, front: Front) -> None:
    """The recommended point in words, the chart, and all points as a table."""
    measure = asked.MEASURE.read()
    recommend(live, wish, front)
    with st.container(key="popularity_front_controls", horizontal=True, gap="medium"):
        st.segmented_control(
            "Against",
            tuple(MEASURES),
            format_func=MEASURES.__getitem__,
            required=True,
            width="content",
            **asked.MEASURE.widget(),
        )
        st.segmented_control(
            "Settings",
            tuple(RANGES),
            format_func=RANGES.__getitem__,
            required=True,
            width="content",
            help=f"Near the best: those that find at least {NEAR:.0%} of what the best finds.",
            **asked.RANGE.widget(),
        )
    rows = front_table(live, wish, front, measure)
    if not rows["id"]:
        st.caption(
            "No data: no validation look with known products is unseen by the model, so nothing "
            "says what a cure costs."
        )
        return
    chart(
        front_spec(
            MEASURES[measure],
            f"Recall@{front.k}",
            families(front),
            chance_is_left=chance_is_left(rows),
        ),
        table(rows),
        key=f"popularity_front_{measure}_{st.session_state.get('popularity_turn', 0)}",
        says=says(front, measure),
        on_select=lambda selected: clicked(front, selected),
    )
    st.caption(
        plain(
            f"{says(front, measure)}{left_out(front, rows)} {chance_words(front, measure)} "
            "Click a point to see its wall. All of it is measured on the "
            f"{front.scenes:,} validation looks, whichever looks are chosen above; recall over the "
            f"{front.unseen_scenes:,} of them that the model was not trained on. Bars are 95 % "
            "intervals. Hollow marks are not "
            "up for choice: an exposure cap and diversity cannot be served as a scoring"
            f"{', and some are misleading here' if any(p.suspect for p in front.points) else ''}.",
            900,
        )
    )
    for note in front.notes:
        st.info(plain(in_looks(f"{note}."), 400), icon=":material/info:")
    choose(front)
    everything(front)


def recommend(live: Live, wish: Asked, front: Front) -> None:
    """Which point to take, what it costs and what it buys, and a button to look at it."""
    if front.recommended is None:
        return
    best, own = front.points[front.recommended], front.points[0]
    gain, parts = best.gain, []
    if gain.value is not None and gain.low is not None and gain.high is not None:
        spread = f"{difference_text('recall', gain.low)} to {difference_text('recall', gain.high)}"
        parts.append(
            f"recall@{front.k} changes by {difference_text('recall', gain.value)} ({spread})"
        )
    parts.append(
        f"excess Gini is {_text('excess_gini', best)} instead of {_text('excess_gini', own)}"
    )
    never = [_text("never_shown", one) for one in (best, own)]
    parts.append(f"{never[0]} products are never shown instead of {never[1]}")
    told = f"Against the model's own score, over the validation looks: {', '.join(parts)}."
    why = "It is the most even of those that lose no more than 1 % of the best recall."
    if is_no_surer(best, own):
        why += " It is neither more even than the model's own score nor surely better."
    st.markdown(f"**Recommended: {plain(name_of(best))}.** {plain(told, 500)} {plain(why)}")
    current = setting_of(wish.this, live, front.k, wish.part)
    if same(best, current):
        st.caption("This is what you look at now.")
    else:
        st.button(
            "Look at it",
            icon=":material/star:",
            key="popularity_front_best",
            on_click=look_at,
            args=(best,),
        )


def is_no_surer(best: FrontPoint, own: FrontPoint) -> bool:
    """Whether the recommended point gains nothing that chance could not explain."""
    if best == own or best.excess_gini is None or own.excess_gini is None:
        return False
    is_better = best.gain.low is not None and best.gain.low > 0
    return best.excess_gini >= own.excess_gini and not is_better


def front_table(live: Live, wish: Asked, front: Front, measure: str) -> dict[str, list[Any]]:
    """Rows for ``front_spec``: the points that have both figures, and are asked for."""
    rows: dict[str, list[Any]] = {name: [] for name in FRONT_COLUMNS}
    current = setting_of(wish.this, live, front.k, wish.part)
    served = Setting(served_correction(live), k=front.k)
    least = least_recall(front) if asked.RANGE.read() == "near" else None
    for number, one in enumerate(front.points):
        bought = getattr(one, measure)
        if one.recall.value is None or bought is None:
            continue
        marked = []
        if number == front.recommended:
            marked.append("recommended")
        if not wish.this.model and same(one, served):
            marked.append("served now")
        if same(one, current):
            marked.append("shown here")
        if least is not None and not marked and (one.suspect or one.recall.value < least):
            continue
        values = {
            "id": str(number),
            "cure": family(one),
            "setting": name_of(one),
            "bought": bought,
            "recall": one.recall.value,
            "low": one.recall.low,
            "high": one.recall.high,
            "solid": one.servable and not one.suspect,
            "mark": ", ".join(marked),
        }
        for name, value in values.items():
            rows[name].append(value)
    by_chance = getattr(front.by_chance, measure)
    if rows["id"] and by_chance is not None:
        values = dict.fromkeys(FRONT_COLUMNS) | {
            "cure": BY_CHANCE,
            "setting": "random lists",
            "bought": by_chance,
            # near the best it would squeeze all that is drawn into the upper half
            "recall": front.by_chance.recall if least is None else None,
            "solid": False,
            "mark": "",
        }
        for name, value in values.items():
            rows[name].append(value)
    return rows


def chance_is_left(rows: Mapping[str, list[Any]]) -> bool:
    """Whether chance is less than the middle of what is drawn."""
    here = [b for b, cure in zip(rows["bought"], rows["cure"], strict=True) if cure == BY_CHANCE]
    return bool(here) and here[0] < (min(rows["bought"]) + max(rows["bought"])) / 2


def chance_words(front: Front, measure: str) -> str:
    """What lists drawn at random have, in a sentence."""
    chance = front.by_chance
    return (
        f"Grey and dashed: by chance {MEASURES[measure].lower()} is "
        f"{text_of(measure, getattr(chance, measure))}, and recall "
        f"{text_of('recall', chance.recall)}."
    )


def least_recall(front: Front) -> float:
    """What a setting finds at least that is near the best of those that can be chosen."""
    known = [
        one.recall.value
        for one in front.points
        if one.recall.value is not None and one.servable and not one.suspect
    ]
    return NEAR * max(known, default=0.0)


def families(front: Front) -> tuple[str, ...]:
    """All cures of a front: each keeps its colour, whichever are drawn."""
    return tuple(dict.fromkeys(family(one) for one in front.points))


def family(one: FrontPoint) -> str:
    """Which cure it is, whatever its strength."""
    if one.cap is not None:
        return "Exposure cap"
    if one.diversity:
        return "Diversity (MMR)"
    return pill(scoring_of(one))


def name_of(one: FrontPoint) -> str:
    """A point in words: ``NNN 0.5``."""
    if one.cap is not None:
        return f"Exposure cap {one.cap:g}×"
    if one.diversity:
        return f"Diversity {100 * one.diversity:g} %"
    return correction_words(one.setting(1).correction)


def scoring_of(one: FrontPoint) -> str:
    """What stands for a point's scoring in the URL."""
    correction = one.setting(1).correction
    return scorings.OWN if correction is None else url_name(correction.name)


def same(one: FrontPoint, setting: Setting) -> bool:
    """Whether a point is of this setting, whichever looks it is over."""
    there = one.setting(setting.k)
    return (there.correction, there.diversity, there.cap) == (
        setting.correction,
        setting.diversity,
        setting.cap,
    )


def says(front: Front, measure: str) -> str:
    """The front in a sentence, for those who do not see it."""
    if front.recommended is None:
        return f"Recall@{front.k} against {MEASURES[measure].lower()} of every cure."
    best = front.points[front.recommended]
    return (
        f"Recall@{front.k} against {MEASURES[measure].lower()} of {len(front.points)} settings. "
        f"Recommended: {name_of(best)}, with recall {_recall(best)} and "
        f"{MEASURES[measure].lower()} {text_of(measure, getattr(best, measure))}."
    )


def left_out(front: Front, rows: Mapping[str, list[Any]]) -> str:
    """How many settings are not drawn; empty where all are."""
    count = len(front.points) - sum(cure != BY_CHANCE for cure in rows["cure"])
    if not count:
        return ""
    are = "is" if count == 1 else "are"
    return f" {counted(count, 'setting', 'settings')} farther from the best {are} left out."


def clicked(front: Front, selected: Mapping[str, Any]) -> None:
    """Switches the page to a point that was clicked."""
    found = point(selected, "point").get("id")
    if isinstance(found, str) and found.isdigit() and int(found) < len(front.points):
        look_at(front.points[int(found)])


def look_at(one: FrontPoint) -> None:
    """Switches the page to a point's setting, and to its wall."""
    scoring, correction = scoring_of(one), one.setting(1).correction
    strength = asked.strength(scoring)
    exact = None if correction is None else correction.strength
    values: dict[Parameter[Any], Any] = {
        asked.SCORING: scoring,
        strength: strength.default if exact is None else exact,
        asked.DIVERSITY: round(100 * one.diversity),
        asked.CAP: one.cap or 0.0,
        asked.VIEW: "wall",
        asked.PAGE: 1,
    }
    change(values)


def choose(front: Front) -> None:
    """The same as a click on a point, without a mouse."""
    key = "popularity_front_choice"
    st.session_state[key] = None
    st.selectbox(
        "See the wall of a point",
        range(len(front.points)),
        index=None,
        format_func=lambda number: (
            f"{name_of(front.points[number])}: recall {_recall(front.points[number])}, "
            f"effective catalogue {_text('effective_catalogue', front.points[number])}"
        ),
        placeholder="Choose a setting",
        key=key,
        on_change=lambda: look_at(front.points[int(st.session_state[key])]),
    )


def everything(front: Front) -> None:
    """All points as a table."""
    keys = ("effective_catalogue", "coverage", "excess_gini", "top_share", "largest_share")
    with st.expander("All points as a table", icon=":material/table:"):
        rows: dict[str, list[str]] = {"Setting": [], f"Recall@{front.k}": []}
        for key in keys:
            rows[FIGURES[key].title] = []
        for number, one in enumerate(front.points):
            star = "★ " if number == front.recommended else ""
            rows["Setting"].append(plain(star + name_of(one)))
            rows[f"Recall@{front.k}"].append(plain(_recall(one)))
            for key in keys:
                rows[FIGURES[key].title].append(plain(_text(key, one)))
        st.table(table(rows), hide_index=True, border="horizontal")


def _recall(one: FrontPoint) -> str:
    if one.recall.value is None:
        return NO_DATA
    text = value_text("recall", one.recall.value)
    if one.recall.low is None or one.recall.high is None:
        return text
    low, high = (value_text("recall", end) for end in (one.recall.low, one.recall.high))
    return f"{text} ({low} to {high})"


def _text(key: str, one: FrontPoint) -> str:
    return text_of(key, getattr(one, key))
