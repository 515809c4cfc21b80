"""One intention, one transaction: business rows and the mutation that tells the server, together or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from sqlalchemy import Connection

from desktop.replica import outbox, overlay
from desktop.replica.changes import Changes
from desktop.replica.edit_clock import edit_time
from desktop.replica.outbox import RefusedMutation, SeenTo
from desktop.replica.rows import (
    aggregate_of,
    column_of,
    erase_payloads,
    insert_payload,
    read_payload,
    wire_payload,
    wire_row,
    wire_value,
    write_payload,
)
from desktop.replica.search import index_changed
from shared.clock import Clock
from shared.errors import BugError, UserError
from shared.ids import IdMaker
from shared.limits import AGGREGATE_MAX_CHILDREN
from shared.schema.registry import AGGREGATES, Aggregate, WireTable
from shared.sync.operations import Verb, decode_arguments
from shared.sync.projection import widened
from shared.sync.repair import REPAIRS
from shared.sync.wire import Payload, Value, Values

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ChildEdit:
    """What an edit does to one owned row: change fields of it, add it (``row``), or take it away."""

    table: str
    id: uuid.UUID
    changes: Row = field(default_factory=dict)
    row: Row | None = None
    is_removed: bool = False


class UnitOfWork:
    """A transaction on the replica, given by ``Replica.write``; it commits when the block ends well.

    Rows are mappings of Python values as the mapped classes of ``shared.schema`` have them; fields left out take the
    class's default. Every method that makes a mutation gives its outbox number.

    Attributes:
        connection: for reads inside the transaction and for the device's own tables.
        clock: the device's clock.
        ids: makes identifiers.
    """

    def __init__(self, connection: Connection, clock: Clock, ids: IdMaker) -> None:
        self.connection = connection
        self.clock = clock
        self.ids = ids
        self.mutations_made = 0
        self._changed: dict[str, set[uuid.UUID]] = {}

    def record(self, entity: str, row: Row, children: Mapping[str, Sequence[Row]] | None = None) -> int:
        """Write a fact and its ``record`` mutation."""
        return self._add(entity, Verb.RECORD, row, children or {})

    def create(self, entity: str, row: Row, children: Mapping[str, Sequence[Row]] | None = None) -> int:
        """Write a new document and its ``create`` mutation."""
        return self._add(entity, Verb.CREATE, row, children or {})

    def edit(
        self,
        entity: str,
        entity_id: uuid.UUID,
        changes: Row,
        *,
        edited_by: str,
        children: Iterable[ChildEdit] = (),
    ) -> int | None:
        """Change fields of a document and of rows it owns; None when nothing would change.

        ``edited_by`` is who and where in words. The values seen here become the edit's base.

        Raises:
            UserError: ``record_unknown`` when this device does not have it.
        """
        aggregate, payload = self._standing(entity, entity_id)
        root_changes = _differences(aggregate.root, payload[0], changes)
        child_changes = [
            change for child in children if (change := _child_change(aggregate, payload, child)) is not None
        ]
        if not root_changes and not child_changes:
            return None
        arguments = self._edit_arguments(entity, entity_id, edited_by)
        arguments["changes"] = root_changes
        if child_changes:
            arguments["children"] = child_changes
        return self._lay(aggregate, entity_id, Verb.EDIT, arguments)

    def edit_child(
        self, entity: str, entity_id: uuid.UUID, child: str, child_id: uuid.UUID, changes: Row, *, edited_by: str
    ) -> int | None:
        """Change fields of one owned row; None when nothing would change."""
        return self.edit(entity, entity_id, {}, edited_by=edited_by, children=[ChildEdit(child, child_id, changes)])

    def remove(self, entity: str, entity_id: uuid.UUID, *, edited_by: str) -> int:
        """Take a document away (a barcode, a quick key)."""
        aggregate, _ = self._standing(entity, entity_id)
        return self._lay(aggregate, entity_id, Verb.REMOVE, self._edit_arguments(entity, entity_id, edited_by))

    def close(self, entity: str, entity_id: uuid.UUID, changes: Row) -> int:
        """Fill in, once, the closing fields of a shift."""
        aggregate, payload = self._standing(entity, entity_id)
        arguments: dict[str, object] = {
            "id": entity_id.bytes,
            "changes": _differences(aggregate.root, payload[0], changes),
            "edited_at": self.clock.now(),
        }
        return self._lay(aggregate, entity_id, Verb.CLOSE, arguments)

    def repair(self, refused: RefusedMutation, changes: Row, *, edited_by: str) -> int:
        """Do again what the server refused, as a new mutation that names the refused one.

        Args:
            refused: what was refused.
            changes: fields of the root that are to be otherwise this time; none for a fact, which stays as it was.
            edited_by: who and where, in words.

        Raises:
            UserError: ``record_unknown`` when what was to be edited is no longer here, ``fact_fixed``.
        """
        aggregate = aggregate_of(refused.entity)
        arguments = decode_arguments(refused.arguments)
        if refused.verb is Verb.RECORD and changes:
            raise UserError(
                "fact_fixed", "What happened cannot be changed afterwards. Send it as it is, or set it aside."
            )
        arguments[REPAIRS] = refused.id.bytes
        if "row" in arguments:
            number = self._put_again(aggregate, refused, arguments, changes)
        else:
            number = self._edit_again(aggregate, refused, arguments, changes, edited_by)
        outbox.see_to(self.connection, refused.number, SeenTo.REPAIRED)
        return number

    def expect_stock(self, number: int, movements: Iterable[tuple[uuid.UUID, uuid.UUID, int]]) -> None:
        """Show (store, variant, change in thousandths) on top of the pulled levels until they include ``number``."""
        sums: dict[tuple[bytes, bytes], int] = {}
        for store_id, variant_id, quantity in movements:
            key = (store_id.bytes, variant_id.bytes)
            sums[key] = sums.get(key, 0) + quantity
        for (store, variant), quantity in sums.items():
            self.connection.exec_driver_sql(
                "INSERT INTO expected_stock (number, store_id, variant_id, quantity) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (number, store_id, variant_id) DO UPDATE SET quantity = quantity + excluded.quantity",
                (number, store, variant, quantity),
            )
            self.touch("stock_level", uuid.UUID(bytes=variant))

    def touch(self, entity: str, *ids: uuid.UUID) -> None:
        """Say that something a screen may show changed (device tables included, by their table's name)."""
        self._changed.setdefault(entity, set()).update(ids)

    def changes(self) -> Changes:
        """What this transaction has changed so far."""
        return Changes({entity: frozenset(ids) for entity, ids in self._changed.items()})

    def bring_search_up_to_date(self) -> None:
        """Before the commit: write the search index for what changed."""
        for entity, ids in self._changed.items():
            if entity in AGGREGATES:
                index_changed(self.connection, entity, ids)

    def _add(self, entity: str, verb: Verb, row: Row, children: Mapping[str, Sequence[Row]]) -> int:
        aggregate = aggregate_of(entity)
        payload = wire_payload(aggregate, row, children)
        for name, rows in payload[1].items():
            if len(rows) > AGGREGATE_MAX_CHILDREN:
                raise UserError("aggregate_too_large", "This has too many lines. Split it up.", table=name)
        entity_id = row["id"]
        if not isinstance(entity_id, uuid.UUID):
            raise BugError("value_unfit", f"{entity} needs an id.", entity=entity)
        if verb is Verb.CREATE:
            overlay.keep_base(self.connection, aggregate, entity_id.bytes)
        insert_payload(self.connection, aggregate, payload)
        return self._append(entity, verb, entity_id, {"row": payload})

    def _put_again(
        self, aggregate: Aggregate, refused: RefusedMutation, arguments: dict[str, object], changes: Row
    ) -> int:
        root, children = widened(aggregate.entity, cast("Payload", arguments["row"]))
        names = aggregate.root.column_names
        for name, value in changes.items():
            root[names.index(name)] = wire_value(column_of(aggregate.root, name), value)
        if refused.verb is Verb.CREATE:
            overlay.keep_base(self.connection, aggregate, refused.entity_id.bytes)
        if read_payload(self.connection, aggregate, refused.entity_id.bytes) is None:
            insert_payload(self.connection, aggregate, (root, children))
        else:
            write_payload(self.connection, aggregate, (root, children))
        return self._append(refused.entity, refused.verb, refused.entity_id, {**arguments, "row": (root, children)})

    def _edit_again(
        self,
        aggregate: Aggregate,
        refused: RefusedMutation,
        arguments: dict[str, object],
        changes: Row,
        edited_by: str,
    ) -> int:
        """The same edit, from what stands now to what was wanted."""
        _, payload = self._standing(refused.entity, refused.entity_id)
        standing = dict(zip(aggregate.root.column_names, payload[0], strict=True))
        wanted = cast("dict[str, list[Value]]", arguments.get("changes") or {})
        asked = {name: [standing.get(name), mine] for name, (_, mine) in wanted.items()}
        asked |= _differences(aggregate.root, payload[0], changes)
        again = {
            **arguments,
            **self._edit_arguments(refused.entity, refused.entity_id, edited_by),
            "changes": asked,
        }
        return self._lay(aggregate, refused.entity_id, refused.verb, again)

    def _standing(self, entity: str, entity_id: uuid.UUID) -> tuple[Aggregate, Payload]:
        aggregate = aggregate_of(entity)
        payload = read_payload(self.connection, aggregate, entity_id.bytes)
        if payload is None:
            raise UserError(
                "record_unknown",
                "This device no longer has it: it was removed elsewhere. Refresh and look again.",
                entity=entity,
                id=str(entity_id),
            )
        return aggregate, payload

    def _edit_arguments(self, entity: str, entity_id: uuid.UUID, edited_by: str) -> dict[str, object]:
        return {
            "id": entity_id.bytes,
            "base_version": overlay.version_of(self.connection, entity, entity_id.bytes),
            "edited_at": edit_time(self.connection, self.clock.now()),
            "edited_by": edited_by,
        }

    def _lay(self, aggregate: Aggregate, entity_id: uuid.UUID, verb: Verb, arguments: dict[str, object]) -> int:
        overlay.keep_base(self.connection, aggregate, entity_id.bytes)
        before = read_payload(self.connection, aggregate, entity_id.bytes)
        number = self._append(aggregate.entity, verb, entity_id, arguments)
        after = overlay.with_mutation(aggregate, before, verb, arguments)
        if after is None:
            erase_payloads(self.connection, aggregate, [entity_id.bytes])
        else:
            write_payload(self.connection, aggregate, after)
        return number

    def _append(self, entity: str, verb: Verb, entity_id: uuid.UUID, arguments: dict[str, object]) -> int:
        self.touch(entity, entity_id)
        self.mutations_made += 1
        return outbox.append(
            self.connection,
            mutation_id=self.ids.new(),
            entity=entity,
            verb=verb,
            entity_id=entity_id.bytes,
            arguments=arguments,
            made_at=self.clock.now(),
        )


def _differences(table: WireTable, standing: Values, changes: Row) -> dict[str, list[Value]]:
    found: dict[str, list[Value]] = {}
    for name, value in changes.items():
        column = column_of(table, name)
        base, mine = standing[table.column_names.index(name)], wire_value(column, value)
        if mine is None and not column.nullable:
            raise BugError("field_missing", f"{table.name} needs {name}.", table=table.name, field=name)
        if mine != base:
            found[name] = [base, mine]
    return found


def _child_change(aggregate: Aggregate, payload: Payload, edit: ChildEdit) -> dict[str, object] | None:
    table = next((child for child in aggregate.children if child.name == edit.table), None)
    if table is None:
        raise BugError("field_unknown", f"{aggregate.entity} owns no {edit.table}.", entity=aggregate.entity)
    named: dict[str, object] = {"child": table.name, "child_id": edit.id.bytes}
    standing = next((row for row in payload[1][table.name] if row[0] == edit.id.bytes), None)
    if edit.row is not None:
        parent = payload[0][0]
        assert isinstance(parent, bytes)
        own = {table.parent_column: uuid.UUID(bytes=parent), "id": edit.id}
        return {**named, "row": wire_row(table, {**edit.row, **own})}
    if standing is None:
        raise UserError("record_unknown", "This line was removed elsewhere. Refresh and look again.", table=table.name)
    if edit.is_removed:
        return {**named, "removed": True}
    changes = _differences(table, standing, edit.changes)
    return {**named, "changes": changes} if changes else None
