"""A real server and a real browser, once for the whole session.

The app is started as people start it, on a free port, with an empty workspace, so that it
shows the demo that ships. ``RECSYS_BROWSER_HOME`` names a workspace to look at instead.
Without Chromium these tests are skipped, unless ``RECSYS_REQUIRE_BROWSER=1``.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recsys.workspace import DEMO_MODEL_DIR, PROJECT_DIR

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
# A condition is waited for, however busy the machine is.
playwright.expect.set_options(timeout=20_000)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
REQUIRED = os.environ.get("RECSYS_REQUIRE_BROWSER") == "1"
HOME = os.environ.get("RECSYS_BROWSER_HOME", "")
TIMEOUT_MS = 20_000

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_HARMLESS = (
    "/_stcore/host-config",  # Streamlit looks for its own base path
    "/_stcore/health",
    "does not seem to exist",  # and says so itself where there is no such page
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


def _absent(reason: str) -> None:
    if REQUIRED:
        pytest.fail(f"{reason}, and RECSYS_REQUIRE_BROWSER=1", pytrace=False)
    pytest.skip(reason)


class App:
    """One running server; ``log`` is what it has written so far.

    Args:
        options: further ones of ``streamlit run``.
    """

    def __init__(self, home: Path, log: Path, options: tuple[str, ...] = ()) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._log = log
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
        command += options
        environment = {**os.environ, "RECSYS_HOME": str(home)}
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command, cwd=PROJECT_DIR, env=environment, stdout=output, stderr=output
            )
        self._wait()

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8", "replace")

    def _wait(self) -> None:
        for _ in range(300):
            if self._process.poll() is not None:
                pytest.fail(f"the server stopped:\n{self.log}", pytrace=False)
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        self.stop()
        pytest.fail(f"the server did not become healthy:\n{self.log}", pytrace=False)

    def stop(self) -> None:
        """Ends this server, and nothing else."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)


StartApp = Callable[..., App]


@pytest.fixture(scope="session")
def start_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartApp]:
    """Starts servers over a workspace, with options, that are stopped when the session ends."""
    started: list[App] = []

    def start(home: Path, *options: str) -> App:
        app = App(home, tmp_path_factory.mktemp("server") / "log.txt", options)
        started.append(app)
        return app

    yield start
    for app in started:
        app.stop()


@pytest.fixture(scope="session")
def app(start_app: StartApp, tmp_path_factory: pytest.TempPathFactory) -> App:
    """The app over the demo, or over the workspace that the environment names."""
    if HOME:
        return start_app(Path(HOME).resolve())
    if not (DEMO_MODEL_DIR / "model.json").is_file():
        _absent("assets/demo holds no model")
    return start_app(tmp_path_factory.mktemp("home") / "workspace")


@pytest.fixture(scope="session")
def driver() -> Iterator[playwright.Playwright]:
    if CHROMIUM is None:
        _absent("Chromium is not installed (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def chromium(driver: playwright.Playwright) -> Iterator[playwright.Browser]:
    """A browser for visitors who share nothing with one another, and for telephones."""
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def profile(
    driver: playwright.Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[playwright.BrowserContext]:
    """A browser with a profile on disk, as a person's has one. It keeps compiled scripts there,
    which takes a third off the work of opening a page.
    """
    context = driver.chromium.launch_persistent_context(
        tmp_path_factory.mktemp("profile"), executable_path=CHROMIUM, args=list(_FLAGS)
    )
    context.set_default_timeout(TIMEOUT_MS)
    yield context
    context.close()


OpenTab = Callable[..., playwright.Page]


@pytest.fixture
def open_tab(profile: playwright.BrowserContext) -> Iterator[OpenTab]:
    """Opens an address in a tab, a session of its own; a test fails on anything that the
    console reports.
    """
    tabs: list[playwright.Page] = []
    faults: list[str] = []

    def heard(message: playwright.ConsoleMessage) -> None:
        said = f"{message.text} ({message.location.get('url', '')})"
        if message.type == "error" and not any(text in said for text in _HARMLESS):
            faults.append(f"console: {said}")

    def open_(
        url: str, *, width: int = 1280, height: int = 900, dark: bool = False
    ) -> playwright.Page:
        page = profile.new_page()
        tabs.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.on("console", heard)
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        # Playwright intercepts choosers from the first listener on, and does not wait until that
        # has taken hold: a chooser that a test opens at once would get away
        page.on("filechooser", lambda _: None)
        page.on("dialog", lambda dialog: faults.append(f"dialog: {dialog.message}"))
        page.goto(url)
        return page

    yield open_
    for page in tabs:
        page.close()
    assert not faults


@pytest.fixture
def visit(app: App, open_tab: OpenTab) -> OpenTab:
    """Opens a path of the app and waits for its title and its first picture."""

    def go(path: str = "/", **options: object) -> playwright.Page:
        page = open_tab(app.url + path, **options)
        playwright.expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=TIMEOUT_MS)
        playwright.expect(page.locator(".tile").first).to_be_visible(timeout=TIMEOUT_MS)
        return page

    return go
