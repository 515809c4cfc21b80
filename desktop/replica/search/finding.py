"""Find as you type: a few hundred candidates at most from cheap scans, ranked in Python.

No ranking function ever runs over an unbounded match: the full-text scan gives short names first and stops.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from desktop.replica.search.ranking import Candidate, Match, rank_of
from desktop.replica.search.schema import is_ready
from desktop.replica.search.typos import corrections
from shared.catalogue.scan import read_scan
from shared.limits import SEARCH_MAX_CANDIDATES, SEARCH_MAX_RESULTS
from shared.pricing import PriceRow, choose_price
from shared.quantity import Quantity
from shared.schema.search.documents import FIRST_POSITION_NOT_ON_SALE
from shared.schema.search.folding import fold, fold_code, words_of_query

_BY_SKU = "SELECT d.* FROM search_document d WHERE d.sku_key = ? LIMIT 20"
_BY_SKU_START = """SELECT d.* FROM search_document d
    WHERE d.sku_key >= ? AND d.sku_key < ? AND d.position < ? ORDER BY d.sku_key LIMIT ?"""
_BY_NAME_START = """SELECT d.* FROM search_document d
    WHERE d.name_key >= ? AND d.name_key < ? AND d.position < ? ORDER BY d.name_key LIMIT ?"""
_BY_WORDS = """SELECT d.* FROM search_text t JOIN search_document d ON d.position = t.rowid
    WHERE search_text MATCH ? AND t.rowid < ? ORDER BY t.rowid LIMIT ?"""
_BY_CODE = "SELECT DISTINCT variant_id, code FROM barcode WHERE code IN (SELECT value FROM json_each(?)) LIMIT 20"
_BY_CODE_START = "SELECT DISTINCT variant_id, code FROM barcode WHERE code >= ? AND code < ? ORDER BY code LIMIT ?"
_VARIANTS = """SELECT 0, v.id, p.id, CASE v.name WHEN '' THEN p.name ELSE p.name || ', ' || v.name END, v.sku, p.state
    FROM variant v JOIN product p ON p.id = v.product_id WHERE v.id IN (SELECT unhex(value) FROM json_each(?))"""
_VARIANTS_OF_SKU = """SELECT 0, v.id, p.id, CASE v.name WHEN '' THEN p.name ELSE p.name || ', ' || v.name END, v.sku,
    p.state FROM variant v JOIN product p ON p.id = v.product_id WHERE v.sku = ?"""
_ONE_CODE_EACH = """SELECT variant_id, min(code) FROM barcode
    WHERE variant_id IN (SELECT unhex(value) FROM json_each(?)) GROUP BY variant_id"""
_UNITS = """SELECT v.id, p.unit FROM variant v JOIN product p ON p.id = v.product_id
    WHERE v.id IN (SELECT unhex(value) FROM json_each(?))"""
_PRICES = """SELECT id, variant_id, unit_price_micro, valid_from, valid_to, min_quantity, created_at FROM price
    WHERE variant_id IN (SELECT unhex(value) FROM json_each(?))
    AND price_list_id = ? AND kind = 'selling' AND state = 'active'"""
_LAST_SIGN = "\U0010ffff"
_CODE_MIN_DIGITS = 3
_CODE_START_LIMIT = 20
_NAME_START_LIMIT = 120
_LENIENT_LIMIT = 200
_SKU_START_LIMIT = 40


@dataclass(frozen=True, slots=True)
class Found:
    """One variant that was found.

    Attributes:
        name: as the clerk reads it, the variant's own name included.
        barcode: the code that was typed or scanned if it led here, else one of the variant's codes; empty for none.
        unit_price_micro: selling price on the asked list and day, millionths of the list's currency; None where no
            list was asked for or no price holds.
        unit: a ``shared.quantity.Unit``.
        state: ``active``, ``draft`` or ``archived``.
        match: how it was found.
    """

    variant_id: uuid.UUID
    product_id: uuid.UUID
    sku: str
    name: str
    state: str
    match: Match
    barcode: str = ""
    unit_price_micro: int | None = None
    unit: str = "piece"


def find(
    connection: Connection,
    text: str,
    limit: int = SEARCH_MAX_RESULTS,
    price_list_id: uuid.UUID | None = None,
    on: dt.date | None = None,
    *,
    is_on_sale_only: bool = True,
) -> list[Found]:
    """The variants that fit what was typed or scanned, best first.

    A whole barcode or stock-keeping code comes first, then names by words in any order, each as the beginning of a
    word; where little is found, one typing error per word is forgiven, and where nothing has every word, one word is
    left out. Any text is allowed. Before the index is ready,
    codes alone are found.

    Args:
        connection: a reading connection of the replica.
        text: what was typed.
        limit: at most so many, capped at ``SEARCH_MAX_RESULTS``.
        price_list_id: with ``on``: give prices of this list.
        on: the store's local day.
        is_on_sale_only: leave out drafts and archived products, unless their code was typed in full.
    """
    limit = max(0, min(limit, SEARCH_MAX_RESULTS))
    words = words_of_query(text)
    if not words or not limit:
        return []
    exact = _by_codes(connection, text)
    ranked: list[Candidate] = []
    if is_ready(connection):
        bound = FIRST_POSITION_NOT_ON_SALE if is_on_sale_only else FIRST_POSITION_NOT_ON_SALE * 2
        ranked = _by_text(connection, text, words, bound, limit)
    merged = {candidate.variant_id: candidate for candidate in reversed([*exact, *ranked])}
    first = list(dict.fromkeys(candidate.variant_id for candidate in [*exact, *ranked]))[:limit]
    return _complete(connection, [merged[variant_id] for variant_id in first], price_list_id, on)


def _by_text(connection: Connection, text: str, words: tuple[str, ...], bound: int, limit: int) -> list[Candidate]:
    query, code = fold(text), fold_code(text)
    rows: dict[int, Sequence[object]] = {}
    rows.update(_rows(connection, _BY_SKU, (code,)))
    rows.update(_rows(connection, _BY_SKU_START, (code, code + _LAST_SIGN, bound, _SKU_START_LIMIT)))
    rows.update(_rows(connection, _BY_NAME_START, (query, query + _LAST_SIGN, bound, _NAME_START_LIMIT)))
    wanted = SEARCH_MAX_CANDIDATES - len(rows)
    whole = " AND ".join(f'"{word}"*' for word in words)
    rows.update(_rows(connection, _BY_WORDS, (whole, bound, wanted)))
    nearby: dict[str, list[str]] = {}
    if len(rows) < limit:
        nearby = {word: corrections(connection, word) for word in words}
        if any(nearby.values()):
            forgiving = " AND ".join(_any_of(word, nearby[word]) for word in words)
            rows.update(_rows(connection, _BY_WORDS, (forgiving, bound, SEARCH_MAX_CANDIDATES - len(rows))))
    if not rows and len(words) > 1:
        rows.update(_rows(connection, _BY_WORDS, (_all_but_one(words, nearby), bound, _LENIENT_LIMIT)))
    ranked = sorted((rank_of(row, query, code, words, nearby), position) for position, row in rows.items())
    return [Candidate.of(rows[position], rank.match) for rank, position in ranked[:limit]]


def _any_of(word: str, others: Iterable[str]) -> str:
    return "(" + " OR ".join([f'"{word}"*', *(f'"{other}"' for other in others)]) + ")"


def _all_but_one(words: tuple[str, ...], nearby: Mapping[str, list[str]]) -> str:
    """Where nothing has every word, what has all but one of them is better than nothing."""
    ways = (
        " AND ".join(_any_of(word, nearby.get(word, ())) for word in words if word != left_out) for left_out in words
    )
    return " OR ".join(f"({way})" for way in ways)


def _rows(connection: Connection, statement: str, arguments: tuple[object, ...]) -> dict[int, Sequence[object]]:
    return {row[0]: row for row in connection.exec_driver_sql(statement, arguments).all()}


def _by_codes(connection: Connection, text: str) -> list[Candidate]:
    """What a whole barcode or stock-keeping code names, then barcodes that begin with the digits typed."""
    typed = text.strip()
    codes = json.dumps([code for code in read_scan(text).codes if code] or [typed])
    code_by_variant = _code_by_variant(connection, _BY_CODE, (codes,))
    match = Match.BARCODE
    if not code_by_variant and typed.isdecimal() and typed.isascii() and len(typed) >= _CODE_MIN_DIGITS:
        code_by_variant = _code_by_variant(connection, _BY_CODE_START, (typed, typed + _LAST_SIGN, _CODE_START_LIMIT))
        match = Match.BARCODE_START
    found = [Candidate.of(row, Match.SKU) for row in connection.exec_driver_sql(_VARIANTS_OF_SKU, (typed,)).all()]
    for row in connection.exec_driver_sql(_VARIANTS, (_hex_list(code_by_variant),)).all() if code_by_variant else ():
        candidate = Candidate.of(row, match)
        found.append(replace(candidate, barcode=code_by_variant[candidate.variant_id]))
    return sorted(found, key=lambda candidate: (candidate.match, candidate.barcode))


def _code_by_variant(connection: Connection, statement: str, arguments: tuple[object, ...]) -> dict[bytes, str]:
    return {row[0]: row[1] for row in connection.exec_driver_sql(statement, arguments)}


def _hex_list(ids: Iterable[bytes]) -> str:
    """Identifiers as one SQL argument."""
    return json.dumps([key.hex() for key in ids])


def _complete(
    connection: Connection, candidates: list[Candidate], price_list_id: uuid.UUID | None, on: dt.date | None
) -> list[Found]:
    """Add unit, barcode and price to the few that are shown."""
    if not candidates:
        return []
    keys = _hex_list(candidate.variant_id for candidate in candidates)
    codes = _code_by_variant(connection, _ONE_CODE_EACH, (keys,))
    units = _code_by_variant(connection, _UNITS, (keys,))
    prices = {} if price_list_id is None or on is None else _prices(connection, keys, price_list_id, on)
    return [
        Found(
            variant_id=uuid.UUID(bytes=candidate.variant_id),
            product_id=uuid.UUID(bytes=candidate.product_id),
            sku=candidate.sku,
            name=candidate.name,
            state=candidate.state,
            match=candidate.match,
            barcode=candidate.barcode or codes.get(candidate.variant_id, ""),
            unit_price_micro=prices.get(candidate.variant_id),
            unit=units.get(candidate.variant_id, "piece"),
        )
        for candidate in candidates
    ]


def _prices(connection: Connection, variant_ids: str, price_list_id: uuid.UUID, on: dt.date) -> dict[bytes, int]:
    rows = connection.exec_driver_sql(_PRICES, (variant_ids, price_list_id.bytes)).all()
    by_variant: dict[bytes, list[PriceRow]] = defaultdict(list)
    for price_id, variant_id, micro, valid_from, valid_to, min_quantity, created_at in rows:
        by_variant[variant_id].append(
            PriceRow(
                id=uuid.UUID(bytes=price_id),
                price_list_id=price_list_id,
                variant_id=uuid.UUID(bytes=variant_id),
                micro=micro,
                valid_from=dt.date.fromisoformat(valid_from),
                valid_to=dt.date.fromisoformat(valid_to) if valid_to else None,
                min_quantity=min_quantity,
                created_at=created_at,
            )
        )
    chosen = {key: choose_price(of_one, on, Quantity.of(1)) for key, of_one in by_variant.items()}
    return {key: row.micro for key, row in chosen.items() if row is not None}
