"""Our exact top-k beside numpy's and FAISS's flat index: same vectors, same lists, one run.

    python -m benchmarks.topk            # all sizes
    python -m benchmarks.topk --small    # the first, to see that it runs

Prints the median time of one query and of a batch, and each peer's ratio to ours (above 1:
ours is faster). Peers score by region, pool and sort as ours does; with one region FAISS's
flat index answers the same question and is compared too, where it is installed.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from recsys.retrieval.topk import ProductIndex

SIZES = (4_000, 40_000, 200_000)
REGIONS = (1, 40)
DIM = 64
K = 10
TAU = 10.0
BATCH = 16


def numpy_scores(scene: np.ndarray, products: np.ndarray) -> np.ndarray:
    """The same soft maximum with numpy's matrix product."""
    sims = products @ scene.T
    if sims.shape[1] == 1:
        plain: np.ndarray = sims[:, 0]
        return plain
    peak = sims.max(axis=1)
    pooled: np.ndarray = peak + np.log(np.exp(TAU * (sims - peak[:, None])).sum(axis=1)) / TAU
    return pooled


def numpy_partition(scenes: np.ndarray, products: np.ndarray, k: int) -> np.ndarray:
    """argpartition, then a sort of the k that are left (ties at the edge fall anyhow)."""
    rows = np.empty((len(scenes), k), np.int64)
    for query, scene in enumerate(scenes):
        scores = numpy_scores(scene, products)
        best = np.argpartition(-scores, k - 1)[:k]
        rows[query] = best[np.lexsort((best, -scores[best]))]
    return rows


def numpy_stable_sort(scenes: np.ndarray, products: np.ndarray, k: int) -> np.ndarray:
    """A stable sort of everything: exact ties, the plain way."""
    scores = (numpy_scores(scene, products) for scene in scenes)
    return np.stack([np.argsort(-row, kind="stable")[:k] for row in scores])


def jax_top_k(index: ProductIndex) -> Callable[[np.ndarray, int], np.ndarray]:
    """Our scores, selected by XLA's top_k instead of on the host."""
    import jax

    select = jax.jit(jax.lax.top_k, static_argnums=1)

    def run(scenes: np.ndarray, k: int) -> np.ndarray:
        return np.stack([np.asarray(select(row, k)[1]) for row in index.scores(scenes)])

    return run


def faiss_flat(products: np.ndarray) -> Callable[[np.ndarray, int], np.ndarray] | None:
    """FAISS's exact inner-product index, or None where FAISS is not installed."""
    try:
        import faiss  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        return None
    index = faiss.IndexFlatIP(products.shape[1])
    index.add(products)
    return lambda scenes, k: np.asarray(index.search(np.ascontiguousarray(scenes[:, 0]), k)[1])


def compare(subjects: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Median seconds of each, taken in turns so that a busy moment hits all alike."""
    taken: dict[str, list[float]] = {name: [] for name in subjects}
    for subject in subjects.values():
        subject()
    for _ in range(repeats):
        for name, subject in subjects.items():
            start = time.perf_counter()
            subject()
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in taken.items()}


def agreement(found: np.ndarray, peer: np.ndarray) -> str:
    """How much of our lists a peer's lists share, place by place."""
    same = float((found == peer).mean())
    return "same lists" if same == 1 else f"{same:.2%} of places the same"


def bench(size: int, regions: int, k: int, queries: int) -> None:
    rng = np.random.default_rng(0)
    products = rng.normal(size=(size, DIM)).astype(np.float32)
    products /= np.linalg.norm(products, axis=1, keepdims=True)
    scenes = rng.normal(size=(queries, regions, DIM)).astype(np.float32)
    scenes /= np.linalg.norm(scenes, axis=2, keepdims=True)
    index = ProductIndex(products, score="cosine", tau=TAU)
    by_jax = jax_top_k(index)
    peers: dict[str, Callable[[], np.ndarray]] = {
        "numpy argpartition": lambda: numpy_partition(scenes, products, k),
        "numpy stable sort": lambda: numpy_stable_sort(scenes, products, k),
        "jax.lax.top_k": lambda: by_jax(scenes, k),
    }
    by_faiss = faiss_flat(products) if regions == 1 else None
    if by_faiss is not None:
        peers["faiss IndexFlatIP"] = lambda: by_faiss(scenes, k)
    # Without naming the winning regions, since no peer does.
    ours = {"ours": lambda: index.top_k(scenes, k, with_regions=False)}
    repeats = 15 if size * regions * queries < 5_000_000 else 5
    times = compare(ours | peers, repeats)
    rows = ours["ours"]().rows
    print(f"{size:>7,} products, R = {regions}, k = {k:,}, {queries} scene(s)")
    print(f"    {'ours':<20}{1e3 * times['ours']:9.2f} ms")
    for name, peer in peers.items():
        ratio = times[name] / times["ours"]
        note = agreement(rows, peer())
        print(f"    {name:<20}{1e3 * times[name]:9.2f} ms   ratio {ratio:5.2f}   {note}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="only the smallest catalogue")
    small = parser.parse_args().small
    if faiss_flat(np.zeros((1, DIM), np.float32)) is None:
        print("faiss: not installed, left out")
    for size in SIZES[:1] if small else SIZES:
        for regions in REGIONS:
            bench(size, regions, K, queries=1)
            bench(size, regions, K, queries=BATCH)
    bench(3_922, 40, 3_922, queries=BATCH if small else 800)


if __name__ == "__main__":
    main()
