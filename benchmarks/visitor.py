"""A visitor without a browser: one real session over Streamlit's own websocket protocol.

It sends what a browser sends, with every click the state of all widgets on the page and the
hashes of the messages it still holds, and keeps what a browser keeps: widgets, the address and
its history, the messages that the server may refer to, pictures. It draws nothing. The
messages are those of the installed Streamlit (``streamlit.proto``); what is sent was compared
with a recorded session of Chromium under Streamlit 1.67.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa  # type: ignore[import-untyped]
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import DoubleArray, FileUploaderState, StringArray
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NumberInput_pb2 import NumberInput
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

PATIENCE_S = 30.0

_ID = re.compile(r"\$\$ID-[0-9a-f]{32}-(.+)")
_EVENTS = "$$STREAMLIT_INTERNAL_KEY_{id}__events"
_KEPT_RUNS = 2  # Streamlit's global.maxCachedMessageAge


class LostError(Exception):
    """The session is gone, or what came back is not what was asked for."""


@dataclass
class Visitor:
    """One session.

    Attributes:
        site: the app's address, without a slash at the end.
        query: what the address says after ``?``.
        page: Streamlit's name of the page that is open.
        pages: names of all pages, by their place in the address.
        components: what each of the app's own components was given, by its key.
        alerts: what the page says in boxes, its errors among them.
        texts: what it says elsewhere: titles, paragraphs, captions.
        tables: its plain tables, each a list of texts by the name of its column.
    """

    site: str
    query: str = ""
    page: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    components: dict[str, dict[str, Any]] = field(default_factory=dict)
    alerts: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    tables: list[dict[str, list[str]]] = field(default_factory=list)
    _place: str = "browse"
    _session: str = ""
    _socket: ClientConnection | None = None
    _history: list[tuple[str, str]] = field(default_factory=list)
    _values: dict[str, WidgetState] = field(default_factory=dict)
    _widgets: dict[str, Element] = field(default_factory=dict)
    _held: dict[str, tuple[ForwardMsg, int]] = field(default_factory=dict)
    _run: int = 0

    async def connect(self) -> None:
        """Opens the socket as a browser of this site does, without a first run yet."""
        address = f"{self.site.replace('http', 'ws', 1)}/_stcore/stream"
        self._socket = await connect(
            address,
            subprotocols=[Subprotocol("streamlit")],
            origin=Origin(self.site),
            max_size=None,
            open_timeout=PATIENCE_S,
        )

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    def parameters(self) -> dict[str, str]:
        """What the address says."""
        return {name: values[0] for name, values in parse_qs(self.query).items()}

    def tiles(self, key: str) -> list[str]:
        """Ids of the tiles of a grid, in order; none where it is not on the page."""
        return [tile["id"] for tile in self.components.get(key, {}).get("tiles", ())]

    # what a person does; each returns the seconds from sending to the end of the run

    async def open(self, place: str) -> float:
        """The first run of a session, at an address."""
        self._place, _, self.query = place.partition("?")
        return await self._rerun(self._blank(page_name=self._place))

    async def go(self, place: str) -> float:
        """A link of the menu."""
        self._place, self.query, self.page = place, "", self.pages[place]
        self._values.clear()
        self._push()
        return await self._rerun(self._blank(page_script_hash=self.page))

    async def back(self) -> float:
        """The browser's Back."""
        self._history.pop()
        self.page, self.query = self._history[-1]
        message = self._blank(page_script_hash=self.page)
        message.rerun_script.is_history_navigation = True
        return await self._rerun(message)

    async def trigger(self, key: str, event: str, value: Any) -> float:
        """A click in one of the app's own components."""
        message = self._message()
        state = message.rerun_script.widget_states.widgets.add()
        state.id = _EVENTS.format(id=self._id(key))
        state.json_trigger_value = json.dumps([{"event": event, "value": value}])
        return await self._rerun(message)

    async def choose(self, key: str, value: str | int) -> float:
        """Another value of one of Streamlit's widgets: its text, or a page's number."""
        state = self._values[self._id(key)]
        if isinstance(value, int):
            state.int_value = value
        elif state.WhichOneof("value") == "string_array_value":
            state.string_array_value.data[:] = [value]
        else:
            state.string_value = value
        return await self._rerun(self._message())

    async def press(self, key: str) -> float:
        """One of Streamlit's buttons."""
        message = self._message()
        state = message.rerun_script.widget_states.widgets.add()
        state.id = self._id(key)
        state.trigger_value = True
        return await self._rerun(message)

    def options(self, key: str) -> list[str]:
        """The texts that a selectbox offers."""
        return list(self._widgets[self._id(key)].selectbox.options)

    # messages out

    def _blank(self, **fields: str) -> BackMsg:
        """A rerun that says nothing of widgets: the first, another page, Back."""
        message = BackMsg()
        run = message.rerun_script
        run.query_string = self.query
        run.widget_states.SetInParent()
        for name, text in fields.items():
            setattr(run, name, text)
        run.cached_message_hashes.extend(self._held)
        run.context_info.timezone = "UTC"
        run.context_info.locale = "en-US"
        run.context_info.url = f"{self.site}/{self._place}"
        run.context_info.color_scheme = "light"
        return message

    def _message(self) -> BackMsg:
        message = self._blank(page_script_hash=self.page)
        message.rerun_script.widget_states.widgets.extend(self._values.values())
        return message

    def _id(self, key: str) -> str:
        for widget in self._widgets:
            match = _ID.fullmatch(widget)
            if match and match.group(1) == key:
                return widget
        raise LostError(f"{key} is not on the page")

    # messages in

    async def _rerun(self, message: BackMsg) -> float:
        if self._socket is None:
            raise LostError("not connected")
        content = message.SerializeToString()
        self._run += 1
        began = time.perf_counter()
        await self._socket.send(content)
        async with asyncio.timeout(PATIENCE_S):
            arrived = await self._finished(self._socket)
        spent = time.perf_counter() - began
        self._take_in(arrived)
        return spent

    async def _finished(self, socket: ClientConnection) -> list[ForwardMsg]:
        """What a run sends, to its end."""
        arrived: list[ForwardMsg] = []
        while True:
            content = await socket.recv(decode=False)
            message = ForwardMsg.FromString(content)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                arrived = []
            arrived.append(message)
            if kind == "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    return arrived
                if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    raise LostError("the script does not compile")

    def _take_in(self, arrived: list[ForwardMsg]) -> None:
        self._widgets, self.components, self.alerts = {}, {}, []
        self.texts, self.tables = [], []
        for message in arrived:
            kind = message.WhichOneof("type")
            if kind == "ref_hash":
                if message.ref_hash not in self._held:
                    raise LostError("the server refers to a message that was not kept")
                message = self._held[message.ref_hash][0]
                self._hold(message)
            elif message.metadata.cacheable:
                self._hold(message)
            if kind == "new_session":
                self._greet(message)
            elif kind == "navigation":
                self.page = message.navigation.page_script_hash
                for page in message.navigation.app_pages:
                    self.pages[page.url_pathname] = page.page_script_hash
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
                self._push()
            elif message.delta.WhichOneof("type") == "new_element":
                self._element(message.delta.new_element)
        if not self._history:
            self._push()
        self._values = {name: self._values[name] for name in self._widgets if name in self._values}
        old = [name for name, (_, run) in self._held.items() if run <= self._run - _KEPT_RUNS]
        for name in old:
            del self._held[name]

    def _greet(self, message: ForwardMsg) -> None:
        session = message.new_session.initialize.session_id
        if self._session and session != self._session:
            raise LostError("the server began another session")
        self._session = session

    def _push(self) -> None:
        self._history.append((self.page, self.query))

    def _hold(self, message: ForwardMsg) -> None:
        self._held[message.hash] = (message, self._run)

    def _element(self, element: Element) -> None:
        kind = str(element.WhichOneof("type"))
        content: Any = getattr(element, kind, None)
        if kind == "alert":
            self.alerts.append(element.alert.body)
        elif kind in ("markdown", "heading"):
            self.texts.append(content.body)
        elif kind == "table":
            self.tables.append(_columns(content))
        elif kind == "exception":
            raise LostError(f"an exception is shown: {element.exception.message}")
        elif kind == "bidi_component":
            self._widgets[element.bidi_component.id] = element
            match = _ID.fullmatch(element.bidi_component.id)
            if match and element.bidi_component.WhichOneof("data") == "json":
                self.components[match.group(1)] = json.loads(element.bidi_component.json)
        elif hasattr(content, "id") and content.id:
            self._widgets[content.id] = element
            value = _value(kind, content, known=content.id in self._values)
            if value is not None:
                value.id = content.id
                self._values[content.id] = value


