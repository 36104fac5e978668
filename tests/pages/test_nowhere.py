"""An address that leads nowhere has a page of ours, with the ways on."""

from __future__ import annotations

import pytest

from recsys.ui.sitemap import PLACES
from tests.pages.conftest import OpenPage

MENU = [place.title for place in PLACES if place.in_menu]


def links(page: object) -> list[str]:
    found = page.get("page_link")  # type: ignore[attr-defined]
    return [link.proto.label.strip("*") for link in found]


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("shop-the-lok", "Shop the look"), ("brows/", "Browse"), ("BROWSE", "Browse")],
)
def test_a_slip_leads_to_what_was_meant(open_page: OpenPage, asked: str, meant: str) -> None:
    page = open_page("nowhere", nowhere_asked=asked)
    assert f"Did you mean {meant}?" in [text.value for text in page.markdown]
    assert links(page)[0] == meant
    assert sorted(links(page)) == sorted(MENU)


def test_anything_else_shows_all_there_is_and_stays_text(open_page: OpenPage) -> None:
    page = open_page("nowhere", nowhere_asked="<img src=x onerror=alert(1)>$x$")
    said = "".join(text.value for text in page.markdown)
    assert "<" not in said.replace("\\<", "")
    assert links(page) == MENU
    assert links(open_page("nowhere")) == MENU
