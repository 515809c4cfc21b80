"""Taking goods back: find the receipt, choose lines and quantities, pay out."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from desktop.ui.till.session import TillSession
from desktop.usecases.till_state import ReceiptView
from desktop.usecases.till_views import SoldLineView, SoldView
from shared.money import Money, total_of
from shared.quantity import Quantity

REFUND_METHODS = ("cash", "card", "voucher")


class ReturnsPresenter(QObject):
    """The returns page.

    Attributes:
        number: the receipt number as typed.
        sold: the receipt that was found.
        chosen: how much of which line comes back, decimal text by line number.
        method: how the money goes back.

    Signals:
        changed: something above is another one.
        returned: the return is sealed.
    """

    changed = Signal()
    returned = Signal()

    def __init__(self, session: TillSession) -> None:
        super().__init__(session)
        self.session = session
        self.number = ""
        self.sold: SoldView | None = None
        self.chosen: dict[int, str] = {}
        self.method = "cash"

    def open(self, typed: str = "") -> None:
        """The page opens afresh, perhaps with a number typed on the page before."""
        self.sold, self.chosen, self.method = None, {}, "cash"
        self.number = typed
        self.changed.emit()
        if typed.strip():
            self.find(typed)

    def type_number(self, text: str) -> None:
        """The field changed."""
        self.number = text

    def find(self, number: str) -> None:
        """Look a receipt up by its number, typed or scanned."""
        wanted = number.strip()
        if wanted:
            self.number = wanted
            self.session.act(lambda till: till.find_receipt(wanted), self._take_sold)

    def may_return(self, line: SoldLineView) -> bool:
        """Whether any of a line may still come back."""
        return Quantity.parse(line.returnable).thousandths > 0

    def choose(self, line: SoldLineView, quantity: str) -> None:
        """So much of a line comes back; nothing for ``0``, never more than may."""
        wanted = min(Quantity.parse(quantity).thousandths, Quantity.parse(line.returnable).thousandths)
        if wanted > 0:
            self.chosen[line.number] = str(Quantity(wanted))
        else:
            self.chosen.pop(line.number, None)
        self.changed.emit()

    def step(self, line: SoldLineView, by: int) -> None:
        """One piece more or less of a line; of what is weighed all or nothing."""
        if line.unit != "piece":
            self.choose(line, line.returnable if by > 0 else "0")
            return
        now = Quantity.parse(self.chosen.get(line.number, "0")).thousandths
        self.choose(line, str(Quantity(max(0, now + by * 1_000))))

    def choose_all(self) -> None:
        """Everything that may comes back."""
        if self.sold is not None:
            self.chosen = {line.number: line.returnable for line in self.sold.lines if self.may_return(line)}
            self.changed.emit()

    def choose_method(self, method: str) -> None:
        """Pay out another way."""
        self.method = method
        self.changed.emit()

    @property
    def refund(self) -> Money | None:
        """About what will be paid out: shares of what was paid, to the nearest minor unit; the till has the last word.

        None until something is chosen.
        """
        if self.sold is None or not self.chosen:
            return None
        shares = [_share(line, self.chosen[line.number]) for line in self.sold.lines if line.number in self.chosen]
        return total_of(shares, self.sold.total.currency)

    def pay_out(self) -> None:
        """The green button: seal the return."""
        sold, lines, method = self.sold, [*self.chosen.items()], self.method
        if sold is not None and lines:
            self.session.act(lambda till: till.return_items(sold.number, lines, method), self._finish)

    def _take_sold(self, sold: SoldView) -> None:
        self.sold, self.chosen = sold, {}
        standing = [line for line in sold.lines if self.may_return(line)]
        if sold.kind == "return":
            self.session.refuse(f"{sold.number} is a return. Use the number of the sale it belongs to.")
        elif not standing:
            self.session.refuse(f"Everything on {sold.number} has come back already.")
        self.changed.emit()

    def _finish(self, _receipt: ReceiptView) -> None:
        self.sold, self.chosen, self.number = None, {}, ""
        self.returned.emit()


def _share(line: SoldLineView, quantity: str) -> Money:
    sold = Quantity.parse(line.quantity).thousandths
    return line.total.times_ratio(Quantity.parse(quantity).thousandths, sold) if sold else line.total
