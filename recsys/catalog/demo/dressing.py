"""Chooses who stands where in what: the outfit, the person, the pose, the place, the light."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from recsys.catalog.demo.bags import CARRY
from recsys.catalog.demo.figure import Build, Pose
from recsys.catalog.demo.garment import Small, Upper
from recsys.catalog.demo.kinds import KINDS
from recsys.catalog.demo.products import Product
from recsys.catalog.demo.styles import STYLES, Style

Shelves = Mapping[tuple[str, str], Sequence[Product]]

HAIR_WOMEN = (
    "long",
    "waves",
    "bob",
    "bun",
    "ponytail",
    "curls",
    "afro",
    "pixie",
    "braids",
    "long",
    "waves",
    "lob",
)
HAIR_MEN = (
    "short",
    "side part",
    "quiff",
    "curls",
    "buzz",
    "afro",
    "short",
    "side part",
    "tied back",
    "bald",
)
LIGHTS = ("neutral", "neutral", "warm", "golden", "cool", "overcast", "dusk")
_CLOSED_PLACES = ("studio", "loft", "office", "gallery", "lounge", "veranda")


@dataclass(frozen=True)
class Person:
    """Who: body, skin (index into `palette.SKIN`), hair and face."""

    build: Build
    skin: int
    hair: str
    hair_colour: int
    beard: bool
    lips: int
    height: float
    """Stature as a share of the average."""


@dataclass(frozen=True)
class Scene:
    """One picture of one person. ``worn`` lists product indexes in the order of the slots."""

    id: str
    index: int
    style: str
    worn: tuple[int, ...]
    crossed: bool
    """Whether one piece was borrowed from another style."""
    masculine: bool
    person: Person
    pose: Pose
    place: str
    place_seed: int
    light: str
    light_side: int
    brightness: float
    zoom: float
    offset: float
    """How far off the middle the person stands, as a share of the picture's width."""
    tucked: bool
    gap: float
    """How far a coat stands open, 0 to 1."""
    obstacle: str
    bag_side: int

    def can_swap(self, old: Product, new: Product) -> bool:
        """Whether `new` can be worn instead of `old` without changing the pose."""
        if old.slot == "bag" and isinstance(old.cut, Small) and isinstance(new.cut, Small):
            return carry(old) == carry(new) or (carry(old) != "clutch" and carry(new) != "clutch")
        return True

    def swapped(self, old: int, new: int) -> Scene:
        """The same scene with product `new` worn instead of `old`."""
        return replace(self, worn=tuple(new if item == old else item for item in self.worn))


def carry(bag: Product) -> str:
    """How a bag product is carried: hand, shoulder, cross, clutch or back."""
    return CARRY[bag.cut.design] if isinstance(bag.cut, Small) else "hand"


def dress_scene(
    name: str, index: int, style: Style, shelves: Shelves, cross_share: float, rng: random.Random
) -> Scene:
    """A scene of the given style, everything else drawn from `rng`."""
    crossed_slot = (
        rng.choice(("top", "shoes", "bag", "outer")) if rng.random() < cross_share else ""
    )
    stranger = rng.choice([other.name for other in STYLES if other.name != style.name])

    def pick(slot: str, masculine: bool | None) -> Product | None:
        name = stranger if slot == crossed_slot else style.name
        shelf = shelves.get((name, slot)) or shelves.get(("", slot)) or ()
        fits = [p for p in shelf if masculine is None or p.suits(masculine)]
        if not fits:
            return None
        return rng.choices(fits, [1.0 / p.rank for p in fits])[0]

    worn: list[Product | None] = []
    woman_first = rng.random() < 0.62
    dress = pick("dress", False) if woman_first and rng.random() < _dress_share(style) else None
    top = pick("top", None) if dress is None else None
    if dress is not None:
        masculine = False
    elif top is not None and KINDS[top.kind].wearers != "all":
        masculine = KINDS[top.kind].wearers == "men"
    else:
        masculine = not woman_first
    worn += [dress, top]
    bottom = pick("bottom", masculine) if dress is None else None
    worn += [bottom, pick("shoes", masculine)]
    outer = pick("outer", masculine) if rng.random() < style.outer_share else None
    worn.append(outer)
    bag = pick("bag", masculine) if rng.random() < (0.72 if not masculine else 0.5) else None
    worn.append(bag)
    hat = pick("hat", masculine) if rng.random() < 0.32 else None
    worn.append(hat)
    bare_neck = (
        top is None
        or not isinstance(top.cut, Upper)
        or top.cut.neck not in ("turtle", "bow", "hood")
    )
    scarf = pick("scarf", masculine) if bare_neck and rng.random() < 0.3 else None
    worn.append(scarf)
    worn.append(pick("glasses", masculine) if rng.random() < 0.24 else None)
    tucked = bottom is not None and top is not None and _may_tuck(top) and rng.random() < 0.6
    beltable = bottom is not None and KINDS[bottom.kind].noun != "joggers"
    if tucked and beltable and rng.random() < 0.55:
        worn.append(pick("belt", masculine))
    gap = 0.0
    if outer is not None and isinstance(outer.cut, Upper) and not outer.cut.belt:
        gap = rng.uniform(0.55, 0.95) if rng.random() < 0.68 else 0.0
    place = rng.choice(style.places)
    indoors = place in _CLOSED_PLACES
    light = rng.choice(("neutral", "warm", "cool", "neutral") if indoors else LIGHTS)
    if place == "night":
        light = "dusk"
    bag_side = rng.choice((-1, 1))
    obstacle = ""
    if not indoors and rng.random() < 0.22:
        obstacle = rng.choice(("plant", "bollard", "bench", "rail"))
    elif indoors and rng.random() < 0.16:
        obstacle = rng.choice(("plant", "chair"))
    return Scene(
        id=name,
        index=index,
        style=style.name,
        worn=tuple(p.index for p in worn if p is not None),
        crossed=bool(crossed_slot),
        masculine=masculine,
        person=_person(masculine, rng),
        pose=_pose(bag, bag_side, rng, modest=bottom is None or "skirt" in KINDS[bottom.kind].noun),
        place=place,
        place_seed=rng.getrandbits(48),
        light=light,
        light_side=rng.choice((-1, 1)),
        brightness=rng.uniform(0.92, 1.07),
        zoom=rng.choice((1.0, 1.0, 1.0, 1.04, 1.1, 1.24, 1.4)),
        offset=rng.uniform(-0.12, 0.12),
        tucked=tucked,
        gap=gap,
        obstacle=obstacle,
        bag_side=bag_side,
    )


