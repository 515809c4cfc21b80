"""The till: every selling intention by name. Keys, tiles and scripts all come through here.

One object per till process, called from one thread at a time. Each method is one intention and one transaction: when
it returns, its effect is durable; when it raises, nothing changed (except where it says so). ``line`` arguments are
the 1-based numbers of ``TillState.lines``; None is the selected line.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from desktop.replica.engine import Replica
from desktop.usecases import (
    add_item,
    change_line,
    choose_customer,
    close_shift,
    complete_sale,
    count_shift,
    find_product,
    find_receipt,
    give_discount,
    log_in,
    look_up_customer,
    move_cash,
    open_shift,
    park_sale,
    return_items,
    scan_item,
    show_till,
    start_over,
    take_tender,
)
from desktop.usecases.ports import Equipment, SyncPort
from desktop.usecases.station import Station
from desktop.usecases.till_state import LineView, ReceiptView, TenderView, TillState
from desktop.usecases.till_views import (
    CountView,
    CustomerMatch,
    FoundView,
    ParkedView,
    QuickTab,
    ShiftReport,
    SoldView,
    StockView,
)
from shared.clock import Clock
from shared.ids import IdMaker
from shared.money import Currency, Money, UnitPrice


class Till:
    """One till of one store.

    Attributes:
        station: what the intentions share (replica, clock, who is logged in, the open basket); not for screens.
    """

    def __init__(
        self, replica: Replica, *, clock: Clock, ids: IdMaker, equipment: Equipment, sync: SyncPort | None = None
    ) -> None:
        self.station = Station.start(replica, clock=clock, ids=ids, equipment=equipment, sync=sync)

    # Looking ---------------------------------------------------------------------------------------------------

    @property
    def currency(self) -> Currency:
        """The store's currency; every amount at this till is in it."""
        return self.station.store.currency

    def money(self, text: str) -> Money:
        """An amount typed in major units, ``12.50``. Raises ``UserError`` ``amount_invalid`` and its kin."""
        return Money.parse(text, self.currency)

    def unit_price(self, text: str) -> UnitPrice:
        """A unit price typed in major units. Raises ``UserError`` ``amount_invalid`` and its kin."""
        return UnitPrice.parse(text, self.currency)

    def state(self) -> TillState:
        """Everything on the till's screen; reads the replica only, waits for nothing."""
        return show_till.show_till(self.station)

    def find(self, text: str, limit: int = 12) -> tuple[FoundView, ...]:
        """Products by name, code or barcode, best first; empty for empty text."""
        return find_product.find_product(self.station, text, limit)

    def quick_tabs(self) -> tuple[QuickTab, ...]:
        """The tabs of quick keys of this store, in their order, with today's prices."""
        return find_product.quick_tabs(self.station)

    def stock(self, sku: str) -> StockView:
        """What this store has of a variant. Raises ``UserError`` ``product_unknown``."""
        return find_product.stock_of(self.station, sku)

    # People ----------------------------------------------------------------------------------------------------

    def login(self, user: str, pin: str) -> None:
        """Log a person in by username and PIN; whoever was logged in before is logged out.

        Raises:
            UserError: ``pin_wrong`` with the attempts left (also for an unknown name), ``pin_delayed`` with the
                seconds to wait, ``not_enrolled``.
        """
        log_in.log_in(self.station, user, pin)

    def logout(self) -> None:
        """Lock the till; the basket stays."""
        log_in.log_out(self.station)

    # Shift -----------------------------------------------------------------------------------------------------

    def open_shift(self, opening_float: Money, business_date: str | None = None) -> None:
        """Open a shift with so much cash in the drawer; its business date is the store's date now.

        Args:
            opening_float: zero or more.
            business_date: ISO date, only for a replay of past days.

        Raises:
            UserError: ``not_logged_in``, ``not_allowed``, ``shift_already_open``, ``amount_invalid``.
        """
        open_shift.open_shift(self.station, opening_float, business_date)

    def count_shift(self, total: Money | None = None, counts: Mapping[str, int] | None = None) -> CountView:
        """Note what the drawer holds, as a total or as pieces per denomination (``{"20.00": 3}``); may be repeated.

        Raises:
            UserError: ``not_logged_in``, ``not_allowed``, ``shift_not_open``, ``amount_invalid``, ``counts_invalid``.
        """
        return count_shift.count_shift(self.station, total, counts)

    def shift_report(self) -> ShiftReport:
        """The X report: the open shift so far. Raises ``UserError`` ``shift_not_open``."""
        return close_shift.shift_so_far(self.station)

    def close_shift(self) -> ShiftReport:
        """Close the shift and give its Z report; what was counted last stands, and any difference is recorded.

        Raises:
            UserError: ``not_logged_in``, ``not_allowed``, ``shift_not_open``, ``shift_has_open_basket``,
                ``payment_unresolved``.
        """
        return close_shift.close_shift(self.station)

    def cash_movement(self, kind: str, amount: Money, reason: str) -> None:
        """Put cash into (``paid_in``) or take it out of the drawer (``paid_out``, ``drop``); ``amount`` is positive.

        Raises:
            UserError: ``not_logged_in``, ``not_allowed``, ``shift_not_open``, ``amount_invalid``, ``reason_missing``.
        """
        move_cash.move_cash(self.station, kind, amount, reason)

    # Basket ----------------------------------------------------------------------------------------------------

    def scan(self, code: str) -> LineView:
        """Put what was scanned or typed into the basket; the same piece again raises the last line's quantity.

        Raises:
            UserError: ``barcode_unknown`` (stays on the screen and blocks payment until the next scan, add or
                ``dismiss``), ``price_missing``, ``item_expired``, ``not_logged_in``, ``shift_not_open``.
        """
        return scan_item.scan_item(self.station, code)

    def add(
        self,
        *,
        sku: str | None = None,
        variant_id: uuid.UUID | None = None,
        quantity: str = "1",
        price: UnitPrice | None = None,
        joins_last: bool = False,
    ) -> LineView:
        """Put a product into the basket by its SKU or id; ``joins_last`` lets a tile pressed twice raise the quantity.

        Raises:
            UserError: ``product_unknown``, ``quantity_invalid``, ``price_missing``, ``not_allowed`` (a price of
                one's own without the right to), ``not_logged_in``, ``shift_not_open``.
        """
        return add_item.add_item(
            self.station, sku=sku, variant_id=variant_id, quantity=quantity, price=price, joins_last=joins_last
        )

    def set_quantity(self, quantity: str, line: int | None = None) -> LineView:
        """Sell so much of a line; a quantity break's price follows. Raises ``quantity_invalid``, ``line_unknown``."""
        return change_line.set_quantity(self.station, quantity, line)

    def set_price(self, price: UnitPrice, line: int | None = None) -> LineView:
        """Sell a line at a price of one's own. Raises ``not_allowed``, ``amount_invalid``, ``line_unknown``."""
        return change_line.set_price(self.station, price, line)

    def discount(
        self,
        *,
        percent: str | None = None,
        amount: Money | None = None,
        basket: bool = False,
        line: int | None = None,
        reason: str = "",
    ) -> None:
        """Give a discount, by percent (``"10"``) or by amount, on a line or on the whole basket; adds to earlier ones.

        Raises:
            UserError: ``discount_too_large``, ``discount_invalid``, ``line_unknown``, ``basket_empty``,
                ``not_allowed``.
        """
        give_discount.give_discount(
            self.station, percent=percent, amount=amount, on_basket=basket, line=line, reason=reason
        )

    def remove_discounts(self, *, basket: bool = False, line: int | None = None) -> None:
        """Take the discounts of a line or of the basket back. Raises ``line_unknown``."""
        give_discount.remove_discounts(self.station, on_basket=basket, line=line)

    def remove_line(self, line: int | None = None) -> None:
        """Strike a line through; it stays in sight and in the journal. Raises ``line_unknown``."""
        change_line.remove_line(self.station, line)

    def select_line(self, line_id: uuid.UUID) -> None:
        """Choose the line that keys act on. Raises ``line_unknown``."""
        change_line.select_line(self.station, line_id)

    def clear(self) -> None:
        """Give the whole basket up (every line, the customer, the discounts). Raises ``payment_started``."""
        start_over.clear_basket(self.station)

    def dismiss(self) -> None:
        """Take note of the standing refusal (unknown barcode, printer); payment is free again."""
        start_over.dismiss_refusal(self.station)

    # Customer --------------------------------------------------------------------------------------------------

    def set_customer(self, who: str | uuid.UUID | None) -> None:
        """Sell to the customer with this id, number, phone or name; an unknown number is kept as it is; None: nobody.

        Raises:
            UserError: ``customer_ambiguous`` (data lists the matches), ``customer_unknown`` (a name nobody has).
        """
        choose_customer.choose_customer(self.station, who)

    def find_customers(self, text: str, limit: int = 20) -> tuple[CustomerMatch, ...]:
        """Customers by number, phone or part of the name."""
        return choose_customer.find_customers(self.station, text, limit)

    def look_up_customer(self, text: str) -> CustomerMatch:
        """The one customer of the whole chain with this card number, e-mail or phone; asks the server.

        It waits for the network and leaves the basket alone: call it from a thread that no sale waits for.

        Raises:
            UserError: ``lookup_not_exact``, ``customer_unknown``, ``customer_ambiguous``.
            EnvironmentFailure: ``offline``, ``server_unreachable``, ``server_busy`` and others.
        """
        return look_up_customer.look_up_customer(self.station, text)

    # Parking ---------------------------------------------------------------------------------------------------

    def park(self, label: str = "") -> uuid.UUID:
        """Put the basket aside for any till of the store. Raises ``basket_empty``, ``payment_started``."""
        return park_sale.park_sale(self.station, label)

    def recall(self, parked_id: uuid.UUID | None = None) -> None:
        """Take a parked basket up again; None: the one parked last. Raises ``basket_not_empty``, ``parked_unknown``."""
        park_sale.recall_sale(self.station, parked_id)

    def parked(self) -> tuple[ParkedView, ...]:
        """The baskets parked in this store, the newest first."""
        return park_sale.parked_sales(self.station)

    # Paying ----------------------------------------------------------------------------------------------------

    def tender(
        self, method: str, amount: Money | None = None, reference: Mapping[str, str] | None = None
    ) -> TenderView:
        """Take a payment (of what is left, when no amount is given); it is durable before this returns.

        Raises:
            UserError: ``basket_empty``, ``payment_method_unknown``, ``tender_not_positive``,
                ``tender_exceeds_remaining`` (only cash gives change), ``refusal_open``, ``payment_declined``,
                ``payment_unresolved`` (the terminal did not answer; ask for the same payment again).
        """
        return take_tender.take_tender(self.station, method, amount, reference or {})

    def remove_tender(self, number: int | None = None) -> None:
        """Give a payment back before the sale is sealed; None: the last. Raises ``tender_unknown``."""
        take_tender.remove_tender(self.station, number)

    def complete(self) -> ReceiptView:
        """Seal the sale: number, journal, stock and what is to be sent, in one transaction; then print and open.

        Raises:
            UserError: ``basket_empty``, ``payment_incomplete`` (data: remaining), ``refusal_open``,
                ``payment_unresolved``, ``not_logged_in``, ``shift_not_open``.
        """
        return complete_sale.complete_sale(self.station)

    def exact_cash(self, given: Money | None = None) -> ReceiptView:
        """Take what is left in cash (or ``given``, with change) and seal, all in one. Raises as ``complete``."""
        return complete_sale.take_cash_and_complete(self.station, given)

    def dismiss_receipt(self) -> None:
        """Put the finished receipt out of sight; the next scan does the same."""
        start_over.dismiss_receipt(self.station)

    # Receipts and returns --------------------------------------------------------------------------------------

    def find_receipt(self, number: str) -> SoldView:
        """A sealed sale by its receipt number, with what may still come back. Raises ``receipt_unknown``."""
        return find_receipt.find_receipt(self.station, number)

    def print_copy(self, number: str) -> ReceiptView:
        """Print a receipt again, marked as a copy. Raises ``receipt_unknown``, ``printer_failed``."""
        return find_receipt.print_copy(self.station, number)

    def receipt_pdf(self, number: str) -> bytes:
        """A receipt as the bytes of a PDF file, marked as a copy if one was printed. Raises ``receipt_unknown``."""
        return find_receipt.receipt_pdf(self.station, number)

    def return_items(
        self,
        receipt: str,
        lines: Sequence[tuple[int, str | None]] | None = None,
        method: str = "cash",
        disposition: str = "restock",
    ) -> ReceiptView:
        """Take goods back against a receipt and pay out: exact negations of what was stored, sealed like a sale.

        The open basket is not touched.

        Args:
            receipt: the receipt number.
            lines: (line number, quantity or None for all that is left); None: everything that is left.
            method: how the money goes back.
            disposition: where the goods go: ``restock``, ``damaged`` or ``none``.

        Raises:
            UserError: ``receipt_unknown``, ``line_unknown``, ``return_exceeds_sold``, ``nothing_to_return``,
                ``payment_method_unknown``, ``method_not_refundable``, ``disposition_unknown``, ``not_allowed``,
                ``shift_not_open``.
        """
        return return_items.return_items(self.station, receipt, lines, method, disposition)

    def blind_return(
        self, sku: str, quantity: str, price: UnitPrice | None = None, method: str = "cash"
    ) -> ReceiptView:
        """Take goods back without a receipt, at today's price or one that is agreed. Needs its own permission.

        Raises:
            UserError: ``not_allowed``, ``product_unknown``, ``quantity_invalid``, ``price_missing``,
                ``shift_not_open``.
        """
        return return_items.return_without_receipt(self.station, [(sku, quantity, price)], method)
