"""Errors that carry a code and data; the text for people is made at the edge from ``message``.

Three families, so that every caller knows who has to act:

* ``UserError``: the person in front of the screen can put it right (wrong PIN, empty basket).
* ``EnvironmentFailure``: the surroundings failed (server unreachable, disk full, newer database).
* ``BugError``: we broke our own contract. Never shown as if it were the user's fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar


class CounterfoilError(Exception):
    """Base of every error of ours.

    Attributes:
        code: stable, machine-readable name (snake_case); scripts and the API print it as ``error``.
        message: one sentence in plain words: what happened and what to do.
        data: the figures behind the sentence, JSON-serialisable.
    """

    family: ClassVar[str] = "bug"

    def __init__(self, code: str, message: str, **data: object) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.data: Mapping[str, object] = MappingProxyType(data)

    def as_dict(self) -> dict[str, object]:
        """The error as a JSON object: ``error``, ``message`` and, when there is any, ``data``."""
        answer: dict[str, object] = {"error": self.code, "message": self.message}
        if self.data:
            answer["data"] = dict(self.data)
        return answer


class UserError(CounterfoilError):
    """The user can put it right; the message says how."""

    family: ClassVar[str] = "user"


class EnvironmentFailure(CounterfoilError):
    """Disk, network, server or installation failed; nothing is lost, and the message says what to do."""

    family: ClassVar[str] = "environment"


class BugError(CounterfoilError):
    """A contract of our own was broken."""

    family: ClassVar[str] = "bug"
