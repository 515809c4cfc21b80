"""Applying a batch of mutations in the transaction at hand: what is new set-based, then edits in their order.

What can be told to be wrong before anything is written (unknown, malformed, another fact under a known id) is refused
on the spot, and the batch goes on.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

from shared.errors import UserError
from shared.schema.registry import AGGREGATES, Aggregate
from shared.sync.decision import EntryKind, Take
from shared.sync.operations import Verb
from shared.sync.repair import refused_entry_id
from shared.sync.wire import MutationResult, SentMutation
from sync_server.db.context import PushContext
from sync_server.db.sessions import Connection
from sync_server.inbox import service as inbox
from sync_server.inbox.service import Entry
from sync_server.sync import later_columns, offer_service, payload_repository, record_repository
from sync_server.sync.edit_service import apply_change
from sync_server.sync.effects import AFTER_EDIT, AFTER_RECORD
from sync_server.sync.mutation_decoding import Mutation, NewAggregate, decode_mutation
from sync_server.sync.refusals import MutationRefused, refusal_of, refused_result, storable, storable_name
from sync_server.sync.same_again import is_same_again

Results = dict[int, MutationResult]
"""What became of each mutation, by its number."""


@dataclass(slots=True)
class _Batch:
    """A batch on its way through: what it consists of, and what has become of it so far."""

    connection: Connection
    context: PushContext
    new: dict[str, list[Mutation]] = field(default_factory=dict)
    changes: list[Mutation] = field(default_factory=list)
    results: Results = field(default_factory=dict)
    refused: list[MutationRefused] = field(default_factory=list)
    repaired: list[bytes] = field(default_factory=list)

    def note(self, mutation: Mutation, status: str) -> None:
        """This became of a mutation that was applied."""
        self.results[mutation.sent.number] = MutationResult(mutation.sent.number, status)
        if mutation.arguments.repairs:
            self.repaired.append(mutation.arguments.repairs)

    def refuse(self, refusal: MutationRefused) -> None:
        """This one cannot be applied."""
        self.results[refusal.sent.number] = refused_result(refusal.sent, refusal.error)
        self.refused.append(refusal)


def apply_batch(
    connection: Connection, context: PushContext, sent: Sequence[SentMutation], *, is_careful: bool = False
) -> Results:
    """Apply mutations; gives what became of each.

    Args:
        connection: the transaction of the push.
        context: who pushes.
        sent: the mutations, in order.
        is_careful: each edit gets a savepoint of its own, and one that fails is refused alone. Without it the first
            that fails fails the batch, which is faster.

    Raises:
        MutationRefused: an edit cannot be applied (never where ``is_careful``).
        DBAPIError: the database refused something.
    """
    batch = _Batch(connection, context)
    for each in sent:
        _sort_in(batch, each)
    for entity, mutations in batch.new.items():
        _insert(batch, AGGREGATES[entity], mutations)
    for mutation in batch.changes:
        _change(batch, mutation, is_careful=is_careful)
    if batch.repaired:
        _close_repaired(batch)
    report_refused(connection, context, batch.refused)
    return batch.results


def report_refused(connection: Connection, context: PushContext, refused: Iterable[MutationRefused]) -> None:
    """Put refused mutations into the inbox of the device's store, each once."""
    inbox.add_entries(connection, [_entry_of(context, each.sent, each.error) for each in refused])


def _entry_of(context: PushContext, sent: SentMutation, error: UserError) -> Entry:
    name = storable_name(sent.name)
    entity = name.rpartition(".")[0]
    return Entry(
        id=refused_entry_id(uuid.UUID(bytes=sent.id)),
        kind=EntryKind.REFUSED,
        entity=entity,
        entity_id=uuid.UUID(bytes=sent.id),
        title=entity.replace("_", " ").capitalize() or "Unknown",
        reason=storable(error.message),
        created_at=context.now,
        store_id=context.store_id,
        mine={"mutation": name, "number": sent.number, "error": storable(error.code)},
        mine_by=context.device_name,
        mine_at=sent.made_at,
        stands="theirs",
    )


