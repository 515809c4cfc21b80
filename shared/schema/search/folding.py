"""How text becomes search words: the same folding for what is indexed and for what is typed.

Case, accents and punctuation do not count. A script without spaces between words is searched sign by sign.
"""

from __future__ import annotations

import re
import unicodedata

from shared.limits import CODE_MAX_CHARACTERS

FOLDING_VERSION = 1
"""Raised when folding changes, so that an index made by an older program is built anew."""

WORDS_MAX_PER_QUERY = 8
WORD_MAX_CHARACTERS = 40

_WORD = re.compile(r"[^\W_]+")
_LETTERS_WITHOUT_A_BASE = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ŧ": "t"}
)
_UNSPACED_SIGN = re.compile("([぀-ヿ㐀-䶿一-鿿豈-﫿฀-๿])")
_ASCII = str.maketrans(
    {sign: sign.lower() if sign.isalnum() else None if sign in "'`" else " " for sign in map(chr, range(128))}
)
"""What a sign becomes where all are plain: nearly every name of a large shop, folded without a search for words."""
_APOSTROPHES = str.maketrans("", "", "'’ʼ`´")


def fold(text: str) -> str:
    """Lower case without accents, apostrophes or punctuation, words parted by one space.

    ``Crème brûlée, “King's”`` gives ``creme brulee kings``.
    """
    if text.isascii():
        return " ".join(text.translate(_ASCII).split())
    plain = unicodedata.normalize("NFD", text.casefold().translate(_APOSTROPHES))
    plain = "".join(sign for sign in plain if unicodedata.category(sign) != "Mn").translate(_LETTERS_WITHOUT_A_BASE)
    return " ".join(_WORD.findall(_UNSPACED_SIGN.sub(r" \1 ", plain)))


def fold_code(text: str) -> str:
    """A stock-keeping code or barcode without case, spaces and hyphens: ``cnd-Cedar`` gives ``cndcedar``."""
    return fold(text).replace(" ", "")


def words_of_query(text: str) -> tuple[str, ...]:
    """The words that were typed, at most ``WORDS_MAX_PER_QUERY`` different ones, in their order."""
    words = (word[:WORD_MAX_CHARACTERS] for word in fold(text[:CODE_MAX_CHARACTERS]).split())
    return tuple(dict.fromkeys(words))[:WORDS_MAX_PER_QUERY]
