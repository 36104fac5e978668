"""Data sets as the training page opens them: one at a time, shared by all visitors."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from recsys.catalog.catalog import Catalog
from recsys.catalog.datasets import open_dataset
from recsys.errors import RecsysError
from recsys.ui.resources import Live
from recsys.workspace import Workspace


def catalog_of(live: Live, workspace: Workspace, data: str) -> Catalog:
    """A data set by its name or folder. Raises RecsysError where it cannot be opened."""
    folder = workspace.resolve_catalog(data)
    if live.pointer is not None:
        try:
            if workspace.resolve_catalog(live.pointer.data) == folder:
                return live.catalog
        except RecsysError:
            pass  # what is live cannot be found, what was asked for can
    place = folder.parent if folder.is_file() else folder
    files = sorted(path for path in place.glob("*.json") if path.is_file())
    stamp = tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files)
    return _opened(str(workspace.root), str(folder), stamp)


@st.cache_resource(max_entries=2, show_spinner=False)
def _opened(root: str, folder: str, stamp: tuple[tuple[str, int, int], ...]) -> Catalog:
    del stamp  # changed files count as something new
    return open_dataset(folder, Workspace(Path(root)))[0]
