from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.catalog.catalog import Catalog
from recsys.errors import ModelError, RecsysError, RequestError, StaleError
from recsys.retrieval.corrections import NAMES, Correction, Fitted
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.serving.exposure_counts import exposure_path
from recsys.serving.live_scoring import LiveScoring, open_live, store_live
from recsys.serving.request import Request
from recsys.serving.server import Server
from recsys.workspace import LiveCorrection, Workspace
from tests.support.fake_model import FakeModel
from tests.support.planted import write_planted

TRAIN = frozenset({"studio-000", "studio-001", "studio-003", "studio-004"})


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def trained(planted: Catalog, planted_table: EmbeddingTable) -> Server:
    return Server(planted, FakeModel(scenes_seen=TRAIN), planted_table)


def opened(live: LiveCorrection, server: Server, workspace: Workspace) -> LiveScoring:
    return open_live(live, server, workspace, model_arg="m-1", data_arg="my looks")


def lists(server: Server, **arguments: Any) -> list[tuple[str, ...]]:
    return [response.products for response in server.recommend_scenes(range(12), 24, **arguments)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("which", ["trained", "dot_server"])
def test_what_is_stored_is_served(
    which: str, name: Any, workspace: Workspace, request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue(which)
    fresh = Server(server.catalog, server.model, server.table)
    correction = Correction(name)
    fresh.live = opened(store_live(server, correction, workspace), fresh, workspace)
    assert fresh.live.correction == correction
    assert lists(fresh) == lists(server, scoring=correction)
    answer = fresh.recommend(Request("scene", scene="studio-005"))
    assert answer.scoring is not None
    assert answer.scoring.split("=")[0] == name


def test_the_live_correction_is_the_default_and_can_be_set_aside(
    trained: Server, workspace: Workspace
) -> None:
    own, nnn = lists(trained), lists(trained, scoring=Correction("nnn", 2))
    assert own != nnn
    trained.live = opened(store_live(trained, Correction("nnn", 2), workspace), trained, workspace)
    request = Request("scene", scene="studio-005", k=24)
    assert lists(trained) == nnn
    assert lists(trained, scoring="model") == own
    assert trained.recommend(request).products == nnn[5]
    assert trained.recommend(request).to_json()["scoring"] == "nnn=2"
    for scoring, expected, text in (
        ("model", own[5], "model"),
        (Correction("cosine"), own[5], "cosine"),
    ):
        answer = trained.recommend(dataclasses.replace(request, scoring=scoring))
        assert answer.products == expected
        assert answer.scoring == text
    # rank, whole looks and categories follow what is served too
    assert trained.rank_of(request, nnn[5][0]) == 1
    best = trained.whole_look(dataclasses.replace(request, k=1))
    assert best.products == nnn[5][:1]
    assert next(iter(trained.recommend_by_category(request).values())).products[0] == nnn[5][0]
    similar = trained.recommend(Request("similar", product="product-001"))
    assert similar.scoring is None


def test_what_is_stored_is_used_and_not_fitted_again(
    trained: Server, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = opened(store_live(trained, Correction("nnn"), workspace), trained, workspace)
    fresh = Server(trained.catalog, trained.model, trained.table)
    fresh.live = live
    monkeypatch.setattr("recsys.serving.scoring.fit", lambda *_, **__: pytest.fail("fitted"))
    lists(fresh)
    assert fresh.fitted(Correction("nnn", 0.5)) is live.fitted


def test_the_same_correction_is_the_same_file(trained: Server, workspace: Workspace) -> None:
    one, again, other = (
        store_live(trained, Correction("nnn", strength), workspace) for strength in (0.5, 0.5, 0.6)
    )
    assert one == again
    assert one.vectors != other.vectors
    assert len(list(workspace.correction_path(one.vectors).parent.iterdir())) == 2


def test_exposure_is_counted_of_what_is_served(trained: Server, workspace: Workspace) -> None:
    plain = exposure_path(trained, workspace)
    trained.live = opened(store_live(trained, Correction("nnn"), workspace), trained, workspace)
    corrected = exposure_path(trained, workspace)
    trained.live = opened(store_live(trained, Correction("nnn", 1), workspace), trained, workspace)
    assert len({plain, corrected, exposure_path(trained, workspace)}) == 3


def test_an_untrained_catalogue_has_no_bank(tmp_path: Path, workspace: Workspace) -> None:
    from recsys.catalog.stl import read_stl

    catalog = read_stl(write_planted(tmp_path / "bare", scenes=0), "bare")
    table = EmbeddingTable.build(FakeModel(), catalog, workspace, tmp_path / "table")
    server = Server(catalog, FakeModel(), table)
    with pytest.raises(RequestError, match="has none that is readable"):
        store_live(server, Correction("nnn"), workspace)
    assert store_live(server, Correction("cosine"), workspace).bank == ""
    with pytest.raises(ModelError, match="a correction is of a model"):
        store_live(Server(catalog), Correction("cosine"), workspace)


class TestStale:
    def refused(self, live: LiveCorrection, server: Server, workspace: Workspace) -> StaleError:
        with pytest.raises(StaleError) as caught:
            opened(live, server, workspace)
        assert caught.value.remedy == (
            "Fit it anew with: python -m recsys promote --model m-1 --data 'my looks' "
            "--correction nnn=0.5"
        )
        return caught.value

    def test_another_model(
        self, trained: Server, planted: Catalog, workspace: Workspace, tmp_path: Path
    ) -> None:
        live = store_live(trained, Correction("nnn"), workspace)
        model = FakeModel(fingerprint="retrained", scenes_seen=TRAIN)
        table = EmbeddingTable.build(model, planted, workspace, tmp_path / "table")
        error = self.refused(live, Server(planted, model, table), workspace)
        assert "the live correction nnn=0.5 is stale: the model changed" in error.message

    def test_other_products(self, trained: Server, planted: Catalog, workspace: Workspace) -> None:
        live = store_live(trained, Correction("nnn"), workspace)
        assert trained.table is not None
        moved = dataclasses.replace(trained.table, products=trained.table.products * 2)
        error = self.refused(live, Server(planted, trained.model, moved), workspace)
        assert "stale: the products changed" in error.message

    def test_another_bank(self, trained: Server, planted: Catalog, workspace: Workspace) -> None:
        live = store_live(trained, Correction("nnn"), workspace)
        model = FakeModel(scenes_seen=TRAIN - {"studio-004"})
        error = self.refused(live, Server(planted, model, trained.table), workspace)
        assert "stale: the training photos that it compares with changed" in error.message

    def test_other_pairs_of_the_bank(
        self, trained: Server, planted: Catalog, workspace: Workspace
    ) -> None:
        live = store_live(trained, Correction("nnn"), workspace)
        of_test = planted.pair_scene == planted.scene_row("studio-005")
        for keep, is_stale in ((~of_test, False), (planted.pair_scene != 0, True)):
            catalog = Catalog(
                planted.name,
                planted.products,
                planted.scenes,
                planted.pair_scene[keep],
                planted.pair_product[keep],
                planted.pair_box[keep],
            )
            server = Server(catalog, trained.model, trained.table)
            if is_stale:
                self.refused(live, server, workspace)
            else:  # what is right for a test scene is none of its business
                assert opened(live, server, workspace).correction == Correction("nnn")

    def test_other_frequencies(
        self, trained: Server, planted: Catalog, workspace: Workspace
    ) -> None:
        live = store_live(trained, Correction("popularity"), workspace)
        model = FakeModel(scenes_seen=TRAIN - {"studio-004"})
        with pytest.raises(StaleError, match="training photos"):
            opened(live, Server(planted, model, trained.table), workspace)
        cosine = store_live(trained, Correction("cosine"), workspace)
        assert opened(cosine, Server(planted, model, trained.table), workspace)


class TestDamaged:
    def refused(self, live: LiveCorrection, server: Server, workspace: Workspace) -> str:
        with pytest.raises(ModelError) as caught:
            opened(live, server, workspace)
        assert "--correction nnn=0.5" in caught.value.remedy
        return caught.value.message

    def test_a_file_that_is_gone(self, trained: Server, workspace: Workspace) -> None:
        live = store_live(trained, Correction("nnn"), workspace)
        workspace.correction_path(live.vectors).unlink()
        assert "are missing" in self.refused(live, trained, workspace)

    @pytest.mark.parametrize(
        "damage",
        [
            lambda content: b"",
            lambda content: content[:60],
            lambda content: b"nonsense",
            lambda content: content.replace(b"scale", b"scald"),
            lambda content: content[:-30] + bytes(30),
        ],
    )
    def test_a_broken_file(self, trained: Server, workspace: Workspace, damage: Any) -> None:
        live = store_live(trained, Correction("nnn"), workspace)
        path = workspace.correction_path(live.vectors)
        path.write_bytes(damage(path.read_bytes()))
        assert "are damaged" in self.refused(live, trained, workspace)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"scale": np.ones(24, np.float32)},
            {"scale": np.ones(24, np.float32), "offset": np.zeros(23, np.float32)},
            {"scale": np.ones(24, np.float32), "offset": np.zeros(24, np.float64)},
            {"scale": np.ones(24, np.float32), "offset": np.full(24, np.nan, np.float32)},
            {"scale": np.ones(24, np.float32), "offset": np.array([{}] * 24, object)},
            {
                "scale": np.ones(24, np.float32),
                "offset": np.zeros(24, np.float32),
                "more": np.zeros(24, np.float32),
            },
            # sound in itself, but not what was written
            {"scale": np.ones(24, np.float32), "offset": np.zeros(24, np.float32)},
        ],
    )
    def test_other_arrays(
        self, trained: Server, workspace: Workspace, wrong: dict[str, Any]
    ) -> None:
        live = store_live(trained, Correction("nnn"), workspace)
        stream = io.BytesIO()
        np.savez(stream, **wrong)
        workspace.correction_path(live.vectors).write_bytes(stream.getvalue())
        assert "are damaged" in self.refused(live, trained, workspace)

    def test_vectors_of_another_correction(self, trained: Server, workspace: Workspace) -> None:
        live = store_live(trained, Correction("nnn"), workspace)
        other = store_live(trained, Correction("nnn", 1), workspace)
        path = workspace.correction_path(live.vectors)
        path.write_bytes(workspace.correction_path(other.vectors).read_bytes())
        assert "not what was written" in self.refused(live, trained, workspace)
        renamed = dataclasses.replace(live, vectors=other.vectors)
        assert "not what was written" in self.refused(renamed, trained, workspace)

    @pytest.mark.parametrize(
        "wrong", [{"name": "magic"}, {"strength": 5.0}, {"strength": None, "name": "x y"}]
    )
    def test_a_correction_that_means_nothing(
        self, trained: Server, workspace: Workspace, wrong: dict[str, Any]
    ) -> None:
        live = store_live(trained, Correction("nnn"), workspace)
        with pytest.raises(ModelError, match="means nothing") as caught:
            opened(dataclasses.replace(live, **wrong), trained, workspace)
        assert caught.value.remedy.endswith("--correction NAME")


def test_a_full_disk_keeps_the_pointer(
    trained: Server, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("recsys.serving.live_scoring.write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        store_live(trained, Correction("nnn"), workspace)
    assert not workspace.live_path.exists()


def test_a_hostile_id_never_becomes_a_path(workspace: Workspace) -> None:
    with pytest.raises(RecsysError, match="is not an id"):
        workspace.correction_path("../../etc/passwd")


def test_what_a_correction_comes_to_is_two_or_three_arrays() -> None:
    """A new part of ``Fitted`` must be one number a product, or storing it needs a thought."""
    assert Fitted._fields == ("scale", "offset", "activated")
