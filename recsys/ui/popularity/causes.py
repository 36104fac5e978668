"""Why a product crowds the lists, in words."""

from __future__ import annotations

from recsys.evaluation.audit import Audit
from recsys.evaluation.audit_words import CAUSE_WORDS
from recsys.evaluation.causes import Cause
from recsys.ui.popularity.names import in_looks
from recsys.ui.views import percent_text


def cause_name(cause: str) -> str:
    """A cause as the page calls it."""
    return in_looks(cause)


def cause_words(cause: str) -> str:
    """What a cause means, in a sentence."""
    return in_looks(CAUSE_WORDS[cause])


def evidence(audit: Audit, position: int) -> list[tuple[str, str]]:
    """The numbers that say so, as pairs of term and value."""
    found = audit.causes[position]
    lines = [
        ("Beyond chance", f"{found.shown:,}× where chance gives {found.by_chance:.1f}×"),
        (
            "By plain cosine",
            f"shown {found.shown_by_cosine:,}×{_accounts(found.from_norm, 'large norm')}",
        ),
        (
            "Less what suits every look",
            f"shown {found.shown_when_centred:,}×"
            f"{_accounts(found.from_mean_scene, 'close to the mean scene')}",
        ),
    ]
    if found.by_frequency is not None and found.frequency is not None:
        lines.append(
            (
                "If lists followed training",
                f"shown {found.by_frequency:.1f}×"
                f"{_accounts(found.from_frequency, 'truly frequent')}",
            )
        )
    return lines


def _accounts(share: float | None, cause: Cause) -> str:
    return "" if share is None else f"; {cause_name(cause)} accounts for {percent_text(share)}"
