"""Matching or styling: one query three ways, for a scene that is known to show a product."""

from __future__ import annotations

import base64
import dataclasses

import streamlit as st

from recsys.catalog.images import thumbnail_webp
from recsys.errors import RecsysError
from recsys.serving.leak import Arm, ArmName, known_boxes, leak_test
from recsys.serving.request import Request
from recsys.ui.looks import Look
from recsys.ui.messages import explain, plain
from recsys.ui.photo import KnownBox
from recsys.ui.resources import Live
from recsys.ui.state import Parameter, change, choice
from recsys.ui.tiles import Badge, tiles
from recsys.ui.views import product_tile

ARMS: dict[ArmName, tuple[str, str]] = {
    "whole": ("The whole photo", "Asked as above."),
    "without": ("With the product cut out", "Found by style: the product itself is not in sight."),
    "only": ("The product alone", "Found by resemblance, with nothing around it."),
}
# Streamlit's own pictures have no alternative text.
_STILL = """
export default function ({ data, parentElement }) {
  const image = parentElement.querySelector("img")
  if (image.alt !== data.alt) image.alt = data.alt
  if (image.src !== data.source) image.src = data.source
}
"""
_STILL_STYLE = """
img {
  display: block;
  max-width: 100%;
  height: 15rem;
  object-fit: contain;
  object-position: 0 50%;
  border-radius: var(--st-base-radius);
}
"""
_still = st.components.v2.component(
    "recsys_still", html='<img alt="">\n', css=_STILL_STYLE, js=_STILL
)

_SHOWN = 6
_PHOTO_PX = 480


def boxes_of(live: Live, look: Look) -> list[KnownBox]:
    """The parts of a scene that are known to show a product; none for a visitor's photo."""
    if look.photo is not None:
        return []
    return [
        KnownBox(live.catalog.product(product).label, box)
        for product, box in known_boxes(live.catalog, look.id).items()
    ]


def leak_choice(live: Live, look: Look | None) -> Parameter[str]:
    """Which product the test is about: one that the look has a box of; empty for no test."""
    boxed = [] if look is None or look.photo is not None else known_boxes(live.catalog, look.id)
    return choice("look_leak", list(boxed), "").told(
        "product with a box in this look", "there is no leak test"
    )


def leak_section(
    live: Live, look: Look, request: Request, chosen: Parameter[str], item: Parameter[str]
) -> None:
    """The test for a scene with boxes: a button, or the three lists side by side."""
    boxed = [] if look.photo is not None else list(known_boxes(live.catalog, look.id))
    if not boxed or live.server.model is None:
        return
    if not chosen.read():
        st.button(
            "Matching or styling? Run the leak test",
            icon=":material/experiment:",
            key="look_leak_run",
            on_click=lambda: change({chosen: boxed[0]}),
        )
        return
    st.header("Matching or styling?", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "A product that this photo shows",
            boxed,
            format_func=lambda product: _label(live, product),
            width=320,
            **chosen.widget(),
        )
        st.button("Close the leak test", key="look_leak_end", on_click=lambda: change({chosen: ""}))
    asked = dataclasses.replace(request, k=_SHOWN, liked=(), disliked=(), diversity=0.0)
    try:
        result = leak_test(live.server, asked, chosen.read())
    except RecsysError as error:
        explain(error, heading="The leak test cannot be run here")
        return
    with st.container(key="look_leak_arms"):
        for arm in result.arms:
            with st.container(key=f"look_leak_{arm.name}"):
                _arm(live, arm, chosen.read(), item)


def _arm(live: Live, arm: Arm, product: str, item: Parameter[str]) -> None:
    title, meaning = ARMS[arm.name]
    st.subheader(title, anchor=False)
    content = base64.b64encode(thumbnail_webp(arm.image, _PHOTO_PX)).decode()
    still = {"source": f"data:image/webp;base64,{content}", "alt": f"{title}, as it is asked about"}
    _still(key=f"look_leak_photo_{arm.name}", data=still)
    place = "left out by the filters" if arm.rank is None else f"place {arm.rank:,}"
    name = plain(_label(live, product), 60)
    st.markdown(f"**{name}: {place}** of {arm.response.candidates:,}. {meaning}")
    shown = []
    for entry in arm.response.items:
        row = live.catalog.product_row(entry.product)
        badges = [Badge(str(entry.rank), "rank")]
        if entry.product == product:
            badges.append(Badge("this one", "good"))
        shown.append(product_tile(live.catalog.products[row], tuple(badges)))
    tiles(
        shown,
        key=f"look_leak_tiles_{arm.name}",
        label=f"{title}: the best {len(shown)}",
        size="small",
        on_pick=lambda picked: change({item: picked}),
    )


def _label(live: Live, product: str) -> str:
    return live.catalog.product(product).label
