from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from recsys.errors import RequestError
from recsys.retrieval.corrections import Correction
from recsys.serving.request import Request

PHOTO = np.zeros((4, 4, 3), np.uint8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"focus": (0, 0, 1)}, "focus is a box"),
        ({"focus": (0.5, 0, 0.5, 1)}, "focus is a box left, top, right, bottom in 0–1"),
        ({"focus": (0, 0, 1, 1.01)}, "focus is a box"),
        ({"focus": (0, math.nan, 1, 1)}, "focus is a box"),
        ({"focus": "0011"}, "focus is a box"),
        ({"focus": 3}, "focus is a box"),
        ({"min_price": -1}, "min_price is a number of at least 0, not -1"),
        ({"max_price": math.inf}, "max_price is a number"),
        ({"max_price": "5"}, "max_price is a number"),
        ({"min_price": True}, "min_price is a number"),
        ({"min_price": 5, "max_price": 4}, "min_price 5 is above max_price 4"),
        ({"categories": "Plain"}, "categories is a list of texts"),
        ({"categories": [1]}, "categories is a list"),
        ({"liked": [["a"]]}, "liked is a list"),
        ({"exclude": None}, "exclude is a list"),
        ({"exclude": [str(number) for number in range(10_001)]}, "at most 10,000"),
        ({"liked": ["a", "b"], "disliked": ["b"]}, "liked and disliked: 'b' is in both"),
        ({"diversity": 1.5}, "diversity is a number from 0 to 1, not 1.5"),
        ({"diversity": math.nan}, "diversity is a number"),
        ({"hide_generic": -0.1}, "hide_generic is a number from 0 to 1"),
        ({"hide_generic": True}, "hide_generic is a number"),
        ({"scoring": "nnn"}, "scoring: expected a Correction"),
        ({"scoring": np.zeros(2)}, "scoring: expected a Correction or 'model'"),
    ],
)
def test_the_field_at_fault_is_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        Request("scene", scene="a", **arguments)


@pytest.mark.parametrize("kind", ["random", "popular", "similar"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("focus", (0, 0, 1, 1)),
        ("scoring", Correction("nnn")),
        ("scoring", "model"),
        ("liked", ["a"]),
        ("disliked", ["a"]),
        ("diversity", 0.5),
    ],
)
def test_what_only_a_scene_takes(kind: Any, field: str, value: Any) -> None:
    product = "p" if kind == "similar" else None
    if (kind, field) == ("similar", "diversity"):
        Request(kind, product=product, diversity=value)
        return
    with pytest.raises(RequestError, match=f"{field}: a {kind} recommendation takes none"):
        Request(kind, product=product, **{field: value})


def test_what_is_given_is_made_plain() -> None:
    request = Request("scene", scene="a", focus=[0, 0, 1, np.float32(0.5)], liked=["b", "b", "a"])  # type: ignore[arg-type]
    assert request.focus == (0.0, 0.0, 1.0, 0.5)
    assert request.liked == ("b", "a")
    assert request.disliked == ()


def test_key() -> None:
    def of(**arguments: Any) -> tuple[Any, ...]:
        return Request("scene", **arguments).key

    assert of(scene="a") == of(scene="a")
    assert hash(of(image=PHOTO)) == hash(of(image=PHOTO.copy()))
    different = [
        of(scene="a"),
        of(scene="b"),
        of(scene="a", k=11),
        of(scene="a", focus=(0, 0, 1, 1)),
        of(scene="a", scoring=Correction("nnn")),
        of(scene="a", scoring=Correction("nnn", 1)),
        of(scene="a", liked=["x"]),
        of(scene="a", disliked=["x"]),
        of(scene="a", exclude=["x"]),
        of(scene="a", categories=["x"]),
        of(scene="a", category="x"),
        of(scene="a", min_price=1),
        of(scene="a", max_price=1),
        of(scene="a", hide_generic=0.5),
        of(scene="a", diversity=0.5),
        of(image=PHOTO),
        of(image=PHOTO + 1),
        of(image=PHOTO.reshape(2, 8, 3)),
    ]
    assert len(set(different)) == len(different)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "best"}, "no kind of recommendation 'best'"),
        ({"kind": "random", "k": 0}, "k is a whole number of at least 1, not 0"),
        ({"kind": "random", "k": -5}, "not -5"),
        ({"kind": "random", "k": 2.5}, "not 2.5"),
        ({"kind": "random", "k": True}, "not True"),
        ({"kind": "random", "seed": -1}, "a seed is a whole number"),
        ({"kind": "random", "seed": 2**63}, "a seed is a whole number"),
        ({"kind": "scene"}, "a scene's id or a photo"),
        ({"kind": "scene", "scene": "a", "image": PHOTO}, "one of them"),
        ({"kind": "popular", "scene": "a"}, "takes no scene"),
        ({"kind": "similar", "image": PHOTO, "product": "a"}, "takes no scene and no photo"),
        ({"kind": "similar"}, "a similar recommendation needs product"),
        ({"kind": "random", "product": "a"}, "a random recommendation takes no product"),
        ({"kind": "scene", "image": PHOTO.astype(float)}, "found float64"),
        ({"kind": "scene", "image": PHOTO[..., 0]}, r"found uint8 \[4, 4\]"),
        ({"kind": "scene", "image": PHOTO[:0]}, r"at least one pixel"),
    ],
)
def test_unsound_requests_cannot_be_made(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        Request(**arguments)


def test_scorings_are_remembered_apart() -> None:
    scorings = (None, "model", Correction("nnn"), Correction("nnn", 0.7), Correction("cosine"))
    keys = {Request("scene", scene="a", scoring=scoring).key for scoring in scorings}
    assert len(keys) == len(scorings)
    assert Request("scene", scene="a", scoring=Correction("nnn", 0.5)).key in keys
