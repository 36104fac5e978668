from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from recsys.evaluation.report import LOST_TO_COLOUR
from recsys.workspace import Workspace
from tests.commands.conftest import Run, answer


def test_models_newest_first(run: Run) -> None:
    records = answer(run("models", "--json"))
    own = [record["model"] for record in records if record["model"] != "demo"]
    assert own == ["stranger-3", "book-2", "regions-1"]
    assert {record["preset"] for record in records if record["model"] == "book-2"} == {"book"}
    assert not any(record["live"] for record in records)
    assert "regions-1" in run("models").stdout


def test_a_damaged_model_does_not_hide_the_others(run: Run, shop: Workspace) -> None:
    folder = shop.model_dir("damaged")
    folder.mkdir()
    (folder / "model.json").write_text("{")
    try:
        records = answer(run("models", "--json"))
        assert "regions-1" in [record["model"] for record in records]
        (damaged,) = (record for record in records if record["model"] == "damaged")
        assert "model.json" in damaged["error"]
        assert "damaged" in run("models").stderr
    finally:
        (folder / "model.json").unlink()
        folder.rmdir()


@pytest.mark.parametrize(
    "report",
    [
        '{"format": 1}',
        '{"format": 1, "figures": {"recall@10": {"value": NaN, "low": 0, "high": 1}}}',
        '{"format": 1, "figures": {"recall@10": 0.5}}',
        "[1]",
        "{",
    ],
)
def test_a_damaged_report_does_not_hide_the_models(run: Run, shop: Workspace, report: str) -> None:
    path = shop.model_dir("stranger-3") / "report.json"
    path.write_text(report)
    try:
        records = answer(run("models", "--json"))
        (own,) = (record for record in records if record["model"] == "stranger-3")
        assert own["recall@10"] is None
        assert len(records) >= 3
        assert "stranger-3" in run("models").stdout
    finally:
        path.unlink()


def test_datasets(run: Run) -> None:
    (planted,) = (r for r in answer(run("datasets", "--json")) if r["name"] == "planted")
    assert (planted["products"], planted["scenes"]) == (24, 12)
    assert "planted" in run("datasets").stdout


def test_presets(run: Run) -> None:
    records = answer(run("presets", "--json"))
    assert {"regions", "book", "book-fixed"} <= {record["preset"] for record in records}
    assert [record["preset"] for record in records if record["default"]] == ["regions"]


def test_promote_puts_a_model_live_and_says_what_was(run: Run, shop: Workspace) -> None:
    first = answer(run("promote", "--model", "book-2", "--data", "planted", "--json"))
    assert first["before"] is None
    live = answer(run("recommend", "--data", "planted", "--scene", "studio-000", "--json"))
    assert live["model"] == "book-2"
    second = run("promote", "--model", "regions-1", "--data", "planted")
    assert second.stdout == "regions-1 is live for planted\n"
    assert "book-2 for planted" in second.stderr
    live = answer(run("recommend", "--data", "planted", "--scene", "studio-000", "--json"))
    assert live["model"] == "regions-1"
    assert [r["model"] for r in answer(run("models", "--json")) if r["live"]] == ["regions-1"]
    pointer = shop.live()
    assert pointer is not None
    assert pointer.data == "planted"


def test_promotions_are_listed_and_taken_back(run: Run, shop: Workspace) -> None:
    for model in ("book-2", "regions-1"):
        answer(run("promote", "--model", model, "--data", "planted", "--json"))
    newest, earlier = answer(run("promotions", "--json"))[:2]
    assert (newest["model"], newest["before"]["model"]) == ("regions-1", "book-2")
    assert earlier["model"] == "book-2"
    assert newest["by"]
    back = answer(run("promotions", "back", "--json"))
    assert (back["model"], back["before"]["model"]) == ("book-2", "regions-1")
    live = shop.live()
    assert live is not None
    assert live.model == "book-2"
    assert "regions-1 is live" in run("promotions", "back").stdout
    assert "book-2" in run("promotions").stdout


