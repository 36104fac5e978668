"""The live model: which it is, what another would make better and worse, the swap, the way back."""

from __future__ import annotations

from typing import Any

import streamlit as st

from recsys import promotions
from recsys.errors import RecsysError
from recsys.evaluation import contest
from recsys.learning import runs
from recsys.serving.open import open_server
from recsys.serving.spelling import parse_correction, scoring_text, scoring_words, spelled
from recsys.ui import going_live, roles
from recsys.ui.acts import attempt
from recsys.ui.charts import table
from recsys.ui.frame import nothing_here
from recsys.ui.messages import explain, plain
from recsys.ui.resources import Live
from recsys.ui.state import Parameter
from recsys.ui.training import asked
from recsys.ui.training.data import catalog_of
from recsys.ui.training.verdict import MISSING, as_served, clearly, verdict
from recsys.ui.views import since_text
from recsys.workspace import DEMO_MODEL_DIR, DEMO_NAME, LivePointer, Workspace


def live_model(live: Live, workspace: Workspace) -> None:
    """Everything about what is live, and what could be."""
    may = roles.is_operator()
    known = called(workspace)
    now_live(live, workspace, may, known)
    st.header("Put another model live", anchor=False)
    others = workspace.model_ids()
    newest_first = dict.fromkeys([*(name for name in known if name in others), *others])
    names = [name for name in newest_first if name != live.model_id]
    if (DEMO_MODEL_DIR / "model.json").is_file() and not is_demo(live):
        names.append(DEMO_NAME)
    if not names:
        nothing_here("There is no other model yet. A run that finishes makes one.")
    else:
        candidate(live, workspace, names, known, may)
    history(workspace, known)


def called(workspace: Workspace) -> dict[str, str]:
    """Names of models: that of their run, the newest run and its newest model first."""
    return {
        model: run.name
        for run in runs.list_runs(workspace, archived=True)
        for model in reversed(run.models)
    }


def is_demo(live: Live) -> bool:
    """Whether the model that ships is live."""
    pointer = live.pointer
    return pointer is None or pointer.model in ("", DEMO_NAME, str(DEMO_MODEL_DIR))


def live_name(live: Live) -> str:
    """How a command names the live model; empty where none is live."""
    if not live.model_id:
        return ""
    return (live.pointer.model if live.pointer is not None else "") or DEMO_NAME


def now_live(live: Live, workspace: Workspace, may: bool, known: dict[str, str]) -> None:
    """What is live, and the way back."""
    st.header("Live now", anchor=False)
    if not live.model_id:
        st.markdown("No model is live.")
    else:
        since = f"since {since_text(live.since)}" if live.since else "as shipped"
        name = with_name(live.model_id, known)
        served = live.server.live
        if served is not None:
            name += f" with {scoring_words(served.correction)}"
        st.markdown(plain(f"Model {name} for data set {live.catalog.name}, {since}."))
    earlier = promotions.previous(workspace)
    if may and earlier is not None:
        name = what(earlier, known)
        if earlier.correction is None and live.server.live is not None:
            name += " with its own score"
        st.button(
            f"Go back to {name}",
            icon=":material/undo:",
            key=f"train_go_back_{live.since}",  # a second click undoes nothing
            on_click=attempt,
            args=(
                lambda: _back(live, workspace),
                f"{name} is live again. Every open page has it with its next click.",
            ),
        )


def candidate(
    live: Live, workspace: Workspace, names: list[str], known: dict[str, str], may: bool
) -> None:
    """A model to choose, what it would change, and the swap."""
    model = asked.MODEL.read() if asked.MODEL.read() in names else names[0]

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Model",
            names,
            format_func=lambda name: with_name(name, known),
            width=380,
            **asked.MODEL.widget(shown=model),
        )
        data_names = workspace.dataset_names()
        usual = live.catalog.name if live.pointer is None else live.pointer.data
        data_names = data_names if usual in data_names else [usual, *data_names]
        data = asked.DATA.read() if asked.DATA.read() in data_names else usual
        st.selectbox(
            "For data set",
            data_names,
            width=240,
            **asked.DATA.widget(shown=data),
        )
    match = contest.Match(
        model, data, live_name(live), kept_scoring(live, may), served_scoring(live)
    )
    try:
        found = contest.look(workspace, match)
        if (
            found.result is not None
            and found.result.get("fingerprint") != catalog_of(live, workspace, data).fingerprint
        ):
            st.caption("The data set has changed since this model was measured.")
            found = contest.Contest("none")
    except RecsysError as error:
        explain(error)
        return
    if found.stage in ("running", "stopping"):
        watch(workspace, match, may)
    elif found.stage == "done" and found.result is not None:
        verdict(found.result)
        if may:
            swap(live, workspace, match, found.result)
    elif may:
        offer(workspace, match, found)
    else:
        st.caption("This model has not been measured against the live one yet.")


def served_scoring(live: Live) -> str:
    """The correction that is served now; empty for the model's own score."""
    served = live.server.live
    return "" if served is None else scoring_text(served.correction)


