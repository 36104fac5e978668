"""Two models or two scorings side by side: same looks, same length, figures and walls facing."""

from __future__ import annotations

import streamlit as st

from recsys.errors import RecsysError
from recsys.evaluation.audit import Audit
from recsys.evaluation.audit_compare import Comparison, Difference
from recsys.evaluation.audit_words import difference_text, title_of
from recsys.ui import scorings
from recsys.ui.charts import chart, table
from recsys.ui.messages import explain, plain
from recsys.ui.popularity import asked, marks, specs
from recsys.ui.popularity.asked import Asked, Side
from recsys.ui.popularity.audits import audit_for, compared, model_box
from recsys.ui.popularity.headline import NO_DATA, text_of
from recsys.ui.popularity.hubs import hub_tile, toggle_item
from recsys.ui.popularity.names import label_of, offered, setting_words
from recsys.ui.resources import Live
from recsys.ui.tiles import tiles
from recsys.ui.views import percent_text

WALL = 12
FACING = (
    "recall",
    "ndcg",
    "mrr",
    "top_share",
    "never_shown",
    "excess_gini",
    "largest_share",
    "effective_catalogue",
    "coverage",
    "intra_list_diversity",
    "average_popularity",
    "tail_share",
)


def compare_view(live: Live, wish: Asked, audit: Audit) -> None:
    """What is looked at beside another model or scoring."""
    other_side = asked.usual_other(wish, live)
    choose(live, other_side)
    other = audit_for(live, other_side, wish.k, wish.part)
    if other is None:
        return
    try:
        found = compared(audit, other)
    except RecsysError as error:
        explain(error, heading="These two cannot be compared")
        return
    names = (name_of(audit, other), name_of(other, audit))
    if audit.setting == other.setting and audit.model == other.model:
        st.info("Both sides are the same. Choose another model or scoring for the right side.")
    figures(audit, other, found, names)
    walls(live, audit, other, names)
    curves(audit, other, names)


def choose(live: Live, other: Side) -> None:
    """What stands on the right."""
    st.caption(
        "On the left is what you look at now. Choose what stands beside it, over the same looks."
    )
    strength = asked.other_strength(other.scoring)
    with st.container(
        key="popularity_other", horizontal=True, vertical_alignment="bottom", gap="small"
    ):
        model_box(live, asked.OTHER_MODEL, "Model on the right")
        st.selectbox(
            "Scoring on the right",
            offered(live, other.model, other.scoring),
            format_func=lambda name: label_of(name, other.model),
            width=230,
            **asked.OTHER_SCORING.widget(shown=other.scoring, also={strength: strength.default}),
        )
        if scorings.has_strength(other.scoring):
            low, high, step, form = scorings.range_of(other.scoring)
            st.slider(
                "Strength on the right",
                low,
                high,
                step=step,
                format=form,
                width=230,
                **strength.widget(),
            )


def name_of(audit: Audit, beside: Audit) -> str:
    """What tells one side from the other."""
    words = setting_words(audit.setting)
    return words if audit.model == beside.model else f"{audit.model}: {words}"


def figures(audit: Audit, other: Audit, found: Comparison, names: tuple[str, str]) -> None:
    """Figures facing each other, with their difference."""
    k = audit.setting.k
    rows: dict[str, list[str]] = {"Figure": [], "left": [], "right": [], "Difference": []}
    for key in FACING:
        rows["Figure"].append(plain(title_of(key, k)))
        difference = found.differences[key]
        rows["left"].append(plain(text_of(key, difference.one)))
        rows["right"].append(plain(text_of(key, difference.other)))
        rows["Difference"].append(plain(with_interval(key, difference)))
    left, right = (plain(name, 90) for name in names)
    st.table(
        table(
            {
                "Figure": rows["Figure"],
                left: rows["left"],
                right: rows["right"],
                "Left less right": rows["Difference"],
            }
        ),
        hide_index=True,
        border="horizontal",
    )
    st.caption(plain(scope_line(found), 600))


def scope_line(found: Comparison) -> str:
    """Over what the figures are, and which differences have an interval."""
    if found.unseen_scenes:
        quality = (
            f"Recall, NDCG and MRR are over the {found.unseen_scenes:,} looks that neither side "
            "was trained on."
        )
    else:
        quality = "No look is unseen by both sides, so nothing says which finds more."
    return (
        f"{quality} In brackets: 95 % intervals, from the same draws of looks on both sides. The "
        "other figures have none, since they depend on how many looks there are."
    )


def with_interval(key: str, difference: Difference) -> str:
    """``+0.043 (0.021 to 0.066)``; the interval where it is legitimate."""
    if difference.value is None:
        return NO_DATA
    text = difference_text(key, difference.value)
    if difference.low is None or difference.high is None:
        return text
    low, high = difference_text(key, difference.low), difference_text(key, difference.high)
    return f"{text} ({low.removesuffix(' points')} to {high.removesuffix(' points')})"


def walls(live: Live, audit: Audit, other: Audit, names: tuple[str, str]) -> None:
    """Both walls, the most shown products first."""
    with st.container(key="popularity_sides"):
        sides = (("left", audit, other), ("right", other, audit))
        for (side, one, beside), name in zip(sides, names, strict=True):
            there = beside.by_product.shown
            with st.container():
                st.subheader(plain(name, 90), anchor=False)
                tiles(
                    [
                        hub_tile(
                            live, one, row, short=True, remark=f"on the other side {there[row]:,}×"
                        )
                        for row in one.order_by_shown[:WALL].tolist()
                    ],
                    key=f"popularity_wall_{side}",
                    label=f"Most shown products on the {side}: {name}",
                    selected=asked.ITEM.read(),
                    on_pick=toggle_item,
                )


def curves(audit: Audit, other: Audit, names: tuple[str, str]) -> None:
    """Both Lorenz curves in one chart."""
    heights = [one.lorenz for one in (audit, other)]
    known = [percent_text(float(one[len(one) // 2])) for one in heights if one is not None]
    if len(known) < 2:
        return
    left, right = known
    says = (
        f"The less shown half of the products has {left} of all recommendations on the left "
        f"({names[0]}) and {right} on the right ({names[1]})."
    )
    st.subheader("Who gets the recommendations", anchor=False)
    chart(
        specs.two_curves(),
        table(marks.two_curves_table(audit, other)),
        key="popularity_two_curves",
        says=f"Lorenz curves. {says}",
    )
    st.caption(plain(says, 400))
