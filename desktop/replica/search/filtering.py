"""All rows that fit a text, for lists that are sorted and counted in SQL; unlike ``find`` nothing is left out."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Integer, Text, column, or_, select, table

from desktop.replica.search.schema import SEARCH_DOCUMENT
from shared.schema.catalogue import Barcode
from shared.schema.search.folding import fold_code, words_of_query

_SEARCH_TEXT = table("search_text", column("rowid", Integer), column("search_text", Text))
_LAST_SIGN = "\U0010ffff"
_CODE_MIN_CHARACTERS = 3


def matches_text(text: str) -> ColumnElement[bool] | None:
    """A condition on ``SEARCH_DOCUMENT``: every word begins a word of name, brand or code, or the text begins a code.

    None for a text without letters or digits: it leaves nothing out.
    """
    words = words_of_query(text)
    if not words:
        return None
    expression = " AND ".join(f'"{word}"*' for word in words)
    by_words = select(_SEARCH_TEXT.c.rowid).where(_SEARCH_TEXT.c.search_text.op("MATCH")(expression))
    conditions = [SEARCH_DOCUMENT.c.position.in_(by_words)]
    code = fold_code(text)
    if len(code) >= _CODE_MIN_CHARACTERS:
        conditions.append(SEARCH_DOCUMENT.c.sku_key.between(code, code + _LAST_SIGN))
        if code.isdecimal():
            by_barcode = select(Barcode.variant_id).where(Barcode.code.between(code, code + _LAST_SIGN))
            conditions.append(SEARCH_DOCUMENT.c.variant_id.in_(by_barcode))
    return or_(*conditions)