def kept_scoring(live: Live, may: bool) -> str:
    """The correction that is served now, where it is to go on; else empty."""
    served = live.server.live
    if served is None or not may:
        return served_scoring(live)
    words = scoring_words(served.correction)
    keep = st.toggle(
        plain(f"Keep the correction {words}"),
        True,
        key="train_keep",
        help="It is served now. Kept, it is fitted anew to the other model; else that model's own "
        "score is served.",
    )
    return served_scoring(live) if keep else ""


def offer(workspace: Workspace, match: contest.Match, found: contest.Contest) -> None:
    """The button that measures, and why the last attempt failed."""
    if found.stage == "failed":
        explain(
            RecsysError(found.reason, "Mend that and try again"),
            heading="It could not be measured",
            serious=True,
        )
    st.button(
        "Measure against the live model" if match.against else "Measure it",
        icon=":material/balance:",
        key="train_measure",
        type="primary",
        on_click=attempt,
        args=(lambda: contest.begin(workspace, match),),
    )
    st.caption(
        "This embeds the catalogue and measures both models on the same looks, which neither "
        "learnt from. It runs beside the shop and goes on when you leave. Nothing is put live yet."
    )


@st.fragment(run_every=1.0)
def watch(workspace: Workspace, match: contest.Match, may: bool) -> None:
    """How far it is; shows the verdict as soon as it is there."""
    found = contest.look(workspace, match)
    if found.stage not in ("running", "stopping"):
        st.rerun()
    share = min(1.0, found.done / found.total) if found.total else 0.0
    doing = "Stopping" if found.stage == "stopping" else found.doing
    st.progress(share, text=plain(f"{doing}… {100 * share:.0f} %"))
    if may and found.stage == "running":
        st.button(
            "Stop",
            icon=":material/stop:",
            key="train_measure_stop",
            on_click=attempt,
            args=(lambda: _stop(workspace, match),),
        )


def swap(live: Live, workspace: Workspace, match: contest.Match, result: dict[str, Any]) -> None:
    """The swap itself, and the way to measure again."""
    is_worse = clearly(as_served(result).get("difference")) == "worse"
    name = with_name(match.model, called(workspace))

    def button(label: str) -> None:
        st.button(
            label,
            icon=":material/storefront:",
            key=f"train_put_live_{match.model}",  # a second click is about no other model
            type="secondary" if is_worse else "primary",
            on_click=attempt,
            args=(
                lambda: _put(live, workspace, match),
                f"{name} is live. Every open page has it with its next click.",
            ),
        )

    with st.container(horizontal=True, vertical_alignment="center"):
        if is_worse:
            with st.popover("Put it live", icon=":material/storefront:"):
                st.markdown("It finds fewer of the right products than what the shop serves now.")
                button("Put it live all the same")
        else:
            button("Put it live")
        st.button(
            "Measure again",
            icon=":material/refresh:",
            key="train_measure_again",
            on_click=attempt,
            args=(lambda: _again(workspace, match),),
        )


def history(workspace: Workspace, known: dict[str, str]) -> None:
    """Who put what live, and when."""
    entries = promotions.history(workspace)
    if not entries:
        return
    with st.expander("History", icon=":material/history:"):
        rows = {
            "When": [plain(since_text(entry.pointer.since), 60) for entry in entries],
            "Model": [what(entry.pointer, known) for entry in entries],
            "Data set": [plain(entry.pointer.data, 80) for entry in entries],
            "Instead of": [
                MISSING if entry.was is None else what(entry.was, known) for entry in entries
            ],
            "By": [plain(entry.who, 80) for entry in entries],
        }
        st.table(table(rows), hide_index=True, border="horizontal")


def with_name(model: str, known: dict[str, str]) -> str:
    """A model's id, with its run's name before it where that has one."""
    name = known.get(model, model)
    return model if name == model else f"{name} ({model})"


def what(pointer: LivePointer, known: dict[str, str]) -> str:
    """A model, and the correction that it was served with."""
    model = DEMO_NAME if pointer.model == str(DEMO_MODEL_DIR) else pointer.model
    name = with_name(model, known)
    if pointer.correction is None:
        return plain(name, 120)
    correction = spelled(pointer.correction.name, pointer.correction.strength)
    return plain(f"{name} with {correction.replace('=', ' ')}", 120)


def _put(live: Live, workspace: Workspace, match: contest.Match) -> dict[Parameter[Any], Any]:
    going_live.put_live(
        live,
        workspace,
        open_server(match.data, match.model, workspace),
        model=match.model,
        data=match.data,
        correction=parse_correction(match.scoring) if match.scoring else None,
    )
    return {asked.MODEL: ""}


def _back(live: Live, workspace: Workspace) -> dict[Parameter[Any], Any]:
    going_live.go_back(live, workspace)
    return {asked.MODEL: live.model_id if live.model_id in workspace.model_ids() else ""}


def _stop(workspace: Workspace, match: contest.Match) -> None:
    contest.stop(workspace, match)


def _again(workspace: Workspace, match: contest.Match) -> None:
    contest.forget(workspace, match)
    contest.begin(workspace, match)
