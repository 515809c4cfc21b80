"""One trading day across two stores, the office and the web, with a network cut at noon.

Everything is drawn from one seed, so that a day can be played again. Each part of the day is one function; tills work
side by side, each in its own thread over its own process.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from desktop.demo.processes import Answer, DeskProcess
from desktop.demo.shop import DESKS, Chain, Desk, Tell

OPENING_FLOAT = "150.00"
HOT_SKU = "CND-CEDAR"
HOT_DELIVERY = 24
DELIVERY = 30
OPEN_BASKET = (("OAT-BAR-1L", "2"), ("SOU-SEED-800", "1"), ("PEA-CONF", "0.486"), ("CHO-85-100", "1"), (HOT_SKU, "2"))


@dataclass(slots=True)
class DayBook:
    """What the demo itself saw happen, to be compared with the server's books.

    Attributes:
        totals_by_receipt: every receipt a till answered, with its total as a decimal string.
        first_quantity_by_receipt: what line 1 of a sale held, for the goods that come back.
    """

    totals_by_receipt: dict[str, str] = field(default_factory=dict)
    first_quantity_by_receipt: dict[str, str] = field(default_factory=dict)
    sales: int = 0
    returns: int = 0
    web_orders: int = 0
    refused_web_orders: int = 0
    conflicts: int = 0

    def note(self, answer: Answer) -> str:
        """Enter a sealed sale or return; gives its receipt number."""
        number, total = str(answer["receipt"]), str(answer["total"])
        self.totals_by_receipt[number] = total
        if total.startswith("-"):
            self.returns += 1
        else:
            self.sales += 1
        return number


@dataclass(frozen=True, slots=True)
class Goods:
    """Something to put into a basket."""

    sku: str
    name: str
    is_weighed: bool


@dataclass(slots=True)
class TradingDay:
    """The parts of the day, in order.

    Attributes:
        sales_per_till: how many baskets each till sells in each half of the day.
    """

    chain: Chain
    tell: Tell
    look: Callable[[str], None] | None = None
    """Called with a desk's key while its process is stopped and a basket is open on it: draws its screen."""
    seed: int = 7
    sales_per_till: int = 30
    book: DayBook = field(default_factory=DayBook)
    goods: list[Goods] = field(default_factory=list)

    def play(self) -> DayBook:
        """The whole day."""
        self.goods = self._read_range()
        for title, part in self._parts():
            self.tell(title)
            part()
        return self.book

    def _parts(self) -> Sequence[tuple[str, Callable[[], object]]]:
        return (
            ("08:30  The office books the morning’s delivery in", self._take_delivery),
            ("08:55  Log in, count the floats, open four shifts", self._open),
            ("09:00  The morning’s customers, and the first web orders", self._morning),
            ("12:00  The network to Mill Lane is cut; both tills go on selling", self._cut),
            ("12:10  Meanwhile the office changes names and prices, and the web shop sells", self._noon),
            ("14:30  The network is back: what waited is sent, what changed comes down", self._reconnect),
            ("15:00  Goods come back; one hot candle, many web buyers", self._afternoon),
            ("17:30  A look at the screens", self._look_around),
            ("18:00  Count the drawers, close the shifts, send the last", self._close),
        )

    def _read_range(self) -> list[Goods]:
        products = self.chain.web.get("/catalogue/products", limit="500")["products"]
        return [
            Goods(product["sku"], product["name"], product["unit"] != "piece")
            for product in products
            if product["kind"] == "goods"
        ]

    def _side_by_side(self, work: Callable[[DeskProcess, random.Random], None], tills: Sequence[DeskProcess]) -> None:
        with ThreadPoolExecutor(len(tills)) as pool:
            jobs = [pool.submit(work, till, random.Random(f"{self.seed} {till.name} {till.sent}")) for till in tills]
            for job in jobs:
                job.result()

    def _take_delivery(self) -> None:
        for desk in DESKS:
            self._log_in(desk)
        for key in ("office", "ml2"):
            receipts = [
                {
                    "do": "stock_move",
                    "sku": item.sku,
                    "quantity": str(HOT_DELIVERY if item.sku == HOT_SKU else DELIVERY),
                }
                for item in self.goods
            ]
            self.chain.desks[key].play([{**receipt, "reason": "receipt"} for receipt in receipts])
        self._sync_all()

    def _log_in(self, desk: Desk) -> None:
        self.chain.desks[desk.key].do("login", user=desk.user, pin=desk.pin)

    def _open(self) -> None:
        for till in self.chain.tills:
            till.do("open_shift", float=OPENING_FLOAT)

    def _morning(self) -> None:
        self._side_by_side(self._serve_customers, self.chain.tills)
        self._take_web_orders("morning", 12)
        self._sync_all()

    def _serve_customers(self, till: DeskProcess, dice: random.Random) -> None:
        for turn in range(self.sales_per_till):
            if turn % 10 == 9:
                self._park_and_recall(till, dice)
            self.book.note(self._sell(till, dice))

    def _fill_basket(self, till: DeskProcess, dice: random.Random) -> None:
        for item in dice.sample(self.goods, dice.randint(1, 6)):
            weight = f"0.{dice.randint(120, 950)}"
            till.do("add", sku=item.sku, quantity=weight if item.is_weighed else str(dice.choice((1, 1, 1, 2, 3))))

    def _sell(self, till: DeskProcess, dice: random.Random) -> Answer:
        self._fill_basket(till, dice)
        if dice.random() < 0.15:
            till.do("discount", percent=dice.choice(("5", "10")), basket=dice.random() < 0.5)
        remaining = str(till.do("state")["remaining"])
        if dice.random() < 0.25 and Decimal(remaining) > 10:
            till.do("tender", method="card", amount="5.00")
            remaining = str(till.do("state")["remaining"])
        first_quantity = _first_quantity(till)
        if dice.random() < 0.5:
            till.do("tender", method="card", amount=remaining)
        else:
            till.do("tender", method="cash", amount=_notes_for(remaining))
        answer = till.do("complete")
        self.book.first_quantity_by_receipt[str(answer["receipt"])] = first_quantity
        return answer

    def _park_and_recall(self, till: DeskProcess, dice: random.Random) -> None:
        self._fill_basket(till, dice)
        till.do("park", label="forgot the milk")
        self.book.note(self._sell(till, dice))
        till.do("recall")
        till.do("tender", method="card", amount=str(till.do("state")["remaining"]))
        self.book.note(till.do("complete"))

    def _take_web_orders(self, part: str, count: int) -> None:
        dice = random.Random(f"{self.seed} web {part}")
        for turn in range(count):
            reference = f"WEB-{part}-{turn:03d}"
            pieces = [item for item in self.goods if not item.is_weighed]
            lines = [{"sku": item.sku, "quantity": str(dice.randint(1, 2))} for item in dice.sample(pieces, 2)]
            if not self.chain.web.order(reference, dice.choice(("HS", "ML")), lines):
                self.book.refused_web_orders += 1
                continue
            self.book.web_orders += 1
            if dice.random() < 0.1:
                self.chain.web.cancel(reference)
            else:
                self.chain.web.fulfil(reference)

    def _cut(self) -> None:
        for key in ("ml1", "ml2"):
            self.chain.desks[key].do("offline")
        self._side_by_side(self._serve_customers, self.chain.tills)

    def _noon(self) -> None:
        office = self.chain.desks["office"]
        office.do("edit_product", sku=HOT_SKU, changes={"name": "Cedarwood soy candle"})
        office.do("edit_product", sku="OAT-BAR-1L", changes={"description": "For coffee: it foams."})
        office.do("add_price", sku=HOT_SKU, price="11.90")
        office.do("sync")
        # The manager at the offline till of Mill Lane edits the same name a little later: the later edit stands.
        self.chain.desks["ml2"].do("edit_product", sku=HOT_SKU, changes={"name": "Soy candle, cedar wood"})
        self._take_web_orders("noon", 12)

    def _reconnect(self) -> None:
        for key in ("ml1", "ml2"):
            self.chain.desks[key].do("online")
        self._sync_all()
        entries = self.chain.desks["office"].do("conflicts")["entries"]
        assert isinstance(entries, list)
        self.book.conflicts = sum(entry["state"] == "settled" for entry in entries)

    def _afternoon(self) -> None:
        self._side_by_side(self._take_back, self.chain.tills)
        self._side_by_side(self._serve_customers, self.chain.tills)
        self._rush_for_one_candle()
        self._sync_all()

    def _take_back(self, till: DeskProcess, dice: random.Random) -> None:
        prefix = str(till.do("state")["sale_number"]).rpartition("-")[0]
        own = sorted(number for number in self.book.first_quantity_by_receipt if number.startswith(prefix + "-"))
        for receipt in dice.sample(own, min(3, len(own))):
            lines = [{"line": 1, "quantity": self.book.first_quantity_by_receipt[receipt]}]
            self.book.note(till.do("return", receipt=receipt, lines=lines, method="cash"))

    def _rush_for_one_candle(self) -> None:
        """Sixteen buyers want the same product at the same moment; the promise must hold for each accepted one."""

        def buy(turn: int) -> bool:
            return self.chain.web.order(f"WEB-rush-{turn:03d}", "HS", [{"sku": HOT_SKU, "quantity": "1"}])

        with ThreadPoolExecutor(16) as pool:
            accepted = list(pool.map(buy, range(64)))
        self.book.web_orders += sum(accepted)
        self.book.refused_web_orders += len(accepted) - sum(accepted)

    def _look_around(self) -> None:
        """Draw two tills in the middle of a basket, and the office, each with its own process stopped meanwhile."""
        if self.look is None:
            return
        for desk in DESKS:
            process = self.chain.desks[desk.key]
            if desk.kind == "till":
                for sku, quantity in OPEN_BASKET:
                    process.do("add", sku=sku, quantity=quantity)
            process.stop()
            self.look(desk.key)
            self.chain.start_desk(desk)
            self._log_in(desk)
            if desk.kind == "till":
                self.chain.desks[desk.key].do("clear")

    def _sync_all(self) -> None:
        for _ in range(2):
            self._side_by_side(lambda desk, _dice: _synced(desk), list(self.chain.desks.values()))

    def _close(self) -> None:
        for position, till in enumerate(self.chain.tills):
            expected = str(till.do("state")["expected_cash"])
            counted = expected if position else _less_five(expected)
            till.do("count_shift", total=counted)
            till.do("close_shift")
        self._sync_all()


def _synced(desk: DeskProcess) -> None:
    desk.do("sync")


def _first_quantity(till: DeskProcess) -> str:
    lines = till.do("state")["lines"]
    assert isinstance(lines, list)
    return str(lines[0]["quantity"])


def _notes_for(amount: str) -> str:
    """What a customer hands over: the next multiple of five pounds."""
    pence = int(amount.replace(".", ""))
    return f"{-(-pence // 500) * 5}.00"


def _less_five(amount: str) -> str:
    pence = int(amount.replace(".", "")) - 500
    return f"{pence // 100}.{pence % 100:02d}"


def digests_of(desks: Sequence[DeskProcess]) -> list[tuple[str, dict[str, Any]]]:
    """Each replica's own full digest, by the desk's name."""
    return [(desk.name, desk.do("digest")) for desk in desks]
