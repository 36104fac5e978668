"""The price of each cure: measured by a process of its own, offered, watched, shown."""

from __future__ import annotations

import streamlit as st

from recsys.errors import RecsysError
from recsys.evaluation.audit import Auditor
from recsys.evaluation.front_job import FrontJob, front_job, start_front, stop_front
from recsys.ui import roles
from recsys.ui.acts import attempt, tell
from recsys.ui.messages import explain, plain
from recsys.ui.popularity.asked import Asked
from recsys.ui.popularity.front_chart import draw
from recsys.ui.resources import Live
from recsys.workspace import DEMO_NAME


def front_view(live: Live, auditor: Auditor, wish: Asked) -> None:
    """The front of the model that is looked at: measured, being measured, or to be asked for."""
    if live.workspace is None:
        return
    st.markdown(
        "Every cure at several strengths, on validation looks: what it costs in right products "
        "found, and how much more of the catalogue it shows."
    )
    tell()
    try:
        job = front_job(auditor.server, live.workspace, wish.k)
    except RecsysError as error:
        explain(error, heading="There is no front of this model")
        return
    if job.stage in ("running", "stopping"):
        watch(live, auditor, wish)
    elif job.front is not None:
        draw(live, wish, job.front)
    else:
        offer(live, auditor, wish, job)


def offer(live: Live, auditor: Auditor, wish: Asked, job: FrontJob) -> None:
    """The button that starts it, and why the last one failed."""
    if job.stage == "failed":
        explain(
            RecsysError(job.reason, "Start it again"), heading="The last one failed", serious=True
        )
        if job.log:
            with st.expander("What it printed"):
                st.code("\n".join(job.log), language=None)
    if not roles.is_operator():
        st.caption("Nobody has measured it yet. An operator can: sign in on Training.")
        return
    st.button(
        "Measure every cure",
        icon=":material/play_arrow:",
        key="popularity_front_start",
        on_click=start,
        args=(live, auditor, wish),
    )
    st.caption(
        "It runs beside the shop at low priority, goes on when you leave, and is done once for a "
        "model, a data set and a length of list."
    )


def start(live: Live, auditor: Auditor, wish: Asked) -> None:
    """Sees that it is being measured, however many ask for it. Only for operators."""
    workspace, pointer = live.workspace, live.pointer
    assert workspace is not None
    assert pointer is not None
    model = wish.this.model or pointer.model or DEMO_NAME

    def begin() -> None:
        start_front(auditor.server, workspace, model=model, data=pointer.data, k=wish.k)

    attempt(begin)


@st.fragment(run_every=1.0)
def watch(live: Live, auditor: Auditor, wish: Asked) -> None:
    """How far it is; shows the front as soon as it is there."""
    assert live.workspace is not None
    job = front_job(auditor.server, live.workspace, wish.k)
    if job.stage not in ("running", "stopping"):
        st.rerun()
    share = min(1.0, job.done / job.total) if job.total else 0.0
    doing = "Stopping" if job.stage == "stopping" else job.doing or "Starting"
    st.progress(share, text=plain(f"{doing[:1].upper()}{doing[1:]}… {share:.0%}"))
    if job.stage == "running" and roles.is_operator():
        st.button(
            "Stop",
            icon=":material/stop:",
            key="popularity_front_stop",
            on_click=stop,
            args=(live, auditor, wish),
        )


def stop(live: Live, auditor: Auditor, wish: Asked) -> None:
    """Asks it to stop. Only for operators."""
    workspace = live.workspace
    assert workspace is not None

    def end() -> None:
        stop_front(auditor.server, workspace, wish.k)

    attempt(end)
