"""Pictures of every page of the till in light and dark, drawn over a real replica: ``python -m tests.helpers.screenshots``.

They are for looking at; nothing compares them.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QApplication

from desktop.replica.engine import Replica
from desktop.ui.display import scale_for
from desktop.ui.theme import Theme, apply_theme
from desktop.usecases.look_up_customer import ChainAnswer
from shared.clock import SettableClock, instant_of
from shared.errors import EnvironmentFailure
from shared.ids import TimeOrderedIds
from shared.money import Money
from tests.helpers.replica import KEY, pulled
from tests.helpers.sample_replica import fill_sample
from tests.helpers.till_window import Bench, open_bench

OPENED = instant_of(dt.datetime(2026, 11, 21, 8, 55, tzinfo=dt.UTC))
NOW = instant_of(dt.datetime(2026, 11, 21, 14, 7, tzinfo=dt.UTC))
ROSALIND = uuid.UUID(int=2040)
"""A customer of another store, whom only the chain knows."""
SIZES = ((1280, 800), (1920, 1080))
THEMES = ("light", "dark")


@dataclass
class Status:
    """What the picture says of the connection."""

    is_online: bool
    since: int | None
    pending: int
    catalogue_as_of: int | None


@dataclass
class Line:
    """A connection as the picture wants it."""

    is_online: bool = True

    def status(self) -> Status:
        return Status(self.is_online, NOW - 26 * 60_000_000, 12, NOW)

    def go_offline(self) -> None:
        self.is_online = False

    def go_online(self) -> None:
        self.is_online = True

    def look_up_customer(self, by: str, given: str) -> ChainAnswer:
        if not self.is_online:
            raise EnvironmentFailure("server_unreachable", "The server does not answer.")
        return ChainAnswer(1, ROSALIND) if (by, given) == ("card", "T2040") else ChainAnswer(0)

    def cycle(self) -> object:
        return None


def ring_up(bench: Bench) -> None:
    """Something like the sale of the sketches."""
    bench.act(lambda till: till.add(sku="OAT-BAR-1L", quantity="2"))
    bench.act(lambda till: till.discount(amount=Money(48, till.currency)))
    bench.act(lambda till: till.add(sku="SOU-SEED-800"))
    bench.act(lambda till: till.add(sku="BGL-PLAIN"))
    bench.act(lambda till: till.remove_line())
    bench.act(lambda till: till.add(sku="PEA-CONF", quantity="0.486"))
    bench.act(lambda till: till.add(sku="CHO-85-100"))
    bench.act(lambda till: till.discount(percent="30"))
    bench.act(lambda till: till.add(sku="CND-CEDAR", quantity="2"))
    bench.act(lambda till: till.set_customer("Ines Carvalho"))


def _sell(bench: Bench) -> None:
    ring_up(bench)


def _find(bench: Bench) -> None:
    bench.window.sell_screen.find_field.set_text("so")


def _number(bench: Bench) -> None:
    bench.window.sell_screen.find_field.set_text("2000")


def _quantity(bench: Bench) -> None:
    bench.window.conductor.sell.clear_text()
    bench.do("quantity")
    bench.window.conductor.sell.change_entry(text="3")


def _discount(bench: Bench) -> None:
    bench.window.conductor.sell.close_entry()
    bench.do("discount")
    bench.window.conductor.sell.change_entry(text="10")


def _unknown(bench: Bench) -> None:
    bench.window.conductor.sell.close_entry()
    bench.scan("4006381333931")


def _payment(bench: Bench) -> None:
    bench.window.session.dismiss()
    bench.settle()
    bench.do("tender")
    bench.window.conductor.payment.type_amount("5000")


def _split(bench: Bench) -> None:
    bench.window.conductor.payment.choose_method("voucher")
    bench.window.conductor.payment.type_amount("1000")
    bench.window.conductor.payment.take()
    bench.settle()
    bench.window.conductor.payment.choose_method("cash")
    bench.window.conductor.payment.type_amount("3000")


def _more(bench: Bench) -> None:
    bench.window.conductor.payment.show_more()


def _receipt(bench: Bench) -> None:
    bench.window.conductor.payment.take()


def _help(bench: Bench) -> None:
    bench.do("help")


def _returns(bench: Bench) -> None:
    bench.do("help")
    number = bench.window.session.state.receipt
    assert number is not None
    bench.do("return")
    bench.window.conductor.returns.find(number.number)
    bench.settle()
    sold = bench.window.conductor.returns.sold
    assert sold is not None
    bench.window.conductor.returns.step(sold.lines[-1], 1)


def _customer(bench: Bench) -> None:
    bench.do("customer")
    bench.window.conductor.customer.type_text("an")


def _nobody(bench: Bench) -> None:
    bench.window.conductor.customer.type_text("T2040")


def _chain(bench: Bench) -> None:
    """Found in the chain; offline it says what can be done instead."""
    with bench.till.station.replica.write(is_background=True) as unit:
        row = {"id": ROSALIND, "store_id": uuid.uuid4(), "number": "T2040", "name": "Rosalind Okafor"}
        pulled(unit.connection, "customer", {**row, "created_at": NOW, "phone": "+44 1632 960118", "points": 340})
    bench.window.conductor.customer.look_up()
    bench.window.conductor.customer.wait_until_idle()


def _parked(bench: Bench) -> None:
    bench.do("find")
    for sku, label in (("RYE-500", "back in five minutes, blue coat"), ("CND-CEDAR", "")):
        bench.act(lambda till, sku=sku: till.add(sku=sku, quantity="3"))
        bench.act(lambda till, label=label: till.park(label))
    bench.act(lambda till: till.add(sku="RYE-500"))
    bench.do("recall")


def _shift(bench: Bench) -> None:
    bench.do("find")
    bench.do("clear")
    bench.do("shift")
    for amount, pieces in ((2000, "4"), (1000, "3"), (500, "2"), (100, "9"), (20, "7")):
        bench.window.conductor.shift.type_pieces(Money(amount, bench.till.currency), pieces)
    bench.window.conductor.shift.check_count()


def _sync(bench: Bench) -> None:
    bench.do("sync_centre")


def _closed(bench: Bench) -> None:
    bench.window.conductor.shift.close_shift()


PAGES: tuple[tuple[str, Callable[[Bench], None]], ...] = (
    ("sell", _sell),
    ("find", _find),
    ("number", _number),
    ("quantity", _quantity),
    ("discount", _discount),
    ("unknown", _unknown),
    ("payment", _payment),
    ("split", _split),
    ("more", _more),
    ("receipt", _receipt),
    ("sync", _sync),
    ("help", _help),
    ("returns", _returns),
    ("customer", _customer),
    ("customer-nobody", _nobody),
    ("customer-chain", _chain),
    ("parked", _parked),
    ("shift", _shift),
    ("closed", _closed),
)


def draw(folder: Path, theme: str, size: tuple[int, int], wanted: frozenset[str]) -> None:
    """Play through the pages and draw each."""
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    apply_theme(application, Theme.named(theme, scale_for(*size)))
    clock = SettableClock(OPENED)
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        replica = Replica.open(home / "replica.db", KEY, clock=clock, ids=TimeOrderedIds(clock))
        with replica.write() as unit:
            fill_sample(unit.connection)
        line = Line(is_online=theme == "light")
        with open_bench(replica, home, clock, line) as bench:
            bench.window.resize(*size)
            bench.window.show()

            def shoot(name: str) -> None:
                bench.settle()
                application.processEvents()
                if not wanted or name in wanted:
                    bench.window.grab().save(str(folder / f"{name}-{theme}-{size[0]}.png"))

            shoot("login")
            bench.log_in("ada", "9021")
            shoot("open-shift")
            bench.open_shift()
            clock.set(NOW)
            shoot("empty")
            for name, page in PAGES:
                page(bench)
                shoot(name)
        replica.close()


def main() -> None:
    """Draw everything, or the pages named, into ``build/screenshots``."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    folder = Path("build/screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    wanted = frozenset(sys.argv[1:])
    for theme in THEMES:
        for size in SIZES:
            draw(folder, theme, size, wanted)


if __name__ == "__main__":
    main()
