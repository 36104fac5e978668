"""What several of our components are made of.

A component takes its script and its style as one text each, so what is common is put before
what is its own. Names must not meet: a script's functions are all in one module then.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent

CHROME = _HERE / "chrome.css"
"""Buttons, and the frame of a picture."""

FIELD = _HERE / "field.css"
"""A field to type in."""

DOM = _HERE / "dom.js"
"""Elements, icons and pictures, made without ever parsing a text."""

ROVING = _HERE / "roving.js"
"""One stop for Tab in a list of buttons; arrows, Home and End from there."""


def joined(*files: Path) -> str:
    """The texts of some files, one after the other."""
    return "\n".join(file.read_text("utf-8") for file in files)