def _sort_in(batch: _Batch, sent: SentMutation) -> None:
    if sent.refused:
        batch.refuse(MutationRefused(sent, UserError(sent.refused, sent.reason)))
        return
    try:
        mutation = decode_mutation(sent)
        is_new = mutation.verb in (Verb.RECORD, Verb.CREATE) or offer_service.is_intact_fact(mutation)
    except UserError as error:
        batch.refuse(MutationRefused(sent, error))
        return
    if is_new:
        batch.new.setdefault(mutation.aggregate.entity, []).append(mutation)
    else:
        batch.changes.append(mutation)


def _insert(batch: _Batch, aggregate: Aggregate, mutations: Sequence[Mutation]) -> None:
    """Insert what is not there yet; the same again is repeated, other content under a known id is refused."""
    fresh: dict[bytes, NewAggregate] = {}
    there = record_repository.existing(batch.connection, aggregate.root, [each.entity_id for each in mutations])
    stored = payload_repository.read_payloads(batch.connection, aggregate.entity, list(there)) if there else {}
    for mutation in mutations:
        arguments = mutation.arguments
        assert isinstance(arguments, NewAggregate)
        if mutation.entity_id in stored:
            is_same = is_same_again(batch.connection, aggregate, stored[mutation.entity_id], arguments)
        elif mutation.entity_id in fresh:
            is_same = fresh[mutation.entity_id].holds_the_same(arguments)
        else:
            fresh[mutation.entity_id] = arguments
            batch.note(mutation, "applied")
            continue
        if is_same:
            if mutation.entity_id in stored and mutation.verb is Verb.CREATE:
                standing = stored[mutation.entity_id]
                later_columns.fill_in(batch.connection, batch.context, aggregate, standing, arguments)
            batch.note(mutation, "repeated")
        else:
            batch.refuse(MutationRefused(mutation.sent, _other_content(aggregate)))
    record_repository.copy_rows(batch.connection, aggregate.root, [each.root for each in fresh.values()])
    for child in aggregate.children:
        rows = [row for each in fresh.values() for row in each.children[child.name]]
        record_repository.copy_rows(batch.connection, child, rows)
    if fresh and aggregate.entity in AFTER_RECORD:
        AFTER_RECORD[aggregate.entity](batch.connection, batch.context, [uuid.UUID(bytes=id_) for id_ in fresh])


def _other_content(aggregate: Aggregate) -> UserError:
    return UserError(
        "id_reused",
        "The server already has something else under this id. Nothing was changed; compare the two.",
        entity=aggregate.entity,
    )


def _change(batch: _Batch, mutation: Mutation, *, is_careful: bool) -> None:
    try:
        with batch.connection.begin_nested() if is_careful else nullcontext():
            status = _applied_change(batch, mutation)
    except MutationRefused as refusal:
        if not is_careful:
            raise
        batch.refuse(refusal)
    else:
        batch.note(mutation, status)


def _applied_change(batch: _Batch, mutation: Mutation) -> str:
    try:
        if mutation.verb is Verb.OFFER:
            return offer_service.apply_document(batch.connection, batch.context, mutation)
        status = apply_change(batch.connection, batch.context, mutation)
        if mutation.aggregate.entity in AFTER_EDIT:
            ids = [uuid.UUID(bytes=mutation.entity_id)]
            AFTER_EDIT[mutation.aggregate.entity](batch.connection, batch.context, ids)
    except Exception as error:
        # A bug of ours in one edit must not hold up the device's other mutations: it is refused and reported.
        raise MutationRefused(mutation.sent, refusal_of(error)) from error
    return status


def _close_repaired(batch: _Batch) -> None:
    """The repair of a refused mutation has come: nobody needs to look at the entry any more."""
    entries = [refused_entry_id(uuid.UUID(bytes=each)) for each in batch.repaired]
    inbox.close_entries(batch.connection, entries, Take.MINE, now=batch.context.now)
