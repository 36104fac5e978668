"""``popularity`` through the real commands, beside what follows from ``recommend``."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from recsys.cli import cli
from recsys.workspace import DEMO_MODEL_DIR, Workspace
from tests.commands.conftest import Run, answer
from tests.evaluation import audit_oracle as oracle

DATA = ("--data", "planted")
MODEL = ("--model", "regions-1")


def lists_of(run: Run, *words: str) -> dict[str, list[str]]:
    result = run("recommend", *words, "--scenes", "all", "--json")
    assert result.exit_code == 0, result.stderr
    lines = (json.loads(line) for line in result.stdout.splitlines())
    return {line["scene"]: line["products"] for line in lines}


def agrees(found: dict[str, Any], lists: dict[str, list[str]]) -> None:
    """Whether an audit's record is what the lists say, counted as anyone would."""
    counts = Counter(product for shown in lists.values() for product in shown)
    everything = [row["product"] for row in found["by_product"]]
    assert {row["product"]: row["shown"] for row in found["by_product"]} == {
        product: counts[product] for product in everything
    }
    assert found["scenes"]["count"] == len(lists)
    for hub in found["hubs"]:
        assert {(showing["scene"], showing["rank"]) for showing in hub["shown_to"]} == {
            (scene, shown.index(hub["product"]) + 1)
            for scene, shown in lists.items()
            if hub["product"] in shown
        }
    figures = {key: figure["value"] for key, figure in found["figures"].items()}
    shown = [counts[product] for product in everything]
    assert figures["gini"] == pytest.approx(oracle.gini(shown))
    assert figures["never_shown"] == shown.count(0)
    assert figures["effective_catalogue"] == pytest.approx(oracle.effective_catalogue(shown))


@pytest.mark.parametrize("words", [(), ("--correction", "nnn=2"), ("--correction", "dot")])
def test_figures_follow_from_the_lists_of_recommend(run: Run, words: tuple[str, ...]) -> None:
    found = answer(run("popularity", *DATA, *MODEL, "-k", "3", *words, "--json"))
    agrees(found, lists_of(run, *DATA, *MODEL, "-k", "3", *words))
    assert found["comparison"] is None


@pytest.mark.skipif(not DEMO_MODEL_DIR.is_dir(), reason="the demo's model is not here")
def test_on_the_demo_with_a_correction_and_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_HOME", str(tmp_path / "home"))

    def demo(*words: str | Path) -> Any:
        return CliRunner().invoke(cli, [str(word) for word in words])

    for words in ((), ("--correction", "nnn=0.5")):
        found = answer(demo("popularity", "--data", "demo", *words, "--json"))
        assert len(found["by_product"]) == 520
        agrees(found, lists_of(demo, "--data", "demo", *words))
        assert found["headline"]["verdict"] in ("none", "some", "strong")
        assert found["figures"]["recall"]["low"] > 0.3


def test_what_is_served_is_measured(run: Run) -> None:
    promote = ("promote", *MODEL, *DATA, "--json")
    answer(run(*promote, "--correction", "nnn=2"))
    served = answer(run("popularity", *DATA, "-k", "3", "--json"))
    assert served["setting"]["scoring"] == "nnn=2"
    agrees(served, lists_of(run, *DATA, "-k", "3"))
    own = answer(run("popularity", *DATA, "-k", "3", "--correction", "model", "--json"))
    assert own["setting"]["scoring"] == "model"
    agrees(own, lists_of(run, *DATA, "-k", "3", "--correction", "model"))
    named = answer(run("popularity", *DATA, *MODEL, "-k", "3", "--json"))
    assert named["setting"]["scoring"] == "model"


def test_a_part_and_re_rankings(run: Run, shop: Workspace) -> None:
    words = ("-k", "3", "--split", "test", "--diversity", "0.5", "--cap", "2")
    found = answer(run("popularity", *DATA, *MODEL, *words, "--json"))
    assert found["setting"] == {
        "scoring": "model",
        "diversity": 0.5,
        "cap": 2.0,
        "k": 3,
        "part": "test",
    }
    assert found["scenes"]["count"] == 2
    assert max(row["shown"] for row in found["by_product"]) <= found["cap"]
    assert not found["servable"]
    assert found["headline"]["verdict"] == "unknown"


