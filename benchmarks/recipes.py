"""Trains presets on one part of a data set and measures them on looks that none of them saw.

    python benchmarks/recipes.py ../shared/data/ccp-looks --minutes 8

Splits the scenes of a folder in the Shop-the-Look format in two folders that share no scene (a
quarter is held out, by the hash of the scene id), trains each preset for the same time, one
after the other, and prints one table: the held-out folder's own products are the candidates.
Everything is written to a temporary folder and removed at the end, unless --keep names one.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ("recall@1", "recall@10", "recall@50", "mrr", "ndcg@10", "auc", "within_category_auc")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="a folder in the Shop-the-Look format")
    parser.add_argument("--presets", nargs="+", default=["regions", "book-fixed", "book"])
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--held-out", type=float, default=0.25, help="part of the scenes")
    parser.add_argument("--set", action="append", default=[], help="key=value for every preset")
    parser.add_argument("--keep", type=Path, help="leave everything in this folder")
    arguments = parser.parse_args()
    with _folder(arguments.keep) as folder:
        known, unseen = hold_out(arguments.data, folder, arguments.held_out)
        environment = {**os.environ, "RECSYS_HOME": str(folder / "workspace")}
        models = []
        for preset in arguments.presets:
            options = ["--preset", preset, "--minutes", str(arguments.minutes)]
            for text in arguments.set:
                options += ["--set", text]
            record = _recsys(environment, "train", "--data", str(known), *options)
            models.append(record["model"])
        beside = [text for model in models[1:] for text in ("--beside", model)]
        command = ("evaluate", "--data", str(unseen), "--model", models[0], "--split", "all")
        table = [sys.executable, "-m", "recsys", *command, *beside]
        subprocess.run(table, cwd=ROOT, env=environment, check=True)


def hold_out(data: Path, folder: Path, part: float) -> tuple[Path, Path]:
    """Writes two data sets under ``folder``: scenes to learn from, and scenes held out."""
    (category_file,) = data.glob("*-cat.json")
    base = category_file.name.removesuffix("-cat.json")
    categories = json.loads(category_file.read_text("utf-8"))
    pairs = [json.loads(line) for line in (data / f"{base}.json").read_text("utf-8").splitlines()]
    folders = []
    for name, wanted in (("known", False), ("unseen", True)):
        target = folder / name
        shutil.rmtree(target, ignore_errors=True)
        (target / "images").mkdir(parents=True)
        chosen = [pair for pair in pairs if (_position(pair["scene"]) < part) is wanted]
        products = {pair["product"] for pair in chosen}
        lines = "".join(json.dumps(pair) + "\n" for pair in chosen)
        (target / f"{base}.json").write_text(lines, "utf-8")
        own = {key: value for key, value in categories.items() if key in products}
        (target / f"{base}-cat.json").write_text(json.dumps(own), "utf-8")
        for item in products | {pair["scene"] for pair in chosen}:
            for picture in (data / "images").glob(f"{item}.*"):
                shutil.copy(picture, target / "images")
        scenes = len({pair["scene"] for pair in chosen})
        print(f"{name}: {scenes} scenes, {len(products)} products", file=sys.stderr)
        folders.append(target)
    return folders[0], folders[1]


def _position(scene: str) -> float:
    digest = hashlib.blake2b(scene.encode(), digest_size=8, person=b"hold-out").digest()
    return int.from_bytes(digest, "big") / 2**64


def _recsys(environment: dict[str, str], *arguments: str) -> dict[str, object]:
    command = [sys.executable, "-m", "recsys", *arguments, "--json"]
    print(" ".join(command[1:]), file=sys.stderr)
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    record: dict[str, object] = json.loads(done.stdout)
    return record


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory() as temporary:
        yield Path(temporary)


if __name__ == "__main__":
    main()
