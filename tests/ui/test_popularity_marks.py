"""The tables of the charts: true to every product, and some hundred rows at most."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import altair as alt
import numpy as np
import pytest
from numpy.typing import NDArray

from recsys.evaluation import exposure
from recsys.ui.charts import CHANCE, steps_of_ten
from recsys.ui.popularity import marks, specs
from recsys.ui.popularity.front_spec import BY_CHANCE, FRONT_COLUMNS, front_spec
from recsys.ui.popularity.marks import Products


def products(count: int, seed: int = 0, *, picked: float = 0.0) -> Products:
    rng = np.random.default_rng(seed)
    shown = np.floor(rng.pareto(0.9, count) * 3).astype(np.int64)
    shown[rng.random(count) < 0.2] = 0
    norm = rng.normal(1, 0.2, count)
    norm[rng.random(count) < 0.02] = np.nan
    chosen = rng.random(count) < picked
    order = np.argsort(-shown, kind="stable")
    return Products(
        ids=[f"p-{at}" for at in range(count)],
        title=lambda at: f"Product {at}",
        shown=shown,
        seen=rng.poisson(3, count).astype(np.int64),
        norm=norm,
        rank=marks.places(order),
        is_hub=exposure.hubs(shown),
        category=rng.integers(0, 4, count).astype(np.int32),
        names=("A|One", "A|Two", "B|One", "B|Four"),
        picked=chosen,
        marked=chosen,
    )


@pytest.mark.parametrize("count", [3, 300, 20_000])
@pytest.mark.parametrize("axis", ["norm", "seen"])
def test_no_product_is_lost_in_a_scatter_and_marks_are_few(count: int, axis: str) -> None:
    found = products(count, picked=0.1)
    table = marks.scatter_table(found, axis)  # type: ignore[arg-type]
    known = ~np.isnan(found.norm) if axis == "norm" else np.ones(count, np.bool_)
    assert sum(table["products"]) == known.sum()
    assert sum(table["picked"]) == (found.picked & known).sum()
    assert len({len(column) for column in table.values()}) == 1
    assert len(table["id"]) <= 2 * 24 * 14 + marks.HUB_MARKS + marks.PICKED_MARKS
    # as many recommendations as there are, whichever way products share a mark
    total = sum(n * s for n, s in zip(table["products"], table["shown"], strict=True))
    assert total == pytest.approx(found.shown[known].sum(), rel=1e-3)


def test_the_most_shown_hubs_and_the_picked_have_a_mark_of_their_own() -> None:
    found = products(20_000, picked=0.001)
    table = marks.scatter_table(found, "norm")
    alone = {name for name, n in zip(table["id"], table["products"], strict=True) if n == 1}
    known = ~np.isnan(found.norm)
    order = [at for at in np.argsort(-found.rank, kind="stable") if found.is_hub[at] and known[at]]
    assert {found.ids[at] for at in order[: marks.HUB_MARKS]} <= alone
    assert {found.ids[at] for at in marks.first_marked(found) if known[at]} <= alone
    # a mark never mixes hubs and others
    hubs = sum(n for n, hub in zip(table["products"], table["hub"], strict=True) if hub)
    assert hubs == (found.is_hub & known).sum()


def test_bins_hold_every_count_once() -> None:
    for highest in (0, 1, 7, 230, 9_999):
        bins = marks.bins_of(highest)
        assert bins[0] == (0, 0)
        assert all(low == before[1] + 1 for before, (low, _) in pairwise(bins))
        assert bins[-1][0] <= max(highest, 0) <= bins[-1][1] or highest == 0
        assert len(bins) <= 16


def test_the_histogram_counts_products_and_what_chance_would_give() -> None:
    found = products(500, picked=0.2)
    scenes, k = 300, 10
    table = marks.histogram_table(found, scenes, k)
    assert sum(table["products"]) == 500
    assert sum(table["picked"]) == found.picked.sum()
    for low, high, counted in zip(table["from"], table["to"], table["products"], strict=True):
        assert counted == sum(low <= n <= high for n in found.shown.tolist())
    drawn = exposure.counts_by_chance(scenes, k, 500, seed=1, simulations=40)
    for low, high, expected in zip(table["from"], table["to"], table["by chance"], strict=True):
        simulated = ((drawn >= low) & (drawn <= high)).sum(axis=1)
        spread = 4 * simulated.std() / math.sqrt(len(drawn)) + 0.01
        assert abs(simulated.mean() - expected) <= spread


@pytest.mark.parametrize(("scenes", "k"), [(0, 10), (5, 500), (5, 900)])
def test_chance_at_its_ends(scenes: int, k: int) -> None:
    found = products(500)
    table = marks.histogram_table(found, scenes, k)
    sure = scenes if k >= 500 else 0
    for low, high, expected in zip(table["from"], table["to"], table["by chance"], strict=True):
        assert expected == (500 if low <= sure <= high else 0)


def test_a_thinned_curve_keeps_its_ends_and_its_shape() -> None:
    counts = products(30_000).shown
    curve = exposure.lorenz(counts)
    assert curve is not None
    across, height = marks.thinned(curve)
    assert len(across) <= marks.CURVE_POINTS + 2
    assert (across[0], height[0], across[-1], height[-1]) == (0, 0, 1, 1)
    whole = np.linspace(0, 1, len(curve))
    assert np.abs(np.interp(whole, across, height) - curve).max() < 0.01
    short = np.array([0.0, 0.2, 1.0])
    assert marks.thinned(short)[1].tolist() == short.tolist()


def test_places_are_middles_of_stretches() -> None:
    order: NDArray[np.int64] = np.array([2, 0, 1])  # the most shown first
    assert marks.places(order).tolist() == pytest.approx([0.5, 1 / 6, 5 / 6])


def test_categories_that_end_alike_are_told_apart() -> None:
    names = marks.short_names(["A|One", "A|Two", "B|One", "C|D|Three"])
    assert names == {"A|One": "A › One", "A|Two": "Two", "B|One": "B › One", "C|D|Three": "Three"}
    long = ["X|" + "a" * 300 + str(at) for at in range(3)]
    assert len(set(marks.short_names(long).values())) == 3
    assert marks.short_names(["=HYPERLINK(1)"])["=HYPERLINK(1)"].startswith("'=")


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [(0, [0]), (7, [0, 1, 2, 5]), (60, [0, 1, 2, 5, 10, 20, 50]), (2000, [0, 1, 10, 100, 1000])],
)
def test_ticks_of_an_axis_that_grows(highest: float, ticks: list[float]) -> None:
    assert steps_of_ten(highest) == ticks


SPECS = {
    "lorenz": specs.lorenz(True),
    "lorenz without pairs": specs.lorenz(False),
    "histogram": specs.histogram(("0", "1", "2–3")),
    "norm": specs.scatter("norm", "Norm", (), (0.0, 1.0)),
    "seen": specs.scatter("seen", "Training looks", (0.0, 1.0), (0.0, 1.0)),
    "categories": specs.categories(("A", "B"), True),
    "two curves": specs.two_curves(),
    "front": front_spec("Coverage", "Recall@10", ("NNN", "Dot")),
    "front, chance on the left": front_spec(
        "Coverage", "Recall@10", ("NNN", "Dot"), chance_is_left=True
    ),
}


@pytest.mark.parametrize("name", list(SPECS))
def test_a_specification_is_sound_and_holds_no_data(name: str) -> None:
    spec = SPECS[name]
    alt.Chart.from_dict({**spec, "data": {"name": "x"}}, validate=True)
    text = str(spec)
    assert "'data':" not in text
    assert "'datasets'" not in text


def test_a_specification_asks_only_for_columns_that_are_there() -> None:
    found = products(500, picked=0.1)
    tables = {
        "histogram": marks.histogram_table(found, 30, 5),
        "norm": marks.scatter_table(found, "norm"),
        "seen": marks.scatter_table(found, "seen"),
    }
    columns = {name: set(table) for name, table in tables.items()}
    columns["front"] = set(FRONT_COLUMNS)
    for name, there in columns.items():
        asked = fields_of(SPECS[name])
        assert asked
        assert asked <= there, f"{name}: {asked - there}"


def fields_of(spec: object) -> set[str]:
    """Every field of every encoding in a specification."""
    found: set[str] = set()
    if isinstance(spec, dict):
        for key, value in spec.items():
            if key == "field" and isinstance(value, str):
                found.add(value)
            found |= fields_of(value)
    elif isinstance(spec, list):
        for part in spec:
            found |= fields_of(part)
    return found


@pytest.mark.parametrize("name", ["front", "front, chance on the left"])
def test_chance_is_a_dashed_line_either_way_and_no_point(name: str) -> None:
    """As in the other charts; what a random list has must not look like a cure."""
    dashed = []
    for layer in SPECS[name]["layer"]:
        mark, filters = layer["mark"], str(layer.get("transform", ""))
        assert f"'{BY_CHANCE}'" in filters
        if mark["type"] == "rule" and "strokeDash" in mark:
            assert mark["color"] == CHANCE
            assert "===" in filters
            dashed.append(set(layer["encoding"]))
        elif mark["type"] in ("point", "line", "rule"):
            assert "!==" in filters
    assert dashed == [{"x"}, {"y"}]


def test_colours_stand_out_on_both_papers() -> None:
    from recsys.ui import charts
    from recsys.ui.popularity import front_spec as front

    papers = ["#faf8f4", "#171613"]
    for colour in (charts.SHOWN, charts.CHANCE, charts.RIGHT, charts.PICKED, *front._COLOURS):
        for paper in papers:
            assert contrast(colour, paper) >= 3.0, f"{colour} on {paper}"
    assert max(Counter(zip(front._COLOURS, front._SHAPES, strict=True)).values()) == 1


def contrast(one: str, other: str) -> float:
    """WCAG 2's contrast ratio."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
