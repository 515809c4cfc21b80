"""A till asks the real server for a customer of another store, and sells to them at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from desktop.sync.engine import SyncEngine
from desktop.ui.equipment import equipment_at
from desktop.ui.script import play_line
from desktop.ui.script_stage import Stage
from desktop.usecases.start import Device
from desktop.usecases.till import Till
from shared.schema.people import Customer
from shared.schema.sales import Sale
from tests.helpers.server import ServerProcess, join, open_home, running_server

pytestmark = pytest.mark.slow

Opened = tuple[Device, SyncEngine, Till]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The sample shop as a chain whose stores do not share their customers."""
    with running_server(tmp_path_factory.mktemp("central") / "server") as running:
        running.run("setting", "share_across_stores", "false")
        yield running


@pytest.fixture(scope="module")
def opened(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """A till of Harbour Street with Ada logged in and a shift open."""
    home = join(server, tmp_path_factory.mktemp("till") / "home")
    with open_home(home) as (device, engine):
        engine.cycle()
        till = Till(
            device.replica,
            clock=device.clock,
            ids=device.ids,
            equipment=equipment_at(home.folder, device.clock),
            sync=engine,
        )
        till.login("ada", "9021")
        till.open_shift(till.money("50.00"))
        yield device, engine, till


def holds(device: Device, number: str) -> int:
    with device.replica.read() as connection:
        return connection.execute(
            select(func.count()).select_from(Customer).where(Customer.number == number)
        ).scalar_one()


def play(opened: Opened, line: str) -> dict[str, object]:
    device, engine, till = opened
    return dict(play_line(Stage(till, device.clock, engine), line))


def test_given_a_customer_of_the_other_store_when_a_script_asks_by_card_then_the_sale_is_theirs(
    opened: Opened,
) -> None:
    device, engine, till = opened
    assert holds(device, "T1002") == 0
    answer = play(opened, '{"do": "look_up_customer", "card": "T1002"}')
    assert answer["ok"], answer
    assert answer["customer"] == {"number": "T1002", "name": "Tom Ashworth", "known": True}
    till.add(sku="BAG-TRAD")
    number = till.exact_cash().number
    engine.cycle()
    with device.replica.read() as connection:
        sold_to = select(Customer.number).join(Sale, Sale.customer_id == Customer.id)
        assert connection.execute(sold_to.where(Sale.receipt_number == number)).scalar() == "T1002"


def test_given_what_two_people_or_nobody_has_then_nobody_comes_and_the_answer_says_why(opened: Opened) -> None:
    shared = play(opened, '{"do": "look_up_customer", "phone": "01632 496000"}')
    assert (shared["ok"], shared["error"]) == (False, "customer_ambiguous")
    assert play(opened, '{"do": "look_up_customer", "card": "T1002999"}')["error"] == "customer_unknown"
    assert play(opened, '{"do": "look_up_customer", "card": "Tom Ashworth"}')["error"] == "lookup_not_exact"


def test_given_a_till_that_is_offline_when_the_chain_is_asked_then_it_says_so_and_sells_by_the_number(
    opened: Opened,
) -> None:
    device, _, till = opened
    play(opened, '{"do": "offline"}')
    asked = play(opened, '{"do": "look_up_customer", "card": "T1999"}')
    assert (asked["error"], asked["ok"]) == ("offline", False)
    assert "kept with the sale" in str(asked["message"])
    play(opened, '{"do": "customer", "number": "T1999"}')
    till.add(sku="BAG-TRAD")
    number = till.exact_cash().number
    play(opened, '{"do": "online"}')
    with device.replica.read() as connection:
        kept = select(Sale.customer_reference).where(Sale.receipt_number == number)
        assert connection.execute(kept).scalar() == "T1999"


def test_given_a_server_that_is_gone_when_the_chain_is_asked_then_the_words_are_for_the_counter(
    server: ServerProcess, opened: Opened
) -> None:
    server.stop()
    try:
        asked = play(opened, '{"do": "look_up_customer", "card": "T1003"}')
    finally:
        server.start()
    assert asked["error"] == "server_unreachable"
    assert str(asked["message"]).startswith("The chain cannot be asked offline.")
