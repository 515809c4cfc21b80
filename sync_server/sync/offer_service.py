"""Taking back what devices hold and the server lost with a restore: mutations ``<entity>.offer``.

A **fact** is inserted if it is absent, a sale only if its seal is intact. A **document** comes back whole where nobody
has changed it since the restore; where somebody has, field by field: what was not touched since is taken over, what
was stays as it is, and the lost value goes to the inbox. An offer that was not lost changes nothing, so any number of
devices may offer the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.errors import UserError
from shared.ids import derived_id
from shared.sales import is_seal_intact
from shared.sales.stored import stored_sale
from shared.schema.base import Kind, Policy
from shared.schema.registry import Aggregate, WireTable
from shared.sync.decision import EntryKind, json_value
from shared.sync.operations import Verb
from shared.sync.version import epoch_of
from shared.sync.wire import Value
from sync_server.db.context import PushContext
from sync_server.db.epoch import current_epoch
from sync_server.db.sessions import Connection
from sync_server.db.versions import next_version
from sync_server.inbox import service as inbox
from sync_server.inbox.service import Entry
from sync_server.orders import recovery_service as orders
from sync_server.sync import (
    document_repository,
    later_columns,
    offer_repository,
    payload_repository,
    record_repository,
)
from sync_server.sync.effects import AFTER_RECORD
from sync_server.sync.mutation_decoding import Mutation, NewAggregate
from sync_server.sync.offer_repository import Past

_NAMING_COLUMNS = ("name", "label", "title", "code", "number", "sku")
_SIGNATURES = frozenset({"updated_at", "updated_by"})
_ORDER = "customer_order"
_INBOX_ENTRY = "inbox_entry"
_FIELD_STAYS = (
    "The server was restored, and somebody changed this before what was lost came back. What stands now stays until "
    "you decide."
)
_STAYS_REMOVED = "It was removed after the server was restored, and a change from before came back. It stays removed."


def is_intact_fact(mutation: Mutation) -> bool:
    """Whether an offer is of a fact that never changes, so that it is taken like one that is recorded now.

    Raises:
        UserError: ``seal_broken`` for a sale that is not what was sealed.
    """
    if mutation.verb is not Verb.OFFER or not _never_changes(mutation.aggregate):
        return False
    if mutation.aggregate.entity == "sale":
        _require_intact_seal(mutation)
    return True


def apply_document(connection: Connection, context: PushContext, mutation: Mutation) -> str:
    """Apply the offer of a document; gives ``applied``, ``merged`` (something went to the inbox) or ``repeated``.

    Raises:
        UserError: ``offer_invalid`` for a version no server ever gave.
    """
    arguments = mutation.arguments
    assert isinstance(arguments, NewAggregate)
    aggregate, entity_id = mutation.aggregate, uuid.UUID(bytes=mutation.entity_id)
    if arguments.version < 1:
        raise UserError("offer_invalid", "An offer names the version under which the server once gave it.")
    if epoch_of(arguments.version) >= current_epoch(connection):
        return "repeated"
    offer_repository.lock(connection, aggregate.entity, entity_id)
    root = document_repository.locked_row(connection, aggregate.root, mutation.entity_id)
    past = offer_repository.past(connection, aggregate.entity, entity_id, arguments.version)
    if arguments.version <= max(past.kept, past.recovered):
        return "repeated"
    if root is not None and later_columns.is_partial(arguments):
        standing = payload_repository.read_payloads(connection, aggregate.entity, [mutation.entity_id])
        arguments = later_columns.completed(aggregate, arguments, standing[mutation.entity_id])
    offer = _Offer(connection, context, aggregate, arguments, past)
    if aggregate.entity == _ORDER:
        return _apply_order(offer)
    is_doubtful = past.is_doubtful and aggregate.kind is Kind.DOCUMENT and aggregate.entity != _INBOX_ENTRY
    if root is None:
        return offer.report_removed() if past.is_changed or is_doubtful else offer.create()
    if not is_doubtful and (not past.is_changed or past.recovered):
        return offer.take_over()
    return offer.merge(root)


def _never_changes(aggregate: Aggregate) -> bool:
    return aggregate.kind is Kind.FACT and all(column.policy is Policy.FIXED for column in aggregate.root.columns)


def _require_intact_seal(mutation: Mutation) -> None:
    arguments = mutation.arguments
    assert isinstance(arguments, NewAggregate)
    tables = {table.name: table for table in mutation.aggregate.children}
    owned = {name: [_python_row(tables[name], row) for row in rows] for name, rows in arguments.children.items()}
    try:
        sale = stored_sale(
            _python_row(mutation.aggregate.root, arguments.root),
            owned["sale_line"],
            owned["sale_tax"],
            owned["sale_tender"],
        )
        is_intact = is_seal_intact(sale)
    except Exception as error:
        raise _seal_broken() from error
    if not is_intact:
        raise _seal_broken()


def _seal_broken() -> UserError:
    return UserError(
        "seal_broken",
        "This sale is not what was sealed, so the restored server did not take it. It stays on the device; compare "
        "it with the printed receipt.",
    )


def _python_row(table: WireTable, row: Iterable[Value]) -> dict[str, object]:
    return {
        column.name: document_repository.python_value(column.kind, value)
        for column, value in zip(table.columns, row, strict=True)
    }


@dataclass(frozen=True, slots=True)
class _LostField:
    """A field's lost value and the one that stands, as an inbox entry has them."""

    name: str
    mine: object
    theirs: object
    theirs_by: str


