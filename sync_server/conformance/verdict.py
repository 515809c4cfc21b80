"""What a check says: it holds, it does not, or it could not be tried here."""

from __future__ import annotations

from dataclasses import dataclass


class Failed(Exception):
    """The server did otherwise; the text says what it did."""


class NotTried(Exception):
    """This check needs something that was not given; the text says what."""


def require(holds: object, otherwise: str) -> None:
    """Fail with a sentence unless something holds."""
    if not holds:
        raise Failed(otherwise)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a check: ``holds``, ``fails`` or ``not tried``, and why."""

    name: str
    promise: str
    outcome: str
    why: str = ""
