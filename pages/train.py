"""Training: start a run, watch it, stop and resume it, compare runs, put a model live."""

from __future__ import annotations

from recsys.ui.frame import doubts, head, opened
from recsys.ui.training.asked import PARAMETERS
from recsys.ui.training.body import body, styles


def main() -> None:
    live = opened()
    head("Training", live)
    styles()
    doubts(PARAMETERS)
    body(live)


main()
