from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.catalog.catalog import Catalog
from recsys.errors import RequestError
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.serving import exposure_counts
from recsys.serving.exposure_counts import (
    Exposure,
    ExposureBook,
    count_exposure,
    exposure_path,
    read_exposure,
    write_exposure,
)
from recsys.serving.server import Request, Server
from recsys.workspace import Workspace
from tests.support.fake_model import FakeModel


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


def finished(server: Server) -> tuple[list[tuple[int, int]], Exposure]:
    steps, counting = [], count_exposure(server)
    while True:
        try:
            steps.append(next(counting))
        except StopIteration as stop:
            return steps, stop.value


def test_as_counted_one_by_one(server: Server, planted: Catalog) -> None:
    counts: Counter[str] = Counter()
    for scene in planted.scenes:
        counts.update(server.recommend(Request("scene", scene=scene.id, k=10)).products)
    steps, exposure = finished(server)
    assert exposure.shown.tolist() == [counts[item.id] for item in planted.products]
    assert exposure.shown.dtype == np.int64
    assert exposure.scenes == 12
    assert exposure.shown.sum() == 12 * 10
    assert exposure.share_of_scenes(3) == counts[planted.products[3].id] / 12
    assert steps[0] == (0, 12)
    assert steps[-1] == (12, 12)
    assert steps == sorted(steps)


def test_can_be_stopped(server: Server) -> None:
    counting = count_exposure(server)
    next(counting)
    next(counting)
    counting.close()
    assert server.exposure is None


class TestBook:
    def test_counts_once_and_keeps_it(
        self,
        server: Server,
        planted: Catalog,
        planted_table: EmbeddingTable,
        workspace: Workspace,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        book = ExposureBook(server, workspace)
        assert book.known() is None
        seen: list[tuple[int, int]] = []
        first = book.counted(lambda *step: seen.append(step))
        assert seen[-1] == (12, 12)
        assert server.exposure is first
        assert book.counted() is first
        # Another server of the same model and data finds the file.
        monkeypatch.setattr(exposure_counts, "count_exposure", None)
        again = Server(planted, FakeModel(), planted_table)
        known = ExposureBook(again, workspace).known()
        assert known is not None
        np.testing.assert_array_equal(known.shown, first.shown)
        assert (known.scenes, known.k) == (first.scenes, first.k)
        assert again.exposure is known
        response = again.recommend(Request("scene", scene="studio-000", hide_generic=0.5))
        assert all(known.share_of_scenes(planted.product_row(p)) <= 0.5 for p in response.products)

    def test_another_model_is_another_file(
        self, server: Server, planted: Catalog, tmp_path: Path, workspace: Workspace
    ) -> None:
        other = FakeModel(fingerprint="other")
        table = EmbeddingTable.build(other, planted, workspace, tmp_path / "table")
        theirs = exposure_path(Server(planted, other, table), workspace)
        assert theirs != exposure_path(server, workspace)

    def test_many_ask_at_once(
        self, server: Server, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls: list[int] = []
        inside = exposure_counts.count_exposure

        def counting(server: Server) -> Any:
            calls.append(1)
            return inside(server)

        monkeypatch.setattr(exposure_counts, "count_exposure", counting)
        book = ExposureBook(server, workspace)
        threads = [threading.Thread(target=book.counted) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert calls == [1]

    def test_a_disk_that_cannot_be_written(
        self, server: Server, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(exposure_counts, "write_bytes", full)
        assert ExposureBook(server, workspace).counted().scenes == 12

    def test_without_a_model(self, bare_server: Server, workspace: Workspace) -> None:
        with pytest.raises(RequestError, match="no model is live"):
            ExposureBook(bare_server, workspace)

    @pytest.mark.parametrize(
        "damage",
        [
            lambda content: b"",
            lambda content: content[:60],
            lambda content: b"nonsense",
            lambda content: content.replace(b"shown", b"shawn"),
            lambda content: content[:-30] + bytes(30),
        ],
    )
    def test_a_broken_file_is_counted_anew(
        self, server: Server, workspace: Workspace, damage: Any
    ) -> None:
        path = exposure_path(server, workspace)
        _, exposure = finished(server)
        write_exposure(path, exposure)
        path.write_bytes(damage(path.read_bytes()))
        assert read_exposure(path, server) is None
        found = ExposureBook(server, workspace).counted()
        np.testing.assert_array_equal(found.shown, exposure.shown)
        assert read_exposure(path, server) is not None

    @pytest.mark.parametrize(
        "wrong",
        [
            Exposure(np.ones(23, np.int64), 12),
            Exposure(np.ones(24, np.int32), 12),  # type: ignore[arg-type]
            Exposure(np.full(24, 13), 12),
            Exposure(np.full(24, -1), 12),
            Exposure(np.full(24, 12), 12),
            Exposure(np.ones(24, np.int64), 13),
            Exposure(np.ones(24, np.int64), 12, k=20),
        ],
    )
    def test_counts_that_cannot_be_right(
        self, server: Server, workspace: Workspace, wrong: Exposure
    ) -> None:
        path = exposure_path(server, workspace)
        write_exposure(path, wrong)
        assert read_exposure(path, server) is None

    def test_nothing_is_unpickled(self, server: Server, workspace: Workspace) -> None:
        path = exposure_path(server, workspace)
        path.parent.mkdir(parents=True)
        with path.open("wb") as file:
            np.savez(file, shown=np.array([{}] * 24, object), facts=np.array([12, 10]))
        assert read_exposure(path, server) is None
