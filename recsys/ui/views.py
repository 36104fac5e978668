"""Catalogue rows → what tiles and cards show. Knows no page and no widget."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from recsys.catalog.catalog import CATEGORY_SEPARATOR, Product
from recsys.serving.server import Response
from recsys.ui.card import Card
from recsys.ui.looks import Look
from recsys.ui.resources import Live
from recsys.ui.thumbnails import thumbnail_store
from recsys.ui.tiles import Badge, Tile

GENERIC_SHARE = 0.05
"""What is shown to so large a part of all scenes is worth a badge in any list."""


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
        alt=f"Photo of look {scene.id}",
        badges=(Badge(counted(matches, "match", "matches")),) if matches else (),
        href=href,
    )


def browse_tile(
    live: Live, row: int, *, with_count: bool = False, always_shown: bool = False
) -> Tile:
    """A product in the catalogue's list.

    Args:
        with_count: says in how many looks it was seen.
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
    return product_tile(live.catalog.products[row], tuple(badges))


def result_tiles(live: Live, response: Response, matches: Collection[str]) -> list[Tile]:
    """Recommendations in order: rank, score and its bar; those known to be right are marked.

    Bars are relative to the best score shown, since only order and proportion mean anything:
    cosines pooled over regions can pass 1, and dot products have no bound.
    """
    scores = [item.score for item in response.items if item.score is not None]
    best, worst = (max(scores), min(scores)) if scores else (0.0, 0.0)
    tiles = []
    for item in response.items:
        product = live.catalog.products[live.catalog.product_row(item.product)]
        badges = [Badge(str(item.rank), "rank")]
        if item.product in matches:
            badges.append(Badge("true match", "good"))
        tile = product_tile(product, tuple(badges))
        tiles.append(
            Tile(
                id=tile.id,
                title=tile.title,
                note=tile.note,
                image=tile.image,
                alt=tile.alt,
                badges=tile.badges,
                score=None if item.score is None else bar_length(item.score, best, worst),
                score_text="" if item.score is None else f"{item.score:.2f}",
            )
        )
    return tiles


def known_tiles(live: Live, look: Look) -> list[Tile]:
    """The products known to be in a look."""
    rows = [live.catalog.product_row(product) for product in look.matches]
    return [product_tile(live.catalog.products[row]) for row in rows]


def results_line(response: Response, matches: Collection[str]) -> str:
    """How many are shown of how many, and how many of the known matches are among them."""
    line = f"Best {len(response.products):,} of {response.candidates:,}"
    if not matches:
        return line
    found = len(set(matches) & set(response.products))
    return f"{line} · {found} of {counted(len(matches), 'known match', 'known matches')} among them"


def look_card(look: Look) -> Card:
    """The photo that is being shopped, large."""
    own = look.photo is not None
    return Card(
        id=look.id,
        label="Your photo" if own else "The look",
        title="Your photo" if own else "The look",
        subtitle="" if own else look.id,
        image=thumbnail_store().name(look.image),
        alt="Your photo" if own else f"Photo of look {look.id}",
        shape="portrait",
    )


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
    return Card(
        id=product.id,
        label=f"Product {product.label}",
        title=product.label,
        subtitle=product.brand,
        image=thumbnail_store().name(product.image),
        alt=f"{product.label}, product picture",
        facts=tuple(facts),
    )


def bar_length(score: float, best: float, worst: float) -> float:
    """Length in 0–1 of a score's bar: its share of the best one.

    Where scores are not all positive, their place between the worst (a tenth) and the best.
    """
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
    """An ISO time as ``3 May 2026, 14:02``; what is not one is shown as it is."""
    try:
        when = datetime.fromisoformat(since)
    except ValueError:
        return since
    return f"{when.day} {when:%b %Y, %H:%M}"


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
    parts.append(f"live since {since_text(live.since)}" if live.since else "as shipped")
    return parts
