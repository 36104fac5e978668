"""What goes with a look, on the page: the tiles, the steps and the downloads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import streamlit as st

from recsys.serving.exports import Sheet, as_csv, as_html, as_json
from recsys.serving.messages import Request, Response
from recsys.serving.moves import Move
from recsys.ui import scorings
from recsys.ui import wish as asked
from recsys.ui.answers import Answer, generic_share, share_text
from recsys.ui.looks import Look
from recsys.ui.messages import plain
from recsys.ui.photo import Heat
from recsys.ui.resources import Live
from recsys.ui.state import Parameter, change
from recsys.ui.tiles import Act, Badge, Icon, Tile
from recsys.ui.views import category_text, counted, look_alt, price_text, result_tiles
from recsys.ui.wish import Wish

ACTS = (
    Act("where", "Show where it was found"),
    Act("more", "More like this"),
    Act("less", "Less like this"),
)
_CHIP = 26  # letters of a product's name in the history


# the tiles


def tabs(answer: Answer, tab: Parameter[str]) -> Response:
    """The categories that have any, the best first; returns the chosen one's list."""
    sizes = dict(zip(answer.tabs, answer.responses, strict=True))
    if tab.read() not in sizes:
        st.session_state.pop(tab.name, None)
    st.segmented_control(
        "Category shown",
        answer.tabs,
        format_func=lambda path: plain(path.rsplit("|", 1)[-1], 40),
        required=True,
        label_visibility="collapsed",
        **tab.widget(shown=tab.read() if tab.read() in sizes else answer.tabs[0]),
    )
    return answer.of(tab.read())


def shown_tiles(
    live: Live,
    look: Look,
    wish: Wish,
    request: Request,
    response: Response,
    heat: Heat | None,
    came: Mapping[str, Move],
) -> list[Tile]:
    """Results with their reasons: place in the photo, way from the last list, how generic."""
    exposure = live.exposure
    tiles = []
    for tile in result_tiles(live, request, response, look.matches):
        row = live.catalog.product_row(tile.id)
        badges = [*tile.badges]
        move = moved_badge(came.get(tile.id))
        if move is not None:
            badges.insert(1, move)
        note, remark = tile.note, ""
        if exposure is not None:
            share = exposure.share_of_scenes(row)
            remark = share_text(share)
            if share > generic_share(live):
                badges.append(Badge("generic", "quiet"))
        if wish.view == "look":
            leaf = live.catalog.products[row].leaf
            note, remark = "" if leaf == tile.title else leaf, tile.note
        found = None if heat is None else heat.found.get(tile.id)
        pressed: tuple[Icon, ...] = ("more",) if tile.id in wish.liked else ()
        tiles.append(
            replace(
                tile,
                badges=tuple(badges),
                note=note,
                remark=remark,
                spoken="" if found is None else found.place.lower(),
                pressed=pressed,
            )
        )
    return tiles


def moved_badge(move: Move | None) -> Badge | None:
    """``▲3``, ``▼2``, ``new``; none for what stays."""
    if move is None:
        return None
    if move.is_new:
        return Badge("new", "moved")
    if not move.places:
        return None
    return Badge(f"{'▲' if move.places > 0 else '▼'}{abs(move.places)}", "moved")


def moved_line(came: Mapping[str, Move]) -> str:
    """How much changed since the list before; empty where there was none."""
    if not came:
        return ""
    new = sum(move.is_new for move in came.values())
    elsewhere = sum(bool(move.places) for move in came.values())
    if not new and not elsewhere:
        return "nothing moved"
    parts = [f"{new:,} new"] if new else []
    return ", ".join([*parts, f"{elsewhere:,} moved"] if elsewhere else parts)


# steps


