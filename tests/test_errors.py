from __future__ import annotations

import inspect
import pickle

import pytest

from recsys import errors
from recsys.errors import RecsysError

FAMILY = [
    item for _, item in inspect.getmembers(errors, inspect.isclass) if issubclass(item, RecsysError)
]


@pytest.mark.parametrize("family", FAMILY)
def test_the_text_is_what_went_wrong_and_what_to_do(family: type[RecsysError]) -> None:
    error = family(" expected a picture, found text ", " Choose a picture ")
    assert str(error) == "expected a picture, found text. Choose a picture"
    assert error.message == "expected a picture, found text"
    assert error.remedy == "Choose a picture"
    assert str(family("alone")) == "alone"
    assert family("alone").remedy == ""


def test_one_except_catches_the_family() -> None:
    assert len(FAMILY) >= 8
    with pytest.raises(errors.ModelError):
        raise errors.StaleError("stale")
    assert not issubclass(errors.DataError, errors.ModelError)


def test_errors_cross_process_borders() -> None:
    error = pickle.loads(pickle.dumps(errors.DataError("what", "mend")))
    assert error.message.startswith("what")
