"""One independent vector and what became of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VectorRow:
    """A row of given data.

    Attributes:
        suite: the file, or the part of it, that the row is from.
        given: names the row within its suite.
        failure: what differs; empty when it passes.
        reason: why it does not apply; empty when it does.
    """

    suite: str
    given: str
    failure: str = ""
    reason: str = ""

    @property
    def passed(self) -> bool:
        """Whether the row passes."""
        return not self.failure


def compare(suite: str, given: str, got: object, expected: object, reason: str = "") -> VectorRow:
    """The row for an answer and what was expected."""
    return VectorRow(suite, given, "" if got == expected else f"got {got}, expected {expected}", reason)