def _value(kind: str, widget: Any, *, known: bool) -> WidgetState | None:
    """What a browser takes a widget's value to be; None where it stays as it was or has none."""
    told = kind in _DEFAULTS and widget.set_value
    if known and not told:
        return None
    if kind == "button_group":
        chosen = [widget.options[at].content for at in widget.default]
        texts = list(widget.raw_values) if told else chosen
        return WidgetState(string_array_value=StringArray(data=texts))
    if kind == "selectbox":
        default = widget.options[widget.default] if widget.options else ""
        return WidgetState(string_value=widget.raw_value if told else default)
    if kind == "pagination":
        return WidgetState(int_value=widget.value if told else widget.default)
    if kind == "slider":
        ends = DoubleArray(data=widget.value if told else widget.default)
        return WidgetState(double_array_value=ends)
    if kind == "number_input":
        number = widget.value if told else widget.default
        whole = widget.data_type == NumberInput.DataType.INT
        return WidgetState(int_value=int(number)) if whole else WidgetState(double_value=number)
    if kind == "checkbox":
        return WidgetState(bool_value=widget.value if told else widget.default)
    if kind == "file_uploader":
        return WidgetState(file_uploader_state_value=FileUploaderState())
    return None


def _columns(element: Any) -> dict[str, list[str]]:
    """A plain table's columns, as texts."""
    frame = pa.ipc.open_stream(element.arrow_data.data).read_all().to_pydict()
    return {str(name): [str(value) for value in values] for name, values in frame.items()}


