"""Shop the look: a photo, picked or uploaded, and the products that go with it."""

from __future__ import annotations

import random
from typing import Any

import streamlit as st

from recsys.errors import RecsysError
from recsys.ui import results as shown
from recsys.ui import scorings, state
from recsys.ui.adjust import controls
from recsys.ui.answers import Answer, answer, finer_heat, heat_of, moved
from recsys.ui.bring import bring
from recsys.ui.card import Action
from recsys.ui.categories import category_options
from recsys.ui.frame import doubts, head, not_in_catalogue, nothing_here, opened
from recsys.ui.leak import boxes_of, leak_choice, leak_section
from recsys.ui.looks import Look, find_look, forget_photo, gallery
from recsys.ui.messages import explain
from recsys.ui.photo import Heat, photo
from recsys.ui.product import product_panel
from recsys.ui.resources import Live
from recsys.ui.searchbox import search_box
from recsys.ui.state import Parameter
from recsys.ui.thumbnails import thumbnail_store
from recsys.ui.tiles import tiles
from recsys.ui.views import known_tiles, look_alt, look_words, scene_tile
from recsys.ui.wish import (
    ABOUT_ONE_LOOK,
    ASKED,
    FOCUS,
    GENERIC,
    HIGH,
    LOW,
    SCORING,
    STEPS,
    parse_box,
    read_wish,
    stepped,
    steps_text,
)

GALLERY_SIZE = 24
PHOTO_KEY = "look_card"
SHOW = {"any": "Any look", "known": "With known matches"}

SCENE = state.identifier("look_scene").told("look", "none is open")
PHOTO = state.identifier("look_photo").told("photo", "none is open")
SHOWN = state.choice("look_show", tuple(SHOW), "any").told("choice of looks", "any are shown")
SEED = state.number("look_seed", 0).told("number of a shuffle", "the first one is shown")
FIND = state.words("look_find")
ITEM = state.identifier("look_item").told("product", "none is open")
LEAK = state.identifier("look_leak")
FINE = state.choice("look_fine", ("off", "on"), "off").told("kind of map", "the usual one is drawn")

ANOTHER_LOOK: dict[Parameter[str], str] = dict.fromkeys(
    (SCENE, PHOTO, ITEM, LEAK, *ABOUT_ONE_LOOK), ""
)

NO_FILTER: dict[Parameter[Any], Any] = {LOW: None, HIGH: None, GENERIC: "show"}


def main() -> None:
    live = opened()
    head("Shop the look", live)
    category = state.choice("look_category", category_options(live), "").told(
        "category here", "all are shown"
    )
    strength = scorings.strength_of(SCORING.read())
    look, fault = find(live)
    leak = leak_choice(live, look)
    gone = [ITEM] if ITEM.read() and not live.catalog.has_product(ITEM.read()) else []
    doubts(
        [SCENE, PHOTO, SHOWN, SEED, ITEM, FINE, leak, category, strength, *ASKED],
        dead=[*gone, *((SCENE, PHOTO) if fault else ())],
    )
    if fault is not None:
        explain(fault, heading="That look cannot be found")
        st.button(
            "Show the looks there are",
            key="look_forget_link",
            on_click=lambda: state.change({**ANOTHER_LOOK}),
        )
    if look is not None:
        result(live, look, category, leak)
    pick(live, "Pick another look" if look else "Pick a look, or bring your own")


# the look and what goes with it


def find(live: Live) -> tuple[Look | None, RecsysError | None]:
    """The look that the address names, or why it cannot be shown."""
    try:
        look = find_look(live, SCENE.read(), PHOTO.read())
    except RecsysError as error:
        return None, error
    if look is None and SCENE.read():
        return None, not_in_catalogue(live, "look", SCENE.read(), "Pick another look below")
    return look, None


def result(live: Live, look: Look, category: Parameter[str], leak: Parameter[str]) -> None:
    live.count_exposure()
    with st.container(key="body"):
        with st.container(key="look"):
            # drawn last: its heat maps are of the tiles that are shown
            place = st.container(key="look_photo_place", gap=None)
            worn(live, look)
        with st.container(key="grid"):
            found, heat, ids = recommendations(live, look, category)
        with place:
            the_photo(live, look, found, heat)
        if ITEM.read():
            with st.container(key="panel"):
                product_panel(live, ITEM, neighbours=ids, filter_by=category)
    if found is not None:
        leak_section(live, look, found.request, leak, ITEM)


def the_photo(live: Live, look: Look, found: Answer | None, heat: Heat | None) -> None:
    actions = [Action("close", "Close this look", "close")]
    pinned = ITEM.read() if live.catalog.has_product(ITEM.read()) else ""
    if found is not None and pinned:
        fine = FINE.read() == "on"
        actions.append(Action("coarse", "Coarser map") if fine else Action("fine", "Finer map"))
        if fine:
            try:
                heat = finer_heat(live, found.request, pinned, st.session_state)
            except RecsysError as error:
                explain(error, heading="There is no finer map of this product")
    if look.photo is not None:
        actions += [Action("forget", "Remove this photo"), Action("upload", "Upload another")]

    def act(action: str) -> None:
        if action in ("fine", "coarse"):
            state.change({FINE: "on" if action == "fine" else "off"})
            return
        if action == "forget":
            forget_photo(look.id)
        state.change({**ANOTHER_LOOK})

    label, facts = look_words(look)
    photo(
        key=PHOTO_KEY,
        look_id=look.id,
        label=label,
        facts=facts,
        image=thumbnail_store().name(look.image),
        alt=look_alt(live, look),
        actions=actions,
        on_action=act,
        on_focus=lambda text: state.change({FOCUS: parse_box(text) or ""}),
        focus=read_wish("").focus,
        known=boxes_of(live, look),
        heat=heat,
        pinned=pinned,
    )


