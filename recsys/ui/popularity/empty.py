"""What there is to say where no list can be made, and where to go from there."""

from __future__ import annotations

import streamlit as st

from recsys.errors import RequestError
from recsys.ui.messages import explain
from recsys.ui.resources import Live
from recsys.ui.thumbnails import base_path


def nothing_to_count(live: Live) -> bool:
    """Says why there are no lists to count; False where there are."""
    if not any(product.image is not None for product in live.catalog.products):
        explain(
            RequestError(
                "this catalogue has no product with a picture, so there is nothing to recommend",
                "Look at what it has on Browse",
            ),
            heading="No products yet",
        )
        _to_browse()
        return True
    if not any(scene.image is not None for scene in live.catalog.scenes):
        explain(
            RequestError(
                f"{live.catalog.name} has no looks with a photo, and how often a product is shown "
                "is counted over the lists of looks",
                "Look at a data set with looks: python -m recsys promote --model ID --data NAME",
            ),
            heading="No looks to count over",
        )
        _to_browse()
        return True
    if live.server.model is None:
        explain(
            RequestError(
                "no model is live for this data set, so there are no lists to look at",
                f"Train one with: python -m recsys train --data {live.catalog.argument}, then put "
                "it live with: python -m recsys promote --model ID --data "
                f"{live.catalog.argument}",
            ),
            heading="No model yet",
        )
        _to_browse()
        return True
    return False


def _to_browse() -> None:
    # a plain link stays in this tab, and leaves one entry in the browser's history
    st.html(f'<a href="{base_path()}/browse" target="_self">Browse the catalogue</a>')
