"""After faults of every kind, in one workspace: the app opens, the live model serves, and the
page says of each run what happened and how to go on.
"""

from __future__ import annotations

import json
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.server import Server, served
from benchmarks.visitor import Visitor
from recsys import processes
from recsys.learning import jobs
from recsys.workspace import LivePointer, Workspace
from tests.learning.conftest import Run
from tests.learning.test_damaged_stores import a_sweep, cut_in_half
from tests.learning.test_jobs import ENDLESS, asked, at_step, ended
from tests.support import asgi
from tests.test_processes import SOON_S

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # Optuna's own


@pytest.fixture
def shop(tmp_path: Path, short: Run, planted: Path) -> Iterator[Workspace]:
    """A workspace where a model is live; what still runs at the end is killed."""
    workspace = Workspace(tmp_path / "shop")
    shutil.copytree(planted, workspace.datasets_dir / "planted")
    shutil.copytree(short.workspace.cache_dir, workspace.cache_dir)
    shutil.copytree(short.bundle, workspace.model_dir(short.id))
    shutil.copytree(short.workspace.job_dir(short.id), workspace.job_dir(short.id))
    workspace.set_live(LivePointer(short.id, "planted", "2026-07-01T10:00:00+00:00"))
    yield workspace
    for run_id in workspace.job_ids():
        processes.kill(workspace.job_dir(run_id))
        processes.wait(workspace.job_dir(run_id), SOON_S)


def test_the_app_opens_and_says_what_happened(shop: Workspace, short: Run, tmp_path: Path) -> None:
    expected = {
        one_whose_checkpoints_are_damaged(shop): ("no checkpoint", "start a new run"),
        one_that_was_killed(shop): ("sigkill", "resume"),
        one_that_met_a_full_disk(shop): ("disk is full", "resume"),
    }
    a_sweep(shop)
    cut_in_half(shop.sweep_dir("sweep-1") / "study.db")
    shop.tracking_path.write_bytes(b"no database at all" * 400)
    with served(shop.root, tmp_path / "app.txt") as server:
        asgi.run(look_around(server, short.id, expected))
    assert "Traceback" not in (tmp_path / "app.txt").read_text("utf-8", "replace")


def one_whose_checkpoints_are_damaged(shop: Workspace) -> str:
    run_id = stopped(shop)
    for path in (shop.job_dir(run_id) / "checkpoints").rglob("*"):
        if path.is_file() and path.stat().st_size > 2000:
            path.write_bytes(path.read_bytes()[:-1] + b"?")
    jobs.resume(run_id, shop)
    assert ended(shop, run_id).state == "crashed"
    return run_id


def one_that_was_killed(shop: Workspace) -> str:
    run_id = jobs.start(asked(steps=ENDLESS), shop)
    at_step(shop, run_id, 2)
    processes.kill(shop.job_dir(run_id))
    assert ended(shop, run_id).state == "killed"
    return run_id


def one_that_met_a_full_disk(shop: Workspace) -> str:
    run_id = jobs.start(asked(steps=ENDLESS), shop)
    at_step(shop, run_id, 2)
    pid = processes.status(shop.job_dir(run_id)).pid
    assert pid is not None
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, 4096))
    assert ended(shop, run_id).state == "disk-full"
    return run_id


def stopped(shop: Workspace) -> str:
    run_id = jobs.start(asked(steps=ENDLESS), shop)
    at_step(shop, run_id, 2)
    jobs.stop(run_id, shop)
    assert ended(shop, run_id).saved_step
    return run_id


async def look_around(server: Server, live: str, expected: dict[str, tuple[str, str]]) -> None:
    async with Visitor(server.url) as guest:
        await guest.open("shop_the_look")
        await guest.trigger("look_gallery", "picked", guest.tiles("look_gallery")[0])
        assert len(guest.tiles("look_results")) == 10
        assert any(f"model {live} " in plain(text) for text in guest.texts), guest.texts
        for run_id, words in expected.items():
            await guest.open(f"train?train_run={run_id}")
            told = [plain(text).lower() for text in guest.alerts]
            assert any(all(word in text for word in words) for text in told), (words, told)
        await guest.open(f"train?train_run={live}")
        assert not any("ended" in text or "damaged" in text for text in guest.alerts)
        await guest.open("train?train_view=runs")
        listed = json.dumps(guest.components)
        assert all(run_id in listed for run_id in (live, *expected))
        for place, named in (("", "5 of 30 trials"), ("&train_sweep=sweep-1", "sweep-1")):
            await guest.open(f"train?train_view=sweeps{place}")
            assert not any("went wrong" in text for text in guest.alerts), guest.alerts
            assert named in plain(" ".join(guest.texts))


def plain(text: str) -> str:
    """What a person reads: without the signs that keep text from becoming markup."""
    return text.replace("\\", "").replace("\u2060", "")
