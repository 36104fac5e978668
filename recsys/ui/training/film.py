"""A filmstrip: what a run recommended for the same few looks at each of its evaluations."""

from __future__ import annotations

from typing import Any

import streamlit as st

from recsys.catalog.catalog import Catalog
from recsys.errors import RecsysError
from recsys.learning.runs import Run
from recsys.ui.messages import plain
from recsys.ui.resources import Live
from recsys.ui.thumbnails import thumbnail_store
from recsys.ui.tiles import Badge, Tile, tiles
from recsys.ui.training import asked
from recsys.ui.training.data import catalog_of
from recsys.ui.views import product_tile
from recsys.workspace import Workspace

PRODUCTS = 9


def filmstrip(live: Live, workspace: Workspace, run: Run, frames: list[dict[str, Any]]) -> None:
    """The strip, at the last evaluation or the one that was chosen."""
    if not frames:
        return
    st.header("What it recommends", anchor=False)
    try:
        catalog = catalog_of(live, workspace, run.data_path)
    except RecsysError:
        st.caption("The data set of this run is gone, so there are no pictures to show.")
        return
    frame = chosen(frames)
    right, all_ = hits(frame)
    st.caption(
        plain(
            f"The same looks of the validation part at each evaluation; what is right is marked. "
            f"At step {frame['step']:,}: {right} of {all_} right products are among those shown.",
            300,
        )
    )
    with st.container(key="train_film"):
        for number, scene in enumerate(frame["scenes"]):
            tiles(
                strip(catalog, scene),
                key=f"train_film_{number}",
                label=f"Look {number + 1} and what goes with it at step {frame['step']}",
                size="small",
            )


def chosen(frames: list[dict[str, Any]]) -> dict[str, Any]:
    """The evaluation to show; a slider where there are several."""
    steps = [int(frame["step"]) for frame in frames]
    asked_for = asked.FRAME.read()
    at = asked_for if asked_for in steps else steps[-1]
    if len(steps) > 1:
        st.select_slider(
            "Evaluation at step",
            steps,
            format_func=lambda step: f"{step:,}",
            **asked.FRAME.widget(shown=at),
        )
    return frames[steps.index(at)]


def hits(frame: dict[str, Any]) -> tuple[int, int]:
    """How many right products are shown, and how many there are."""
    shown = sum(
        len(set(scene["products"][:PRODUCTS]) & set(scene["right"])) for scene in frame["scenes"]
    )
    return shown, sum(len(set(scene["right"])) for scene in frame["scenes"])


def strip(catalog: Catalog, scene: dict[str, Any]) -> list[Tile]:
    """The look, and the first products that go with it."""
    found = []
    if catalog.has_scene(scene["scene"]):
        photo = catalog.scenes[catalog.scene_row(scene["scene"])]
        found.append(
            Tile(
                id=f"look-{photo.id}",
                title="The look",
                image=thumbnail_store().name(photo.image),
                alt=f"Look {photo.id}",
            )
        )
    right = set(scene["right"])
    for name in scene["products"][:PRODUCTS]:
        if catalog.has_product(name):
            product = catalog.products[catalog.product_row(name)]
            badges = (Badge("true match", "good"),) if name in right else ()
            found.append(product_tile(product, badges))
    return found
