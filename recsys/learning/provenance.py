"""What a run was made with: code, Python, packages, machine. Loads nothing heavy."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from recsys import __version__
from recsys.workspace import PROJECT_DIR

_PACKAGES = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "grain", "numpy", "pillow")


def environment() -> dict[str, Any]:
    """Versions and machine of this process, as plain data."""
    return {
        "recsys": __version__,
        "commit": commit(PROJECT_DIR),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count() or 0,
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
    }


def commit(project: Path) -> str:
    """The commit that a checkout stands at, from Git's own files; empty where it is none."""
    git = project / ".git"
    try:
        head = (git / "HEAD").read_text("utf-8").strip()
        if not head.startswith("ref: "):
            return head[:40]
        name = head.removeprefix("ref: ")
        loose = git / name
        if loose.is_file():
            return loose.read_text("utf-8").strip()[:40]
        for line in (git / "packed-refs").read_text("utf-8").splitlines():
            if line.endswith(f" {name}"):
                return line[:40]
    except (OSError, ValueError):
        pass
    return ""


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
