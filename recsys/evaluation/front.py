"""What every cure costs: recall against exposure over a grid of strengths.

Measured on validation scenes, so that the choice has seen no test scene; what corrections
compare with are training scenes. A record is plain JSON, kept in the workspace under the
fingerprints of the model and the data; one that is damaged counts as none and is made anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from recsys.atomic import write_json
from recsys.errors import RequestError
from recsys.evaluation import exposure
from recsys.evaluation.audit import Auditor, Setting
from recsys.evaluation.audit_engine import Engine
from recsys.evaluation.audit_figures import (
    Chance,
    PerScene,
    Reference,
    missed,
    recall_by_chance,
)
from recsys.evaluation.audit_lists import Best
from recsys.evaluation.audit_scenes import Sample
from recsys.evaluation.bootstrap import Terms, interval, resample
from recsys.evaluation.front_result import ByChance, Front, FrontPoint, Value, read_front
from recsys.evaluation.report import model_of
from recsys.retrieval.corrections import Correction, Name
from recsys.retrieval.reranking import POOL
from recsys.serving.server import Server
from recsys.workspace import Workspace

Progress = Callable[[int, int], None]

TOLERANCE = 0.01
"""How much of the best recall the recommended point may lack."""

STRENGTHS: dict[Name, tuple[float | None, ...]] = {
    "dot": (None,),
    "cosine": (None,),
    "norm-shrink": (0.25, 0.5, 0.75),
    "norm-clip": (0.1, 0.25, 0.5, 0.75),
    "popularity": (0.01, 0.02, 0.05, 0.1, 0.2),
    "nnn": (0.25, 0.5, 0.75, 1.0, 1.5),
    "inverted-softmax": (5.0, 10.0, 20.0, 40.0, 80.0),
    "qb-norm": (5.0, 10.0, 20.0, 40.0, 80.0),
}
HINT = (
    "Hardly any right product of these scenes was in training, so a popularity penalty finds more "
    "of them by putting back products that cannot be right; it is shown, and not recommended"
)
DIVERSITIES = (0.1, 0.2, 0.3, 0.5)
CAPS = (1.0, 1.5, 2.0, 3.0, 5.0)

_FORMAT = 3


def find_front(
    auditor: Auditor, workspace: Workspace, k: int = 10, progress: Progress | None = None
) -> Front:
    """The front of the auditor's server: the one that is kept, or measured now and kept.

    Args:
        progress: called with (done, total); may raise, to stop, and then nothing is kept.

    Raises:
        DataError: no validation scene has a readable photo.
        RequestError: there is no training scene for the corrections to compare with.
        ModelError, OSError: as ``Auditor.prepare``.
    """
    known = known_front(auditor.server, workspace, k)
    if known is not None:
        return known
    front = measure_front(auditor, k, progress)
    content = front.record()
    write_json(
        front_path(auditor.server, workspace, k),
        {"content": content, "digest": _digest(content)},
    )
    return front


def known_front(server: Server, workspace: Workspace, k: int = 10) -> Front | None:
    """The front that is kept for a server's model and data; None without a whole one."""
    try:
        kept = json.loads(front_path(server, workspace, k).read_text("utf-8"))
        content = kept["content"]
        if kept["digest"] != _digest(content):
            return None
        return read_front(content)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    except RequestError:  # a correction that this version does not know
        return None


def front_path(server: Server, workspace: Workspace, k: int) -> Path:
    """Where the front of a model and data lies; its folder is its own."""
    model, _ = model_of(server)
    digest = hashlib.blake2b(digest_size=16)
    grid = repr((STRENGTHS, DIVERSITIES, CAPS))
    for part in (model.fingerprint, server.catalog.fingerprint, f"{_FORMAT} {k}", grid):
        digest.update(part.encode() + b"\0")
    return workspace.cache_dir / "front" / digest.hexdigest() / "front.json"


def grid(k: int) -> tuple[Setting, ...]:
    """Every setting that is measured, the model's own score first."""
    corrections: list[Correction | None] = [None]
    corrections += [
        Correction(name, strength)
        for name, strengths in STRENGTHS.items()
        for strength in strengths
    ]
    plain = [Setting(correction, k=k, part="validation") for correction in corrections]
    diverse = [Setting(diversity=value, k=k, part="validation") for value in DIVERSITIES]
    capped = [Setting(cap=value, k=k, part="validation") for value in CAPS]
    return (*plain, *diverse, *capped)


