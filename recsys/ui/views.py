"""Catalogue rows → what tiles and cards show. Knows no page and no widget."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from recsys.catalog.catalog import CATEGORY_SEPARATOR, Product
from recsys.errors import ImageError, RequestError
from recsys.serving.facts import score_of_nothing
from recsys.serving.server import Request, Response
from recsys.serving.spelling import scoring_words
from recsys.ui.card import Card
from recsys.ui.looks import Look, photo_pixels
from recsys.ui.resources import Live
from recsys.ui.thumbnails import thumbnail_store
from recsys.ui.tiles import Badge, Tile

GENERIC_SHARE = 0.05
"""What is shown to so large a part of all scenes is worth a badge in any list."""


POPULAR = Badge("popular")


def product_tile(product: Product, badges: tuple[Badge, ...] = ()) -> Tile:
    """A product as a tile: title, brand and price."""
    return Tile(
        id=product.id,
        title=product.label,
        note=" · ".join(part for part in (product.brand, price_text(product.price)) if part),
        image=thumbnail_store().name(product.image),
        alt=f"{product.label}, product picture",
        badges=badges,
    )


def scene_tile(live: Live, row: int, *, href: str = "") -> Tile:
    """A scene as a tile; its badge says how many of its products are known."""
    scene = live.catalog.scenes[row]
    matches = len(live.catalog.products_of(row))
    return Tile(
        id=scene.id,
        title="",
        image=thumbnail_store().name(scene.image),
        alt=scene_words(live, row),
        badges=(Badge(counted(matches, "match", "matches")),) if matches else (),
        href=href,
    )


def scene_words(live: Live, row: int) -> str:
    """What a photo shows, as far as it is known: ``Look with Red coat, Belt and 3 more``."""
    known = [live.catalog.products[int(product)] for product in live.catalog.products_of(row)]
    if not known:
        return f"Look {live.catalog.scenes[row].id}"
    names = [product.label[:80] for product in known]
    if len(names) > 3:
        names = [*names[:2], f"{len(names) - 2} more"]
    listed = " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
    return f"Look with {listed}"


def browse_tile(
    live: Live, row: int, *, with_count: bool = False, always_shown: bool = False
) -> Tile:
    """A product in the catalogue's list.

    Args:
        with_count: says in how many looks it was seen, rather than that these are many.
        always_shown: says to how many scenes it is shown even where that are few; those
            shown to many say so in every list, once it is counted.
    """
    badges = []
    if with_count:
        badges.append(Badge(counted(int(live.popularity[row]), "look", "looks")))
    if live.exposure is not None:
        share = live.exposure.share_of_scenes(row)
        if always_shown or share >= GENERIC_SHARE:
            badges.append(Badge(f"shown to {percent_text(share)}"))
    if not with_count and live.facts.is_popular(row):
        badges.append(POPULAR)
    return product_tile(live.catalog.products[row], tuple(badges))


def result_tiles(
    live: Live, request: Request, response: Response, matches: Collection[str]
) -> list[Tile]:
    """Recommendations in order: rank, score and its bar; those known to be right are marked."""
    nothing = score_of_nothing(live.server, request, response)
    bars = score_bars(response.scores or (), nothing)
    tiles = []
    for item in response.items:
        row = live.catalog.product_row(item.product)
        badges = [Badge(str(item.rank), "rank")]
        if item.product in matches:
            badges.append(Badge("true match", "good"))
        if live.facts.is_popular(row):
            badges.append(POPULAR)
        tile = product_tile(live.catalog.products[row], tuple(badges))
        if item.score is not None:
            bar = bars[item.rank - 1]
            tile = replace(
                tile,
                score=bar.length,
                score_text=f"{item.score:.2f}",
                score_means=bar.means,
                is_relative=bar.is_relative,
            )
        tiles.append(tile)
    return tiles


def known_tiles(live: Live, look: Look) -> list[Tile]:
    """The products known to be in a look."""
    rows = [live.catalog.product_row(product) for product in look.matches]
    return [product_tile(live.catalog.products[row]) for row in rows]


def look_words(look: Look) -> tuple[str, str]:
    """What a look is, and what there is to know of it, as people read it."""
    if look.photo is None:
        known = counted(len(look.matches), "known product", "known products")
        return "The look", f"from the catalogue · {known}"
    facts = []
    try:
        facts.append(time_text(datetime.fromtimestamp(look.photo.path.stat().st_mtime)))
        height, width = photo_pixels(look.photo).shape[:2]
        facts.append(f"{width:,} × {height:,} pixels")
    except (OSError, ImageError, RequestError):
        pass  # removed or damaged meanwhile, which the list says
    return "Your photo", " · ".join(facts)


def look_alt(live: Live, look: Look) -> str:
    """What the photo of a look shows."""
    if look.photo is not None:
        return "Your photo"
    return scene_words(live, live.catalog.scene_row(look.id))


def product_card(live: Live, row: int) -> Card:
    """A product's panel: what the catalogue says, how popular it is, how often it is shown."""
    product = live.catalog.products[row]
    known = live.facts.facts(product.id)
    facts = [("Category", category_text(product.category))]
    if product.price is not None:
        facts.append(("Price", price_text(product.price)))
    facts += [
        ("Training pairs", counted(known.pairs, "look", "looks")),
        ("Popularity", f"{known.popularity_rank:,} of {known.products:,}"),
    ]
    if known.times_shown is not None and known.share_shown is not None:
        looks = counted(known.times_shown, "look", "looks")
        facts.append(
            (
                "Shown",
                f"in the top {known.exposure_k} of {looks}, "
                f"{percent_text(known.share_shown)} of all",
            )
        )
    elif live.counting:
        facts.append(("Shown", "being counted…"))
    if known.norm is not None and known.norm_percentile is not None:
        place = ordinal(round(known.norm_percentile))
        facts.append(("Embedding norm", f"{known.norm:.2f}, {place} percentile"))
    facts.append(("Id", product.id))
    return card_of(product, facts)


