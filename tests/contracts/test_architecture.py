"""The house: imports point the way that docs/architecture.md says, and files stay small."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_PACKAGES = [path for name in ("recsys", "pages") for path in (ROOT / name).rglob("*.py")]
CODE = [*sorted(_PACKAGES), ROOT / "app.py"]

# What each part may import of the project, beside itself. The longest matching name counts.
MAY_IMPORT = {
    "recsys.errors": set(),
    "recsys.atomic": set(),
    "recsys.locks": set(),
    "recsys.workspace": {"recsys.errors", "recsys.atomic"},
    "recsys.process_identity": set(),
    "recsys.processes": {
        "recsys.errors",
        "recsys.atomic",
        "recsys.locks",
        "recsys.workspace",
        "recsys.process_identity",
    },
    "recsys.supervisor": {
        "recsys.atomic",
        "recsys.processes",
        "recsys.workspace",
        "recsys.process_identity",
    },
    "recsys.promotions": {"recsys.errors", "recsys.atomic", "recsys.locks", "recsys.workspace"},
    "recsys.catalog": {"recsys.errors", "recsys.atomic", "recsys.workspace", "recsys.processes"},
    "recsys.learning.towers": {"recsys.errors"},
    "recsys.learning.book": {"recsys.learning.towers"},
    "recsys.learning.losses": {"recsys.learning.towers"},
    "recsys.learning.sampling": set(),
    "recsys.learning": {
        "recsys.errors",
        "recsys.promotions",
        "recsys.atomic",
        "recsys.locks",
        "recsys.workspace",
        "recsys.processes",
        "recsys.catalog",
        "recsys.evaluation.ranking",  # arrays only
        "recsys.evaluation.exposure",  # arrays only
        "recsys.evaluation.bootstrap",  # arrays only
    },
    "recsys.retrieval": {
        "recsys.errors",
        "recsys.atomic",
        "recsys.workspace",
        "recsys.processes",
        "recsys.catalog",
        "recsys.learning.towers",
        "recsys.learning.bundle",
    },
    "recsys.serving": {
        "recsys.errors",
        "recsys.promotions",
        "recsys.atomic",
        "recsys.workspace",
        "recsys.processes",
        "recsys.catalog",
        "recsys.learning.bundle",
        "recsys.retrieval",
    },
    "recsys.evaluation.ranking": set(),
    "recsys.evaluation.bootstrap": {"recsys.evaluation.ranking"},
    "recsys.evaluation.exposure": {
        "recsys.evaluation.exposure_chance",
        "recsys.evaluation.exposure_concentration",
        "recsys.evaluation.exposure_lists",
        "recsys.evaluation.exposure_norms",
        "recsys.evaluation.exposure_popularity",
    },
    "recsys.evaluation": {
        "recsys.errors",
        "recsys.atomic",
        "recsys.workspace",
        "recsys.processes",
        "recsys.catalog",
        "recsys.learning.bundle",
        "recsys.retrieval",
        "recsys.serving",
    },
    "recsys.ui": {
        "recsys.errors",
        "recsys.learning.tracking",  # loads nothing heavy
        "recsys.atomic",
        "recsys.workspace",
        "recsys.processes",
        "recsys.catalog",
        "recsys.serving",
        "recsys.evaluation",
    },
    "recsys.ui.training": {
        "recsys.errors",
        "recsys.promotions",
        "recsys.atomic",
        "recsys.workspace",
        "recsys.processes",
        "recsys.catalog",
        "recsys.serving",
        "recsys.evaluation",
        "recsys.ui",
        "recsys.learning.runs",
        "recsys.learning.curves",
        "recsys.learning.comparing",
        "recsys.learning.tracking",
        "recsys.learning.set_aside",
        "recsys.learning.setting_words",
        "recsys.learning.sweeps",
        # these know JAX, so they are imported inside functions
        "recsys.learning.jobs",
        "recsys.learning.train",
        "recsys.learning.config",
        "recsys.learning.presets",
        "recsys.learning.fields",
        "recsys.learning.budgets",
        "recsys.learning.cautions",
        "recsys.learning.estimates",
        "recsys.learning.sweep_jobs",
        "recsys.learning.sweep_space",
    },
    "recsys.cli": {"recsys"},
    "recsys.commands": {"recsys"},
    "recsys.__main__": {"recsys.cli"},
    "pages": {"recsys.ui", "recsys.errors"},
    "app": {"recsys.ui", "recsys.errors"},
}


def _name(path: Path) -> str:
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path} imports relatively"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _is_within(name: str, part: str) -> bool:
    return name == part or name.startswith(part + ".")


def _part(name: str) -> str:
    matches = [part for part in MAY_IMPORT if _is_within(name, part)]
    return max(matches, key=len, default="")


@pytest.mark.parametrize("path", CODE, ids=_name)
def test_imports_point_the_right_way(path: Path) -> None:
    name = _name(path)
    part = _part(name)
    if not part:
        assert name == "recsys", f"{name} is in no room of the house"
        return
    allowed = MAY_IMPORT[part]
    for imported in _imports(path):
        if not _is_within(imported, "recsys") and not _is_within(imported, "pages"):
            continue
        # `from recsys import workspace` is an import of recsys.workspace
        inside = any(_is_within(imported, permitted) for permitted in allowed | {part})
        assert inside or imported == "recsys.__version__", f"{name} must not import {imported}"


@pytest.mark.parametrize("path", CODE, ids=_name)
def test_streamlit_and_jax_stay_in_their_rooms(path: Path) -> None:
    name = _name(path)
    roots = {imported.split(".")[0] for imported in _imports(path)}
    if not any(_is_within(name, part) for part in ("recsys.ui", "pages", "app")):
        assert "streamlit" not in roots
    if any(_is_within(name, part) for part in ("recsys.ui", "pages", "recsys.evaluation.ranking")):
        assert not roots & {"jax", "flax", "optax", "orbax", "grain"}


def test_the_training_page_loads_nothing_heavy() -> None:
    """Who only looks at runs brings neither MLflow nor what trains into the server's process."""
    code = """
import sys
import recsys.ui.training.body
heavy = ("mlflow", "optuna", "flax", "optax", "recsys.learning.jobs", "recsys.learning.train")
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


@pytest.mark.parametrize("path", CODE, ids=_name)
def test_files_stay_small(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", CODE, ids=_name)
def test_nothing_is_unpickled_or_evaluated(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in {"eval", "exec", "pickle.load", "pickle.loads"}, called
            for keyword in node.keywords:
                unsafe = {"allow_pickle", "unsafe_allow_html"}
                is_true = isinstance(keyword.value, ast.Constant) and keyword.value.value is True
                assert not (keyword.arg in unsafe and is_true), f"{called}({keyword.arg}=True)"
