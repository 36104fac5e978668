"""What people read when there is nothing to show, and text from data made safe to show.

Streamlit's labels, captions and messages are Markdown; a catalogue's text is not, and goes
through ``plain`` before it meets any of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import streamlit as st

from recsys.errors import RecsysError

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&\"'=@/^])")
_AFTERWARDS = re.compile(r":|@|www|[-<>~=](?=[-<>~=])")
_JOINER = "\u2060"  # takes no room and joins what it stands between
_SPACE = re.compile(r"\s+")
_COMMAND = re.compile(r"python -m recsys .*?(?=, then |; |\. |\.$|$)")


def plain(text: str, limit: int = 200) -> str:
    """Markdown that shows a text as it is: one line, at most ``limit`` characters.

    Every sign that Markdown and formulas could take for theirs is escaped. Emoji and icon
    names, links and arrows are looked for only after Markdown is parsed, when escapes are
    gone; those are taken apart by a character that nobody sees.
    """
    line = _SPACE.sub(" ", text).strip()
    if len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    return _escaped(line)


def _escaped(text: str) -> str:
    apart = _AFTERWARDS.sub(lambda match: match.group() + _JOINER, text)
    return _MARKUP.sub(r"\\\1", apart)


def sentence(text: str) -> str:
    """A message as a sentence: a capital at the front, a full stop at the end."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")


def explain(error: RecsysError, *, heading: str = "", serious: bool = False) -> None:
    """Shows what happened and the next step; commands in it are set as code."""
    said = plain(sentence(error.message), 600), _with_commands(sentence(error.remedy))
    body = " ".join(part for part in said if part)
    if heading:
        body = f"**{plain(heading)}**  \n{body}"
    if serious:
        st.error(body, icon=":material/error:")
    else:
        st.info(body, icon=":material/info:")


def _with_commands(text: str) -> str:
    parts, end = [], 0
    for match in _COMMAND.finditer(text):
        parts.append(_escaped(text[end : match.start()]))
        parts.append(f"`{match.group().replace('`', chr(39))}`")
        end = match.end()
    return "".join([*parts, _escaped(text[end:])])


def world_line(parts: Sequence[str]) -> None:
    """The state of the world, quietly: which data and which model answer, and since when."""
    st.caption(" · ".join(plain(part, 120) for part in parts if part))


def apologise() -> None:
    """For what is not a person's to mend: an error in the app itself."""
    st.error(
        "**Something went wrong on this page.** It has been written to the app's log. "
        "Reload the page, or start again from Browse.",
        icon=":material/error:",
    )
