"""How well one candidate fits what was typed; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

_WHOLE_WORD = 0
_WORD_START = 10
_ELSEWHERE = 25
_CORRECTED = 45
_NOT_FOUND = 80
_NAME_STARTS_SO = -30
_SAME_ORDER = -6
_FIRST_WORD = -8


class Match(IntEnum):
    """How something was found, the surest first."""

    BARCODE = 0
    SKU = 1
    BARCODE_START = 2
    SKU_START = 3
    NAME = 4
    CORRECTED = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """One row of a scan, with ids as the database holds them."""

    variant_id: bytes
    product_id: bytes
    name: str
    sku: str
    state: str
    match: Match
    barcode: str = ""

    @classmethod
    def of(cls, row: Sequence[object], match: Match) -> Candidate:
        """From (position, variant id, product id, name, sku, state, …)."""
        _, variant_id, product_id, name, sku, state, *_ = row
        assert isinstance(variant_id, bytes)
        assert isinstance(product_id, bytes)
        return cls(variant_id, product_id, str(name), str(sku), str(state), match)


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """Sorts candidates; the lowest comes first."""

    match: Match
    cost: int
    name_length: int
    name_key: str


def rank_of(
    row: Sequence[object], query: str, code: str, words: Sequence[str], nearby: Mapping[str, Sequence[str]]
) -> Rank:
    """The rank of a row of ``search_document``.

    Args:
        row: position, ids, name, sku, state, then the folded name, the folded brand and code words, the folded code.
        query: the folded text.
        code: the folded text in one piece.
        words: its words.
        nearby: for each word, the words it may have been meant to be.
    """
    name_key, other_key, sku_key = str(row[6]), str(row[7]), str(row[8])
    if sku_key == code:
        return Rank(Match.SKU, 0, len(name_key), name_key)
    if sku_key.startswith(code) and _looks_like_code(code):
        return Rank(Match.SKU_START, len(sku_key), len(name_key), name_key)
    name_words = name_key.split()
    cost, is_corrected, last_place = 0, False, -1
    for word in words:
        place, word_cost = _place(word, name_words, other_key, nearby.get(word, ()))
        is_corrected = is_corrected or word_cost >= _CORRECTED
        cost += word_cost
        if place == 0:
            cost += _FIRST_WORD
        if place > last_place >= 0:
            cost += _SAME_ORDER
        last_place = place
    if name_key.startswith(query):
        cost += _NAME_STARTS_SO
    match = Match.CORRECTED if is_corrected else Match.NAME
    return Rank(match, cost, len(name_key), name_key)


def _looks_like_code(code: str) -> bool:
    return len(code) >= 3 and any(sign.isdigit() for sign in code) and any(sign.isalpha() for sign in code)


def _place(word: str, name_words: list[str], other_key: str, others: Sequence[str]) -> tuple[int, int]:
    """Where in the name a word is found (-1: not in the name), and what that costs."""
    if word in name_words:
        return name_words.index(word), _WHOLE_WORD
    for place, candidate in enumerate(name_words):
        if candidate.startswith(word):
            return place, _WORD_START
    if f" {other_key}".find(f" {word}") >= 0:
        return -1, _ELSEWHERE
    for order, other in enumerate(others):
        if other in name_words:
            return name_words.index(other), _CORRECTED + order
        if f" {other_key} ".find(f" {other} ") >= 0:
            return -1, _CORRECTED + _ELSEWHERE + order
    return -1, _NOT_FOUND
