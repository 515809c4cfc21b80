"""What reaches the inbox, and what a person's decision does to the document it is about."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from shared.errors import UserError
from shared.ids import derived_id
from shared.limits import UNIT_PRICE_MAX_MICRO
from shared.money.decimal_text import parse_scaled
from shared.schema.registry import WireColumn, WireTable
from shared.sync.conflict import Attention
from shared.sync.decision import EntryState, Take, decided_value, decision, json_value, python_value, table_of
from shared.sync.merge import FieldConflict, LastEdit
from sync_server.db.sessions import Connection
from sync_server.inbox import repository

LastEdits = dict[uuid.UUID, dict[str, LastEdit]]

_MICRO_DECIMALS = 6


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


def add_entries(connection: Connection, entries: Iterable[Entry]) -> int:
    """Put entries into the inbox; one with an id that is there already stays as it is. Gives how many were new."""
    rows = [
        {**asdict(entry), "state": str(entry.state), "decision": None, "decided_by": "", "decided_at": None}
        for entry in entries
    ]
    return repository.add(connection, rows)


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
            kind="conflict",
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
    ]


def _reason(column: WireColumn, conflict: FieldConflict) -> str:
    field = column.name.removesuffix("_id").removeprefix("is_").replace("_", " ")
    if conflict.attention is Attention.NEEDS_YOU:
        return f"Two people changed the {field} at the same time. What stood before stays until you decide."
    match column.policy:
        case "archive_wins":
            return f"Two people changed the {field} at the same time. Archived wins over any other change."
        case "restrict":
            return "Consent was changed in two places at the same time. The choice that permits less stands."
        case "merge":
            return f"Two people changed the {field} at the same time. The later edit stands."
        case "once":
            return f"The {field} was filled in twice. The first one stands."
        case _:
            return f"The {field} cannot be changed from a device. What the server has stands."


def last_edits(connection: Connection, row_ids: Sequence[uuid.UUID]) -> LastEdits:
    """Who last set which field of these rows, as far as remembered."""
    found: LastEdits = {}
    for row_id, field, at, by, version in repository.last_edits(connection, row_ids):
        found.setdefault(row_id, {})[field] = LastEdit(at, by, version)
    return found


def remember_edits(connection: Connection, edits: Mapping[tuple[uuid.UUID, str], LastEdit]) -> None:
    """Keep who set which (row, field); the next edit of it is merged with that."""
    rows = [(row_id, field, edit.at, edit.by, edit.version) for (row_id, field), edit in edits.items()]
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
            kind="discrepancy",
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


def close_entries(connection: Connection, entry_ids: Sequence[uuid.UUID], take: Take, *, now: int) -> None:
    """Mark entries as decided that events have overtaken; nothing is changed in their documents."""
    repository.close(connection, entry_ids, decision(take), now)


def apply_decisions(connection: Connection, entry_ids: Sequence[uuid.UUID], *, now: int) -> int:
    """Carry out what people decided about these entries; the entries already hold the decision.

    The chosen value goes into the document, where it counts as an edit by the one who decided, made now. Deciding the
    same again changes nothing; deciding otherwise later is fine. Without a decision what stands stays, which for two
    prices means that the second one will not come into force. Gives how many values changed.

    Raises:
        UserError: ``decision_invalid``.
    """
    changed = 0
    for entry in repository.entries(connection, entry_ids):
        if entry["state"] != EntryState.DECIDED or entry["kind"] != "conflict":
            continue
        if entry["entity"] == "price":
            changed += _decide_price(connection, entry, now)
        elif entry["decision"] is not None:
            changed += _decide(connection, entry, now)
    return changed


def _decide(connection: Connection, entry: Mapping[str, object], now: int) -> bool:
    table = table_of(str(entry["entity"]))
    field = str(entry["field"])
    column = None if table is None else next((column for column in table.columns if column.name == field), None)
    row_id = entry["entity_id"]
    assert isinstance(row_id, uuid.UUID)
    if table is None or column is None:
        raise UserError("decision_invalid", "This entry is about a field that no longer exists.", field=field)
    value = python_value(column, decided_value(entry, entry["decision"]))
    if repository.field_value(connection, table.name, row_id, field) == value:
        return False
    if not repository.set_field(connection, table.name, row_id, field, value):
        return False
    by = str(entry["decided_by"])
    repository.touch_document(connection, table.name, row_id, now, by)
    remember_edits(connection, {(row_id, field): LastEdit(now, by)})
    return True


def _decide_price(connection: Connection, entry: Mapping[str, object], now: int) -> bool:
    """Make the chosen amount the only one in force in the slot: the second one, the first one, or another."""
    price_id = entry["entity_id"]
    assert isinstance(price_id, uuid.UUID)
    stored = decision(Take.THEIRS) if entry["decision"] is None else entry["decision"]
    amount = decided_value(entry, stored)
    if not isinstance(amount, str):
        raise UserError("decision_invalid", "Choose one of the two prices, or write another one.")
    micro = parse_scaled(amount, _MICRO_DECIMALS, UNIT_PRICE_MAX_MICRO)
    if micro < 0:
        raise UserError("decision_invalid", "A price cannot be below zero.")
    new_id = derived_id("decided_price", str(entry["id"]), str(micro))
    by = str(entry["decided_by"])
    return repository.put_price_in_slot(connection, price_id, new_id=new_id, micro=micro, at=now, by=by)
