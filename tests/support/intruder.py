"""A client that speaks Streamlit's protocol and keeps to none of its rules.

A browser only sends what its page offers. This one sends what it is told to: triggers of buttons
that it was never shown, values of widgets that there are none of.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

PATIENCE_S = 60.0

_ID = re.compile(r"\$\$ID-[0-9a-f]+-(.+)")


def key_of(widget: str) -> str:
    """The key that the page gave a widget, from its id."""
    found = _ID.fullmatch(widget)
    return found[1] if found else widget


def pressed(widget: str) -> WidgetState:
    """A click on a button."""
    return WidgetState(id=widget, trigger_value=True)


def typed(widget: str, text: str) -> WidgetState:
    """Text in a field."""
    return WidgetState(id=widget, string_value=text)


@dataclass
class Intruder:
    """One session with a running app.

    Attributes:
        site: the app's address.
        place: page and query that are open.
        buttons: ids of the buttons that the last run drew, those of forms included.
        fields: ids of its text fields.
        said: everything in its boxes and paragraphs.
    """

    site: str
    place: str = ""
    buttons: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    said: str = ""
    _socket: ClientConnection | None = None

    async def __aenter__(self) -> Intruder:
        self._socket = await connect(
            f"{self.site.replace('http', 'ws', 1)}/_stcore/stream",
            subprotocols=[Subprotocol("streamlit")],
            origin=Origin(self.site),
            max_size=None,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._socket is not None
        await self._socket.close()

    async def open(self, place: str) -> None:
        """Another page or query, in the same session."""
        self.place = place
        await self.send()

    async def send(self, *states: WidgetState) -> None:
        """A run of the open page with exactly these widgets' states; waits for its end."""
        assert self._socket is not None
        message = BackMsg()
        run = message.rerun_script
        run.page_name, _, run.query_string = self.place.partition("?")
        run.widget_states.widgets.extend(states)
        run.widget_states.SetInParent()
        await self._socket.send(message.SerializeToString())
        async with asyncio.timeout(PATIENCE_S):
            await self._listen(self._socket)

    def named(self, key: str) -> str:
        """The id of a button or field that the page gave this key."""
        (widget,) = [one for one in self.buttons | self.fields if key_of(one) == key]
        return widget

    async def _listen(self, socket: ClientConnection) -> None:
        while True:
            message = ForwardMsg.FromString(await socket.recv(decode=False))
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.buttons, self.fields, self.said = set(), set(), ""
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                self._take(message.delta.new_element)
            elif kind == "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    return
                assert message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN

    def _take(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind == "button":
            self.buttons.add(element.button.id)
        elif kind in ("text_input", "text_area"):
            self.fields.add(getattr(element, kind).id)
        elif kind in ("alert", "markdown", "heading"):
            self.said += getattr(element, kind).body.replace("\\", "") + "\n"
        elif kind == "exception":
            raise AssertionError(f"the page shows an exception: {element.exception.message}")
