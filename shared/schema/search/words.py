"""Which words are corrected, and the deletion index (as in SymSpell) that finds them.

A letter left out, added, changed, or two swapped: the typed word and the right one then share a form with at most
one letter deleted. Only the first ``PREFIX`` letters are indexed, which keeps it small; candidates are verified.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

WORD_MIN_CHARACTERS = 3
PREFIX = 7
_LONGEST_WORD = 30


def is_correctable(word: str) -> bool:
    """Whether typing errors in a word are looked for: long enough, and not a number or code."""
    return WORD_MIN_CHARACTERS <= len(word) <= _LONGEST_WORD and word.isalpha()


def deletions_of(word: str) -> set[str]:
    """The first letters of a word, and the same with any one letter left out."""
    start = word[:PREFIX]
    return {start, *(start[:index] + start[index + 1 :] for index in range(len(start)))}


def deletion_rows(words: Iterable[tuple[int, str]]) -> Iterator[tuple[str, int]]:
    """The deletion index of (word id, word)."""
    for word_id, word in words:
        if is_correctable(word):
            for deletion in deletions_of(word):
                yield deletion, word_id
