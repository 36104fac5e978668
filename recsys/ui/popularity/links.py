"""Links from this page to Shop the look, with what was looked at here."""

from __future__ import annotations

from urllib.parse import urlencode

from recsys.evaluation.audit import Audit
from recsys.ui import scorings, wish
from recsys.ui.popularity.asked import served_correction
from recsys.ui.popularity.names import url_name
from recsys.ui.resources import Live
from recsys.ui.thumbnails import base_path


def look_link(live: Live, scene: str, audit: Audit) -> str:
    """Where a look is shopped with the audit's scoring, diversity and length of list.

    A real link: Streamlit's own switch of pages would put two entries into the browser's
    history and lose the view on Back. A cap and another model stay behind: the shop has neither.
    """
    setting = audit.setting
    found: dict[str, str] = {"look_scene": scene}
    correction = setting.correction
    if correction == served_correction(live):
        pass
    elif correction is None:
        found[wish.SCORING.name] = scorings.OWN
    else:
        scoring = url_name(correction.name)
        found[wish.SCORING.name] = scoring
        if correction.strength is not None:
            strength = scorings.strength_of(scoring)
            found[strength.name] = strength.write(correction.strength)
    if setting.diversity:
        found[wish.DIVERSITY.name] = str(round(100 * setting.diversity))
    if wish.LEAST_K < setting.k <= wish.MOST_K:
        found[wish.K.name] = str(setting.k)
    return f"{base_path()}/shop_the_look?{urlencode(found)}"
