"""Shop the look: a photo, picked or uploaded, and the products that go with it."""

from __future__ import annotations

import random

import streamlit as st

from recsys.errors import RecsysError
from recsys.ui import state
from recsys.ui.card import Action, card
from recsys.ui.categories import category_label, category_options
from recsys.ui.dropzone import photo_uploader
from recsys.ui.frame import head, nothing_here, opened
from recsys.ui.looks import Look, find_look, forget_photo, gallery, keep_photo, shop
from recsys.ui.messages import explain
from recsys.ui.product import product_panel
from recsys.ui.resources import Live
from recsys.ui.tiles import tiles
from recsys.ui.views import known_tiles, look_card, result_tiles, results_line, scene_tile

GALLERY_SIZE = 24
UPLOAD_FAULT = "look_upload_fault"
SHOW = {"any": "Any look", "known": "With known matches"}

SCENE = state.identifier("look_scene")
PHOTO = state.identifier("look_photo")
K = state.one_of("look_k", (10, 20, 50, 100), 10)
SHOWN = state.choice("look_show", tuple(SHOW), "any")
SEED = state.number("look_seed", 0)
ITEM = state.identifier("look_item")


def main() -> None:
    live = opened()
    category = state.choice("look_category", category_options(live), "")
    head("Shop the look", live)
    look = None
    try:
        look = find_look(live, SCENE.read(), PHOTO.read())
    except RecsysError as error:
        explain(error, heading="That look cannot be found")
    if look is not None:
        result(live, look, category)
    st.header("Pick another look" if look else "Pick a look, or bring your own", anchor=False)
    pick(live)


# the look and what goes with it


def result(live: Live, look: Look, category: state.Parameter[str]) -> None:
    with st.container(key="body"):
        with st.container(key="look"):
            photo(look)
            worn(live, look)
        with st.container(key="grid"):
            ids = recommendations(live, look, category)
        if ITEM.read():
            with st.container(key="panel"):
                product_panel(live, ITEM, neighbours=ids, filter_by=category)


def photo(look: Look) -> None:
    actions = [Action("close", "Close this look", "close")]
    if look.photo is not None:
        actions.append(Action("forget", "Remove this photo"))

    def act(action: str) -> None:
        if action == "forget":
            forget_photo(look.id)
        state.change({SCENE: "", PHOTO: "", ITEM: ""})

    card(look_card(look), key="look_card", actions=actions, on_action=act)


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
    )


def recommendations(live: Live, look: Look, category: state.Parameter[str]) -> list[str]:
    """Controls and the products that go with the look; returns their ids."""
    st.header("Goes with it", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.selectbox(
            "Category",
            category_options(live),
            format_func=category_label(live),
            label_visibility="collapsed",
            width=280,
            **category.widget(),
        )
        st.segmented_control(
            "How many",
            (10, 20, 50, 100),
            format_func=lambda k: f"Top {k}",
            required=True,
            label_visibility="collapsed",
            width="content",
            **K.widget(),
        )
    try:
        response = shop(live, look, K.read(), category.read())
    except RecsysError as error:
        explain(error, heading="No recommendations for this look")
        return []
    if not response.items:
        nothing_here("No product with a picture is in this category.")
        return []
    st.caption(results_line(response, look.matches))
    tiles(
        result_tiles(live, response, look.matches),
        key="look_results",
        label="Products that go with this look, best first",
        view=f"{look.id}|{category.read()}",
        selected=ITEM.read(),
        on_pick=toggle_item,
    )
    return list(response.products)


def toggle_item(picked: str) -> None:
    state.change({ITEM: "" if picked == ITEM.read() else picked})


# choosing a look


def pick(live: Live) -> None:
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
    rows = gallery(live, GALLERY_SIZE, SEED.read(), known=SHOWN.read() == "known")
    if not len(rows):
        nothing_here("This catalogue has no looks to show. Upload a photo instead.")
        return
    tiles(
        [scene_tile(live, int(row)) for row in rows],
        key="look_gallery",
        label="Looks to pick from",
        shape="portrait",
        selected=SCENE.read(),
        on_pick=lambda scene: state.change({SCENE: scene, PHOTO: "", ITEM: ""}),
    )


def upload() -> None:
    """The uploader: what arrives is kept and named in the URL, or its fault, to be told."""
    turn = st.session_state.setdefault("look_upload_turn", 0)
    key = f"look_upload_{turn}"

    def arrived() -> None:
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
            state.change({PHOTO: kept, SCENE: "", ITEM: ""})

    photo_uploader("Upload a photo", key=key, on_change=arrived)


main()