def _dress_share(style: Style) -> float:
    return {"evening": 0.66, "garden": 0.5, "boho": 0.42, "mod": 0.46}.get(style.name, 0.3)


def _may_tuck(top: Product) -> bool:
    cut = top.cut
    return isinstance(cut, Upper) and cut.hem != "rib" and cut.ease < 0.19 and cut.length > 3.1


def _person(masculine: bool, rng: random.Random) -> Person:
    breadth = rng.gauss(0, 0.5)
    breadth = min(max(breadth, -0.8), 1.3)
    if masculine:
        build = Build(
            shoulder=0.94 + 0.05 * breadth,
            chest=0.67 + 0.05 * breadth,
            waist=0.59 + 0.08 * breadth,
            hip=0.66 + 0.05 * breadth,
            limb=1.04 + 0.12 * breadth,
            bust=0.0,
            masculine=True,
        )
    else:
        build = Build(
            shoulder=0.80 + 0.035 * breadth,
            chest=0.57 + 0.05 * breadth,
            waist=0.46 + 0.08 * breadth,
            hip=0.68 + 0.07 * breadth,
            limb=0.96 + 0.13 * breadth,
            bust=0.5,
        )
    skin = rng.randrange(8)
    dark_haired = skin >= 4
    hair_colour = rng.choice((0, 0, 1, 1, 2) if dark_haired else (0, 1, 2, 3, 4, 5, 6, 7))
    if rng.random() < 0.08:
        hair_colour = 8
    return Person(
        build=build,
        skin=skin,
        hair=rng.choice(HAIR_MEN if masculine else HAIR_WOMEN),
        hair_colour=hair_colour,
        beard=masculine and rng.random() < 0.4,
        lips=rng.randrange(4),
        height=rng.gauss(1.0 if not masculine else 1.03, 0.02),
    )


_LEGS = (
    ((-1.0, -2.0), (-1.0, -2.0)),
    ((2.0, 0.5), (2.5, 0.5)),
    ((-2.0, -2.5), (5.0, 0.5)),
    ((5.0, 0.5), (-2.0, -2.5)),
    ((-1.5, -2.0), (7.0, -3.0)),
    ((7.0, -3.0), (-1.5, -2.0)),
    ((-3.5, -4.0), (2.0, 0.0)),
    ((5.0, 1.5), (5.0, 1.5)),
)
_ARMS: tuple[tuple[tuple[float, float], str], ...] = (
    ((9.0, 2.0), "open"),
    ((12.0, -4.0), "open"),
    ((15.0, -10.0), "open"),
    ((7.0, 5.0), "open"),
    ((37.0, -62.0), "hip"),
    ((22.0, -27.0), "pocket"),
    ((20.0, -24.0), "pocket"),
    ((16.0, 140.0), "wave"),
    ((9.0, -72.0), "across"),
    ((13.0, -148.0), "chest"),
)


def _pose(bag: Product | None, bag_side: int, rng: random.Random, *, modest: bool) -> Pose:
    legs = rng.choice(_LEGS[:5] if modest else _LEGS)
    pocket = 0.0 if modest else 4.0  # skirts have none to put a hand in
    weights = (5, 5, 4, 3, 3, pocket, pocket * 0.75, 0.7, 0.9, 0.9)
    chosen = rng.choices(_ARMS, weights, k=2)
    if chosen[0][1] in ("across", "chest", "wave") and chosen[1][1] in ("across", "chest", "wave"):
        chosen[1] = _ARMS[0]
    index = 0 if bag_side < 0 else 1
    if bag is not None:
        how = carry(bag)
        if how == "hand":
            chosen[index] = ((11.0, 1.0), "grip")
        elif how == "clutch":
            chosen[index] = ((13.0, -46.0), "grip")
        elif how == "shoulder":
            chosen[index] = ((13.0, -12.0), "open")
    tilt = rng.uniform(-0.05, 0.05)
    wobble = [rng.uniform(-2, 2) for _ in range(4)]
    left, right = chosen
    return Pose(
        arms=(
            (left[0][0] + wobble[0], left[0][1] + wobble[1]),
            (right[0][0] + wobble[2], right[0][1] + wobble[3]),
        ),
        legs=legs,
        hands=(left[1], right[1]),
        turn=rng.uniform(-0.36, 0.36),
        hip_shift=tilt * 1.4 + rng.uniform(-0.03, 0.03),
        hip_tilt=tilt,
        shoulder_tilt=-tilt * 0.7,
        head_tilt=rng.uniform(-0.08, 0.08),
        lean=rng.uniform(-0.04, 0.04),
    )
