"""A backlog of sealed sales in a till's outbox, made by the till's own code a few hundred to a transaction."""

from __future__ import annotations

import random
from collections.abc import Sequence

from desktop.replica.queries.goods import Goods, goods_by_codes
from desktop.usecases.complete_sale import seal_in
from desktop.usecases.new_line import enter_line, line_for
from desktop.usecases.open_sale import OpenSale
from desktop.usecases.station import Step
from desktop.usecases.take_tender import add_tender
from desktop.usecases.till import Till
from shared.payments import CASH
from shared.quantity import Quantity
from shared.sales import price_basket, settle
from tests.benchmarks.selling import ITEMS_PER_SALE

SALES_PER_TRANSACTION = 250


def seal_sales(till: Till, codes: Sequence[str], sales: int, *, seed: int = 5) -> None:
    """Seal so many cash sales of three lines, numbered, chained, recorded and in the outbox like any other."""
    station, dice = till.station, random.Random(seed)
    for first in range(0, sales, SALES_PER_TRANSACTION):
        station.refresh()
        with station.replica.write() as work:
            hits = goods_by_codes(work.connection, list(codes))
            goods = [hits[code].goods for code in codes]
            for _ in range(min(SALES_PER_TRANSACTION, sales - first)):
                _seal_one(Step(station, work, OpenSale(station.fresh_basket())), dice.sample(goods, ITEMS_PER_SALE))


def _seal_one(step: Step, items: Sequence[Goods]) -> None:
    for goods in items:
        enter_line(step, goods, line_for(step, goods, Quantity.of(1, goods.unit)), joins=True)
    add_tender(step, step.station.ids.new(), CASH.code, None, {})
    priced = price_basket(step.sale.basket)
    tenders = [taken.tender for taken in step.sale.tenders]
    seal_in(step, priced, settle(priced.totals.total, tenders, step.station.store.cash_step))
