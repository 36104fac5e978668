"""The pages there are: their files, names, icons and addresses, in the order of the menu.

``navigation.py`` makes the menu of it, ``app.py`` knows by it which addresses lead nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from recsys.workspace import PROJECT_DIR


@dataclass(frozen=True)
class Place:
    """One page.

    Attributes:
        address: below the app's own path; its file is ``pages/ADDRESS.py``.
        icon: of Material's, by name.
        help: a sentence for whoever points at it in the menu.
        in_menu: whether the menu names it.
    """

    address: str
    title: str
    icon: str
    help: str = ""
    in_menu: bool = True

    @property
    def file(self) -> Path:
        return PROJECT_DIR / "pages" / f"{self.address}.py"

    def page(self) -> st.Page:
        """As Streamlit wants it, for the menu and for links."""
        return st.Page(
            self.file,
            title=self.title,
            icon=f":material/{self.icon}:",
            url_path=self.address,
            help=self.help or None,
            visibility="visible" if self.in_menu else "hidden",
        )


START = Place(
    "browse",
    "Browse",
    "grid_view",
    "The catalogue: at random, the most popular first, or sorted, by category and price.",
)
NOWHERE = Place("nowhere", "No such page", "wrong_location", in_menu=False)

PLACES: tuple[Place, ...] = (
    START,
    Place(
        "shop_the_look",
        "Shop the look",
        "checkroom",
        "Pick or upload a photo and see which products go with it.",
    ),
    Place(
        "popularity",
        "Popular items",
        "stacked_bar_chart",
        "Which products crowd the lists, why, and what it costs to cure that.",
    ),
    Place(
        "train",
        "Training",
        "model_training",
        "Start a training run, watch it learn, compare it with others, and put its model live.",
    ),
    NOWHERE,
)
