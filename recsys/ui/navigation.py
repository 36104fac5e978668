"""The script that every visit runs: pages, their names and icons, and the guard around them."""

from __future__ import annotations

import logging
from pathlib import Path

import streamlit as st

from recsys.errors import RecsysError
from recsys.ui.messages import explain
from recsys.workspace import ASSETS_DIR

_PAGES = Path(__file__).resolve().parent.parent.parent / "pages"


def main() -> None:
    st.set_page_config(page_icon=str(ASSETS_DIR / "icon.svg"), layout="wide")
    st.logo(str(ASSETS_DIR / "logo.svg"), size="large")
    page = st.navigation(
        [
            # What "/" and unknown addresses show. app.py sends "/" on to /browse, since
            # Streamlit gives its default page no address of its own.
            st.Page(
                _PAGES / "browse.py",
                title="Browse",
                icon=":material/grid_view:",
                url_path="start",
                default=True,
                visibility="hidden",
            ),
            st.Page(
                _PAGES / "browse.py",
                title="Browse",
                icon=":material/grid_view:",
                url_path="browse",
                help="The catalogue: at random, or the most popular first, by category.",
            ),
            st.Page(
                _PAGES / "shop_the_look.py",
                title="Shop the look",
                icon=":material/checkroom:",
                url_path="shop_the_look",
                help="Pick or upload a photo and see which products go with it.",
            ),
        ],
        position="top",
    )
    try:
        page.run()
    except RecsysError as error:
        logging.getLogger("recsys.ui").warning("%s", error)
        explain(error, heading="This page cannot be shown", serious=True)


main()
