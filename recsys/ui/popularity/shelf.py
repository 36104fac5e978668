"""The shelf of what nobody is shown: where each product comes nearest, and what blocks it."""

from __future__ import annotations

import streamlit as st

from recsys.errors import RecsysError, RequestError
from recsys.evaluation.audit import Audit, Auditor
from recsys.evaluation.audit_views import NeverShown, Place
from recsys.ui.frame import nothing_here
from recsys.ui.messages import explain, plain
from recsys.ui.popularity import asked
from recsys.ui.popularity.links import look_link
from recsys.ui.resources import Live
from recsys.ui.state import change
from recsys.ui.tiles import Badge, Tile, tiles
from recsys.ui.views import counted, percent_text, product_tile, scene_tile

PER_PAGE = 24


def shelf(live: Live, audit: Audit) -> None:
    """Products in nobody's list, the nearest first."""
    with st.spinner("Looking for where each product comes nearest…"):
        never = audit.shelf
    total = len(audit.products)
    if not never:
        nothing_here("Every product is in somebody's list.")
        return
    share = percent_text(len(never) / max(1, total))
    st.markdown(
        plain(
            f"{counted(len(never), 'product', 'products')} of {total:,} ({share}) "
            f"{'is' if len(never) == 1 else 'are'} in nobody's list. Those that come nearest "
            "stand first. Pick one to see the list that it misses, and who is in its way.",
            400,
        )
    )
    last = -(-len(never) // PER_PAGE)
    page = min(asked.PAGE.read(), last)
    tiles(
        [never_tile(live, one) for one in never[(page - 1) * PER_PAGE : page * PER_PAGE]],
        key="popularity_shelf",
        label=f"Products never shown, page {page} of {last}",
        view=f"{audit.setting}|{audit.model}|{page}",
        selected=asked.NEVER.read(),
        on_pick=lambda picked: change(
            {asked.NEVER: "" if picked == asked.NEVER.read() else picked}
        ),
    )
    if last > 1:
        st.pagination(last, **asked.PAGE.widget(shown=page))


def never_tile(live: Live, one: NeverShown) -> Tile:
    """A product with the rank that it reaches, and what it misses."""
    product = live.catalog.product(one.product)
    tile = product_tile(product)
    badges = [Badge(f"best rank {one.rank:,}")]
    if one.places_to_go:
        missing = f"{counted(one.places_to_go, 'place', 'places')} short"
    else:
        missing = "kept out by diversity or the cap"
    blocked = f"blocked by {label_of(live, one.blocker)}" if one.blocker else "blocked by no one"
    return Tile(
        id=tile.id,
        title=tile.title,
        note=missing,
        remark=blocked,
        image=tile.image,
        alt=tile.alt,
        badges=tuple(badges),
    )


def label_of(live: Live, product: str | None) -> str:
    """What a product is called."""
    if product is None or not live.catalog.has_product(product):
        return ""
    return live.catalog.product(product).label


# the panel of one product


def panel(live: Live, auditor: Auditor, audit: Audit) -> None:
    """The look where a product comes nearest, its list, and that without the blocker."""
    wanted = asked.NEVER.read()
    one = next((entry for entry in audit.shelf if entry.product == wanted), None)
    if one is None:
        fault = RequestError(
            f"product {wanted[:60]} is not on this shelf: it is shown, or is not in the catalogue",
            "Pick one from the shelf",
        )
        explain(fault, heading="Not on the shelf")
        st.button("Close", key="popularity_never_close", on_click=close)
        return
    st.subheader(plain(label_of(live, one.product), 120), anchor=False)
    st.button("Close", icon=":material/close:", key="popularity_never_close", on_click=close)
    st.markdown(plain(story(live, one, audit.setting.k), 700))
    nearest(live, audit, one)
    if one.blocker is None:
        return
    try:
        after = auditor.without(audit, one.scene, one.blocker)
    except RecsysError as error:
        explain(error, heading="That list cannot be made")
        return
    before = audit.list_of(one.scene)
    st.subheader("1. What this look is shown now", anchor=False)
    places(live, before, one, before, key="popularity_before")
    st.subheader("2. What it would be shown without the blocker", anchor=False)
    places(live, after, one, before, key="popularity_after")


def close() -> None:
    """Back to the shelf alone."""
    change({asked.NEVER: ""})


def story(live: Live, one: NeverShown, k: int) -> str:
    """Where it comes nearest and what is in its way, in sentences."""
    text = (
        f"It comes nearest in the list of one look: place {one.rank:,}, where {k:,} are shown"
        f"{gap_text(one.gap)}."
    )
    if one.blocker is None:
        return text
    shown = f"{one.blocker_shown:,}×"
    name = label_of(live, one.blocker)
    text += f" In its way there: {name}, which is shown {shown} in all."
    if one.places_to_go == 1:
        return f"{text} Without it, this product would be shown."
    if not one.places_to_go:
        return text
    return f"{text} Without it, {one.places_to_go - 1:,} more would still be before this product."


def gap_text(gap: float | None) -> str:
    """How far its score is from the last place that is shown; empty where that is not known."""
    if gap is None:
        return ""
    away = "less than 0.0001" if abs(gap) < 0.0001 else f"{abs(gap):.4f}"
    return f", {away} of the score from the last place"


def nearest(live: Live, audit: Audit, one: NeverShown) -> None:
    """The look, as a link to where it is shopped."""
    row = live.catalog.scene_row(one.scene)
    tile = scene_tile(live, row, href=look_link(live, one.scene, audit))
    tiles(
        [tile],
        key="popularity_nearest",
        label="The look where it comes nearest",
        shape="portrait",
        size="small",
    )


def places(
    live: Live, entries: tuple[Place, ...], one: NeverShown, before: tuple[Place, ...], *, key: str
) -> None:
    """A list as small tiles: the blocker, the product itself, and who moved up are marked."""
    stood = {place.product for place in before}
    shown = []
    for place in entries:
        product = live.catalog.product(place.product)
        badges = [Badge(str(place.rank), "rank")]
        if place.product == one.product:
            badges.append(Badge("now shown", "good"))
        elif place.product == one.blocker:
            badges.append(Badge("blocker", "moved"))
        elif place.product not in stood:
            badges.append(Badge("new", "moved"))
        if place.right:
            badges.append(Badge("right", "good"))
        tile = product_tile(product, tuple(badges))
        shown.append(Tile(tile.id, tile.title, image=tile.image, alt=tile.alt, badges=tile.badges))
    tiles(
        shown,
        key=key,
        label="Products of this look's list, best first",
        size="small",
        on_pick=lambda picked: change(
            {asked.VIEW: "wall", asked.ITEM: picked, asked.NEVER: "", asked.PAGE: 1}
        ),
    )
