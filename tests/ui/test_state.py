"""URL → typed values: what does not parse is as good as absent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from recsys.ui import state

ANY_TEXT = some.text(max_size=40)


@given(ANY_TEXT)
def test_number_is_in_range_or_nothing(text: str) -> None:
    value = state.number("n", 1, low=1, high=50).parse(text)
    assert value is None or (1 <= value <= 50 and int(text) == value)


@pytest.mark.parametrize("text", ["", "-1", "0", "51", "1.5", "1e3", "٣", "9" * 5000, " 7", "x"])
def test_number_refuses(text: str) -> None:
    assert state.number("n", 1, low=1, high=50).parse(text) is None


@given(ANY_TEXT)
def test_identifier_never_holds_a_path_or_markup(text: str) -> None:
    value = state.identifier("id").parse(text)
    assert value is None or not set(value) & set("/\\.<>&\"' %")


@pytest.mark.parametrize("text", ["../x", "a/b", "a b", "", "x" * 129, "a.b", "<b>"])
def test_identifier_refuses(text: str) -> None:
    assert state.identifier("id").parse(text) is None


def test_choices() -> None:
    assert state.choice("c", ("a", "b"), "a").parse("b") == "b"
    assert state.choice("c", ("a", "b"), "a").parse("z") is None


@given(ANY_TEXT)
def test_words_are_one_short_line(text: str) -> None:
    found = state.words("w", limit=10).parse(text)
    assert found is not None
    assert len(found) <= 10
    assert found == " ".join(text.split())[:10]


@given(some.integers(0, 99_999_999_999))
def test_an_amount_comes_back_as_it_was_written(hundredths: int) -> None:
    price = state.amount("p")
    value = hundredths / 100
    assert price.parse(price.write(value)) == value


@pytest.mark.parametrize("text", ["", "-1", "1e3", "nan", "inf", "1.234", "٣", "9" * 50, " 7", "x"])
def test_an_amount_refuses(text: str) -> None:
    assert state.amount("p").parse(text) is None


def _script() -> None:
    import streamlit as st

    from recsys.ui import state

    page = state.number("page", 1, low=1, high=9)
    kind = state.choice("kind", ("a", "b"), "a")
    st.selectbox("Kind", ("a", "b"), **kind.widget(also={page: 1}))
    st.number_input("Page", 1, 9, **page.widget(shown=min(page.read(), 5)))
    st.text(f"{kind.read()} {page.read()}")


@pytest.fixture
def page() -> Callable[..., AppTest]:
    def run(**parameters: Any) -> AppTest:
        app = AppTest.from_function(_script)
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    return run


def test_a_widget_shows_what_the_url_says(page: Callable[..., AppTest]) -> None:
    app = page(kind="b", page="3")
    assert (app.selectbox[0].value, app.number_input[0].value) == ("b", 3)


def test_the_url_wins_over_what_the_widget_held(page: Callable[..., AppTest]) -> None:
    app = page(kind="b")
    app.query_params["kind"] = "a"  # as Back does
    assert app.run().selectbox[0].value == "a"


def test_a_change_goes_to_the_url_with_what_it_brings(page: Callable[..., AppTest]) -> None:
    app = page(page="3", other="kept")
    app.selectbox[0].select("b").run()
    assert dict(app.query_params) == {"kind": "b", "other": "kept"}
    assert app.text[0].value == "b 1"


def test_defaults_leave_the_url(page: Callable[..., AppTest]) -> None:
    app = page(kind="b")
    app.selectbox[0].select("a").run()
    assert dict(app.query_params) == {}


def test_what_is_shown_may_differ_from_the_url(page: Callable[..., AppTest]) -> None:
    app = page(page="8")
    assert app.number_input[0].value == 5
    assert app.query_params["page"] == "8"


@pytest.mark.parametrize("nonsense", ["zzz", "<b>", ""])
def test_nonsense_in_the_url_is_the_default(page: Callable[..., AppTest], nonsense: str) -> None:
    app = page(kind=nonsense, page=nonsense)
    assert not app.exception
    assert app.text[0].value == "a 1"


def _script_with_dead_ends() -> None:
    import streamlit as st

    from recsys.ui import state

    kind = state.choice("kind", ("a", "b"), "a").told("kind", "it is a")
    page = state.number("page", 1, low=1, high=9).told("page", "it is the first")
    unread = state.unread([kind, page])
    state.bury([*(parameter.name for parameter, _ in unread), "gone"])
    st.text(" ".join(f"{text}: no {parameter.what}" for parameter, text in unread))
    st.button("Page 2", key="next", on_click=lambda: state.change({page: 2}))
    st.button("Kind b", key="kind_b", on_click=lambda: state.change({kind: "b"}))


def test_what_leads_nowhere_is_told_and_gone_with_the_next_click() -> None:
    app = AppTest.from_function(_script_with_dead_ends)
    for name, value in (("kind", "zzz"), ("page", ""), ("gone", "x"), ("other", "kept")):
        app.query_params[name] = value
    app.run()
    assert app.text[0].value == "zzz: no kind"  # an empty value asks for nothing
    assert app.query_params["kind"] == "zzz"  # no step in the history that nobody made
    app.button(key="next").click().run()
    assert dict(app.query_params) == {"page": "2", "other": "kept"}
    assert app.text[0].value == ""
    app.query_params["kind"] = "zzz"
    app.run()
    app.button(key="kind_b").click().run()  # a value for it, not against it
    assert dict(app.query_params) == {"page": "2", "kind": "b", "other": "kept"}
