"""What the server refuses is explained and can be repaired; what a revoked device holds goes to the server's quarantine.

Device and server are the real ones, over real HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select, text

from desktop.replica import outbox
from desktop.replica.engine import Replica
from desktop.replica.identity import identity_of
from desktop.replica.queries.inbox_list import inbox_entry
from desktop.replica.queries.shop import Person
from desktop.replica.schema import Outbox
from desktop.sync.engine import SyncEngine
from desktop.usecases.desk import Desk
from desktop.usecases.repair_refused import edit_and_send, send_again, set_aside
from desktop.usecases.start import Device
from shared.clock import SystemClock
from shared.errors import EnvironmentFailure, UserError
from shared.ids import TimeOrderedIds
from shared.schema.catalogue import Category, Product
from shared.schema.sales import CashMovement
from shared.sync.operations import arguments_hash, decode_arguments, encode_arguments
from shared.sync.repair import refused_entry_id
from tests.helpers.server import ServerProcess, join, open_home, running_server

ids = TimeOrderedIds()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("central") / "server") as running:
        yield running


@pytest.fixture
def office(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Device, SyncEngine]]:
    with open_home(join(server, tmp_path_factory.mktemp("office") / "home", kind="office")) as opened:
        opened[1].cycle()
        yield opened


def desk_of(device: Device, role: str = "manager") -> Desk:
    """Somebody at work at a device; what the shop is called plays no part here."""
    person = Person(ids.new(), None, "ada", "Ada N.", role, "", is_active=True)
    named = type("Facts", (), {"identity": identity(device.replica)})()
    return Desk(device.replica, SystemClock(), named, person)


def identity(replica: Replica):
    with replica.read() as connection:
        return identity_of(connection)


def record_cash(replica: Replica, count: int) -> None:
    me = identity(replica)
    with replica.write() as unit:
        for _ in range(count):
            row = {
                "store_id": me.store_id,
                "device_id": me.device_id,
                "shift_id": me.device_id,
                "user_id": me.device_id,
            }
            row |= {"id": unit.ids.new(), "kind": "paid_in", "amount": 100, "reason": "change", "at": unit.clock.now()}
            unit.record("cash_movement", row)


def poison(replica: Replica) -> int:
    """A category that the server cannot take: its parent is no identifier at all. Gives its number."""
    with replica.write() as unit:
        number = unit.create("category", {"id": unit.ids.new(), "name": "Winter"})
        row = outbox.waiting(unit.connection, count_max=1, bytes_max=1, from_number=number)[0]
        values = [None if value == "Winter" else value for value in decode_arguments(row.arguments)["row"][0]]
        broken = encode_arguments({"row": [values, {}]})
        change = text("UPDATE outbox SET arguments = :arguments, hash = :hash WHERE number = :number")
        known = arguments_hash(row.name, row.version, broken)
        unit.connection.execute(change, {"arguments": broken, "hash": known, "number": number})
        return number


def count(replica: Replica, entity: type) -> int:
    with replica.read() as connection:
        return connection.execute(select(func.count()).select_from(entity)).scalar_one()


def entry_of(replica: Replica, number: int):
    with replica.read() as connection:
        refused = outbox.refused_mutation(connection, number)
        return inbox_entry(connection, refused_entry_id(refused.id))


def test_given_one_poisoned_among_a_thousand_then_999_are_applied_pulls_go_on_and_the_one_is_explained_and_repaired(
    server: ServerProcess, office: tuple[Device, SyncEngine]
) -> None:
    device, engine = office
    record_cash(device.replica, 500)
    bad = poison(device.replica)
    record_cash(device.replica, 499)
    with device.replica.write() as unit:
        edited = unit.connection.execute(select(Product.id).limit(1)).scalar_one()
        unit.edit("product", edited, {"brand": "Tidewater"}, edited_by="me")
    report = engine.cycle()
    assert (report.sent, len(report.refused)) == (1_001, 1)
    assert report.is_consistent, "what is new came down although something was refused"
    assert engine.status().refused == 1
    entry = entry_of(device.replica, bad)
    assert (entry.kind, entry.state) == ("refused", "needs_you")
    assert "is not as the protocol says" in entry.reason
    assert count(device.replica, CashMovement) == 999

    edit_and_send(desk_of(device), bad, {"name": "Winter"})
    assert engine.status().refused == 0
    report = engine.cycle()
    assert (report.sent, report.refused) == (1, ())
    entry = entry_of(device.replica, bad)
    assert entry.state == "decided", "the repair names what it repairs, so the entry closed by itself"
    with device.replica.read() as connection:
        assert connection.execute(select(Category.id).where(Category.name == "Winter")).all()
    with pytest.raises(UserError, match="refused_seen_to"):
        send_again(desk_of(device), bad)


def test_given_an_edit_of_what_was_not_there_yet_when_sent_again_then_it_is_laid_on_what_stands_now(
    server: ServerProcess, office: tuple[Device, SyncEngine], tmp_path_factory: pytest.TempPathFactory
) -> None:
    device, engine = office
    with device.replica.write() as unit:
        category = unit.ids.new()
        unit.create("category", {"id": category, "name": "Ciders"})
        made = outbox.waiting(unit.connection, count_max=1, bytes_max=1)[0]
        unit.connection.exec_driver_sql("DELETE FROM outbox WHERE number = ?", (made.number,))
        unit.connection.exec_driver_sql("UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'outbox'")
        number = unit.edit("category", category, {"name": "Ciders and perries"}, edited_by="me")
    assert [result.code for result in engine.cycle().refused] == ["record_unknown"]
    with device.replica.write() as unit:
        unit.create("category", {"id": category, "name": "Cider"})
    send_again(desk_of(device), number)
    assert engine.cycle().refused == ()
    with device.replica.read() as connection:
        assert connection.execute(select(Category.name).where(Category.id == category)).scalar() == "Ciders and perries"
    assert entry_of(device.replica, number).state == "decided"


def test_given_a_refused_change_when_set_aside_then_the_reason_is_in_the_inbox_and_nothing_waits_for_anybody(
    office: tuple[Device, SyncEngine],
) -> None:
    device, engine = office
    bad = poison(device.replica)
    engine.cycle()
    with pytest.raises(UserError, match="not_allowed"):
        set_aside(desk_of(device, "clerk"), bad, "no")
    with pytest.raises(UserError, match="field_empty"):
        set_aside(desk_of(device), bad, "  ")
    set_aside(desk_of(device), bad, "We do not sell that any more")
    assert engine.status().refused == 0
    engine.cycle()
    entry = entry_of(device.replica, bad)
    assert (entry.state, entry.decision["reason"]) == ("decided", "We do not sell that any more")
    assert entry.decided_by.startswith("Ada N.")


def test_given_a_refused_fact_then_it_is_sent_as_it_was_and_never_changed(office: tuple[Device, SyncEngine]) -> None:
    device, _ = office
    before = count(device.replica, CashMovement)
    record_cash(device.replica, 1)
    with device.replica.write() as unit:
        number = unit.connection.exec_driver_sql("SELECT max(number) FROM outbox").scalar_one()
        unit.connection.exec_driver_sql(
            "UPDATE outbox SET state = 'refused', code = 'server_bug', message = 'A bug.' WHERE number = ?", (number,)
        )
    with pytest.raises(UserError, match="fact_fixed"):
        edit_and_send(desk_of(device), number, {"amount": 1})
    send_again(desk_of(device), number)
    with device.replica.read() as connection:
        states = connection.execute(select(Outbox.number, Outbox.state, Outbox.seen_to).order_by(Outbox.number)).all()
    assert [tuple(row)[1:] for row in states[-2:]] == [("refused", "repaired"), ("waiting", "")]
    assert count(device.replica, CashMovement) == before + 1


def test_given_a_revoked_device_then_what_it_never_sent_is_in_quarantine_and_nothing_of_the_shop_is_left_on_it(
    server: ServerProcess, office: tuple[Device, SyncEngine]
) -> None:
    device, engine = office
    me = identity(device.replica)
    record_cash(device.replica, 3)
    with device.replica.write() as unit:
        edited = unit.connection.execute(select(Product.id).limit(1)).scalar_one()
        unit.edit("product", edited, {"brand": "Nobody knows"}, edited_by="me")
    server.run("revoke", str(me.device_id))
    with pytest.raises(EnvironmentFailure) as failure:
        engine.cycle()
    assert failure.value.code == "device_revoked"
    assert "handed in" in failure.value.message
    assert engine.status().last_error_code == "device_revoked"
    assert (engine.status().pending, engine.status().refused) == (0, 0)
    assert (count(device.replica, Product), count(device.replica, CashMovement)) == (0, 0)
    with device.replica.read() as connection:
        rows = connection.execute(select(Outbox.state, Outbox.arguments)).all()
        assert {row.state for row in rows if row.state != "accepted"} == {"quarantined"}
        assert all(row.arguments == b"" for row in rows)
    with pytest.raises(EnvironmentFailure, match="device_revoked"):
        engine.cycle()
    listed = server.run("quarantine", "list")
    assert str(me.device_id) in listed
    assert "cash_movement.record" in listed
    assert server.run("quarantine", "apply", str(me.device_id)) == "4 applied, 0 refused."
