"""Paying: the method, the amount typed, what is likely handed over, and taking it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from desktop.ui.screens.sell import buffer
from desktop.ui.till.session import TillSession
from desktop.ui.widgets.money_text import amount_text
from desktop.usecases.till import Till
from shared.cash.denominations import likely_payments
from shared.errors import CounterfoilError
from shared.money import Money
from shared.payments.methods import CASH, PAYMENT_METHODS, PaymentMethod

FIRST_METHODS = ("cash", "card", "voucher")
KEY_BY_METHOD = {"cash": "C", "card": "K", "voucher": "V", "account": "A", "bank_transfer": "B", "cheque": "Q"}
MORE_KEY = "M"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One amount likely to be handed over."""

    label: str
    amount: Money


class PaymentPresenter(QObject):
    """The payment page.

    Attributes:
        method: how is being paid.
        text: the amount as typed; empty means what is left.
        has_more: whether the rarer methods are shown.

    Signals:
        changed: something above is another one.
    """

    changed = Signal()

    def __init__(self, session: TillSession, *, has_implied_decimals: bool = True) -> None:
        super().__init__(session)
        self.session = session
        self.has_implied_decimals = has_implied_decimals and session.currency.exponent > 0
        self.method: PaymentMethod = CASH
        self.text = ""
        self.has_more = False

    # What is shown -------------------------------------------------------------------------------------------

    @property
    def remaining(self) -> Money:
        """What is left to pay; nothing before there is a basket."""
        state = self.session.state
        if state.remaining is not None:
            return state.remaining
        return state.totals.to_pay if state.totals is not None else Money.zero(self.session.currency)

    @property
    def amount(self) -> Money | None:
        """What would be taken; None while what was typed is no amount."""
        if not self.text:
            return self.remaining
        try:
            return buffer.money_in(self.text, self.session.currency, has_implied_decimals=self.has_implied_decimals)
        except CounterfoilError:
            return None

    @property
    def change(self) -> Money | None:
        """What comes back; None unless more is given in cash than is due."""
        amount = self.amount
        if amount is None or not self.method.gives_change or amount <= self.remaining:
            return None
        return amount - self.remaining

    @property
    def left_after(self) -> Money:
        """What would still be to pay."""
        amount = self.amount
        zero = Money.zero(self.session.currency)
        return zero if amount is None or amount >= self.remaining else self.remaining - amount

    @property
    def take_text(self) -> str:
        """What stands on the green button."""
        amount = self.amount
        shown = "" if amount is None else amount_text(abs(amount))
        if self.remaining.is_negative:
            return f"Pay out {shown} and finish"
        if self.left_after:
            return f"Take {shown} · {amount_text(self.left_after)} left"
        return f"Take {shown} and finish"

    @property
    def field_label(self) -> str:
        """What the amount is."""
        return {"cash": "Cash given", "card": "On the card"}.get(self.method.code, self.method.name)

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """Amounts to press in place of typing: exact, and for cash the notes that are likely."""
        exact = Suggestion("Exact" if self.method is CASH else "All of it", self.remaining)
        if self.method is not CASH:
            return (exact,)
        likely = likely_payments(self.remaining)
        return (exact, *(Suggestion(_notes_text(notes), total) for notes, total in likely))

    def shown_figure(self, text: str) -> str:
        """The typed amount as it will be taken."""
        if not buffer.is_number(text):
            return text
        return buffer.amount_in(text, self.session.currency, has_implied_decimals=self.has_implied_decimals)

    # What happens --------------------------------------------------------------------------------------------

    def open(self, typed: str = "") -> None:
        """The page opens, perhaps with a number typed on the page before."""
        self.method, self.has_more = CASH, False
        self.text = typed if buffer.is_number(typed) else ""
        self.changed.emit()

    def type_amount(self, text: str) -> None:
        """The amount changed."""
        self.text = text
        self.changed.emit()

    def choose_method(self, code: str) -> None:
        """Pay another way; the amount typed stays."""
        self.method = PAYMENT_METHODS[code]
        self.has_more = code not in FIRST_METHODS
        self.changed.emit()

    def show_more(self) -> None:
        """Show the rarer methods, or hide them again."""
        self.has_more = not self.has_more
        self.changed.emit()

    def press_key(self, key: str) -> bool:
        """A letter was pressed; False when no method goes by it."""
        if key.upper() == MORE_KEY:
            self.show_more()
            return True
        for code, own in KEY_BY_METHOD.items():
            if own == key.upper():
                self.choose_method(code)
                return True
        return False

    def take_exactly(self, amount: Money) -> None:
        """A suggestion was pressed: that much is given."""
        self.text = str(amount)
        self.changed.emit()

    def take(self) -> None:
        """The green button: take the amount; when nothing is left to pay, the sale is sealed."""
        amount = self.amount
        if amount is None:
            self.session.refuse("That is no amount. Type figures only, such as 20.00.")
            return
        code, covers = self.method.code, amount >= self.remaining
        if self.method is CASH and covers and not self.remaining.is_negative:
            self.session.act(lambda till: till.exact_cash(amount), lambda _receipt: self.open())
            return
        self.session.act(lambda till: _tender_and_complete(till, code, amount), lambda _done: self.open())

    def remove_tender(self, number: int) -> None:
        """Give a payment back."""
        self.session.act(lambda till: till.remove_tender(number))

    def remove_last_tender(self) -> None:
        """Del: give the last payment back."""
        self.session.act(lambda till: till.remove_tender())


def _tender_and_complete(till: Till, method: str, amount: Money) -> None:
    till.tender(method, amount)
    remaining = till.state().remaining
    if remaining is not None and not remaining:
        till.complete()


def _notes_text(notes: tuple[Money, ...]) -> str:
    texts = [str(note).split(".", maxsplit=1)[0] for note in notes]
    if len(texts) > 3:
        return f"{len(texts)} × {texts[0]}" if len(set(texts)) == 1 else f"{texts[0]} + … + {texts[-1]}"
    return " + ".join(texts)
