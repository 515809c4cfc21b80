"""Numbers the sell page asks for when a function key is pressed with nothing typed: quantity, price, discount."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class EntryKind(StrEnum):
    """What is asked for."""

    QUANTITY = "quantity"
    PRICE = "price"
    DISCOUNT = "discount"


@dataclass(frozen=True, slots=True)
class Entry:
    """One open question, answered in the body of the page; never a dialog.

    Attributes:
        subject: what it is about: ``Soy candle, cedar · 12.50 each``.
        is_percent: a discount in per cent rather than an amount.
        is_basket: a discount on the whole sale rather than on the line.
    """

    kind: EntryKind
    subject: str
    text: str = ""
    is_percent: bool = True
    is_basket: bool = False

    def typed(self, text: str) -> Entry:
        """The same question with another number."""
        return replace(self, text=text)

    @property
    def title(self) -> str:
        """What is asked, in words."""
        return {
            EntryKind.QUANTITY: "Quantity",
            EntryKind.PRICE: "Price each",
            EntryKind.DISCOUNT: "Discount",
        }[self.kind]

    @property
    def label(self) -> str:
        """What stands beside the number."""
        if self.kind is EntryKind.DISCOUNT:
            return "Per cent" if self.is_percent else "Amount off"
        return "How many" if self.kind is EntryKind.QUANTITY else "New price"
