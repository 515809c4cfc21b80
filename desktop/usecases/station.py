"""What the intentions of one till share: its replica, its equipment, who is logged in, and the sale being rung up.

Every intention that changes something runs in one ``Step``: a transaction on the replica that ends with the changed
sale written. The station takes the changed sale over only after the commit, so that memory never runs ahead of disk.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from desktop.replica.engine import Replica
from desktop.replica.queries.shifts import OpenShift, open_shift_of
from desktop.replica.queries.shop import OwnIdentity, Person, StoreFacts
from desktop.replica.unit_of_work import UnitOfWork
from desktop.usecases.basket_size import check_size
from desktop.usecases.open_sale import OpenSale, load_sale, save_sale
from desktop.usecases.ports import Equipment, SyncPort
from desktop.usecases.shop_facts import ShopFacts, refreshed
from desktop.usecases.till_state import ReceiptView
from shared.clock import Clock, datetime_at, local_date
from shared.errors import UserError
from shared.ids import IdMaker
from shared.permissions import Permission, require
from shared.sales import Basket, PricedBasket, Settlement, price_basket, settle


@dataclass(slots=True)
class Station:
    """One till at work.

    Attributes:
        facts: the shop as last read; None before enrolment.
        user: who is logged in.
        shift: the open shift.
        sale: the sale as last committed.
        finished: the receipt just sealed, until the next step on the basket.
    """

    replica: Replica
    clock: Clock
    ids: IdMaker
    equipment: Equipment
    sync: SyncPort | None
    facts: ShopFacts | None = None
    user: Person | None = None
    shift: OpenShift | None = None
    finished: ReceiptView | None = None
    _sale: OpenSale | None = None
    _priced: PricedBasket | None = field(default=None, repr=False)

    @classmethod
    def start(
        cls, replica: Replica, *, clock: Clock, ids: IdMaker, equipment: Equipment, sync: SyncPort | None
    ) -> Station:
        """Come back to where the till was, basket and payments included; nobody is logged in."""
        station = cls(replica, clock, ids, equipment, sync)
        station.refresh()
        return station

    def refresh(self) -> None:
        """Read the shop's facts again if they moved on; on the first time also the shift and the open sale."""
        with self.replica.read() as connection:
            self.refresh_on(connection)

    def refresh_on(self, connection: Any) -> None:
        """As ``refresh``, over a connection that is open already."""
        self.facts = refreshed(self.facts, connection)
        if self.facts is not None and self._sale is None:
            self.shift = open_shift_of(connection, self.facts.identity.device_id)
            self._sale = load_sale(connection, self.fresh_basket())

    @property
    def known(self) -> ShopFacts:
        """The shop's facts. Raises ``UserError`` ``not_enrolled`` before there are any."""
        if self.facts is None:
            raise UserError("not_enrolled", "This till does not belong to a shop yet. Enrol it with a code first.")
        return self.facts

    @property
    def store(self) -> StoreFacts:
        """The store the till stands in. Raises ``UserError`` ``not_enrolled``."""
        return self.known.store

    @property
    def identity(self) -> OwnIdentity:
        """The till itself. Raises ``UserError`` ``not_enrolled``."""
        return self.known.identity

    @property
    def sale(self) -> OpenSale:
        """The sale being rung up. Raises ``UserError`` ``not_enrolled``."""
        if self._sale is None:
            self._sale = OpenSale(self.fresh_basket())
        return self._sale

    def today(self) -> dt.date:
        """The store's local date now; prices and taxes go by it."""
        return local_date(self.clock.now(), self.store.time_zone)

    def local_time(self, instant_us: int, pattern: str = "%H:%M") -> str:
        """An instant as the store's clock shows it."""
        return datetime_at(instant_us, self.store.time_zone).strftime(pattern)

    def fresh_basket(self) -> Basket:
        """An empty basket in the store's currency."""
        return Basket(id=self.ids.new(), currency=self.store.currency, tax_rounding=self.store.tax_rounding)

    def priced(self) -> PricedBasket:
        """The committed basket with its amounts; lines that did not change are not computed again."""
        if self._priced is None or self._priced.basket is not self.sale.basket:
            self._priced = price_basket(self.sale.basket, self.priced_before(self.sale.basket))
        return self._priced

    def priced_before(self, basket: Basket) -> PricedBasket | None:
        """An earlier pricing of the same basket, so that only what changed is computed."""
        return self._priced if self._priced is not None and self._priced.basket.id == basket.id else None

    def settled(self) -> Settlement:
        """How far the committed sale is paid."""
        return settlement_of(self.sale, self.priced(), self.store.cash_step)

    def who(self) -> str:
        """Who and where, in words, for edits: ``Mara K., Till 2``."""
        name = self.user.display_name if self.user is not None else "Nobody"
        return f"{name}, {self.identity.name}"

    def person(self) -> Person:
        """Who is logged in. Raises ``UserError`` ``not_logged_in``."""
        if self.user is None:
            raise UserError("not_logged_in", "Nobody is logged in. Log in with your PIN first.")
        return self.user

    def require(self, permission: Permission) -> Person:
        """Who is logged in, if they may. Raises ``UserError`` ``not_logged_in`` or ``not_allowed``."""
        person = self.person()
        require(person.role, permission)
        return person

    def running_shift(self) -> OpenShift:
        """The open shift. Raises ``UserError`` ``shift_not_open``."""
        if self.shift is None:
            raise UserError("shift_not_open", "No shift is open. Open one with the cash in the drawer first.")
        return self.shift

    def require_selling(self) -> Person:
        """Who sells.

        Raises:
            UserError: ``not_enrolled``, ``not_a_till``, ``not_logged_in``, ``not_allowed``, ``shift_not_open``.
        """
        self.require_till()
        person = self.require(Permission.SELL)
        self.running_shift()
        return person

    def require_till(self) -> None:
        """Pass on a till. Raises ``UserError`` ``not_a_till`` on an office desk, ``not_enrolled``."""
        if self.identity.kind != "till":
            raise UserError("not_a_till", "This is an office desk. Sell at a till.", kind=self.identity.kind)

    @contextmanager
    def step(self) -> Iterator[Step]:
        """One transaction. What the step did to its ``sale`` is priced, checked against payments taken, and written.

        Raises:
            UserError: ``payments_exceed_total`` when a change would leave more paid than is due,
                ``amount_too_large``, ``tax_set_unsolvable``, ``basket_full``.
        """
        with self.replica.write() as work:
            self.refresh_on(work.connection)
            before, priced = self.sale, self._priced
            step = Step(self, work, before)
            yield step
            if step.sale is not before:
                priced = price_basket(step.sale.basket, self.priced_before(step.sale.basket))
                check_size(self.priced_before(step.sale.basket), priced)
                _check_payments(before, step.sale, priced, self.store.cash_step)
                save_sale(work, before, step.sale)
                work.touch("open_basket", step.sale.basket.id)
        self._sale, self._priced = step.sale, priced


@dataclass(slots=True)
class Step:
    """One intention under way; assign ``sale`` to change it."""

    station: Station
    work: UnitOfWork
    sale: OpenSale


def settlement_of(sale: OpenSale, priced: PricedBasket, cash_step: int) -> Settlement:
    """How far a sale is paid; raises the errors of ``shared.sales.settle``."""
    return settle(priced.totals.total, [taken.tender for taken in sale.tenders], cash_step)


def _check_payments(before: OpenSale, after: OpenSale, priced: PricedBasket, cash_step: int) -> None:
    """Raise when the basket changed under payments that no longer fit it."""
    if not after.tenders or after.basket is before.basket:
        return
    try:
        settlement_of(after, priced, cash_step)
    except UserError as error:
        if error.code != "tender_exceeds_remaining":
            raise
        raise UserError(
            "payments_exceed_total", "More would be paid than is due. Give the payment back first.", **error.data
        ) from error
