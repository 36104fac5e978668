"""A search field that answers while one types, as one step in the browser's history.

Streamlit's own text input speaks up only on Enter. This one sends what stands in it a moment
after the last key, never while an earlier text is still being answered.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from recsys.ui.shared import DOM, FIELD, joined
from recsys.ui.state import Parameter, buried, change

_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "recsys_search_box",
    html='<div class="search"></div>\n',
    css=joined(FIELD, _HERE / "searchbox.css"),
    js=joined(DOM, _HERE / "searchbox.js"),
)


def search_box(
    parameter: Parameter[str],
    *,
    key: str,
    label: str,
    also: dict[Parameter[Any], Any] | None = None,
    limit: int = 100,
    width: int = 300,
) -> None:
    """Shows a search field tied to a parameter of the URL.

    Args:
        label: its name and its placeholder.
        also: changes that a new text brings, to their parameters' defaults: what they say is
            taken out of the URL.
        limit: the most characters it takes; the parameter must accept as many.
        width: in pixels, less where there is not so much room.
    """
    also = also or {}

    def typed() -> None:
        value = st.session_state[key].get("typed")
        # never the bare text: an empty one would count as nothing said
        text = value.get("text") if isinstance(value, dict) else None
        if isinstance(text, str):
            change({parameter: text[:limit], **also})

    data = {
        "label": label,
        "value": parameter.read(),
        "limit": limit,
        "parameter": parameter.name,
        "dropped": [*(other.name for other in also), *buried()],
    }
    _component(key=key, data=data, width=width, on_typed_change=typed)
