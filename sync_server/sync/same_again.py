"""Whether what comes under a known id is the same again, or something else that must not vanish without a word.

A device that does not know that it was answered sends the same again, perhaps long after others have changed what it
made. Two different things under one id come of a defect or of a copied program: the second is refused, which keeps
everything it carried in the inbox.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from shared.schema.base import Policy
from shared.schema.registry import Aggregate, WireTable
from shared.sync.version import EPOCH_SHIFT
from sync_server.db.sessions import Connection
from sync_server.inbox import service as inbox
from sync_server.sync import offer_repository
from sync_server.sync.mutation_decoding import NewAggregate
from sync_server.sync.payload_repository import ReadPayload

_NOT_THE_SENDERS = frozenset({Policy.DERIVED, Policy.SERVER, Policy.ARCHIVE_WINS})
"""What the server works out, or may set at once, as it puts a price whose slot is taken under review."""
_NAMED_BY_CONTENT = frozenset({"customer_alias"})
"""Their identifier is made of what never changes: two who make one mean the same, and say the rest by an edit."""
_WITHIN_EPOCH = (1 << EPOCH_SHIFT) - 1


def is_same_again(connection: Connection, aggregate: Aggregate, standing: ReadPayload, arguments: NewAggregate) -> bool:
    """Whether an aggregate that is to be made is the one that stands.

    What never changes must agree. What may change may have been changed since; where nobody has, it must agree too.
    """
    root, children = standing
    is_fixed = [column.policy is Policy.FIXED for column in aggregate.root.columns]
    if _chosen(root, is_fixed) != _chosen(arguments.root, is_fixed):
        return False
    if all(is_fixed):
        return children == arguments.children
    if aggregate.entity in _NAMED_BY_CONTENT:
        return True
    return _holds_the_same(aggregate, standing, arguments) or _was_changed(connection, aggregate, standing)


def _holds_the_same(aggregate: Aggregate, standing: ReadPayload, arguments: NewAggregate) -> bool:
    root, children = standing
    return _sent(aggregate.root, [root]) == _sent(aggregate.root, [arguments.root]) and all(
        _sent(table, children[table.name]) == _sent(table, arguments.children[table.name])
        for table in aggregate.children
    )


def _sent(table: WireTable, rows: Iterable[Iterable[object]]) -> list[list[object]]:
    """What of some rows is their sender's to say."""
    is_chosen = [column.policy not in _NOT_THE_SENDERS for column in table.columns]
    return [_chosen(row, is_chosen) for row in rows]


def _was_changed(connection: Connection, aggregate: Aggregate, standing: ReadPayload) -> bool:
    """Whether anything has touched an aggregate since the transaction that made it."""
    root, children = standing
    rows = [uuid.UUID(bytes=row[0]) for row in (root, *(row for owned in children.values() for row in owned))]
    past = offer_repository.past(connection, aggregate.entity, rows[0], 0)
    is_first = past.version & _WITHIN_EPOCH <= 1
    is_recovered = offer_repository.recovered_version(connection, aggregate.entity, rows[0]) > 0
    return not is_first or is_recovered or bool(inbox.last_edits(connection, rows))


def _chosen(row: Iterable[object], is_chosen: Iterable[bool]) -> list[object]:
    return [value for value, chosen in zip(row, is_chosen, strict=True) if chosen]
