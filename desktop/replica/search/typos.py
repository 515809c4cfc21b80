"""Words with one typing error, found through the deletion index over the vocabulary."""

from __future__ import annotations

import json

from sqlalchemy import Connection

from shared.schema.search.words import deletions_of, is_correctable

_BEGINNING_MIN_CHARACTERS = 4
_RANGE_LIMIT = 60
_CORRECTIONS_MAX = 8
_SAME_FIRST_LETTER_WEIGHT = 4
_LAST_SIGN = "\U0010ffff"

_EXACT = """SELECT DISTINCT w.word, w.documents FROM search_deletion d JOIN search_word w ON w.id = d.word_id
            WHERE d.deletion IN (SELECT value FROM json_each(?))"""
_RANGE = """SELECT w.word, w.documents FROM search_deletion d JOIN search_word w ON w.id = d.word_id
            WHERE d.deletion > ? AND d.deletion < ? LIMIT ?"""


def corrections(connection: Connection, typed: str) -> list[str]:
    """Words of the vocabulary that differ from what was typed by one error, likeliest first, at most a handful.

    The beginning of a longer word counts too, so that ``chocl`` already finds ``chocolate``.
    """
    if not is_correctable(typed):
        return []
    keys = sorted(deletions_of(typed))
    near = {row[0]: row[1] for row in connection.exec_driver_sql(_EXACT, (json.dumps(keys),))}
    ranked = _ranked(typed, near)
    if not any(rank[0] == 0 for rank, _ in ranked) and len(typed) >= _BEGINNING_MIN_CHARACTERS:
        for key in keys:
            if key != typed[:-1]:
                near.update(
                    (word, documents)
                    for word, documents in connection.exec_driver_sql(_RANGE, (key, key + _LAST_SIGN, _RANGE_LIMIT))
                )
        ranked = _ranked(typed, near)
    return [word for _, word in ranked[:_CORRECTIONS_MAX]]


def _ranked(typed: str, documents_by_word: dict[str, int]) -> list[tuple[tuple[int, int], str]]:
    ranked = []
    for word, documents in documents_by_word.items():
        if word == typed:
            continue
        if is_one_error_apart(typed, word):
            kind = 0
        elif any(is_one_error_apart(typed, word[: len(typed) + change]) for change in (0, 1, -1)):
            kind = 1
        else:
            continue
        weight = _SAME_FIRST_LETTER_WEIGHT if word[0] == typed[0] else 1
        ranked.append(((kind, -documents * weight), word))
    return sorted(ranked)


def is_one_error_apart(left: str, right: str) -> bool:
    """Whether one letter left out, added or changed, or two neighbours swapped, makes one of the other."""
    if abs(len(left) - len(right)) > 1 or left == right:
        return False
    if len(left) > len(right):
        left, right = right, left
    at = 0
    while at < len(left) and left[at] == right[at]:
        at += 1
    if len(left) < len(right):
        return left[at:] == right[at + 1 :]
    if left[at + 1 :] == right[at + 1 :]:
        return True
    swapped = left[at : at + 2] == right[at : at + 2][::-1]
    return swapped and left[at + 2 :] == right[at + 2 :]
