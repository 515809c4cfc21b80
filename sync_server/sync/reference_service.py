"""Tasks for what is referred to and not there: a receipt of a product nobody has sent, a barcode of one removed.

No foreign key crosses an aggregate: a sale is taken though its customer is still on a till that is offline. What stays
away for longer than ``GRACE_US`` gets one inbox entry, however many rows refer to it; it closes by itself once it is
there, or once nothing refers to it any more.

Bounded by the feed: each look goes through the next ``rows`` that some scope tells of, and reviews so many of those
noted. Stock movements are in no scope; what they refer to is seen in the stock level they make.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.clock import MICROSECONDS_PER_SECOND
from shared.ids import derived_id
from shared.sync.decision import EntryKind, Take
from sync_server.db.sessions import Connection, Database
from sync_server.inbox import service as inbox
from sync_server.sync import reference_repository as repository
from sync_server.sync.reference_repository import Missing

GRACE_US = 12 * 3_600 * MICROSECONDS_PER_SECOND
"""A device that was off the line for a day's trade has sent by then what the others' rows refer to."""
ROWS_PER_LOOK = 2_000
REVIEWED_PER_LOOK = 200
_SCOPES_PER_LOOK = 50

NOUNS: Mapping[str, str] = {
    "app_user": "a person",
    "category": "a category",
    "customer": "a customer",
    "device": "a till or desk",
    "price": "a price",
    "price_list": "a price list",
    "sale": "an earlier sale",
    "sale_line": "a line of an earlier sale",
    "shift": "a shift",
    "store": "a store",
    "tax_category": "a tax category",
    "variant": "a product",
}
"""What each table that is referred to holds, in the trade's words."""

_REFERRERS: Mapping[str, str] = {
    "cash_movement": "Cash put in or taken out",
    "customer_alias": "A pair of customers",
    "inbox_entry": "A task",
    "parked_sale": "A parked basket",
    "price": "A price",
    "quick_key": "A quick key",
    "setting": "A setting",
    "shift": "A shift",
    "stock_level": "Stock",
    "tax_rate": "A tax rate",
}
"""What refers, where it has no name or number of its own."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look did: rows gone through, targets newly noted, entries opened and closed."""

    rows: int = 0
    noted: int = 0
    opened: int = 0
    closed: int = 0


def look(database: Database, *, grace_us: int = GRACE_US, rows: int = ROWS_PER_LOOK) -> Looked:
    """Go through the next ``rows`` of the feed and review what is noted; does nothing where another server is at it."""
    with database.writing() as connection:
        if not repository.is_watcher(connection):
            return Looked()
        now = database.clock.now()
        scanned, noted = _scan(connection, rows, now)
        opened, closed = _review(connection, grace_us, now)
    return Looked(scanned, noted, opened, closed)


def counts(connection: Connection) -> tuple[int, int]:
    """How many missing targets the inbox tells of, and how many are noted in all, those within their grace included."""
    return repository.counts(connection)


def _scan(connection: Connection, limit: int, now: int) -> tuple[int, int]:
    left, noted = limit, 0
    for scope in repository.scopes_behind(connection, _SCOPES_PER_LOOK):
        part = repository.rows_after(connection, scope.scope_id, scope.position, left)
        live: dict[str, list[uuid.UUID]] = {}
        for entity, row_id, _, state in part:
            if state == "live":
                live.setdefault(entity, []).append(row_id)
        noted += sum(repository.note_missing(connection, entity, ids, now) for entity, ids in sorted(live.items()))
        is_whole = len(part) < left
        last = part[-1][2] if part else scope.position
        repository.move_on(connection, scope.scope_id, max(last, scope.head) if is_whole else last, now)
        left -= len(part)
        if left <= 0:
            break
    return limit - left, noted


def _review(connection: Connection, grace_us: int, now: int) -> tuple[int, int]:
    """Close what is there or no longer referred to; open an entry for what has been missing for too long."""
    noted = repository.due(connection, REVIEWED_PER_LOOK, now)
    over, missing = _sorted_out(connection, noted)
    repository.forget(connection, over)
    said = [each.entry_id for each in over if each.entry_id is not None]
    if said:
        inbox.close_entries(connection, said, Take.THEIRS, now=now)
    late = [each for each in missing if each.entry_id is None and each.noted_at <= now - grace_us]
    entries = {(each.target, each.target_id): _entry(connection, each, now) for each in late}
    inbox.add_entries(connection, entries.values())
    repository.note_entries(connection, {key: entry.id for key, entry in entries.items()})
    return len(entries), len(said)


def _sorted_out(connection: Connection, noted: Sequence[Missing]) -> tuple[list[Missing], list[Missing]]:
    """Those that are missing no more, and those that are, each with a row that refers to it now."""
    over, missing = list[Missing](), list[Missing]()
    for target in sorted({each.target for each in noted}):
        of_target = [each for each in noted if each.target == target]
        arrived = repository.there(connection, target, [each.target_id for each in of_target])
        for each in of_target:
            standing = None if each.target_id in arrived else repository.referrer_of(connection, each)
            if standing is None:
                over.append(each)
            else:
                missing.append(standing)
    return over, missing


def _entry(connection: Connection, missing: Missing, now: int) -> inbox.Entry:
    found = repository.referrer(connection, missing)
    noun = NOUNS[missing.target]
    label = found.label if found is not None and found.label else _REFERRERS.get(missing.referrer, "Something")
    return inbox.Entry(
        id=derived_id("missing_reference", missing.target, missing.target_id, str(missing.noted_at)),
        kind=EntryKind.DANGLING,
        entity=missing.target,
        entity_id=missing.target_id,
        title=found.name if found is not None and found.name else label,
        reason=(
            f"{label} refers to {noun} that is not here. It may still wait on a device that has not been online; "
            "once it is here, this closes by itself."
        ),
        created_at=now,
        store_id=None if found is None or missing.target == "store" else found.store_id,
        mine={"missing": noun, "id": str(missing.target_id)},
    )
