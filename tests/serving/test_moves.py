from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recsys.serving.messages import Response
from recsys.serving.moves import Move, moves

LISTS = st.lists(st.sampled_from("abcdefgh"), unique=True).map(tuple)


def response(products: tuple[str, ...]) -> Response:
    return Response("scene", 10, products, None, 8)


@given(LISTS, LISTS)
def test_old_and_new_rank_of_everything(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    found = moves(response(old), response(new))
    assert [move.product for move in found.shown] == list(new)
    for place, move in enumerate(found.shown, start=1):
        assert move.after == place
        assert move.is_new == (move.product not in old)
        if not move.is_new:
            assert move.before == old.index(move.product) + 1
            assert move.places == old.index(move.product) - (place - 1)
    assert [move.product for move in found.gone] == [name for name in old if name not in new]
    assert all(move.after is None and move.places == 0 for move in found.gone)
    assert found.changed == (old != new)


def test_an_example() -> None:
    found = moves(response(("a", "b", "c")), response(("c", "a", "d")))
    assert found.shown == (Move("c", 3, 1), Move("a", 1, 2), Move("d", None, 3))
    assert found.gone == (Move("b", 2, None),)
    assert [move.places for move in found.shown] == [2, -1, 0]
