"""An audit as plain JSON: every figure, every product, and the lists behind them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.evaluation.audit_result import Audit
from recsys.evaluation.audit_words import FIGURES

FORMAT = 1
CURVE_POINTS = 101


def record(audit: Audit) -> dict[str, Any]:
    """What ``popularity --json`` prints. No data is null.

    Curves are thinned to 101 points at equal shares of the products; all else is whole.
    """
    rows = audit.by_product
    return {
        "format": FORMAT,
        "model": audit.model,
        "model_fingerprint": audit.model_fingerprint,
        "data": {"name": audit.data, "fingerprint": audit.data_fingerprint},
        "setting": audit.setting.to_json(),
        "servable": audit.setting.servable,
        "scenes": {
            "count": len(audit.lists),
            "without_picture": audit.sample.without_picture,
            "known": int(np.count_nonzero(audit.sample.known)),
            "trained_on": audit.sample.trained_on,
            "unseen": audit.unseen_scenes,
        },
        "products": {
            "count": len(audit.products),
            "without_picture": len(audit.catalog.products) - len(audit.products),
        },
        "headline": asdict(audit.headline),
        "figures": {
            key: {**audit.figures[key].to_json(), "formula": FIGURES[key].formula}
            for key in FIGURES
        },
        "quality_note": audit.quality_note,
        "right_note": audit.right_note,
        "expected_times_shown": audit.expected,
        "cap": audit.cap,
        "over_cap": audit.over_cap,
        "hubs": [
            _product(audit, int(at))
            | {"shown_to": [showing.to_json() for showing in audit.shown_to(audit.products[at])]}
            for at in audit.order_by_shown
            if rows.hub[at]
        ],
        "never_shown": [found.to_json() for found in audit.shelf],
        "by_product": [_product(audit, int(at)) for at in audit.order_by_shown],
        "categories": [row.to_json() for row in audit.categories],
        "lorenz": {
            "shown": _thinned(audit.lorenz),
            "chance": _thinned(audit.lorenz_chance),
            "demand": _thinned(audit.lorenz_demand),
        },
    }


def _product(audit: Audit, at: int) -> dict[str, Any]:
    rows, cause = audit.by_product, audit.causes.get(at)
    found: dict[str, Any] = {
        "product": audit.products[at],
        "category": audit.category_names[rows.category[at]],
        "shown": int(rows.shown[at]),
        "share_of_scenes": float(rows.share[at]),
        "shown_known": int(rows.shown_known[at]),
        "right": int(rows.right[at]),
        "wanted": int(rows.wanted[at]),
        "shown_unseen": int(rows.shown_unseen[at]),
        "right_unseen": int(rows.right_unseen[at]),
        "training_pairs": int(rows.frequency[at]),
        "norm": float(rows.norm[at]),
        "norm_percentile": float(rows.norm_percentile[at]),
        "shown_dot": int(rows.shown_dot[at]),
        "shown_cosine": int(rows.shown_cosine[at]),
        "shown_centred": None if rows.shown_centred is None else int(rows.shown_centred[at]),
    }
    if rows.hub[at]:
        found["cause"] = None
        if cause is not None:
            found["cause"] = {**asdict(cause), "causes": list(cause.causes), "main": cause.main}
            del found["cause"]["product"]
    return found


def _thinned(curve: NDArray[np.float64] | None) -> list[float] | None:
    if curve is None:
        return None
    places = np.linspace(0, len(curve) - 1, CURVE_POINTS)
    return [float(value) for value in np.interp(places, np.arange(len(curve)), curve)]
