"""Kinds of trousers, jeans, shorts and skirts."""

from __future__ import annotations

from recsys.catalog.demo.garment import Lower, Skirt
from recsys.catalog.demo.kind import Kind, legs, skirt

LOWERS: dict[str, Kind] = {
    # Trousers and jeans
    "chinos": legs(
        "chinos", "Trousers", Lower(thigh=0.06, knee=0.07, hem=0.05, cuff=True), "cotton", 49, 110
    ),
    "tailored": legs(
        "tailored trousers",
        "Trousers",
        Lower(thigh=0.06, knee=0.09, hem=0.06, crease=True),
        "wool",
        69,
        160,
    ),
    "wide leg": legs(
        "wide-leg trousers",
        "Trousers",
        Lower(length=2.06, thigh=0.09, knee=0.2, hem=0.3, crease=True),
        "linen wool",
        59,
        140,
    ),
    "sailor": legs(
        "sailor trousers",
        "Trousers",
        Lower(length=2.05, thigh=0.05, knee=0.15, hem=0.25, pockets="sailor"),
        "cotton",
        69,
        130,
    ),
    "satin trousers": legs(
        "satin trousers",
        "Trousers",
        Lower(length=2.06, thigh=0.07, knee=0.17, hem=0.25, side_stripe=True),
        "satin",
        89,
        190,
    ),
    "dress trousers": legs(
        "dress trousers",
        "Trousers",
        Lower(thigh=0.05, knee=0.07, hem=0.05, crease=True, side_stripe=True),
        "wool",
        89,
        190,
    ),
    "cargo": legs(
        "cargo trousers",
        "Trousers",
        Lower(thigh=0.13, knee=0.17, hem=0.1, pockets="cargo", ribbed=True),
        "canvas",
        59,
        130,
    ),
    "joggers": legs(
        "joggers",
        "Trousers",
        Lower(thigh=0.11, knee=0.12, hem=0.06, ribbed=True, drawstring=True, side_stripe=True),
        "fleece",
        39,
        89,
    ),
    "cords": legs(
        "corduroy trousers",
        "Trousers",
        Lower(thigh=0.08, knee=0.1, hem=0.08, pockets="jeans"),
        "corduroy",
        59,
        120,
    ),
    "jeans": legs(
        "straight jeans",
        "Jeans",
        Lower(thigh=0.05, knee=0.07, hem=0.07, pockets="jeans"),
        "denim",
        59,
        130,
    ),
    "rolled jeans": legs(
        "rolled jeans",
        "Jeans",
        Lower(length=1.78, thigh=0.08, knee=0.1, hem=0.1, pockets="jeans", cuff=True),
        "denim",
        59,
        130,
    ),
    "flares": legs(
        "flared jeans",
        "Jeans",
        Lower(length=2.08, thigh=0.02, knee=0.03, hem=0.26, pockets="jeans"),
        "denim corduroy",
        65,
        140,
    ),
    "baggy jeans": legs(
        "baggy jeans",
        "Jeans",
        Lower(length=2.02, thigh=0.14, knee=0.18, hem=0.2, pockets="jeans"),
        "denim",
        59,
        130,
    ),
    # Shorts
    "shorts": legs(
        "shorts",
        "Shorts",
        Lower(length=0.66, thigh=0.08, knee=0.11, hem=0.11),
        "cotton linen",
        35,
        79,
    ),
    "bermuda": legs(
        "bermuda shorts",
        "Shorts",
        Lower(length=0.9, thigh=0.07, knee=0.1, hem=0.1, crease=True),
        "cotton wool",
        45,
        95,
    ),
    "board shorts": legs(
        "cargo shorts",
        "Shorts",
        Lower(length=0.98, thigh=0.12, knee=0.15, hem=0.15, pockets="cargo", drawstring=True),
        "canvas",
        39,
        85,
    ),
    "denim shorts": legs(
        "denim shorts",
        "Shorts",
        Lower(length=0.5, thigh=0.06, knee=0.08, hem=0.09, pockets="jeans", cuff=True),
        "denim",
        35,
        79,
    ),
    # Skirts
    "pencil": skirt("pencil skirt", Skirt(length=5.3, ease=0.02, flare=-0.03), "wool", 55, 120),
    "a-line mini": skirt(
        "A-line mini skirt",
        Skirt(length=4.45, ease=0.03, flare=0.13, pockets=True),
        "cotton corduroy",
        39,
        89,
    ),
    "button mini": skirt(
        "button-front skirt",
        Skirt(length=4.7, ease=0.03, flare=0.1, buttons=True),
        "denim suede",
        45,
        95,
    ),
    "pleated": skirt(
        "pleated skirt",
        Skirt(length=5.7, ease=0.04, flare=0.16, pleats=14),
        "cotton satin",
        59,
        130,
    ),
    "maxi": skirt(
        "tiered maxi skirt",
        Skirt(length=6.85, ease=0.06, flare=0.17, tiers=3),
        "cotton linen",
        59,
        140,
    ),
    "circle": skirt("circle skirt", Skirt(length=5.4, ease=0.03, flare=0.3), "cotton", 49, 110),
    "kilt": skirt(
        "kilt", Skirt(length=5.2, ease=0.04, flare=0.1, pleats=10, wrap=True), "wool", 65, 150
    ),
    "slip skirt": skirt(
        "slip skirt", Skirt(length=6.1, ease=0.02, flare=0.05, slit=True), "satin", 59, 140
    ),
}
"""By name."""
