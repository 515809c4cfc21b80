"""Applying a batch of mutations in the transaction at hand: what is new set-based, then edits in their order."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from shared.errors import UserError
from shared.ids import derived_id
from shared.schema.base import Policy
from shared.schema.registry import AGGREGATES, Aggregate
from shared.sync.operations import Verb
from shared.sync.wire import MutationResult, SentMutation
from sync_server.db.context import PushContext
from sync_server.db.sessions import Connection
from sync_server.inbox import service as inbox
from sync_server.inbox.service import Entry
from sync_server.sync import payload_repository, record_repository
from sync_server.sync.edit_service import apply_change
from sync_server.sync.effects import AFTER_EDIT, AFTER_RECORD
from sync_server.sync.mutation_decoding import Mutation, NewAggregate, decode_mutation

Results = dict[int, MutationResult]


class MutationRefused(Exception):
    """One mutation of a batch cannot be applied; the batch is undone and done again without it.

    Attributes:
        sent: the mutation.
        error: why.
    """

    def __init__(self, sent: SentMutation, error: UserError) -> None:
        super().__init__(str(error))
        self.sent = sent
        self.error = error


def apply_batch(connection: Connection, context: PushContext, sent: Sequence[SentMutation]) -> Results:
    """Apply mutations; gives the result of each by number.

    Raises:
        MutationRefused: this one cannot be applied.
        DBAPIError: the database refused something.
    """
    new: dict[str, list[Mutation]] = {}
    changes: list[Mutation] = []
    for each in sent:
        mutation = _decoded(each)
        if mutation.verb in (Verb.RECORD, Verb.CREATE):
            new.setdefault(mutation.aggregate.entity, []).append(mutation)
        else:
            changes.append(mutation)
    results: Results = {}
    for entity, mutations in new.items():
        results |= _insert(connection, context, AGGREGATES[entity], mutations)
    results |= _change(connection, context, changes)
    return results


def report_refused(connection: Connection, context: PushContext, sent: SentMutation, error: UserError) -> None:
    """Put a refused mutation into the inbox of the device's store, once."""
    entity = sent.name.rpartition(".")[0]
    entry = Entry(
        id=derived_id("refused", uuid.UUID(bytes=sent.id)),
        kind="refused",
        entity=entity,
        entity_id=uuid.UUID(bytes=sent.id),
        title=entity.replace("_", " ").capitalize() or "Unknown",
        reason=error.message,
        created_at=context.now,
        store_id=context.store_id,
        mine={"mutation": sent.name, "number": sent.number, "error": error.code},
        mine_by=context.device_name,
        mine_at=sent.made_at,
        stands="theirs",
    )
    inbox.add_entries(connection, [entry])


def _decoded(sent: SentMutation) -> Mutation:
    try:
        return decode_mutation(sent)
    except UserError as error:
        raise MutationRefused(sent, error) from error


def _insert(
    connection: Connection, context: PushContext, aggregate: Aggregate, mutations: Sequence[Mutation]
) -> Results:
    """Insert what is not there yet; the same again is repeated, other content under a known id is refused."""
    results: Results = {}
    fresh: dict[bytes, NewAggregate] = {}
    there = record_repository.existing(connection, aggregate.root, [each.entity_id for each in mutations])
    for mutation in mutations:
        arguments, number = mutation.arguments, mutation.sent.number
        assert isinstance(arguments, NewAggregate)
        if mutation.entity_id in there:
            _require_same(connection, aggregate, mutation)
        elif mutation.entity_id in fresh:
            if fresh[mutation.entity_id] != arguments:
                raise MutationRefused(mutation.sent, _other_content(aggregate))
        else:
            fresh[mutation.entity_id] = arguments
            results[number] = MutationResult(number, "applied")
            continue
        results[number] = MutationResult(number, "repeated")
    record_repository.copy_rows(connection, aggregate.root, [each.root for each in fresh.values()])
    for child in aggregate.children:
        rows = [row for each in fresh.values() for row in each.children[child.name]]
        record_repository.copy_rows(connection, child, rows)
    if fresh and aggregate.entity in AFTER_RECORD:
        AFTER_RECORD[aggregate.entity](connection, context, [uuid.UUID(bytes=id_) for id_ in fresh])
    return results


def _require_same(connection: Connection, aggregate: Aggregate, mutation: Mutation) -> None:
    """Pass if what is stored has the same fixed values (what may be edited may have been)."""
    stored = payload_repository.read_payloads(connection, aggregate.entity, [mutation.entity_id])
    root, children = stored[mutation.entity_id]
    arguments = mutation.arguments
    assert isinstance(arguments, NewAggregate)
    is_fixed = [column.policy is Policy.FIXED for column in aggregate.root.columns]
    is_same = _chosen(root, is_fixed) == _chosen(arguments.root, is_fixed)
    if all(is_fixed):
        is_same = is_same and children == arguments.children
    if not is_same:
        raise MutationRefused(mutation.sent, _other_content(aggregate))


def _chosen(row: Iterable[object], is_chosen: Iterable[bool]) -> list[object]:
    return [value for value, chosen in zip(row, is_chosen, strict=True) if chosen]


def _other_content(aggregate: Aggregate) -> UserError:
    return UserError(
        "id_reused",
        "The server already has something else under this id. Nothing was changed; compare the two.",
        entity=aggregate.entity,
    )


def _change(connection: Connection, context: PushContext, mutations: Sequence[Mutation]) -> Results:
    results: Results = {}
    for mutation in mutations:
        try:
            status = apply_change(connection, context, mutation)
            if mutation.aggregate.entity in AFTER_EDIT:
                AFTER_EDIT[mutation.aggregate.entity](connection, context, [uuid.UUID(bytes=mutation.entity_id)])
        except UserError as error:
            raise MutationRefused(mutation.sent, error) from error
        results[mutation.sent.number] = MutationResult(mutation.sent.number, status)
    return results
