"""How a customer is called on screen and on the receipt."""

from __future__ import annotations

import re

from shared.errors import UserError
from shared.limits import NAME_MAX_CHARACTERS

_BLANKS = re.compile(r"\s+")


def display_name(name: str, *, number: str = "", email: str = "") -> str:
    """The name with its blanks tidied; without one the number, then the e-mail address, else ``Customer``."""
    tidy = _BLANKS.sub(" ", name).strip()
    return tidy or number.strip() or email.strip() or "Customer"


def checked_name(name: str) -> str:
    """A name as it is stored: blanks tidied, nothing else changed.

    Raises:
        UserError: ``customer_name_missing``, ``text_too_long``.
    """
    tidy = _BLANKS.sub(" ", name).strip()
    if not tidy:
        raise UserError("customer_name_missing", "A customer needs a name. Type one.")
    if len(tidy) > NAME_MAX_CHARACTERS:
        raise UserError("text_too_long", f"A name has at most {NAME_MAX_CHARACTERS} characters.")
    return tidy
