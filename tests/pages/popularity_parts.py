"""The parts of the popularity page as its tests name them."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def metrics(app: AppTest) -> list[str]:
    return [metric.value for metric in app.metric]


def texts(app: AppTest) -> str:
    """Everything said in running text, as a reader sees it."""
    said = [*app.header, *app.markdown, *app.subheader, *app.caption]
    return read("\n".join(one.value for one in said))


def read(text: str) -> str:
    """Markdown as a reader sees it."""
    return text.replace("\\", "").replace("\u2060", "")


def labels(app: AppTest) -> list[str]:
    return [read(button.label) for button in app.button]
