"""Giving back what this device holds and a restored server lost, before anything of it is swept.

At the consistent point after scopes were filled anew, what belonged to them and did not come again is lost on the
server, or was taken away there. Facts are never taken away: they are offered. Documents are offered where their version
is of an older epoch. Everything goes through the outbox, in the transaction that would have erased it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from desktop.replica import cursors, outbox, overlay, pulled
from desktop.replica.held_back import (
    drop_held_back,
    is_offered,
    never_changes,
    next_held_back,
    server_payloads,
)
from desktop.replica.identity import identity_of
from desktop.replica.rows import aggregate_of
from desktop.replica.unit_of_work import UnitOfWork
from shared.clock import MICROSECONDS_PER_SECOND
from shared.schema.registry import SCHEMA_AT_LEAST, Aggregate, at_schema
from shared.sync.operations import REMOVABLE, Verb
from shared.sync.projection import narrowed, widened
from shared.sync.version import epoch_of
from shared.sync.wire import Payload

Member = tuple[str, bytes, int]
"""(entity, id, version)."""

OFFERED_AT_ONCE = 50
REMOVALS_TOLD_US = 59 * 24 * 3600 * MICROSECONDS_PER_SECOND
"""The server tells for 60 days what was removed; a day less, for clocks that are not quite right."""
READ_AT_ONCE = 200


def next_members(connection: Connection, cursor: cursors.ScopeCursor, after: Member) -> list[Member]:
    """The next members of a scope that was set aside, after one of them, in the order of entity and id."""
    rows = connection.exec_driver_sql(
        "SELECT entity, id, version FROM membership "
        "WHERE (entity, id) > (?, ?) AND scope_number = ? ORDER BY entity, id LIMIT ?",
        (after[0], after[1], cursor.number, READ_AT_ONCE),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def give_back(
    unit: UnitOfWork, cursor: cursors.ScopeCursor, members: Sequence[Member], *, epoch: int, settled: int
) -> dict[str, list[bytes]]:
    """Take members out of a scope that was set aside, offering those that the server lost; gives what was erased.

    Args:
        unit: the transaction.
        cursor: the scope that was set aside.
        members: some of its members.
        epoch: the server's history from now on.
        settled: own mutations (outbox numbers) up to it are settled at the consistent point being reached.
    """
    erased: dict[str, list[bytes]] = {}
    for entity in sorted({member[0] for member in members}):
        versions = {member[1]: member[2] for member in members if member[0] == entity}
        for entity_id in _taken_out(unit, aggregate_of(entity), versions, cursor, epoch=epoch, settled=settled):
            erased.setdefault(entity, []).append(entity_id)
    return erased


def offer_held_back(unit: UnitOfWork) -> int:
    """Offer some of the documents that the server has overwritten; gives how many."""
    found = next_held_back(unit.connection, OFFERED_AT_ONCE)
    for each in found:
        offer(unit, aggregate_of(each.entity), each.payload, each.version)
        drop_held_back(unit.connection, each.entity, each.id, each.version)
    return len(found)


def offer(unit: UnitOfWork, aggregate: Aggregate, payload: Payload, version: int) -> None:
    """Put an offer into the outbox; what is shown is the caller's affair.

    After an upgrade of the program, until what it has learnt of has come, only what the former one knew is offered.
    """
    entity_id = payload[0][0]
    assert isinstance(entity_id, bytes)
    filled = max(identity_of(unit.connection).schema_filled, SCHEMA_AT_LEAST)
    if aggregate.entity in at_schema(filled):
        payload = narrowed(aggregate.entity, widened(aggregate.entity, payload), filled)
    outbox.append(
        unit.connection,
        mutation_id=unit.ids.new(),
        entity=aggregate.entity,
        verb=Verb.OFFER,
        entity_id=entity_id,
        arguments={"row": payload, "version": version},
        made_at=unit.clock.now(),
    )
    unit.mutations_made += 1


def _taken_out(
    unit: UnitOfWork,
    aggregate: Aggregate,
    versions: dict[bytes, int],
    cursor: cursors.ScopeCursor,
    *,
    epoch: int,
    settled: int,
) -> list[bytes]:
    connection, entity = unit.connection, aggregate.entity
    gone = cursors.drop_members(connection, entity, list(versions), cursor.number)
    if not is_offered(aggregate):
        return pulled.erase(connection, entity, gone, settled)
    if entity in REMOVABLE and _was_long_away(unit):
        return pulled.erase(connection, entity, gone, settled)
    is_fact = never_changes(aggregate)
    doubtful = [each for each in gone if is_fact or epoch_of(versions[each]) < epoch]
    on_their_way = _sent_anyway(connection, entity, doubtful, settled)
    payloads = server_payloads(connection, entity, doubtful)
    for entity_id in doubtful:
        if entity_id not in on_their_way and entity_id in payloads:
            offer(unit, aggregate, payloads[entity_id], versions[entity_id])
            # The server has none of it; what is shown until its answer is known is what is offered.
            overlay.set_base(connection, entity, entity_id, 0, None)
    own_facts = on_their_way if is_fact else frozenset[bytes]()
    return pulled.erase(connection, entity, [each for each in gone if each not in own_facts], settled)


def _was_long_away(unit: UnitOfWork) -> bool:
    """Whether this device was last in step before the server forgot what had been removed.

    What may be removed and did not come again was then rather removed than lost: any backup that is younger holds it.
    """
    me = identity_of(unit.connection)
    return me.consistent_at is None or unit.clock.now() + me.clock_offset_us - me.consistent_at > REMOVALS_TOLD_US


def _sent_anyway(connection: Connection, entity: str, ids: Iterable[bytes], settled: int) -> set[bytes]:
    """Those that this device made itself and whose making waits, or was refused: they are not offered besides."""
    wanted = list(ids)
    marks = ",".join("?" * len(wanted))
    rows = connection.exec_driver_sql(
        f"SELECT entity_id FROM outbox WHERE entity = ? AND entity_id IN ({marks}) "
        "AND (number > ? OR state = 'refused') AND name IN (?, ?, ?)",
        (entity, *wanted, settled, *(f"{entity}.{verb}" for verb in (Verb.RECORD, Verb.CREATE, Verb.OFFER))),
    )
    return {row[0] for row in rows}
