"""The workspace's disk is read-only or full: the shop goes on, and the page says what is wrong."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.server import Server, served
from benchmarks.visitor import Visitor
from recsys import promotions
from recsys.workspace import DEMO_NAME, Workspace
from tests.faults.conftest import TWIN
from tests.support import asgi, disks

ROOM_BYTES = 20_000_000
REASONS = {
    "read-only": r"Read\-only file system",
    "full": "No space left on device",
    "quota": "File too large",
}


@contextlib.contextmanager
def refusing(kind: str, disk: Path, *servers: Server) -> Iterator[None]:
    """The disk takes nothing for a while."""
    with contextlib.ExitStack() as stack:
        if kind == "read-only":
            stack.enter_context(disks.read_only(disk))
        elif kind == "full":
            stack.enter_context(disks.full(disk))
        else:
            for server in servers:
                stack.enter_context(disks.no_files(server.pid))
        yield


@pytest.mark.parametrize("kind", REASONS)
def test_the_shop_goes_on_and_the_page_says_why_nothing_else_does(
    kind: str, measured_once: Path, tmp_path: Path
) -> None:
    """A server that runs, one that is started now, and the first again when all is well."""
    disk = tmp_path / "disk"
    shop = Workspace(disk / "shop")
    with contextlib.ExitStack() as stack:
        if kind != "quota":
            size = disks.size_of(measured_once) + ROOM_BYTES
            stack.enter_context(disks.small_disk(disk, size))
        shutil.copytree(measured_once, shop.root)
        before = sorted(path for path in shop.root.rglob("*") if "cache" not in path.parts)
        running = stack.enter_context(served(shop.root, tmp_path / "first.txt"))
        asgi.run(shopping(running))
        with refusing(kind, disk, running):
            asgi.run(refused(running, REASONS[kind]))
            with contextlib.ExitStack() as later:
                started = later.enter_context(served(shop.root, tmp_path / "second.txt"))
                if kind == "quota":
                    later.enter_context(disks.no_files(started.pid))
                asgi.run(refused(started, REASONS[kind]))
            assert shop.live() is None
            assert promotions.history(shop) == []
        now = sorted(path for path in shop.root.rglob("*") if "cache" not in path.parts)
        assert [path for path in now if path.name != ".promoting.lock"] == before
        asgi.run(accepted(running))
        live = shop.live()
        assert live is not None
        assert live.model == TWIN
        (entry,) = promotions.history(shop)
        assert entry.was is not None
        assert entry.was.model == DEMO_NAME
        for log in ("first.txt", "second.txt"):
            assert "Traceback" not in (tmp_path / log).read_text("utf-8", "replace")


async def shopping(server: Server, model: str = DEMO_NAME) -> None:
    """The live model answers."""
    async with Visitor(server.url) as guest:
        await guest.open("shop_the_look")
        await guest.trigger("look_gallery", "picked", guest.tiles("look_gallery")[-1])
        assert len(guest.tiles("look_results")) == 10
        assert any(f"model {model} " in text for text in guest.texts), guest.texts
        assert guest.alerts == []


async def refused(server: Server, reason: str) -> None:
    """The shop answers; what would have to be written is refused in words."""
    await shopping(server)
    for query, button in (
        (f"train_view=live&train_model={TWIN}", f"train_put_live_{TWIN}"),
        ("train_view=new", "train_estimate"),
    ):
        async with Visitor(server.url) as visitor:
            await visitor.open(f"train?{query}")
            await visitor.press(button)
            (told,) = (text for text in visitor.alerts if "Nothing was changed" in text)
            assert reason in told
            assert "workspace cannot be written" in told
            assert "Make room or mend the rights" in told
    await shopping(server)


async def accepted(server: Server) -> None:
    """With the disk in order again the same click is done."""
    async with Visitor(server.url) as visitor:
        await visitor.open(f"train?train_view=live&train_model={TWIN}")
        await visitor.press(f"train_put_live_{TWIN}")
        assert any(text.startswith(f"{TWIN} is live") for text in visitor.alerts), visitor.alerts
    await shopping(server, TWIN)
