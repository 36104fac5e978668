"""Where the real data lies that some tests use, and the marks that skip them without it."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
CCP_LOOKS = SHARED_DATA / "ccp-looks"
FOLDERS = SHARED_DATA / "clothing-folders"
STL_FORMAT = SHARED_DATA / "stl-format"


def _needs(folder: Path) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        not folder.is_dir(), reason=f"the data set {folder.name} is not in ../shared/data"
    )


needs_ccp_looks = _needs(CCP_LOOKS)
needs_folders = _needs(FOLDERS)
needs_stl_format = _needs(STL_FORMAT)
