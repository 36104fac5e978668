"""How good a model is on one part of a data set, beside recommenders that learn nothing.

``evaluate`` runs the server's own model over a split and measures everything with the same
scenes, candidates and bootstrap draws; ``Report`` is what comes out, as data.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.catalog import Catalog
from recsys.catalog.splits import Part, near, photo_hashes, split_scenes
from recsys.errors import ModelError
from recsys.evaluation.bootstrap import RESAMPLES, Terms, interval, resample
from recsys.evaluation.ranking import (
    PairFigures,
    Positives,
    measure,
    ndcg_at_k,
    recall_at_k,
    reciprocal_rank,
)
from recsys.evaluation.scorers import Scorer, baseline_scorers, chunks, model_scorer
from recsys.evaluation.trial import MAX_LOOK_ALIKES, Trial, plan
from recsys.workspace import Workspace

if TYPE_CHECKING:
    from recsys.retrieval.embedder import Embedder
    from recsys.retrieval.embeddings import EmbeddingTable
    from recsys.serving.server import Server

FORMAT = 1
KS = (1, 10, 50)
NDCG_K = 10
MAIN_FIGURE = "recall@10"
BASELINES = ("random", "popular", "colour")
LOST_TO_COLOUR = "the model does not beat the colour histogram"

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Report:
    """One evaluation. ``record`` is plain JSON; ``render`` in ``recsys.evaluation.render``."""

    record: dict[str, Any]

    @property
    def warnings(self) -> list[str]:
        return list(self.record["warnings"])


def evaluate(
    server: Server,
    part: Part,
    *,
    workspace: Workspace,
    rivals: Sequence[Server] = (),
    labels: Mapping[str, Hashable] | None = None,
    ks: Sequence[int] = KS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Report:
    """Measures the server's model, and rivals on the same data, on a part of their scenes.

    Args:
        server: has a model and its embeddings of the data set.
        rivals: further servers over the same data set, compared with paired intervals.
        labels: product id → its labels; products of the same labels count as right in the
            lenient figures, as products of one box do.
        ks: list lengths for recall.
        seed: of the random baseline, the contrast products and the bootstrap.
        progress: called with (recommenders measured, recommenders in all).

    Raises:
        ModelError: a server without a model.
        DataError: no scene of the part can be measured.
    """
    catalog = server.catalog
    model, table = model_of(server)
    others = [model_of(rival) for rival in rivals]
    trial = trial_of(server, rivals, part, workspace, labels=labels, seed=seed)
    scorers: dict[str, Scorer] = {"model": model_scorer(model, table, catalog, trial)}
    for number, (other, other_table) in enumerate(others):
        scorers[f"beside {number}"] = model_scorer(other, other_table, catalog, trial)
    scorers.update(baseline_scorers(catalog, trial, workspace, seed=seed))

    measured: dict[str, dict[str, Terms]] = {}
    for done, (name, scorer) in enumerate(scorers.items()):
        if progress is not None:
            progress(done, len(scorers))
        figures = measure(
            chunks(scorer, trial),
            trial.positives,
            category=trial.category,
            contrast=trial.contrast,
            alike=trial.alike,
        )
        measured[name] = _terms(figures, trial, ks, by_product=name == "model")
    if progress is not None:
        progress(len(scorers), len(scorers))
    known = _Figures(measured, seed)

    record: dict[str, Any] = {
        "format": FORMAT,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": model.id,
        "preset": str(_info(model).get("preset", "")),
        "model_fingerprint": model.fingerprint,
        "data": {"name": catalog.name, "fingerprint": catalog.fingerprint},
        "trained_on_this_data": _is_trained_on(model, catalog),
        "split": part,
        "seed": seed,
        "resamples": RESAMPLES,
        "counts": _counts(trial),
        "figures": known.of("model", "strict"),
        "lenient": known.of("model", "lenient") if len(trial.alike.member) else None,
        "by_product": _by_product(known, trial),
        "baselines": {name: known.of(name, "strict") for name in BASELINES},
        "difference": {name: known.difference("model", name) for name in BASELINES},
        "beside": [
            {
                "model": other.id,
                "preset": str(_info(other).get("preset", "")),
                "created": None,
                "figures": known.of(f"beside {number}", "strict"),
                "difference": known.difference("model", f"beside {number}"),
            }
            for number, (other, _) in enumerate(others)
        ],
    }
    record["warnings"] = _warnings(record, trial)
    record["notes"] = _notes(trial)
    if _hides_its_photos(model, catalog):
        record["notes"].append(
            "the model does not tell which photos it was trained on: copies of them under other "
            "ids cannot be found"
        )
    return Report(record)


def trial_of(
    server: Server,
    rivals: Sequence[Server],
    part: Part,
    workspace: Workspace,
    *,
    labels: Mapping[str, Hashable] | None = None,
    seed: int = 0,
) -> Trial:
    """The looks that a server and its rivals are measured on together; see ``plan``.

    Raises ModelError where one has no model, DataError where nothing is left to measure.
    """
    catalog = server.catalog
    model, table = model_of(server)
    others = [model_of(rival)[0] for rival in rivals]
    copies = training_copies([model, *others], catalog, workspace)
    seen_by_others = frozenset[str]().union(*(other.scenes_seen for other in others))
    of_rivals = np.array([scene.id in seen_by_others for scene in catalog.scenes], bool)
    return plan(
        catalog,
        part,
        split_scenes(catalog, workspace),
        pictured_scenes=np.array([catalog.scene_row(name) for name in table.scene_ids], np.int64),
        pictured_products=np.array(
            [catalog.product_row(name) for name in table.product_ids], np.int64
        ),
        scenes_seen=model.scenes_seen | seen_by_others,
        fitted=model.scenes_seen,
        copies=np.any(copies, axis=0),
        copies_fitted=copies[0],
        of_rivals=of_rivals | np.any(copies[1:], axis=0),
        labels=labels,
        seed=seed,
    )


def default_part(server: Server) -> Part:
    """``test`` of the data that the model was trained on, else ``all``: every scene is unseen."""
    model, _ = model_of(server)
    return "test" if _is_trained_on(model, server.catalog) else "all"


def model_of(server: Server) -> tuple[Embedder, EmbeddingTable]:
    """A server's model and its table. Raises ModelError where it has none."""
    if server.model is None or server.table is None:
        raise ModelError("there is no model to measure", "Name one with --model ID")
    return server.model, server.table