_DEFAULTS = {"button_group", "selectbox", "pagination", "slider", "number_input", "checkbox"}


# pictures


@dataclass
class Pictures:
    """What one browser keeps of ``/img``: each picture is asked for once.

    Attributes:
        times: seconds for each that was fetched.
        failed: addresses that were not answered with a picture.
    """

    site: str
    times: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)

    async def fetch(self, visitor: Visitor) -> None:
        """Every tile's thumbnail, one after the other over one connection."""
        wanted = []
        for component in visitor.components.values():
            for tile in component.get("tiles", ()):
                if tile["image"]:
                    wanted.append(f"{component['base']}{tile['image']}-240.webp")
        new = [path for path in dict.fromkeys(wanted) if path not in self._known]
        if not new:
            return
        self._known.update(new)
        parts = urlsplit(self.site)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            for path in new:
                began = time.perf_counter()
                if await _get(reader, writer, parts.netloc, path):
                    self.times.append(time.perf_counter() - began)
                else:
                    self.failed.append(path)
        finally:
            writer.close()


async def _get(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, path: str
) -> bool:
    """Whether a picture came; the connection stays open."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = re.search(r"content-length: (\d+)", head)
    if length is None:
        raise LostError(f"{path} came without its length")
    body = await reader.readexactly(int(length.group(1)))
    return head.startswith("http/1.1 200") and body[:4] == b"RIFF"
