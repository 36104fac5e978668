"""An auditor over time: vectors made once, audits remembered, what it refuses."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys.catalog.catalog import Catalog
from recsys.catalog.splits import part_of
from recsys.catalog.stl import read_stl
from recsys.errors import DataError, ModelError, RequestError
from recsys.evaluation import audit as module
from recsys.evaluation import audit_engine, audit_vectors
from recsys.evaluation.audit import Auditor, Setting
from recsys.evaluation.audit_vectors import vectors_folder
from recsys.retrieval.corrections import Correction
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.serving.live_scoring import open_live, store_live
from recsys.serving.server import Server
from recsys.workspace import Workspace
from tests.evaluation.conftest import serve
from tests.support.fake_model import FakeModel
from tests.support.planted import TEST_SCENES, write_planted


@pytest.fixture
def home(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


def without_scenes(catalog: Catalog, home: Workspace, **said: Any) -> tuple[Server, FakeModel]:
    """A server over a table that leaves its scenes' vectors out, as the demo's does."""
    model = FakeModel(**said)
    table = EmbeddingTable.build(model, catalog, home, home.root / "small", with_scenes=False)
    model.scenes_embedded = 0
    return Server(catalog, model, table), model


class TestSceneVectors:
    def test_are_made_once_and_kept(
        self, catalog: Catalog, home: Workspace, server: Server
    ) -> None:
        small, model = without_scenes(catalog, home, id="small")
        auditor = Auditor(small, home)
        assert not auditor.is_prepared
        seen: list[tuple[int, int]] = []
        auditor.prepare(lambda done, total: seen.append((done, total)))
        assert model.scenes_embedded == 12
        assert auditor.is_prepared
        assert {total for _, total in seen} == {12 + 12 + 24}
        done = [step for step, _ in seen]
        assert done == sorted(done)
        assert done[-1] == 48
        audit = auditor.audit(Setting(Correction("nnn")))
        again = Auditor(Server(catalog, model, small.table), home)
        found = again.audit(Setting(Correction("nnn")))
        assert model.scenes_embedded == 12
        np.testing.assert_array_equal(found.lists, audit.lists)
        # the same as from a table that has them
        stored = Auditor(serve(catalog, home, id="whole"), home)
        np.testing.assert_array_equal(stored.audit(Setting(Correction("nnn"))).lists, audit.lists)

    @pytest.mark.parametrize(
        ("name", "damage"),
        [
            ("scenes.npy", lambda content: content[:-5]),
            ("scenes.npy", lambda content: b""),
            ("scenes.npy", lambda content: content[:-4] + b"\xff\xff\xff\x7e"),
            ("meta.json", lambda content: b"{"),
            ("meta.json", lambda content: b"[]"),
            ("meta.json", lambda content: content.replace(b'"digest": "', b'"digest": "0')),
        ],
    )
    def test_damaged_ones_are_made_anew(
        self, catalog: Catalog, home: Workspace, name: str, damage: Any
    ) -> None:
        small, model = without_scenes(catalog, home, id="small")
        assert small.table is not None
        before = Auditor(small, home).audit(Setting()).lists
        path = vectors_folder(small.table, model, catalog, home) / name
        path.write_bytes(damage(path.read_bytes()))
        model.scenes_embedded = 0
        after = Auditor(small, home).audit(Setting()).lists
        assert model.scenes_embedded == 12
        np.testing.assert_array_equal(after, before)

    def test_another_model_has_others(self, catalog: Catalog, home: Workspace) -> None:
        folders = set()
        for fingerprint in ("one", "two"):
            small, model = without_scenes(catalog, home, fingerprint=fingerprint)
            assert small.table is not None
            folders.add(vectors_folder(small.table, model, catalog, home))
        assert len(folders) == 2

    def test_whoever_stops_it_leaves_nothing(
        self, catalog: Catalog, home: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(audit_vectors, "_ROUND", 4)
        small, _ = without_scenes(catalog, home, id="small")
        auditor = Auditor(small, home)

        class StopError(Exception):
            pass

        def stop(done: int, total: int) -> None:
            if done >= 8:
                raise StopError

        with pytest.raises(StopError):
            auditor.prepare(stop)
        assert not auditor.is_prepared
        assert not list((home.cache_dir / "scene-vectors").glob("*"))
        assert auditor.audit(Setting()).lists.shape == (12, 10)

    def test_a_photo_that_is_gone(self, tmp_path: Path, home: Workspace) -> None:
        folder = write_planted(tmp_path / "gone")
        catalog = read_stl(folder, "gone")
        small, _ = without_scenes(catalog, home, id="small")
        (folder / "images" / "studio-003.png").unlink()
        with pytest.raises(ModelError, match="out of date") as caught:
            Auditor(small, home).prepare()
        assert "recsys embed" in caught.value.remedy


class TestRemembering:
    def test_the_last_few(self, server: Server, home: Workspace) -> None:
        auditor = Auditor(server, home)
        first = auditor.audit(Setting())
        assert auditor.known(Setting()) is first
        assert auditor.audit(Setting()) is first
        assert auditor.known(Setting(k=3)) is None
        for k in range(1, 1 + module._REMEMBERED):
            auditor.audit(Setting(k=k))
        assert auditor.known(Setting()) is None
        assert auditor.known(Setting(k=1)) is not None

    def test_what_is_remembered_waits_for_no_work(self, server: Server, home: Workspace) -> None:
        auditor = Auditor(server, home)
        first = auditor.audit(Setting())
        with auditor.lock:  # another thread computes
            thread = threading.Thread(target=lambda: found.append(auditor.audit(Setting())))
            found: list[Any] = []
            thread.start()
            thread.join(10)
            assert found == [first]

    def test_asking_for_every_k_is_bounded(self, server: Server, home: Workspace) -> None:
        auditor = Auditor(server, home)
        for k in range(1, 31):
            auditor.audit(Setting(k=k))
        assert len(auditor.engine._bases) <= audit_engine._BASES_KEPT
        assert len(auditor._chances) <= module._CHANCES_REMEMBERED

    def test_many_ask_at_once(
        self, server: Server, home: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls: list[int] = []
        inside = audit_engine.best_under_each

        def counting(*arguments: Any, **named: Any) -> Any:
            calls.append(1)
            return inside(*arguments, **named)

        monkeypatch.setattr(audit_engine, "best_under_each", counting)
        auditor = Auditor(server, home)
        found: list[Any] = []
        threads = [
            threading.Thread(target=lambda: found.append(auditor.audit(Setting())))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(calls) == 1
        assert len({id(audit) for audit in found}) == 1

    def test_re_rankings_score_nothing_anew(
        self, server: Server, home: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        auditor = Auditor(server, home)
        auditor.audit(Setting(cap=2))
        monkeypatch.setattr(audit_engine, "best_under_each", lambda *_: pytest.fail("scored"))
        for setting in (Setting(), Setting(diversity=0.5), Setting(cap=1), Setting(cap=3)):
            auditor.audit(setting)

    def test_a_live_correction_is_used_as_it_was_stored(
        self, server: Server, home: Workspace, catalog: Catalog
    ) -> None:
        small, _ = without_scenes(catalog, home, id="small")
        live = store_live(small, Correction("nnn"), home)
        small.live = open_live(live, small, home, model_arg="m", data_arg="d")
        auditor = Auditor(small, home)
        plain = auditor.audit(Setting())
        corrected = auditor.audit(Setting(Correction("nnn")))
        assert plain.setting.correction is None  # a setting says what is asked, not the pointer
        assert not np.array_equal(plain.lists, corrected.lists)
        assert auditor.engine.server.fitted(Correction("nnn")) is small.live.fitted


class TestWhichScenes:
    def test_a_model_trained_elsewhere_has_seen_none_of_them(
        self, catalog: Catalog, home: Workspace
    ) -> None:
        stranger = serve(catalog, home, id="stranger")
        audit = Auditor(stranger, home).audit(Setting())
        in_bank = {scene.id for scene in catalog.scenes if part_of(scene.id) == "train"}
        unseen = {s for s, fair in zip(audit.scenes, audit.sample.unseen, strict=True) if fair}
        assert unseen == {scene.id for scene in catalog.scenes} - in_bank
        assert audit.quality_note == (
            f"Over {len(unseen)} scenes that the model has never seen, without the "
            f"{len(in_bank)} that corrections compare with"
        )

    def test_pairs_of_a_model_trained_elsewhere_are_no_training_pairs(
        self, catalog: Catalog, home: Workspace
    ) -> None:
        audit = Auditor(serve(catalog, home, id="stranger"), home).audit(Setting())
        assert not audit.by_product.frequency.any()
        for key in ("average_popularity", "popularity_lift", "tail_share", "pop_reo"):
            assert audit.figures[key].value is None, key
        assert audit.figures["norm_and_frequency"].value is None
        assert not any("truly frequent" in cause.causes for cause in audit.causes.values())

    def test_of_scenes_that_were_learnt_from_nothing_says_how_good_they_are(
        self, server: Server, home: Workspace
    ) -> None:
        audit = Auditor(server, home).audit(Setting(part="train"))
        assert audit.unseen_scenes == 0
        assert "nothing says how good" in audit.quality_note
        for key in ("recall", "ndcg", "mrr", "recall_head", "recall_tail", "pop_reo"):
            assert audit.figures[key].value is None
            assert audit.figures[key].low is None
        assert audit.figures["gini"].value is not None

    def test_validation_may_have_had_a_say(self, server: Server, home: Workspace) -> None:
        audit = Auditor(server, home).audit(Setting(part="validation"))
        assert "may have had a say" in audit.quality_note
        test = Auditor(server, home).audit(Setting(part="test"))
        assert test.scenes == tuple(sorted(TEST_SCENES))

    def test_copies_of_training_photos_say_nothing(self, catalog: Catalog, home: Workspace) -> None:
        from recsys.catalog.splits import photo_hashes

        hashes = photo_hashes(catalog, home, [catalog.scene_row(name) for name in TEST_SCENES])
        knows = serve(
            catalog,
            home,
            id="knows",
            scenes_seen=frozenset({"elsewhere"}),
            info={"trained_on": {"photo_hashes": hashes}},
        )
        audit = Auditor(knows, home).audit(Setting())
        unseen = {s for s, fair in zip(audit.scenes, audit.sample.unseen, strict=True) if fair}
        assert not unseen & set(TEST_SCENES)
        assert unseen

    def test_a_part_without_a_scene(self, tmp_path: Path, home: Workspace) -> None:
        catalog = read_stl(write_planted(tmp_path / "two", scenes=2), "two")
        auditor = Auditor(serve(catalog, home, id="two"), home)
        assert auditor.audit(Setting()).headline.verdict == "unknown"
        with pytest.raises(DataError, match="no scene of the part test of two") as caught:
            auditor.audit(Setting(part="test"))
        assert "--split" in caught.value.remedy
        empty = read_stl(write_planted(tmp_path / "none", scenes=0), "none")
        with pytest.raises(DataError, match="no scene of the part all of none"):
            Auditor(serve(empty, home, id="none"), home).audit(Setting())

    def test_without_a_bank_there_are_no_causes(self, tmp_path: Path, home: Workspace) -> None:
        """Two scenes, both of the validation part: nothing to compare with."""
        names = ("studio-002", "studio-006")
        folder = write_planted(tmp_path / "few", scenes=12)
        lines = (folder / "planted.json").read_text().splitlines()
        kept = [line for line in lines if any(f'"{name}"' in line for name in names)]
        (folder / "planted.json").write_text("\n".join(kept))
        catalog = read_stl(folder, "few")
        auditor = Auditor(serve(catalog, home, id="few"), home)
        audit = auditor.audit(Setting(k=2))
        assert audit.causes == {}
        assert audit.by_product.shown_centred is None
        with pytest.raises(RequestError, match="compares with training photos"):
            auditor.audit(Setting(Correction("nnn")))


def test_without_a_model(catalog: Catalog, home: Workspace) -> None:
    with pytest.raises(ModelError, match="no model to measure"):
        Auditor(Server(catalog), home)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"correction": "nnn"}, "correction: expected a Correction"),
        ({"diversity": 2}, "diversity is a number from 0 to 1, not 2"),
        ({"diversity": float("nan")}, "diversity is a number"),
        ({"cap": 0.5}, "cap is a number from 1 to 1000, not 0.5"),
        ({"cap": float("inf")}, "cap is a number"),
        ({"cap": True}, "cap is a number"),
        ({"k": 0}, "k is a whole number"),
        ({"part": "tests"}, "no part 'tests'.*all"),
    ],
)
def test_unsound_settings_cannot_be_made(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        Setting(**arguments)


def test_settings_in_words() -> None:
    setting = Setting(Correction("nnn", 0.5), diversity=0.3, cap=2)
    assert setting.text == "nnn=0.5, diversity 0.3, cap 2"
    assert setting.words == "nnn 0.5, diversity 0.3, cap 2"
    assert not setting.servable
    assert Setting(Correction("nnn")).servable
    assert Setting().words == "the model's own score"
    assert Setting(cap=2) == Setting(cap=2.0)
    assert setting.to_json() == {
        "scoring": "nnn=0.5",
        "diversity": 0.3,
        "cap": 2.0,
        "k": 10,
        "part": "all",
    }