def measure_front(auditor: Auditor, k: int = 10, progress: Progress | None = None) -> Front:
    """The front, measured now. See ``find_front``."""
    server = auditor.server
    model, _ = model_of(server)
    settings = grid(k)
    with auditor.lock:
        sample = auditor.sample("validation")
        reference = auditor.reference(sample)
        chance = auditor.chance(len(sample.scene_rows), k)
        terms: dict[str, Terms] = {}
        counted: list[dict[str, Any]] = []
        for at, (setting, best) in enumerate(_scored(auditor.engine, settings, sample, progress)):
            lists = auditor.engine.ordered(best, setting).lists
            shown = exposure.times_shown(lists, auditor.engine.products)
            recall = PerScene.of(lists, k, reference).recall[sample.unseen]
            terms[str(at)] = Terms.of_scenes(recall)
            now = exposure.concentration(shown, len(lists))
            counted.append(
                {
                    "excess_gini": exposure.excess_gini(now.gini, chance.concentration.gini),
                    "gini": now.gini,
                    "coverage": now.coverage,
                    "effective_catalogue": now.effective_catalogue,
                    "top_share": now.top_share,
                    "largest_share": now.largest_share,
                    "never_shown": int(np.count_nonzero(shown == 0)),
                }
            )
    hint = frequency_is_a_hint(reference)
    draws = resample(terms, seed=0)
    points = []
    for at, (setting, found) in enumerate(zip(settings, counted, strict=True)):
        value, own = terms[str(at)].value, terms["0"].value
        recall_ = interval(value, draws[str(at)]).to_json()
        gain = interval(value - own, draws[str(at)] - draws["0"]).to_json()
        points.append(
            FrontPoint(
                scoring=setting.to_json()["scoring"],
                diversity=setting.diversity,
                cap=setting.cap,
                servable=setting.servable,
                suspect=hint and _uses_frequency(setting),
                recall=Value(**recall_),
                gain=Value(**gain),
                **found,
            )
        )
    return Front(
        model=model.id,
        model_fingerprint=model.fingerprint,
        data=server.catalog.name,
        data_fingerprint=server.catalog.fingerprint,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        k=int(k),
        scenes=len(sample.scene_rows),
        unseen_scenes=int(np.count_nonzero(sample.unseen)),
        products=auditor.engine.products,
        by_chance=_by_chance(chance, reference, k),
        points=tuple(points),
        recommended=recommended(points),
        notes=(HINT,) if hint else (),
    )


def frequency_is_a_hint(reference: Reference) -> bool:
    """Whether having been in training says that a product is not right for an unseen scene.

    Where every product is of one look, as crops of street photos are, those of training looks
    cannot be right elsewhere. A popularity penalty then gains recall by putting back what
    cannot be right, which no shop would see. So it is held to be where products of training
    are half as common, or less, among what is right as in the catalogue.
    """
    in_training = reference.frequencies > 0
    right = in_training[reference.unseen_positives.product]
    return bool(len(right) and in_training.any() and right.mean() <= 0.5 * in_training.mean())


def _uses_frequency(setting: Setting) -> bool:
    return setting.correction is not None and setting.correction.name == "popularity"


def recommended(points: list[FrontPoint]) -> int | None:
    """Of the points that can be served, the lowest excess Gini within 1 % of the best recall.

    Ties go to the higher recall, then to the first. None where no point has both figures.
    """
    known = [
        (point.excess_gini, -point.recall.value, at)
        for at, point in enumerate(points)
        if point.servable
        and not point.suspect
        and point.recall.value is not None
        and point.excess_gini is not None
    ]
    if not known:
        return None
    best = max(-loss for _, loss, _ in known)
    return min(entry for entry in known if -entry[1] >= (1.0 - TOLERANCE) * best)[2]


# how


def _by_chance(chance: Chance, reference: Reference, k: int) -> ByChance:
    drawn = chance.concentration
    return ByChance(
        recall=recall_by_chance(reference.unseen_positives, k),
        excess_gini=None if drawn.gini is None else 0.0,
        gini=drawn.gini,
        coverage=chance.coverage,
        effective_catalogue=drawn.effective_catalogue,
        top_share=drawn.top_share,
        largest_share=drawn.largest_share,
        never_shown=missed(chance.coverage, reference.positives.products),
    )


def _scored(
    engine: Engine, settings: tuple[Setting, ...], sample: Sample, progress: Progress | None
) -> Iterator[tuple[Setting, Best]]:
    """The best of every scene under each setting; corrections are all scored in one pass."""
    corrections = [setting.correction for setting in settings if setting.servable]
    scenes = len(sample.scene_rows)
    total = len(corrections) + 2 * scenes

    def fitted(done: int) -> None:
        if progress is not None:
            progress(done, total)

    def passed(done: int, _: int) -> None:
        if progress is not None:
            progress(len(corrections) + done, total)

    for done, correction in enumerate(corrections):
        fitted(done)
        engine.server.fitted(correction)
    found = iter(engine.each_scored(corrections, sample, max(POOL, settings[0].k), passed))
    deep = Setting(cap=CAPS[0], k=settings[0].k, part="validation")
    own: Best | None = None
    for setting in settings:
        if setting.servable:
            best = next(found)
        else:
            if own is None:
                own, _ = engine.scored(deep, sample)
            best = own
        yield setting, best
    if progress is not None:
        progress(total, total)


def _digest(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
