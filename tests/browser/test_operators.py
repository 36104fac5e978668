"""Who may change things, tried on a real server: by hand in a browser, and past the browser.

The server is started as one that others can reach would be, with an operator's token in a
``secrets.toml``. The intruder knows the id of every button that an operator is shown.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from recsys.atomic import write_json
from recsys.catalog.datasets import open_dataset
from recsys.evaluation import contest
from recsys.learning import estimates
from recsys.learning.presets import DEFAULT_PRESET, preset_named
from recsys.ui import roles
from recsys.workspace import DEMO_MODEL_DIR, DEMO_NAME, Workspace
from tests.browser.conftest import App, StartApp
from tests.pages.sweep_parts import write_sweep
from tests.support.asgi import run
from tests.support.intruder import Intruder, key_of, pressed, typed
from tests.support.runs import write_run

TOKEN = "correct-horse-battery-staple"
CONTROLS = ("Resume", "Another budget", "Copy and change", "Name and note", "Archive", "Delete")

USE = "popularity?popularity_scoring=nnn&popularity_strength=1.5"
PLACES = {
    "train?train_run=halted": {"train_act_resume", "train_act_archive", "train_act_delete"},
    "train?train_run=done": {"train_act_copy", "train_to_live"},
    "train?train_view=new": {"train_start"},
    "train?train_view=live&train_model=second": {"train_put_live_second"},
    "train?train_view=sweeps": {"train_sweep_add"},
    "train?train_view=sweeps&train_sweep=sweep-1": {
        *("train_sweep_act_resume", "train_sweep_act_delete", "train_sweep_act_train"),
    },
    "train?train_view=sweeps&train_sweep_new=yes": {"train_sweep_start_textbook"},
    USE: {"popularity_use"},
    "popularity?popularity_view=front": {"popularity_front_start"},
}
"""Where an operator changes things, and the keys of buttons that must be among those there."""

pytestmark = pytest.mark.skipif(
    not (DEMO_MODEL_DIR / "model.json").is_file(), reason="assets/demo holds no model"
)


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("secrets") / "secrets.toml"
    path.write_text(f'[operator]\ntoken = "{TOKEN}"\n')
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace in which every button that an operator has is there to be drawn."""
    workspace = Workspace(tmp_path_factory.mktemp("operators") / "workspace")
    catalog, path = open_dataset(DEMO_NAME, workspace)
    about: dict[str, Any] = {"data": str(path), "data_name": DEMO_NAME, "workspace": workspace}
    write_run("halted", phase="stopped", step=20, **about)
    write_run("done", **about)
    write_sweep(phase="stopped", workspace=workspace, data=DEMO_NAME)
    second = workspace.model_dir("second")
    shutil.copytree(DEMO_MODEL_DIR, second)
    record = json.loads((second / "model.json").read_text())
    write_json(second / "model.json", {**record, "id": "second", "run": "done"})
    result: dict[str, Any] = {"scenes": 9, "part": "test", "fingerprint": catalog.fingerprint}
    result |= {"figures": {}, "exposure": {}, "categories": {}, "served": {}}
    match = contest.Match("second", DEMO_NAME, DEMO_NAME)
    write_json(contest._folder(workspace, match) / "result.json", result)
    cost = estimates.Measured(0.5, 4.0, 10**8, 0, 10**6).record()
    key = estimates._key(preset_named(DEFAULT_PRESET).config, catalog)
    write_json(estimates._folder(workspace, key) / "state.json", cost)
    return workspace


@pytest.fixture(scope="module")
def shop(start_app: StartApp, home: Workspace, secrets: Path) -> App:
    return start_app(home.root, "--secrets.files", str(secrets))


def state_of(workspace: Workspace) -> dict[str, str]:
    """Everything that only operators may change: all files but what pages keep for themselves,
    and every process that was ever started.
    """
    found = {}
    for path in sorted(workspace.root.rglob("*")):
        inside = path.relative_to(workspace.root)
        if path.name == "process.json":
            found[str(inside)] = "a process"
        elif path.is_file() and workspace.cache_dir not in path.parents:
            found[str(inside)] = hashlib.blake2b(path.read_bytes()).hexdigest()
    return found


# in a browser


def open_run(page: Page, shop: App) -> None:
    page.goto(f"{shop.url}/train?train_run=halted")
    expect(page.get_by_role("heading", name="halted")).to_be_visible()
    expect(page.get_by_text("Settings", exact=True)).to_be_visible()


def sign_in(page: Page, token: str) -> None:
    page.get_by_label("Operator's token").fill(token)
    page.get_by_role("button", name="Sign in").click()


def expect_controls(page: Page, count: int) -> None:
    for name in CONTROLS:
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(count)


def test_the_role_is_of_one_browser_session(shop: App, chromium: Browser) -> None:
    first, other = chromium.new_context(), chromium.new_context()
    page, beside = first.new_page(), other.new_page()
    open_run(page, shop)
    open_run(beside, shop)
    expect_controls(page, 0)
    sign_in(page, TOKEN[:-1])
    expect(page.get_by_text("That is not the token.")).to_be_visible()
    expect_controls(page, 0)
    sign_in(page, TOKEN)
    expect(page.get_by_role("button", name="Sign out as operator")).to_be_visible()
    expect_controls(page, 1)
    # nobody else has it, nor is it kept anywhere that another session could find
    beside.get_by_text("Settings", exact=True).click()
    expect_controls(beside, 0)
    kept = first.storage_state()
    assert TOKEN not in json.dumps(kept)
    assert TOKEN not in page.url
    first.close()
    again = chromium.new_context(storage_state=kept)
    page = again.new_page()
    open_run(page, shop)
    expect(page.get_by_label("Operator's token")).to_be_visible()
    expect_controls(page, 0)
    again.close()
    other.close()


