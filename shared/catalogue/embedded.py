"""Codes that carry a price, a weight or a number of pieces, as scales and deli counters print them.

An EAN-13 whose prefix the shop has set aside for itself (02, 20 to 29) is cut into::

    prefix | item reference | (inner check digit) | value | check digit

A UPC-A number of system 2 is the same with prefix 02 (its leading zero is put back first). Which prefix means
what differs from country to country and chain to chain, so the rules are values; :data:`DEFAULT_RULES` is the
set a new shop starts with. Source: GS1 General Specifications, sections 2.1.12 (variable measure trade items for
restricted circulation) and 7.9.3, 7.9.4 (inner check digits of four- and five-digit fields).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.catalogue.gtin import check_digit, has_valid_check_digit, is_digits
from shared.errors import UserError
from shared.limits import QUANTITY_MAX_THOUSANDTHS
from shared.quantity import Unit

_THOUSAND = 1_000

# A digit's contribution under each weighting of GS1 General Specifications 7.9.2, indexed by the digit.
_TWO_MINUS = (0, 2, 4, 6, 8, 9, 1, 3, 5, 7)
_THREE = (0, 3, 6, 9, 2, 5, 8, 1, 4, 7)
_FIVE_PLUS = (0, 5, 1, 6, 2, 7, 3, 8, 4, 9)
_FIVE_MINUS = (0, 5, 9, 4, 8, 3, 7, 2, 6, 1)


class Carries(StrEnum):
    """What the value field of a code means."""

    PRICE = "price"
    WEIGHT = "weight"
    PIECES = "pieces"


@dataclass(frozen=True, slots=True)
class EmbeddedRule:
    """How one prefix is read. The parts must add up to 13 digits.

    Attributes:
        prefix: the leading digits of the 13-digit form, such as ``"21"``.
        item_digits: how many digits name the item.
        carries: what the value is: the price of this packet, its weight in kg, or a number of pieces.
        value_digits: how many digits the value has.
        decimals: how many of them stand behind the decimal point.
        inner_check: whether a check digit over the value stands before it.
        by_weight: for a price: the item is sold by the kilogram, so the weight follows from the price
            and the item's unit price (:func:`quantity_for_price`).
    """

    prefix: str
    item_digits: int
    carries: Carries
    value_digits: int
    decimals: int
    inner_check: bool = False
    by_weight: bool = False

    def __post_init__(self) -> None:
        """Check that the rule describes a 13-digit code.

        Raises:
            UserError: ``embedded_rule_invalid``.
        """
        width = len(self.prefix) + self.item_digits + self.inner_check + self.value_digits + 1
        checkable = not self.inner_check or self.value_digits in (4, 5)
        positive = self.item_digits > 0 and self.value_digits > 0
        if width != 13 or not is_digits(self.prefix) or not positive or not 0 <= self.decimals <= 6 or not checkable:
            raise UserError(
                "embedded_rule_invalid",
                f"The rule for codes starting with {self.prefix} does not describe 13 digits.",
                prefix=self.prefix,
                width=width,
            )


@dataclass(frozen=True, slots=True)
class EmbeddedReading:
    """What a code carried.

    Attributes:
        item_codes: codes to look the item up by, best first: the 13 digits with the value set to zero, prefix and
            item reference, the item reference alone, and that without leading zeros (the scale's own PLU number).
        quantity_thousandths: weight or pieces in thousandths of ``unit``; none where a price was carried.
        unit: what the quantity counts; none where a price was carried.
        price_micro: the price of the whole packet in micro-units of the shop's currency; none where a quantity was
            carried.
        by_weight: the packet's weight follows from its price (see :class:`EmbeddedRule`).
    """

    item_codes: tuple[str, ...]
    quantity_thousandths: int | None = None
    unit: Unit | None = None
    price_micro: int | None = None
    by_weight: bool = False


DEFAULT_RULES: tuple[EmbeddedRule, ...] = (
    # UPC number system 2: item, inner check digit, price up to 99.99.
    EmbeddedRule("02", 5, Carries.PRICE, 4, 2, inner_check=True),
    # Weight up to 99.999 kg.
    EmbeddedRule("21", 5, Carries.WEIGHT, 5, 3),
    # Price up to 999.99.
    EmbeddedRule("23", 5, Carries.PRICE, 5, 2),
    # Price up to 999.99 of something sold by the kilogram.
    EmbeddedRule("25", 5, Carries.PRICE, 5, 2, by_weight=True),
    # Whole pieces, up to 99,999.
    EmbeddedRule("26", 5, Carries.PIECES, 5, 0),
    # Price up to 999.99 behind an inner check digit.
    EmbeddedRule("28", 4, Carries.PRICE, 5, 2, inner_check=True),
    # Weight up to 99.999 kg, the scale's second range.
    EmbeddedRule("29", 5, Carries.WEIGHT, 5, 3),
)
"""What a new shop starts with. Prefixes 20, 22, 24 and 27 stay plain numbers of the shop's own."""


def read_embedded(code: str, rules: tuple[EmbeddedRule, ...] = DEFAULT_RULES) -> EmbeddedReading | None:
    """What ``code`` carries by the first rule that fits it, or nothing.

    A code fits when it has 13 digits (or 12, which is a UPC-A number), starts with the rule's prefix, and its check
    digit and the inner one, if any, are right: a misread price must not be sold.
    """
    digits = code.zfill(13) if len(code) == 12 else code
    if len(digits) != 13 or digits[0] not in "02" or not has_valid_check_digit(digits):
        return None
    for rule in rules:
        if digits.startswith(rule.prefix):
            reading = _read(digits, rule)
            if reading is not None:
                return reading
    return None


def _read(digits: str, rule: EmbeddedRule) -> EmbeddedReading | None:
    item_end = len(rule.prefix) + rule.item_digits
    value_text = digits[12 - rule.value_digits : 12]
    if rule.inner_check and digits[item_end] != inner_check_digit(value_text):
        return None
    item = digits[len(rule.prefix) : item_end]
    item_codes = _item_codes(digits[:item_end], item)
    value = int(value_text)
    if rule.carries is Carries.PRICE:
        price_micro = value * 10 ** (6 - rule.decimals)
        return EmbeddedReading(item_codes, price_micro=price_micro, by_weight=rule.by_weight)
    unit = Unit.KILOGRAM if rule.carries is Carries.WEIGHT else Unit.PIECE
    return EmbeddedReading(item_codes, quantity_thousandths=_scaled(value, 3 - rule.decimals), unit=unit)


def _item_codes(head: str, item: str) -> tuple[str, ...]:
    zeroed = head.ljust(12, "0")
    plu = item.lstrip("0")
    codes = (zeroed + check_digit(zeroed), head, item, plu)
    return tuple(dict.fromkeys(code for code in codes if code))


def _scaled(value: int, exponent: int) -> int:
    """``value`` × 10^exponent as a whole number, half rounded up."""
    if exponent >= 0:
        return int(value * 10**exponent)
    divisor = 10**-exponent
    return int((2 * value + divisor) // (2 * divisor))


def embed(rule: EmbeddedRule, item: str, value: int) -> str:
    """The 13-digit code a scale prints for ``item`` and ``value`` (in the rule's last decimal place).

    Raises:
        UserError: ``embedded_value_invalid`` if the item or the value does not fit the rule.
    """
    value_text = str(value).zfill(rule.value_digits)
    if len(item) != rule.item_digits or not is_digits(item) or value < 0 or len(value_text) != rule.value_digits:
        raise UserError(
            "embedded_value_invalid", f"Item {item} with value {value} does not fit codes starting with {rule.prefix}."
        )
    body = rule.prefix + item + (inner_check_digit(value_text) if rule.inner_check else "") + value_text
    return body + check_digit(body)


def inner_check_digit(value: str) -> str:
    """The check digit over a price or weight field of four or five digits (GS1 General Specifications 7.9.3, 7.9.4).

    Raises:
        UserError: ``embedded_value_invalid`` for any other length or for more than digits.
    """
    if not is_digits(value) or len(value) not in (4, 5):
        raise UserError("embedded_value_invalid", f"“{value}” is not a field of four or five digits.", value=value)
    figures = [int(digit) for digit in value]
    if len(value) == 4:
        weightings = (_TWO_MINUS, _TWO_MINUS, _THREE, _FIVE_MINUS)
        total = sum(weighting[figure] for weighting, figure in zip(weightings, figures, strict=True))
        return str(total * 3 % 10)
    weightings_of_five = (_FIVE_PLUS, _TWO_MINUS, _FIVE_MINUS, _FIVE_PLUS, _TWO_MINUS)
    total = sum(weighting[figure] for weighting, figure in zip(weightings_of_five, figures, strict=True))
    return str(_FIVE_MINUS.index(-total % 10))


def quantity_for_price(price_micro: int, unit_price_micro: int) -> int:
    """Thousandths of a unit that cost ``price_micro`` at ``unit_price_micro`` per unit, half rounded up.

    The price on the packet stays what is paid; the weight is for stock and for the receipt.

    Raises:
        UserError: ``unit_price_missing`` when the unit price is not positive; ``quantity_too_large``.
    """
    if unit_price_micro <= 0:
        raise UserError("unit_price_missing", "This item has no price per kilogram, so its weight cannot be computed.")
    thousandths = (2 * price_micro * _THOUSAND + unit_price_micro) // (2 * unit_price_micro)
    if thousandths > QUANTITY_MAX_THOUSANDTHS:
        raise UserError(
            "quantity_too_large", "The price on the packet is too large for this item's price per kilogram."
        )
    return thousandths
