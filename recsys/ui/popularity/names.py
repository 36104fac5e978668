"""What scorings and settings are called on this page: short, and as papers have them."""

from __future__ import annotations

import re

from recsys.evaluation.audit import Setting
from recsys.serving.scoring import Correction
from recsys.ui import scorings
from recsys.ui.resources import Live

_PILLS = {
    scorings.AS_SERVED: "As served",
    scorings.OWN: "Model's own",
    "dot": "Dot",
    "cosine": "Cosine",
    "shrink": "Norm shrink",
    "clip": "Norm clip",
    "rare": "Popularity penalty",
    "nnn": "NNN",
    "softmax": "Inverted softmax",
    "qb": "QB-Norm",
}


_SCENE = re.compile(r"\bscene(s?)\b")


def in_looks(text: str) -> str:
    """A sentence of an audit as pages say it: there a scene of the data is a look."""
    return _SCENE.sub(r"look\1", text)


def pill(scoring: str) -> str:
    """A scoring's short name, by what stands for it in the URL."""
    return _PILLS.get(scoring) or scorings.label(scoring)


def url_name(correction: str) -> str:
    """What stands for a correction in the URL."""
    return next(url for url, name in scorings.BY_URL.items() if name == correction)


def correction_words(correction: Correction | None) -> str:
    """``NNN 0.5``; ``Model's own score`` for none."""
    if correction is None:
        return "Model's own score"
    name = pill(url_name(correction.name))
    return name if correction.strength is None else f"{name} {correction.strength:g}"


def setting_words(setting: Setting) -> str:
    """``NNN 0.5, diversity 30 %, cap 2×``."""
    parts = [correction_words(setting.correction)]
    if setting.diversity:
        parts.append(f"diversity {100 * setting.diversity:g} %")
    if setting.cap is not None:
        parts.append(f"cap {setting.cap:g}×")
    return ", ".join(parts)


def offered(live: Live, model: str, chosen: str) -> tuple[str, ...]:
    """The scorings to choose from. Another model than the live one has no live correction, so
    its own score stands in the place of what is served.

    Args:
        model: empty for the live one.
        chosen: stays to be seen, whatever it is.
    """
    return scorings.offered(not model and live.server.live is not None, chosen)


def label_of(scoring: str, model: str) -> str:
    """A scoring's short name for a model, empty for the live one."""
    return pill(scorings.OWN if model and scoring == scorings.AS_SERVED else scoring)
