"""Shop the look: a photo, picked or uploaded, and the products that go with it."""

from __future__ import annotations

import random

import streamlit as st

from recsys.errors import RecsysError
from recsys.ui import results as shown
from recsys.ui import state
from recsys.ui.answers import Answer, answer, finer_heat, heat_of, moved
from recsys.ui.card import Action
from recsys.ui.categories import category_options
from recsys.ui.dropzone import camera, photo_uploader
from recsys.ui.frame import head, nothing_here, opened
from recsys.ui.leak import boxes_of, leak_section
from recsys.ui.looks import Look, find_look, forget_photo, gallery, keep_photo
from recsys.ui.messages import explain
from recsys.ui.photo import Heat, photo
from recsys.ui.product import product_panel
from recsys.ui.resources import Live
from recsys.ui.searchbox import search_box
from recsys.ui.state import Parameter
from recsys.ui.tiles import tiles
from recsys.ui.views import known_tiles, look_card, scene_tile
from recsys.ui.wish import ABOUT_ONE_LOOK, FOCUS, STEPS, parse_box, read_wish, stepped, steps_text

GALLERY_SIZE = 24
UPLOAD_FAULT = "look_upload_fault"
PHOTO_KEY = "look_card"
SHOW = {"any": "Any look", "known": "With known matches"}

SCENE = state.identifier("look_scene")
PHOTO = state.identifier("look_photo")
SHOWN = state.choice("look_show", tuple(SHOW), "any")
SEED = state.number("look_seed", 0)
FIND = state.words("look_find")
ITEM = state.identifier("look_item")
LEAK = state.identifier("look_leak")
FINE = state.choice("look_fine", ("off", "on"), "off")

ANOTHER_LOOK: dict[Parameter[str], str] = dict.fromkeys(
    (SCENE, PHOTO, ITEM, LEAK, *ABOUT_ONE_LOOK), ""
)


def main() -> None:
    live = opened()
    head("Shop the look", live)
    look = None
    try:
        look = find_look(live, SCENE.read(), PHOTO.read())
    except RecsysError as error:
        explain(error, heading="That look cannot be found")
    if look is not None:
        result(live, look)
    st.header("Pick another look" if look else "Pick a look, or bring your own", anchor=False)
    pick(live)


# the look and what goes with it


def result(live: Live, look: Look) -> None:
    live.count_exposure()
    category = state.choice("look_category", category_options(live), "")
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
        leak_section(live, look, found.request, LEAK, ITEM)


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
        actions.append(Action("forget", "Remove this photo"))

    def act(action: str) -> None:
        if action in ("fine", "coarse"):
            state.change({FINE: "on" if action == "fine" else "off"})
            return
        if action == "forget":
            forget_photo(look.id)
        state.change({**ANOTHER_LOOK})

    card = look_card(look)
    photo(
        key=PHOTO_KEY,
        look_id=look.id,
        label=card.label,
        image=card.image,
        alt=card.alt,
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
    shown.controls(live, category, wish)
    shown.history(live, wish.steps)
    try:
        found = answer(live, look, wish)
        if not found.responses or not found.responses[0].items:
            nothing_here("No product is left with these filters.")
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
        shown.downloads(live, look, wish, response)

    def act(product: str, what: str) -> None:
        state.change({STEPS: steps_text(stepped(wish.steps, product, what == "more"))})

    tiles(
        shown.shown_tiles(live, look, wish, response, heat, came),
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


def pick(live: Live) -> None:
    with st.container(key="controls", horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Show",
            tuple(SHOW),
            format_func=SHOW.__getitem__,
            required=True,
            label_visibility="collapsed",
            width="content",
            **SHOWN.widget(),
        )
        search_box(FIND, key="look_search", label="Search looks", width=190)
        st.button(
            "Shuffle",
            icon=":material/shuffle:",
            key="look_shuffle",
            on_click=lambda: state.change({SEED: random.randrange(1, 10**6)}),
        )
        upload()
    fault = st.session_state.pop(UPLOAD_FAULT, None)
    if isinstance(fault, RecsysError):
        explain(fault, heading="That file cannot be used as a photo", serious=True)
    known = SHOWN.read() == "known"
    rows = gallery(live, GALLERY_SIZE, SEED.read(), known=known, search=FIND.read())
    if not len(rows):
        nothing_here(
            "No look has all these words. Try fewer."
            if FIND.read()
            else "This catalogue has no looks to show. Upload a photo instead."
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


def upload() -> None:
    """The uploader: what arrives is kept and named in the URL, or its fault, to be told."""
    turn = st.session_state.setdefault("look_upload_turn", 0)

    def arrived(key: str) -> None:
        file = st.session_state[key]
        if file is None:
            return
        # a fresh uploader next time: this one would go on holding the file's bytes
        st.session_state["look_upload_turn"] = turn + 1
        try:
            kept = keep_photo(file.getvalue())
        except RecsysError as error:
            st.session_state[UPLOAD_FAULT] = error
        else:
            state.change({**ANOTHER_LOOK, PHOTO: kept})

    file_key, camera_key = f"look_upload_{turn}", f"look_camera_{turn}"
    camera("Camera", key=camera_key, on_change=lambda: arrived(camera_key))
    photo_uploader("Upload or paste a photo", key=file_key, on_change=lambda: arrived(file_key))


main()
