"""Begins one training after another, each a fork of this process, so that it is quick to kill.

Argument: the workspace's folder. Reads JSON objects, the fields of a ``TrainRequest``, a line
each; answers ``pid N``, then ``saved`` at the first checkpoint, then ``ended CODE``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from recsys.learning.loop import Event, Pace
from recsys.learning.train import TrainRequest, train
from recsys.workspace import Workspace


def main() -> None:
    workspace = Workspace(Path(sys.argv[1]))
    for line in sys.stdin:
        child = os.fork()  # JAX is imported but not begun, so it may be
        if child == 0:
            run(json.loads(line), workspace)
            os._exit(0)
        say(f"pid {child}")
        say(f"ended {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}")


def run(request: dict[str, Any], workspace: Workspace) -> None:
    told: list[str] = []

    def listen(event: Event) -> None:
        if event.kind == "save" and not told:
            told.append("saved")
            say(told[0])

    request["overrides"] = tuple(request.get("overrides", ()))
    pace = Pace(save_every_s=0.0, evaluate_every_s=1e9)
    train(TrainRequest(**request), workspace, listen, pace=pace)


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


if __name__ == "__main__":
    main()
