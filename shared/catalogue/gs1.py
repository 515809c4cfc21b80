"""GS1 element strings: what a label says about an item, its lot, dates, weight and price.

Three ways of writing one are read: with brackets, ``(01)09520123456788(10)AB``; as a scanner sends it, identifiers and
fields run together and FNC1 as the character 1D hex; and with ``^`` for FNC1, beginning with one. Digital Links are
read by :mod:`shared.catalogue.gs1_link`. Source: GS1 General Specifications, sections 3 and 7.8.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from shared.catalogue.gs1_checks import CHECKS, is_base64_url, is_numeric, is_text_39, is_text_82
from shared.catalogue.gs1_dictionary import APPLICATION_IDENTIFIERS, ApplicationIdentifier, identifier_at, matches
from shared.catalogue.iso_codes import CURRENCY_BY_NUMBER
from shared.errors import UserError
from shared.limits import TEXT_MAX_CHARACTERS, UNIT_PRICE_MAX_MICRO
from shared.quantity import Quantity, Unit

FNC1 = "\x1d"
"""What a scanner sends where the symbol has FNC1 as a separator."""

_CHARACTER_SETS = {"n": is_numeric, "x": is_text_82, "y": is_text_39, "z": is_base64_url}
_MEASURES = {"310": Unit.KILOGRAM, "311": Unit.METRE, "314": Unit.SQUARE_METRE, "315": Unit.LITRE}


@dataclass(frozen=True, slots=True)
class Element:
    """One identifier with its data.

    Attributes:
        code: the application identifier, such as ``"01"``.
        value: its data field.
    """

    code: str
    value: str


@dataclass(frozen=True, slots=True)
class Price:
    """A price printed on a label, for the whole item.

    Attributes:
        micro: micro-units of the currency.
        currency: ISO 4217 code, or nothing where the label leaves it to the place of sale.
    """

    micro: int
    currency: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """The elements of one label, in the order they stood; every one checked on its own.

    Attributes:
        elements: identifiers with their data; the same identifier twice has the same data.
    """

    elements: tuple[Element, ...]

    def value(self, code: str) -> str | None:
        """The data of identifier ``code``, if it is there."""
        return next((element.value for element in self.elements if element.code == code), None)

    @property
    def gtin(self) -> str | None:
        """The 14 digits of the trade item itself (01, 03 or 8006), not of what a logistic unit contains."""
        piece = self.value("8006")
        return self.value("01") or self.value("03") or (piece[:14] if piece else None)

    @property
    def lot(self) -> str | None:
        """Batch or lot (10)."""
        return self.value("10")

    @property
    def serial(self) -> str | None:
        """Serial number (21)."""
        return self.value("21")

    def expiry(self, current_year: int) -> date | None:
        """The last day the item may be used (17 or 7003)."""
        text = self.value("17") or self.value("7003")
        return date_of(text[:6], current_year) if text else None

    def best_before(self, current_year: int) -> date | None:
        """The day up to which the item is at its best (15); it may be sold later."""
        text = self.value("15")
        return date_of(text, current_year) if text else None

    def quantity(self) -> Quantity | None:
        """Net weight (310n), length (311n), area (314n), volume (315n) or count (30), half a thousandth rounded up.

        Raises:
            UserError: ``quantity_too_large``.
        """
        for element in self.elements:
            unit = _MEASURES.get(element.code[:3])
            if unit is not None:
                return Quantity(_shifted(int(element.value), 3 - int(element.code[3])), unit).checked()
        count = self.value("30")
        return Quantity.of(int(count)).checked() if count else None

    def contained_count(self) -> int | None:
        """How many trade items a logistic unit contains (37)."""
        count = self.value("37")
        return int(count) if count else None

    def price(self) -> Price | None:
        """The price of the whole item (392n, or 393n with its currency), beyond a micro-unit half rounded up.

        Raises:
            UserError: ``price_too_large``.
        """
        for element in self.elements:
            family, value, currency = element.code[:3], element.value, None
            if family == "393":
                currency, value = CURRENCY_BY_NUMBER[value[:3]], value[3:]
            elif family != "392":
                continue
            micro = _shifted(int(value), 6 - int(element.code[3]))
            if micro > UNIT_PRICE_MAX_MICRO:
                raise UserError("price_too_large", "The price on this label is too large. Check the label.")
            return Price(micro, currency)
        return None

    def bracketed(self) -> str:
        """The elements for people: identifiers in brackets, an opening bracket inside data after a backslash."""
        return "".join(f"({element.code}){element.value.replace('(', chr(92) + '(')}" for element in self.elements)

    def element_string(self, separator: str = FNC1) -> str:
        """The elements run together, ``separator`` only where a field needs one to end."""
        parts = []
        pending = False
        for element in self.elements:
            parts.append((separator if pending else "") + element.code + element.value)
            pending = APPLICATION_IDENTIFIERS[element.code].needs_separator
        return "".join(parts)


def parse_bracketed(text: str) -> Message:
    r"""Read ``(01)09520123456788(10)AB``; ``\(`` stands for an opening bracket inside data.

    Raises:
        UserError: ``gs1_syntax``, ``gs1_unknown_identifier``, ``gs1_length``, ``gs1_characters``, ``gs1_check``,
            ``gs1_repeated``.
    """
    _require_length(text)
    if not text.startswith("("):
        raise _malformed("A GS1 text begins with an identifier in brackets, such as (01).")
    elements = []
    position = 0
    while position < len(text):
        code, closed, _ = text[position + 1 :].partition(")")
        identifier = APPLICATION_IDENTIFIERS.get(code)
        if not closed:
            raise _malformed("A bracket was opened and not closed.")
        if identifier is None:
            raise _unknown(code)
        value, position = _bracketed_value(text, position + len(code) + 2)
        elements.append(checked_element(identifier, value))
    return message_of(elements)


def _bracketed_value(text: str, position: int) -> tuple[str, int]:
    value = []
    while position < len(text) and text[position] != "(":
        if text.startswith("\\(", position):
            position += 1
        value.append(text[position])
        position += 1
    return "".join(value), position


def parse_element_string(text: str, separator: str = FNC1) -> Message:
    """Read identifiers and fields run together, ``separator`` ending those of variable length.

    One separator at the very beginning and one after any field are allowed, as symbols have them.

    Raises:
        UserError: as :func:`parse_bracketed`.
    """
    rest = text.removeprefix(separator)
    _require_length(text)
    if not rest:
        raise _malformed("There is nothing behind the GS1 mark.")
    elements = []
    while rest:
        identifier = identifier_at(rest)
        if identifier is None:
            raise _unknown(rest[:4])
        field, _, after = rest.partition(separator)
        field = field[len(identifier.code) :]
        if not identifier.needs_separator:
            width = sum(component.longest for component in identifier.components)
            if len(field) > width:
                after = rest[len(identifier.code) + width :]
                field = field[:width]
        elements.append(checked_element(identifier, field))
        rest = after
    return message_of(elements)


def parse_caret(text: str) -> Message:
    """Read an element string in which ``^`` stands for FNC1, the first character being one.

    Raises:
        UserError: as :func:`parse_bracketed`.
    """
    if not text.startswith("^"):
        raise _malformed("A GS1 text in this form begins with ^.")
    return parse_element_string(text, "^")


def checked_element(identifier: ApplicationIdentifier, value: str) -> Element:
    """The element, if ``value`` fits the components of ``identifier`` exactly and passes their checks.

    Raises:
        UserError: ``gs1_length``, ``gs1_characters`` or ``gs1_check``.
    """
    code, position = identifier.code, 0
    for component in identifier.components:
        part = value[position : position + component.longest]
        if not part and component.is_optional:
            continue
        if len(part) < component.shortest:
            raise _wrong("gs1_length", identifier, value, "is too short")
        if not _CHARACTER_SETS[component.characters](part):
            raise _wrong("gs1_characters", identifier, value, "holds a character that does not belong there")
        if not all(CHECKS[name](part) for name in component.checks):
            raise _wrong("gs1_check", identifier, value, "is not valid")
        position += len(part)
    if position != len(value):
        raise _wrong("gs1_length", identifier, value, "is too long")
    return Element(code, value)


def message_of(elements: list[Element]) -> Message:
    """The message of already checked elements.

    Raises:
        UserError: ``gs1_repeated`` when an identifier stands twice with different data.
    """
    first: dict[str, str] = {}
    for element in elements:
        if first.setdefault(element.code, element.value) != element.value:
            raise UserError(
                "gs1_repeated",
                f"({element.code}) stands on the label twice with different data.",
                identifier=element.code,
            )
    return Message(tuple(elements))


def check_combination(message: Message) -> None:
    """Check that the elements may stand together, as a label has to be printed; a till does not ask for it.

    Raises:
        UserError: ``gs1_excluded`` when two exclude one another, ``gs1_incomplete`` when one lacks the company it
            needs, ``gs1_signature`` when a signature stands beside a key without its serial.
    """
    codes = list(dict.fromkeys(element.code for element in message.elements))
    for code in codes:
        for other in codes:
            if other != code and any(matches(pattern, other) for pattern in APPLICATION_IDENTIFIERS[code].never):
                raise UserError("gs1_excluded", f"({code}) and ({other}) may not stand on one label.", identifier=code)
    for code in codes:
        identifier = APPLICATION_IDENTIFIERS[code]
        if identifier.needs and not any(_all_present(alternative, codes) for alternative in identifier.needs):
            raise UserError(
                "gs1_incomplete", f"({code}) {identifier.title} lacks the element it belongs to.", identifier=code
            )
    if "8030" in codes:
        _check_signed_keys(message)


def _all_present(patterns: tuple[str, ...], codes: list[str]) -> bool:
    return all(any(matches(pattern, code) for code in codes) for pattern in patterns)


def _check_signed_keys(message: Message) -> None:
    for code, bare_length in (("253", 13), ("255", 13), ("8003", 14)):
        if len(message.value(code) or "") == bare_length:
            raise UserError("gs1_signature", f"A signed ({code}) must carry its serial.", identifier=code)


def date_of(yymmdd: str, current_year: int) -> date:
    """The date behind six digits that passed their check; day 00 is the last day of the month.

    The century is the one that puts the year within 49 years back and 50 years ahead of ``current_year``
    (GS1 General Specifications 7.12).
    """
    year = current_year - current_year % 100 + int(yymmdd[:2])
    if year - current_year > 50:
        year -= 100
    elif year - current_year < -49:
        year += 100
    month = int(yymmdd[2:4])
    last_day = monthrange(year, month)[1]
    # 29 February was checked against this century; a hundred years off it may not exist.
    return date(year, month, min(int(yymmdd[4:]) or last_day, last_day))


def _shifted(value: int, exponent: int) -> int:
    """``value`` × 10^exponent as a whole number, half rounded up."""
    if exponent >= 0:
        return int(value * 10**exponent)
    divisor = 10**-exponent
    return int((2 * value + divisor) // (2 * divisor))


def _require_length(text: str) -> None:
    if len(text) > TEXT_MAX_CHARACTERS:
        raise _malformed("This is longer than any label.")


def _malformed(message: str) -> UserError:
    return UserError("gs1_syntax", message)


def _unknown(code: str) -> UserError:
    return UserError("gs1_unknown_identifier", f"“{code}” is not a GS1 identifier.", identifier=code)


def _wrong(code: str, identifier: ApplicationIdentifier, value: str, what: str) -> UserError:
    return UserError(
        code, f"({identifier.code}) {identifier.title}: “{value}” {what}.", identifier=identifier.code, value=value
    )
