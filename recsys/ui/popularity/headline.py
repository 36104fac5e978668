"""Is there a problem: the answer in a sentence, and the figures that give it."""

from __future__ import annotations

import streamlit as st

from recsys.evaluation.audit import Audit
from recsys.evaluation.audit_words import FIGURES, Verdict, title_of, value_text
from recsys.ui.charts import table
from recsys.ui.messages import plain
from recsys.ui.popularity.names import in_looks

MAIN = (
    "top_share",
    "never_shown",
    "excess_gini",
    "largest_share",
    "effective_catalogue",
    "recall",
)
"""What stands at the head of the page, and beside every cure."""

NO_DATA = "no data"

_SHORT = {
    "top_share": "Top 1 % takes",
    "never_shown": "Never shown",
    "excess_gini": "Excess Gini",
    "largest_share": "Most shown reaches",
    "effective_catalogue": "Effective catalogue",
}
_ICONS: dict[Verdict, str] = {
    "none": ":material/check_circle:",
    "some": ":material/info:",
    "strong": ":material/warning:",
    "unknown": ":material/help:",
}
LESS_IS_BETTER = ("top_share", "never_shown", "excess_gini", "largest_share")


def short_title(key: str, k: int) -> str:
    """A figure's name where there is little room."""
    return _SHORT.get(key) or title_of(key, k)


def text_of(key: str, value: float | None) -> str:
    """A value as it is shown; what is not known is said to be so."""
    return NO_DATA if value is None else value_text(key, value)


def chance_text(audit: Audit, key: str) -> str:
    """``by chance 2.4 %``, or that there is no such level."""
    figure = audit.figures[key]
    if figure.value is None:
        return "too little is known"
    if figure.chance is None:
        return "no chance level"
    return f"by chance {value_text(key, figure.chance)}"


def interval_text(audit: Audit, key: str) -> str:
    """``0.12 to 0.15``; empty where there is no interval."""
    figure = audit.figures[key]
    if figure.value is None or figure.low is None or figure.high is None:
        return ""
    return f"{value_text(key, figure.low)} to {value_text(key, figure.high)}"


def headline(audit: Audit) -> None:
    """The sentence, why it is so, and the main figures with chance beside them."""
    told = audit.headline
    with st.container(key="popularity_verdict", gap="small"):
        st.header(f"{_ICONS[told.verdict]} {plain(in_looks(told.text), 400)}", anchor=False)
        st.markdown(plain(in_looks(" ".join(told.reasons)), 900))
    with st.container(key="popularity_figures"):
        for key in MAIN:
            st.metric(
                short_title(key, audit.setting.k),
                text_of(key, audit.figures[key].value),
                chance_text(audit, key),
                delta_color="off",
                delta_arrow="off",
                help=explained(audit, key),
            )
    st.caption(plain(scope_line(audit), 700))
    all_figures(audit)


def scope_line(audit: Audit) -> str:
    """What the figures are over."""
    k = audit.setting.k
    spread = interval_text(audit, "recall")
    recall = f" 95 % interval of {title_of('recall', k)}: {spread}." if spread else ""
    return (
        f"{len(audit.scenes):,} lists of {min(k, len(audit.products)):,} out of "
        f"{len(audit.products):,} products with a picture. {in_looks(audit.quality_note)}."
        f"{recall}"
    )


def explained(audit: Audit, key: str) -> str:
    """A figure's tooltip: what it says, its formula, its chance level and where that is from."""
    info = FIGURES[key]
    parts = [
        f"**{plain(title_of(key, audit.setting.k))}**",
        f"{plain(in_looks(info.meaning))}.",
        f"Formula: {plain(in_looks(info.formula), 300)}.",
        f"{plain(chance_text(audit, key).capitalize())}: {plain(info.chance, 300)}.",
    ]
    return "\n\n".join(parts)


def all_figures(audit: Audit) -> None:
    """Every figure with its words, folded away."""
    with st.expander("All figures, with formulas", icon=":material/functions:"):
        rows: dict[str, list[str]] = {"Figure": [], "Value": [], "By chance": [], "What it is": []}
        for key in FIGURES:
            figure = audit.figures[key]
            spread = interval_text(audit, key)
            value = text_of(key, figure.value)
            rows["Figure"].append(plain(title_of(key, audit.setting.k)))
            rows["Value"].append(plain(f"{value} ({spread})" if spread else value))
            rows["By chance"].append(
                plain("–" if figure.chance is None else value_text(key, figure.chance))
            )
            info = FIGURES[key]
            means = in_looks(f"{info.meaning}. {info.formula}.")
            rows["What it is"].append(plain(means, 500))
        st.table(table(rows), hide_index=True, border="horizontal")
        st.caption(
            plain(
                "Q looks, P products, lists of k; N is how often a product is shown, f how often "
                "it was in a training look, p its vector. In brackets: 95 % intervals over looks.",
                400,
            )
        )
