"""What products are called, and so the order they lie in, decides no list."""

from __future__ import annotations

import dataclasses
import random
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from recsys.catalog.catalog import Catalog, ProductId
from recsys.retrieval.corrections import NAMES, Correction
from recsys.retrieval.embeddings import EmbeddingTable
from recsys.serving.request import Request
from recsys.serving.server import Server
from recsys.workspace import Workspace
from tests.support.fake_model import FakeModel

MODEL = FakeModel(scenes_seen=frozenset(f"studio-{number:03d}" for number in range(6)))
VARIANTS: list[dict[str, Any]] = [
    *({"scoring": Correction(name)} for name in NAMES),
    {"focus": (0.0, 0.0, 1.0, 0.5)},
    {"liked": ("product-001", "product-005"), "disliked": ("product-009",)},
    {"diversity": 0.5},
    {"min_price": 15, "exclude": ("product-010",), "scoring": Correction("nnn"), "diversity": 0.2},
]


@pytest.fixture(scope="module")
def renamed(planted: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The same server with other names in another order, and the names by the old ones."""
    numbers = list(range(len(planted.products)))
    random.Random(3).shuffle(numbers)
    names = {
        item.id: ProductId(f"other-{number:03d}")
        for item, number in zip(planted.products, numbers, strict=True)
    }
    products = [dataclasses.replace(item, id=names[item.id]) for item in planted.products]
    rows = np.array(numbers, np.int32)[planted.pair_product]
    catalog = Catalog(
        "other",
        sorted(products, key=lambda item: item.id),
        planted.scenes,
        planted.pair_scene,
        rows,
        planted.pair_box,
    )
    home = tmp_path_factory.mktemp("renamed")
    table = EmbeddingTable.build(MODEL, catalog, Workspace(home), home / "table")
    return Server(catalog, MODEL, table), names


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_other_names_same_products(
    planted: Catalog, planted_table: EmbeddingTable, renamed: Any, variant: dict[str, Any]
) -> None:
    server = Server(planted, MODEL, planted_table)
    other, names = renamed
    theirs = {
        field: tuple(names[name] for name in value)
        if field in ("liked", "disliked", "exclude")
        else value
        for field, value in variant.items()
    }
    rng = np.random.default_rng(0)
    for _ in range(3):
        # Not a planted look, whose products all score 1, but colours like no product's.
        colours = rng.integers(0, 256, (3, 2, 3)).astype(np.uint8)
        image = colours.repeat(40, axis=0).repeat(40, axis=1)
        ours = server.recommend(Request("scene", image=image, k=24, **variant))
        found = other.recommend(Request("scene", image=image, k=24, **theirs))
        assert found.products == tuple(names[name] for name in ours.products)
        assert found.scores == pytest.approx(ours.scores, abs=1e-5)
        assert found.regions == ours.regions


def test_nothing_of_this_waits_for_jax() -> None:
    """Without a model, tiles and the command line should not."""
    modules = (
        "server request messages listing exports facts moves leak reasons occlusion scoring "
        "exposure_counts"
    )
    code = "import sys\n" + "".join(f"import recsys.serving.{name}\n" for name in modules.split())
    code += "sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
