"""Plain text in columns, as receipts and reports print it. Widths are in characters."""

from __future__ import annotations

import textwrap

WIDE = 48
"""80 mm paper."""
NARROW = 42
"""58 mm paper, and printers that keep a margin."""


def rule(width: int) -> str:
    """A line across the paper."""
    return "-" * width


def centred(text: str, width: int) -> list[str]:
    """Text in the middle, as many lines as it needs; empty text gives none."""
    return [line.center(width).rstrip() for part in text.splitlines() for line in wrapped(part, width)]


def wrapped(text: str, width: int) -> list[str]:
    """Text cut into lines at blanks; a word longer than a line is cut."""
    return textwrap.wrap(text, width) if text.strip() else []


def beside(left: str, right: str, width: int) -> list[str]:
    """``left`` at the left edge and ``right`` at the right one; a long left side goes on in lines of its own."""
    room = width - len(right) - 1
    lines = wrapped(left, room) if room > 0 else []
    if not lines:
        return [right.rjust(width)]
    return [*lines[:-1], f"{lines[-1]:<{room}} {right}"]


def indented(left: str, right: str, width: int) -> list[str]:
    """As ``beside``, two blanks in."""
    return ["  " + line for line in beside(left, right, width - 2)]