def worn(live: Live, look: Look) -> None:
    """The products known to be in the photo: what a good answer would find."""
    if not look.matches:
        return
    st.subheader("In this photo", anchor=False)
    tiles(
        known_tiles(live, look),
        key="look_worn",
        label="Products known to be in this photo",
        size="small",
        selected=ITEM.read(),
        on_pick=toggle_item,
        points_to=PHOTO_KEY,
    )


def recommendations(
    live: Live, look: Look, category: Parameter[str]
) -> tuple[Answer | None, Heat | None, list[str]]:
    """Controls and the products that go with the look; returns what the photo shows of them."""
    st.header("Goes with it", anchor=False)
    wish = read_wish(category.read())
    controls(live, category, wish)
    shown.history(live, wish.steps)
    try:
        # some scorings compare with training looks, which takes seconds the first time
        with st.spinner("Scoring the products…"):
            found = answer(live, look, wish)
        if not found.responses or not found.responses[0].items:
            nothing_here("No product is left with these filters.")
            st.button(
                "Take the filters away",
                key="look_everything",
                on_click=lambda: state.change({category: "", **NO_FILTER}),
            )
            return None, None, []
        tab = state.choice("look_tab", found.tabs, "")
        response = shown.tabs(found, tab) if found.tabs else found.responses[0]
        ids = list(response.products)
        worn_here = [name for name in look.matches if name not in response.products]
        heat = heat_of(live, found.request, [*ids, *embedded(live, [*worn_here, ITEM.read()])])
    except RecsysError as error:
        explain(error, heading="No recommendations for this look")
        return None, None, []
    came = moved(st.session_state, look, wish, response)
    with st.container(horizontal=True, vertical_alignment="center", key="look_line"):
        line = [shown.summary(response, look, wish), shown.moved_line(came)]
        st.caption(" · ".join(part for part in line if part), width="stretch")
        shown.how_many()
        shown.downloads(live, look, wish, response)

    def act(product: str, what: str) -> None:
        state.change({STEPS: steps_text(stepped(wish.steps, product, what == "more"))})

    tiles(
        shown.shown_tiles(live, look, wish, found.request, response, heat, came),
        key="look_results",
        label="Products that go with this look, best first",
        view=f"{look.id}|{category.read()}|{wish.view}|{response.category}",
        selected=ITEM.read(),
        on_pick=toggle_item,
        acts=shown.ACTS if heat is not None else shown.ACTS[1:],
        on_act=act,
        points_to=PHOTO_KEY if heat is not None else "",
    )
    return found, heat, ids


def embedded(live: Live, products: list[str]) -> list[str]:
    """Those of some products that the model has a vector of, once each."""
    ranker = live.server.ranker
    known = [name for name in dict.fromkeys(products) if live.catalog.has_product(name)]
    if ranker is None:
        return []
    there = ranker.embedded
    return [name for name in known if there[live.catalog.product_row(name)]]


def toggle_item(picked: str) -> None:
    state.change({ITEM: "" if picked == ITEM.read() else picked})


# choosing a look


def pick(live: Live, heading: str) -> None:
    bring(heading, on_kept=lambda photo: state.change({**ANOTHER_LOOK, PHOTO: photo}))
    with st.container(key="controls", horizontal=True, vertical_alignment="center"):
        st.segmented_control(
            "Show",
            tuple(SHOW),
            format_func=SHOW.__getitem__,
            required=True,
            label_visibility="collapsed",
            width="content",
            **SHOWN.widget(),
        )
        search_box(FIND, key="look_search", label="Search looks", width=232)
        st.button(
            "Shuffle",
            icon=":material/shuffle:",
            key="look_shuffle",
            on_click=lambda: state.change({SEED: random.randrange(1, 10**6)}),
        )
    known = SHOWN.read() == "known"
    rows = gallery(live, GALLERY_SIZE, SEED.read(), known=known, search=FIND.read())
    if not len(rows):
        if not FIND.read() and not known:
            nothing_here("This catalogue has no looks to show. Upload a photo instead.")
            return
        nothing_here(
            "No look has all these words." if FIND.read() else "No look has known products."
        )
        st.button(
            "Show any look",
            key="look_any",
            on_click=lambda: state.change({FIND: "", SHOWN: "any"}),
        )
        return
    tiles(
        [scene_tile(live, int(row)) for row in rows],
        key="look_gallery",
        label="Looks to pick from",
        shape="portrait",
        selected=SCENE.read(),
        on_pick=lambda scene: state.change({**ANOTHER_LOOK, SCENE: scene}),
    )


main()
