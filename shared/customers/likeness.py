"""How alike two texts are, from 0 to 1,000: Jaro's measure with Winkler's bonus for a common beginning.

Source: W. E. Winkler, *String Comparator Metrics and Enhanced Decision Rules in the Fellegi–Sunter Model of Record
Linkage*, 1990. Whole numbers throughout, so that every machine finds the same.
"""

from __future__ import annotations

ALIKE_MAX = 1_000
_PREFIX_MAX = 4
_PREFIX_TENTHS = 1


def alikeness(first: str, second: str) -> int:
    """1,000 for the same text, 0 for nothing in common."""
    if first == second:
        return ALIKE_MAX if first else 0
    matches, transpositions = _common(first, second)
    if not matches:
        return 0
    jaro = (
        ALIKE_MAX * matches // len(first)
        + ALIKE_MAX * matches // len(second)
        + ALIKE_MAX * (matches - transpositions) // matches
    ) // 3
    prefix = 0
    for one, other in zip(first[:_PREFIX_MAX], second[:_PREFIX_MAX], strict=False):
        if one != other:
            break
        prefix += 1
    return jaro + prefix * _PREFIX_TENTHS * (ALIKE_MAX - jaro) // 10


def _common(first: str, second: str) -> tuple[int, int]:
    """How many letters both have at about the same place, and how many of them changed places (in pairs)."""
    reach = max(len(first), len(second)) // 2 - 1
    taken = [False] * len(second)
    found: list[str] = []
    for at, letter in enumerate(first):
        for place in range(max(0, at - reach), min(len(second), at + reach + 1)):
            if not taken[place] and second[place] == letter:
                taken[place] = True
                found.append(letter)
                break
    others = [letter for letter, is_taken in zip(second, taken, strict=True) if is_taken]
    displaced = sum(one != other for one, other in zip(found, others, strict=True))
    return len(found), displaced // 2
