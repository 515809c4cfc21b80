"""One-time codes that people read aloud: ten characters of Crockford's base 32 (no I, L, O, U) in two groups."""

from __future__ import annotations

import hashlib
import secrets

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_GROUP = 5


def new_code() -> str:
    """A fresh code such as ``K7QF2-9XWTM``: 50 random bits."""
    characters = [secrets.choice(_ALPHABET) for _ in range(2 * _GROUP)]
    return "".join(characters[:_GROUP]) + "-" + "".join(characters[_GROUP:])


def code_hash(code: str) -> bytes:
    """SHA-256 of a code as typed: case, dashes, spaces and look-alike letters do not matter."""
    return hashlib.sha256(code.strip().upper().translate(_LOOK_ALIKES).encode()).digest()
