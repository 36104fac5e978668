"""Fifty visitors at once on two cores: how long every click takes, and whether any is lost.

    python -m benchmarks.soak                                # the demo, with its model
    python -m benchmarks.soak --data FOLDER --model BUNDLE   # a data set, with a model of it
    python -m benchmarks.soak --data ../shared/data/stl-format/fashion-cat.json

A category file becomes a catalogue with placeholder pictures and without a model, as in
``benchmarks.browse``; visitors then stay on Browse.

The app runs as people start it, over a workspace of its own. Each visitor is a real Streamlit
session over the real websocket (``benchmarks.visitor``), and fetches the pictures of its tiles
as a browser would, each once. Server and visitors share the first two cores. A visitor's
journey: Browse at random → next page → search → product → Back → Shop the look → a look →
"more like this" → another scoring. Between two clicks it looks at the page for 2 to 8 s (or
``--think``), evenly spread. Visitors come one by one within the first ten seconds, and make
``--journeys`` journeys each.

A click's time is from sending the rerun to the message that the script has finished, so with
the server's queue, the run and the way there and back, without drawing. After every click the
visitor sees that the page and the address are its own, at the right place, and tell no error;
it counts as lost where they are not, where the connection breaks, or where no answer comes
within 30 s.

All of it is done ``--rounds`` times, with new visitors. Memory is resident memory: of the app
once it is warm, and after each round, when everyone has left. (Streamlit keeps up to 128
sessions that have left, for two minutes, so that they can come back.)

Exits with 1 where the median is 100 ms or more, where a visitor was lost, a picture did not
come, the app wrote an error to its log, or the last round left more than 1 MB a visitor.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from websockets.exceptions import WebSocketException

from benchmarks.server import Server, load, prepare, served
from benchmarks.visitor import LostError, Pictures, Visitor

CORES = 2
TARGET_MS = 100.0
LEFT_MB = 1.0  # what a visitor may leave behind
ARRIVAL_S = 10.0
THINK_S = (2.0, 8.0)
REST_S = 5.0  # between the end of a round and the look at the memory
KINDS = (
    "open Browse",
    "the next page",
    "a search",
    "a product",
    "Back",
    "Shop the look",
    "a look",
    "more like this",
    "another scoring",
    "Browse again",
)


@dataclass
class Round:
    """What one round found: seconds by kind of click, and what went wrong, in words."""

    times: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    pictures: list[float] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    cpu_s: float = 0.0
    own_cpu_s: float = 0.0
    wall_s: float = 0.0

    def every(self) -> list[float]:
        return [spent for found in self.times.values() for spent in found]


class Person:
    """One visitor with a mind of its own: what it clicks follows from its number alone."""

    def __init__(self, site: str, number: int, think_s: Sequence[float], found: Round) -> None:
        self.mind = random.Random(number)
        self.think_s = think_s
        self.visitor = Visitor(site)
        self.pictures = Pictures(site)
        self.found = found

    async def come(self, journeys: int) -> None:
        await asyncio.sleep(self.mind.uniform(0, ARRIVAL_S))
        await self.visitor.connect()
        try:
            for turn in range(journeys):
                await self.browse(first=turn == 0)
                await self.shop()
        finally:
            self.found.pictures += self.pictures.times
            self.found.missing += self.pictures.failed
            await self.visitor.close()

    async def browse(self, *, first: bool) -> None:
        at = self.visitor
        if first:
            place = f"browse?browse_seed={self.mind.randrange(10**6)}"
            await self.click("open Browse", at.open(place))
        else:
            await self.click("Browse again", at.go("browse"))
        self.expect(bool(at.tiles("browse_tiles")), "no products")
        before = at.tiles("browse_tiles")
        await self.click("the next page", at.choose("browse_page", 2))
        self.expect(at.parameters().get("browse_page") == "2", "not on the second page")
        self.expect(not set(before) & set(at.tiles("browse_tiles")), "the same page again")

        titles = [tile["title"] for tile in at.components["browse_tiles"]["tiles"]]
        word = self.mind.choice([word for title in titles for word in title.split()])
        await self.click("a search", at.trigger("browse_find", "typed", {"text": word}))
        self.expect(at.parameters().get("browse_search") == word, "not this visitor's search")
        listed = at.tiles("browse_tiles")
        product = self.mind.choice(listed)
        await self.click("a product", at.trigger("browse_tiles", "picked", product))
        self.expect(at.parameters().get("item") == product, "not the product that was clicked")
        self.expect("panel_card" in at.components, "no panel")
        self.expect(at.tiles("browse_tiles") == listed, "another list behind the panel")
        await self.click("Back", at.back())
        self.expect("panel_card" not in at.components, "Back leaves the panel open")
        self.expect(at.tiles("browse_tiles") == listed, "Back leads to another list")

    async def shop(self) -> None:
        """Ends early where the catalogue has no looks."""
        at = self.visitor
        await self.click("Shop the look", at.go("shop_the_look"))
        looks = at.tiles("look_gallery")
        if not looks:
            return
        look = self.mind.choice(looks)
        await self.click("a look", at.trigger("look_gallery", "picked", look))
        self.expect(at.parameters() == {"look_scene": look}, "not the look that was clicked")
        self.expect(at.components["look_card"]["id"] == look, "another look's photo")
        self.expect(len(at.tiles("look_results")) == 10, "not ten products")
        liked = self.mind.choice(at.tiles("look_results"))
        act = {"id": liked, "act": "more"}
        await self.click("more like this", at.trigger("look_results", "acted", act))
        self.expect(at.parameters().get("look_steps") == f"more.{liked}", "not this one's step")
        scoring = self.mind.choice(at.options("look_scoring")[1:])
        await self.click("another scoring", at.choose("look_scoring", scoring))
        self.expect("look_scoring" in at.parameters(), "the scoring is not in the address")
        self.expect(at.components["look_card"]["id"] == look, "another look's photo")

    async def click(self, kind: str, rerun: Awaitable[float]) -> None:
        """A click, its pictures, and a look at the page."""
        self.found.times[kind].append(await rerun)
        said = " ".join(self.visitor.alerts)
        self.expect("Something went wrong" not in said, said)
        until = time.monotonic() + self.mind.uniform(*self.think_s)
        await self.pictures.fetch(self.visitor)
        await asyncio.sleep(max(0.0, until - time.monotonic()))

    def expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise LostError(otherwise)


async def soak(
    server: Server, people: int, journeys: int, first: int, think_s: Sequence[float]
) -> Round:
    """One round of visitors, numbered on from ``first``."""
    found = Round()

    async def visit(number: int) -> None:
        person = Person(server.url, number, think_s, found)
        try:
            await person.come(journeys)
        except (LostError, WebSocketException, OSError, TimeoutError, EOFError) as error:
            found.lost.append(f"visitor {number}: {type(error).__name__} {error}")

    began, used, own = time.monotonic(), server.cpu_seconds(), time.process_time()
    await asyncio.gather(*(visit(first + number) for number in range(people)))
    found.wall_s = time.monotonic() - began
    found.cpu_s = server.cpu_seconds() - used
    found.own_cpu_s = time.process_time() - own
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, help="a data set, or a category file")
    parser.add_argument("--model", type=Path, help="a model of it; without one: none")
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--journeys", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--think", type=float, nargs=2, default=THINK_S, metavar="SECONDS")
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    os.sched_setaffinity(0, cores)  # the app inherits it
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        prepare(home, options.data, options.model)
        said = f"{options.visitors} visitors on {len(cores)} cores"
        print(f"{said}, {options.think[0]:g} to {options.think[1]:g} s between clicks")
        print(f"load before: {load()}")
        with served(home) as server:
            met = run(server, options.visitors, options.journeys, options.rounds, options.think)
    sys.exit(0 if met else 1)


def run(server: Server, people: int, journeys: int, rounds: int, think_s: Sequence[float]) -> bool:
    """Whether all targets were met."""
    server.wait_for_counts()
    asyncio.run(soak(server, 1, 1, -1, think_s))  # what only the first visitor meets
    memory = [server.memory_mb()]
    found: list[Round] = []
    for turn in range(rounds):
        found.append(asyncio.run(soak(server, people, journeys, turn * people, think_s)))
        time.sleep(REST_S)
        memory.append(server.memory_mb())
        print(f"\nround {turn + 1}")
        show(found[-1])
    print(f"\nmemory, warm and after each round: {', '.join(f'{mb:,.0f} MB' for mb in memory)}")
    print(f"at most {server.peak_mb():,.0f} MB; connected now: {server.active_sessions()}")
    print(f"load after: {load()}")
    return judge(server, found, memory, people)


def show(found: Round) -> None:
    print(f"{'from a click on':<20}{'clicks':>8}{'median':>10}{'95 %':>10}{'slowest':>10}")
    for kind, times in (*found.times.items(), ("all", found.every())):
        line(kind, times)
    line("(a picture)", found.pictures)
    rate = len(found.every()) / found.wall_s
    print(f"{found.wall_s:.0f} s, {rate:.1f} clicks a second; busy: the app", end=" ")
    print(f"{found.cpu_s / found.wall_s:.0%} of a core, the visitors", end=" ")
    print(f"{found.own_cpu_s / found.wall_s:.0%}; lost: {len(found.lost)}")


def line(kind: str, times: list[float]) -> None:
    if times:
        row = (statistics.median(times), percentile_95(times), max(times))
        print(f"{kind:<20}{len(times):>8}" + "".join(f"{1e3 * t:>7.0f} ms" for t in row))


def judge(server: Server, found: list[Round], memory: list[float], people: int) -> bool:
    """Says what was missed."""
    missed = [line for one in found for line in (*one.lost, *one.missing)]
    median_ms = 1e3 * statistics.median([spent for one in found for spent in one.every()])
    if median_ms >= TARGET_MS:
        missed.append(f"the median is {median_ms:.0f} ms, the target under {TARGET_MS:.0f} ms")
    if len(memory) > 2 and memory[-1] - memory[-2] > LEFT_MB * people:
        left = (memory[-1] - memory[-2]) / people
        missed.append(f"the last round left {left:.1f} MB a visitor, more than {LEFT_MB:.0f} MB")
    if "Traceback" in server.log.read_text("utf-8", "replace"):
        missed.append("the app wrote an error to its log")
    for line in missed:
        print(f"MISSED: {line}")
    if not missed:
        print(f"met: median {median_ms:.0f} ms, none lost")
    return not missed


def percentile_95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]


if __name__ == "__main__":
    main()
