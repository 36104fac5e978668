"""The hidden styles: which colours, patterns and silhouettes belong together.

A style is never written in a picture. It is what a person sees in an outfit that works, and what a
model has to learn.
"""

from __future__ import annotations

from dataclasses import dataclass


def _words(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(","))


@dataclass(frozen=True)
class Style:
    """Palettes name entries of `palette.COLOURS`, prints of `prints.PRINTS`, kinds of `KINDS`.

    A kind or print named twice is twice as common.
    """

    name: str
    bright: tuple[str, ...]
    """What tops and dresses are dyed."""
    deep: tuple[str, ...]
    """What trousers, skirts and coats are dyed."""
    accents: tuple[str, ...]
    """What prints, motifs and accessories add."""
    leather: tuple[str, ...]
    denim: tuple[str, ...]
    metal: str
    prints: tuple[str, ...]
    """For whatever is printed; "plain" among them leaves room for quiet pieces."""
    quiet: float
    """The share of coats, trousers and knitwear left plain."""
    tops: tuple[str, ...]
    outers: tuple[str, ...]
    bottoms: tuple[str, ...]
    dresses: tuple[str, ...]
    shoes: tuple[str, ...]
    bags: tuple[str, ...]
    hats: tuple[str, ...]
    scarves: tuple[str, ...]
    glasses: tuple[str, ...]
    belts: tuple[str, ...]
    motifs: tuple[str, ...]
    places: tuple[str, ...]
    outer_share: float
    brands: tuple[str, ...]

    def kinds(self, slot: str) -> tuple[str, ...]:
        """The style's kinds for a slot of `kinds.SLOTS`."""
        return {
            "top": self.tops,
            "outer": self.outers,
            "bottom": self.bottoms,
            "dress": self.dresses,
            "shoes": self.shoes,
            "bag": self.bags,
            "hat": self.hats,
            "scarf": self.scarves,
            "glasses": self.glasses,
            "belt": self.belts,
        }[slot]