def test_two_corrections_and_two_models(run: Run) -> None:
    found = answer(run("popularity", *DATA, *MODEL, "-k", "3", "--compare", "dot", "--json"))
    other = answer(run("popularity", *DATA, *MODEL, "-k", "3", "--correction", "dot", "--json"))
    comparison = found["comparison"]
    assert comparison["audit"] == {k: v for k, v in other.items() if k != "comparison"}
    gap = comparison["differences"]["gini"]
    assert gap["value"] == pytest.approx(
        found["figures"]["gini"]["value"] - other["figures"]["gini"]["value"]
    )
    assert gap["low"] is None
    assert "not sound" in gap["note"]
    assert comparison["differences"]["recall"]["low"] is not None

    against = answer(
        run("popularity", *DATA, *MODEL, "-k", "3", "--against", "stranger-3", "--json")
    )["comparison"]
    assert against["model"] == "stranger-3"
    agrees(against["audit"], lists_of(run, *DATA, "--model", "stranger-3", "-k", "3"))


def test_for_a_person(run: Run) -> None:
    result = run("popularity", *DATA, *MODEL, "-k", "3", "--compare", "nnn=2")
    assert result.exit_code == 0, result.stderr
    for words in (
        "Too little data to say",
        "Excess Gini",
        "by chance",
        "Shown most",
        "By category",
        "difference",
        "nnn 2",
    ):
        assert words in result.stdout


def test_what_is_never_shown_is_named(run: Run, shop: Workspace) -> None:
    words = ("popularity", *DATA, *MODEL, "-k", "1", "--correction", "dot")
    found = answer(run(*words, "--json"))["never_shown"]
    assert found
    details = shop.datasets_dir / "planted" / "planted-products.json"
    titles = {name: record["title"] for name, record in json.loads(details.read_text()).items()}
    shown = run(*words).stdout.split("Never shown: ")[1].split("By category")[0]
    for id_ in (found[0]["product"], found[0]["blocker"]):
        # a title may be broken over the lines of its cell
        assert all(word in shown for word in titles[id_].split())


def test_the_front_is_kept(run: Run) -> None:
    first = run("popularity", *DATA, *MODEL, "--front", "--json")
    found = answer(first)
    assert found["points"][0]["scoring"] == "model"
    assert found["recommended"] is not None
    assert answer(run("popularity", *DATA, *MODEL, "--front", "--json")) == found
    shown = run("popularity", *DATA, *MODEL, "--front")
    assert "Recommended: " in shown.stdout
    assert "cap 1.5" in shown.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--correction", "magic"), "no correction 'magic'"),
        (("--compare", "nnn=9"), "from 0 to 2, not 9"),
        (("--diversity", "2"), "diversity is a number from 0 to 1, not 2.0"),
        (("--cap", "0.2"), "cap is a number from 1 to 1000"),
        (("-k", "0"), "k is a whole number of at least 1"),
        (("--against", "gone"), "no model 'gone'"),
    ],
)
def test_what_cannot_be_measured(run: Run, words: tuple[str, ...], message: str) -> None:
    result = run("popularity", *DATA, *MODEL, *words, "--json")
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert message in line


@pytest.mark.parametrize(
    "words",
    [
        ("--against", "book-2", "--compare", "dot"),
        ("--front", "--correction", "nnn"),
        ("--front", "--cap", "2"),
        ("--front", "--split", "test"),
        ("--split", "nowhere"),
    ],
)
def test_wrong_usage(run: Run, words: tuple[str, ...]) -> None:
    assert run("popularity", *DATA, *MODEL, *words).exit_code == 2


def test_without_a_model(run: Run) -> None:
    result = run("popularity", *DATA)
    assert result.exit_code == 1
    assert "there is no model to measure" in result.stderr
