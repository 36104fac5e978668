"""The popular-item figures once more, in plain Python, from lists as ``recommend`` prints them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

Lists = Mapping[str, Sequence[str]]


def times_shown(lists: Lists, products: Sequence[str]) -> dict[str, int]:
    """How many lists hold each product; 0 for those in none."""
    found = Counter(product for shown in lists.values() for product in shown)
    return {product: found[product] for product in products}


def gini(counts: Sequence[int]) -> float:
    """Mean absolute difference of all pairs, by twice the mean: the definition, unsorted."""
    count, total = len(counts), sum(counts)
    apart = sum(abs(a - b) for a in counts for b in counts)
    return apart / (2 * count * total)


def effective_catalogue(counts: Sequence[int]) -> float:
    total = sum(counts)
    return math.exp(-sum(n / total * math.log(n / total) for n in counts if n))


def average_popularity(lists: Lists, frequency: Mapping[str, int]) -> float:
    means = [sum(frequency[p] for p in shown) / len(shown) for shown in lists.values()]
    return sum(means) / len(means)


def recall(lists: Lists, right: Mapping[str, set[str]], scenes: Sequence[str]) -> float:
    """Mean over scenes with a right product; k is the length of the lists."""
    found = [
        len(right[s].intersection(lists[s])) / min(len(lists[s]), len(right[s]))
        for s in scenes
        if right[s]
    ]
    return sum(found) / len(found)


def ndcg(lists: Lists, right: Mapping[str, set[str]], scenes: Sequence[str]) -> float:
    found = []
    for scene in scenes:
        if not right[scene]:
            continue
        gains = (
            1 / math.log2(rank + 1)
            for rank, product in enumerate(lists[scene], start=1)
            if product in right[scene]
        )
        places = range(1, min(len(lists[scene]), len(right[scene])) + 1)
        found.append(sum(gains) / sum(1 / math.log2(rank + 1) for rank in places))
    return sum(found) / len(found)


def mrr(lists: Lists, right: Mapping[str, set[str]], scenes: Sequence[str]) -> float:
    found = []
    for scene in scenes:
        if right[scene]:
            ranks = [at for at, p in enumerate(lists[scene], start=1) if p in right[scene]]
            found.append(1 / ranks[0] if ranks else 0.0)
    return sum(found) / len(found)


def capped(orders: Sequence[Sequence[str]], k: int, products: int, m: float) -> list[list[str]]:
    """The cap by its definition, over full orders: rounds, each scene its next best with room."""
    cap = max(1, math.ceil(m * len(orders) * min(k, products) / products - 1e-9))
    counts: Counter[str] = Counter()
    lists: list[list[str]] = [[] for _ in orders]
    for _ in range(k):
        for order, shown in zip(orders, lists, strict=True):
            free = [p for p in order if p not in shown and counts[p] < cap]
            rest = [p for p in order if p not in shown]
            if free:
                chosen = free[0]
            elif rest:
                chosen = min(rest, key=lambda p: counts[p])
            else:
                continue
            counts[chosen] += 1
            shown.append(chosen)
    return lists