# past the browser


async def signed_in(session: Intruder, token: str = TOKEN) -> None:
    await session.open("train")
    submit = next(one for one in session.buttons if "operator_form" in one)
    await session.send(typed(session.named("operator_token"), token), pressed(submit))


async def learnt(session: Intruder, place: str, keys: Iterable[str]) -> set[str]:
    """The buttons of a place; waits until those of these keys are there."""
    until = time.monotonic() + 60
    wanted = set(keys)
    while True:
        await session.open(place)
        if wanted <= {key_of(one) for one in session.buttons}:
            return session.buttons
        missing = wanted - {key_of(one) for one in session.buttons}
        assert time.monotonic() < until, f"an operator is not shown {missing}: {session.said}"


def test_knowing_the_buttons_is_not_enough(shop: App, home: Workspace) -> None:
    """Every button that only an operator is shown, pressed by sessions that are none."""

    async def attack() -> None:
        async with Intruder(shop.url) as operator, Intruder(shop.url) as visitor:
            await signed_in(operator)
            secret = {place: await learnt(operator, place, keys) for place, keys in PLACES.items()}
            before = state_of(home)
            for place, buttons in secret.items():
                await visitor.open(place)
                hidden = buttons - visitor.buttons
                assert PLACES[place] <= {key_of(one) for one in hidden}
                if place.startswith("train"):
                    for one in hidden:
                        await visitor.send(pressed(one))
                # all at once, with a wrong token beside them
                submit = next((one for one in visitor.buttons if "operator_form" in one), "")
                wrong = [typed(visitor.named("operator_token"), "x" * 20)] if submit else []
                await visitor.send(*wrong, *(pressed(one) for one in (submit, *hidden) if one))
                assert not hidden & visitor.buttons
                assert state_of(home) == before, place
            # who has the role, and gives it up with the very click: the buttons are drawn, the
            # session knows them, and what they do refuses
            for one in ("train_act_archive", "train_act_delete", "train_act_resume"):
                await operator.open("train?train_run=halted")
                await operator.send(*map(pressed, map(operator.named, ("operator_out", one))))
                assert "Only an operator may do this" in operator.said
                assert state_of(home) == before
                await operator.send(*map(pressed, secret["train?train_run=halted"]))
                assert state_of(home) == before
                await signed_in(operator)
            # the same messages of one who is an operator do change things
            await operator.open("train?train_run=halted")
            await operator.send(pressed(operator.named("train_act_archive")))
            assert state_of(home) != before
            await operator.send(pressed(operator.named("train_act_delete")))
            assert not home.job_dir("halted").exists()

    run(attack())
    assert home.live() is None


def test_neither_the_address_nor_made_up_values_give_the_role(shop: App, home: Workspace) -> None:
    async def attack() -> None:
        before = state_of(home)
        async with Intruder(shop.url) as visitor:
            for query in (
                f"operator_signed_in=true&operator_token={TOKEN}&operator=1",
                "train_run=done&train_act_delete=true&train_act_archive=1",
                "train_run=../../live&train_view=live",
                "train_view=new&train_start=true&train_copy=done",
            ):
                await visitor.open(f"train?{query}")
                drawn = {key_of(one) for one in visitor.buttons}
                assert not {one for one in drawn if one.startswith(("train_act", "train_start"))}
                assert "operator_out" not in drawn
            await visitor.open("train?train_run=done")
            for name in ("operator_signed_in", "operator_wrong", "operator_next_try"):
                forged = typed(name, "true")
                forged_bytes = pressed(name)
                forged_bytes.bytes_value = b"x" * 32
                await visitor.send(forged)
                await visitor.send(forged_bytes)
                assert "train_act_delete" not in {key_of(one) for one in visitor.buttons}
        assert state_of(home) == before

    run(attack())


def test_guessing_is_slow(start_app: StartApp, home: Workspace, secrets: Path) -> None:
    """On a server of its own: afterwards nobody can sign in there for a while."""
    url = start_app(home.root, "--secrets.files", str(secrets)).url

    async def guess() -> None:
        async with Intruder(url) as session:
            for _ in range(roles.FREE_TRIES):
                await signed_in(session, "a-wrong-token-of-some-length")
                assert "That is not the token." in session.said
            await signed_in(session)  # the right one, at the fourth try
            assert "Too many wrong tokens" in session.said
            assert "operator_out" not in {key_of(one) for one in session.buttons}
        for _ in range(roles.TRIES_OF_ALL - roles.FREE_TRIES):
            async with Intruder(url) as session:  # new sessions do not help
                await signed_in(session, "a-wrong-token-of-some-length")
                assert "That is not the token." in session.said
        async with Intruder(url) as session:
            await signed_in(session)
            assert "Too many wrong tokens" in session.said

    run(guess())
