"""Decides what the demo contains, before anything is drawn.

Planning is quick and pure: the same seed and sizes give the same plan, and each product and scene
has a random stream of its own, so none depends on how many others are drawn beside it.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from dataclasses import dataclass

from recsys.catalog.demo.dressing import Scene, dress_scene
from recsys.catalog.demo.kinds import KINDS, SLOTS
from recsys.catalog.demo.products import Product, invent_product
from recsys.catalog.demo.styles import STYLES

_PER_STYLE = {
    "top": 14, "outer": 8, "bottom": 11, "dress": 6, "shoes": 9,
    "bag": 6, "hat": 4, "scarf": 3, "glasses": 2, "belt": 2,
}  # fmt: skip
_CROSS_STYLE_SHARE = 0.04


@dataclass(frozen=True)
class DemoPlan:
    """Every product and scene of a demo, in order of index."""

    seed: int
    products: tuple[Product, ...]
    scenes: tuple[Scene, ...]


def stream(seed: int, kind: str, index: int) -> random.Random:
    """The random stream of one thing; independent of every other thing's."""
    digest = hashlib.blake2b(f"{seed}/{kind}/{index}".encode(), digest_size=16).digest()
    return random.Random(int.from_bytes(digest, "big"))


def identifier(seed: int, kind: str, index: int) -> str:
    """The 32 hexadecimal digits that name a product or a scene."""
    return hashlib.blake2b(f"id/{seed}/{kind}/{index}".encode(), digest_size=16).hexdigest()


def plan_demo(seed: int, products: int = 520, scenes: int = 960) -> DemoPlan:
    """The plan of a demo of the given size.

    Raises ValueError if either size is below one.
    """
    if products < 1 or scenes < 1:
        raise ValueError(
            f"a demo needs at least one product and one scene, not {products}/{scenes}"
        )
    made: list[Product] = []
    seen: set[tuple[object, ...]] = set()
    ranks: Counter[tuple[str, str]] = Counter()
    for index, (style, slot, kind) in enumerate(_schedule(products)):
        rng = stream(seed, "product", index)
        rank = ranks[style, slot] + 1
        ranks[style, slot] = rank
        name = identifier(seed, "product", index)
        product = invent_product(name, index, style, slot, kind, rank, rng)
        for _ in range(40):  # two products never look alike
            if product.looks not in seen:
                break
            product = invent_product(name, index, style, slot, kind, rank, rng)
        seen.add(product.looks)
        made.append(product)
    made_products = _shuffle_ranks(seed, made)
    return DemoPlan(seed, made_products, _plan_scenes(seed, made_products, scenes))


def _schedule(count: int) -> list[tuple[str, str, str]]:
    """(style, slot, kind) of every product: one of each category first, then even growth."""
    queues: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for turn in range(max(_PER_STYLE.values())):
        for slot in SLOTS:
            if turn >= _PER_STYLE[slot]:
                continue
            for offset, style in enumerate(STYLES):
                names = style.kinds(slot)
                # Neighbouring styles start at different kinds, so early picks differ.
                kind = names[(turn + offset) % len(names)]
                queues[KINDS[kind].category].append((style.name, slot, kind))
    order: list[tuple[str, str, str]] = []
    total = sum(len(queue) for queue in queues.values())
    taken = dict.fromkeys(queues, 0)
    while len(order) < total:
        for category in sorted(queues):
            if taken[category] < len(queues[category]):
                order.append(queues[category][taken[category]])
                taken[category] += 1
    return [order[i % total] for i in range(count)]


def _shuffle_ranks(seed: int, made: list[Product]) -> tuple[Product, ...]:
    """Popularity ranks within style and slot, dealt at random rather than by age."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for product in made:
        groups[product.style, product.slot].append(product.index)
    result = list(made)
    for number, key in enumerate(sorted(groups)):
        members = groups[key]
        ranks = list(range(1, len(members) + 1))
        stream(seed, "rank", number).shuffle(ranks)
        for index, rank in zip(members, ranks, strict=True):
            result[index] = made[index].ranked(rank)
    return tuple(result)


def _plan_scenes(seed: int, products: tuple[Product, ...], count: int) -> tuple[Scene, ...]:
    shelves: dict[tuple[str, str], list[Product]] = defaultdict(list)
    for product in products:
        shelves[product.style, product.slot].append(product)
        shelves["", product.slot].append(product)
    scenes = []
    for index in range(count):
        rng = stream(seed, "scene", index)
        style = STYLES[index % len(STYLES)]
        name = identifier(seed, "scene", index)
        scenes.append(dress_scene(name, index, style, shelves, _CROSS_STYLE_SHARE, rng))
    return _cover(tuple(scenes), products)


def _cover(scenes: tuple[Scene, ...], products: tuple[Product, ...]) -> tuple[Scene, ...]:
    """Scenes in which every product is worn at least once, as far as there is room.

    A product nobody wears replaces the most worn one of its style, slot and wearers, in one scene.
    """
    worn = Counter(item for scene in scenes for item in scene.worn)
    result = list(scenes)
    for product in products:
        if worn[product.index]:
            continue
        best: tuple[int, int, int] | None = None
        for number, scene in enumerate(result):
            if not product.suits(scene.masculine):
                continue
            for item in scene.worn:
                other = products[item]
                same = other.style == product.style and other.slot == product.slot
                if not same or worn[item] < 2 or not scene.can_swap(other, product):
                    continue
                if best is None or worn[item] > best[0]:
                    best = (worn[item], number, item)
        if best is not None:
            _, number, item = best
            result[number] = result[number].swapped(item, product.index)
            worn[item] -= 1
            worn[product.index] += 1
    return tuple(result)
