"""What a garment is made of: a cut and its materials. Lengths are head heights."""

from __future__ import annotations

from dataclasses import dataclass

from recsys.catalog.demo.cloth import RGB, Cloth


@dataclass(frozen=True)
class Upper:
    """The cut of anything worn from the shoulders down."""

    neck: str = "crew"
    """An entry of `pattern_points.NECK_HALF_WIDTH`."""
    drop: float = 0.2
    """How far the front neckline lies below the neck."""
    sleeve: float = 2.0
    """Where sleeves end along the arm: 0 none, 1 elbow, 2 wrist."""
    sleeve_shape: str = "plain"
    """plain, puff, bell or cap."""
    length: float = 3.5
    """Level of the hem; the waist is near 2.8, the knee near 5.45."""
    ease: float = 0.08
    boxy: float = 0.5
    """0 follows the waist, 1 falls straight."""
    flare: float = 0.0
    closure: str = "none"
    """none, buttons, double, zip, half zip, placket, wrap or open."""
    hem: str = "plain"
    """plain, rib, tail, ruffle or tiers."""
    pockets: str = "none"
    """none, chest, two chest, patch, flap, kangaroo or slant."""
    belt: bool = False
    motif: str = "none"
    cuffs: bool = False
    yoke: bool = False
    contrast_sleeves: bool = False
    waist_seam: bool = False


@dataclass(frozen=True)
class Lower:
    """The cut of trousers and shorts."""

    length: float = 1.96
    """Where the legs end: 0 hip, 1 knee, 2 ankle."""
    thigh: float = 0.06
    knee: float = 0.08
    hem: float = 0.08
    """Ease over the leg at thigh, knee and hem."""
    crease: bool = False
    pockets: str = "slant"
    """slant, jeans, cargo or sailor."""
    cuff: bool = False
    side_stripe: bool = False
    drawstring: bool = False
    ribbed: bool = False


@dataclass(frozen=True)
class Skirt:
    """The cut of a skirt, alone or below a bodice."""

    length: float = 5.2
    ease: float = 0.05
    flare: float = 0.12
    """Extra half width per head height below the hip."""
    pleats: int = 0
    tiers: int = 0
    slit: bool = False
    buttons: bool = False
    pockets: bool = False
    ruffle: bool = False
    wrap: bool = False


@dataclass(frozen=True)
class Dress:
    """A bodice and a skirt of one cloth."""

    bodice: Upper = Upper()
    skirt: Skirt = Skirt()


@dataclass(frozen=True)
class Small:
    """Shoes, bags and accessories: a named design with a few proportions to vary."""

    design: str
    size: float = 1.0
    height: float = 1.0
    variant: int = 0


Cut = Upper | Lower | Skirt | Dress | Small


@dataclass(frozen=True)
class Garment:
    """A cut in its materials, ready to be painted on any figure."""

    cut: Cut
    main: Cloth
    trim: Cloth
    accent: RGB
    metal: RGB
