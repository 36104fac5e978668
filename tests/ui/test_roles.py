"""Who may change things: local or not, with a token or without, and what guessing costs."""

from __future__ import annotations

from threading import Barrier, Thread
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from recsys.ui import roles
from recsys.ui.roles import Attempts, NotAllowedError, Token

TOKEN = "correct-horse-battery-staple"


class Clock:
    """Seconds as a test wants them."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Headers(dict[str, str]):
    def to_dict(self) -> dict[str, str]:
        return dict(self)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(roles, "time", SimpleNamespace(monotonic=clock))
    monkeypatch.setattr(roles, "ATTEMPTS", Attempts(clock=clock))
    return clock


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", kept)
    return kept


@pytest.fixture
def with_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "configured", lambda: Token(TOKEN))


def visit(
    monkeypatch: pytest.MonkeyPatch,
    *,
    server: str | None = "127.0.0.1",
    client: str | None = None,
    **headers: str,
) -> None:
    """A browser at ``client`` asks a server that listens at ``server``."""
    options: dict[str, object] = {"server.address": server, "secrets.files": []}
    monkeypatch.setattr(st, "get_option", options.__getitem__)
    named = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    context = SimpleNamespace(ip_address=client, headers=named)
    monkeypatch.setattr(st, "context", context)


@pytest.mark.parametrize(
    ("server", "client", "headers", "expected"),
    [
        ("127.0.0.1", None, {}, True),
        ("127.0.0.1", None, {"Host": "127.0.0.1:8501", "Origin": "http://127.0.0.1:8501"}, True),
        ("localhost", None, {"Host": "localhost:8501"}, True),
        ("::1", None, {"Host": "[::1]:8501"}, True),
        ("127.0.0.1", "127.0.0.2", {}, True),
        # reached from elsewhere
        (None, None, {}, False),
        ("", None, {}, False),
        ("0.0.0.0", None, {}, False),
        ("192.168.1.5", "192.168.1.9", {}, False),
        ("127.0.0.1", "192.168.1.9", {}, False),
        # a proxy on this machine
        ("127.0.0.1", None, {"X-Forwarded-For": "127.0.0.1"}, False),
        ("127.0.0.1", None, {"Forwarded": "for=127.0.0.1"}, False),
        ("127.0.0.1", None, {"X-Real-Ip": "127.0.0.1"}, False),
        ("127.0.0.1", None, {"Host": "shop.example"}, False),
        # a page elsewhere whose name leads here
        ("127.0.0.1", None, {"Host": "127.0.0.1:8501", "Origin": "https://evil.example"}, False),
        ("127.0.0.1", None, {"Host": "127.0.0.1.evil.example"}, False),
        ("127.0.0.1", None, {"Origin": "null"}, False),
    ],
)
def test_local_is_who_sits_at_the_machine(
    monkeypatch: pytest.MonkeyPatch,
    server: str | None,
    client: str | None,
    headers: dict[str, str],
    expected: bool,
) -> None:
    visit(monkeypatch, server=server, client=client, **headers)
    assert roles.is_local() is expected
    monkeypatch.setattr(roles, "configured", lambda: Token())
    assert roles.is_operator() is expected


def test_headers_never_make_anybody_local(monkeypatch: pytest.MonkeyPatch) -> None:
    visit(
        monkeypatch,
        server="0.0.0.0",
        client="203.0.113.7",
        **{"Host": "localhost", "Origin": "http://localhost", "X-Forwarded-For": "127.0.0.1"},
    )
    assert not roles.is_local()


def test_with_a_token_nobody_is_an_operator_for_being_here(
    monkeypatch: pytest.MonkeyPatch, with_token: None, clock: Clock
) -> None:
    visit(monkeypatch)
    assert roles.is_local()
    assert not roles.is_operator()
    with pytest.raises(NotAllowedError):
        roles.require_operator()
    assert "not the token" in roles.present(TOKEN[:-1])
    assert not roles.is_operator()
    assert roles.present(f" {TOKEN}\n") == ""
    assert roles.is_operator()
    roles.require_operator()
    roles.sign_out()
    assert not roles.is_operator()


def test_a_session_forgets_a_token_that_was_changed(
    monkeypatch: pytest.MonkeyPatch, with_token: None, clock: Clock, session: dict[str, Any]
) -> None:
    assert roles.present(TOKEN) == ""
    assert TOKEN not in str(session)
    monkeypatch.setattr(roles, "configured", lambda: Token(TOKEN + "!"))
    assert not roles.is_operator()


@pytest.mark.parametrize("forged", [True, TOKEN, b"", TOKEN.encode(), b"x" * 32, 1])
def test_a_forged_session_opens_nothing(
    with_token: None, session: dict[str, Any], forged: object
) -> None:
    session["operator_signed_in"] = forged
    assert not roles.is_operator()


def test_guessing_costs_a_session_more_and_more_time(with_token: None, clock: Clock) -> None:
    for _ in range(roles.FREE_TRIES):
        assert "not the token" in roles.present("guess")
    waits = []
    for _ in range(4):
        said = roles.present(TOKEN)  # even the right one is not looked at
        assert "Try again in" in said
        waits.append(int(said.split("again in ")[1].split()[0]))
        clock.now += waits[-1]
        assert "not the token" in roles.present("guess")
    assert waits == [5, 10, 20, 40]
    clock.now += 80
    assert roles.present(TOKEN) == ""
    assert "not the token" in roles.present("guess")  # and the count begins anew


def test_new_sessions_do_not_help_who_guesses(
    with_token: None, clock: Clock, session: dict[str, Any]
) -> None:
    for _ in range(roles.TRIES_OF_ALL):
        session.clear()
        assert "not the token" in roles.present("guess")
    session.clear()
    assert "Try again in 300 seconds" in roles.present(TOKEN)
    clock.now += roles.PERIOD_S
    assert roles.present(TOKEN) == ""


def test_right_tokens_use_nothing_up(
    with_token: None, clock: Clock, session: dict[str, Any]
) -> None:
    for _ in range(2 * roles.TRIES_OF_ALL):
        session.clear()
        assert roles.present(TOKEN) == ""


def test_many_guesses_at_once_are_counted_each() -> None:
    attempts = Attempts(most=10)
    allowed: list[bool] = []
    together = Barrier(40)

    def guess() -> None:
        together.wait()
        allowed.append(attempts.begin() == 0)

    threads = [Thread(target=guess) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(allowed) == 10


def secrets(monkeypatch: pytest.MonkeyPatch, found: object) -> None:
    def get(key: str) -> object:
        assert key == "operator"
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(st, "secrets", SimpleNamespace(get=get))


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (None, Token()),
        ({"token": TOKEN}, Token(TOKEN)),
        ({"token": f" {TOKEN} "}, Token(TOKEN)),
    ],
)
def test_what_is_configured(
    monkeypatch: pytest.MonkeyPatch, section: object, expected: Token
) -> None:
    secrets(monkeypatch, section)
    assert roles.configured() == expected


@pytest.mark.parametrize(
    "section", [{}, {"token": ""}, {"token": "short"}, {"token": 1234567890123456}, TOKEN, 7, []]
)
def test_a_token_of_no_use_lets_nobody_in(
    monkeypatch: pytest.MonkeyPatch, section: object, clock: Clock
) -> None:
    secrets(monkeypatch, section)
    visit(monkeypatch)
    assert roles.configured().problem
    assert not roles.is_operator()
    assert "Nobody can sign in" in roles.present("")


def test_no_file_is_nothing_configured_and_a_damaged_one_lets_nobody_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    secrets(monkeypatch, StreamlitSecretNotFoundError("none", error_id="test"))
    file = tmp_path / "secrets.toml"
    monkeypatch.setattr(st, "get_option", lambda _: [str(file)])
    assert roles.configured() == Token()
    file.write_text("[operator\n")
    assert roles.configured().problem
    assert not roles.is_operator()


def test_secrets_of_the_operator_stay_out_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """A training process inherits the environment; Streamlit copies top-level secrets into it."""
    import os

    file = tmp_path / "secrets.toml"
    file.write_text(f'[operator]\ntoken = "{TOKEN}"\n')
    from streamlit import config
    from streamlit.runtime.secrets import Secrets

    monkeypatch.setattr(Secrets, "_maybe_install_file_watchers", lambda _: None)
    real = Secrets()
    monkeypatch.setattr(
        config, "get_option", lambda name: [str(file)] if name == "secrets.files" else None
    )
    monkeypatch.setattr(st, "secrets", real)
    assert roles.configured() == Token(TOKEN)
    assert TOKEN not in os.environ.values()
