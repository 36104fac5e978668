"""The script that every visit runs: pages, their names and icons, and the guard around them."""

from __future__ import annotations

import logging

import streamlit as st

from recsys.errors import RecsysError
from recsys.ui.messages import explain
from recsys.ui.sitemap import PLACES, START
from recsys.workspace import ASSETS_DIR


def main() -> None:
    st.set_page_config(page_icon=str(ASSETS_DIR / "icon.svg"), layout="wide")
    st.logo(str(ASSETS_DIR / "logo.svg"), size="large")
    page = st.navigation(
        [
            # What "/" shows. app.py sends "/" on to the start page, since Streamlit gives its
            # default page no address of its own.
            st.Page(
                START.file,
                title=START.title,
                icon=f":material/{START.icon}:",
                url_path="start",
                default=True,
                visibility="hidden",
            ),
            *(place.page() for place in PLACES),
        ],
        position="top",
    )
    try:
        page.run()
    except RecsysError as error:
        logging.getLogger("recsys.ui").warning("%s", error)
        explain(error, heading="This page cannot be shown", serious=True)


main()
