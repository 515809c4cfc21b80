"""Taking goods back without a receipt: which product, how many, at what price; needs a permission of its own."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from desktop.ui.screens.sell import buffer
from desktop.ui.till.session import TillSession
from desktop.usecases.till import Till
from desktop.usecases.till_views import FoundView
from shared.errors import CounterfoilError, UserError

RESULTS_SHOWN = 12


class BlindReturnPresenter(QObject):
    """The page for a return without a receipt.

    Attributes:
        text: what stands in the find field.
        products: what answers it.
        product: what comes back, once chosen.
        quantity: how many, as typed; one where nothing was.
        price: at how much each, as typed; today's price where nothing was.
        method: how the money goes back.

    Signals:
        changed: something above is another one.
        returned: the return is sealed.
    """

    changed = Signal()
    returned = Signal()

    def __init__(self, session: TillSession, *, has_implied_decimals: bool = True) -> None:
        super().__init__(session)
        self.session = session
        self.has_implied_decimals = has_implied_decimals and session.currency.exponent > 0
        self.text = ""
        self.products: tuple[FoundView, ...] = ()
        self.product: FoundView | None = None
        self.quantity = ""
        self.price = ""
        self.method = "cash"

    def open(self, typed: str = "") -> None:
        """The page opens afresh."""
        self.product, self.products = None, ()
        self.quantity = self.price = ""
        self.type_text(typed)

    def type_text(self, text: str) -> None:
        """The find field changed."""
        self.text = text
        wanted = text.strip()
        if wanted:
            self.session.ask("blind", lambda till: till.find(wanted, RESULTS_SHOWN), self._take_products)
        else:
            self.products = ()
        self.changed.emit()

    def submit(self, place: int = 0) -> None:
        """Enter: the chosen result comes back."""
        if self.products:
            self.choose(self.products[min(max(place, 0), len(self.products) - 1)])
        elif self.text.strip():
            self.submit_code(self.text)

    def submit_code(self, code: str) -> None:
        """A code was scanned or typed whole."""
        self.session.act(lambda till: _only(till, code.strip()), self.choose)

    def choose(self, product: FoundView) -> None:
        """This comes back."""
        self.product, self.text, self.products = product, "", ()
        self.quantity = self.price = ""
        self.changed.emit()

    def type_quantity(self, text: str) -> None:
        """How many changed."""
        self.quantity = text
        self.changed.emit()

    def type_price(self, text: str) -> None:
        """The price each changed."""
        self.price = text
        self.changed.emit()

    def choose_method(self, method: str) -> None:
        """Pay out another way."""
        self.method = method
        self.changed.emit()

    def shown_price(self, text: str) -> str:
        """A typed price as it will be taken."""
        if not buffer.is_number(text):
            return text
        return buffer.amount_in(text, self.session.currency, has_implied_decimals=self.has_implied_decimals)

    @property
    def pay_text(self) -> str:
        """What stands on the green button."""
        if self.product is None:
            return "Pay out"
        price = self.shown_price(self.price) or self.product.price
        return f"Pay out {self.quantity or '1'} at {price}" if price else "Pay out"

    def pay_out(self) -> None:
        """The green button: seal the return."""
        product = self.product
        if product is None:
            return
        quantity, method, typed = self.quantity or "1", self.method, self.price
        try:
            price = (
                buffer.unit_price_in(typed, self.session.currency, has_implied_decimals=self.has_implied_decimals)
                if typed
                else None
            )
        except CounterfoilError as error:
            self.session.refuse(error.message)
            return
        self.session.act(
            lambda till: till.blind_return(product.sku, quantity, price, method), lambda _done: self.returned.emit()
        )

    def _take_products(self, products: tuple[FoundView, ...]) -> None:
        self.products = products
        self.changed.emit()


def _only(till: Till, code: str) -> FoundView:
    """The product a code belongs to.

    Raises:
        UserError: ``barcode_unknown``.
    """
    found = till.find(code, 1)
    if not found or not found[0].is_exact:
        raise UserError("barcode_unknown", f"No product has the code {code}. Find it by name.", barcode=code)
    return found[0]
