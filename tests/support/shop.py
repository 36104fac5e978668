"""A small shop for tests of pages: the planted catalogue, answered by the fake model."""

from __future__ import annotations

import json
from pathlib import Path

from recsys.catalog.datasets import open_dataset
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.serving.server import Server
from recsys.ui.resources import Live
from recsys.workspace import LivePointer, Workspace
from tests.support.fake_model import FakeModel
from tests.support.planted import write_planted

NAME = "planted"
SINCE = "2026-05-03T14:02:00+00:00"

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "![](http://x.example/y.png) [a](javascript:alert(1))",
    "$x$ :red[red] :material/home: :smile: **bold** `code` -> ~~gone~~",
    "=HYPERLINK('http://x.example')",
    "שלום \u202eمرحبا reversed",
    "a" * 500,
    "<script>alert(1)</script>",
)
HOSTILE_CATEGORY = "Planted|<b onmouseover=alert(1)>$x$ **bold**</b>"


def planted_workspace(workspace: Workspace, *, hostile: bool = False) -> Path:
    """Puts the planted catalogue into a workspace and names it, and a model, as live.

    The model ``fake`` exists only where ``planted_server`` stands in for ``open_server``.

    Args:
        hostile: titles, brands and one category are replaced by ``HOSTILE`` text.
    """
    folder = write_planted(workspace.datasets_dir / NAME, scenes=30, products=60)
    if hostile:
        _make_hostile(folder)
    workspace.set_live(LivePointer("fake", NAME, SINCE))
    return folder


def planted_server(data: str, model: str | None, workspace: Workspace) -> Server:
    """As ``recsys.serving.open.open_server``, whatever the model is called."""
    catalog, _ = open_dataset(data, workspace)
    if model is None:
        return Server(catalog)
    fake = FakeModel(id=model)
    out = workspace.root / "embeddings" / "test"
    return Server(catalog, fake, EmbeddingTable.build(fake, catalog, workspace, out))


def planted_pointer(pointer: LivePointer, workspace: Workspace, *_: object, **__: object) -> Server:
    """As ``recsys.serving.open.open_pointer``, whatever the model is called."""
    return planted_server(pointer.data, pointer.model, workspace)


def planted_live(workspace: Workspace) -> Live:
    """The planted catalogue, opened without the pages."""
    planted_workspace(workspace)
    return Live(planted_server(NAME, "fake", workspace), SINCE)


def _make_hostile(folder: Path) -> None:
    details_path = folder / "planted-products.json"
    details = json.loads(details_path.read_text("utf-8"))
    for number, record in enumerate(details.values()):
        record["title"] = HOSTILE[number % len(HOSTILE)]
        record["brand"] = HOSTILE[(number + 3) % len(HOSTILE)]
    details_path.write_text(json.dumps(details), "utf-8")
    categories_path = folder / "planted-cat.json"
    categories = json.loads(categories_path.read_text("utf-8"))
    for product in list(categories)[::5]:
        categories[product] = HOSTILE_CATEGORY
    categories_path.write_text(json.dumps(categories), "utf-8")
