"""The customer page asks the whole chain: off the till's own worker, with an answer in words for every outcome."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.replica.engine import Replica
from desktop.ui.screens.customer.presenter import Search
from desktop.ui.screens.customer.screen import CustomerScreen
from desktop.ui.screens.till.pages import Page
from desktop.usecases.look_up_customer import ChainAnswer
from shared.clock import SettableClock
from shared.errors import EnvironmentFailure
from tests.helpers.replica import NOON, pulled
from tests.helpers.sync_lines import OFFLINE, ONLINE, SaidChain
from tests.helpers.till_window import Bench, open_bench

OAT = "5012345678900"
TOM = uuid.UUID(int=77)


@pytest.fixture
def line(replica: Replica) -> SaidChain:
    """A chain that knows Tom of the other store by card, e-mail and phone; his profile comes with the next cycle."""

    def fetch() -> None:
        with replica.write(is_background=True) as unit:
            row = {"id": TOM, "store_id": uuid.uuid4(), "number": "T1002", "name": "Tom Ashworth", "created_at": NOON}
            pulled(unit.connection, "customer", {**row, "phone": "+441632496000"})

    found = ChainAnswer(1, TOM)
    knows = {("card", "T1002"): found, ("email", "tom@example.com"): found, ("phone", "01632 496000"): found}
    return SaidChain(ONLINE, knows={**knows, ("phone", "0161 4960000"): ChainAnswer(2)}, fetch=fetch)


@pytest.fixture
def till(
    qapp: QApplication, replica: Replica, tmp_path: Path, clock: SettableClock, line: SaidChain
) -> Iterator[Bench]:
    with open_bench(replica, tmp_path, clock, line) as opened:
        opened.window.resize(1280, 800)
        opened.window.show()
        opened.window.activateWindow()
        opened.log_in()
        opened.open_shift()
        yield opened


def page_of(bench: Bench) -> CustomerScreen:
    screen = bench.window.screens[Page.CUSTOMER]
    assert isinstance(screen, CustomerScreen)
    return screen


def press(bench: Bench, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(bench.window.focusWidget() or bench.window, key, modifier)
    bench.window.scanner.hand_on()
    settle(bench)


def settle(bench: Bench) -> None:
    bench.settle()
    bench.window.conductor.customer.wait_until_idle()
    bench.settle()


def ask(bench: Bench, text: str) -> CustomerScreen:
    """F3, the text, and the key that asks the chain."""
    bench.do("customer")
    page = page_of(bench)
    QTest.keyClicks(page.find_field.edit, text)
    bench.window.scanner.hand_on()
    press(bench, Qt.Key.Key_F3, Qt.KeyboardModifier.ShiftModifier)
    return page


@pytest.mark.parametrize("text", ["T1002", "tom@example.com", "01632 496000"])
def test_given_a_customer_of_another_store_when_the_chain_is_asked_then_enter_sells_to_them(
    till: Bench, line: SaidChain, text: str
) -> None:
    till.scan(OAT)
    page = ask(till, text)
    assert [page.list.row(0).title, page.list.count()] == ["Tom Ashworth", 1]
    assert till.window.session.state.customer is None, "shown to be confirmed first"
    assert line.asked[-1] == "cycle"
    press(till, Qt.Key.Key_Return)
    customer = till.window.session.state.customer
    assert customer is not None
    assert (customer.id, customer.name) == (TOM, "Tom Ashworth")
    assert till.window.conductor.page is Page.SELL
    till.do("exact_cash")
    receipt = till.window.session.state.receipt
    assert receipt is not None
    assert "Tom Ashworth" in receipt.text


def test_given_an_unknown_card_on_the_basket_when_the_key_is_pressed_at_the_sale_then_that_card_is_asked_for(
    till: Bench, line: SaidChain
) -> None:
    till.do("customer")
    till.scan("T1002")
    customer = till.window.session.state.customer
    assert customer is not None
    assert not customer.is_known
    press(till, Qt.Key.Key_F3, Qt.KeyboardModifier.ShiftModifier)
    assert line.asked[0] == "card T1002"
    press(till, Qt.Key.Key_Return)
    assert till.window.session.state.customer is not None
    assert till.window.session.state.customer.id == TOM


def test_given_the_server_does_not_answer_then_the_page_says_so_and_the_card_is_kept_with_the_sale(
    till: Bench, line: SaidChain
) -> None:
    line.now = OFFLINE
    till.scan(OAT)
    page = ask(till, "T1002")
    assert page._empty._title.text() == "The chain cannot be asked offline"
    assert page._empty._text.text().startswith("A card number is kept with the sale")
    assert till.sounds.heard[-1] == "refused"
    press(till, Qt.Key.Key_Return)
    customer = till.window.session.state.customer
    assert customer is not None
    assert (customer.number, customer.is_known) == ("T1002", False)
    till.do("exact_cash")
    receipt = till.window.session.state.receipt
    assert receipt is not None
    assert "T1002" in receipt.text


@pytest.mark.parametrize(
    ("text", "said", "asked"),
    [
        ("T9", "Nobody in the whole chain has “T9”", ["card T9"]),
        ("0161 4960000", "2 customers of the chain share", ["card 0161 4960000", "phone 0161 4960000"]),
        ("+44 161 1", "Nobody in the whole chain", ["phone +44 161 1"]),
        ("Tom Ash", "cannot be looked up", []),
        ("tom@", "cannot be looked up", []),
    ],
)
def test_given_what_the_chain_cannot_answer_then_the_page_says_why(
    till: Bench, line: SaidChain, text: str, said: str, asked: list[str]
) -> None:
    page = ask(till, text)
    assert said in page._empty._title.text()
    assert line.asked == asked
    assert not page.list.isVisible()


def test_given_a_look_up_that_takes_long_then_selling_goes_on_and_its_answer_is_not_put_over_another_search(
    till: Bench, line: SaidChain
) -> None:
    line.holds = threading.Event()
    customer = till.window.conductor.customer
    till.do("customer")
    customer.type_text("T1002")
    customer.look_up()
    assert customer.state.search is Search.ASKING
    assert not page_of(till).chain.isEnabled()
    till.do("find")
    till.scan(OAT)
    assert [each.sku for each in till.window.session.state.lines] == ["OAT-BAR-1L"]
    customer.type_text("wint")
    till.settle()
    line.holds.set()
    settle(till)
    assert [match.name for match in customer.state.matches] == ["Anna Winter"]
    assert customer.state.search is Search.HERE


def test_given_the_profile_came_though_something_of_ours_is_held_up_then_they_are_found(
    till: Bench, line: SaidChain
) -> None:
    fetch = line.fetch

    def held_up() -> None:
        fetch()
        raise EnvironmentFailure("server_busy", "The server is busy.")

    line.fetch = held_up
    assert ask(till, "T1002").list.count() == 1


def test_given_a_server_with_too_much_to_do_then_the_page_says_when_to_ask_again(till: Bench, line: SaidChain) -> None:
    def busy() -> None:
        raise EnvironmentFailure("server_busy", "The server is busy.")

    line.fetch = busy
    page = ask(till, "T1002")
    assert page._empty._title.text() == "The server cannot look customers up just now"
    assert page._empty._text.text().startswith("Ask again in a minute.")


def test_given_the_page_of_an_offline_till_then_it_does_not_promise_the_chain(till: Bench, line: SaidChain) -> None:
    line.now = replace(ONLINE, is_online=False, is_switched_off=True)
    till.do("customer")
    till.window.conductor.customer.type_text("Q-1")
    till.settle()
    till.window.session.refresh()
    till.settle()
    assert "Offline, the rest of the chain cannot be asked." in page_of(till)._empty._text.text()
