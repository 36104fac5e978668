"""The door: where "/" leads, what an error shows, and a start that nothing delays."""

from __future__ import annotations

import threading
import time
import tomllib
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import app
from recsys.ui.sitemap import PLACES
from recsys.workspace import PROJECT_DIR
from tests.support.asgi import ask, run

CONFIG = tomllib.loads((PROJECT_DIR / ".streamlit" / "config.toml").read_text("utf-8"))


async def _inner(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


@pytest.mark.parametrize(
    ("asked", "target"),
    [("/", "browse"), ("/?item=x&browse_view=popular", "browse?item=x&browse_view=popular")],
)
def test_the_start_page_is_browse(asked: str, target: str) -> None:
    answer = ask(app.Addresses(_inner), asked)
    assert (answer.status, answer.headers["location"]) == (307, target)


VISIT = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    "asked",
    [
        "/browse",
        "/browse/",
        "/shop_the_look?look_k=20",
        "/nowhere?nowhere_asked=x",
        "/_stcore/health",
        "/browse/_stcore/host-config",
        "/static/js/index.js",
        "/img/x-240.webp",
        "/api/recommend",
        "/favicon.png",
        "//",
    ],
)
def test_everything_that_is_there_passes(asked: str) -> None:
    for headers in ({}, VISIT):
        assert ask(app.Addresses(_inner), asked, headers=headers).status == 200


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("/shop-the-look", "shop-the-look"),
        ("/a/b/", "a%2Fb%2F"),
        ("/start", "start"),
        ("/imgs", "imgs"),
        ("/<script>alert(1)</script>", "%3Cscript%3Ealert%281%29%3C%2Fscript%3E"),
        ("/x?y=1&z=2", "x"),
    ],
)
def test_what_leads_nowhere_gets_a_page_of_ours(asked: str, told: str) -> None:
    answer = ask(app.Addresses(_inner), asked, headers=VISIT)
    assert (answer.status, answer.headers["location"]) == (307, f"/nowhere?nowhere_asked={told}")
    assert ask(app.Addresses(_inner), asked).status == 200  # a script asked, not a person
    assert ask(app.Addresses(_inner), asked, "POST", headers=VISIT).status == 200


def test_every_page_of_the_menu_is_a_file() -> None:
    for place in PLACES:
        assert place.file.is_file(), place


def test_no_target_leaves_the_app() -> None:
    answer = ask(app.Addresses(_inner), "/?//evil.example/\r\nSet-Cookie: x=1")
    assert answer.headers["location"].startswith("browse?")
    assert "set-cookie" not in answer.headers
    assert not set("\r\n") & set(answer.headers["location"])


def test_below_a_path_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "base_path", lambda: "/shop")
    assert ask(app.Addresses(_inner), "/shop/").headers["location"] == "browse"
    assert ask(app.Addresses(_inner), "/").status == 200
    assert ask(app.Addresses(_inner), "/shop/browse", headers=VISIT).status == 200
    elsewhere = ask(app.Addresses(_inner), "/shop/brows", headers=VISIT)
    assert elsewhere.headers["location"] == "/shop/nowhere?nowhere_asked=brows"


def test_browsers_are_told_to_load_pictures_from_here_alone() -> None:
    headers = ask(app.SafeHeaders(_inner), "/browse").headers
    assert "img-src 'self' data: blob:" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_an_error_in_a_page_is_told_in_our_words() -> None:
    def script() -> None:
        import app

        assert app._on_script_error(ValueError("a secret of the house"))

    page = AppTest.from_function(script).run(timeout=10)
    assert not page.exception
    assert "Something went wrong" in page.error[0].value
    assert "secret" not in page.error[0].value


def test_warming_up_delays_no_start(monkeypatch: pytest.MonkeyPatch) -> None:
    release, warmed = threading.Event(), threading.Event()

    def slow() -> None:
        release.wait(10)
        warmed.set()

    monkeypatch.setattr(app, "_warm_up", slow)

    async def start() -> None:
        async with app._lifespan(app.app):
            assert not warmed.is_set()

    began = time.monotonic()
    run(start())
    assert time.monotonic() - began < 5
    release.set()
    assert warmed.wait(10)


def test_the_settings_that_matter_are_set() -> None:
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert CONFIG["global"]["minCachedMessageSize"] >= 10**9
    assert CONFIG["runner"]["postScriptGC"] is False
    assert CONFIG["server"]["address"] == "127.0.0.1"
    assert CONFIG["server"]["fileWatcherType"] == "none"
    assert CONFIG["server"]["maxUploadSize"] == 10
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert {"enableCORS", "enableXsrfProtection"}.isdisjoint(CONFIG["server"])


def test_both_themes_say_the_same_things() -> None:
    assert CONFIG["theme"]["light"].keys() == CONFIG["theme"]["dark"].keys()