def _info(model: Embedder) -> dict[str, Any]:
    """What a model's bundle says of it; nothing for an embedder that comes from no bundle."""
    info = getattr(model, "info", None)
    return info if isinstance(info, dict) else {}


def _is_trained_on(model: Embedder, catalog: Catalog) -> bool:
    trained_on = _info(model).get("trained_on") or {}
    return trained_on.get("fingerprint") == catalog.fingerprint


def _photo_hashes(model: Embedder) -> list[str]:
    """What the bundle tells of the photos that training saw; older ones tell nothing."""
    hashes = (_info(model).get("trained_on") or {}).get("photo_hashes")
    return [text for text in hashes if isinstance(text, str)] if isinstance(hashes, list) else []


def training_copies(
    models: Sequence[Embedder], catalog: Catalog, workspace: Workspace
) -> NDArray[np.bool_]:
    """``bool [models, S]``: scenes whose photo is nearly one that a model was fitted to."""
    known = [_photo_hashes(model) for model in models]
    if not any(known):
        return np.zeros((len(models), len(catalog.scenes)), bool)
    hashes = photo_hashes(catalog, workspace, range(len(catalog.scenes)))
    return np.stack([near(hashes, others) for others in known])


def _hides_its_photos(model: Embedder, catalog: Catalog) -> bool:
    """Whether copies may be among the scenes; its own data's split keeps them together."""
    trained = bool(model.scenes_seen) and not _is_trained_on(model, catalog)
    return trained and not _photo_hashes(model)


# what is measured of a recommender


def _terms(
    figures: PairFigures, trial: Trial, ks: Sequence[int], *, by_product: bool
) -> dict[str, Terms]:
    """Every figure of one recommender, by ``group/name``."""
    groups = {"strict": _strict(figures, trial.positives, ks)}
    if by_product:
        lenient = figures.lenient_rank
        groups["lenient"] = {
            f"recall@{k}": Terms.of_scenes(recall_at_k(lenient, trial.positives, k)) for k in ks
        } | {"mrr": Terms.of_scenes(reciprocal_rank(lenient, trial.positives))}
        for name, chosen in (("seen", trial.seen), ("unseen", ~trial.seen)):
            groups[name] = _strict(*_restricted(figures, trial.positives, chosen), ks)
    return {
        f"{group}/{name}": terms for group, names in groups.items() for name, terms in names.items()
    }


def _strict(figures: PairFigures, positives: Positives, ks: Sequence[int]) -> dict[str, Terms]:
    rank = figures.rank
    return {
        **{f"recall@{k}": Terms.of_scenes(recall_at_k(rank, positives, k)) for k in ks},
        "mrr": Terms.of_scenes(reciprocal_rank(rank, positives)),
        f"ndcg@{NDCG_K}": Terms.of_scenes(ndcg_at_k(rank, positives, NDCG_K)),
        "auc": Terms.of_pairs(figures.auc, positives),
        "within_category_auc": Terms.of_pairs(figures.within_auc, positives),
        "binary_accuracy": Terms.of_pairs(figures.correct, positives),
    }


