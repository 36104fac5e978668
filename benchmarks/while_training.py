"""What a training costs the shop: the median click with a run beside it, against without.

    python -m benchmarks.while_training                                # the demo, its model
    python -m benchmarks.while_training --data FOLDER --model BUNDLE   # a data set, a model of it

The app runs as people start it, over a workspace of its own, with the visitors of
``benchmarks.soak``; a real run of ``--preset`` trains on the same data, started as the page
starts it. Server, visitors and run share the first two cores.

Visitors click all the time. The run is held still (SIGSTOP, with the process that records it) and
let go on in turns of ``--turn`` seconds: still, going, going, still, and so on, so that whatever
else the machine does falls on both alike, and slow changes cancel out. A click counts for the
turn in which it began and ended; the first second of a turn is left out.

Prints medians by kind of click, the ratio of the two medians over all clicks, and how that ratio
spreads over the pairs of turns. Exits with 1 where the ratio is above 1.5 or a visitor was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from websockets.exceptions import WebSocketException

from benchmarks.server import Server, load, prepare, served
from benchmarks.soak import CORES, KINDS, THINK_S, Person, Round, soak
from benchmarks.visitor import LostError
from recsys import processes
from recsys.learning import jobs, runs
from recsys.learning.presets import PRESETS
from recsys.learning.train import TrainRequest
from recsys.workspace import DEMO_NAME, Workspace

MOST_RATIO = 1.5
SETTLE_S = 1.0
BEGIN_S = 900.0
JOURNEY_S = 25.0  # five clicks: visitors arrive spread over it, so their clicks are mixed
Side = Literal["still", "going"]


@dataclass(frozen=True)
class Turn:
    """A stretch of time, in seconds of ``time.monotonic``, in which the run did one thing."""

    side: Side
    began: float
    ended: float


@dataclass(frozen=True)
class Click:
    """One click: its kind, when it began, and the seconds to its answer."""

    kind: str
    began: float
    seconds: float


class Shopper(Person):
    """A visitor of the soak that notes when it clicked, and stays.

    It browses or shops as it likes, so that at any time some do the one and some the other.
    """

    def __init__(
        self, site: str, number: int, think_s: Sequence[float], found: Round, clicks: list[Click]
    ) -> None:
        super().__init__(site, number, think_s, found)
        self.clicks = clicks

    async def stay(self) -> None:
        await asyncio.sleep(self.mind.uniform(0, JOURNEY_S))
        await self.visitor.connect()
        try:
            await self.browse(first=True)
            while True:
                if self.mind.random() < 0.5:
                    await self.shop()
                else:
                    await self.browse(first=False)
        finally:
            await self.visitor.close()

    async def click(self, kind: str, rerun: Awaitable[float]) -> None:
        async def noted() -> float:
            began = time.monotonic()
            spent = await rerun
            self.clicks.append(Click(kind, began, spent))
            return spent

        await super().click(kind, noted())


class Training:
    """A real run beside the shop, that can be held still."""

    def __init__(self, workspace: Workspace, data: str, preset: str) -> None:
        self._workspace = workspace
        self.id = jobs.start(TrainRequest(data, preset, minutes=60.0), workspace)
        self._folders = [workspace.job_dir(self.id)]
        self._folders.append(self._folders[0] / "tracking")

    def wait_for_steps(self) -> None:
        """Waits until it has read its pictures, compiled its step, and trains."""
        end = time.monotonic() + BEGIN_S
        while runs.read_run(self._workspace, self.id).step < 2:
            run = runs.read_run(self._workspace, self.id)
            if not run.is_in_progress or time.monotonic() > end:
                sys.exit(f"the run did not begin: {run.state} {run.reason}")
            time.sleep(0.5)

    def step(self) -> int:
        return runs.read_run(self._workspace, self.id).step

    def hold(self, still: bool) -> None:
        for folder in self._folders:
            pid = processes.status(folder).pid
            if pid is not None:
                with suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGSTOP if still else signal.SIGCONT)

    def cpu_seconds(self) -> float:
        pid = processes.status(self._folders[0]).pid
        if pid is None:
            return 0.0
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        self.hold(False)
        for folder in self._folders:
            processes.kill(folder)
            processes.wait(folder, 20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, help="a data set")
    parser.add_argument("--model", type=Path, help="a model of it; without one: none")
    parser.add_argument("--preset", choices=sorted(PRESETS), default="regions")
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--pairs", type=int, default=12, help="pairs of turns")
    parser.add_argument("--turn", type=float, default=5.0, metavar="SECONDS")
    parser.add_argument("--think", type=float, nargs=2, default=THINK_S, metavar="SECONDS")
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    os.sched_setaffinity(0, cores)  # the app and the run inherit it
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        prepare(home, options.data, options.model)
        data = DEMO_NAME if options.data is None else str(options.data.resolve())
        think = f"{options.think[0]:g} to {options.think[1]:g} s between clicks"
        print(f"{options.visitors} visitors on {len(cores)} cores, {think}; load {load()}")
        with served(home) as server:
            server.wait_for_counts()
            asyncio.run(soak(server, 1, 1, -1, (0.1, 0.2)))  # what only the first visitor meets
            training = Training(Workspace(home), data, options.preset)
            try:
                training.wait_for_steps()
                found = asyncio.run(watch(server, training, options))
            finally:
                training.end()
        print(f"load {load()}")
    sys.exit(0 if judge(*found) else 1)


async def watch(
    server: Server, training: Training, options: argparse.Namespace
) -> tuple[list[Turn], list[Click], Round]:
    """Visitors click while the run is held still and let go on in turns."""
    found, clicks = Round(), list[Click]()

    async def visit(number: int) -> None:
        person = Shopper(server.url, number, options.think, found, clicks)
        try:
            await person.stay()
        except (LostError, WebSocketException, OSError, TimeoutError, EOFError) as error:
            found.lost.append(f"visitor {number}: {type(error).__name__} {error}")

    visitors = [asyncio.create_task(visit(number)) for number in range(options.visitors)]
    await asyncio.sleep(JOURNEY_S + options.think[1])
    turns: list[Turn] = []
    used, steps = {"still": 0.0, "going": 0.0}, training.step()
    for number in range(2 * options.pairs):
        side: Side = "going" if number % 4 in (1, 2) else "still"
        training.hold(side == "still")
        await asyncio.sleep(SETTLE_S)
        began, before = time.monotonic(), training.cpu_seconds()
        await asyncio.sleep(options.turn)
        turns.append(Turn(side, began, time.monotonic()))
        used[side] += training.cpu_seconds() - before
    for visitor in visitors:
        visitor.cancel()
    await asyncio.gather(*visitors, return_exceptions=True)
    for side in ("still", "going"):
        spent = sum(turn.ended - turn.began for turn in turns if turn.side == side)
        print(f"the run {side}: {used[side] / spent:.0%} of a core")
    print(f"steps meanwhile: {training.step() - steps}")
    return turns, clicks, found


def judge(turns: list[Turn], clicks: list[Click], found: Round) -> bool:
    """Prints what was found; whether it is as it should be."""
    print(f"\n{'a click':<20}{'still':>8}{'':>10}{'going':>8}{'':>10}{'ratio':>8}")
    for kind in (*KINDS, "all"):
        of_kind = [click for click in clicks if kind in (click.kind, "all")]
        sides = [times(of_kind, turns, side) for side in ("still", "going")]
        if all(sides):
            still, going = map(statistics.median, sides)
            row = f"{1e3 * still:>7.1f} ms{len(sides[0]):>8}{1e3 * going:>7.1f} ms"
            print(f"{kind:<20}{row}{len(sides[1]):>8}{going / still:>8.2f}")
    ratios = []
    for first, second in zip(turns[::2], turns[1::2], strict=True):
        pair = {turn.side: statistics.median(times(clicks, [turn])) for turn in (first, second)}
        ratios.append(pair["going"] / pair["still"])
    medians = [statistics.median(times(clicks, turns, side)) for side in ("still", "going")]
    ratio = medians[1] / medians[0]
    slowest = [statistics.quantiles(times(clicks, turns, side), n=20)[-1] for side in SIDES]
    print(f"95 % of clicks within {1e3 * slowest[0]:.0f} ms still, {1e3 * slowest[1]:.0f} ms going")
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    print(f"median click {1e3 * medians[0]:.1f} → {1e3 * medians[1]:.1f} ms", end=": ")
    print(f"{ratio:.2f} times; pair by pair {middle:.2f}, half of them {low:.2f} to {high:.2f}")
    for line in found.lost:
        print(f"LOST: {line}")
    if ratio > MOST_RATIO:
        print(f"MISSED: more than {MOST_RATIO} times")
    return ratio <= MOST_RATIO and not found.lost


def times(clicks: list[Click], turns: list[Turn], side: Side | None = None) -> list[float]:
    """Seconds of the clicks that began and ended in one of the turns."""
    return [
        click.seconds
        for click in clicks
        for turn in turns
        if side in (None, turn.side)
        and turn.began <= click.began
        and click.began + click.seconds <= turn.ended
    ]


SIDES: tuple[Side, Side] = ("still", "going")


if __name__ == "__main__":
    main()
