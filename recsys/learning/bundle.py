"""The exported model: a folder with ``model.json`` and ``weights.npz``, and the reader of both.

Training writes it, serving reads it; they share nothing else. Nothing is unpickled: weights
are plain arrays, restored leaf by leaf against the configuration's own template.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import jax
import numpy as np
from flax import nnx
from numpy.typing import NDArray

from recsys import atomic as files
from recsys.errors import ConfigError, ModelError
from recsys.learning.config import TrainConfig, config_from_json
from recsys.learning.steps import build_towers
from recsys.learning.towers import TwoTower, normalised

FORMAT = 1
PRODUCT_BATCH = 64


class Model:
    """A trained pair of towers, ready to embed. Made by ``load_model``.

    Attributes:
        id: the bundle folder's id.
        info: ``model.json``: preset, configuration, what it was trained on, when, how long.
        fingerprint: changes with any weight or any setting that changes an embedding.
        config: the run's configuration.
    """

    def __init__(
        self, model_id: str, info: dict[str, Any], config: TrainConfig, towers: TwoTower
    ) -> None:
        self.id = model_id
        self.info = info
        self.fingerprint: str = info["fingerprint"]
        self.config = config
        towers.eval()
        self._graph, state = nnx.split(towers)
        self._state = jax.tree.map(jax.numpy.asarray, state)

    @property
    def preset(self) -> str:
        return str(self.info.get("preset", ""))

    @property
    def scene_height_px(self) -> int:
        return self.config.tower.scene_height_px

    @property
    def scene_width_px(self) -> int:
        return self.config.tower.scene_width_px

    @property
    def product_size_px(self) -> int:
        return self.config.tower.product_size_px

    @property
    def embedding_dim(self) -> int:
        return self.config.tower.embedding_dim

    @property
    def region_grid(self) -> tuple[int, int]:
        return self.config.tower.grid

    @property
    def regions(self) -> int:
        return self.config.tower.regions

    @property
    def score(self) -> Literal["cosine", "dot"]:
        return self.config.score

    @property
    def tau(self) -> float:
        return self.config.tau

    @property
    def scenes_seen(self) -> frozenset[str]:
        """Ids of the scenes whose pairs the weights were fitted to."""
        return frozenset(self.info.get("trained_on", {}).get("train_scenes", ()))

    @cached_property
    def region_boxes(self) -> NDArray[np.float32]:
        """``float32 [R, 4]``: left, top, right, bottom of each region, 0–1 of the fitted scene."""
        rows, columns = self.region_grid
        tower = self.config.tower
        if tower.kind == "book":
            return np.array([[0, 0, 1, 1]], np.float32)
        y = np.arange(rows + 1) * tower.grid_px / tower.scene_height_px
        x = np.arange(columns + 1) * tower.grid_px / tower.scene_width_px
        boxes = [
            (x[column], y[row], x[column + 1], y[row + 1])
            for row in range(rows)
            for column in range(columns)
        ]
        return np.clip(np.array(boxes, np.float32), 0, 1)

    def embed_scenes(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """``uint8 [N, H, W, 3]`` → region vectors ``float32 [N, R, D]``.

        Of length one where the model ranks by cosine. Each scene goes through one jitted call of
        a fixed shape, so its vectors are the same to the last bit alone and among others.
        """
        self._check(pixels, (self.scene_height_px, self.scene_width_px))
        vectors = [np.asarray(self._scene_call(self._state, scene[None]))[0] for scene in pixels]
        shape = (0, self.regions, self.embedding_dim)
        return np.stack(vectors) if vectors else np.zeros(shape, np.float32)

    def embed_scenes_together(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """``embed_scenes`` in a single jitted call: for comparing variants of one photo.

        Compiled anew for every N, and equal to ``embed_scenes`` only within rounding.
        """
        self._check(pixels, (self.scene_height_px, self.scene_width_px))
        return np.asarray(self._scene_call(self._state, pixels))

    def embed_products(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """``uint8 [N, s, s, 3]`` → vectors ``float32 [N, D]``, norms as the tower gives them.

        Runs in batches of a fixed shape; the last one is filled up.
        """
        self._check(pixels, (self.product_size_px, self.product_size_px))
        parts = []
        for start in range(0, len(pixels), PRODUCT_BATCH):
            part = np.asarray(pixels[start : start + PRODUCT_BATCH])
            count = len(part)
            if count < PRODUCT_BATCH:
                filler = np.zeros((PRODUCT_BATCH - count, *part.shape[1:]), np.uint8)
                part = np.concatenate([part, filler])
            parts.append(np.asarray(self._product_call(self._state, part))[:count])
        return np.concatenate(parts) if parts else np.zeros((0, self.embedding_dim), np.float32)

    @cached_property
    def _scene_call(self) -> Any:
        def embed(state: Any, scenes: Any) -> Any:
            vectors = nnx.merge(self._graph, state).scene_vectors(scenes)
            return normalised(vectors) if self.score == "cosine" else vectors

        return jax.jit(embed)

    @cached_property
    def _product_call(self) -> Any:
        def embed(state: Any, products: Any) -> Any:
            return nnx.merge(self._graph, state).product_vectors(products)

        return jax.jit(embed)

    def _check(self, pixels: NDArray[np.uint8], size: tuple[int, int]) -> None:
        expected = (*size, 3)
        if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[1:] != expected:
            found = f"{pixels.dtype} {list(pixels.shape)}"
            raise ValueError(f"expected uint8 [N, {', '.join(map(str, expected))}], found {found}")


def export_model(
    folder: Path,
    config: TrainConfig,
    weights: dict[str, Any],
    statistics: dict[str, Any],
    info: dict[str, Any],
) -> None:
    """Writes a bundle; the folder appears whole or not at all.

    Args:
        folder: does not exist yet, or is replaced.
        weights, statistics: nested dictionaries of arrays, as ``Trainer.exported`` gives them.
        info: what ``model.json`` says beside format, configuration and fingerprint.
    """
    arrays = {**_flat("weights", weights), **_flat("statistics", statistics)}
    with files.new_folder(folder) as temporary:
        buffer = io.BytesIO()
        # NumPy's own writer names the entries but stamps no time, so equal weights are equal bytes.
        np.savez(buffer, allow_pickle=False, **arrays)
        files.write_bytes(temporary / "weights.npz", buffer.getvalue())
        fingerprint = _fingerprint(config, arrays)
        record = {**info, "format": FORMAT, "config": config.to_json(), "fingerprint": fingerprint}
        files.write_json(temporary / "model.json", record)


def read_info(folder: Path) -> dict[str, Any]:
    """``model.json`` alone, cheap enough to list many models. Raises ModelError."""
    try:
        info = json.loads((folder / "model.json").read_text("utf-8"))
        if not isinstance(info, dict) or info.get("format") != FORMAT:
            raise ValueError("format")
        config_from_json(info["config"])
        if not isinstance(info["fingerprint"], str) or not isinstance(info.get("id", ""), str):
            raise ValueError("fingerprint or id")
        seen = info.get("trained_on", {}).get("train_scenes", [])
        if not isinstance(seen, list) or not all(isinstance(scene, str) for scene in seen):
            raise ValueError("train_scenes")
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        ConfigError,
    ) as error:
        raise ModelError(
            f"the model bundle {folder.name} has no readable model.json of format {FORMAT}",
            "Train the model again, or use another one",
        ) from error
    return info


def load_model(folder: Path) -> Model:
    """Reads a bundle. Raises ModelError naming the parameter that is missing or does not fit."""
    info = read_info(folder)
    config = config_from_json(info["config"])
    arrays = _read_arrays(folder)
    # Shapes alone: drawing initial weights that nobody uses would take seconds to compile.
    towers = nnx.eval_shape(lambda: build_towers(config.tower))
    graph, params, statistics = nnx.split(towers, nnx.Param, ...)
    template = {
        **_named("weights", nnx.to_pure_dict(params)),
        **_named("statistics", nnx.to_pure_dict(statistics)),
    }
    check_against_template(arrays, template, f"the model {folder.name}")
    if _fingerprint(config, arrays) != info["fingerprint"]:
        raise ModelError(
            f"the weights of the model {folder.name} are not those that its model.json describes",
            "Train the model again, or restore the bundle from where it came",
        )
    towers = nnx.merge(
        graph,
        _restored(params, "weights", arrays),
        _restored(statistics, "statistics", arrays),
    )
    return Model(str(info.get("id", folder.name)), info, config, towers)


def _read_arrays(folder: Path) -> dict[str, NDArray[Any]]:
    try:
        # Opened here, since np.load leaves open what it cannot read.
        with (
            (folder / "weights.npz").open("rb") as file,
            np.load(file, allow_pickle=False) as archive,
        ):
            return {name: archive[name] for name in archive.files}
    except (
        OSError,
        ValueError,
        TypeError,  # a bare .npy file is no archive
        KeyError,
        AttributeError,
        EOFError,
        MemoryError,  # a header that claims more than there is
        RuntimeError,  # an encrypted entry, an unknown compression
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise ModelError(
            f"the weights of the model {folder.name} cannot be read: {type(error).__name__}",
            "Train the model again, or use another one",
        ) from error


def check_against_template(arrays: dict[str, Any], template: dict[str, Any], what: str) -> None:
    """Raises ModelError naming the first array that is missing, unknown or of another shape."""
    for name, leaf in template.items():
        found = arrays.get(name)
        expected = f"{leaf.dtype} {list(leaf.shape)}"
        if found is None:
            raise ModelError(f"{what} lacks the array {name} ({expected})")
        if tuple(found.shape) != tuple(leaf.shape) or str(found.dtype) != str(leaf.dtype):
            have = f"{found.dtype} {list(found.shape)}"
            raise ModelError(f"{what} has {name} as {have}, its configuration needs {expected}")
    unknown = sorted(set(arrays) - set(template))
    if unknown:
        raise ModelError(f"{what} has an array {unknown[0]} that its configuration does not know")


def _restored(template: Any, prefix: str, arrays: dict[str, NDArray[Any]]) -> Any:
    nnx.replace_by_pure_dict(
        template,
        _nested({name: value for name, value in arrays.items() if name.split("/")[0] == prefix}),
    )
    return template


def flat_paths(tree: Any) -> dict[str, Any]:
    """A tree's leaves by their path, levels separated by ``/``, in the tree's own order."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {"/".join(_key(part) for part in path): leaf for path, leaf in leaves}


def _flat(prefix: str, tree: dict[str, Any]) -> dict[str, NDArray[Any]]:
    return {name: np.asarray(leaf) for name, leaf in _named(prefix, tree).items()}


def _named(prefix: str, tree: dict[str, Any]) -> dict[str, Any]:
    return {f"{prefix}/{path}": leaf for path, leaf in flat_paths(tree).items()}


def _key(part: Any) -> str:
    for attribute in ("key", "idx", "name"):
        if hasattr(part, attribute):
            return str(getattr(part, attribute))
    return str(part)


def _nested(flat: dict[str, NDArray[Any]]) -> dict[Any, Any]:
    tree: dict[Any, Any] = {}
    for path, value in flat.items():
        node = tree
        parts: list[Any] = [int(part) if part.isdigit() else part for part in path.split("/")[1:]]
        for part in parts[:-1]:
            node = node.setdefault(part, {})
        node[parts[-1]] = value
    return tree


def _fingerprint(config: TrainConfig, arrays: dict[str, NDArray[Any]]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    shape = {"tower": config.to_json()["tower"], "score": config.score, "tau": config.tau}
    digest.update(json.dumps(shape, sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()
