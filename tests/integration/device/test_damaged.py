"""A mutation that is damaged where it waits holds up nothing: it is written again where that is provable, else explained.

Device and server are the real ones, over real HTTP.
"""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from desktop.replica import outbox
from desktop.replica.engine import Replica
from desktop.replica.queries.inbox_list import inbox_entry
from desktop.sync.engine import SyncEngine
from desktop.usecases.refused_fields import refused_fields
from desktop.usecases.repair_refused import send_again, set_aside
from desktop.usecases.start import Device
from shared.errors import EnvironmentFailure, UserError
from shared.schema.catalogue import Category
from shared.sync.repair import refused_entry_id
from tests.helpers.server import ServerProcess
from tests.integration.device.test_refused_and_revoked import desk_of, identity, office, record_cash, server

__all__ = ["office", "server"]


def damage(replica: Replica, which: str, name: str) -> int:
    """Spoil a column of the newest waiting mutation of this name; gives its number."""
    with replica.write() as unit:
        found = text("SELECT max(number) FROM outbox WHERE state = 'waiting' AND name = :name")
        number = unit.connection.execute(found, {"name": name}).scalar_one()
        spoilt = {
            "arguments": "arguments = CAST(x'ff00' || substr(arguments, 3) AS BLOB)",
            "hash": "hash = zeroblob(32)",
            "name": "name = name || 'x'",
        }[which]
        unit.connection.execute(text(f"UPDATE outbox SET {spoilt} WHERE number = :number"), {"number": number})
    return int(number)


def rename(replica: Replica, name: str) -> None:
    with replica.write() as unit:
        category = unit.connection.execute(select(Category.id).limit(1)).scalar_one()
        unit.edit("category", category, {"name": name}, edited_by="me")


def note(replica: Replica) -> str:
    with replica.read() as connection:
        query = text("SELECT text FROM sync_event WHERE kind = 'note' ORDER BY id DESC LIMIT 1")
        return str(connection.execute(query).scalar_one())


@pytest.mark.parametrize("which", ["arguments"])
@pytest.mark.parametrize("verb", ["record", "create"])
def test_given_the_damaged_making_of_something_when_sent_then_it_is_written_again_from_the_rows(
    office: tuple[Device, SyncEngine], which: str, verb: str
) -> None:
    device, engine = office
    record_cash(device.replica, 1)
    with device.replica.write() as unit:
        unit.create("category", {"id": unit.ids.new(), "name": "Lamps"})
    damage(device.replica, which, "cash_movement.record" if verb == "record" else "category.create")
    report = engine.cycle()
    assert (report.refused, engine.status().pending) == ((), 0)
    assert "written again from what they did" in note(device.replica)


@pytest.mark.parametrize("which", ["arguments", "hash", "name"])
def test_given_a_damaged_edit_among_others_when_sent_then_only_it_is_refused_explained_and_set_aside(
    office: tuple[Device, SyncEngine], which: str
) -> None:
    device, engine = office
    record_cash(device.replica, 2)
    rename(device.replica, "Spoilt name")
    bad = damage(device.replica, which, "category.edit")
    record_cash(device.replica, 2)
    report = engine.cycle()
    assert [result.code for result in report.refused] == ["mutation_damaged"]
    assert (report.sent, engine.status().pending, engine.status().refused) == (5, 0, 1)
    assert report.is_consistent, "the pull went on, although an edit that is laid over rows cannot be read"
    assert "somebody has to look at them" in note(device.replica)
    with device.replica.read() as connection:
        refused = outbox.refused_mutation(connection, bad)
        entry = inbox_entry(connection, refused_entry_id(refused.id))
    assert (entry.kind, entry.state) == ("refused", "needs_you")
    assert "damaged on its device" in entry.reason
    assert refused_fields(desk_of(device), bad) == ()
    with pytest.raises(UserError, match="refused_damaged"):
        send_again(desk_of(device), bad)
    set_aside(desk_of(device), bad, "Done again by hand")
    engine.cycle()
    assert (engine.status().pending, engine.status().refused) == (0, 0)


def test_given_a_damaged_fact_that_nobody_can_prove_when_sent_then_it_is_refused_and_the_fact_here_stays(
    office: tuple[Device, SyncEngine],
) -> None:
    device, engine = office
    record_cash(device.replica, 1)
    damage(device.replica, "hash", "cash_movement.record")
    assert [result.code for result in engine.cycle().refused] == ["mutation_damaged"]


def test_given_a_revoked_device_with_a_damaged_edit_when_its_quarantine_is_applied_then_that_one_has_no_effect(
    server: ServerProcess, office: tuple[Device, SyncEngine]
) -> None:
    device, engine = office
    rename(device.replica, "Must not stand")
    damage(device.replica, "hash", "category.edit")
    record_cash(device.replica, 1)
    me = identity(device.replica)
    server.run("revoke", str(me.device_id))
    with pytest.raises(EnvironmentFailure, match="device_revoked"):
        engine.cycle()
    assert server.run("quarantine", "apply", str(me.device_id)).startswith("1 applied, 1 refused.")
