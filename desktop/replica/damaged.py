"""Mutations that were damaged where they wait: found before they are sent, so that none holds up the queue.

A mutation's hash was taken when it was written. Where it no longer fits, what happened is written again from the rows
it made, as long as that is provably the same; otherwise the mutation keeps its number and goes to the server as one
that is refused, which puts it before a person with everything that is left of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from desktop.replica.outbox import DAMAGED
from desktop.replica.rows import aggregate_of, read_payload
from shared.schema.registry import AGGREGATES
from shared.sync.operations import MUTATION_NAMES, MUTATION_VERSION, Verb, arguments_hash, encode_arguments
from shared.sync.wire import SentMutation

DAMAGED_WORDS = (
    "This change was damaged on its device before it was sent. Look at what it was about, do it again if it is "
    "missing, and set this aside."
)


def is_intact(sent: SentMutation) -> bool:
    """Whether a mutation is what was written."""
    return arguments_hash(sent.name, sent.version, sent.arguments) == sent.hash


def mend(connection: Connection, damaged: Sequence[SentMutation]) -> int:
    """Write waiting mutations again from the rows they made, or mark them to be refused; gives how many were marked."""
    marked = 0
    for sent in damaged:
        again = _written_again(connection, sent)
        if again is None:
            _mark(connection, sent)
            marked += 1
        else:
            _put(connection, sent.number, again, arguments_hash(sent.name, MUTATION_VERSION, again))
    return marked


def _written_again(connection: Connection, sent: SentMutation) -> bytes | None:
    """The arguments that a mutation must have had; None where nobody can say.

    What happened never changes, so that the bytes must be those that were hashed. What was made may have been edited
    here since: then it is made as it stands now.
    """
    entity, entity_id = connection.exec_driver_sql(
        "SELECT entity, entity_id FROM outbox WHERE number = ?", (sent.number,)
    ).one()
    verb = sent.name.removeprefix(f"{entity}.")
    is_whole = verb in (Verb.RECORD, Verb.CREATE) and sent.version == MUTATION_VERSION
    if not is_whole or sent.name not in MUTATION_NAMES or entity not in AGGREGATES:
        return None
    payload = read_payload(connection, aggregate_of(entity), entity_id)
    if payload is None:
        return None
    encoded = encode_arguments({"row": payload})
    is_proven = arguments_hash(sent.name, MUTATION_VERSION, encoded) == sent.hash
    return encoded if is_proven or verb == Verb.CREATE else None


def _mark(connection: Connection, sent: SentMutation) -> None:
    _put(connection, sent.number, sent.arguments, arguments_hash(sent.name, sent.version, sent.arguments))
    connection.exec_driver_sql(
        "UPDATE outbox SET code = ?, message = ? WHERE number = ?", (DAMAGED, DAMAGED_WORDS, sent.number)
    )


def _put(connection: Connection, number: int, arguments: bytes, digest: bytes) -> None:
    connection.exec_driver_sql(
        "UPDATE outbox SET arguments = ?, hash = ? WHERE number = ? AND state = 'waiting'", (arguments, digest, number)
    )
