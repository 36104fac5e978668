"""An audit in plain words: what each figure is, and whether there is a problem.

Page and command line take their words from here, so that both say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from recsys.evaluation.audit_figures import Figure
from recsys.evaluation.causes import NO_SINGLE

Unit = Literal["share", "count", "number", "signed"]
Verdict = Literal["none", "some", "strong", "unknown"]

LEAST_SCENES = 30
"""Below so many lists nothing is said about a problem."""
SOME_EXCESS, STRONG_EXCESS = 0.15, 0.35
"""Excess Gini from which there is some, and a strong, popular-item problem."""
SOME_TOP, STRONG_TOP = 2.0, 5.0
"""The same for the share of the top 1 % of products, in times what chance gives them."""


@dataclass(frozen=True)
class FigureInfo:
    """What a figure is, in words.

    Attributes:
        title: short, for a row or a tile.
        unit: ``share`` is shown in per cent, ``count`` as a whole number, ``signed`` with a
            plus or minus.
        formula: how it is computed; N is how often each of P products is shown over Q lists of
            k, f how often it was paired in training.
        chance: where its chance level is from, or why it has none.
        meaning: what a high or low value says.
    """

    title: str
    unit: Unit
    formula: str
    chance: str
    meaning: str


_RANDOM = "the mean of 5 catalogues of random lists with the same Q, k and P"
_NO_CHANCE = "it has no chance level"

FIGURES: dict[str, FigureInfo] = {
    "top_share": FigureInfo(
        "Share of the top 1 % of products",
        "share",
        "ΣN over the most shown 1 % of the products (at least one), divided by ΣN",
        _RANDOM,
        "How much of all recommendations a few products take",
    ),
    "never_shown": FigureInfo(
        "Products never shown",
        "count",
        "how many products have N = 0",
        "P · (1 − k/P)^Q",
        "Products that nobody can find by looking at recommendations",
    ),
    "excess_gini": FigureInfo(
        "Excess Gini",
        "number",
        "(G − G_chance) / (1 − G_chance)",
        "0 by definition",
        "How uneven the lists are beyond chance: 0 as even as random lists, 1 one takes all",
    ),
    "gini": FigureInfo(
        "Gini",
        "number",
        "G = Σ_j (2j − P − 1) N_(j) / (P ΣN), N ascending",
        _RANDOM,
        "How uneven the lists are; random lists have one too, so read the excess",
    ),
    "coverage": FigureInfo(
        "Coverage",
        "share",
        "share of the products with N > 0",
        "1 − (1 − k/P)^Q",
        "The part of the catalogue that anybody is shown",
    ),
    "hub_share": FigureInfo(
        "Share of the hubs",
        "share",
        "ΣN over products with N of at least twice the mean, divided by ΣN",
        _RANDOM,
        "How much of all recommendations goes to products that are shown far too often",
    ),
    "largest_share": FigureInfo(
        "Reach of the most shown product",
        "share",
        "max N / Q",
        _RANDOM,
        "The share of all scenes that get the same one product",
    ),
    "robin_hood": FigureInfo(
        "Robin Hood index",
        "share",
        "½ Σ|N − mean N| / ΣN",
        _RANDOM,
        "What share of the showings would have to move for all products to be shown alike",
    ),
    "effective_catalogue": FigureInfo(
        "Effective catalogue",
        "number",
        "exp(−Σ p ln p), p = N / ΣN",
        _RANDOM,
        "As uneven as this many products shown equally often",
    ),
    "skewness": FigureInfo(
        "Skewness of times shown",
        "number",
        "mean of ((N − mean N) / standard deviation of N)³",
        _RANDOM,
        "How long the tail of the histogram is; can rise while Gini falls, so a side figure",
    ),
    "personalisation": FigureInfo(
        "Personalisation",
        "share",
        "1 − ΣN(N − 1) / (kQ(Q − 1))",
        "1 − k/P",
        "The share of a list that another scene's list does not have, on average",
    ),
    "intra_list_diversity": FigureInfo(
        "Diversity within a list",
        "number",
        "mean over pairs in a list of 1 − cosine of their colour histograms, mean over lists",
        "the mean over all pairs of products",
        "How unlike each other the products of one list are, by a look that no model learnt",
    ),
    "average_popularity": FigureInfo(
        "Average popularity",
        "number",
        "mean over lists of the mean f of their products",
        "the mean f of the catalogue",
        "How often what is shown was paired in training",
    ),
    "popularity_lift": FigureInfo(
        "Popularity lift",
        "signed",
        "average popularity of what is shown / of what was right − 1",
        "the same with the mean f of the catalogue",
        "Above 0 lists show what is frequent more often than people wear it",
    ),
    "tail_share": FigureInfo(
        "Share of the long tail",
        "share",
        "mean over lists of the share of products outside those that hold 80 % of the pairs",
        "the share of products that are of the tail",
        "How much room products that were rare in training get",
    ),
    "norm_attributable": FigureInfo(
        "Showings that lengths take by dot product",
        "share",
        "Σ max(0, N by dot product − N by cosine) / ΣN, whatever is served",
        _NO_CHANCE,
        "What long vectors take where lengths count: the part that cosine gives back to others",
    ),
    "norm_and_shown": FigureInfo(
        "Length and times shown",
        "signed",
        "Spearman's ρ(‖p‖, N)",
        "0",
        "Near 1 the longest vectors are shown most",
    ),
    "norm_and_frequency": FigureInfo(
        "Length and training frequency",
        "signed",
        "Spearman's ρ(‖p‖, f)",
        "0",
        "Near 0 length is not a memory of frequency, so penalising frequency mends nothing",
    ),
    "frequency_and_shown": FigureInfo(
        "Training frequency and times shown",
        "signed",
        "Spearman's ρ(f, N)",
        "0",
        "Near 1 what was frequent in training is shown most",
    ),
    "norm_variation": FigureInfo(
        "Variation of lengths",
        "number",
        "standard deviation of ‖p‖ / mean ‖p‖",
        _NO_CHANCE,
        "How much room lengths have to reorder lists",
    ),
    "recall": FigureInfo(
        "Recall@k",
        "number",
        "right products in the list / min(k, how many are right), mean over unseen scenes",
        "mean of |R| · (k/P) / min(k, |R|)",
        "How good the lists are: what share of the right products they hold",
    ),
    "ndcg": FigureInfo(
        "NDCG@k",
        "number",
        "Σ 1/log2(rank + 1) over the hits / the best possible, mean over unseen scenes",
        _NO_CHANCE,
        "The same, where a hit further up counts more",
    ),
    "mrr": FigureInfo(
        "MRR@k",
        "number",
        "1 / rank of the first hit, 0 without one, mean over unseen scenes",
        _NO_CHANCE,
        "How far up the first right product stands",
    ),
    "recall_head": FigureInfo(
        "Found of the frequent products",
        "number",
        "hits / positives among products that hold 80 % of the training pairs",
        "k/P",
        "How well frequent products are found, on unseen scenes",
    ),
    "recall_tail": FigureInfo(
        "Found of the long tail",
        "number",
        "hits / positives among the other products",
        "k/P",
        "How well rare products are found, on unseen scenes",
    ),
    "pop_reo": FigureInfo(
        "Unequal opportunity (PopREO)",
        "number",
        "standard deviation / mean of the two figures above",
        "0",
        "0 both are found alike, 1 only one of them is found at all",
    ),
}
"""Every figure of an audit, in the order in which they are shown."""

CAUSE_WORDS = {
    "large norm": "Its vector is long, and length counts in the score.",
    "close to the mean scene": "It suits every scene a little.",
    "truly frequent": "It was in many training scenes: lists follow what people wear.",
    NO_SINGLE: "No one cause accounts for half of it.",
}
"""What the cause of a hub means, see ``Audit.cause_of``."""


@dataclass(frozen=True)
class Headline:
    """Whether there is a problem, in sentences.

    Attributes:
        verdict: ``unknown`` where there is too little data, which is not ``none``.
        text: the answer.
        reasons: the figures that say so, one sentence each.
    """

    verdict: Verdict
    text: str
    reasons: tuple[str, ...]


def title_of(key: str, k: int) -> str:
    """A figure's title with the length of the lists in it."""
    return FIGURES[key].title.replace("@k", f"@{k}")


