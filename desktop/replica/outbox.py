"""The outbox: what this device did, in order, from the transaction that did it until the server has answered.

Mutations are written with the business rows in one transaction. Accepted ones are kept for some days, so that they can
be sent again to a server that was restored from a backup.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from shared.clock import MICROSECONDS_PER_SECOND
from shared.errors import UserError
from shared.limits import AGGREGATE_MAX_BYTES
from shared.sync.operations import MUTATION_VERSION, Verb, arguments_hash, encode_arguments, mutation_name
from shared.sync.wire import MutationResult, SentMutation

ACCEPTED_KEPT_US = 14 * 24 * 3600 * MICROSECONDS_PER_SECOND
"""How long accepted mutations are kept after their answer."""

REFUSED = "refused"
QUARANTINED = "quarantined"
_CAN_WAIT_AGAIN = "state IN ('accepted', 'refused') AND length(arguments) > 0"
DAMAGED = "mutation_damaged"
"""The code of a mutation that is not what was written; see ``damaged``."""


class SeenTo(StrEnum):
    """What somebody did about a refused mutation."""

    NOTHING = ""
    REPAIRED = "repaired"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True)
class RefusedMutation:
    """A mutation the server refused, with why; ``seen_to`` says what was done about it."""

    number: int
    id: uuid.UUID
    name: str
    arguments: bytes
    entity: str
    entity_id: uuid.UUID
    code: str
    message: str
    seen_to: SeenTo

    @property
    def is_damaged(self) -> bool:
        """Its arguments are not what was written, and may not even be readable."""
        return self.code == DAMAGED

    @property
    def verb(self) -> Verb:
        """What it was to do to its aggregate."""
        return Verb(self.name.rpartition(".")[2])


@dataclass(frozen=True, slots=True)
class PendingMutation:
    """One mutation whose outcome this device has not yet applied."""

    number: int
    name: str
    arguments: bytes

    @property
    def verb(self) -> Verb:
        """What it does to its aggregate."""
        return Verb(self.name.rpartition(".")[2])


def append(
    connection: Connection,
    *,
    mutation_id: uuid.UUID,
    entity: str,
    verb: Verb,
    entity_id: bytes,
    arguments: dict[str, object],
    made_at: int,
) -> int:
    """Add one mutation and give its number.

    Raises:
        UserError: ``aggregate_too_large`` beyond 256 KiB.
    """
    name = mutation_name(entity, verb)
    encoded = encode_arguments(arguments)
    if len(encoded) > AGGREGATE_MAX_BYTES:
        raise UserError("aggregate_too_large", "This is too large to be sent in one piece. Split it up.", entity=entity)
    cursor = connection.exec_driver_sql(
        "INSERT INTO outbox "
        "(id, name, version, arguments, hash, made_at, entity, entity_id, state, code, message, seen_to) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', '', '', '')",
        (
            mutation_id.bytes,
            name,
            MUTATION_VERSION,
            encoded,
            arguments_hash(name, MUTATION_VERSION, encoded),
            made_at,
            entity,
            entity_id,
        ),
    )
    number = cursor.lastrowid
    assert number
    return number


def waiting(connection: Connection, *, count_max: int, bytes_max: int, from_number: int = 1) -> list[SentMutation]:
    """The next mutations to send: consecutive, in order, within both bounds (at least one when any waits).

    One that was refused before, or that was damaged here, says so: it goes along for its number's sake.
    """
    rows = connection.exec_driver_sql(
        "SELECT number, id, name, version, arguments, hash, made_at, code, message FROM outbox "
        "WHERE state = 'waiting' AND number >= ? ORDER BY number LIMIT ?",
        (from_number, count_max),
    )
    batch: list[SentMutation] = []
    size = 0
    for row in rows:
        mutation = SentMutation(*row)
        size += len(mutation.arguments) + 120
        if batch and (size > bytes_max or mutation.number != batch[-1].number + 1):
            break
        batch.append(mutation)
    return batch


def settle_answers(
    connection: Connection, *, last_number: int, results: Sequence[MutationResult], answered_at: int
) -> list[MutationResult]:
    """Note what the server said of each mutation; gives those it refuses that were not known to be refused.

    Everything up to ``last_number`` was received for good; only what a result calls ``refused`` was not applied.
    """
    refused = _note_refusals(connection, results, answered_at, "waiting")
    connection.exec_driver_sql(
        "UPDATE outbox SET state = 'accepted', answered_at = ? WHERE state = 'waiting' AND number <= ?",
        (answered_at, last_number),
    )
    return refused


def note_later_refusals(connection: Connection, results: Sequence[MutationResult], answered_at: int) -> None:
    """Keep answered mutations that the server counts as refused as such.

    What waits is passed over: its answer is still to come, and what stands there under its number may be a copy's.
    """
    _note_refusals(connection, results, answered_at, "accepted")


def _note_refusals(
    connection: Connection, results: Sequence[MutationResult], answered_at: int, state: str
) -> list[MutationResult]:
    """Keep refused mutations as such, of those in ``state``; gives which they were."""
    fresh = []
    for result in results:
        if result.status == REFUSED:
            changed = connection.exec_driver_sql(
                "UPDATE outbox SET state = 'refused', code = ?, message = ?, answered_at = ? "
                "WHERE number = ? AND state = ?",
                (result.code, result.message, answered_at, result.number, state),
            )
            if changed.rowcount:
                fresh.append(result)
    return fresh


def send_again_from(connection: Connection, number: int) -> int:
    """Put answered mutations from ``number`` on back in the queue (the server lost them); gives how many.

    What was refused keeps the reason: it stays refused (``resending.refused_before``).
    """
    return connection.exec_driver_sql(
        "UPDATE outbox SET state = 'waiting', answered_at = NULL WHERE number >= ? AND state <> 'waiting'",
        (number,),
    ).rowcount


def is_answered_beyond(connection: Connection, number: int) -> bool:
    """Whether anything above ``number`` was answered once."""
    sql = "SELECT 1 FROM outbox WHERE number > ? AND state IN ('accepted', 'refused') LIMIT 1"
    return connection.exec_driver_sql(sql, (number,)).first() is not None


def first_waiting(connection: Connection) -> int:
    """The lowest number that waits; the next to be given where none does."""
    found = connection.exec_driver_sql("SELECT min(number) FROM outbox WHERE state = 'waiting'").scalar()
    return last_number(connection) + 1 if found is None else int(found)


def pending_count(connection: Connection) -> int:
    """How many mutations wait to be sent."""
    return int(connection.exec_driver_sql("SELECT count(*) FROM outbox WHERE state = 'waiting'").scalar_one())


def refused_count(connection: Connection) -> int:
    """How many mutations the server refused and nobody has seen to."""
    sql = "SELECT count(*) FROM outbox WHERE state = 'refused' AND seen_to = ''"
    return int(connection.exec_driver_sql(sql).scalar_one())


def quarantined_count(connection: Connection) -> int:
    """How many mutations were handed in after this device was revoked."""
    return int(connection.exec_driver_sql("SELECT count(*) FROM outbox WHERE state = 'quarantined'").scalar_one())


def refused_mutation(connection: Connection, number: int) -> RefusedMutation:
    """One mutation that was refused.

    Raises:
        UserError: ``refused_unknown``.
    """
    row = connection.exec_driver_sql(
        "SELECT number, id, name, arguments, entity, entity_id, code, message, seen_to FROM outbox "
        "WHERE number = ? AND state = 'refused'",
        (number,),
    ).first()
    if row is None:
        raise UserError(
            "refused_unknown", "That change is not among those that were refused. Look again.", number=number
        )
    mutation_id, entity_id = uuid.UUID(bytes=row[1]), uuid.UUID(bytes=row[5])
    return RefusedMutation(row[0], mutation_id, row[2], row[3], row[4], entity_id, row[6], row[7], SeenTo(row[8]))


def see_to(connection: Connection, number: int, how: SeenTo) -> None:
    """Note what somebody did about a refused mutation."""
    connection.exec_driver_sql("UPDATE outbox SET seen_to = ? WHERE number = ?", (how.value, number))


def answered_span(connection: Connection) -> tuple[int, int]:
    """The lowest and the highest number that was answered and can still be sent again; zeros where there is none."""
    sql = f"SELECT min(number), max(number) FROM outbox WHERE {_CAN_WAIT_AGAIN}"
    lowest, highest = connection.exec_driver_sql(sql).one()
    return int(lowest or 0), int(highest or 0)


def let_wait_again(connection: Connection, number: int) -> int:
    """Put answered mutations from ``number`` on back, to be handed in; what was handed in stays so. Gives how many."""
    sql = f"UPDATE outbox SET state = 'waiting', answered_at = NULL WHERE number >= ? AND {_CAN_WAIT_AGAIN}"
    return connection.exec_driver_sql(sql, (number,)).rowcount


def note_handed_in(
    connection: Connection, last_number: int, answered_at: int, *, had_before: Sequence[int] = ()
) -> None:
    """The server keeps what waited up to ``last_number`` in its quarantine, but for what it had before."""
    for number in had_before:
        connection.exec_driver_sql(
            "UPDATE outbox SET state = 'accepted', answered_at = ? WHERE state = 'waiting' AND number = ?",
            (answered_at, number),
        )
    connection.exec_driver_sql(
        "UPDATE outbox SET state = 'quarantined', answered_at = ? WHERE state = 'waiting' AND number <= ?",
        (answered_at, last_number),
    )


def forget_contents(connection: Connection) -> None:
    """Empty what no longer waits of everything that tells of the shop; numbers and names stay."""
    connection.exec_driver_sql("UPDATE outbox SET arguments = x'' WHERE state <> 'waiting'")


def last_number(connection: Connection) -> int:
    """The highest number given so far in this incarnation, 0 before the first."""
    found = connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").scalar()
    return int(found or 0)


def unsettled_of(connection: Connection, entity: str, entity_id: bytes, settled_number: int) -> list[PendingMutation]:
    """The mutations of one aggregate above ``settled_number``, in order; damaged ones are left out."""
    rows = connection.exec_driver_sql(
        "SELECT number, name, arguments, version, hash FROM outbox "
        "WHERE entity = ? AND entity_id = ? AND number > ? AND code <> ? ORDER BY number",
        (entity, entity_id, settled_number, DAMAGED),
    )
    return [
        PendingMutation(number, name, arguments)
        for number, name, arguments, version, digest in rows
        if arguments_hash(name, version, arguments) == digest
    ]


def drop_old(connection: Connection, now: int) -> int:
    """Forget mutations that were accepted long ago; gives how many."""
    return connection.exec_driver_sql(
        "DELETE FROM outbox WHERE state = 'accepted' AND answered_at < ? "
        "AND number <= (SELECT settled_number FROM identity)",
        (now - ACCEPTED_KEPT_US,),
    ).rowcount
