"""A device that was revoked: it hands in what it never sent, and keeps nothing of the shop.

What every scope brought goes at once. What was made here and never sent stays until the server has it in its
quarantine; then that goes too. Each step may break off: the next cycle hears the same and goes on.
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


def _hand_in(replica: Replica, server: SyncServer) -> int:
    """Give everything that waits to the server's quarantine; gives how many mutations it keeps from this device."""
    while True:
        batch = next_intact(replica, count_max=PUSH_MAX_MUTATIONS, bytes_max=PUSH_MAX_BYTES)
        with replica.read() as connection:
            me = identity.identity_of(connection)
            if not batch:
                return outbox.quarantined_count(connection)
        answer = server.quarantine(
            PushRequest(
                schema=SCHEMA_VERSION,
                incarnation=me.incarnation.bytes,
                device_time=replica.clock.now(),
                mutations=[_without_effect(sent) for sent in numbered_for_wire(batch, me)],
            )
        )
        if answer.last_number != batch[-1].number - me.outbox_base:
            raise EnvironmentFailure(
                "server_failed", "The server did not keep all that was handed in. It will be again."
            )
        with replica.write(is_background=True) as unit:
            outbox.note_handed_in(unit.connection, batch[-1].number, unit.clock.now())


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
