"""Browse in a real browser: from a click to the finished page, 48 tiles.

    python -m benchmarks.browse                                     # the demo
    python -m benchmarks.browse ../shared/data/stl-format           # and a large catalogue

The large one is made of a category file in the Shop-the-Look format (``fashion-cat.json``),
with placeholder pictures. Prints medians over ``--clicks`` clicks of each kind; a click is
finished when the page shows what was asked for and the script has ended. Needs Chromium.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright

from recsys.workspace import LivePointer, Workspace

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
PLACEHOLDERS = 240
KINDS = ("a tile", "another tile", "the next page", "a category", "the order")

# Clicks, and counts the time until the condition holds and the script has ended.
TIMED = """([button, condition]) => new Promise((resolve, reject) => {
  const app = document.querySelector("[data-testid=stApp]")
  const within = key => {
    const nodes = [...document.querySelectorAll(`.st-key-${key}, .st-key-${key} *`)]
    return nodes.map(node => node.shadowRoot).find(Boolean)
  }
  const first = () => within("browse_tiles")?.querySelector(".tile")?.dataset.id
  const before = { first: first(), url: location.href }
  const done = {
    marked: () => button.ariaCurrent === "true" || button.getAttribute("aria-current") === "true",
    changed: () => first() !== before.first && location.href !== before.url,
  }[condition]
  const start = performance.now()
  button.click()
  const look = () => {
    const spent = performance.now() - start
    if (done() && app.dataset.testScriptState === "notRunning") resolve(spent)
    else if (spent > 15000) reject(new Error("a click was not answered in 15 s"))
    else requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
})"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, help="holds a BASE-cat.json")
    parser.add_argument("--base", default="fashion")
    parser.add_argument("--clicks", type=int, default=15)
    options = parser.parse_args()
    if shutil.which("chromium") is None:
        sys.exit("chromium is not installed: apt-get install chromium")
    with tempfile.TemporaryDirectory() as scratch:
        report("demo", Path(scratch) / "demo", options.clicks)
        if options.folder is not None:
            home = Path(scratch) / "large"
            count = make_large(options.folder / f"{options.base}-cat.json", home)
            report(f"{options.base}, {count:,} products", home, options.clicks)


def make_large(categories: Path, home: Path) -> int:
    """A workspace with one catalogue, a picture for each product; returns how many."""
    folder = home / "datasets" / "large"
    images = folder / "images"
    images.mkdir(parents=True)
    shutil.copy(categories, folder / "large-cat.json")
    for number in range(PLACEHOLDERS):
        shade = (120 + number % 120, 90 + number % 7 * 20, 70 + number % 11 * 15)
        Image.new("RGB", (240, 240), shade).save(folder / f"{number}.webp")
    products = json.loads(categories.read_text("utf-8"))
    for number, product in enumerate(products):
        os.link(folder / f"{number % PLACEHOLDERS}.webp", images / f"{product}.webp")
    Workspace(home).set_live(LivePointer("", folder.name, ""))  # not the demo, which ships
    return len(products)


def report(name: str, home: Path, clicks: int) -> None:
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with served(home) as (site, begun), sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{site}/browse")
        tiles(page).first.wait_for(timeout=120_000)
        said = page.locator(".st-key-summary").inner_text().split()[-1]
        print(f"{name}: first of {said} tiles {time.monotonic() - begun:.1f} s after the start")
        wait_for_counts(home)
        for turn in range(clicks):
            page.goto(f"{site}/browse?browse_seed={turn}")
            tiles(page).nth(47).wait_for()
            settled(page)
            timed(page, times["a tile"], tiles(page).nth(turn % 5), "marked")
            timed(page, times["another tile"], tiles(page).nth(6 + turn % 5), "marked")
            following = page.get_by_role("button", name="Page 2", exact=True)
            timed(page, times["the next page"], following, "changed")
            lines = page.locator(".st-key-browse_facets .line")
            timed(page, times["a category"], lines.nth(1 + turn % 3), "changed")
            timed(page, times["the order"], page.get_by_role("radio", name="All"), "changed")
        browser.close()
    print(f"{'from a click on':<20}{'median':>10}{'slowest':>10}")
    for kind, found in times.items():
        print(f"{kind:<20}{statistics.median(found):>7.0f} ms{max(found):>7.0f} ms")
    every = [spent for found in times.values() for spent in found]
    print(f"{'all':<20}{statistics.median(every):>7.0f} ms{max(every):>7.0f} ms\n")


def wait_for_counts(home: Path) -> None:
    """Waits until it is counted how often products are shown, which a first start does beside
    its visitors; without a model there is nothing to count.
    """
    end = time.monotonic() + 90
    while not (home / "live.json").exists() and time.monotonic() < end:
        if list((home / "cache" / "exposure").glob("*.npz")):
            break
        time.sleep(0.5)
    time.sleep(3)


def tiles(page: Page) -> Locator:
    return page.locator(".st-key-browse_tiles .tile")


def settled(page: Page) -> None:
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.wait_for_timeout(150)


def timed(page: Page, found: list[float], button: Locator, condition: str) -> None:
    found.append(page.evaluate(TIMED, [button.element_handle(), condition]))
    settled(page)


@contextmanager
def served(home: Path) -> Iterator[tuple[str, float]]:
    """The app over a workspace: its address, and when it was started."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    environment = {**os.environ, "RECSYS_HOME": str(home)}
    begun = time.monotonic()
    nowhere = subprocess.DEVNULL
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=nowhere, stderr=nowhere)
    site = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"{site}/_stcore/health", timeout=5):  # noqa: S310 - ours
                    break
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        yield site, begun
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)


if __name__ == "__main__":
    main()