def history(live: Live, steps: tuple[asked.Step, ...]) -> None:
    """More and less like this, step by step: each can be taken back, or all of them."""
    if not steps:
        return

    def keep(kept: tuple[asked.Step, ...]) -> None:
        change({asked.STEPS: asked.steps_text(kept)})

    with st.container(key="look_history", horizontal=True, vertical_alignment="center"):
        for number, step in enumerate(steps):
            others = tuple(other for other in steps if other is not step)
            st.button(
                f"{'More' if step.more else 'Less'}: {plain(_name(live, step.product), _CHIP)}",
                icon=f":material/{'thumb_up' if step.more else 'thumb_down'}:",
                key=f"look_step_{number}",
                help="Take this step back",
                on_click=keep,
                args=(others,),
            )
        st.button(
            "Undo",
            icon=":material/undo:",
            key="look_undo",
            type="tertiary",
            on_click=keep,
            args=(steps[:-1],),
        )
        if len(steps) > 1:
            st.button(
                "Start over",
                icon=":material/restart_alt:",
                key="look_start_over",
                type="tertiary",
                on_click=keep,
                args=((),),
            )


def _name(live: Live, product: str) -> str:
    if not live.catalog.has_product(product):
        return product
    return live.catalog.product(product).label


# the line above the list


def how_many() -> None:
    """The length of the list: any number, in steps of ten by its buttons."""
    st.number_input(
        "How many",
        asked.LEAST_K,
        asked.MOST_K,
        step=10,
        label_visibility="collapsed",
        width=130,
        **asked.K.widget(),
    )


# to take along


def downloads(live: Live, look: Look, wish: Wish, response: Response) -> None:
    """The list as a table, as JSON, and as a sheet with pictures; made when asked for."""
    sheet = Sheet(
        response,
        live.catalog,
        title=f"Goes with: {look_alt(live, look)}",
        matches=look.matches,
        exposure=live.exposure,
        photo=look.image,
        settings=(("Look", look.id), *settings(live, wish)),
    )
    name = f"look-{look.id}"
    kinds = (
        ("Table (CSV)", as_csv, "csv", "text/csv", ":material/table:"),
        ("JSON", as_json, "json", "application/json", ":material/data_object:"),
        ("Sheet with pictures (HTML)", as_html, "html", "text/html", ":material/photo_library:"),
    )
    with st.popover("Download", icon=":material/download:", key="look_download", width="content"):
        for label, make, ending, kind, icon in kinds:
            st.download_button(
                label,
                data=partial(make, sheet),
                file_name=f"{name}.{ending}",
                mime=kind,
                icon=icon,
                key=f"look_download_{ending}",
                on_click="ignore",
                width="stretch",
            )


def settings(live: Live, wish: Wish) -> tuple[tuple[str, str], ...]:
    """What was asked, as names and values, without what is as it comes."""
    lines: list[tuple[str, str]] = []
    if wish.category:
        lines.append(("Category", category_text(wish.category)))
    if wish.low is not None or wish.high is not None:
        lines.append(("Price", f"{price_text(wish.low)} to {price_text(wish.high)}".strip()))
    if wish.focus is not None:
        lines.append(("Focus", ", ".join(f"{side:.0%}" for side in wish.focus)))
    if wish.scoring:
        lines.append(("Scoring", scorings.label(wish.scoring)))
    if scorings.has_strength(wish.scoring) and wish.strength is not None:
        lines.append((scorings.words(wish.scoring).strength, f"{wish.strength:g}"))
    if wish.diversity:
        lines.append(("Diversity", f"{wish.diversity} %"))
    for step in wish.steps:
        lines.append(("More like" if step.more else "Less like", _name(live, step.product)))
    if wish.hide_generic:
        lines.append(("Generic products", "hidden"))
    lines.append(("View", asked.VIEWS[wish.view]))
    return tuple(lines)


def summary(response: Response, look: Look, wish: Wish) -> str:
    """How many are shown of how many, and how many known matches are among them."""
    count = len(response.products)
    if wish.view == "look":
        line = f"The best of {counted(count, 'category', 'categories')}"
    else:
        line = f"Best {count:,} of {response.candidates:,}"
    if look.matches:
        found = len(set(look.matches) & set(response.products))
        known = counted(len(look.matches), "known match", "known matches")
        line += f" · {found} of {known} among them"
    return line
