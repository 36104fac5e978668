"""Invents products: a kind in a style's colours and pattern, with a name and a price."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

from recsys.catalog.demo.cloth import RGB, luminance, tint, weave
from recsys.catalog.demo.garment import Cut, Dress, Garment, Lower, Skirt, Upper
from recsys.catalog.demo.kinds import KINDS, Kind
from recsys.catalog.demo.palette import COLOURS
from recsys.catalog.demo.styles import BY_NAME, Style

_LEATHERY = ("leather", "suede", "patent", "nylon")
_RARELY_PRINTED = (
    "leather",
    "suede",
    "denim",
    "nylon",
    "sequin",
    "velvet",
    "straw",
    "cable",
    "patent",
    "corduroy",
)
_LARGE_PRINTS = (
    "rings",
    "floral",
    "paisley",
    "camo",
    "brushstroke",
    "zigzag",
    "ikat",
    "bold stripe",
    "tartan",
)


@dataclass(frozen=True)
class Product:
    """One product with its ground truth. ``colours`` are ground, figure one, figure two, trim."""

    id: str
    index: int
    style: str
    slot: str
    kind: str
    rank: int
    """Popularity rank within style and slot; 1 is worn most."""
    pattern: str
    finish: str
    colours: tuple[RGB, RGB, RGB, RGB]
    colour_names: tuple[str, ...]
    cut: Cut
    accent: RGB
    metal: RGB
    print_scale: float
    print_seed: int
    title: str
    brand: str
    price: float

    @property
    def looks(self) -> tuple[object, ...]:
        """What a person could tell it apart by."""
        return (self.kind, self.pattern, self.finish, self.colour_names)

    @property
    def category(self) -> str:
        """The category path, levels separated by bars."""
        return KINDS[self.kind].category

    def suits(self, masculine: bool) -> bool:
        """Whether a man, or else a woman, would wear it in this catalogue."""
        wearers = KINDS[self.kind].wearers
        return wearers == "all" or (wearers == "men") == masculine

    def ranked(self, rank: int) -> Product:
        """The same product with another popularity rank."""
        return replace(self, rank=rank)

    def garment(self) -> Garment:
        """The product in its materials, ready to paint."""
        return _garment(self)


@lru_cache(maxsize=1024)
def _garment(product: Product) -> Garment:
    ground, first, second, trim = product.colours
    rng = random.Random(product.print_seed)
    main = weave(product.finish, product.pattern, (ground, first, second), product.print_scale, rng)
    plain_finish = product.finish if product.finish not in ("sequin", "straw") else "cotton"
    trimming = weave(plain_finish, "plain", (trim, first, second), 1.0, rng)
    same = trim == ground
    return Garment(product.cut, main, main if same else trimming, product.accent, product.metal)


def invent_product(
    name: str, index: int, style_name: str, slot: str, kind_name: str, rank: int, rng: random.Random
) -> Product:
    """A product of the given kind in the given style."""
    style, kind = BY_NAME[style_name], KINDS[kind_name]
    finish = rng.choice(kind.finishes)
    pattern = _choose_print(style, slot, kind_name, finish, rng)
    names = _choose_colours(style, slot, kind_name, finish, pattern, rng)
    ground, first, second = (COLOURS[name] for name in names)
    cut = _vary(kind.cut, style, rng)
    trim = _choose_trim(style, slot, kind_name, ground, rng)
    accent = _choose_accent(style, slot, kind_name, ground, rng)
    large = pattern in _LARGE_PRINTS
    scale = rng.uniform(0.85, 1.2) * (1.1 if large and slot in ("dress", "bottom") else 1.0)
    if slot in ("scarf", "hat", "shoes", "bag"):
        scale *= 0.72
    price = float(round(rng.uniform(*kind.price)))
    if rng.random() < 0.3:
        price -= 0.05
    return Product(
        id=name,
        index=index,
        style=style_name,
        slot=slot,
        kind=kind_name,
        rank=rank,
        pattern=pattern,
        finish=finish,
        colours=(ground, first, second, trim),
        colour_names=names if pattern != "plain" else names[:1],
        cut=cut,
        accent=accent,
        metal=COLOURS[style.metal],
        print_scale=scale,
        print_seed=rng.getrandbits(48),
        title=_title(kind, pattern, finish, names[0], rng),
        brand=rng.choice(style.brands),
        price=round(price, 2),
    )


def _choose_print(style: Style, slot: str, kind: str, finish: str, rng: random.Random) -> str:
    if kind == "breton":
        return "breton"
    if kind == "kilt":
        return "tartan"
    if kind == "overshirt":
        return rng.choice(("tartan", "tartan", "windowpane")) if finish != "denim" else "plain"
    if finish in _RARELY_PRINTED or slot in ("shoes", "glasses", "belt"):
        return "plain"
    if kind in (
        "graphic tee",
        "sweatshirt",
        "hoodie",
        "block hoodie",
        "roll neck",
        "dinner jacket",
    ):
        return (
            "plain"
            if rng.random() < 0.85 or style.name in ("evening", "office")
            else rng.choice(style.prints)
        )
    quiet = style.quiet
    if slot in ("top", "dress", "scarf"):
        quiet *= 0.35 if slot != "scarf" else 0.2
    if slot == "bag" or (slot == "hat" and finish != "tweed"):
        quiet = 0.7
    if finish == "tweed":
        quiet = 0.0
    return "plain" if rng.random() < quiet else rng.choice(style.prints)


def _choose_colours(
    style: Style, slot: str, kind: str, finish: str, pattern: str, rng: random.Random
) -> tuple[str, str, str]:
    if finish == "denim":
        pool = style.denim
    elif finish == "straw":
        pool = ("straw", "natural")
    elif slot in ("shoes", "belt", "glasses") or (slot == "bag" and finish in _LEATHERY):
        pool = style.leather if slot != "glasses" else ("black", "chocolate", *style.leather)
    elif slot in ("outer", "bottom"):
        pool = style.deep
    elif slot in ("hat", "scarf", "bag"):
        pool = style.deep + style.accents
    else:
        pool = style.bright
    if kind in ("dinner jacket", "dress trousers") and rng.random() < 0.6:
        pool = ("black", "midnight")
    ground = rng.choice(pool)
    light = luminance(COLOURS[ground])
    others = sorted({*style.bright, *style.accents, *style.deep} - {ground})
    wanted = 0.10 if pattern in ("pinstripe", "windowpane", "herringbone", "houndstooth") else 0.22
    seen = [name for name in others if abs(luminance(COLOURS[name]) - light) > wanted]
    first = rng.choice(seen or others)
    if kind == "breton" or pattern == "breton":
        first = {"white": "navy", "ivory": "navy", "navy": "white"}.get(ground, first)
        if ground in ("white", "ivory") and rng.random() < 0.25:
            first = "signal red"
    rest = [
        name for name in others if name != first and abs(luminance(COLOURS[name]) - light) > 0.1
    ]
    return ground, first, rng.choice(rest or others)


def _choose_trim(style: Style, slot: str, kind: str, ground: RGB, rng: random.Random) -> RGB:
    if kind in ("block hoodie", "bomber", "cap", "bucket hat", "beanie", "sneakers", "high tops"):
        if rng.random() < 0.7:
            return _contrasting(style.accents + style.deep, ground, 0.12, rng)
        return ground
    if kind in ("collar blouse", "mod coat"):
        return COLOURS["white"] if rng.random() < 0.7 else ground
    if kind == "prairie":
        return COLOURS["ivory"]
    if kind == "dinner jacket":
        return tint(ground, -0.35)
    if kind in ("fedora", "boater", "wide brim", "sun hat"):
        return _contrasting(style.accents + style.leather, ground, 0.2, rng)
    if slot == "bag":
        return (
            tint(COLOURS[rng.choice(style.leather)], -0.08)
            if rng.random() < 0.6
            else tint(ground, -0.3)
        )
    if kind in ("chelsea", "fringe boots", "loafers", "gogo boots", "riding boots", "wellies"):
        return tint(ground, -0.3)
    return ground


def _contrasting(pool: tuple[str, ...], ground: RGB, gap: float, rng: random.Random) -> RGB:
    light = luminance(ground)
    fits = [name for name in pool if abs(luminance(COLOURS[name]) - light) > gap]
    return COLOURS[rng.choice(fits or list(pool))]


def _choose_accent(style: Style, slot: str, kind: str, ground: RGB, rng: random.Random) -> RGB:
    if slot == "glasses":
        return COLOURS[
            rng.choice(("charcoal", "chocolate", "teal", "midnight", *style.accents[:2]))
        ]
    if kind in ("pea coat", "double blazer", "sailor", "mod coat"):
        return (
            COLOURS["gold"]
            if luminance(ground) < 0.45
            else COLOURS["navy"]
            if style.name == "nautical"
            else COLOURS["gold"]
        )
    if kind in ("blazer", "overcoat", "trench", "duster", "quilted", "cardigan", "dinner jacket"):
        return tint(ground, -0.45) if luminance(ground) > 0.35 else tint(ground, 0.25)
    if kind in ("shirt", "bow blouse", "puff blouse", "camp shirt"):
        return COLOURS["white"] if luminance(ground) < 0.8 else COLOURS["pale grey"]
    return _contrasting(style.accents, ground, 0.15, rng)


def _vary(cut: Cut, style: Style, rng: random.Random) -> Cut:
    """The kind's cut, a little different in every product."""
    if isinstance(cut, Upper):
        return _vary_upper(cut, style, rng)
    if isinstance(cut, Dress):
        return Dress(_vary_upper(cut.bodice, style, rng), _vary_skirt(cut.skirt, rng))
    if isinstance(cut, Skirt):
        return _vary_skirt(cut, rng)
    if isinstance(cut, Lower):
        return replace(
            cut,
            length=cut.length + rng.uniform(-0.06, 0.02),
            thigh=cut.thigh * rng.uniform(0.85, 1.15),
            hem=cut.hem * rng.uniform(0.85, 1.2),
        )
    return replace(
        cut,
        size=cut.size * rng.uniform(0.93, 1.08),
        height=cut.height * rng.uniform(0.92, 1.08),
        variant=rng.randrange(12),
    )


