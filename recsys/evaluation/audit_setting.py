"""What an audit looks at: which scoring, which re-ranking, how long the lists, which scenes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recsys.catalog.splits import PARTS, Part
from recsys.errors import RequestError
from recsys.retrieval.corrections import Correction
from recsys.serving.request import check_k, is_number
from recsys.serving.spelling import scoring_text, scoring_words

MOST_CAP = 1_000.0


@dataclass(frozen=True)
class Setting:
    """One way to order all lists. Hashable, so that what it gives can be remembered.

    Attributes:
        correction: of the scores; None is the model's own.
        diversity: 0 to 1, as in a ``Request``: maximal marginal relevance with λ = 1 − diversity.
        cap: m, at least 1: no product is in more than ⌈m · Qk/P⌉ lists; None is no cap. Of the
            audit alone: one list knows nothing of the others, so it cannot be served.
        k: how long the lists are.
        part: which scenes; ``all`` is every scene with a readable photo.

    Raises RequestError.
    """

    correction: Correction | None = None
    diversity: float = 0.0
    cap: float | None = None
    k: int = 10
    part: Part = "all"

    def __post_init__(self) -> None:
        if self.correction is not None and not isinstance(self.correction, Correction):
            raise RequestError(f"correction: expected a Correction, found {self.correction!r:.80}")
        if not is_number(self.diversity) or not 0 <= self.diversity <= 1:
            raise RequestError(f"diversity is a number from 0 to 1, not {self.diversity!r:.80}")
        if self.cap is not None and not (is_number(self.cap) and 1 <= self.cap <= MOST_CAP):
            raise RequestError(
                f"cap is a number from 1 to {MOST_CAP:g}, not {self.cap!r:.80}",
                "2 lets no product have more than twice its fair share of the lists",
            )
        check_k(self.k)
        if self.part not in PARTS:
            raise RequestError(
                f"no part {str(self.part)[:80]!r}", f"Choose one of: {', '.join(PARTS)}"
            )
        object.__setattr__(self, "diversity", float(self.diversity))
        if self.cap is not None:
            object.__setattr__(self, "cap", float(self.cap))

    @property
    def servable(self) -> bool:
        """Whether the shop can serve it: a static correction, or the model's own score."""
        return not self.diversity and self.cap is None

    @property
    def text(self) -> str:
        """As the command line takes it: ``nnn=0.5``, and what is done to the order after."""
        return self._described(scoring_text(self.correction))

    @property
    def words(self) -> str:
        """For a sentence: ``nnn 0.5, diversity 0.3``."""
        return self._described(scoring_words(self.correction))

    def to_json(self) -> dict[str, Any]:
        return {
            "scoring": scoring_text(self.correction),
            "diversity": self.diversity,
            "cap": self.cap,
            "k": int(self.k),
            "part": self.part,
        }

    def _described(self, scoring: str) -> str:
        parts = [scoring]
        if self.diversity:
            parts.append(f"diversity {self.diversity:g}")
        if self.cap is not None:
            parts.append(f"cap {self.cap:g}")
        return ", ".join(parts)
