"""How runs are put into words. Knows no widget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from recsys.errors import RecsysError
from recsys.learning.runs import Run
from recsys.ui.messages import sentence
from recsys.ui.views import since_text

if TYPE_CHECKING:
    from recsys.learning.budgets import Outlook

Colour = Literal["green", "blue", "orange", "red", "gray"]

STATES: dict[str, tuple[str, str, Colour]] = {
    "queued": ("waiting", "hourglass_empty", "blue"),
    "starting": ("starting", "hourglass_top", "blue"),
    "running": ("training", "play_arrow", "blue"),
    "stopping": ("stopping", "stop", "orange"),
    "stopped": ("stopped", "pause", "gray"),
    "finished": ("finished", "check", "green"),
    "crashed": ("crashed", "error", "red"),
    "killed": ("killed", "error", "red"),
    "disk-full": ("disk full", "error", "red"),
}
"""State → in words, its icon and its colour."""

FIGURES = {
    "validation_recall@10": "Recall@10",
    "validation_loss": "Validation loss",
    "loss": "Training loss",
    "excess_gini": "Excess Gini",
    "coverage": "Coverage",
    "largest_share": "Largest share",
    "embedding_spread": "Embedding spread",
    "learning_rate": "Learning rate",
    "gradient_norm": "Gradient norm",
    "images_per_s": "Images a second",
}
"""Figures of a run → what people call them."""

FIGURE_HELP = {
    "validation_recall@10": "Of the right products of looks that are held out, how many are in "
    "the first ten.",
    "excess_gini": "How unevenly products are shown, beyond what chance would give: 0 is even.",
    "coverage": "Part of the catalogue that is shown to anybody.",
    "largest_share": "Part of the looks that the most shown product is shown to.",
    "embedding_spread": "How far the products' vectors lie apart; near 0 all are the same.",
}


def duration_words(seconds: float) -> str:
    """``40 s``, ``7 min``, ``2 h 10 min``."""
    if seconds < 90:
        return f"{max(1, round(seconds)):,} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours:,} h" + (f" {rest} min" if rest else "")


def size_words(count: int) -> str:
    """Bytes as ``850 MB`` or ``1.3 GB``."""
    if count < 1_000_000_000:
        return f"{count / 1e6:,.0f} MB"
    return f"{count / 1e9:,.1f} GB"


def budget_words(run: Run) -> str:
    """``1,600 steps`` or ``8 minutes``."""
    if run.minutes is not None:
        return f"{run.minutes:g} " + ("minute" if run.minutes == 1 else "minutes")
    if run.steps is not None:
        return f"{run.steps:,} " + ("step" if run.steps == 1 else "steps")
    return "no budget known"


def progress_words(run: Run) -> str:
    """What a run in progress is doing, how far it is, and how long it still takes."""
    if run.state == "queued":
        return f"Waiting for {run.behind}" if run.behind else "Waiting for its turn"
    if run.state == "stopping":
        return "Saving, then stopping"
    if run.state == "starting" or not run.step:
        doing = run.text or "Starting"
        return f"{doing}, to go on from step {run.saved_step:,}" if run.saved_step else doing
    parts = [f"Step {run.step:,}" + (f" of {run.steps:,}" if run.steps else "")]
    if run.remaining_s is not None:
        parts.append(f"about {duration_words(run.remaining_s)} left")
    if run.text:
        parts.append(run.text)
    return " · ".join(parts)


def share_of(run: Run) -> float:
    """Part of its budget that a run in progress has spent, 0–1; also before it says so itself."""
    if run.fraction <= 0 and run.saved_step and run.steps and run.saved_step < run.steps:
        return run.saved_step / run.steps
    return min(1.0, max(0.0, run.fraction))


ENDS = {
    "stopped": "This run was stopped before its end",
    "crashed": "This run has crashed",
    "killed": "This run was killed",
    "disk-full": "The disk was full, so this run has stopped",
}


def end_words(run: Run, *, may_change: bool) -> tuple[str, RecsysError]:
    """A heading for a run that has not come to its end, and why with the way on.

    Args:
        may_change: whether who reads it has the buttons that go on.
    """
    saved = f"It is saved at step {run.saved_step:,}" if run.saved_step else "Nothing was saved yet"
    if run.saved_step and run.step > run.saved_step:
        saved += f", and what came after, to step {run.step:,}, is done again"
    if run.saved_step and "can be restored" in run.reason:
        saved = ""  # the reason says why what was saved is of no use
    reason = "" if run.state == "stopped" and run.reason == "it was stopped" else run.reason
    said = ". ".join(part for part in (sentence(reason).rstrip("."), saved) if part)
    where = "from there" if run.saved_step else "from the start"
    if may_change and run.remedy.startswith(f"Go on {_from(run)} with:"):
        command = run.remedy.partition(" with: ")[2]
        return ENDS[run.state], RecsysError(
            said, f"Resume goes on {where}; so does this command: {command}"
        )
    return ENDS[run.state], RecsysError(said, run.remedy)


def _from(run: Run) -> str:
    return f"from step {run.saved_step:,}" if run.saved_step is not None else "from the start"


def facts_words(run: Run) -> str:
    """What a run was asked to do, in a line."""
    parts = [
        f"preset {run.preset}" if run.preset else "",
        f"data set {run.data_name}" if run.data_name else "",
        budget_words(run),
        f"made {since_text(run.created)}" if run.created else "",
        _origin_words(run.origin),
        "archived" if run.is_archived else "",
    ]
    return " · ".join(part for part in parts if part)


def outlook_words(found: Outlook, budget: int | float, unit: Literal["steps", "minutes"]) -> str:
    """What going on under a budget means: how much is to come, and what the learning rate does.

    Args:
        budget: counted from the run's start.
    """
    if found.spent >= 1:
        return (
            f"It is at step {found.step:,} already, which is all of this budget: it would learn "
            "nothing more, and make a model of what it has."
        )
    if unit == "steps":
        left = f"{int(budget) - found.step:,} steps"
    else:
        left = f"about {duration_words(60 * budget - found.elapsed_s)}"
    where = f"after step {found.step:,}" if found.step else "from the start"
    return " ".join(
        part for part in (f"It goes on {where}, {left} more.", _rate_words(found)) if part
    )


def _rate_words(found: Outlook) -> str:
    before, after = found.rate_before, found.rate_after
    if before is None or after is None:
        return ""
    if found.schedule == "constant" and abs(after - before) <= 1e-3 * before:
        return f"The learning rate stays at {after:.2g}."
    if found.is_on_curve:
        return f"The learning rate goes on along its curve, at {after:.2g}."
    curve = "its curve spans the whole budget"
    if after > 1.1 * before:
        return (
            f"The learning rate rises from {before:.2g} to {after:.2g} there, because {curve}, "
            "and falls again to its end. Larger steps stir up what had settled: figures may dip "
            "before they get better."
        )
    if after < 0.9 * before:
        return f"The learning rate falls from {before:.2g} to {after:.2g} there, because {curve}."
    return f"The learning rate goes on at {after:.2g}."


def _origin_words(origin: str) -> str:
    if origin.startswith("sweep-"):
        return f"the best settings of the sweep {origin}"
    return f"a changed copy of {origin}" if origin else ""


def figure_text(name: str, value: float | None) -> str:
    """A figure of a run as people read it."""
    if value is None:
        return "–"
    if name == "images_per_s":
        return f"{value:,.0f}"
    if name in ("coverage", "largest_share"):
        return f"{100 * value:.1f} %"
    if name == "learning_rate":
        return f"{value:.2g}"
    return f"{value:.3f}".replace("-", "−")
