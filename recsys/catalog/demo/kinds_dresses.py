"""Kinds of dresses."""

from __future__ import annotations

from recsys.catalog.demo.garment import Skirt, Upper
from recsys.catalog.demo.kind import Kind, dress

DRESSES: dict[str, Kind] = {
    # Dresses
    "sun dress": dress(
        "sun dress",
        Upper(
            neck="strap", drop=0.42, waist_seam=True, sleeve=0.0, length=2.8, boxy=0.1, ease=0.03
        ),
        Skirt(length=5.4, ease=0.03, flare=0.24),
        "cotton",
        59,
        130,
    ),
    "shift": dress(
        "shift dress",
        Upper(neck="boat", drop=0.12, sleeve=0.0, length=4.6, ease=0.06, boxy=0.5, flare=0.1),
        None,
        "cotton",
        55,
        120,
    ),
    "prairie": dress(
        "prairie dress",
        Upper(
            neck="round collar",
            drop=0.18,
            sleeve=1.85,
            sleeve_shape="puff",
            length=2.8,
            ease=0.05,
            boxy=0.1,
            closure="placket",
            cuffs=True,
            waist_seam=True,
        ),
        Skirt(length=6.5, ease=0.05, flare=0.18, tiers=2),
        "cotton",
        79,
        180,
    ),
    "boho maxi": dress(
        "maxi dress",
        Upper(
            neck="vee",
            drop=0.62,
            sleeve=1.5,
            sleeve_shape="bell",
            length=2.8,
            ease=0.06,
            boxy=0.2,
            belt=True,
        ),
        Skirt(length=6.9, ease=0.05, flare=0.17, tiers=2),
        "cotton linen",
        79,
        190,
    ),
    "sheath": dress(
        "sheath dress",
        Upper(neck="crew", drop=0.2, sleeve=0.4, length=2.8, ease=0.03, boxy=0.05, waist_seam=True),
        Skirt(length=5.3, ease=0.03, flare=-0.02),
        "wool",
        89,
        190,
    ),
    "shirt dress": dress(
        "shirt dress",
        Upper(
            neck="shirt",
            drop=0.28,
            sleeve=1.1,
            length=2.8,
            ease=0.08,
            boxy=0.2,
            closure="buttons",
            cuffs=True,
            belt=True,
        ),
        Skirt(length=5.5, ease=0.05, flare=0.14, buttons=True),
        "cotton linen denim",
        69,
        150,
    ),
    "slip dress": dress(
        "slip dress",
        Upper(neck="strap", drop=0.5, sleeve=0.0, length=2.8, ease=0.02, boxy=0.1),
        Skirt(length=6.2, ease=0.02, flare=0.05, slit=True),
        "satin",
        99,
        240,
    ),
    "gown": dress(
        "evening gown",
        Upper(
            neck="strap", drop=0.55, sleeve=0.0, length=2.8, ease=0.015, boxy=0.0, waist_seam=True
        ),
        Skirt(length=7.2, ease=0.02, flare=0.16),
        "satin velvet sequin",
        189,
        520,
    ),
    "cocktail": dress(
        "cocktail dress",
        Upper(
            neck="square", drop=0.4, sleeve=0.35, length=2.8, ease=0.02, boxy=0.0, waist_seam=True
        ),
        Skirt(length=4.75, ease=0.02, flare=0.05),
        "sequin velvet satin",
        119,
        290,
    ),
    "smock": dress(
        "T-shirt dress",
        Upper(neck="crew", drop=0.2, sleeve=0.7, length=4.65, ease=0.16, boxy=0.85, flare=0.02),
        None,
        "cotton fleece",
        45,
        95,
    ),
}
"""By name."""
