"""The wall: products by how often they are shown, and the panel of one of them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from recsys.errors import RequestError
from recsys.evaluation.audit import Audit
from recsys.ui import state
from recsys.ui.card import Action, Card, card
from recsys.ui.frame import nothing_here
from recsys.ui.messages import explain, plain
from recsys.ui.popularity import asked
from recsys.ui.popularity.causes import cause_name, cause_words, evidence
from recsys.ui.popularity.links import look_link
from recsys.ui.resources import Live
from recsys.ui.state import change
from recsys.ui.tiles import Badge, Tile, tiles
from recsys.ui.views import (
    card_of,
    category_text,
    counted,
    ordinal,
    percent_text,
    product_tile,
    scene_tile,
)

PER_PAGE = 24
LOOKS = 12
"""So many of those that received a product are shown at first."""
SORTS = {"shown": "Most shown", "wrong": "Most often wrong"}

SORT = state.choice("popularity_sort", tuple(SORTS), "shown").told(
    "order", "the most shown come first"
)
LOOKS_SHOWN = state.number("popularity_received_looks", LOOKS, LOOKS, 100_000).told(
    "number of looks", f"the first {LOOKS} are shown"
)


def wall(
    live: Live, audit: Audit, picked: NDArray[np.bool_] | None, words: str
) -> NDArray[np.int64]:
    """The wall with its controls; returns the positions of the products shown.

    Args:
        picked: which products are picked, ``bool [P]``; None where all are shown.
        words: what is picked.
    """
    rows = audit.order_by_shown
    wrong = audit.by_product.shown_known - audit.by_product.right
    if SORT.read() == "wrong":
        rows = np.lexsort((-audit.by_product.shown, -wrong))
    if picked is not None:
        rows = rows[picked[rows]]
    counts = Counter(audit.cause_of(row) for row in audit.causes if picked is None or picked[row])
    controls(audit, counts, picked is None)
    cause = asked.CAUSE.read()
    if cause:
        ours = [row for row in audit.causes if audit.cause_of(row) == cause]
        rows = rows[np.isin(rows, ours)]
        st.caption(plain(f"{cause_name(cause).capitalize()}: {cause_words(cause)}"))
    if picked is not None:
        picked_line(len(rows), words)
    if not len(rows):
        nothing_here("No product is picked by this. Take a filter away.")
        return rows
    last = -(-len(rows) // PER_PAGE)
    page = min(asked.PAGE.read(), last)
    here = rows[(page - 1) * PER_PAGE : page * PER_PAGE]
    tiles(
        [hub_tile(live, audit, int(row)) for row in here],
        key="popularity_wall",
        label=f"Products by times shown, page {page} of {last}",
        view=f"{audit.setting}|{audit.model}|{page}|{cause}|{words}|{SORT.read()}",
        selected=asked.ITEM.read(),
        on_pick=toggle_item,
    )
    if last > 1:
        st.pagination(last, **asked.PAGE.widget(shown=page))
    return here


def controls(audit: Audit, counts: Counter[str], with_causes: bool) -> None:
    """The order, and the causes that hubs have."""
    with st.container(key="popularity_wall_controls", horizontal=True, vertical_alignment="center"):
        if audit.sample.known.any():
            st.segmented_control(
                "Order",
                tuple(SORTS),
                format_func=SORTS.__getitem__,
                required=True,
                label_visibility="collapsed",
                width="content",
                **SORT.widget(also={asked.PAGE: 1}),
            )
        if with_causes and audit.causes:
            # Labels without counts: one that changes with the cure would be taken for text that
            # somebody typed, and end in the address.
            st.selectbox(
                "Cause",
                ("", *asked.CAUSES),
                format_func=lambda cause: cause_name(cause).capitalize() or "All causes",
                label_visibility="collapsed",
                width=300,
                **asked.CAUSE.widget(also={asked.PAGE: 1}),
            )
            hubs = counted(sum(counts.values()), "hub", "hubs")
            of_each = (
                f"{counts[cause]:,} {cause_name(cause)}" for cause in asked.CAUSES if counts[cause]
            )
            st.caption(plain(": ".join(filter(None, (hubs, ", ".join(of_each)))), 200))


def picked_line(count: int, words: str) -> None:
    """What is picked, and the way back to all."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(plain(f"{counted(count, 'product', 'products')} picked", 60), width="content")
        st.button(
            plain(words, 120),
            icon=":material/close:",
            key="popularity_unpick",
            help="Show all products again",
            on_click=unpick,
        )


def unpick() -> None:
    """Forgets what is picked, in the charts' own memory too."""
    st.session_state["popularity_turn"] = st.session_state.get("popularity_turn", 0) + 1
    category = asked.category_of(())
    change({asked.PICK: None, category: "", asked.PAGE: 1})


def toggle_item(picked: str) -> None:
    """Opens a product's panel, or closes it."""
    opened = asked.ITEM.read()
    change({asked.ITEM: "" if picked == opened else picked, LOOKS_SHOWN: LOOKS})


def right_text(audit: Audit, row: int) -> str:
    """``right 9×``; without known products nothing can be right or wrong."""
    if not audit.sample.known.any():
        return "right: not known"
    return f"right {int(audit.by_product.right[row]):,}×"


