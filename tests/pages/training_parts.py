"""What the tests of the training page have in common: who opens it, and how it is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from recsys.learning.estimates import Estimate
from recsys.ui import roles
from recsys.ui.roles import Token

CHANGES = {"Stop", "Resume", "Save", "Archive", "Delete for good", "Copy and change", "Put it live"}
"""Labels of what changes something."""


@pytest.fixture(autouse=True)
def local(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on the machine itself, with nothing configured."""
    monkeypatch.setattr(roles, "configured", lambda: Token())
    monkeypatch.setattr(roles, "is_local", lambda: True)


@pytest.fixture
def going() -> Iterator[ExitStack]:
    """Runs that are entered here are in progress until the test ends."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> dict[str, Estimate]:
    """Estimates that are there at once; a test may change what they say."""
    found = {"now": Estimate(0.5, 4.0, 10**9, 8 * 10**9, 10**8, 10**11)}
    monkeypatch.setattr("recsys.learning.estimates.begin", lambda *_: "0" * 16)
    monkeypatch.setattr("recsys.learning.estimates.look", lambda *_: found["now"])
    return found


def labels(app: Any) -> list[str]:
    return [read(button.label) for button in app.button]


def read(text: str) -> str:
    return text.replace("\\", "").replace("\u2060", "")


def press(app: Any, label: str) -> None:
    (button,) = [one for one in app.button if read(one.label) == label]
    button.click()
    app.run()
    assert not app.exception
