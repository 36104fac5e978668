"""What the popularity page does beyond showing: it measures the front, and it changes the shop.

On a server of its own, since other tests look at the shop as it ships.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from recsys.workspace import DEMO_MODEL_DIR, PROJECT_DIR, Workspace
from tests.browser.conftest import App, OpenTab, StartApp
from tests.browser.parts import expect_parameter, expect_tiles, parameters, results, settled
from tests.browser.popularity_parts import (
    VERMILION,
    chart,
    choose,
    expect_painted,
    figure,
    figures,
    first_ids,
    open_popularity,
    painted,
    press,
    wall,
)

FRONT_MS = 240_000

pytestmark = pytest.mark.skipif(
    not (DEMO_MODEL_DIR / "model.json").is_file(), reason="assets/demo holds no model"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("popular") / "workspace"


@pytest.fixture(scope="module")
def shop(start_app: StartApp, home: Path) -> App:
    return start_app(home)


def command(home: Path, *words: str) -> str:
    """What a command prints, in the same workspace."""
    done = subprocess.run(
        [sys.executable, "-m", "recsys", *words],
        cwd=PROJECT_DIR,
        env={**os.environ, "RECSYS_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return done.stdout


def served(page: Page, words: str) -> Locator:
    """What tells that something was put into the shop."""
    return page.get_by_text(re.compile(rf"The shop serves this now:.* {re.escape(words)}"))


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("", ("--correction", "model")),
        ("?popularity_scoring=dot&popularity_k=5", ("--correction", "dot", "-k", "5")),
        (
            "?popularity_scoring=nnn&popularity_strength=1.25&popularity_looks=test",
            ("--correction", "nnn=1.25", "--split", "test"),
        ),
    ],
)
def test_the_page_and_the_command_line_say_the_same(
    shop: App, home: Path, open_tab: OpenTab, query: str, options: tuple[str, ...]
) -> None:
    page = open_popularity(shop, open_tab, query)
    page.get_by_text("All figures, with formulas").click()
    rows = page.locator("[data-testid=stTable] tbody tr")
    expect(rows.first).to_be_visible()
    shown = [row.locator("td").all_inner_texts() for row in rows.all()]
    told = json.loads(command(home, "popularity", "--data", "demo", *options, "--json"))
    assert len(shown) == len(told["figures"])
    for cells, (key, record) in zip(shown, told["figures"].items(), strict=True):
        for cell, value in ((cells[1], record["value"]), (cells[2], record["chance"])):
            assert_same_number(cell.split("(")[0], value, key)
    hubs = told["by_product"][:24]
    assert first_ids(wall(page)) == [hub["product"] for hub in hubs]
    notes = (
        wall(page)
        .locator(".tile")
        .evaluate_all("all => all.map(t => t.querySelector('.note').textContent)")
    )
    assert notes == [f"shown {hub['shown']:,}×, right {hub['right']:,}×" for hub in hubs]


def assert_same_number(cell: str, value: float | None, key: str) -> None:
    """Whether a cell shows a value, to as many digits as it shows."""
    text = cell.replace("\u2060", "").replace(",", "").replace("−", "-").strip()
    if value is None:
        assert text in ("no data", "–"), key
        return
    share = text.endswith("%")
    number = text.removesuffix("%").strip()
    digits = len(number.partition(".")[2])
    scaled = 100 * value if share else value
    assert abs(float(number) - scaled) <= 0.5 * 10**-digits + 1e-9, (key, cell, value)


@pytest.mark.timeout(900)  # a process of its own measures, on a machine that may be busy
def test_the_front_is_measured_once_and_found_again(shop: App, open_tab: OpenTab) -> None:
    page = open_popularity(shop, open_tab, "?popularity_view=front")
    page.get_by_role("button", name="Measure every cure").click()
    progress = page.locator(".st-key-popularity_main [data-testid=stProgress]")
    expect(progress).to_be_visible(timeout=FRONT_MS)
    page.reload()  # it goes on, and is found again
    expect(
        page.locator(".st-key-popularity_main [data-testid=stProgress], canvas.marks").first
    ).to_be_visible(timeout=FRONT_MS)
    expect(chart(page, "front")).to_be_visible(timeout=FRONT_MS)
    expect(page.get_by_text(re.compile("Recommended: "))).to_be_visible()

    again = open_popularity(shop, open_tab, "?popularity_view=front")  # another visitor, at once
    expect(chart(again, "front")).to_be_visible()
    again.get_by_text("All points as a table").click()
    table = again.locator("[data-testid=stTable] tbody tr").filter(has_text=re.compile("NNN 0.5"))
    expect(table.first).to_be_visible()
    for measure in ("Coverage", "Excess Gini"):
        choose(again, measure)
        expect(
            again.get_by_text(re.compile(f"Recall.* against {measure.lower()}")).first
        ).to_be_visible()

    again.get_by_role("button", name="Look at it").click()  # the recommended point
    expect_parameter(again, "popularity_view", None)
    assert parameters(again)["popularity_scoring"]
    expect(again.get_by_text("Against what is served now")).to_be_visible()
    expect(wall(again).locator(".tile").first).to_be_visible()


@pytest.mark.timeout(900)  # a process of its own measures, on a machine that may be busy
def test_a_click_on_a_point_of_the_front_shows_its_wall(shop: App, open_tab: OpenTab) -> None:
    page = open_popularity(shop, open_tab, "?popularity_view=front&popularity_range=all")
    drawing, start = chart(page, "front"), page.get_by_role("button", name="Measure every cure")
    expect(drawing.or_(start).first).to_be_visible()
    if start.is_visible():  # the test before has measured it, where it ran
        start.click()
    expect(drawing).to_be_visible(timeout=FRONT_MS)
    expect_painted(page, "front", VERMILION)  # the inner product's, by itself at the far end
    settled(page)
    across, down = painted(drawing, VERMILION)[0]
    press(drawing, (across, down + 4))
    expect_parameter(page, "popularity_scoring", "dot")
    expect_parameter(page, "popularity_view", None)
    expect(wall(page).locator(".tile").first).to_be_visible()


@pytest.mark.timeout(900)  # a process of its own measures, on a machine that may be busy
def test_a_cure_goes_into_the_shop_and_back(shop: App, home: Path, open_tab: OpenTab) -> None:
    look = open_tab(f"{shop.url}/shop_the_look")  # a second visitor
    expect(look.locator(".tile").first).to_be_visible()
    scene = first_ids(look.locator(".st-key-look_gallery"))[0]
    page = open_popularity(shop, open_tab, "?popularity_scoring=nnn&popularity_strength=1.5")
    cured = figures(page)
    page.get_by_role("button", name="Use this in the shop").click()
    expect(served(page, "NNN 1.5")).to_be_visible()
    expect_parameter(page, "popularity_scoring", None)  # what is served now is what is shown
    expect(figure(page, "Excess Gini")).to_have_text(cured["Excess Gini"])
    pointer = Workspace(home).live()
    assert pointer is not None
    assert pointer.correction is not None
    assert (pointer.correction.name, pointer.correction.strength) == ("nnn", 1.5)

    look.locator(f'.tile[data-id="{scene}"]').first.click()  # with the next click
    expect(results(look).locator(".tile")).to_have_count(10)
    answer = json.loads(command(home, "recommend", "--data", "demo", "--scene", scene, "--json"))
    listed = answer["products"]
    expect_tiles(results(look), listed)
    audit = json.loads(
        command(home, "popularity", "--data", "demo", "--correction", "nnn=1.5", "--json")
    )
    received = {
        hub["product"]
        for hub in audit["hubs"]
        if scene in [one["scene"] for one in hub["shown_to"]]
    }
    assert received <= set(listed)

    page.get_by_role("button", name="Back to the model's own score").click()
    expect(served(page, "Model's own score")).to_be_visible()
    settled(page)
    expect(page.get_by_role("button", name="Back to NNN 1.5")).to_be_visible()
    pointer = Workspace(home).live()
    assert pointer is not None
    assert pointer.correction is None


def test_a_stale_correction_is_told_and_the_page_goes_on(
    shop: App, home: Path, open_tab: OpenTab
) -> None:
    page = open_popularity(shop, open_tab, "?popularity_scoring=nnn&popularity_strength=0.4")
    page.get_by_role("button", name="Use this in the shop").click()
    expect(served(page, "NNN 0.4")).to_be_visible()
    workspace = Workspace(home)
    pointer = workspace.live()
    assert pointer is not None
    assert pointer.correction is not None
    vectors = workspace.correction_path(pointer.correction.vectors)
    vectors.write_bytes(vectors.read_bytes()[:100])
    page.reload()
    said = page.get_by_role("alert").first
    expect(said).to_contain_text("The promoted correction is not in use")
    expect(said).to_contain_text("python -m recsys promote")
    expect(page.get_by_text(re.compile("Served now:.* Model's own score"))).to_be_visible()
    expect(wall(page).locator(".tile").first).to_be_visible()