def test_promote_by_paths_holds_from_any_folder(
    run: Run, shop: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(shop.root)
    said = answer(
        run("promote", "--model", "models/regions-1", "--data", "datasets/planted", "--json")
    )
    assert said["model"] == "regions-1"
    assert said["data"] == "planted"
    monkeypatch.chdir(tmp_path)
    found = answer(run("recommend", "--data", "planted", "--scene", "studio-000", "--json"))
    assert found["model"] == "regions-1"


@pytest.mark.parametrize("words", [("--model", "gone"), ("--data", "gone")])
def test_a_failed_promotion_changes_nothing(
    run: Run, shop: Workspace, words: tuple[str, str]
) -> None:
    answer(run("promote", "--model", "book-2", "--data", "planted", "--json"))
    before = shop.live_path.read_bytes()
    given = {"--model": "regions-1", "--data": "planted", words[0]: words[1]}
    result = run("promote", *(word for pair in given.items() for word in pair))
    assert result.exit_code == 1
    assert shop.live_path.read_bytes() == before


def test_a_damaged_pointer_can_be_replaced(run: Run, shop: Workspace) -> None:
    shop.live_path.write_text("{")
    assert "cannot be read" in run("models").stderr
    result = run("promote", "--model", "book-2", "--data", "planted", "--json")
    assert json.loads(result.stdout)["before"] is None
    assert shop.live() is not None


class TestCorrection:
    def served(self, run: Run, *words: str) -> dict[str, Any]:
        found = run("recommend", "--data", "planted", "--scene", "studio-000", *words, "--json")
        return dict(answer(found))

    def test_is_put_live_served_and_said(self, run: Run, shop: Workspace) -> None:
        said = answer(
            run(
                *("promote", "--model", "regions-1", "--data", "planted"),
                *("--correction", "nnn=2", "--json"),
            )
        )
        assert said["correction"] == "nnn=2"
        found = self.served(run, "-k", "24")
        assert found["scoring"] == "nnn=2"
        named = self.served(run, "-k", "24", "--model", "regions-1", "--correction", "nnn=2")
        assert named["products"] == found["products"]
        assert named["scores"] == found["scores"]
        own = self.served(run, "-k", "24", "--correction", "model")
        assert own["scoring"] == "model"
        assert own["products"] != found["products"]
        assert self.served(run, "--model", "regions-1")["scoring"] == "model"

        shown = run("recommend", "--data", "planted", "--scene", "studio-000")
        assert "corrected by nnn 2" in shown.stderr
        everything = run("recommend", "--data", "planted", "--scenes", "all", "-k", "24")
        assert "corrected by nnn 2" in everything.stderr
        lines = [json.loads(line) for line in everything.stdout.splitlines()]
        assert {line["scoring"] for line in lines} == {"nnn=2"}
        assert lines[0]["products"] == found["products"]

        second = run("promote", "--model", "regions-1", "--data", "planted")
        assert second.stdout == "regions-1 is live for planted\n"
        assert "Live before: regions-1 for planted, corrected by nnn 2" in second.stderr
        assert self.served(run)["scoring"] == "model"
        third = run(
            *("promote", "--model", "regions-1", "--data", "planted", "--correction", "cosine")
        )
        assert third.stdout == "regions-1 is live for planted, corrected by cosine\n"
        assert answer(
            run(
                *("promote", "--model", "regions-1", "--data", "planted"),
                *("--correction", "none", "--json"),
            )
        )["before"] == {"model": "regions-1", "data": "planted", "correction": "cosine"}

    def test_a_stale_one_is_refused_with_the_command_that_mends(
        self, run: Run, shop: Workspace
    ) -> None:
        promote = ("promote", "--model", "regions-1", "--data", "planted", "--correction", "nnn")
        answer(run(*promote, "--json"))
        pointer = shop.live()
        assert pointer is not None
        assert pointer.correction is not None
        shop.set_live(replace(pointer, correction=replace(pointer.correction, bank="another")))
        refused = run("recommend", "--data", "planted", "--scene", "studio-000", "--json")
        assert refused.exit_code == 1
        assert refused.stdout == ""
        (line,) = refused.stderr.splitlines()
        assert "the live correction nnn=0.5 is stale" in line
        assert line.endswith(f"python -m recsys {' '.join(promote)}=0.5")
        answer(run(*promote, "--json"))
        assert self.served(run)["scoring"] == "nnn=0.5"

    @pytest.mark.parametrize("text", ["magic", "nnn=9", "model", "cosine=1"])
    def test_what_means_nothing_changes_nothing(self, run: Run, shop: Workspace, text: str) -> None:
        answer(run("promote", "--model", "book-2", "--data", "planted", "--json"))
        before = shop.live_path.read_bytes()
        result = run(
            *("promote", "--model", "regions-1", "--data", "planted", "--correction", text)
        )
        assert result.exit_code == 1
        assert shop.live_path.read_bytes() == before


def test_promote_says_again_that_a_model_does_not_beat_colour(run: Run, shop: Workspace) -> None:
    report = answer(run("evaluate", "--model", "book-2", "--data", "planted", "--alone", "--json"))
    path = shop.model_dir("book-2") / "report.json"
    warning = f"{LOST_TO_COLOUR}: recall@10 0.100 against 0.500"
    try:
        for warnings, is_said in (
            ([warning], True),
            ([], False),
            (["another"], False),
            ([3], False),
            (None, False),
        ):
            for kept in (path, *path.parent.glob("reports/*.json")):
                kept.write_text(json.dumps({**report, "warnings": warnings}))
            result = run("promote", "--model", "book-2", "--data", "planted")
            assert result.exit_code == 0
            assert result.stderr.count(warning) == int(is_said)
    finally:
        path.unlink()
        rmtree(path.parent / "reports")