def card_of(product: Product, facts: Iterable[tuple[str, str]]) -> Card:
    """A product's card with what there is to say of it."""
    return Card(
        id=product.id,
        label=f"Product {product.label}",
        title=product.label,
        subtitle=product.brand,
        image=thumbnail_store().name(product.image),
        alt=f"{product.label}, product picture",
        facts=tuple(facts),
    )


@dataclass(frozen=True)
class Bar:
    """One product's score as a bar: its length in 0–1, and what it means in a line."""

    length: float
    means: str
    is_relative: bool = False


def score_bars(scores: Sequence[float], nothing: float | None) -> list[Bar]:
    """The bars of a list.

    Cosines mean something by themselves, so their bars are on a scale that no list changes:
    empty where a product has nothing in common with the photo, full where every part of the
    photo is like it. A model that knows nothing does not fill its bars because its best guess
    is the best of its guesses.

    Inner products and corrected scores have no such scale. Their bars compare with the best of
    the list, are drawn quieter and say so: the share of the best, or, where not all are
    positive, the place between the worst, a tenth, and the best.

    Args:
        scores: of one list, in any order.
        nothing: see ``score_of_nothing``; None where the scores have no scale.
    """
    if nothing is not None:
        means = "An empty bar: nothing in common. A full one: every part of the photo is like it."
        return [
            Bar(min(1.0, max(0.0, score - nothing)), f"Score {score:.3f}. {means}")
            for score in scores
        ]
    best, worst = (max(scores), min(scores)) if scores else (0.0, 0.0)
    means = "Bars compare with the best of this list."
    return [
        Bar(_share(score, best, worst), f"Score {score:.3f}. {means}", True) for score in scores
    ]


def _share(score: float, best: float, worst: float) -> float:
    if worst > 0:
        return score / best
    return 1.0 if best == worst else 1.0 - 0.9 * ((best - score) / (best - worst))


def category_text(path: str) -> str:
    """``A|B|C`` as people read it."""
    return " › ".join(path.split(CATEGORY_SEPARATOR))


def price_text(price: float | None) -> str:
    """A price without a currency, which catalogues do not give; empty where there is none."""
    return "" if price is None else f"{price:,.2f}"


def percent_text(share: float) -> str:
    """A share in 0–1 as ``24 %``; what is little and not nothing as ``under 1 %``."""
    if 0 < share < 0.01:
        return "under 1 %"
    return f"{share * 100:.0f} %"


def ordinal(number: int) -> str:
    """``1st``, ``22nd``, ``113th``."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"


def counted(count: int, one: str, many: str) -> str:
    """``1 look``, ``2,300 looks``."""
    return f"{count:,} {one if count == 1 else many}"


def since_text(since: str) -> str:
    """An ISO time as ``3 May 2026, 14:02``, by the clock of the machine that serves; what is not
    one is shown as it is.
    """
    try:
        when = datetime.fromisoformat(since)
    except ValueError:
        return since
    return time_text(when.astimezone() if when.tzinfo else when)


def time_text(when: datetime) -> str:
    """A moment as people write it: ``3 May 2026, 14:02``."""
    return f"{when.day} {when:%b %Y, %H:%M}"


def served_words(live: Live) -> str:
    """Which data set is live and since when, for a sentence that goes on with "and has no …"."""
    is_live = f"has been live since {since_text(live.since)}" if live.since else "is live"
    return f"the data set {live.catalog.name} {is_live}"


def world_parts(live: Live) -> list[str]:
    """Which data and which model answer, and since when."""
    catalog = live.catalog
    parts = [
        f"Data set {catalog.name}",
        counted(len(catalog.products), "product", "products"),
        counted(len(catalog.scenes), "look", "looks"),
    ]
    if not live.model_id:
        return [*parts, "no model live"]
    parts.append(f"model {live.model_id}")
    if live.server.live is not None:
        parts.append(f"corrected by {scoring_words(live.server.live.correction)}")
    parts.append(f"live since {since_text(live.since)}" if live.since else "as shipped")
    return parts
