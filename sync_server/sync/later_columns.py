"""What an older program did not know of a document that it gives back to a restored server.

Its offer lacks the columns and collections of later wire schemas. They are not empty: they stay as the server has them,
and where the server lost the whole document, whoever knows them fills them in, by an offer of the same version or by
sending again the mutation that made it.
"""

from __future__ import annotations

import uuid
from dataclasses import replace

from shared.schema import registry
from shared.schema.registry import SCHEMA_AT_LEAST, SCHEMA_VERSION, Aggregate, WireTable
from shared.sync.projection import default_of
from shared.sync.wire import Value
from sync_server.db.context import PushContext
from sync_server.db.sessions import Connection
from sync_server.db.versions import next_version
from sync_server.inbox import service as inbox
from sync_server.sync import document_repository, offer_repository
from sync_server.sync.mutation_decoding import NewAggregate
from sync_server.sync.payload_repository import ReadPayload, RowValues


def is_partial(arguments: NewAggregate) -> bool:
    """Whether the rows are of an older wire schema."""
    return arguments.schema < SCHEMA_VERSION


def version_given_back(arguments: NewAggregate) -> int:
    """The version that an offer stands for. One that lacks columns leaves room for a whole one of the same version."""
    return arguments.version - 1 if is_partial(arguments) else arguments.version


def completed(aggregate: Aggregate, arguments: NewAggregate, standing: ReadPayload) -> NewAggregate:
    """An offer with what its program did not know as it stands here."""
    theirs = registry.at_schema(arguments.schema)[aggregate.entity]
    known = {table.name: table for table in theirs.tables}
    root, children = standing
    owned = {
        table.name: _completed_rows(table, known.get(table.name), arguments.children[table.name], children[table.name])
        for table in aggregate.children
    }
    return replace(arguments, root=_completed_row(aggregate.root, theirs.root, arguments.root, root), children=owned)


def fill_in(
    connection: Connection, context: PushContext, aggregate: Aggregate, standing: ReadPayload, made: NewAggregate
) -> None:
    """Who made a document sends it again: give it what an older program, which gave it back before, did not know.

    Only columns that stand at their default and that nobody has edited; collections came back with nobody's rows but
    the maker's, or were given back whole.
    """
    root_id = uuid.UUID(bytes=made.root[0])
    recovered = offer_repository.recovered_version(connection, aggregate.entity, root_id)
    oldest_known = registry.at_schema(SCHEMA_AT_LEAST).get(aggregate.entity)
    if is_partial(made) or not recovered or oldest_known is None:
        return
    edited = inbox.last_edits(connection, [root_id]).get(root_id, {})
    oldest = oldest_known.root.column_names
    stands = dict(zip(aggregate.root.column_names, standing[0], strict=True))
    values: dict[str, Value] = {
        name: value
        for name, value in zip(aggregate.root.column_names, made.root, strict=True)
        if name not in oldest
        and name not in edited
        and stands[name] != value
        and stands[name] == default_of(aggregate.root.name, name)
    }
    if not values:
        return
    past = offer_repository.past(connection, aggregate.entity, root_id, 0)
    document_repository.update_row(connection, aggregate.root, made.root[0], values)
    if past.version == recovered:
        offer_repository.remember(
            connection,
            aggregate.entity,
            root_id,
            offered=past.recovered,
            version=next_version(connection, aggregate.entity, root_id),
            device_id=context.device_id,
            now=context.now,
        )


def _completed_rows(
    ours: WireTable, theirs: WireTable | None, offered: list[RowValues], standing: list[RowValues]
) -> list[RowValues]:
    if theirs is None:
        return [*standing]
    by_id = {row[0]: row for row in standing}
    return [_completed_row(ours, theirs, row, by_id.get(row[0], row)) for row in offered]


def _completed_row(ours: WireTable, theirs: WireTable, offered: RowValues, standing: RowValues) -> RowValues:
    known = set(theirs.column_names)
    return tuple(
        mine if name in known else stands
        for name, mine, stands in zip(ours.column_names, offered, standing, strict=True)
    )
