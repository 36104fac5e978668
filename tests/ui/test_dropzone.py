"""What a browser says of a file that it did not send is only its word."""

from __future__ import annotations

import pytest

from recsys.ui.dropzone import fault_of, most_megabytes
from recsys.ui.shared import CHROME, DOM, ROVING, joined


def test_too_large_is_said_with_both_sizes() -> None:
    fault = fault_of("size", 11.5 * 2**20, None)
    assert fault.message == f"the file has 11.5 MB, at most {most_megabytes()} MB are taken"
    assert "Export it smaller" in fault.remedy


@pytest.mark.parametrize(
    ("ending", "found"),
    [
        ("heic", "a file of the kind HEIC"),
        ("", "another kind of file"),
        ("<b>", "another kind of file"),
        (None, "another kind of file"),
        ("x" * 500, f"a file of the kind {'X' * 12}"),
    ],
)
def test_another_kind_is_named_where_it_has_a_name(ending: object, found: str) -> None:
    fault = fault_of("kind", None, ending)
    assert fault.message == f"expected a JPEG, PNG, WebP or GIF picture, found {found}"


@pytest.mark.parametrize(
    ("why", "size"), [("size", "huge"), ("size", float("nan")), ("size", -1), (None, None), ({}, 1)]
)
def test_any_nonsense_is_an_upload_that_did_not_arrive(why: object, size: object) -> None:
    assert fault_of(why, size, None).message == "the photo did not arrive"


def test_shared_parts_are_put_before_what_is_made_of_them() -> None:
    text = joined(DOM, ROVING)
    assert text.index("function element(") < text.index("function keyLeadsTo(")
    assert ".tool" in joined(CHROME)
