"""An audit as tables for a terminal, in the words that the page has too."""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from recsys.evaluation.audit_compare import Comparison, Difference
from recsys.evaluation.audit_result import Audit
from recsys.evaluation.audit_words import (
    CAUSE_WORDS,
    FIGURES,
    difference_text,
    figure_text,
    percent,
    title_of,
    value_text,
)

ROWS = 10
_LABEL_LETTERS = 40
_VERDICT_STYLES = {"none": "green", "some": "yellow", "strong": "bold red", "unknown": ""}


def render(audit: Audit) -> RenderableType:
    """Whether there is a problem, every figure beside chance, hubs, never shown, categories."""
    return Group(*_parts(audit))


def render_comparison(comparison: Comparison) -> RenderableType:
    """Every figure of both sides and the difference, with its interval where there is one."""
    one, other = comparison.one, comparison.other
    names = [_name(audit, with_model=one.model != other.model) for audit in (one, other)]
    table = Table(
        caption="intervals are 95 %, paired over scenes; – where resampling scenes is not sound",
        box=SIMPLE_HEAD,
        show_edge=False,
    )
    table.add_column("figure")
    for name in names:
        table.add_column(Text(name), justify="right")
    table.add_column("difference", justify="right")
    table.add_column("95 % interval", justify="right")
    for key, found in comparison.differences.items():
        table.add_row(
            title_of(key, one.setting.k),
            value_text(key, found.one),
            value_text(key, found.other),
            difference_text(key, found.value),
            _interval(key, found),
        )
    note = Text(
        f"Recall, NDCG and MRR over {comparison.unseen_scenes:,} scenes that neither has seen"
    )
    return Group(_scope(one), table, note)


def _parts(audit: Audit) -> Iterator[RenderableType]:
    yield _scope(audit)
    yield Text(audit.headline.text, style=_VERDICT_STYLES[audit.headline.verdict])
    yield from (Text(f"  {reason}") for reason in audit.headline.reasons)
    yield _figures(audit)
    yield Text(audit.quality_note)
    yield _hubs(audit)
    found = {audit.cause_of(int(at)) for at in audit.order_by_shown[:ROWS]}
    yield from (Text(f"  {cause}: {CAUSE_WORDS[cause]}") for cause in CAUSE_WORDS if cause in found)
    yield Text(audit.right_note)
    yield _never_shown(audit)
    yield _categories(audit)
    if audit.over_cap:
        yield Text(
            f"{audit.over_cap:,} places were filled beyond the cap of {audit.cap:,}: there was "
            "nothing else left for those scenes",
            style="yellow",
        )


def _scope(audit: Audit) -> Text:
    return Text(
        f"{audit.data}, {audit.setting.part}: {len(audit.lists):,} scenes, "
        f"{len(audit.products):,} products, lists of {audit.setting.k}, "
        f"{_name(audit, with_model=True)}"
    )


def _name(audit: Audit, *, with_model: bool) -> str:
    return f"{audit.model}: {audit.setting.words}" if with_model else audit.setting.words


def _figures(audit: Audit) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False)
    table.add_column("figure")
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("by chance", justify="right", no_wrap=True)
    table.add_column("what it says")
    for key, info in FIGURES.items():
        figure = audit.figures[key]
        table.add_row(
            title_of(key, audit.setting.k),
            figure_text(key, figure),
            value_text(key, figure.chance),
            info.meaning,
        )
    return table


def _hubs(audit: Audit) -> Table:
    rows = audit.by_product
    table = Table(title="Shown most", title_justify="left", box=SIMPLE_HEAD, show_edge=False)
    for name in ("product", "title"):
        table.add_column(name, overflow="fold")
    for name in ("shown", "of scenes", "right", "training pairs", "length"):
        table.add_column(name, justify="right")
    table.add_column("cause")
    for at in audit.order_by_shown[:ROWS]:
        product = audit.catalog.products[audit.sample.product_rows[at]]
        table.add_row(
            Text(product.id),
            Text(_label(audit, product.id)),
            f"{rows.shown[at]:,}×",
            percent(rows.share[at]),
            f"{rows.right[at]:,}×",
            f"{rows.frequency[at]:,}",
            f"{100 * rows.norm_percentile[at]:.0f} %",
            audit.cause_of(int(at)) or "–",
        )
    if audit.expected is not None:
        table.caption = (
            f"By chance every product would be shown {audit.expected:.1f}×; length: share of "
            "products with a shorter vector"
        )
    return table


def _never_shown(audit: Audit) -> RenderableType:
    if not audit.shelf:
        return Text("Every product is shown to somebody")
    table = Table(
        title=f"Never shown: {len(audit.shelf):,}",
        title_justify="left",
        box=SIMPLE_HEAD,
        show_edge=False,
    )
    for name in ("product", "title", "nearest scene"):
        table.add_column(name, overflow="fold")
    for name in ("rank there", "places to go"):
        table.add_column(name, justify="right")
    for name in ("blocked by", "its title"):
        table.add_column(name, overflow="fold")
    table.add_column("shown", justify="right")
    for found in audit.shelf[:ROWS]:
        table.add_row(
            Text(found.product),
            Text(_label(audit, found.product)),
            Text(found.scene),
            f"{found.rank:,}",
            f"{found.places_to_go:,}",
            Text(found.blocker or "–"),
            Text("–" if found.blocker is None else _label(audit, found.blocker)),
            f"{found.blocker_shown:,}×",
        )
    if len(audit.shelf) > ROWS:
        table.caption = f"and {len(audit.shelf) - ROWS:,} more; --json has all"
    return table


def _categories(audit: Audit) -> Table:
    table = Table(title="By category", title_justify="left", box=SIMPLE_HEAD, show_edge=False)
    table.add_column("category", overflow="fold")
    for name in ("products", "never shown", "hubs", "of products", "of lists", "of demand"):
        table.add_column(name, justify="right")
    for row in audit.categories[:ROWS]:
        table.add_row(
            Text(row.category),
            f"{row.products:,}",
            f"{row.products - row.covered:,}",
            f"{row.hubs:,}",
            percent(row.share_of_products),
            percent(row.share_of_shown),
            percent(row.share_of_demand),
        )
    if len(audit.categories) > ROWS:
        table.caption = f"and {len(audit.categories) - ROWS:,} more; --json has all"
    return table


def _label(audit: Audit, product: str) -> str:
    catalog = audit.catalog
    return catalog.product(product).label[:_LABEL_LETTERS]


def _interval(key: str, found: Difference) -> str:
    if found.low is None or found.high is None:
        return "–"
    return f"{difference_text(key, found.low)} to {difference_text(key, found.high)}"