def _vary_upper(cut: Upper, style: Style, rng: random.Random) -> Upper:
    motif = cut.motif
    if motif != "none":
        motif = rng.choice(style.motifs)
    length = cut.length + (rng.uniform(-0.1, 0.1) if cut.length != 2.8 else 0.0)
    sleeve = cut.sleeve * rng.uniform(0.92, 1.06) if 0 < cut.sleeve < 1.8 else cut.sleeve
    return replace(
        cut, motif=motif, length=length, sleeve=sleeve, ease=cut.ease * rng.uniform(0.85, 1.15)
    )


def _vary_skirt(cut: Skirt, rng: random.Random) -> Skirt:
    room = 0.25 if cut.length < 6.5 else 0.1
    return replace(
        cut,
        length=cut.length + rng.uniform(-room, room * 0.6),
        flare=cut.flare * rng.uniform(0.9, 1.1),
    )


_PRINT_WORDS = {
    "breton": "Breton-striped",
    "bold stripe": "rugby-striped",
    "candy stripe": "candy-striped",
    "pinstripe": "pinstriped",
    "dots": "polka-dot",
    "rings": "bullseye-print",
    "ditsy": "ditsy-floral",
    "windowpane": "windowpane-check",
    "ikat": "ikat",
    "brushstroke": "brushstroke",
}
_SPOKEN_FINISHES = (
    "linen",
    "suede",
    "satin",
    "velvet",
    "sequin",
    "leather",
    "patent",
    "corduroy",
    "canvas",
    "tweed",
    "straw",
)


def _title(kind: Kind, pattern: str, finish: str, colour: str, rng: random.Random) -> str:
    words = []
    if pattern != "plain":
        words.append(_PRINT_WORDS.get(pattern, pattern))
    elif finish in _SPOKEN_FINISHES and finish not in kind.noun:
        words.append(finish)
    words.append(kind.noun)
    if pattern == "plain" or rng.random() < 0.5:
        words.insert(0, colour)
    # A "black denim" of the finish "denim" is said once.
    title = " ".join(word for word, _ in groupby(" ".join(words).split()))
    return title[0].upper() + title[1:]
