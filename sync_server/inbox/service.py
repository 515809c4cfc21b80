"""What reaches the inbox: conflicts, notes of automatic merges, discrepancies; and what merging remembers."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from shared.clock import MICROSECONDS_PER_SECOND
from shared.ids import derived_id
from shared.schema.base import Policy
from shared.schema.registry import WireColumn, WireTable
from shared.sync.conflict import Attention
from shared.sync.decision import EntryKind, EntryState, Take, decision, json_value
from shared.sync.merge import FieldConflict, LastEdit
from sync_server.db.sessions import Connection
from sync_server.inbox import repository

LastEdits = dict[uuid.UUID, dict[str, LastEdit]]

SIGNATURES = frozenset({"decided_by", "decided_at"})
"""Who decided and when goes with the decision: two decisions are one conflict, not three."""

NOTES_KEPT_DAYS = 90
_INBOX = "inbox_entry"
_PRUNED_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Entry:
    """An inbox entry to be made; fields as in ``shared.schema.inbox.InboxEntry``, values as JSON."""

    id: uuid.UUID
    kind: str
    entity: str
    entity_id: uuid.UUID
    title: str
    reason: str
    created_at: int
    state: str = EntryState.NEEDS_YOU
    field: str = ""
    store_id: uuid.UUID | None = None
    base: object = None
    mine: object = None
    mine_by: str = ""
    mine_at: int | None = None
    theirs: object = None
    theirs_by: str = ""
    theirs_at: int | None = None
    stands: str = ""


@dataclass(frozen=True, slots=True)
class MergeNote:
    """An edit that met others; ``base``, ``mine`` and ``theirs`` are field → JSON value."""

    entity: str
    entity_id: uuid.UUID
    title: str
    base: Mapping[str, object]
    mine: Mapping[str, object]
    mine_by: str
    mine_at: int
    theirs: Mapping[str, object]
    theirs_by: str
    theirs_at: int


def add_entries(connection: Connection, entries: Iterable[Entry]) -> int:
    """Put entries into the inbox; one with an id that is there already stays as it is. Gives how many were new."""
    rows = [
        {**asdict(entry), "state": str(entry.state), "decision": None, "decided_by": "", "decided_at": None}
        for entry in entries
    ]
    return repository.add(connection, rows)


def count_open(connection: Connection, kind: str, field: str) -> int:
    """How many entries of a kind about a field still need somebody."""
    return repository.count_open(connection, kind, field)


def conflict_entries(
    conflicts: Sequence[FieldConflict],
    *,
    mutation_id: uuid.UUID,
    table: WireTable,
    row_id: uuid.UUID,
    title: str,
    store_id: uuid.UUID | None,
    now: int,
) -> list[Entry]:
    """The entries for what an edit and the standing row contradicted each other in.

    Args:
        conflicts: of one row, from ``shared.sync.merge.merge_edit``.
        mutation_id: of the edit; makes the entries' ids the same when it is applied again.
        table: of the row, the aggregate's root or an owned table; names the entries' entity.
        row_id: the row.
        title: what it is about, in the trade's words.
        store_id: whose inbox; None for the chain's.
        now: the server's clock, UTC microseconds.
    """
    columns = {column.name: column for column in table.columns}
    return [
        Entry(
            id=derived_id("conflict", mutation_id, row_id, conflict.field),
            kind=EntryKind.MERGED if table.name == _INBOX else EntryKind.CONFLICT,
            entity=table.name,
            entity_id=row_id,
            field=conflict.field,
            title=title,
            reason=_reason(columns[conflict.field], conflict),
            created_at=now,
            state=EntryState.NEEDS_YOU if conflict.attention is Attention.NEEDS_YOU else EntryState.SETTLED,
            store_id=store_id,
            base=json_value(columns[conflict.field], conflict.base),
            mine=json_value(columns[conflict.field], conflict.mine),
            mine_by=conflict.mine_by,
            mine_at=conflict.mine_at,
            theirs=json_value(columns[conflict.field], conflict.theirs),
            theirs_by=conflict.theirs_by,
            theirs_at=conflict.theirs_at or None,
            stands=conflict.stands.value,
        )
        for conflict in conflicts
        if conflict.field not in SIGNATURES
    ]


def note_of_merge(note: MergeNote, *, mutation_id: uuid.UUID, store_id: uuid.UUID | None, now: int) -> Entry:
    """The note of an edit that met others without contradicting them: one for the whole edit, needing nobody."""
    mine, theirs = _listed(note.mine), _listed(note.theirs)
    if note.mine.keys() & note.theirs.keys():
        reason = f"Two people changed the {mine} without knowing of each other. What both set is kept."
    else:
        reason = f"While one changed the {theirs}, another changed the {mine}. Both stand."
    return Entry(
        id=derived_id("merged", mutation_id, note.entity_id),
        kind=EntryKind.MERGED,
        entity=note.entity,
        entity_id=note.entity_id,
        title=note.title,
        reason=reason,
        created_at=now,
        state=EntryState.SETTLED,
        store_id=store_id,
        base=dict(note.base),
        mine=dict(note.mine),
        mine_by=note.mine_by,
        mine_at=note.mine_at,
        theirs=dict(note.theirs),
        theirs_by=note.theirs_by,
        theirs_at=note.theirs_at or None,
        stands="both",
    )


def prune_notes(connection: Connection, *, now: int) -> int:
    """Drop what is kept of automatic merges and removed rows for 90 days, some thousands at a time; gives how many.

    Conflicts and decisions stay. Called by housekeeping; ``now`` is the server's clock, UTC microseconds.
    """
    return repository.prune(connection, now - NOTES_KEPT_DAYS * 24 * 3600 * MICROSECONDS_PER_SECOND, _PRUNED_AT_ONCE)


def _listed(fields: Mapping[str, object]) -> str:
    """``brand, name and tags``."""
    words = sorted(field_words(name) for name in fields)
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def field_words(name: str) -> str:
    """What a field is called in a sentence."""
    return name.removesuffix("_id").removeprefix("is_").replace("_", " ")


_REASONS = {
    Policy.ARCHIVE_WINS: "Two people changed the {field} at the same time. Archived wins over any other change.",
    Policy.RESTRICT: "Consent was changed in two places at the same time. The choice that permits less stands.",
    Policy.MERGE: "Two people changed the {field} at the same time. The later edit stands.",
    Policy.ONCE: "The {field} was filled in twice. The first one stands.",
}
_REASON_OTHERWISE = "The {field} cannot be changed from a device. What the server has stands."
_REASON_WAITING = "Two people changed the {field} at the same time. What stood before stays until you decide."
_REASON_DECISION = "Two people decided this differently. The later decision stands; decide again to change it."


def _reason(column: WireColumn, conflict: FieldConflict) -> str:
    if column.name == "decision":
        return _REASON_DECISION
    if conflict.attention is Attention.NEEDS_YOU:
        sentence = _REASON_WAITING
    else:
        sentence = _REASONS.get(column.policy, _REASON_OTHERWISE)
    return sentence.format(field=field_words(column.name))


def last_edits(connection: Connection, row_ids: Sequence[uuid.UUID]) -> LastEdits:
    """Who last set which field of these rows, as far as remembered."""
    found: LastEdits = {}
    for row_id, field, at, by, version, origin in repository.last_edits(connection, row_ids):
        found.setdefault(row_id, {})[field] = LastEdit(at, by, version, origin)
    return found


def remember_edits(connection: Connection, edits: Mapping[tuple[uuid.UUID, str], LastEdit]) -> None:
    """Keep who set which (row, field); the next edit of it is merged with that."""
    rows = [(row, field, edit.at, edit.by, edit.version, edit.origin) for (row, field), edit in edits.items()]
    repository.remember_edits(connection, rows)


def report_discrepancies(
    connection: Connection, fallen: Sequence[tuple[uuid.UUID, uuid.UUID, int, int]], *, now: int
) -> int:
    """Ask for a count where stock fell below nothing, once per store and product until somebody decides.

    Args:
        connection: the transaction that moved the stock.
        fallen: (store, variant, on hand in thousandths, ledger position) of each.
        now: the server's clock, UTC microseconds.
    """
    if not fallen:
        return 0
    variants = [variant_id for _, variant_id, _, _ in fallen]
    known = repository.open_discrepancies(connection, variants)
    titles = repository.titles_of_variants(connection, variants)
    entries = [
        Entry(
            id=derived_id("discrepancy", store_id, variant_id, str(position)),
            kind=EntryKind.DISCREPANCY,
            entity="variant",
            entity_id=variant_id,
            title=titles.get(variant_id, "A product that is not in the catalogue"),
            reason="More was sold than the stock said was there. Count it and correct the stock.",
            created_at=now,
            store_id=store_id,
            mine={"on_hand": on_hand},
        )
        for store_id, variant_id, on_hand, position in fallen
        if (store_id, variant_id) not in known
    ]
    return add_entries(connection, entries)


def close_entries(
    connection: Connection, entry_ids: Sequence[uuid.UUID], take: Take, *, now: int, by: str = ""
) -> None:
    """Mark entries as decided that events have overtaken; nothing is changed in their documents."""
    repository.close(connection, entry_ids, decision(take), now, by)
