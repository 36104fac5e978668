"""All kinds of garment there are, by name."""

from recsys.catalog.demo.kind import SLOTS, Kind
from recsys.catalog.demo.kinds_dresses import DRESSES
from recsys.catalog.demo.kinds_extras import EXTRAS
from recsys.catalog.demo.kinds_layers import LAYERS
from recsys.catalog.demo.kinds_lower import LOWERS
from recsys.catalog.demo.kinds_tops import TOPS

KINDS: dict[str, Kind] = {
    **TOPS,
    **LAYERS,
    **LOWERS,
    **DRESSES,
    **EXTRAS,
}
"""Every kind by name."""


__all__ = ["KINDS", "SLOTS", "Kind"]
