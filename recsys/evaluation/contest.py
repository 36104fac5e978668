"""A model against the one that is live, on looks that neither learnt from, in a process of its own.

Opening both embeds the catalogue where that is still to do, so that putting the model live
afterwards is a matter of a moment. Everything is in files: who looks may be another server.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from recsys import processes
from recsys.atomic import write_json
from recsys.errors import RecsysError
from recsys.evaluation.bootstrap import Terms, interval, resample
from recsys.workspace import Workspace, is_name

if TYPE_CHECKING:
    from recsys.catalog.splits import Part
    from recsys.evaluation.audit import Audit
    from recsys.evaluation.ranking import Positives
    from recsys.serving.server import Server

K = 10
MOST_CATEGORIES = 12
EXPOSURE = ("excess_gini", "coverage", "largest_share")

Progress = Callable[[int, int], None]
Stage = Literal["none", "running", "stopping", "done", "failed"]


@dataclass(frozen=True)
class Contest:
    """How far it is, or what came out.

    Attributes:
        stage: ``none`` was never asked for, or was stopped.
        doing, done, total: while it runs; total is 0 until it is known.
        reason: why it failed, in words.
        result: as ``measured`` gives it, where it is done.
    """

    stage: Stage
    doing: str = ""
    done: int = 0
    total: int = 0
    reason: str = ""
    result: dict[str, Any] | None = None


@dataclass(frozen=True)
class Match:
    """What is measured against what.

    Attributes:
        model, data: as commands name them.
        against: the model that is live; empty where none is.
        scoring: the correction that the model would be served with, as ``serving.spelling``
            writes it; empty for its own scores.
        against_scoring: the one that the live model is served with.
    """

    model: str
    data: str
    against: str
    scoring: str = ""
    against_scoring: str = ""

    @property
    def is_corrected(self) -> bool:
        """Whether any of the lists are others than by the models' own scores."""
        return bool(self.scoring or (self.against and self.against_scoring))


def begin(workspace: Workspace, match: Match) -> None:
    """Sees that it runs or is done; of many who ask at once one process comes of it.

    Raises OSError where the workspace cannot be written.
    """
    with suppress(processes.AlreadyRunningError):
        processes.start(
            _folder(workspace, match),
            ["-m", "recsys.evaluation.contest", json.dumps(astuple(match))],
            environment={"RECSYS_HOME": str(workspace.root)},
        )


def look(workspace: Workspace, match: Match) -> Contest:
    """How far it is, from files alone. Raises DataError where there is no such data set."""
    folder = _folder(workspace, match)
    status = processes.status(folder)
    state = processes.read_state(folder)
    if status.is_alive:
        done, total = (_count(state.get(name)) for name in ("done", "total"))
        stage: Stage = "stopping" if status.stage == "stopping" else "running"
        return Contest(stage, str(state.get("doing") or "Starting"), done, total)
    result = processes.read_record(folder / "result.json")
    if result is not None:
        return Contest("done", result=result)
    if status.stage == "none" or status.stop_asked:
        return Contest("none")
    reason = state.get("error") or status.reason() or "it ended without a result"
    return Contest("failed", reason=str(reason))


def stop(workspace: Workspace, match: Match) -> bool:
    """Asks it to stop; False where it does not run."""
    return processes.stop(_folder(workspace, match))


def forget(workspace: Workspace, match: Match) -> None:
    """Makes it possible to measure anew. Raises OSError."""
    (_folder(workspace, match) / "result.json").unlink(missing_ok=True)


# the work itself


