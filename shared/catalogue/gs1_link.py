"""GS1 Digital Links: web addresses that carry a key and its attributes, as QR codes on goods do.

``https://example.com/01/09520123456788/10/AB?17=271231`` says (01), (10) and (17). Any domain may serve one, and any
path may stand before the key. Source: GS1 Digital Link standard, URI syntax. GTINs shorter than 14 digits are filled
up, as older labels need; the old alphabetic names (/gtin/…) were withdrawn and are not read.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_plus

from shared.catalogue.gs1 import Element, Message, checked_element, message_of
from shared.catalogue.gs1_dictionary import APPLICATION_IDENTIFIERS, ApplicationIdentifier
from shared.catalogue.gtin import is_digits
from shared.errors import UserError
from shared.limits import TEXT_MAX_CHARACTERS

_ADDRESS = re.compile(
    r"(?:https?|HTTPS?)://(?P<domain>[A-Za-z0-9.:\[\]-]+)/(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?"
)
_ALLOWED = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*")
_SHORT_GTIN_LENGTHS = (8, 12, 13)


def looks_like_link(text: str) -> bool:
    """Whether the text begins as a web address does."""
    return text[:8].lower().startswith(("http://", "https://"))


def parse_link(text: str) -> Message:
    """Read a Digital Link: the key and its qualifiers from the path, attributes from the query.

    Parameters that are not numbers are somebody else's and are passed over.

    Raises:
        UserError: ``gs1_link_syntax``, ``gs1_link_no_key``, ``gs1_link_order`` or ``gs1_link_attribute``, and those of
            :func:`shared.catalogue.gs1.parse_bracketed`.
    """
    match = _ADDRESS.fullmatch(text) if len(text) <= TEXT_MAX_CHARACTERS and _ALLOWED.fullmatch(text) else None
    if match is None:
        raise UserError("gs1_link_syntax", "This is not a web address that a label may carry.")
    path = _path_elements(match["path"].split("/"))
    attributes = _query_elements(match["query"] or "", path)
    return message_of([*path, *attributes])


def _path_elements(segments: list[str]) -> list[Element]:
    """The key nearest to the end of the path, with the qualifiers that follow it."""
    for start in range(len(segments) - 2, -1, -2):
        key = APPLICATION_IDENTIFIERS.get(segments[start])
        if key is not None and key.qualifier_orders is not None:
            break
    else:
        raise UserError("gs1_link_no_key", "This web address names no item.")
    codes, values = segments[start::2], segments[start + 1 :: 2]
    if not _is_in_order(codes[1:], key):
        raise UserError("gs1_link_order", f"What follows ({key.code}) in this web address is out of order.")
    return [
        _element(APPLICATION_IDENTIFIERS[code], unquote(value, "latin-1"))
        for code, value in zip(codes, values, strict=True)
    ]


def _is_in_order(qualifiers: list[str], key: ApplicationIdentifier) -> bool:
    """Whether the qualifiers are a part, in order, of one of those the key allows."""
    if not qualifiers:
        return True
    return any([code for code in order if code in qualifiers] == qualifiers for order in key.qualifier_orders or ())


def _query_elements(query: str, path: list[Element]) -> list[Element]:
    key = APPLICATION_IDENTIFIERS[path[0].code]
    in_path = [element.code for element in path]
    elements: list[Element] = []
    for parameter in query.replace(";", "&").split("&"):
        code, given, value = parameter.partition("=")
        if not given or not is_digits(code):
            continue
        identifier = APPLICATION_IDENTIFIERS.get(code)
        taken = code in in_path or any(element.code == code for element in elements)
        if identifier is None or not identifier.is_link_attribute or taken or _belongs_in_path(code, in_path[1:], key):
            raise UserError(
                "gs1_link_attribute", f"({code}) may not stand behind the question mark here.", identifier=code
            )
        elements.append(_element(identifier, unquote_plus(value, "latin-1")))
    return elements


def _belongs_in_path(code: str, qualifiers: list[str], key: ApplicationIdentifier) -> bool:
    """Whether the path could have held this identifier beside the qualifiers it has."""
    return any(code in order and all(other in order for other in qualifiers) for order in key.qualifier_orders or ())


def _element(identifier: ApplicationIdentifier, value: str) -> Element:
    if identifier.code == "01" and len(value) in _SHORT_GTIN_LENGTHS:
        value = value.zfill(14)
    return checked_element(identifier, value)
