"""From what is asked to an audit on the page, or to the reason why there is none yet."""

from __future__ import annotations

from functools import lru_cache

import streamlit as st

from recsys.catalog.splits import Part
from recsys.errors import DataError, RecsysError
from recsys.evaluation.audit import Audit, Auditor, Setting
from recsys.evaluation.audit_compare import Comparison, compare
from recsys.ui import resources
from recsys.ui.background import Background
from recsys.ui.messages import explain, plain
from recsys.ui.popularity import asked
from recsys.ui.popularity.asked import PART_LABELS, Side, served_correction, setting_of
from recsys.ui.popularity.desk import Desk
from recsys.ui.resources import Live
from recsys.ui.state import Parameter, change

_BRIEF_S = 1.5
"""So long a visitor waits without being told why: a warm start is over by then."""


def auditor(live: Live, model: str) -> Auditor | None:
    """The auditor of a model; None while it is being made, or where it cannot be, which is said.

    Args:
        model: its id; empty for the live one.
    """
    try:
        desk = resources.desk(live, "" if model == live.model_id else model)
    except RecsysError as error:
        explain(error, heading="That model cannot be looked at")
        if model:
            st.button(
                "Look at the live model",
                key=f"popularity_live_{model}",
                on_click=change,
                args=({asked.MODEL: "", asked.OTHER_MODEL: ""},),
            )
        return None
    work = desk.begin()
    if not work.wait(_BRIEF_S):
        watch(work, model or live.model_id)
        return None
    try:
        return work.result
    except RecsysError as error:
        _told(desk, error, model)
        return None


def _told(desk: Desk, error: RecsysError, model: str) -> None:
    explain(error, heading="These lists cannot be counted", serious=True)
    st.button(
        "Try again",
        icon=":material/refresh:",
        key=f"popularity_again_{model}",
        on_click=desk.begin_again,
    )


@st.fragment(run_every=1.0)
def watch(work: Background[Auditor], model: str) -> None:
    """How far along it is; shows the page as soon as it is done."""
    if work.is_finished:
        st.rerun()
    share = min(1.0, work.done / work.total) if work.total else 0.0
    text = f"Looking at every look with model {model}: {work.done:,} of {work.total:,} pictures"
    st.progress(share, text=plain(text if work.total else f"Opening model {model}"))
    st.caption("This happens once for a model and data set. You can leave and come back.")


def audit_of(auditor: Auditor, setting: Setting) -> Audit | None:
    """The audit of a setting; None where there cannot be one, which is said."""
    try:
        with st.spinner("Making all lists…"):
            return auditor.audit(setting)
    except DataError:
        looks = PART_LABELS[setting.part].removeprefix("All ").lower()
        explain(
            DataError(f"none of the {looks} has a readable photo", "Choose other looks above"),
            heading="These lists cannot be made",
        )
        return None
    except RecsysError as error:
        explain(error, heading="These lists cannot be made")
        return None


def audit_for(live: Live, side: Side, k: int, part: Part) -> Audit | None:
    """The audit of one side of a comparison; None where there is none yet, which is said."""
    found = auditor(live, side.model)
    return None if found is None else audit_of(found, setting_of(side, live, k, part))


def served(live: Live, k: int, part: Part) -> Audit | None:
    """The audit of what the shop serves now; None where there is none yet, which is said."""
    found = auditor(live, "")
    return (
        None if found is None else audit_of(found, Setting(served_correction(live), k=k, part=part))
    )


@lru_cache(maxsize=8)
def compared(audit: Audit, other: Audit) -> Comparison:
    """One less the other; its intervals cost more than all else here. Raises RequestError."""
    return compare(audit, other)


# which looks, how long the lists, which model


def scope(live: Live) -> None:
    """The controls for what all of the page is over."""
    with st.container(
        key="popularity_scope", horizontal=True, vertical_alignment="bottom", gap="small"
    ):
        model_box(live, asked.MODEL, "Model")
        st.selectbox(
            "Looks",
            tuple(PART_LABELS),
            format_func=PART_LABELS.__getitem__,
            width=180,
            help="Which looks get a list. Figures are comparable only over the same ones.",
            **asked.PART.widget(also={asked.PAGE: 1}),
        )
        st.number_input(
            "Length of a list (k)",
            asked.LEAST_K,
            asked.MOST_K,
            step=1,
            width=150,
            help="How many products each look gets.",
            **asked.K.widget(also={asked.PAGE: 1}),
        )


def model_box(live: Live, parameter: Parameter[str], label: str) -> None:
    """The live model, or any other of the workspace."""
    names = ["", *other_models(live)]
    now = parameter.read()
    if now and now not in names:
        names.append(now)
    st.selectbox(
        label,
        names,
        format_func=lambda name: name or f"{live.model_id} (live)",
        width=260,
        help="Any model of this workspace. One that has not seen this data set embeds it first.",
        **parameter.widget(also={asked.PAGE: 1}),
    )


def other_models(live: Live) -> list[str]:
    """Ids of the models of the workspace but the live one."""
    if live.workspace is None:
        return []
    return [name for name in live.workspace.model_ids() if name != live.model_id]


def short_of_products(audit: Audit) -> None:
    """Says so where every list is the whole catalogue, so that nobody can be left out."""
    products, k = len(audit.products), audit.setting.k
    if products > k:
        return
    st.info(
        plain(
            f"There are {products:,} products with a picture and lists of {k:,}, so every list "
            "shows all of them and no product can crowd another out. Shorter lists tell more.",
            400,
        ),
        icon=":material/info:",
    )
    shorter = max(1, products // 10)
    if shorter < k:
        st.button(
            f"Count lists of {shorter:,}",
            key="popularity_shorter",
            on_click=change,
            args=({asked.K: shorter},),
        )
