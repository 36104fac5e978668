"""The cures as live switches, what each changes, and putting one into the shop."""

from __future__ import annotations

from typing import Any

import streamlit as st

from recsys.errors import RequestError
from recsys.evaluation.audit import Audit, Auditor, Setting
from recsys.evaluation.audit_words import difference_text
from recsys.serving.scoring import Correction
from recsys.ui import going_live, roles, scorings
from recsys.ui.acts import attempt, tell
from recsys.ui.messages import plain
from recsys.ui.popularity import asked
from recsys.ui.popularity.asked import Asked, served_correction
from recsys.ui.popularity.audits import compared
from recsys.ui.popularity.headline import LESS_IS_BETTER, MAIN, short_title, text_of
from recsys.ui.popularity.names import correction_words, label_of, offered
from recsys.ui.resources import Live
from recsys.ui.state import Parameter
from recsys.ui.views import since_text
from recsys.workspace import DEMO_NAME, Workspace

_BEFORE = "popularity_before"
LENGTH_COUNTS = ("dot", "shrink", "clip")
"""The scorings that let the length of a vector count, all of it or in part."""


def switches(live: Live, wish: Asked, auditor: Auditor) -> None:
    """Every cure, with its strength and a sentence."""
    st.subheader("Try a cure", anchor=False)
    scoring, model = wish.this.scoring, wish.this.model
    strength = asked.strength(scoring)
    st.pills(
        "Scoring",
        offered(live, model, scoring),
        format_func=lambda name: label_of(name, model),
        required=True,
        label_visibility="collapsed",
        # another scoring has another range
        **asked.SCORING.widget(also={strength: strength.default, asked.PAGE: 1}),
    )
    if auditor.score == "cosine":
        names = [label_of(name, model) for name in LENGTH_COUNTS]
        st.caption(
            f":material/warning: This model learnt by direction alone. {names[0]}, {names[1]} and "
            f"{names[2]} let the length of vectors count, which it never learnt: that mostly finds "
            "fewer right products and crowds the lists more."
        )
    strength_slider(scoring, strength, is_served=not model and scoring == scorings.AS_SERVED)
    st.slider(
        "Diversity (MMR)",
        0,
        100,
        step=5,
        format="%d %%",
        help="Re-orders the best 100 so that a product differs from those before it.",
        **asked.DIVERSITY.widget(also={asked.PAGE: 1}),
    )
    cap = wish.this.cap
    st.select_slider(
        "Exposure cap",
        sorted({*asked.CAPS, cap}, key=lambda value: value or 10_000, reverse=True),
        format_func=lambda value: f"{value:g}× the mean" if value else "off",
        help="No product is in more than so many times its fair share of the lists. Who is full "
        "makes room for the next best.",
        **asked.CAP.widget(also={asked.PAGE: 1}),
    )


def strength_slider(scoring: str, strength: Parameter[float | None], *, is_served: bool) -> None:
    """The strength of a scoring that has one, and what it does in a sentence."""
    said = scorings.words(scoring)
    if scorings.has_strength(scoring):
        low, high, step, form = scorings.range_of(scoring)
        st.slider(
            said.strength,
            low,
            high,
            step=step,
            format=form,
            **strength.widget(also={asked.PAGE: 1}),
        )
        st.caption(plain(f"{said.means} {scorings.ends_of(scoring)}", 400))
    elif said.means:
        st.caption(plain(said.means, 400))
    elif is_served:
        st.caption("What Shop the look shows now.")
    else:
        st.caption("As the model itself ranks.")


def changes(audit: Audit, served: Audit) -> None:
    """The main figures beside what is served now: the price, and what it buys."""
    if audit.model == served.model and audit.setting == served.setting:
        st.caption("This is what the shop serves now. Choose a cure to see what it would change.")
        return
    st.markdown("**Against what is served now**")
    lines = []
    for key in ("recall", *(name for name in MAIN if name != "recall")):
        now, then = audit.figures[key].value, served.figures[key].value
        line = f"{plain(short_title(key, audit.setting.k))} {plain(text_of(key, now))}"
        if now is not None and then is not None:
            sure = key != "recall" or _is_sure(audit, served)
            line += f" {moved(key, now, then, is_sure=sure)}"
        lines.append(line)
    st.markdown("  \n".join(lines))


