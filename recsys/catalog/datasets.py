"""From what a person types after ``--data`` to a catalogue: the one place that knows how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recsys.catalog.catalog import Catalog
from recsys.catalog.stl import CATEGORIES_SUFFIX, read_stl, stl_bases
from recsys.errors import DataError, RecsysError
from recsys.workspace import DEMO_DATA_DIR, DEMO_NAME, Workspace


def open_dataset(name_or_path: str, workspace: Workspace) -> tuple[Catalog, Path]:
    """Opens a data set given by its name in the workspace, a folder, or a category file.

    A category file (``…/fashion-cat.json``) chooses one of several catalogues in a folder.

    Returns:
        The catalogue, named as the workspace knows it, else after its folder; and the path that
        stands for it: its folder, or the category file where the folder holds several catalogues.

    Raises:
        DataError: nothing there, or nothing that can be read as a catalogue.
    """
    folder, base = _locate(name_or_path, workspace)
    known = DEMO_NAME if folder == DEMO_DATA_DIR else workspace.dataset_name(folder)
    name = known or folder.name
    try:
        if base is not None and len(stl_bases(folder)) > 1:
            path = folder / f"{base}{CATEGORIES_SUFFIX}"
            catalog = read_stl(folder, f"{name}/{base}", base=base)
            catalog.source = str(path)
        else:
            path = folder
            catalog = read_stl(folder, name)
            catalog.source = known or str(folder)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise DataError(f"{folder} cannot be read ({reason})", "Check its rights") from None
    return catalog, path


def _locate(name_or_path: str, workspace: Workspace) -> tuple[Path, str | None]:
    """The folder, and the base name where a category file was given."""
    try:
        file = Path(name_or_path).expanduser()
        if name_or_path.endswith(CATEGORIES_SUFFIX) and file.is_file():
            return file.resolve().parent, file.name.removesuffix(CATEGORIES_SUFFIX)
        if name_or_path.strip():  # an empty path would be the current folder
            return workspace.resolve_dataset(name_or_path), None
    except (OSError, RuntimeError, ValueError):  # a name too long, ~nobody, a zero byte
        pass
    known = ", ".join(workspace.dataset_names()) or "none yet"
    raise DataError(f"no data set {name_or_path[:80]!r}", f"Known data sets: {known}")


def list_datasets(workspace: Workspace) -> list[dict[str, Any]]:
    """One record a data set that the workspace knows by name, the demo included.

    Returns:
        ``{"name", "path", "products", "scenes", "pairs", "categories", "problems"}`` of each
        (all but the first two counts), or ``{"name", "path", "error"}`` where it cannot be
        opened: one broken data set does not hide the others.
    """
    records: list[dict[str, Any]] = []
    for name in workspace.dataset_names():
        record: dict[str, Any] = {"name": name}
        try:
            record["path"] = str(workspace.resolve_dataset(name))
            catalog, _ = open_dataset(name, workspace)
        except RecsysError as error:
            record.setdefault("path", "")
            record["error"] = str(error)
        else:
            record["products"] = len(catalog.products)
            record["scenes"] = len(catalog.scenes)
            record["pairs"] = len(catalog.pair_scene)
            record["categories"] = len(catalog.categories)
            record["problems"] = catalog.report.total
        records.append(record)
    return records
