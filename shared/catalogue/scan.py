"""What the scanner sent: which codes to look up, in which order, and what else the label said.

The till calls :func:`read_scan` for every scan. It never raises: rubbish gives a scan of kind ``unknown``. Because many
shops hold numbers with a wrong check digit, the code exactly as scanned is always the first to look up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shared.catalogue.embedded import DEFAULT_RULES, EmbeddedRule, read_embedded
from shared.catalogue.gs1 import FNC1, Message, Price, parse_bracketed, parse_caret, parse_element_string
from shared.catalogue.gs1_link import looks_like_link, parse_link
from shared.catalogue.gtin import GTIN_LENGTHS, Gtin, expand_upc_e, has_valid_check_digit, is_digits
from shared.errors import UserError
from shared.limits import CODE_MAX_CHARACTERS, TEXT_MAX_CHARACTERS
from shared.quantity import Quantity

_CONTROL_CHARACTERS = {
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x200B, 0x200E, 0x200F, 0xFEFF]),
    ord(FNC1): FNC1,
}
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_GS1_SYMBOLOGIES = frozenset(["]C1", "]e0", "]e1", "]e2", "]d2", "]Q3", "]J1"])
_GTIN_SYMBOLOGIES = {"]E0": 13, "]E4": 8}
_COMPOSITE = "|]e0"
_BRACKETED = re.compile(r"\([0-9]{2,4}\)")
_SHORTEST_BARE_ELEMENT_STRING = 16


class ScanKind(StrEnum):
    """What kind of code was scanned."""

    PLAIN = "plain"
    GTIN = "gtin"
    EMBEDDED = "embedded"
    GS1 = "gs1"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One code to look the item up by, and what is sold if that is the one found.

    Attributes:
        code: compared with the codes a product has, exactly.
        quantity: weight, measure or count on the label; nothing means what the clerk says, one by default.
        price: the price of the whole packet; nothing means the price in the catalogue.
        by_weight: the packet has its price and is sold by the kilogram: its weight follows from the two
            (:func:`shared.catalogue.embedded.quantity_for_price`).
    """

    code: str
    quantity: Quantity | None = None
    price: Price | None = None
    by_weight: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """What was read.

    Attributes:
        kind: what kind of code it is; ``gtin`` only when its check digit is right.
        text: what was scanned, without control characters and symbology identifier.
        candidates: codes to look up, the first that a product has wins; empty for ``unknown`` rubbish.
        symbology: the symbology identifier the scanner sent, such as ``"]C1"``; empty where it sent none.
        message: the elements of a GS1 label, if it is one.
        problem: code of the error that kept a GS1 label from being read; empty otherwise.
    """

    kind: ScanKind
    text: str
    candidates: tuple[Candidate, ...] = ()
    symbology: str = ""
    message: Message | None = None
    problem: str = ""

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes to look up, best first."""
        return tuple(candidate.code for candidate in self.candidates)

    @property
    def lot(self) -> str | None:
        """Batch or lot on the label."""
        return self.message.lot if self.message else None

    @property
    def serial(self) -> str | None:
        """Serial number on the label."""
        return self.message.serial if self.message else None

    def expiry(self, current_year: int) -> date | None:
        """The last day the item may be used, if the label says so."""
        return self.message.expiry(current_year) if self.message else None


def read_scan(text: str, rules: tuple[EmbeddedRule, ...] = DEFAULT_RULES) -> Scan:
    """Classify what was scanned or typed and say which codes to look up.

    Args:
        text: as the scanner sent it, with or without a symbology identifier.
        rules: how the shop's own codes carry prices and weights.
    """
    cleaned = text[: TEXT_MAX_CHARACTERS + 1].translate(_CONTROL_CHARACTERS).strip(" ")
    symbology = match[0] if (match := _SYMBOLOGY.match(cleaned)) else ""
    data = cleaned[len(symbology) :]
    if not data.strip(FNC1) or len(cleaned) > TEXT_MAX_CHARACTERS:
        return Scan(ScanKind.UNKNOWN, data[:CODE_MAX_CHARACTERS], symbology=symbology)
    if symbology in _GTIN_SYMBOLOGIES and _COMPOSITE in data:
        return _composite(data, symbology, rules)
    if symbology in _GS1_SYMBOLOGIES or FNC1 in data or data[0] == "^" or _BRACKETED.match(data):
        return _gs1(data, symbology)
    if looks_like_link(data):
        return _link(data, symbology)
    if len(data) >= _SHORTEST_BARE_ELEMENT_STRING and data.startswith("01"):
        return _bare_element_string(data, symbology, rules)
    return _plain(data, symbology, rules)


def _plain(data: str, symbology: str, rules: tuple[EmbeddedRule, ...]) -> Scan:
    """A code without structure, or a number that may be a GTIN or carry a price."""
    if not is_digits(data) or len(data) not in GTIN_LENGTHS:
        candidates = _as_scanned(data)
        return Scan(ScanKind.PLAIN if candidates else ScanKind.UNKNOWN, data, candidates, symbology)
    codes = [data, *Gtin(data.zfill(14)).forms(), *_upc_e(data)]
    candidates = tuple(Candidate(code) for code in dict.fromkeys(codes))
    reading = read_embedded(data, rules)
    if reading is not None:
        quantity = None
        if reading.unit is not None and reading.quantity_thousandths is not None:
            quantity = Quantity(reading.quantity_thousandths, reading.unit)
        price = None if reading.price_micro is None else Price(reading.price_micro, None)
        carried = tuple(
            Candidate(code, quantity, price, reading.by_weight) for code in reading.item_codes if code not in codes
        )
        return Scan(ScanKind.EMBEDDED, data, candidates + carried, symbology)
    is_gtin = has_valid_check_digit(data) and len(data) == _GTIN_SYMBOLOGIES.get(symbology, len(data))
    return Scan(ScanKind.GTIN if is_gtin else ScanKind.PLAIN, data, candidates, symbology)


def _upc_e(data: str) -> tuple[str, ...]:
    """The forms of the UPC-A number that eight digits may be short for."""
    if len(data) != 8 or data[0] not in "01":
        return ()
    expanded = expand_upc_e(data[:7])
    return Gtin(expanded.zfill(14)).forms() if expanded[-1] == data[-1] else ()


def _gs1(data: str, symbology: str) -> Scan:
    try:
        if _BRACKETED.match(data):
            message = parse_bracketed(data)
        else:
            message = parse_caret(data) if data[0] == "^" else parse_element_string(data)
        return Scan(ScanKind.GS1, data, _gs1_candidates(data, message), symbology, message)
    except UserError as error:
        return Scan(ScanKind.UNKNOWN, data, _as_scanned(data), symbology, problem=error.code)


def _bare_element_string(data: str, symbology: str, rules: tuple[EmbeddedRule, ...]) -> Scan:
    """A long number that begins like a GTIN element, from a scanner that sends no symbology identifier."""
    scan = _gs1(data, symbology)
    if scan.message is None:
        return _plain(data, symbology, rules)
    return Scan(ScanKind.GS1, data, _as_scanned(data) + scan.candidates, symbology, scan.message)


def _link(data: str, symbology: str) -> Scan:
    """A web address: a Digital Link, or else a code like any other."""
    try:
        message = parse_link(data)
        return Scan(ScanKind.GS1, data, _gs1_candidates(data, message), symbology, message)
    except UserError as error:
        candidates = _as_scanned(data)
        kind = ScanKind.PLAIN if candidates else ScanKind.UNKNOWN
        return Scan(kind, data, candidates, symbology, problem=error.code)


def _composite(data: str, symbology: str, rules: tuple[EmbeddedRule, ...]) -> Scan:
    """A number with a second symbol above it that adds lot, expiry and the like."""
    linear, _, second = data.partition(_COMPOSITE)
    scan, added = _plain(linear, symbology, rules), _gs1(second, "]e0") if second else None
    if added is None or added.message is None:
        return Scan(
            ScanKind.UNKNOWN, linear, scan.candidates, symbology, problem=added.problem if added else "gs1_syntax"
        )
    return Scan(scan.kind, linear, scan.candidates, symbology, added.message)


def _gs1_candidates(data: str, message: Message) -> tuple[Candidate, ...]:
    """The forms of the label's GTIN with its quantity and price; without one, the text itself.

    Raises:
        UserError: when a figure on the label is beyond what may be sold.
    """
    if message.gtin is None:
        return _as_scanned(data)
    quantity, price = message.quantity(), message.price()
    return tuple(Candidate(code, quantity, price) for code in Gtin(message.gtin).forms())


def _as_scanned(data: str) -> tuple[Candidate, ...]:
    """The text itself, if a product could have it as a code at all."""
    return (Candidate(data),) if data.isprintable() and 0 < len(data) <= CODE_MAX_CHARACTERS else ()
