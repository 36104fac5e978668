"""No such page: what an address that leads nowhere shows, and the ways on from it."""

from __future__ import annotations

from difflib import get_close_matches

import streamlit as st

from recsys.ui import state
from recsys.ui.frame import styled
from recsys.ui.messages import plain
from recsys.ui.sitemap import PLACES

ASKED = state.words("nowhere_asked")


def main() -> None:
    styled()
    st.title("There is no such page", anchor=False)
    asked = ASKED.read().strip("/")
    here = {place.address: place for place in PLACES if place.in_menu}
    close = get_close_matches(asked.casefold().replace("-", "_"), list(here), n=1)
    if asked:
        st.markdown(f"Nothing is at **/{plain(asked, 60)}**. The link may be old, or cut short.")
    first = here[close[0]] if close else next(iter(here.values()))
    st.markdown(f"Did you mean {first.title}?" if close else "These pages are here:")
    for place in (first, *(other for other in here.values() if other is not first)):
        with st.container(gap=None):
            # its sentence stands below; as a tooltip it would cover the link above
            st.page_link(place.page(), label=f"**{place.title}**", help="")
            st.caption(place.help)


main()