def hub_tile(live: Live, audit: Audit, row: int, *, short: bool = False, remark: str = "") -> Tile:
    """A product on the wall: how often it is shown, to how many, how often that is right.

    Args:
        short: what else is known of it is only spoken, and ``remark`` stands in its place.
    """
    product = live.catalog.product(audit.products[row])
    of = audit.by_product
    tile = product_tile(product)
    share = percent_text(float(of.share[row]))
    cause = cause_name(audit.cause_of(row))
    facts = [] if audit.expected is None else [f"by chance {audit.expected:.1f}×"]
    facts.append(counted(int(of.frequency[row]), "training look", "training looks"))
    norm = float(of.norm_percentile[row])
    if not np.isnan(norm):
        facts.append(f"norm {ordinal(round(100 * norm))} percentile")
    told = "; ".join(filter(None, (cause, ", ".join(facts))))
    return Tile(
        id=tile.id,
        title=tile.title,
        note=f"{'' if short else 'shown '}{int(of.shown[row]):,}×, {right_text(audit, row)}",
        remark=remark if short else told,
        image=tile.image,
        alt=tile.alt,
        badges=(Badge(share if short else f"{share} of looks"),),
        spoken=f"shown to so many looks, {told}" if short else "",
    )


# the panel of one product


def panel(live: Live, audit: Audit, neighbours: list[str]) -> None:
    """One product: its numbers, why it is shown so often, and every look that received it."""
    product_id = asked.ITEM.read()
    try:
        row = audit.position_of(product_id)
    except RequestError as error:
        explain(RequestError(error.message, "Pick one from the wall"), heading="No such product")
        st.button("Close", key="popularity_close", on_click=lambda: change({asked.ITEM: ""}))
        return
    at = neighbours.index(product_id) if product_id in neighbours else None
    before = "" if at is None or at == 0 else neighbours[at - 1]
    after = "" if at is None or at + 1 == len(neighbours) else neighbours[at + 1]
    actions = [
        Action("previous", "Previous product", "previous", disabled=not before),
        Action("next", "Next product", "next", disabled=not after),
        Action("close", "Close", "close"),
    ]

    def act(action: str) -> None:
        to = {"previous": before, "next": after}.get(action, "")
        change({asked.ITEM: to, LOOKS_SHOWN: LOOKS})

    card(hub_card(live, audit, row), key="popularity_card", actions=actions, on_action=act)
    why(audit, row)
    received(live, audit, product_id)


def hub_card(live: Live, audit: Audit, row: int) -> Card:
    """The numbers of one product."""
    product = live.catalog.product(audit.products[row])
    of = audit.by_product
    shown, known = int(of.shown[row]), int(of.shown_known[row])
    facts = [
        (
            "Shown",
            f"{shown:,}×, to {percent_text(float(of.share[row]))} of "
            f"{counted(len(audit.scenes), 'look', 'looks')}",
        )
    ]
    if audit.expected is not None:
        facts.append(("By chance", f"{audit.expected:.1f}×"))
    if audit.sample.known.any():
        facts.append(
            (
                "Right",
                f"{int(of.right[row]):,} of {counted(known, 'time', 'times')} that can be judged; "
                f"wanted by {counted(int(of.wanted[row]), 'look', 'looks')}",
            )
        )
    else:
        facts.append(("Right", "not known: no look of this data has known products"))
    place = 1 + int((of.shown > shown).sum())
    facts.append(("Place", f"{place:,} of {len(audit.products):,} by times shown"))
    facts.append(("In training", counted(int(of.frequency[row]), "look", "looks")))
    norm = float(of.norm_percentile[row])
    if not np.isnan(norm):
        standing = ordinal(round(100 * norm))
        facts.append(("Embedding norm", f"{float(of.norm[row]):.3f}, {standing} percentile"))
    facts += [("Category", category_text(product.category)), ("Id", product.id)]
    return card_of(product, facts)


def why(audit: Audit, row: int) -> None:
    """The cause of a hub with its numbers; what is no hub needs none."""
    cause = audit.cause_of(row)
    st.subheader("Why", anchor=False)
    if not cause:
        is_hub = bool(audit.by_product.hub[row])
        told = (
            "Causes are not known here: they are told by training looks, and there are none."
            if is_hub
            else "Not shown twice as often as the mean product, so there is nothing to explain."
        )
        st.caption(plain(told))
        return
    st.markdown(f"**{plain(cause_name(cause).capitalize())}.** {plain(cause_words(cause))}")
    lines = [f"- {plain(term)}: {plain(value)}" for term, value in evidence(audit, row)]
    st.markdown("\n".join(lines))


def received(live: Live, audit: Audit, product_id: str) -> None:
    """Every look that has the product in its list, at which rank."""
    showings = audit.shown_to(product_id)
    st.subheader(f"In the lists of {counted(len(showings), 'look', 'looks')}", anchor=False)
    if not showings:
        st.caption(
            "Nobody is shown this product. Open “Never shown” to see where it comes nearest."
        )
        return
    most = LOOKS_SHOWN.read()
    shown = []
    for one in showings[:most]:
        row = live.catalog.scene_row(one.scene)
        badges = [Badge(f"rank {one.rank}")]
        if one.right is not None:
            badges.append(Badge("right", "good") if one.right else Badge("no match", "quiet"))
        tile = scene_tile(live, row, href=look_link(live, one.scene, audit))
        shown.append(
            Tile(
                id=tile.id,
                title="",
                image=tile.image,
                alt=tile.alt,
                badges=tuple(badges),
                href=tile.href,
            )
        )
    tiles(
        shown,
        key="popularity_received",
        label="Looks that received this product, best rank first",
        shape="portrait",
        size="small",
    )
    left = len(showings) - most
    if left > 0:
        # no second row of page numbers beside the wall's own
        st.button(
            f"Show more ({left:,} left)",
            key="popularity_more_looks",
            on_click=change,
            args=({LOOKS_SHOWN: 4 * most},),
        )