STYLES: tuple[Style, ...] = (
    Style(
        name="nautical",
        bright=_words("white, white, navy, ivory, signal red, powder blue"),
        deep=_words("navy, navy, white, sailor blue, signal red, sand"),
        accents=_words("signal red, navy, white, sailor blue"),
        leather=_words("navy, white, tan, signal red"),
        denim=_words("indigo, mid blue"),
        metal="brass",
        prints=_words("breton, breton, breton, bold stripe, candy stripe, plain"),
        quiet=0.8,
        tops=_words(
            "breton, tee, sweater, shirt, breton, graphic tee, cardigan, puff blouse, roll neck"
        ),
        outers=_words("pea coat, double blazer, bomber, trench, pea coat"),
        bottoms=_words(
            "sailor, chinos, rolled jeans, shorts, circle, sailor, pleated, bermuda, button mini"
        ),
        dresses=_words("shirt dress, smock, sun dress, shift"),
        shoes=_words("boat shoes, plimsolls, loafers, plimsolls, ballet flats, sandals, sneakers"),
        bags=_words("tote, duffel, bucket bag, basket"),
        hats=_words("boater, beret, cap, beanie"),
        scarves=_words("neckerchief, neckerchief, long scarf"),
        glasses=_words("wayfarers, aviators"),
        belts=_words("webbing belt, belt"),
        motifs=_words("anchor, anchor, star"),
        places=_words("harbour, harbour, street, park, studio"),
        outer_share=0.36,
        brands=_words("Port & Starling, Halyard, Mar Bleu, Tidewell"),
    ),
    Style(
        name="boho",
        bright=_words("ivory, rust, mustard, terracotta, teal, cream"),
        deep=_words("rust, chocolate, olive, terracotta, plum, cream"),
        accents=_words("teal, mustard, rust, plum, ivory"),
        leather=_words("tan, cognac, chocolate, rust"),
        denim=_words("washed blue, mid blue"),
        metal="brass",
        prints=_words("paisley, ikat, floral, ikat, paisley, zigzag, plain"),
        quiet=0.55,
        tops=_words("peasant, peasant, wrap blouse, cami, cardigan, tee, peasant, camp shirt"),
        outers=_words("fringe jacket, duster, denim jacket, fringe jacket, duster"),
        bottoms=_words("maxi, flares, wide leg, maxi, button mini, flares, denim shorts, cords"),
        dresses=_words("boho maxi, boho maxi, sun dress, prairie"),
        shoes=_words("fringe boots, sandals, ankle boots, sandals, fringe boots, loafers, chelsea"),
        bags=_words("fringe bag, hobo, basket, fringe bag, satchel"),
        hats=_words("wide brim, wide brim, fedora"),
        scarves=_words("long scarf, silk scarf"),
        glasses=_words("round glasses, aviators"),
        belts=_words("wide belt, belt"),
        motifs=_words("sun, peak"),
        places=_words("meadow, loft, park, harbour, meadow"),
        outer_share=0.28,
        brands=_words("Wild Fennel, Sol y Luna, Mesa Rose, Caravane"),
    ),
    Style(
        name="office",
        bright=_words("white, powder blue, pale grey, ivory, burgundy"),
        deep=_words("charcoal, grey, navy, charcoal, camel, black"),
        accents=_words("burgundy, powder blue, white, grey"),
        leather=_words("black, chocolate, burgundy, black"),
        denim=_words("indigo, black denim"),
        metal="silver",
        prints=_words("pinstripe, pinstripe, windowpane, plain, plain, houndstooth"),
        quiet=0.55,
        tops=_words("shirt, bow blouse, roll neck, shirt, wrap blouse, sweater, cardigan, shirt"),
        outers=_words("blazer, double blazer, overcoat, trench, blazer, blazer"),
        bottoms=_words("tailored, pencil, tailored, wide leg, pencil, tailored, pleated"),
        dresses=_words("sheath, sheath, shirt dress, shift"),
        shoes=_words("oxfords, pumps, loafers, oxfords, pumps, chelsea"),
        bags=_words("briefcase, handbag, briefcase, handbag, satchel"),
        hats=_words("fedora, beret"),
        scarves=_words("silk scarf, long scarf"),
        glasses=_words("wayfarers, cat eye"),
        belts=_words("belt, belt"),
        motifs=_words("bars"),
        places=_words("office, downtown, office, downtown, studio"),
        outer_share=0.55,
        brands=_words("Alder & Finch, Mercer Row, Lindqvist, Quorum"),
    ),
    Style(
        name="street",
        bright=_words("white, black, acid, grey, violet, orange"),
        deep=_words("black, charcoal, khaki, grey, black"),
        accents=_words("acid, orange, violet, white, turquoise"),
        leather=_words("white, black, white, acid"),
        denim=_words("black denim, washed blue, mid blue"),
        metal="gunmetal",
        prints=_words("camo, camo, brushstroke, plain, plain, bold stripe"),
        quiet=0.62,
        tops=_words(
            "graphic tee, hoodie, graphic tee, sweatshirt, block hoodie, crop tee, hoodie,"
            "camp shirt"
        ),
        outers=_words("bomber, parka, biker, bomber, denim jacket"),
        bottoms=_words(
            "cargo, baggy jeans, joggers, cargo, board shorts, baggy jeans, joggers, a-line mini"
        ),
        dresses=_words("smock, smock, shift"),
        shoes=_words("sneakers, high tops, sneakers, high tops, lace boots"),
        bags=_words("backpack, crossbody, backpack, duffel"),
        hats=_words("cap, beanie, bucket hat"),
        scarves=_words("snood, neckerchief"),
        glasses=_words("wayfarers, round glasses"),
        belts=_words("webbing belt"),
        motifs=_words("bolt, smile, star, bars"),
        places=_words("graffiti, downtown, graffiti, street, studio"),
        outer_share=0.36,
        brands=_words("Voltage, Kerb, Block 9, Loud Quiet"),
    ),
    Style(
        name="evening",
        bright=_words("black, emerald, ruby, champagne, midnight, ivory"),
        deep=_words("black, midnight, black, burgundy"),
        accents=_words("gold, champagne, ruby, emerald"),
        leather=_words("black, gold, black, ruby, champagne"),
        denim=_words("black denim"),
        metal="brass",
        prints=_words("plain, plain, plain, leopard, floral"),
        quiet=0.9,
        tops=_words("cami, bow blouse, shirt, wrap blouse, roll neck, shirt"),
        outers=_words("dinner jacket, dinner jacket, overcoat, double blazer"),
        bottoms=_words("satin trousers, dress trousers, slip skirt, dress trousers, pencil"),
        dresses=_words("gown, cocktail, slip dress, gown, cocktail, slip dress"),
        shoes=_words("pumps, heeled sandals, oxfords, heeled sandals, pumps, oxfords"),
        bags=_words("clutch, clutch, handbag"),
        hats=_words("fedora, beret"),
        scarves=_words("silk scarf"),
        glasses=_words("cat eye, aviators"),
        belts=_words("wide belt, belt"),
        motifs=_words("star"),
        places=_words("night, gallery, night, gallery, studio"),
        outer_share=0.3,
        brands=_words("Maison Veil, Nocturne, Orfèvre, Velvet Hour"),
    ),
    Style(
        name="country",
        bright=_words("oat, moss, brick, mustard, cream"),
        deep=_words("forest, chocolate, camel, olive, brick"),
        accents=_words("brick, mustard, forest, oat"),
        leather=_words("cognac, chocolate, tan, forest"),
        denim=_words("indigo, mid blue"),
        metal="brass",
        prints=_words("tartan, herringbone, tartan, houndstooth, windowpane"),
        quiet=0.45,
        tops=_words("overshirt, cable, roll neck, overshirt, sweater, overshirt, cardigan, cable"),
        outers=_words("quilted, overcoat, blazer, quilted, parka"),
        bottoms=_words("cords, kilt, tailored, jeans, cords, kilt, button mini"),
        dresses=_words("shirt dress, prairie, sheath"),
        shoes=_words("wellies, lace boots, chelsea, riding boots, lace boots, wellies"),
        bags=_words("satchel, satchel, duffel, backpack"),
        hats=_words("flat cap, beanie, fedora"),
        scarves=_words("long scarf, long scarf, snood"),
        glasses=_words("aviators, wayfarers"),
        belts=_words("belt, wide belt"),
        motifs=_words("peak"),
        places=_words("woods, village, woods, meadow, village"),
        outer_share=0.58,
        brands=_words("Hedgerow, Bracken Mill, Fell & Dale, Old Orchard"),
    ),
    Style(
        name="mod",
        bright=_words("orange, hot pink, turquoise, sunshine, white, cobalt"),
        deep=_words("white, cobalt, orange, black, turquoise, sunshine"),
        accents=_words("white, hot pink, sunshine, turquoise, orange, cobalt"),
        leather=_words("white, black, orange, sunshine, hot pink"),
        denim=_words("mid blue"),
        metal="silver",
        prints=_words("rings, dots, rings, zigzag, dots, bold stripe"),
        quiet=0.55,
        tops=_words(
            "roll neck, collar blouse, roll neck, tee, collar blouse, shirt, crop cardigan"
        ),
        outers=_words("mod coat, mod coat, double blazer, trench"),
        bottoms=_words(
            "a-line mini, flares, a-line mini, wide leg, bermuda, a-line mini, tailored"
        ),
        dresses=_words("shift, shift, smock, shift"),
        shoes=_words("gogo boots, mary janes, gogo boots, loafers, chelsea, mary janes"),
        bags=_words("crossbody, handbag, bucket bag, crossbody"),
        hats=_words("beret, bucket hat, cap"),
        scarves=_words("neckerchief, silk scarf"),
        glasses=_words("round glasses, cat eye"),
        belts=_words("wide belt, belt"),
        motifs=_words("smile, heart"),
        places=_words("lounge, studio, lounge, street, gallery"),
        outer_share=0.3,
        brands=_words("Popsicle Club, Twice Round, Disco Peach, Orbit"),
    ),
    Style(
        name="garden",
        bright=_words("blush, sage, lavender, white, butter, mint"),
        deep=_words("sage, blush, ivory, lavender, powder blue"),
        accents=_words("rose, lavender, white, sage, butter"),
        leather=_words("blush, ivory, oat, rose, sage"),
        denim=_words("washed blue"),
        metal="brass",
        prints=_words("ditsy, gingham, floral, ditsy, gingham, ditsy"),
        quiet=0.5,
        tops=_words(
            "puff blouse, crop cardigan, collar blouse, tee, cardigan, puff blouse, camp shirt,"
            "shirt"
        ),
        outers=_words("denim jacket, trench, blazer, mod coat"),
        bottoms=_words("circle, pleated, chinos, circle, shorts, pleated, wide leg"),
        dresses=_words("sun dress, prairie, sun dress, shirt dress, prairie"),
        shoes=_words("ballet flats, mary janes, plimsolls, ballet flats, sandals, loafers"),
        bags=_words("basket, basket, bucket bag, tote, crossbody"),
        hats=_words("sun hat, boater, sun hat"),
        scarves=_words("silk scarf, neckerchief"),
        glasses=_words("round glasses, cat eye"),
        belts=_words("belt, belt"),
        motifs=_words("heart, sun"),
        places=_words("orchard, park, veranda, orchard, studio"),
        outer_share=0.24,
        brands=_words("Petit Trèfle, Clover Lane, Mirabelle, Honey & Thyme"),
    ),
)
"""All styles, in a fixed order."""

BY_NAME = {style.name: style for style in STYLES}
