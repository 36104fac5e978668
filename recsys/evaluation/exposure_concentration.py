"""How unevenly N is spread over the P products: Gini, coverage, hubs, effective catalogue.

N ``[P]`` counts all products of the catalogue after filters, those that are never shown too:
leaving them out makes every figure look better than it is. Figures are comparable only at the
same Q, k and P, so each stands beside what chance gives (``exposure_chance``).

All take N in any order and sum it in ascending order, so that the order of the products leaves
no trace, not in the last bit either. None where nothing was shown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.evaluation.exposure_lists import personalisation

Floats = NDArray[np.float64]

TOP_SHARE = 0.01
"""Which part of the products ``top_share`` looks at."""


@dataclass(frozen=True)
class Concentration:
    """All figures that follow from N alone; each is None where there is no data.

    Attributes:
        gini, coverage, hub_share, largest_share, top_share, robin_hood, effective_catalogue,
            skewness, personalisation: see the functions of these names.
    """

    gini: float | None
    coverage: float | None
    hub_share: float | None
    largest_share: float | None
    top_share: float | None
    robin_hood: float | None
    effective_catalogue: float | None
    skewness: float | None
    personalisation: float | None


def concentration(counts: NDArray[Any], scenes: int) -> Concentration:
    """Every figure of N ``int [P]`` over Q scenes at once."""
    shown = np.sort(checked_counts(counts))
    return Concentration(
        gini=gini(shown),
        coverage=coverage(shown),
        hub_share=hub_share(shown),
        largest_share=largest_share(shown, scenes),
        top_share=top_share(shown),
        robin_hood=robin_hood(shown),
        effective_catalogue=effective_catalogue(shown),
        skewness=skewness(shown),
        personalisation=personalisation(shown, scenes),
    )


def lorenz(counts: NDArray[Any]) -> Floats | None:
    """The Lorenz curve ``float64 [P + 1]``: share of all showings, least shown products first.

    Entry j is what the j least shown products have together; the first is 0, the last 1.

    >>> lorenz(np.array([0, 7, 1, 2, 0])).tolist()
    [0.0, 0.0, 0.0, 0.1, 0.3, 1.0]
    """
    shown = np.sort(checked_counts(counts))
    total = shown.sum()
    if total == 0:
        return None
    return np.concatenate(([0.0], np.cumsum(shown) / total))


def gini(counts: NDArray[Any]) -> float | None:
    """G = Σ_j (2j − P − 1) x_(j) / (P Σx), x ascending: 0 all alike, 1 − 1/P one takes all.

    Random lists are far from 0 (``gini_by_chance``): never read it alone.

    >>> round(gini(np.array([0, 0, 1, 2, 7])), 4)
    0.64
    """
    shown = np.sort(checked_counts(counts))
    products, total = len(shown), shown.sum()
    if total == 0:
        return None
    weights = 2 * np.arange(1, products + 1) - products - 1
    return float((weights * shown).sum() / (products * total))


def excess_gini(found: float | None, by_chance: float | None) -> float | None:
    """(G − G_null) / (1 − G_null): 0 as even as chance, 1 one product takes all.

    Below 0 where products are shown more evenly than by chance.
    """
    if found is None or by_chance is None or by_chance >= 1:
        return None
    return (found - by_chance) / (1.0 - by_chance)


def coverage(counts: NDArray[Any]) -> float | None:
    """Share of products, 0–1, that any list shows; the rest are the antihubs.

    >>> coverage(np.array([0, 0, 1, 2, 7]))
    0.6
    """
    shown = checked_counts(counts)
    return int((shown > 0).sum()) / len(shown) if shown.any() else None


def hub_share(counts: NDArray[Any]) -> float | None:
    """Share of all showings that go to hubs, products shown at least twice the mean.

    >>> hub_share(np.array([0, 0, 1, 2, 7]))
    0.7
    """
    shown = np.sort(checked_counts(counts))
    total = shown.sum()
    if total == 0:
        return None
    return float(shown[hubs(shown)].sum() / total)


def hubs(counts: NDArray[Any]) -> NDArray[np.bool_]:
    """``bool [P]``: shown, and at least twice as often as the mean product."""
    shown = checked_counts(counts)
    return np.asarray((shown * len(shown) >= 2 * shown.sum()) & (shown > 0))


def largest_share(counts: NDArray[Any], scenes: int) -> float | None:
    """max N / Q: the share of scenes, 0–1, that the most shown product is shown to."""
    shown = checked_counts(counts)
    return float(shown.max() / scenes) if scenes > 0 and shown.any() else None


def top_share(counts: NDArray[Any], share: float = TOP_SHARE) -> float | None:
    """Share of all showings that go to the most shown ``share`` of products.

    As many products as fit in that share, at least one (``top_products``).

    >>> top_share(np.array([0, 0, 1, 2, 7]), 0.4)
    0.9
    """
    shown = np.sort(checked_counts(counts))
    total = shown.sum()
    if total == 0:
        return None
    return float(shown[len(shown) - top_products(len(shown), share) :].sum() / total)


def top_products(products: int, share: float = TOP_SHARE) -> int:
    """How many products make up a share of them: no more than fit, at least one of any."""
    if not 0 < share <= 1:
        raise ValueError(f"a share is above 0 and at most 1, not {share}")
    return min(products, max(1, math.floor(products * share + 1e-9)))


def robin_hood(counts: NDArray[Any]) -> float | None:
    """½ Σ|N_i − mean| / ΣN: the share of showings to move to make all products alike.

    >>> robin_hood(np.array([0, 0, 1, 2, 7]))
    0.5
    """
    shown = np.sort(checked_counts(counts))
    total = shown.sum()
    if total == 0:
        return None
    return float(np.abs(shown - total / len(shown)).sum() / (2 * total))


def effective_catalogue(counts: NDArray[Any]) -> float | None:
    """exp(−Σ p ln p), p = N/ΣN: how many products, shown alike, would be as diverse.

    >>> round(effective_catalogue(np.array([0, 0, 1, 2, 7])), 4)
    2.2296
    """
    shown = np.sort(checked_counts(counts))
    total = shown.sum()
    if total == 0:
        return None
    shares = shown[shown > 0] / total
    return math.exp(-float((shares * np.log(shares)).sum()))


def skewness(counts: NDArray[Any]) -> float | None:
    """Third standardised moment of N, of the population; it can rise while Gini falls.

    None also where all products are shown alike.

    >>> round(skewness(np.array([0, 0, 1, 2, 7])), 4)
    1.2181
    """
    shown = np.sort(checked_counts(counts)).astype(np.float64)
    if not shown.any() or shown[0] == shown[-1]:
        return None
    away = shown - shown.mean()
    return float((away**3).mean() / (away**2).mean() ** 1.5)


def checked_counts(counts: NDArray[Any]) -> NDArray[Any]:
    """Counts ``[P]`` as int64 or float64. Raises ValueError where they are none."""
    found = np.asarray(counts)
    sound = found.ndim == 1 and bool(np.all(found >= 0)) and bool(np.isfinite(found).all())
    if not sound:
        raise ValueError(
            f"counts must be [P], finite and none below 0, found {found.dtype} {list(found.shape)}"
        )
    return found.astype(np.float64 if np.issubdtype(found.dtype, np.floating) else np.int64)
