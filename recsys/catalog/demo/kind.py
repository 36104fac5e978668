"""What a kind of garment is, and short ways to describe one."""

from __future__ import annotations

from dataclasses import dataclass

from recsys.catalog.demo.garment import Cut, Dress, Lower, Skirt, Small, Upper

_CLOTHING = "Apparel & Accessories|Clothing|"
_SHOES = "Apparel & Accessories|Shoes|"
_EXTRAS = "Apparel & Accessories|Accessories|"

SLOTS = ("top", "outer", "bottom", "dress", "shoes", "bag", "hat", "scarf", "glasses", "belt")


@dataclass(frozen=True)
class Kind:
    """A silhouette. ``wearers`` is "all", "women" or "men"; prices are in whole units of money."""

    noun: str
    category: str
    slot: str
    cut: Cut
    finishes: tuple[str, ...]
    price: tuple[int, int]
    wearers: str = "all"


def top(
    noun: str, group: str, cut: Upper, finishes: str, low: int, high: int, who: str = "all"
) -> Kind:
    """A kind of top; `finishes` are separated by spaces, as in all that follow."""
    return Kind(noun, _CLOTHING + group, "top", cut, tuple(finishes.split()), (low, high), who)


def outer(noun: str, group: str, cut: Upper, finishes: str, low: int, high: int) -> Kind:
    """A kind of jacket or coat."""
    return Kind(noun, _CLOTHING + group, "outer", cut, tuple(finishes.split()), (low, high))


def legs(noun: str, group: str, cut: Lower, finishes: str, low: int, high: int) -> Kind:
    """A kind of trousers or shorts."""
    return Kind(noun, _CLOTHING + group, "bottom", cut, tuple(finishes.split()), (low, high))


def skirt(noun: str, cut: Skirt, finishes: str, low: int, high: int) -> Kind:
    """A kind of skirt."""
    return Kind(
        noun, _CLOTHING + "Skirts", "bottom", cut, tuple(finishes.split()), (low, high), "women"
    )


def dress(
    noun: str, bodice: Upper, skirt: Skirt | None, finishes: str, low: int, high: int
) -> Kind:
    """A kind of dress: bodice and skirt, or cut in one."""
    cut = Dress(bodice, skirt) if skirt else bodice
    return Kind(
        noun, _CLOTHING + "Dresses", "dress", cut, tuple(finishes.split()), (low, high), "women"
    )


def shoe(
    noun: str,
    group: str,
    design: str,
    finishes: str,
    low: int,
    high: int,
    who: str = "all",
    height: float = 1.0,
) -> Kind:
    """A kind of shoe of a named design."""
    return Kind(
        noun,
        _SHOES + group,
        "shoes",
        Small(design, 1.0, height),
        tuple(finishes.split()),
        (low, high),
        who,
    )


def extra(
    noun: str,
    group: str,
    slot: str,
    design: str,
    finishes: str,
    low: int,
    high: int,
    who: str = "all",
) -> Kind:
    """A kind of bag or accessory of a named design."""
    return Kind(
        noun, _EXTRAS + group, slot, Small(design), tuple(finishes.split()), (low, high), who
    )


_SLEEVELESS = {"sleeve": 0.0, "length": 2.8, "boxy": 0.1, "ease": 0.03}
