"""The door: ``streamlit run app.py`` serves the pages, and their pictures under ``/img``."""

from __future__ import annotations

import gc
import logging
import re
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsys.ui.messages import apologise
from recsys.ui.sitemap import NOWHERE, PLACES, START
from recsys.ui.thumbnails import base_path, image_route

_log = logging.getLogger("recsys.ui")


class Addresses:
    """Sends ``/`` on to the start page, with its query, and what leads nowhere to a page of ours.

    Streamlit serves its default page at ``/`` only, where the menu would mark nothing, and at
    any unknown address too, under a dialogue of its own.
    """

    _PAGES = frozenset({"", *(place.address for place in PLACES)})
    _NOT_OURS = re.compile(r"_stcore(/|$)|(static|media|component|img|api|app)(/|$)|.*\.[a-z0-9]+$")

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        target = None
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            target = self._leads_on(scope)
        if target is None:
            await self._app(scope, receive, send)
        else:
            await RedirectResponse(target)(scope, receive, send)

    def _leads_on(self, scope: Scope) -> str | None:
        """Where a request is to go instead; None where it is right."""
        root = f"{scope.get('root_path', '')}{base_path()}/"
        path = scope["path"]
        if path == root:
            query = scope["query_string"].decode("latin-1")
            return f"{START.address}?{query}" if query else START.address
        asked = path.removeprefix(root)
        if not path.startswith(root) or asked.strip("/") in self._PAGES:
            return None
        headers = dict(scope["headers"])
        is_visit = b"text/html" in headers.get(b"accept", b"")
        if not is_visit or self._NOT_OURS.match(asked) or "_stcore" in asked:
            return None
        return f"{root}{NOWHERE.address}?nowhere_asked={quote(asked[:100], safe='')}"


class SafeHeaders:
    """Tells browsers to take pictures from here, to send forms nowhere else, and to let no other
    site frame the app.

    A second wall: a catalogue's text never becomes markup in the first place. Scripts cannot be
    limited likewise, since Streamlit's own page runs inline ones.
    """

    _HEADERS = (
        (
            b"content-security-policy",
            b"img-src 'self' data: blob:; object-src 'none'; base-uri 'self'; "
            b"form-action 'self'; frame-ancestors 'self'",
        ),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
    )

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message.get("headers", [])}
                ours = [header for header in self._HEADERS if header[0] not in there]
                message = {**message, "headers": [*message.get("headers", []), *ours]}
            await send(message)

        await self._app(scope, receive, send_safely)


def _warm_up() -> None:
    """Imports what is heavy and opens what is live, so that no visitor waits for it."""
    from recsys.errors import RecsysError
    from recsys.ui.resources import live

    try:
        live().warm_up()
    except RecsysError as error:
        _log.warning("%s", error)  # the pages say it too
    # What start-up made stays for good: the collector need not look at it again.
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def _lifespan(_: st.App) -> AsyncIterator[None]:
    # beside the server, not before it: the health endpoint answers at once
    threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
    yield


def _on_script_error(error: Exception) -> bool:
    _log.error("a page failed", exc_info=error)
    apologise()
    return True


app = st.App(
    Path(__file__).resolve().parent / "recsys" / "ui" / "navigation.py",
    lifespan=_lifespan,
    routes=[image_route()],
    middleware=[Middleware(SafeHeaders), Middleware(Addresses)],
    on_script_error=_on_script_error,
)
