"""What the tests of the user interface share: a planted catalogue with a model that sees it."""

from __future__ import annotations

import pytest
import streamlit as st

from recsys.ui.resources import Live
from recsys.workspace import Workspace
from tests.support.shop import planted_live


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """What one test opened, no other sees."""
    st.cache_resource.clear()


@pytest.fixture
def workspace() -> Workspace:
    return Workspace.default()


@pytest.fixture
def live(workspace: Workspace) -> Live:
    return planted_live(workspace)