def _is_sure(audit: Audit, served: Audit) -> bool:
    """Whether the difference in recall has an interval without 0, paired over the same looks."""
    found = compared(audit, served).differences["recall"]
    return found.low is not None and found.high is not None and not found.low <= 0 <= found.high


def moved(key: str, now: float, then: float, *, is_sure: bool = True) -> str:
    """How far a figure moved, as a coloured word for the better or the worse."""
    away = now - then
    if text_of(key, now) == text_of(key, then) or difference_text(key, away)[0] not in "+−":
        return ":gray-badge[the same]"
    if not is_sure:
        return f":gray-badge[{plain(f'{difference_text(key, away)}, within chance')}]"
    is_better = (away < 0) == (key in LESS_IS_BETTER)
    colour, word = ("green", "better") if is_better else ("red", "worse")
    return f":{colour}-badge[{plain(f'{difference_text(key, away)} {word}')}]"


# putting it into the shop


def use_it(live: Live, wish: Asked, setting: Setting) -> None:
    """What is served now, and the button that changes it."""
    served, may_change = served_correction(live), roles.is_operator()
    st.markdown("**In the shop**")
    since = f", since {since_text(live.since)}" if live.since else ""
    st.caption(plain(f"Served now: {correction_words(served)}{since}.", 200))
    tell()
    if wish.this.model:
        st.caption("Another model is looked at. Put it live first, then choose its scoring here.")
    elif not setting.servable:
        why = (
            "An exposure cap needs all lists at once, so it cannot be served: one visitor's list "
            "knows nothing of the others."
            if setting.cap is not None
            else "Diversity is chosen by each visitor in Shop the look, so it is not set here."
        )
        st.caption(why)
    elif setting.correction == served:
        st.caption("This is what is served now.")
    elif may_change:
        st.button(
            "Use this in the shop",
            icon=":material/storefront:",
            key="popularity_use",
            on_click=put_live,
            args=(live, setting.correction),
        )
    else:
        st.caption("Only an operator can change what the shop serves: sign in on Training.")
    if may_change:
        ways_back(live, served)


def ways_back(live: Live, served: Correction | None) -> None:
    """What was served before this visitor's last change, and what the model itself gives.

    A correction that is live and out of use can be taken back too.
    """
    if live.correction_problem is not None:
        st.button(
            "Serve the model's own scores",
            icon=":material/undo:",
            key="popularity_own",
            help="Takes back the correction that is not in use.",
            on_click=put_live,
            args=(live, None),
        )
    before = st.session_state.get(_BEFORE, served)
    for number, earlier in enumerate(dict.fromkeys((before, None))):
        if earlier != served:
            words = "the model's own score" if earlier is None else correction_words(earlier)
            st.button(
                plain(f"Back to {words}"),
                icon=":material/undo:",
                key=f"popularity_back_{number}",
                on_click=put_live,
                args=(live, earlier),
            )


def put_live(live: Live, correction: Correction | None) -> None:
    """Serves a correction from now on; every open browser has it with its next click.

    Refused where something else went live meanwhile: nobody should undo what they did not see.
    """
    words = correction_words(correction)

    def put() -> dict[Parameter[Any], Any]:
        pointer = live.pointer
        if pointer is None or live.server.model is None:
            raise RequestError("no model is live, so there is no score to correct")
        going_live.put_live(
            live,
            Workspace.default(),
            live.server,
            model=pointer.model or DEMO_NAME,
            data=pointer.data,
            correction=correction,
        )
        st.session_state[_BEFORE] = served_correction(live)
        strength = asked.strength(asked.SCORING.read())
        return {asked.SCORING: scorings.AS_SERVED, strength: strength.default}

    attempt(put, f"The shop serves this now: {words}.", doing=f"Putting into the shop: {words}…")
