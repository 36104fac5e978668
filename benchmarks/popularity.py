"""How long an audit takes, and how much memory: all measures, then a switch of the correction.

    python -m benchmarks.popularity --products 40000 --scenes 4000 --regions 1

Vectors are random, so the figures mean nothing; what is timed is what the page and the command
do once scenes are embedded. Every size runs in a process of its own, so that its peak of resident
memory is its own.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.catalog import Catalog, Product, ProductId, Scene, SceneId
from recsys.evaluation.audit import Auditor, Setting
from recsys.retrieval.corrections import Correction
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.serving.server import Server
from recsys.workspace import Workspace

DIM = 64
PAIRS_A_SCENE = 4


@dataclass
class Projection:
    """A model that projects a picture's mean colour at random: as quick as one can be.

    What is timed takes its vectors from the table, and embeds nothing.
    """

    regions: int
    scenes_seen: frozenset[str]
    id: str = "random"
    fingerprint: str = "random"
    scene_height_px: int = 240
    scene_width_px: int = 160
    product_size_px: int = 64
    embedding_dim: int = DIM
    score: Literal["cosine", "dot"] = "cosine"
    tau: float = 10.0
    info: dict[str, Any] = field(default_factory=dict)

    @property
    def region_grid(self) -> tuple[int, int]:
        return self.regions, 1

    @property
    def region_boxes(self) -> NDArray[np.float32]:
        return np.zeros((self.regions, 4), np.float32)

    def embed_scenes(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        return _projected(pixels, self.regions * DIM).reshape(len(pixels), self.regions, DIM)

    embed_scenes_together = embed_scenes

    def embed_products(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        return _projected(pixels, DIM)


def _projected(pixels: NDArray[np.uint8], size: int) -> NDArray[np.float32]:
    colours = pixels.mean(axis=(1, 2), dtype=np.float32)
    weights = np.random.default_rng(0).standard_normal((3, size)).astype(np.float32)
    # no matrix product: its last bits depend on how many pictures there are
    projected: NDArray[np.float32] = (colours[:, :, None] * weights).sum(axis=1)
    return projected


def synthetic_server(products: int, scenes: int, regions: int, seed: int = 0) -> Server:
    """A server over random vectors whose products have lengths and a common direction."""
    rng = np.random.default_rng(seed)
    catalog = Catalog(
        "random",
        [Product(ProductId(f"p{at:07d}"), f"c{at % 20:02d}", None) for at in range(products)],
        [Scene(SceneId(f"s{at:07d}"), None) for at in range(scenes)],
        np.repeat(np.arange(scenes, dtype=np.int32), PAIRS_A_SCENE),
        np.concatenate(
            [rng.choice(products, PAIRS_A_SCENE, replace=False) for _ in range(scenes)]
        ).astype(np.int32),
        np.full((scenes * PAIRS_A_SCENE, 4), np.nan, np.float32),
    )
    common = rng.standard_normal(DIM).astype(np.float32)
    lengths = rng.lognormal(0, 0.3, (products, 1)).astype(np.float32)
    vectors = (rng.standard_normal((products, DIM)).astype(np.float32) + 0.5 * common) * lengths
    looks = rng.standard_normal((scenes, regions, DIM)).astype(np.float32) + 0.5 * common
    seen = frozenset(scene.id for scene in catalog.scenes[: scenes * 4 // 5])
    model = Projection(regions, seen)
    meta = {
        "model": model.fingerprint,
        "data": {
            "products": catalog.products_fingerprint,
            "scenes": catalog.scenes_fingerprint,
        },
        "score": model.score,
        "tau": model.tau,
        "decoder": _decoder(),
    }
    table = EmbeddingTable(
        Path("random"),
        vectors,
        looks,
        tuple(product.id for product in catalog.products),
        tuple(scene.id for scene in catalog.scenes),
        meta,
    )
    return Server(catalog, model, table)


def _decoder() -> int:
    from recsys.catalog.images import DECODER_VERSION

    return DECODER_VERSION


def measure(products: int, scenes: int, regions: int) -> None:
    """Prints one row a step: seconds, and the peak of resident memory so far in MB."""
    server = synthetic_server(products, scenes, regions)
    before = _peak_mb()
    with tempfile.TemporaryDirectory() as folder:
        auditor = Auditor(server, Workspace(Path(folder)))
        steps: list[tuple[str, Callable[[], object]]] = [
            ("prepare (nothing to embed)", auditor.prepare),
            ("all measures, model's own score", lambda: auditor.audit(Setting())),
            ("switch to nnn=0.5, first time", lambda: auditor.audit(_setting("nnn", 0.5))),
            ("switch to nnn=0.7", lambda: auditor.audit(_setting("nnn", 0.7))),
            ("switch to norm-shrink=0.5", lambda: auditor.audit(_setting("norm-shrink", 0.5))),
            ("switch to diversity 0.3", lambda: auditor.audit(Setting(diversity=0.3))),
            ("switch to cap 2", lambda: auditor.audit(Setting(cap=2))),
            ("never-shown shelf", lambda: auditor.audit(Setting()).shelf),
        ]
        print(
            f"\n{products:,} products × {scenes:,} scenes, R = {regions}, D = {DIM} "
            f"(vectors and catalogue alone: {before:,.0f} MB)"
        )
        print(f"{'step':<34}{'seconds':>9}{'peak MB':>9}")
        for name, step in steps:
            begin = time.perf_counter()
            step()
            print(f"{name:<34}{time.perf_counter() - begin:>9.2f}{_peak_mb():>9,.0f}", flush=True)


def _setting(name: Any, strength: float) -> Setting:
    return Setting(Correction(name, strength))


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--products", type=int, default=40_000)
    parser.add_argument("--scenes", type=int, default=4_000)
    parser.add_argument("--regions", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        measure(given.products, given.scenes, given.regions[0])
        return
    for regions in given.regions:
        sizes = ("--products", given.products, "--scenes", given.scenes, "--regions", regions)
        subprocess.run(
            [sys.executable, "-m", "benchmarks.popularity", *map(str, sizes), "--here"], check=True
        )


if __name__ == "__main__":
    main()
