"""The server is killed while a model is put live: one or the other is, never a mixture."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from websockets.exceptions import WebSocketException

from benchmarks.server import Server, served
from benchmarks.visitor import Visitor
from recsys import promotions
from recsys.serving.open import open_pointer
from recsys.serving.request import Request
from recsys.workspace import DEMO_NAME, LivePointer, Workspace
from tests.faults.conftest import TWIN
from tests.support import asgi

KILLS = 20
MOMENTS = ("before", "announced", "announced", "swapped", "after")
PATIENCE_S = 60.0
AT_THE_SWAP = "train?train_view=live&train_model="
SHIPPED = LivePointer(DEMO_NAME, DEMO_NAME, "")


@dataclass
class Story:
    """What was put live so far, as the test knows it; ``left`` counts what kills left behind."""

    live: list[LivePointer] = field(default_factory=lambda: [SHIPPED])
    left: Counter[str] = field(default_factory=Counter)

    @property
    def other(self) -> str:
        return DEMO_NAME if self.live[-1].model == TWIN else TWIN


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_at_twenty_moments_of_a_promotion(shop: Workspace) -> None:
    """Each start of the server looks at what the kill before it left."""
    models, rng, story = shop.model_ids(), random.Random(4), Story()
    for number in range(KILLS):
        with served(shop.root) as server:
            asgi.run(look_around(server, story))
            kill_while_promoting(server, shop, story.other, MOMENTS[number % len(MOMENTS)], rng)
        assert "Traceback" not in server.log.read_text("utf-8", "replace")
        assert_whole(shop, story)
        assert shop.model_ids() == models
    with served(shop.root) as server:
        asgi.run(look_around(server, story))
    assert story.left["old"] >= 2, story.left
    assert story.left["new"] >= 2, story.left
    assert story.left["announced"] >= 1, story.left


async def look_around(server: Server, story: Story) -> None:
    """The shop answers with the live model, and the page tells what is live and what was."""
    now = story.live[-1]
    async with Visitor(server.url) as guest:
        await guest.open("shop_the_look")
        await guest.trigger("look_gallery", "picked", guest.tiles("look_gallery")[0])
        assert len(guest.tiles("look_results")) == 10
    async with Visitor(server.url) as visitor:
        await visitor.open(AT_THE_SWAP + story.other)
        assert any(f"model {now.model} " in text for text in visitor.texts), visitor.texts
        live = f"Model {now.model} for data set demo"
        assert any(text.startswith(live) for text in visitor.texts)
        assert not any("Nothing was changed" in text for text in visitor.alerts), visitor.alerts
        told = [table["Model"] for table in visitor.tables if "Instead of" in table]
        were = [table["Instead of"] for table in visitor.tables if "Instead of" in table]
    models = [pointer.model for pointer in story.live]
    assert told == ([models[:0:-1]] if len(models) > 1 else [])
    assert were == ([models[-2::-1]] if len(models) > 1 else [])


def kill_while_promoting(
    server: Server, shop: Workspace, model: str, moment: str, rng: random.Random
) -> None:
    was = stamp(shop)
    pressed = threading.Event()

    async def press() -> None:
        with suppress(WebSocketException, OSError, EOFError):  # killed before it had answered
            async with Visitor(server.url) as visitor:
                await visitor.open(AT_THE_SWAP + model)
                pressed.set()
                await visitor.press(f"train_put_live_{model}")
                assert any(text.startswith(f"{model} is live") for text in visitor.alerts)

    person = threading.Thread(target=lambda: asgi.run(press()))
    person.start()
    assert pressed.wait(PATIENCE_S)
    if moment == "before":
        time.sleep(rng.uniform(0.0, 0.4))
    elif moment == "announced":
        until(shop.promoting_path.exists)
        pause(rng.choice((0.0, 0.0, 0.0005, 0.002)))
    else:
        until(lambda: stamp(shop) != was)
        pause(rng.uniform(0.0, 0.3) if moment == "after" else 0.0)
    os.kill(server.pid, signal.SIGKILL)
    person.join(PATIENCE_S)
    assert not person.is_alive()


def assert_whole(shop: Workspace, story: Story) -> None:
    """What the files say without any server: one model is live, and what was before is known."""
    now = shop.live() or SHIPPED
    is_new = now != story.live[-1]
    if is_new:
        assert (now.model, now.data) == (story.other, DEMO_NAME)
        story.live.append(now)
    story.left["new" if is_new else "old"] += 1
    story.left["announced"] += shop.promoting_path.exists()
    known = promotions.history(shop)
    assert [one.pointer for one in known] == story.live[:0:-1]
    assert [one.was for one in known] == story.live[-2::-1]
    assert promotions.previous(shop) == (story.live[-2] if len(story.live) > 1 else None)
    server = open_pointer(now, shop)
    assert server.model is not None
    assert server.model.id == now.model
    scene = server.catalog.scenes[0].id
    assert len(server.recommend(Request(kind="scene", scene=scene, k=10)).items) == 10


def stamp(shop: Workspace) -> tuple[int, int]:
    """Changes with every swap of the live pointer."""
    try:
        found = shop.live_path.stat()
    except FileNotFoundError:
        return (0, 0)
    return (found.st_ino, found.st_mtime_ns)


def until(holds: Callable[[], bool]) -> None:
    """Looks without a rest: what is waited for lasts a thousandth of a second."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end


def pause(seconds: float) -> None:
    if seconds:
        time.sleep(seconds)
