"""Every test runs strict: no implicit JAX promotion, and a workspace of its own."""

from __future__ import annotations

import atexit
import os
import tempfile
from pathlib import Path

import pytest

# Before JAX is imported anywhere, so that child processes of tests inherit it too.
os.environ.setdefault("JAX_NUMPY_DTYPE_PROMOTION", "strict")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# What was compiled once serves all tests and the processes that they start.
_compiled = tempfile.TemporaryDirectory(prefix="compiled-", ignore_cleanup_errors=True)
atexit.register(_compiled.cleanup)
os.environ["JAX_COMPILATION_CACHE_DIR"] = _compiled.name
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
# Nothing is recorded in MLflow but where a test is about it, and nothing is sent anywhere.
os.environ["RECSYS_TRACKING"] = "off"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = os.environ["DO_NOT_TRACK"] = "true"
os.environ.pop("MLFLOW_TRACKING_URI", None)


@pytest.fixture(autouse=True)
def _own_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the developer's workspace."""
    monkeypatch.setenv("RECSYS_HOME", str(tmp_path / "workspace"))
