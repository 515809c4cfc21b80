"""Light normalisation of what identifies a person, so that the same customer typed twice is found again.

These are keys to compare by, never what is shown or stored instead of what was typed.
"""

from __future__ import annotations

import re
import unicodedata

_BLANKS = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[^\w\s]|_")
_NOT_DIGIT = re.compile(r"[^0-9]")
_LETTERS_WITHOUT_MARKS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}
)
_PHONE_KEY_DIGITS = 9
_PHONE_MIN_DIGITS = 5


def name_key(name: str) -> str:
    """A name without case, accents, punctuation and order of words: ``"O'Néill, Anna"`` and ``"anna oneill"`` agree."""
    return " ".join(sorted(name_words(name)))


def name_words(name: str) -> list[str]:
    """The pieces of a name as typed, in their order, without case, accents and punctuation."""
    folded = unicodedata.normalize("NFKD", name.casefold()).translate(_LETTERS_WITHOUT_MARKS)
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    joined = bare.replace("'", "").replace("’", "")
    return _NOT_WORD.sub(" ", joined).split()


def email_key(email: str) -> str:
    """An e-mail address without blanks and case; empty for what is none."""
    cleaned = email.strip().casefold()
    local, at, domain = cleaned.rpartition("@")
    return cleaned if at and local and "." in domain.strip(".") and not _BLANKS.search(cleaned) else ""


def phone_key(phone: str) -> str:
    """The last nine digits of a telephone number, so that +44 20 7946 0018 and 020 7946 0018 agree.

    Empty for fewer than five digits. A light key: what it finds is proposed to people, never merged by itself.
    """
    digits = _NOT_DIGIT.sub("", phone)
    return digits[-_PHONE_KEY_DIGITS:] if len(digits) >= _PHONE_MIN_DIGITS else ""
