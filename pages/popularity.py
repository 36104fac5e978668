"""The popular-item problem: who crowds the lists, why, what cures it, and what a cure costs."""

from __future__ import annotations

import streamlit as st

from recsys.ui.frame import doubts, head, opened
from recsys.ui.popularity import asked, audits, cures
from recsys.ui.popularity.asked import VIEW, VIEWS, Asked
from recsys.ui.popularity.body import has_panel, panel, styles, view
from recsys.ui.popularity.empty import nothing_to_count
from recsys.ui.popularity.headline import headline
from recsys.ui.resources import Live


def main() -> None:
    live = opened()
    head("Popular items", live)
    styles()
    if nothing_to_count(live):
        return
    categories = live.catalog.categories
    doubts(asked.parameters(categories))
    audits.scope(live)
    everything(live, asked.read_asked(categories))


def everything(live: Live, wish: Asked) -> None:
    auditor = audits.auditor(live, wish.this.model)
    if auditor is None:
        return
    setting = asked.setting_of(wish.this, live, wish.k, wish.part)
    audit = audits.audit_of(auditor, setting)
    if audit is None:
        return
    audits.short_of_products(audit)
    headline(audit)
    with st.container(key="popularity_body"):
        with st.container(key="popularity_cures"):
            cures.switches(live, wish, auditor)
            served = audits.served(live, wish.k, wish.part)
            if served is not None:
                cures.changes(audit, served)
            cures.use_it(live, wish, setting)
        with st.container(key="popularity_main"):
            which()
            ids = view(live, auditor, audit, wish)
        if has_panel():
            with st.container(key="popularity_panel"):
                panel(live, auditor, audit, ids)


def which() -> None:
    st.segmented_control(
        "What to see",
        tuple(VIEWS),
        format_func=VIEWS.__getitem__,
        required=True,
        label_visibility="collapsed",
        **VIEW.widget(also={asked.PAGE: 1}),
    )


main()
