"""Why a product crowds the lists: its length, its place amid all scenes, or true demand.

The mean score of a product over scenes is ‖p‖ × (mean over scenes of s·p̂). So a hub has a
large norm, or it points where the mean scene points, and either may be what the training
pairs taught: the product is truly frequent. Each is tested by what it would take away:

- *large norm*: what the product loses when it is ranked by cosine, N − N_cos.
- *close to the mean scene*: what of that stays under cosine and goes when each product's mean
  score over a bank of scenes is subtracted too, min(N, N_cos) − N_centred. With one region
  that subtracts the mean scene direction; with regions see
  ``recsys.retrieval.corrections.fit_centred``, which gives the scores.
- *truly frequent*: what it would be shown if lists were shared out as training pairs are,
  E = ΣN · f / Σf, less chance.

Each is put as a share of the excess N − ΣN/P, what the product is shown beyond chance, cut to
0–1. A cause that accounts for at least half of the excess is one of the product's causes, and
the main one accounts for the most. Of equals the training pairs come first, since what demand
explains needs no cure, then the norm, which is tested before the mean scene. There may be
none: then no one cause accounts for half, and nothing is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from recsys.evaluation.exposure_concentration import checked_counts, hubs
from recsys.evaluation.exposure_norms import percentiles

Cause = Literal["large norm", "close to the mean scene", "truly frequent"]
NO_SINGLE = "no single cause"

ENOUGH = 0.5
"""The share of the excess that makes something a cause."""


@dataclass(frozen=True)
class HubCause:
    """What one product's showings come from; None where there is no data.

    Attributes:
        product: its position.
        shown: N, as served.
        shown_by_cosine: N_cos, by cosine.
        shown_when_centred: N_centred, by cosine after subtracting the mean scene.
        by_chance: ΣN/P.
        norm_percentile: share of products, 0–1, with a shorter vector; its own length halved in.
        mean_score_percentile: the same of its mean score over the bank.
        frequency: training pairs.
        frequency_percentile: share of products with fewer training pairs.
        by_frequency: E, what it would be shown if lists were shared out as training pairs are.
        from_norm, from_mean_scene, from_frequency: the share of the excess, 0–1, that each
            accounts for; None also where it is shown no more than by chance.
        causes: those that account for at least half of it, the main one first.
    """

    product: int
    shown: int
    shown_by_cosine: int
    shown_when_centred: int
    by_chance: float
    norm_percentile: float | None
    mean_score_percentile: float | None
    frequency: int | None
    frequency_percentile: float | None
    by_frequency: float | None
    from_norm: float | None
    from_mean_scene: float | None
    from_frequency: float | None
    causes: tuple[Cause, ...]

    @property
    def main(self) -> Cause | None:
        """The cause that accounts for the most; None where none accounts for half."""
        return self.causes[0] if self.causes else None


def hub_causes(
    counts: NDArray[np.integer],
    counts_cosine: NDArray[np.integer],
    counts_centred: NDArray[np.integer],
    *,
    norms: NDArray[np.floating] | None = None,
    mean_scores: NDArray[np.floating] | None = None,
    frequencies: NDArray[np.integer] | None = None,
    products: NDArray[np.integer] | None = None,
    lengths_count: bool = True,
) -> tuple[HubCause, ...]:
    """The causes of every hub, most shown first, ties by position.

    Args:
        counts: ``int [P]`` times shown as served.
        counts_cosine: the same scenes and k, by cosine.
        counts_centred: the same, by cosine less the mean score over a bank.
        norms: ``float [P]`` lengths of the vectors, NaN where a product has none.
        mean_scores: ``float [P]`` mean cosine over the bank.
        frequencies: ``int [P]`` training pairs.
        products: positions to look at; None is all hubs (``exposure.hubs``).
        lengths_count: whether ``counts`` differ from those by cosine in nothing but that a
            vector's length counts. Else the difference has other reasons (a penalty, a bank,
            diversity, a cap), and no hub is put down to its length.

    Raises ValueError where the counts are not of the same products and showings.
    """
    shown, cosine, centred = _checked(counts, counts_cosine, counts_centred)
    total, count = int(shown.sum()), len(shown)
    chosen = np.flatnonzero(hubs(shown)) if products is None else np.asarray(products, np.int64)
    order = chosen[np.lexsort((chosen, -shown[chosen]))]
    chance = total / max(1, count)
    known = frequencies is not None and frequencies.any()
    pairs = int(frequencies.sum()) if frequencies is not None else 0
    by_norm, by_mean, by_frequency = (
        _percentiles(v, count) for v in (norms, mean_scores, frequencies)
    )
    found = []
    for product in order.tolist():
        n, n_cosine, n_centred = int(shown[product]), int(cosine[product]), int(centred[product])
        demand = None
        if known and frequencies is not None:
            demand = total * int(frequencies[product]) / pairs
        excess = n - chance
        from_norm = _share(n - n_cosine if lengths_count else 0, excess)
        from_mean = _share(min(n, n_cosine) - n_centred, excess)
        from_frequency = None if demand is None else _share(demand - chance, excess)
        found.append(
            HubCause(
                product=product,
                shown=n,
                shown_by_cosine=n_cosine,
                shown_when_centred=n_centred,
                by_chance=chance,
                norm_percentile=_at(by_norm, product),
                mean_score_percentile=_at(by_mean, product),
                frequency=None if frequencies is None else int(frequencies[product]),
                frequency_percentile=_at(by_frequency, product),
                by_frequency=demand,
                from_norm=from_norm,
                from_mean_scene=from_mean,
                from_frequency=from_frequency,
                causes=_causes(from_frequency, from_norm, from_mean),
            )
        )
    return tuple(found)


def _causes(*shares: float | None) -> tuple[Cause, ...]:
    """Those with enough, the largest share first, ties in the order given."""
    names: tuple[Cause, ...] = ("truly frequent", "large norm", "close to the mean scene")
    found = [
        (-share, place)
        for place, share in enumerate(shares)
        if share is not None and share >= ENOUGH
    ]
    return tuple(names[place] for _, place in sorted(found))


def _share(part: float, excess: float) -> float | None:
    return min(1.0, max(0.0, part / excess)) if excess > 0 else None


def _percentiles(values: NDArray[np.generic] | None, products: int) -> NDArray[np.float64] | None:
    if values is None:
        return None
    if values.shape != (products,):
        raise ValueError(f"expected a value for each of {products} products, found {values.shape}")
    return percentiles(values)


def _at(values: NDArray[np.float64] | None, product: int) -> float | None:
    return None if values is None or np.isnan(values[product]) else float(values[product])


def _checked(*counts: NDArray[np.integer]) -> list[NDArray[np.int64]]:
    checked = [checked_counts(one) for one in counts]
    if len({(len(one), int(one.sum())) for one in checked}) > 1:
        found = ", ".join(f"{int(one.sum())} showings of {len(one)}" for one in checked)
        raise ValueError(
            f"counts must be of the same scenes, products and k, found {found} products"
        )
    return checked