def _restricted(
    figures: PairFigures, positives: Positives, chosen: NDArray[np.bool_]
) -> tuple[PairFigures, Positives]:
    part = Positives(
        positives.scene[chosen], positives.product[chosen], positives.scenes, positives.products
    )
    kept = PairFigures(
        figures.rank[chosen],
        figures.lenient_rank[chosen],
        figures.auc[chosen],
        figures.within_auc[chosen],
        figures.correct[chosen],
    )
    return kept, part


class _Figures:
    """Figures with intervals, all from the same draws of scenes."""

    def __init__(self, measured: Mapping[str, Mapping[str, Terms]], seed: int) -> None:
        self._terms = {
            f"{who}/{name}": terms
            for who, names in measured.items()
            for name, terms in names.items()
        }
        self._draws = resample(self._terms, seed=seed)

    def of(self, who: str, group: str) -> dict[str, Any]:
        prefix = f"{who}/{group}/"
        return {
            key.removeprefix(prefix): interval(terms.value, self._draws[key]).to_json()
            for key, terms in self._terms.items()
            if key.startswith(prefix)
        }

    def difference(self, who: str, other: str) -> dict[str, Any]:
        """``who − other`` of every strict figure, paired."""
        result = {}
        for key, terms in self._terms.items():
            if key.startswith(f"{other}/strict/"):
                mine = key.replace(f"{other}/", f"{who}/", 1)
                gain = self._terms[mine].value - terms.value
                name = key.rsplit("/", 1)[-1]
                result[name] = interval(gain, self._draws[mine] - self._draws[key]).to_json()
        return result


# what the figures are about


def _counts(trial: Trial) -> dict[str, Any]:
    return {
        "scenes": len(trial.scene_rows),
        "products": len(trial.product_rows),
        "positives": len(trial.positives.scene),
        "scenes_left_out": dict(trial.left_out),
        "scenes_seen_in_training": trial.seen_scenes,
        "copies_of_training_photos": trial.copied_scenes,
        "products_without_picture": trial.products_without_picture,
        "positives_without_picture": trial.positives_without_picture,
        "positives_of_products_seen_in_training": int(np.count_nonzero(trial.seen)),
    }


def _by_product(figures: _Figures, trial: Trial) -> dict[str, Any]:
    seen = int(np.count_nonzero(trial.seen))
    return {
        "seen": {"positives": seen, **figures.of("model", "seen")},
        "unseen": {"positives": len(trial.seen) - seen, **figures.of("model", "unseen")},
    }


def _warnings(record: dict[str, Any], trial: Trial) -> list[str]:
    warnings = []
    if trial.seen_scenes and trial.part != "train":
        warnings.append(
            f"{trial.seen_scenes} of the {len(trial.scene_rows)} scenes were seen in training: "
            "these figures are too good to be believed"
        )
    if trial.copied_scenes and trial.part != "train":
        warnings.append(
            f"{trial.copied_scenes} of the {len(trial.scene_rows)} scenes are copies of training "
            "photos under other ids: these figures are too good to be believed"
        )
    if trial.part == "train":
        warnings.append("these are training scenes: the figures show fit, not quality")
    gain = record["difference"]["colour"].get(MAIN_FIGURE)
    if gain is not None and gain["low"] is not None and gain["low"] <= 0:
        mine, theirs = (
            source[MAIN_FIGURE]["value"]
            for source in (record["figures"], record["baselines"]["colour"])
        )
        warnings.append(
            f"{LOST_TO_COLOUR}: {MAIN_FIGURE} {mine:.3f} against "
            f"{theirs:.3f}, difference {gain['low']:+.3f} to {gain['high']:+.3f}"
        )
    return warnings


def _notes(trial: Trial) -> list[str]:
    notes = []
    if not trial.train_counts.any():
        notes.append(
            "popular: the model was fitted to no scene of this data, so every product is equally "
            "popular and the list is in id order"
        )
    if trial.part == "validation":
        notes.append("validation scenes may have had a say in choosing the model")
    for reason, count in trial.left_out.items():
        notes.append(f"{count} scenes left out: {reason}")
    if trial.large_groups:
        notes.append(
            f"lenient: {trial.large_groups} boxes or labels with more than {MAX_LOOK_ALIKES} "
            "products are left out"
        )
    if trial.positives_without_picture:
        notes.append(
            f"{trial.positives_without_picture} right products have no readable picture and "
            "count as neither found nor missed"
        )
    return notes