@dataclass(frozen=True, slots=True)
class _Offer:
    """One document on its way back, with the inbox entries it leaves."""

    connection: Connection
    context: PushContext
    aggregate: Aggregate
    arguments: NewAggregate
    past: Past
    entries: list[Entry] = field(default_factory=list)

    @property
    def entity_id(self) -> uuid.UUID:
        return uuid.UUID(bytes=self.arguments.root[0])

    @property
    def values(self) -> Mapping[str, Value]:
        """The offered root by column."""
        return dict(zip(self.aggregate.root.column_names, self.arguments.root, strict=True))

    @property
    def title(self) -> str:
        named = (str(self.values[name]) for name in _NAMING_COLUMNS if self.values.get(name))
        return next(named, self.aggregate.entity.replace("_", " ").capitalize())

    @property
    def store_id(self) -> uuid.UUID | None:
        store = self.values.get("store_id")
        return uuid.UUID(bytes=store) if isinstance(store, bytes) else None

    def create(self) -> str:
        """Put back a document that is not there."""
        record_repository.copy_rows(self.connection, self.aggregate.root, [self.arguments.root])
        self._put_children()
        effect = AFTER_RECORD.get(self.aggregate.entity)
        if effect is not None:
            effect(self.connection, self.context, [self.entity_id])
        self.remember()
        return "applied"

    def take_over(self) -> str:
        """Give a document that nobody has changed since the values it had."""
        stored = payload_repository.read_payloads(self.connection, self.aggregate.entity, [self.arguments.root[0]])
        if stored.get(self.arguments.root[0]) == (self.arguments.root, self.arguments.children):
            return "repeated"
        values = {
            column.name: self.values[column.name]
            for column in self.aggregate.root.columns
            if column.policy is not Policy.DERIVED and column.name != "id"
        }
        document_repository.update_row(self.connection, self.aggregate.root, self.arguments.root[0], values)
        document_repository.delete_children(self.connection, self.aggregate, self.arguments.root[0])
        self._put_children()
        self.remember()
        return "applied"

    def merge(self, root: Mapping[str, Value]) -> str:
        """Field by field, where the document was changed since the restore."""
        if self.aggregate.entity == _INBOX_ENTRY:
            return "repeated"
        before = len(self.entries)
        changed = self._merge_row(self.aggregate.root, root, self.values)
        for table in self.aggregate.children:
            for row in self.arguments.children[table.name]:
                standing = document_repository.locked_row(self.connection, table, row[0])
                if standing is None:
                    record_repository.copy_rows(self.connection, table, [row])
                    changed = True
                elif standing[table.parent_column] == self.arguments.root[0]:
                    offered = dict(zip(table.column_names, row, strict=True))
                    changed = self._merge_row(table, standing, offered) or changed
        inbox.add_entries(self.connection, self.entries)
        if len(self.entries) > before:
            return "merged"
        return "applied" if changed else "repeated"

    def report_removed(self) -> str:
        """It was taken away after the restore: it stays away, and somebody is told what came back."""
        self.entries.append(self._entry(self.aggregate.root, self.entity_id, _STAYS_REMOVED))
        inbox.add_entries(self.connection, self.entries)
        return "merged"

    def _merge_row(self, table: WireTable, standing: Mapping[str, Value], offered: Mapping[str, Value]) -> bool:
        """Take over what nobody touched since; whether anything was. What somebody did touch goes to the inbox."""
        row_id = uuid.UUID(bytes=_bytes(standing["id"]))
        edits = inbox.last_edits(self.connection, [row_id]).get(row_id, {})
        since = epoch_of(self.arguments.version)
        touched = {name for name, edit in edits.items() if edit.version and epoch_of(edit.version) > since}
        values: dict[str, Value] = {}
        for column in table.columns:
            mine, theirs = offered[column.name], standing[column.name]
            is_settled = column.policy in (Policy.FIXED, Policy.DERIVED, Policy.SERVER) or column.name in _SIGNATURES
            if mine == theirs or is_settled:
                continue
            if self._are_edits_known() and column.name not in touched:
                values[column.name] = mine
            else:
                by = edits[column.name].by if column.name in edits else ""
                lost = _LostField(column.name, json_value(column, mine), json_value(column, theirs), by)
                self.entries.append(self._entry(table, row_id, _FIELD_STAYS, lost))
        document_repository.update_row(self.connection, table, row_id.bytes, values)
        return bool(values)

    def _are_edits_known(self) -> bool:
        """Whether every change since the restore is one whose fields were remembered, so that the rest is untouched."""
        if self.past.span is None:
            return False
        first, last = self.past.span
        rows = [self.entity_id, *(uuid.UUID(bytes=row[0]) for rows in self.arguments.children.values() for row in rows)]
        edits = inbox.last_edits(self.connection, rows)
        known = {edit.version for fields in edits.values() for edit in fields.values()}
        known.add(offer_repository.recovered_version(self.connection, self.aggregate.entity, self.entity_id))
        if self.past.kept == 0:
            known.add(first)  # It came into being a second time, by the mutation that made it the first time.
        return all(version in known for version in range(first, last + 1))

    def _entry(self, table: WireTable, row_id: uuid.UUID, reason: str, lost: _LostField | None = None) -> Entry:
        return Entry(
            id=derived_id("offer", row_id, lost.name if lost else "", str(self.arguments.version)),
            kind=EntryKind.CONFLICT if lost else EntryKind.RECOVERY,
            entity=table.name,
            entity_id=row_id,
            field=lost.name if lost else "",
            title=self.title,
            reason=reason,
            created_at=self.context.now,
            store_id=self.store_id,
            mine=lost.mine if lost else None,
            mine_by=self.context.device_name,
            theirs=lost.theirs if lost else None,
            theirs_by=lost.theirs_by if lost else "",
            stands="theirs",
        )

    def _put_children(self) -> None:
        for table in self.aggregate.children:
            record_repository.copy_rows(self.connection, table, self.arguments.children[table.name])

    def remember(self) -> None:
        """Keep at which version it stands from now on, so that an offer of a later one still wins."""
        offer_repository.remember(
            self.connection,
            self.aggregate.entity,
            self.entity_id,
            offered=later_columns.version_given_back(self.arguments),
            version=next_version(self.connection, self.aggregate.entity, self.entity_id),
            device_id=self.context.device_id,
            now=self.context.now,
        )


def _apply_order(offer: _Offer) -> str:
    """An order of a channel: it comes back with its promise, or moves on to the state it had."""
    if offer.past.is_changed:
        return "repeated"
    row = _python_row(offer.aggregate.root, offer.arguments.root)
    lines = [_python_row(offer.aggregate.children[0], line) for line in offer.arguments.children["order_line"]]
    status = orders.readmit(offer.connection, row, lines, now=offer.context.now, told_by=offer.context.device_name)
    offer.remember()
    return status


def _bytes(value: Value) -> bytes:
    assert isinstance(value, bytes)
    return value
