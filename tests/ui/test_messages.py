"""Data's text becomes Markdown that shows it as it is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from recsys.ui.messages import plain, sentence

_ESCAPE = re.compile(r"\\(.)")


def shown(markdown: str) -> str:
    """What a reader sees of escaped text: no backslashes before signs, no joiners."""
    return _ESCAPE.sub(r"\1", markdown).replace("\u2060", "")


@given(some.text(max_size=150))
def test_plain_text_reads_as_it_was_written(text: str) -> None:
    assert shown(plain(text)) == re.sub(r"\s+", " ", text).strip().replace("\u2060", "")


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "![](http://x/y.png)",
        "$x$ and `code` and **bold** and ~~gone~~",
        "# head",
        "[a](b)",
        "a | b",
    ],
)
def test_no_sign_of_markup_is_left_bare(text: str) -> None:
    assert re.search(r"(?<!\\)[<>*_`$\[\]()#|~!]", plain(text)) is None


@pytest.mark.parametrize("text", [":red[x]", ":smile:", ":material/home:", "a@b.example", "www.x"])
def test_what_is_looked_for_after_parsing_is_taken_apart(text: str) -> None:
    parsed = _ESCAPE.sub(r"\1", plain(text))
    assert text not in parsed
    assert parsed.replace("\u2060", "") == text


def test_long_text_is_cut_and_lines_are_joined() -> None:
    assert shown(plain("a\nb  c")) == "a b c"
    assert len(shown(plain("x" * 500, 40))) == 40
    assert shown(plain("x" * 500, 40)).endswith("…")


def test_sentence() -> None:
    assert sentence("no model is live") == "No model is live."
    assert sentence("What now?") == "What now?"
    assert sentence("  ") == ""
