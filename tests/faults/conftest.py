"""The real app under faults that cut across its parts: killed, or on a disk that refuses.

A folder of its own, since no one module of ``recsys`` is meant: the app runs as people start it,
and a client speaks a browser's own protocol to it (``benchmarks.visitor``), so that twenty
promotions through the page take a minute.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from recsys import atomic
from recsys.evaluation import contest
from recsys.workspace import DEMO_MODEL_DIR, DEMO_NAME, Workspace

TWIN = "twin"


@pytest.fixture(autouse=True, scope="session")
def compile_once(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What one server has compiled the next one need not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path_factory.mktemp("compiled")))
        patch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
        patch.setenv("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
        yield


@pytest.fixture(scope="session")
def measured_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the shipped model's twin, each measured against the other."""
    if not (DEMO_MODEL_DIR / "model.json").is_file():
        pytest.skip("assets/demo holds no model")
    workspace = Workspace(tmp_path_factory.mktemp("measured") / "workspace")
    folder = workspace.model_dir(TWIN)
    shutil.copytree(DEMO_MODEL_DIR, folder)
    info = json.loads((folder / "model.json").read_text())
    atomic.write_json(folder / "model.json", {**info, "id": TWIN})
    # The two answer alike, so one measurement says the truth about both.
    result = contest.measured(workspace, contest.Match(TWIN, DEMO_NAME, DEMO_NAME))
    for model, against in ((TWIN, DEMO_NAME), (DEMO_NAME, TWIN)):
        match = contest.Match(model, DEMO_NAME, against)
        place = contest._folder(workspace, match)
        atomic.write_json(place / "result.json", {**result, "model": model, "against": against})
    return workspace.root


@pytest.fixture
def shop(measured_once: Path, tmp_path: Path) -> Workspace:
    """Its own copy of that workspace; the model that ships is live."""
    shutil.copytree(measured_once, tmp_path / "shop")
    return Workspace(tmp_path / "shop")
