"""Copies of training photos under other ids are no unseen scenes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from recsys.catalog.catalog import Catalog
from recsys.catalog.splits import photo_hashes, split_scenes
from recsys.catalog.stl import read_stl
from recsys.evaluation.report import evaluate
from recsys.serving.server import Server
from recsys.workspace import Workspace
from tests.evaluation.conftest import serve
from tests.support.planted import write_planted


def test_copies_of_training_photos_are_left_out_or_shouted(
    catalog: Catalog, workspace: Workspace, tmp_path: Path
) -> None:
    """Byte copies and shrunk ones, under ids and among data that training never saw."""
    folder = write_planted(tmp_path / "copied")
    images = folder / "images"
    (images / "studio-004.png").unlink()
    shutil.copy(images / "studio-000.png", images / "studio-005.png")
    with Image.open(images / "studio-001.png") as photo:
        photo.resize((photo.width * 2 // 3, photo.height * 2 // 3)).save(images / "studio-006.png")
    copied = read_stl(folder, "copied")
    seen = [catalog.scene_row(f"studio-00{n}") for n in (0, 1, 2)]
    names = frozenset({"elsewhere"})
    trained_on = {"photo_hashes": [*photo_hashes(catalog, workspace, seen), "", 5, "zz"]}
    knows = serve(copied, workspace, id="knows", scenes_seen=names, info={"trained_on": trained_on})
    found = evaluate(knows, "all", workspace=workspace)
    # studio-000, -001 and -002 themselves are under their own ids, unknown to this model.
    assert found.record["counts"]["scenes_left_out"] == {
        "without a readable picture": 1,
        "copies of training photos": 5,
    }
    assert found.record["counts"]["copies_of_training_photos"] == 0
    assert not [text for text in found.warnings if "copies" in text]
    assert not [text for text in found.record["notes"] if "does not tell" in text]
    fair = serve(copied, workspace, id="fair", scenes_seen=frozenset())
    beside = evaluate(fair, "all", workspace=workspace, rivals=[knows]).record["counts"]
    assert beside["scenes_left_out"]["copies of training photos"] == 5
    rows = {copied.scene_row(f"studio-00{n}") for n in (0, 1, 2, 5, 6)}
    part = next(
        part
        for part in ("test", "validation")
        if rows & set(split_scenes(copied, workspace).rows(part).tolist())
    )
    count = len(rows & set(split_scenes(copied, workspace).rows(part).tolist()))
    loud = evaluate(knows, part, workspace=workspace)
    assert loud.record["counts"]["copies_of_training_photos"] == count
    assert any(f"{count} of the" in text and "copies" in text for text in loud.warnings)
    quiet = evaluate(fair, part, workspace=workspace, rivals=[knows])
    assert quiet.record["counts"]["copies_of_training_photos"] == 0


@pytest.mark.parametrize("hashes", [None, {}, "abc", 5, []])
def test_a_model_that_hides_its_photos_is_told_of(
    catalog: Catalog, workspace: Workspace, hashes: Any
) -> None:
    info = {"trained_on": {"fingerprint": "other", "photo_hashes": hashes}}
    silent = serve(catalog, workspace, id="silent", scenes_seen=frozenset({"elsewhere"}), info=info)
    found = evaluate(silent, "all", workspace=workspace).record
    assert found["counts"]["scenes_left_out"] == {}
    assert any("does not tell which photos" in text for text in found["notes"])


def test_the_parts_of_its_own_data_hold_no_copies(
    server: Server, catalog: Catalog, workspace: Workspace
) -> None:
    train = split_scenes(catalog, workspace).rows("train")
    trained_on = {
        "fingerprint": catalog.fingerprint,
        "photo_hashes": photo_hashes(catalog, workspace, train),
    }
    assert server.model is not None
    own = serve(
        catalog,
        workspace,
        id="own",
        scenes_seen=server.model.scenes_seen,
        info={"trained_on": trained_on},
    )
    for part in ("test", "validation"):
        counts = evaluate(own, part, workspace=workspace).record["counts"]
        assert counts["copies_of_training_photos"] == 0
