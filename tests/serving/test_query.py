"""Focus, likes and dislikes: what the ranker is asked."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.catalog.images import decode_image
from recsys.errors import RequestError
from recsys.serving.query import DISLIKED_WEIGHT, LIKED_WEIGHT, moved, regions_in
from recsys.serving.request import Box, Request
from recsys.serving.server import Server
from tests.support.planted import planted_box, planted_pairs

quick = settings(max_examples=60, deadline=None)

GRID = tuple(
    (column / 4, row / 5, (column + 1) / 4, (row + 1) / 5)
    for row in range(5)
    for column in range(4)
)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    sides = st.integers(0, 97)
    left, top = draw(sides), draw(sides)
    right, bottom = draw(st.integers(left + 1, 99)), draw(st.integers(top + 1, 99))
    return left / 99, top / 99, right / 99, bottom / 99


class TestRegionsIn:
    @quick
    @given(boxes())
    def test_centres_or_the_best_overlap(self, focus: Box) -> None:
        found = regions_in(GRID, focus)
        centres = [((b[0] + b[2]) / 2, (b[1] + b[3]) / 2) for b in GRID]
        inside = [
            focus[0] <= x <= focus[2] and focus[1] <= y <= focus[3] for x, y in centres
        ]  # fmt: skip
        if all(inside):
            assert found is None
            return
        assert found is not None
        if any(inside):
            assert found.tolist() == inside
            return
        overlaps = [
            max(0, min(b[2], focus[2]) - max(b[0], focus[0]))
            * max(0, min(b[3], focus[3]) - max(b[1], focus[1]))
            for b in GRID
        ]
        assert found.sum() == 1
        assert overlaps[int(found.argmax())] == pytest.approx(max(overlaps))

    @quick
    @given(boxes(), st.floats(0, 1))
    def test_a_larger_focus_looks_at_no_less(self, focus: Box, share: float) -> None:
        larger = (
            focus[0] * share,
            focus[1] * share,
            1 - (1 - focus[2]) * share,
            1 - (1 - focus[3]) * share,
        )
        inner, outer = regions_in(GRID, focus), regions_in(GRID, larger)
        inside = [all(_contains(focus, b)) for b in GRID]
        if outer is not None and any(inside):
            assert inner is not None
            assert (outer | ~inner).all()

    def test_the_border_counts_with_the_whole_photo_only(self) -> None:
        letterboxed = (None, (0.0, 0.0, 1.0, 0.5), (0.0, 0.5, 1.0, 1.0), None)
        assert regions_in(letterboxed, (0, 0, 1, 1)) is None
        found = regions_in(letterboxed, (0, 0, 1, 0.4))
        assert found is not None
        assert found.tolist() == [False, True, False, False]


def _contains(focus: Box, box: Box) -> tuple[bool, bool]:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return focus[0] <= x <= focus[2], focus[1] <= y <= focus[3]


class TestFocus:
    @pytest.mark.parametrize("which", ["server", "plain_server", "dot_server"])
    def test_the_whole_photo_changes_nothing(
        self, which: str, request: pytest.FixtureRequest
    ) -> None:
        server: Server = request.getfixturevalue(which)
        for scene in ("studio-000", "studio-007"):
            plain = server.recommend(Request("scene", scene=scene, k=24))
            focused = server.recommend(Request("scene", scene=scene, k=24, focus=(0, 0, 1, 1)))
            assert focused == plain
        wide = np.random.default_rng(0).integers(0, 255, (30, 90, 3), np.uint8)
        plain = server.recommend(Request("scene", image=wide, k=24))
        assert server.recommend(Request("scene", image=wide, k=24, focus=(0, 0, 1, 1))) == plain

    @pytest.mark.parametrize("which", ["server", "plain_server"])
    def test_answers_for_the_box(self, which: str, request: pytest.FixtureRequest) -> None:
        server: Server = request.getfixturevalue(which)
        for scene, shown in planted_pairs().items():
            image = decode_image(server.catalog.scenes[server.catalog.scene_row(scene)].image)  # type: ignore[arg-type]
            for position, product in enumerate(shown):
                focus = planted_box(position)
                by_id = server.recommend(Request("scene", scene=scene, k=1, focus=focus))
                by_image = server.recommend(Request("scene", image=image, k=1, focus=focus))
                assert by_id.products == by_image.products == (product,)
                assert by_id.scores == by_image.scores

    def test_the_reason_is_in_the_focus(self, server: Server) -> None:
        focus = (0.0, 0.0, 0.5, 1.0)
        response = server.recommend(Request("scene", scene="studio-003", k=24, focus=focus))
        assert response.regions is not None
        assert all(box is not None and box[2] <= 0.5 for box in response.regions)

    def test_a_sliver_finds_its_region(self, server: Server) -> None:
        product = planted_pairs()["studio-003"][0]
        focus = (0.2, 0.1, 0.201, 0.101)
        response = server.recommend(Request("scene", scene="studio-003", k=1, focus=focus))
        assert response.products == (product,)

    def test_a_sliver_of_a_photo_as_a_whole(self, plain_server: Server) -> None:
        focus = (0.999, 0.999, 1.0, 1.0)
        plain_server.recommend(Request("scene", scene="studio-003", k=1, focus=focus))


class TestMoved:
    @quick
    @given(st.integers(0, 10**6), st.integers(0, 3), st.integers(0, 3))
    def test_against_the_formula(self, seed: int, likes: int, dislikes: int) -> None:
        rng = np.random.default_rng(seed)
        regions = rng.normal(size=(4, 3)).astype(np.float32)
        regions[2] = 0
        liked, disliked = (_units(rng.normal(size=(n, 3))) for n in (likes, dislikes))
        found = moved(regions, liked, disliked)
        for r in range(4):
            length = math.sqrt(sum(float(x) ** 2 for x in regions[r]))
            if length == 0:
                assert found[r].tolist() == [0, 0, 0]
                continue
            vector = [float(x) / length for x in regions[r]]
            for products, weight in ((liked, LIKED_WEIGHT), (disliked, -DISLIKED_WEIGHT)):
                for axis in range(3):
                    if len(products):
                        total = sum(float(product[axis]) for product in products)
                        vector[axis] += weight * total / len(products)
            norm = math.sqrt(sum(x * x for x in vector))
            assert found[r] == pytest.approx([x / norm * length for x in vector], abs=1e-5)

    def test_nothing_changes_nothing(self) -> None:
        regions = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
        none = np.empty((0, 3), np.float32)
        assert moved(regions, none, none) is regions

    def test_the_opposite_of_what_is_liked_is_nowhere(self) -> None:
        regions = np.array([[1, 0, 0]], np.float32)
        liked = np.array([[-1 / LIKED_WEIGHT, 0, 0]], np.float32)
        assert moved(regions, liked, np.empty((0, 3), np.float32)).tolist() == [[0, 0, 0]]


def _units(vectors: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / norms).astype(np.float32)


class TestFeedback:
    @pytest.mark.parametrize("which", ["server", "plain_server", "dot_server"])
    def test_liking_nothing_changes_nothing(
        self, which: str, request: pytest.FixtureRequest
    ) -> None:
        server: Server = request.getfixturevalue(which)
        plain = server.recommend(Request("scene", scene="studio-004", k=24))
        asked = Request("scene", scene="studio-004", k=24, liked=(), disliked=())
        assert server.recommend(asked) == plain

    @pytest.mark.parametrize("which", ["server", "plain_server", "dot_server"])
    def test_a_like_lifts_what_resembles_it(
        self, which: str, request: pytest.FixtureRequest
    ) -> None:
        server: Server = request.getfixturevalue(which)
        for liked in ("product-000", "product-013", "product-020"):
            request_plain = Request("scene", scene="studio-004", k=24)
            request_liked = Request("scene", scene="studio-004", k=24, liked=(liked,))
            before = server.rank_of(request_plain, liked)
            after = server.rank_of(request_liked, liked)
            assert before is not None
            assert after is not None
            assert after <= before
            near = server.recommend(Request("similar", product=liked, k=3)).products
            ranks = [
                sum(server.rank_of(asked, product) or 0 for product in near)
                for asked in (request_plain, request_liked)
            ]
            assert ranks[1] <= ranks[0]

    def test_a_dislike_is_gone_and_what_resembles_it_falls(self, server: Server) -> None:
        plain = server.recommend(Request("scene", scene="studio-004", k=24))
        disliked = plain.products[0]
        asked = Request("scene", scene="studio-004", k=24, disliked=(disliked,))
        response = server.recommend(asked)
        assert disliked not in response.products
        assert response.candidates == 23
        near = server.recommend(Request("similar", product=disliked, k=1)).products[0]
        before, after = (
            server.rank_of(Request("scene", scene="studio-004"), near),
            (server.rank_of(asked, near)),
        )
        assert before is not None
        assert after is not None
        assert after >= before - 1  # one place is free

    def test_order_and_repeats_do_not_matter(self, server: Server) -> None:
        one = Request("scene", scene="studio-004", k=24, liked=("product-001", "product-009"))
        two = Request(
            "scene", scene="studio-004", k=24, liked=("product-009", "product-001", "product-009")
        )
        assert server.recommend(one).products == server.recommend(two).products

    def test_unknown_products(self, server: Server, bare_server: Server) -> None:
        for field in ("liked", "disliked"):
            asked = Request("scene", scene="studio-004", **{field: ("nobody",)})  # type: ignore[arg-type]
            with pytest.raises(RequestError, match="no product 'nobody'"):
                server.recommend(asked)
            with pytest.raises(RequestError, match="no model is live"):
                bare_server.recommend(asked)