def measured(
    workspace: Workspace,
    match: Match,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> dict[str, Any]:
    """Embeds the data with both models and measures them on the same looks.

    Returns plain data: ``figures`` by name, each ``{"new", "live", "difference"}`` of intervals
    (the last two None without a live model), by the models' own scores; of the lists as they
    are and would be served, ``served``, which is recall@10 of the same shape and with its
    ``scenes``, ``categories`` of that shape by name, and ``exposure``; ``scenes``, ``part``,
    ``fingerprint`` of the data, ``warnings`` and ``created``.

    Raises RecsysError.
    """
    from recsys.evaluation.audit import Auditor
    from recsys.evaluation.audit_setting import Setting
    from recsys.evaluation.report import default_part, evaluate
    from recsys.evaluation.saved import save_report
    from recsys.evaluation.trial import demo_labels
    from recsys.serving.open import open_server
    from recsys.serving.spelling import parse_correction

    def step(doing: str) -> Progress:
        return lambda done, total: progress(doing, done, total)

    data = match.data
    servers = [open_server(data, match.model, workspace, step("Embedding the catalogue"))]
    if match.against:
        embedding = step("Embedding for the live model")
        servers.append(open_server(data, match.against, workspace, embedding))
    part = default_part(servers[0])
    report = evaluate(
        servers[0],
        part,
        workspace=workspace,
        rivals=servers[1:],
        labels=demo_labels(workspace.resolve_dataset(data)),
        progress=step("Measuring"),
    )
    bundle = workspace.resolve_model(match.model)
    if bundle.parent == workspace.models_dir:
        save_report(report, bundle)
    record = report.record
    beside = record["beside"][0] if record["beside"] else None
    audits = []
    for server, scoring in zip(servers, (match.scoring, match.against_scoring), strict=False):
        setting = Setting(parse_correction(scoring) if scoring else None, k=K, part=part)
        audits.append(Auditor(server, workspace).audit(setting, step("Counting exposure")))
    if match.is_corrected:
        categories = served_by_category(audits)
    else:
        categories = by_category(servers, part, workspace)
    return {
        **asdict(match),
        "fingerprint": servers[0].catalog.fingerprint,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "part": part,
        "scenes": record["counts"]["scenes"],
        "figures": {
            name: {
                "new": figure,
                "live": beside["figures"].get(name) if beside else None,
                "difference": beside["difference"].get(name) if beside else None,
            }
            for name, figure in record["figures"].items()
        },
        "served": served(audits),
        "exposure": {
            name: [audit.figures[name].to_json() for audit in audits] for name in EXPOSURE
        },
        "categories": categories,
        "warnings": report.warnings,
    }


def served(audits: Sequence[Audit]) -> dict[str, Any]:
    """Recall of each list as it is or would be served, over the looks that none learnt from."""
    unseen = np.logical_and.reduce([audit.sample.unseen for audit in audits])
    terms = {str(n): Terms.of_scenes(one.per_scene.recall[unseen]) for n, one in enumerate(audits)}
    draws = resample(terms, seed=0)
    sides = [interval(terms[name].value, draws[name]).to_json() for name in terms]
    gain = None
    if len(sides) == 2:
        gain = interval(terms["0"].value - terms["1"].value, draws["0"] - draws["1"]).to_json()
    return {
        "new": sides[0],
        "live": sides[1] if sides[1:] else None,
        "difference": gain,
        "scenes": int(np.count_nonzero(unseen)),
    }


def by_category(servers: Sequence[Server], part: Part, workspace: Workspace) -> dict[str, Any]:
    """Which right products are among the first ten by the models' own scores, by category.

    Each right product is looked for on its own: others of its look are out of the race. Returns
    what ``_categories`` does.
    """
    from recsys.evaluation.ranking import measure
    from recsys.evaluation.report import model_of, trial_of
    from recsys.evaluation.scorers import chunks, model_scorer

    catalog = servers[0].catalog
    pairs = [model_of(server) for server in servers]
    trial = trial_of(servers[0], servers[1:], part, workspace)
    ranks = [
        measure(chunks(model_scorer(one, table, catalog, trial), trial), trial.positives).rank
        for one, table in pairs
    ]
    hits = [(rank >= 1) & (rank <= K) for rank in ranks]
    paths = [str(name) for name in catalog.categories]
    return _categories(hits, trial.positives, trial.category[trial.positives.product], paths)


def served_by_category(audits: Sequence[Audit]) -> dict[str, Any]:
    """Which right products are in the lists as they are or would be served, by category.

    Over the looks that none learnt from. Returns what ``_categories`` does.
    """
    from recsys.evaluation.audit_figures import ranks_in

    unseen = np.logical_and.reduce([audit.sample.unseen for audit in audits])
    first = audits[0]
    every = first.sample.positives
    inside = unseen[every.scene]
    positives = replace(every, scene=every.scene[inside], product=every.product[inside])
    hits = [ranks_in(audit.lists, positives) > 0 for audit in audits]
    category = np.asarray(first.by_product.category, np.int64)[positives.product]
    return _categories(hits, positives, category, list(first.category_names))


def _categories(
    hits: Sequence[NDArray[np.bool_]],
    positives: Positives,
    category: NDArray[np.integer],
    paths: list[str],
) -> dict[str, Any]:
    """Shares of right products that are found, by category, paired over looks.

    ``clear`` says ``better`` or ``worse`` where that holds for all categories at once: the
    interval is that much wider (Bonferroni), since of twelve one is outside of 95 % by chance.

    Args:
        hits: of each side, ``bool [N]``: which of the right products it finds.
        category: ``[N]`` positions in ``paths``, the names of the categories.
    """
    groups = grouped(paths)
    names = sorted(set(groups))
    own = np.array([names.index(group) for group in groups], np.int64)[category]
    terms: dict[str, Terms] = {}
    for number, hit in enumerate(hits):
        for at, name in enumerate(names):
            inside = np.where(own == at, hit.astype(np.float64), np.nan)
            terms[f"{number}/{name}"] = Terms.of_pairs(inside, positives)
    draws = resample(terms, seed=0)
    found: dict[str, Any] = {}
    for at, name in enumerate(names):
        count = int(np.count_nonzero(own == at))
        if not count:
            continue
        sides = [f"{number}/{name}" for number in range(len(hits))]
        values = [interval(terms[side].value, draws[side]).to_json() for side in sides]
        gain, clear = None, ""
        if len(sides) == 2:
            difference = terms[sides[0]].value - terms[sides[1]].value
            drawn = draws[sides[0]] - draws[sides[1]]
            gain = interval(difference, drawn).to_json()
            clear = clearly(drawn, len(set(own.tolist())))
        found[name] = {
            "clear": clear,
            "pairs": count,
            "new": values[0],
            "live": values[1] if len(values) == 2 else None,
            "difference": gain,
        }
    return found


def clearly(draws: NDArray[np.float64], questions: int) -> str:
    """Whether a difference has a sign, beside others that are asked about at the same time."""
    known = draws[~np.isnan(draws)]
    if not len(known):
        return ""
    low, high = np.percentile(known, (2.5 / questions, 100 - 2.5 / questions))
    return "better" if low > 0 else "worse" if high < 0 else ""


def grouped(paths: list[str]) -> list[str]:
    """The group of each category: its path, cut to where there are few enough groups."""
    parts = [path.split("|") for path in paths]
    for depth in range(max((len(one) for one in parts), default=1), 1, -1):
        groups = ["|".join(one[:depth]) for one in parts]
        if len(set(groups)) <= MOST_CATEGORIES:
            return groups
    return [one[0] for one in parts]


def main(order: str) -> int:
    """The process: reports how far it is, and leaves ``result.json``."""
    match = Match(*(str(part) for part in json.loads(order)))
    workspace = Workspace.default()

    def progress(doing: str, done: int, total: int) -> None:
        processes.report({"doing": doing, "done": done, "total": total})

    (_folder(workspace, match) / "result.json").unlink(missing_ok=True)  # of other data, perhaps
    try:
        result = measured(workspace, match, progress)
        write_json(_folder(workspace, match) / "result.json", result)
    except RecsysError as error:
        processes.report({"error": str(error)})
        return 1
    return 0


def _folder(workspace: Workspace, match: Match) -> Path:
    data = str(workspace.resolve_dataset(match.data))
    key = json.dumps(astuple(replace(match, data=data)))
    digest = hashlib.blake2b(key.encode(), digest_size=8).hexdigest()
    stem = match.model if is_name(match.model) else "model"
    return workspace.contest_dir(f"{stem[:60]}-{digest}")


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
