"""Distances in pixels at 100 %: spacing in steps of four, radii, and how large a thing to touch must be."""

from __future__ import annotations

from enum import IntEnum


class Space(IntEnum):
    """Gaps and margins."""

    HAIR = 2
    XS = 4
    S = 8
    M = 12
    L = 16
    XL = 20
    XXL = 24
    HUGE = 32


class Radius(IntEnum):
    """How round corners are."""

    CAP = 5
    SMALL = 8
    MEDIUM = 10
    LARGE = 12
    SHEET = 16


class Target(IntEnum):
    """Least heights of what is touched or clicked."""

    OFFICE = 34
    TILL = 48
    MONEY = 56
    GO = 76
