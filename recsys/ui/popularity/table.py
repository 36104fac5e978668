"""What the charts are drawn from, as a table to take along."""

from __future__ import annotations

import csv
import io

import numpy as np
from numpy.typing import NDArray

from recsys.evaluation.audit import Audit
from recsys.serving.exports import safe_cell
from recsys.ui.popularity.causes import cause_name
from recsys.ui.resources import Live


def as_csv(live: Live, audit: Audit) -> bytes:
    """What the charts are drawn from, for every product; UTF-8 with a byte order mark."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(
        [
            "product",
            "title",
            "category",
            "times_shown",
            "share_of_looks",
            "right",
            "training_looks",
            "norm",
            "norm_percentile",
            "is_hub",
            "cause",
        ]
    )
    of = audit.by_product
    for row in audit.order_by_shown.tolist():
        product = live.catalog.product(audit.products[row])
        writer.writerow(
            [
                safe_cell(product.id),
                safe_cell(product.title),
                safe_cell(product.category),
                int(of.shown[row]),
                round(float(of.share[row]), 6),
                int(of.right[row]) if audit.sample.known.any() else "",
                int(of.frequency[row]),
                _number(of.norm, row),
                _number(of.norm_percentile, row),
                "yes" if of.hub[row] else "",
                cause_name(audit.cause_of(row)),
            ]
        )
    return b"\xef\xbb\xbf" + stream.getvalue().encode("utf-8", "replace")


def _number(values: NDArray[np.float64], row: int) -> float | str:
    return "" if np.isnan(values[row]) else round(float(values[row]), 6)
