"""The family of errors that a person can act on.

Everything that is wrong with input, files or configuration is raised as a
``RecsysError``: one sentence that says what was expected and what was found, and, where
there is one, the next step. The command line prints it as one line and exits 1; the pages
show it as a message. Anything else that escapes is a bug and exits 3.
"""

from __future__ import annotations


class RecsysError(Exception):
    """Something a person can mend.

    Args:
        message: what was expected and what was found, as a sentence without a full stop.
        remedy: the next step, usually a command; empty where there is none.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message.strip()
        self.remedy = remedy.strip()
        super().__init__(self.message if not self.remedy else f"{self.message}. {self.remedy}")

    def __reduce__(self) -> tuple[type[RecsysError], tuple[str, str]]:
        """Keeps message and remedy apart on the way from another process."""
        return type(self), (self.message, self.remedy)


class DataError(RecsysError):
    """A catalogue's files cannot be read as a catalogue."""


class ImageError(RecsysError):
    """Bytes or a file that should be a picture, and are not one that is safe to decode."""


class ConfigError(RecsysError):
    """A configuration key or value that does not exist or does not fit."""


class ModelError(RecsysError):
    """A model bundle or checkpoint is missing, damaged or of another configuration."""


class StaleError(ModelError):
    """Files that no longer belong together: made from another model or other data."""


class RequestError(RecsysError):
    """A request that the server cannot answer: an unknown id, a k below one."""


class TrainingError(RecsysError):
    """A training run that had to stop, and where it can go on."""
