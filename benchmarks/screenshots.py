"""Takes the README's pictures: starts the app on its demo, and photographs it in Chromium.

    make screenshots

Writes docs/images/*.png, narrow and wide, light and dark. Needs Debian's chromium, and trains on
the demo for some minutes, so that there is a run to be seen.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "images"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STEPS = "1000"
LOOK = "1325baa1da95a1edbf695814ddfc80b3"  # of the test part: the model never saw it


def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("chromium is not installed: apt-get install chromium")
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
        environment = {**os.environ, "RECSYS_HOME": home}
        run = _trained(environment)
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
                _take(browser, f"http://127.0.0.1:{port}", run)
                browser.close()
        finally:
            server.terminate()
            server.wait(timeout=20)


def _trained(environment: dict[str, str]) -> str:
    """Trains on the demo, and returns the run's id."""
    train = ["-m", "recsys", "train", "--data", "demo", "--steps", STEPS]
    done = subprocess.run(
        [sys.executable, *train],
        cwd=ROOT,
        env={**environment, "RECSYS_TRACKING": "off"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.split()[-1]


def _take(browser: Browser, site: str, run: str) -> None:
    look = f"{site}/shop_the_look?look_scene={LOOK}"
    for name, url, width, height, scheme in (
        ("browse", f"{site}/browse", 1280, 860, "light"),
        ("browse-phone", f"{site}/browse", 380, 800, "light"),
        ("shop-the-look", look, 1280, 860, "light"),
        ("shop-the-look-dark", look, 1280, 860, "dark"),
        ("popularity", f"{site}/popularity?popularity_scoring=dot", 1280, 1100, "light"),
        ("training", f"{site}/train?train_run={run}", 1280, 1250, "light"),
    ):
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        page.set_default_timeout(120_000)  # the first lists of all looks take their time
        page.goto(url)
        _settle(page)
        if url == look:  # point at a product: the photo shows where it was found
            page.locator(".st-key-look_results .tile").first.hover()
            page.wait_for_timeout(800)
        page.screenshot(path=OUT / f"{name}.png")
        print(OUT / f"{name}.png")
        page.close()


def _settle(page: Page) -> None:
    """Waits until every picture in view has come."""
    page.get_by_role("button").filter(has=page.locator("img")).nth(4).wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)  # fades


def _wait(url: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=1)  # noqa: S310 - our own server on loopback
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("the app did not start")


if __name__ == "__main__":
    main()
