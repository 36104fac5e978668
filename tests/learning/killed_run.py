"""A training run in a process of its own that kills itself, as a power cut would, at one moment.

Arguments: what is to be killed (``saving``, ``exporting``, ``telling`` that it is finished, or
``nothing``), the workspace's folder, and a JSON object with the fields of a ``TrainRequest``.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from recsys import atomic as files
from recsys.learning.loop import Event, Pace
from recsys.learning.state import StateFile
from recsys.learning.train import TrainRequest, train
from recsys.workspace import Workspace


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    moment, root, request = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
    write_json, write_bytes = files.write_json, files.write_bytes
    saved = 0

    def json_or_death(path: Path, record: Any) -> None:
        if moment == "saving" and path.name == "progress.json" and saved >= 3:
            die()  # a checkpoint of which half is written
        write_json(path, record)

    def bytes_or_death(path: Path, content: bytes) -> None:
        if moment == "exporting" and path.name == "weights.npz":
            write_bytes(path, content[: len(content) // 2])
            die()
        write_bytes(path, content)

    def listen(event: Event) -> None:
        nonlocal saved
        saved += event.kind == "save"
        if event.kind == "start":
            sys.stdout.write("started\n")
            sys.stdout.flush()

    files.write_json, files.write_bytes = json_or_death, bytes_or_death
    if moment == "telling":
        StateFile.finished = lambda *_: die()  # type: ignore[method-assign]
    request["overrides"] = tuple(request.get("overrides", ()))
    pace = Pace(save_every_s=0.0, evaluate_every_s=1e9)
    train(TrainRequest(**request), Workspace(root), listen, pace=pace)


if __name__ == "__main__":
    main()
