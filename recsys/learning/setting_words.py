"""What each setting is called and means, in words alone: loads nothing, JAX least of all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """What a form says of a setting; ``recsys.learning.fields.FormField`` tells what each is."""

    label: str
    group: str
    help: str
    unit: str = ""
    range: tuple[float, float] | None = None
    is_logarithmic: bool = False
    only: tuple[str, str] | None = None


SETTINGS: dict[str, Said] = {
    "loss": Said(
        "Loss",
        "essentials",
        "`softmax` sets each look's products against all others of the step, both ways; "
        "`triplet`, the book's, against one at a time",
    ),
    "learning_rate": Said(
        "Learning rate",
        "essentials",
        "how far a step goes, at its peak; too high and the loss explodes, too low and it crawls",
        range=(1e-5, 1e-1),
        is_logarithmic=True,
    ),
    "weight_decay": Said(
        "Weight decay",
        "essentials",
        "regularisation: pulls the weights (kernels only) towards zero, against learning by heart",
        range=(0, 1),
        is_logarithmic=True,
    ),
    "embedding_dim": Said(
        "Embedding size",
        "essentials",
        "numbers in a vector: more can tell more apart, and take more memory",
        "numbers",
        (8, 512),
        is_logarithmic=True,
    ),
    "batch_scenes": Said(
        "Looks a step",
        "essentials",
        "looks (with triplet: pairs) a step learns from; more give more products to tell apart, "
        "and slower steps",
        "looks",
        (2, 256),
        is_logarithmic=True,
    ),
    "seed": Said(
        "Seed",
        "essentials",
        "fixes the first weights, the order of the looks and the augmentation: the same "
        "seed gives the same run again, another one shows how much is luck",
    ),
    "scene_height_px": Said(
        "Look height",
        "pictures",
        "height that looks are fitted into; more shows small things and makes steps slower",
        "px",
        (32, 512),
    ),
    "scene_width_px": Said(
        "Look width",
        "pictures",
        "width that looks are fitted into; more shows small things and makes steps slower",
        "px",
        (32, 512),
    ),
    "product_size_px": Said(
        "Product size",
        "pictures",
        "side that products are fitted into; more shows detail and makes steps slower",
        "px",
        (32, 256),
    ),
    "augment": Said(
        "Augmentation", "pictures", "flip, scale and shift pictures, so that each is seen anew"
    ),
    "kind": Said(
        "Towers",
        "towers",
        "`regions` (one shared trunk, a vector for each region of a look) or `book` (two separate "
        "towers, one vector)",
    ),
    "widths": Said(
        "Channels",
        "towers",
        "channels of each stage, separated by commas; more can learn more and make steps slower",
    ),
    "depths": Said(
        "Blocks",
        "towers",
        "residual blocks in each stage, separated by commas; more can learn more and "
        "make steps slower",
        only=("kind", "regions"),
    ),
    "stem_px": Said(
        "Stem",
        "towers",
        "side of the first layer's patches; larger ones are quicker and see less detail",
        "px",
        (1, 64),
        only=("kind", "regions"),
    ),
    "grid_px": Said(
        "Region size",
        "towers",
        "side of a region of the look; smaller ones find small things and crowd the lists more",
        "px",
        (8, 512),
        only=("kind", "regions"),
    ),
    "score": Said(
        "Ranking", "towers", "how the model ranks: `cosine` (direction alone) or `dot` (length too)"
    ),
    "tau": Said(
        "Sharpness over regions",
        "towers",
        "how much the best region counts beside the others; 1000 is the best alone",
        range=(0.1, 1000),
        is_logarithmic=True,
        only=("kind", "regions"),
    ),
    "schedule": Said(
        "Schedule",
        "optimiser",
        "`cosine` lowers the learning rate to 1 % at the end; `constant` keeps it",
    ),
    "warmup_fraction": Said(
        "Warm-up",
        "optimiser",
        "part of the budget in which the learning rate rises from 0",
        "of the budget",
        (0, 0.5),
    ),
    "clip_norm": Said(
        "Gradient limit",
        "optimiser",
        "largest gradient norm, longer ones are shortened; 0 is no limit",
        range=(0, 100),
    ),
    "ema_decay": Said(
        "Averaging",
        "optimiser",
        "the finished model is a moving average of the weights: nearer to 1 reaches "
        "further back, 0 is the last weights themselves",
        range=(0, 0.9999),
    ),
    "products_per_scene": Said(
        "Products a look",
        "loss",
        "products drawn for each look of a step; more give more to tell apart, and slower steps",
        "products",
        (1, 64),
        only=("loss", "softmax"),
    ),
    "box_weight": Said(
        "Weight of the box view",
        "loss",
        "how much the regions inside a product's box count as a look of their own; 0 "
        "leaves them out",
        range=(0, 10),
        only=("kind", "regions"),
    ),
    "crop_weight": Said(
        "Weight of the crop view",
        "loss",
        "how much the box cut out of the photo counts as a look of its own; 0 leaves it "
        "out, more than 0 makes steps slower",
        range=(0, 10),
        only=("kind", "regions"),
    ),
    "init_scale": Said(
        "First temperature",
        "loss",
        "first value of the learnt factor on cosines: higher tells close products apart "
        "more sharply from the start",
        range=(1, 100),
        only=("loss", "softmax"),
    ),
    "margin": Said(
        "Margin",
        "loss",
        "of the triplet loss: how far a right product must be ahead of a wrong one",
        range=(0, 10),
        only=("loss", "triplet"),
    ),
    "norm_penalty": Said(
        "Length penalty",
        "loss",
        "of the triplet loss: regularisation of vectors longer than 1",
        range=(0, 10),
        only=("loss", "triplet"),
    ),
    "fixed_negatives": Said(
        "The book's negatives",
        "loss",
        "one random wrong product for each pair, drawn once from all products, right ones and "
        "test ones included",
        only=("loss", "triplet"),
    ),
    "discard_statistics": Said(
        "The book's lost statistics",
        "loss",
        "throw the running batch statistics away, so that the model is exported with its first "
        "ones",
        only=("kind", "book"),
    ),
}


def label_of(key: str) -> str:
    """What people call a setting; its key in plain words where it is not known."""
    said = SETTINGS.get(key)
    return said.label if said is not None else key.replace("_", " ")


def unit_of(key: str) -> str:
    """The unit of a setting's value, empty where it has none or its name says it."""
    said = SETTINGS.get(key)
    if said is None or said.unit in said.label.casefold():
        return ""
    return said.unit
