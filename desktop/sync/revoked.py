"""A device that was revoked: it hands in what it never sent, and keeps nothing of the shop.

What every scope brought goes at once. What was made here and the server does not have, because it was never sent or a
restore lost it, stays until the server has it in its quarantine; then that goes too. Each step may break off: the next
cycle hears the same and goes on.
"""

from __future__ import annotations

from msgspec import structs

from desktop.replica import cursors, identity, outbox, pulled
from desktop.replica.engine import Replica
from desktop.replica.erasure import erase_everything
from desktop.replica.unit_of_work import UnitOfWork
from desktop.sync.push_lane import PUSH_MAX_BYTES, PUSH_MAX_MUTATIONS, next_intact, numbered_for_wire
from desktop.sync.server_port import SyncServer
from shared.errors import EnvironmentFailure
from shared.schema.registry import SCHEMA_VERSION
from shared.sync.operations import arguments_hash
from shared.sync.wire import PushRequest, SentMutation

REVOKED = "device_revoked"


def leave(replica: Replica, server: SyncServer) -> EnvironmentFailure:
    """Erase the shop, hand in what waits, then erase that; gives what to tell whoever stands before the device.

    Raises:
        EnvironmentFailure: the server could not take it now; what it has not taken is still here.
    """
    _erase_scopes(replica)
    _take_back_lost(replica, server)
    handed_in = _hand_in(replica, server)
    with replica.write(is_background=True) as unit:
        erase_everything(unit.connection)
        _begin_anew(unit)
    waiting = "Nothing of it was unsent." if not handed_in else f"What was unsent ({handed_in:,}) was handed in."
    return EnvironmentFailure(
        REVOKED,
        f"This device may no longer sync, and the shop was erased from it. {waiting} Ask your manager.",
        handed_in=handed_in,
    )


def _erase_scopes(replica: Replica) -> None:
    """Take away what came from the server, scope by scope; rows with edits of this device keep those."""
    with replica.read() as connection:
        settled = identity.identity_of(connection).settled_number
        held = [*cursors.cursors(connection).values(), *cursors.cursors_set_aside(connection)]
    for cursor in held:
        with replica.write(is_background=True) as unit:
            pulled.erase_scope(unit.connection, cursor, settled)
    if held:
        with replica.write(is_background=True) as unit:
            identity.change_identity(unit.connection, epoch=0, consistent_at=None)


def _take_back_lost(replica: Replica, server: SyncServer) -> None:
    """Let wait again what the server had answered and does not know any more: a restore lost it.

    It is asked how far it knows this life. Where it knows less than it once answered, or where only earlier lives are
    kept, these are handed in too, under the count of a new life: it knows by their identifiers what it has of them.
    """
    with replica.read() as connection:
        me = identity.identity_of(connection)
        lowest, highest = outbox.answered_span(connection)
    if not highest:
        return
    known = me.outbox_base + server.quarantine(_request(replica, me, [])).last_number
    if known >= highest > me.outbox_base:
        return
    with replica.write(is_background=True) as unit:
        if lowest <= me.outbox_base:
            identity.change_identity(
                unit.connection, incarnation=unit.ids.new(), outbox_base=lowest - 1, succession=b"", successor=b""
            )
        outbox.let_wait_again(unit.connection, lowest if lowest <= me.outbox_base else known + 1)


def _request(replica: Replica, me: identity.DeviceIdentity, mutations: list[SentMutation]) -> PushRequest:
    return PushRequest(
        schema=SCHEMA_VERSION,
        incarnation=me.incarnation.bytes,
        device_time=replica.clock.now(),
        mutations=mutations,
    )


def _hand_in(replica: Replica, server: SyncServer) -> int:
    """Give everything that waits to the server's quarantine; gives how many mutations it keeps from this device."""
    while True:
        batch = next_intact(replica, count_max=PUSH_MAX_MUTATIONS, bytes_max=PUSH_MAX_BYTES)
        with replica.read() as connection:
            me = identity.identity_of(connection)
            if not batch:
                return outbox.quarantined_count(connection)
        sent = [_without_effect(each) for each in numbered_for_wire(batch, me)]
        answer = server.quarantine(_request(replica, me, sent))
        if answer.last_number != batch[-1].number - me.outbox_base:
            raise EnvironmentFailure(
                "server_failed", "The server did not keep all that was handed in. It will be again."
            )
        with replica.write(is_background=True) as unit:
            had_before = [me.outbox_base + each.number for each in answer.results if each.status == "repeated"]
            outbox.note_handed_in(unit.connection, batch[-1].number, unit.clock.now(), had_before=had_before)


def _without_effect(sent: SentMutation) -> SentMutation:
    """What is refused stays so when the quarantine is applied: it goes under a name that no server takes."""
    if not sent.refused:
        return sent
    name = f"{sent.refused}.{sent.name}"
    return structs.replace(sent, name=name, hash=arguments_hash(name, sent.version, sent.arguments))


def _begin_anew(unit: UnitOfWork) -> None:
    """What is in quarantine never gets its numbers: should the device ever be let in again, it counts from 1."""
    if outbox.last_number(unit.connection) > identity.identity_of(unit.connection).outbox_base:
        identity.start_new_incarnation(unit.connection, unit.ids.new(), outbox.first_waiting(unit.connection))