def percent(share: float | None) -> str:
    """A share in 0–1 as page and command line show it; a dash where there is no data."""
    return "–" if share is None else f"{100 * share:.1f} %"


def value_text(key: str, value: float | None) -> str:
    """A value as page and command line show it; a dash where there is no data."""
    if value is None:
        return "–"
    unit = FIGURES[key].unit
    if unit == "share":
        return percent(value)
    if unit == "count":
        return f"{value:,.0f}"
    if unit == "signed":
        text = f"{value:+.2f}"
    else:
        text = f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"
    return text.replace("-", "−")


def difference_text(key: str, value: float | None) -> str:
    """A difference with its sign, in the figure's unit; shares in points of per cent."""
    if value is None:
        return value_text(key, None)
    text = value_text(key, abs(value)).lstrip("+")
    if FIGURES[key].unit == "share":
        text = text.replace(" %", " points")
    if value_text(key, abs(value)) == value_text(key, 0.0):  # rounds to none
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def figure_text(key: str, figure: Figure) -> str:
    """A figure's value, with its interval where it has one."""
    text = value_text(key, figure.value)
    if figure.value is None or figure.low is None or figure.high is None:
        return text
    return f"{text} ({value_text(key, figure.low)} to {value_text(key, figure.high)})"


def headline(figures: Mapping[str, Figure], scenes: int, products: int) -> Headline:
    """The answer to "is there a popular-item problem?".

    ``none``: excess Gini below 0.15 and the top 1 % of products take less than twice what
    chance gives them. ``strong``: excess Gini from 0.35, or five times chance. ``some``:
    anything between. ``unknown``: fewer than 30 scenes, or no lists at all.
    """
    excess, top = figures["excess_gini"].value, figures["top_share"]
    if scenes < LEAST_SCENES or excess is None or top.value is None or top.chance is None:
        return Headline(
            "unknown",
            "Too little data to say whether there is a popular-item problem.",
            (
                f"There are {scenes:,} lists over {products:,} products, and "
                f"{LEAST_SCENES} lists is the least that says anything.",
            ),
        )
    times = top.value / top.chance if top.chance > 0 else float("inf")
    verdict: Verdict = "some"
    if excess >= STRONG_EXCESS or times >= STRONG_TOP:
        verdict = "strong"
    elif excess < SOME_EXCESS and times < SOME_TOP:
        verdict = "none"
    texts: dict[Verdict, str] = {
        "none": "There is no popular-item problem: lists are about as even as chance allows.",
        "some": "There is something of a popular-item problem: a few products are shown more "
        "often than chance explains.",
        "strong": "There is a strong popular-item problem: a few products crowd the lists.",
    }
    return Headline(verdict, texts[verdict], _reasons(figures, products))


def _reasons(figures: Mapping[str, Figure], products: int) -> tuple[str, ...]:
    top, never, largest = (figures[key] for key in ("top_share", "never_shown", "largest_share"))
    count = max(1, products // 100)
    taken = f"({count:,} {'product) takes' if count == 1 else 'products) take'}"
    reasons = [
        f"The most shown 1 % {taken} {percent(top.value)} of all recommendations; "
        f"by chance {percent(top.chance)}.",
        f"{never.value or 0:,.0f} of {products:,} products are never shown; "
        f"by chance {never.chance or 0:,.0f}.",
        f"Excess Gini is {value_text('excess_gini', figures['excess_gini'].value)}, "
        "where chance is 0 and one product that takes all is 1.",
        f"The most shown product reaches {percent(largest.value)} of the scenes; "
        f"by chance {percent(largest.chance)}.",
    ]
    return tuple(reasons)
