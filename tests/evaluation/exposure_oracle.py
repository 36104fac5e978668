"""Exposure in slow, plain Python: loops over lists, written from the definitions.

Lists are lists of product numbers here, without padding; positives are sets.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence

Lists = Sequence[Sequence[int]]


def times_shown(lists: Lists, products: int) -> list[int]:
    return [sum(product in line for line in lists) for product in range(products)]


def lorenz(counts: Sequence[float]) -> list[float] | None:
    total = sum(counts)
    if total == 0:
        return None
    ascending = sorted(counts)
    return [sum(ascending[:j]) / total for j in range(len(counts) + 1)]


def gini(counts: Sequence[float]) -> float | None:
    """Half the mean difference of two products, any two and a product with itself."""
    total = sum(counts)
    if total == 0:
        return None
    differences = sum(abs(a - b) for a in counts for b in counts)
    return differences / (2 * len(counts) * total)


def coverage(counts: Sequence[int]) -> float | None:
    return sum(n > 0 for n in counts) / len(counts) if any(counts) else None


def hub_share(counts: Sequence[int]) -> float | None:
    if not any(counts):
        return None
    mean = statistics.fmean(counts)
    return sum(n for n in counts if n >= 2 * mean - 1e-9) / sum(counts)


def top_share(counts: Sequence[int], percent: int) -> float | None:
    if not any(counts):
        return None
    how_many = max(1, len(counts) * percent // 100)
    return sum(sorted(counts, reverse=True)[:how_many]) / sum(counts)


def robin_hood(counts: Sequence[int]) -> float | None:
    """What those above the mean have too much, as a share of everything."""
    if not any(counts):
        return None
    mean = statistics.fmean(counts)
    return sum(n - mean for n in counts if n > mean) / sum(counts)


def effective_catalogue(counts: Sequence[int]) -> float | None:
    if not any(counts):
        return None
    shares = [n / sum(counts) for n in counts if n]
    return math.prod(math.pow(share, -share) for share in shares)


def skewness(counts: Sequence[int]) -> float | None:
    if len(set(counts)) < 2:
        return None
    mean, deviation = statistics.fmean(counts), statistics.pstdev(counts)
    return statistics.fmean(((n - mean) / deviation) ** 3 for n in counts)


def personalisation(lists: Lists) -> float | None:
    """One less the mean share of a list that another holds too."""
    overlaps = [len(set(a) & set(b)) for a, b in itertools.permutations(lists, 2)]
    lengths = [len(a) for a, _ in itertools.permutations(lists, 2)]
    return 1 - sum(overlaps) / sum(lengths) if sum(lengths) else None


def intra_list_diversity(lists: Lists, vectors: Sequence[Sequence[float]]) -> float | None:
    figures = []
    for line in lists:
        pairs = [1 - cosine(vectors[a], vectors[b]) for a, b in itertools.combinations(line, 2)]
        if pairs:
            figures.append(statistics.fmean(pairs))
    return statistics.fmean(figures) if figures else None


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    size = math.hypot(*a) * math.hypot(*b)
    return sum(x * y for x, y in zip(a, b, strict=True)) / size if size else 0.0


def average_popularity(lists: Lists, frequencies: Sequence[int]) -> float | None:
    means = [statistics.fmean(frequencies[p] for p in line) for line in lists if line]
    return statistics.fmean(means) if means else None


def head(frequencies: Sequence[int]) -> set[int] | None:
    """Whole groups of equal frequency, the most frequent first, until four fifths are held."""
    if sum(frequencies) == 0:
        return None
    inside: set[int] = set()
    for level in sorted(set(frequencies), reverse=True):
        if 5 * sum(frequencies[p] for p in inside) >= 4 * sum(frequencies):
            break
        inside |= {p for p, f in enumerate(frequencies) if f == level}
    return inside


def average_tail_share(lists: Lists, frequencies: Sequence[int]) -> float | None:
    inside = head(frequencies)
    if inside is None or len(inside) == len(frequencies):
        return None
    shares = [sum(p not in inside for p in line) / len(line) for line in lists if line]
    return statistics.fmean(shares) if shares else None


def right(lists: Lists, positives: Sequence[set[int]], products: int) -> list[int]:
    return [
        sum(p in line and p in wanted for line, wanted in zip(lists, positives, strict=True))
        for p in range(products)
    ]


def pop_reo(
    lists: Lists, positives: Sequence[set[int]], frequencies: Sequence[int]
) -> float | None:
    inside = head(frequencies)
    if inside is None:
        return None
    recalls = []
    for group in (inside, set(range(len(frequencies))) - inside):
        asked = sum(len(wanted & group) for wanted in positives)
        if not asked:
            return None
        hits = sum(
            len(set(line) & wanted & group) for line, wanted in zip(lists, positives, strict=True)
        )
        recalls.append(hits / asked)
    return statistics.pstdev(recalls) / statistics.fmean(recalls) if sum(recalls) else None


def spearman(a: Sequence[float], b: Sequence[float]) -> float | None:
    if len(set(a)) < 2 or len(set(b)) < 2:
        return None
    return statistics.correlation(ranks(a), ranks(b))


def ranks(values: Sequence[float]) -> list[float]:
    """Mean of the places that equal values share."""
    below = [sum(other < value for other in values) for value in values]
    alike = [sum(other == value for other in values) for value in values]
    return [before + (same + 1) / 2 for before, same in zip(below, alike, strict=True)]
