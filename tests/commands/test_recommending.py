from __future__ import annotations

import json
from pathlib import Path

import pytest

from recsys.workspace import Workspace
from tests.commands.conftest import Run, answer

DATA = ("--data", "planted")
MODEL = ("--model", "regions-1")


def test_the_same_scene_by_id_by_file_and_again(run: Run, shop: Workspace) -> None:
    picture = shop.datasets_dir / "planted" / "images" / "studio-005.png"
    by_id = answer(run("recommend", *DATA, *MODEL, "--scene", "studio-005", "--json"))
    again = answer(run("recommend", *DATA, *MODEL, "--scene", "studio-005", "--json"))
    by_file = answer(run("recommend", *DATA, *MODEL, "--scene", picture, "--json"))
    assert by_id == again
    assert by_id["scene"] == "studio-005"
    assert len(by_id["products"]) == 10
    assert by_file["products"] == by_id["products"]
    assert by_file["scores"] == by_id["scores"]


def test_all_scenes_one_object_a_line(run: Run) -> None:
    result = run("recommend", *DATA, *MODEL, "--scenes", "all", "-k", "1000", "--json")
    lists = [json.loads(line) for line in result.stdout.splitlines()]
    assert [found["scene"] for found in lists] == [f"studio-{number:03d}" for number in range(12)]
    for found in lists:
        assert len(set(found["products"])) == 24  # k beyond the catalogue gives the catalogue
        assert found["scores"] == sorted(found["scores"], reverse=True)
    alone = answer(run("recommend", *DATA, *MODEL, "--scene", "studio-003", "-k", "99", "--json"))
    assert alone["products"] == lists[3]["products"]
    assert alone["scores"] == lists[3]["scores"]


def test_random_follows_its_seed(run: Run) -> None:
    first, again, other = (
        answer(run("recommend", *DATA, "--random", "--seed", seed, "--json"))["products"]
        for seed in ("1", "1", "2")
    )
    assert first == again != other
    assert len(set(first)) == 10


def test_popular_is_by_count(run: Run) -> None:
    found = answer(run("recommend", *DATA, "--popular", "-k", "24", "--json"))
    assert found["scores"] == sorted(found["scores"], reverse=True)
    assert found["scores"][0] > found["scores"][-1]


def test_similar_leaves_the_product_out(run: Run) -> None:
    found = answer(
        run("recommend", *DATA, *MODEL, "--similar", "product-003", "-k", "50", "--json")
    )
    assert len(found["products"]) == 23
    assert "product-003" not in found["products"]


def test_category_filters_before_ranking(run: Run) -> None:
    found = answer(
        run("recommend", *DATA, *MODEL, "--scene", "studio-001", "--category", "dotted", "--json")
    )
    assert len(found["products"]) == 6


def test_for_a_person(run: Run) -> None:
    result = run("recommend", *DATA, "--popular", "-k", "2")
    assert result.exit_code == 0
    assert "product-" in result.stdout
    assert "2 of 24 products" in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--scene", "nobody"), "no scene 'nobody' in the data set planted, and no such file"),
        (("--scene", "/"), "a folder, not a picture file"),
        (("--scene", "x" * 5000), "no scene 'xxxx"),
        (("--scene", "~nobody-there/x"), "no scene '~nobody-there/x' in the data set planted"),
        (("--similar", "nobody"), "no product 'nobody'"),
        (("--random", "-k", "0"), "k is a whole number of at least 1, not 0"),
        (("--random", "-k", "-3"), "at least 1, not -3"),
        (("--random", "--seed", "-1"), "a seed is"),
        (("--random", "--category", "Hats"), "no category 'Hats'"),
        (("--popular", "--model", "gone"), "no model 'gone'"),
        (("--scene", "studio-000", "--correction", "magic"), "no correction 'magic'"),
        (("--scenes", "all", "--correction", "nnn=9"), "from 0 to 2, not 9"),
    ],
)
def test_what_cannot_be_answered(run: Run, words: tuple[str, ...], message: str) -> None:
    result = run("recommend", *DATA, *(() if "--model" in words else MODEL), *words, "--json")
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    assert message in line


def test_a_file_that_is_no_picture(run: Run, tmp_path: Path) -> None:
    (tmp_path / "page.jpg").write_text("<html>")
    result = run("recommend", *DATA, *MODEL, "--scene", tmp_path / "page.jpg")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1


def test_without_a_model_it_says_how_to_get_one(run: Run) -> None:
    for words in (("--scene", "studio-000"), ("--scenes", "all")):
        result = run("recommend", *DATA, *words)
        assert result.exit_code == 1
        assert "python -m recsys train --data planted" in result.stderr


@pytest.mark.parametrize(
    "words", [(), ("--random", "--popular"), ("--scene", "a", "--scenes", "all")]
)
def test_exactly_one_kind(run: Run, words: tuple[str, ...]) -> None:
    result = run("recommend", *DATA, *words)
    assert result.exit_code == 2
    assert "exactly one of" in result.stderr


def test_a_correction_orders_all_scenes_as_one_by_one(run: Run) -> None:
    words = (*DATA, *MODEL, "-k", "24", "--correction", "inverted-softmax=5")
    lines = run("recommend", *words, "--scenes", "all").stdout.splitlines()
    plain = run("recommend", *DATA, *MODEL, "-k", "24", "--scenes", "all").stdout.splitlines()
    lists = [json.loads(line) for line in lines]
    assert [found["products"] for found in lists] != [
        json.loads(line)["products"] for line in plain
    ]
    for found in lists[::5]:
        alone = answer(run("recommend", *words, "--scene", found["scene"], "--json"))
        assert alone == found
        assert alone["scoring"] == "inverted-softmax=5"


@pytest.mark.parametrize("kind", [("--random",), ("--popular",), ("--similar", "product-003")])
def test_a_correction_is_for_scenes(run: Run, kind: tuple[str, ...]) -> None:
    result = run("recommend", *DATA, *kind, "--correction", "nnn")
    assert result.exit_code == 2
    assert "--correction goes with --scene" in result.stderr
