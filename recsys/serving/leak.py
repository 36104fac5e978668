"""Is a product found because the photo shows it, or because it suits the rest?

One query three ways: the whole photo, the photo with the product cut out, and the product's
part alone. A model that only matches pixels falls apart on the second; one that has learnt
style stays. Kang et al., "Complete the Look" (CVPR 2019), evaluates on the second for this reason.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from recsys.catalog.catalog import Catalog
from recsys.catalog.pixels import SCENE_FILL
from recsys.errors import RequestError
from recsys.serving.looks import cut_out, pixel_box
from recsys.serving.messages import Response
from recsys.serving.request import Box, Request

if TYPE_CHECKING:
    from recsys.serving.server import Server

ArmName = Literal["whole", "without", "only"]

_RING = 0.25  # how far around a box its surroundings reach, in sides of the box


@dataclass(frozen=True, eq=False)
class Arm:
    """One of the three ways.

    Attributes:
        name: ``whole``, ``without`` the product, or ``only`` the product.
        image: the photo that was asked about, ``uint8 [H, W, 3]``.
        response: its list.
        rank: the place from 1 of the product among all candidates; None where filters leave
            it out.
    """

    name: ArmName
    image: NDArray[np.uint8]
    response: Response
    rank: int | None


@dataclass(frozen=True, eq=False)
class LeakTest:
    """The three lists for one product of one scene; ``box`` is where the photo shows it."""

    scene: str
    product: str
    box: Box
    whole: Arm
    without: Arm
    only: Arm

    @property
    def arms(self) -> tuple[Arm, Arm, Arm]:
        return self.whole, self.without, self.only


def leak_test(server: Server, request: Request, product: str) -> LeakTest:
    """Asks three times for one product that a scene is known to show.

    Args:
        request: for a scene by its id, with any filters and scoring; its focus is not used,
            since it would be another place on each picture.

    Raises RequestError where the scene is not known to show the product, has no box of it, and
    as ``Server.recommend`` does.
    """
    if request.kind != "scene" or request.scene is None:
        raise RequestError("scene: a leak test needs a scene of the data set, by its id")
    scene = request.scene
    box = known_box(server.catalog, scene, product)
    if box is None:
        raise RequestError(
            f"product: the scene {scene} has no box of the product {product[:80]!r}",
            "Choose one of its products that has a box",
        )
    request = dataclasses.replace(request, focus=None)
    image = server.photo(request)

    def ask(name: ArmName, asked: Request, shown: NDArray[np.uint8]) -> Arm:
        return Arm(name, shown, server.recommend(asked), server.rank_of(asked, product))

    def ask_about(name: ArmName, shown: NDArray[np.uint8]) -> Arm:
        return ask(name, dataclasses.replace(request, scene=None, image=shown), shown)

    return LeakTest(
        scene,
        product,
        box,
        ask("whole", request, image),
        ask_about("without", without_box(image, box)),
        ask_about("only", np.ascontiguousarray(cut_out(image, box))),
    )


def known_boxes(catalog: Catalog, scene: str) -> dict[str, Box]:
    """Product id → where a scene shows it, for its products that have a box, by row.

    Raises RequestError for an unknown scene.
    """
    pairs = catalog.pairs_of_scene(catalog.scene_row(scene))
    pairs = pairs[np.argsort(catalog.pair_product[pairs], kind="stable")]
    boxes: dict[str, Box] = {}
    for pair in pairs:
        sides = catalog.pair_box[pair]
        if np.isfinite(sides).all():
            left, top, right, bottom = (min(1.0, max(0.0, float(side))) for side in sides)
            boxes[catalog.products[catalog.pair_product[pair]].id] = (left, top, right, bottom)
    return boxes


def known_box(catalog: Catalog, scene: str, product: str) -> Box | None:
    """Where a scene shows a product; None where it is not known to."""
    return known_boxes(catalog, scene).get(product)


def without_box(image: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """A photo ``uint8 [H, W, 3]`` with a box filled by the mean colour around it.

    Around it is a ring a quarter of the box wide; grey where the box leaves no ring.
    """
    left, top, right, bottom = pixel_box(image, box)
    height, width = image.shape[:2]
    x, y = max(1, round(_RING * (right - left))), max(1, round(_RING * (bottom - top)))
    ring = np.zeros((height, width), np.bool_)
    ring[max(0, top - y) : bottom + y, max(0, left - x) : right + x] = True
    ring[top:bottom, left:right] = False
    result = image.copy()
    result[top:bottom, left:right] = (
        np.round(image[ring].mean(axis=0)).astype(np.uint8) if ring.any() else SCENE_FILL
    )
    return result
