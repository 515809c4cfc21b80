"""Customers made twice: found when a profile is made or edited, proposed to people, and joined by an alias.

Nothing is ever merged by itself, and a merge rewrites nothing (docs/decisions/0016).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence

from shared.customers.matching import Likeness, Profile, Reason, candidate_keys, likeness
from shared.customers.same_person import AliasState, alias_id, elder_first, proposal_entry_id, survivor
from shared.sync.decision import EntryKind, Take
from sync_server.customers import same_person_repository as repository
from sync_server.customers.same_person_repository import LOOKED_AT, KnownCustomer
from sync_server.db.sessions import Connection, Database
from sync_server.inbox import service as inbox
from sync_server.inbox.service import Entry

_CHUNK = 500
_ALIKE_MAX = 100
_FIRST = uuid.UUID(int=0)
_WORDS = {
    Reason.NUMBER: "the same number",
    Reason.EMAIL: "the same e-mail address",
    Reason.PHONE: "the same telephone",
    Reason.NAME: "the same name",
    Reason.SIMILAR_NAME: "a similar name",
    Reason.ADDRESS: "the same address",
    Reason.SIMILAR_ADDRESS: "a similar address",
}


def propose(connection: Connection, customer_ids: Sequence[uuid.UUID], *, now: int) -> int:
    """Look for others who may be the same person as these customers; gives how many pairs are newly proposed.

    Cheap where nothing changed by which people are recognised. A pair that was ever proposed, merged or kept apart is
    not proposed again, and neither are two who are one person already.
    """
    known = {each.id: each for each in repository.customers(connection, customer_ids)}
    keys = {each.id: {LOOKED_AT, *map(_key_number, candidate_keys(each.profile))} for each in known.values()}
    before = repository.keys_of(connection, list(keys))
    changed = {customer: found for customer, found in keys.items() if before.get(customer) != found}
    if not changed:
        return 0
    repository.write_keys(connection, changed)
    pairs = repository.candidates(connection, list(changed))
    others = {each for pair in pairs for each in pair} - known.keys()
    known |= {each.id: each for each in repository.customers(connection, sorted(others))}
    return _propose_pairs(
        connection, [(known[one], known[other]) for one, other in pairs if {one, other} <= known.keys()], now
    )


def customers_like(connection: Connection, profile: Profile) -> list[KnownCustomer]:
    """Customers that share a key with a profile: few, and the one who is meant among them.

    A customer that was imported and never looked at has no keys yet; see ``match_all``.
    """
    keys = [_key_number(key) for key in candidate_keys(profile)]
    return repository.customers(connection, repository.with_keys(connection, keys, _ALIKE_MAX))


def customer(connection: Connection, customer_id: uuid.UUID) -> KnownCustomer | None:
    """One customer as matching sees them; None where there is none."""
    return next(iter(repository.customers(connection, [customer_id])), None)


def match_all(database: Database) -> tuple[int, int]:
    """Look at every customer that was never looked at (imported, or written by hand), some hundreds at a time.

    Gives how many were looked at and how many pairs were proposed.
    """
    looked_at = proposed = 0
    after = _FIRST
    while True:
        with database.writing() as connection:
            ids = repository.never_looked_at(connection, after, _CHUNK)
            proposed += propose(connection, ids, now=database.clock.now())
        if not ids:
            return looked_at, proposed
        looked_at += len(ids)
        after = ids[-1]


def settle_entries(connection: Connection, alias_ids: Sequence[uuid.UUID], *, now: int) -> None:
    """Close the inbox entries of pairs that somebody decided, wherever they did."""
    for pair in repository.decided(connection, alias_ids):
        take = Take.MINE if pair.state == AliasState.MERGED else Take.THEIRS
        at = now if pair.decided_at is None else pair.decided_at
        inbox.close_entries(connection, [proposal_entry_id(pair.id)], take, now=at, by=pair.decided_by)


def survivor_of(connection: Connection, customer_id: uuid.UUID) -> uuid.UUID:
    """The profile that stands for this one: itself, unless it is merged with one made before it."""
    group = repository.groups(connection, [customer_id]).get(customer_id, [])
    return survivor(group).id if group else customer_id


def _propose_pairs(connection: Connection, pairs: Sequence[tuple[KnownCustomer, KnownCustomer]], now: int) -> int:
    alike = [
        (one, other, found)
        for one, other in pairs
        if not one.is_archived and not other.is_archived and (found := likeness(one.profile, other.profile)).is_proposed
    ]
    groups = repository.groups(connection, sorted({each.id for one, other, _ in alike for each in (one, other)}))
    rows, entries = [], {}
    for one, other, found in alike:
        if other.id in {member.id for member in groups.get(one.id, [])}:
            continue
        older, newer = elder_first(one.member, other.member)
        elder, younger = (one, other) if older.id == one.id else (other, one)
        pair_id = alias_id(one.id, other.id)
        rows.append(
            {
                "id": pair_id,
                "alias_id": newer.id,
                "survivor_id": older.id,
                "state": AliasState.PROPOSED.value,
                "evidence": found.evidence,
                "reasons": [reason.value for reason in found.reasons],
                "decided_by": "",
                "decided_at": None,
                "created_at": now,
            }
        )
        entries[pair_id] = _entry(pair_id, younger, elder, found, now)
    new = repository.add_aliases(connection, rows)
    inbox.add_entries(connection, [entry for pair_id, entry in entries.items() if pair_id in new])
    return len(new)


def _entry(pair_id: uuid.UUID, younger: KnownCustomer, elder: KnownCustomer, found: Likeness, now: int) -> Entry:
    words = [_WORDS[reason] for reason in found.reasons]
    agreeing = f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
    return Entry(
        id=proposal_entry_id(pair_id),
        kind=EntryKind.SAME_PERSON,
        entity="customer",
        entity_id=younger.id,
        title=younger.profile.name,
        reason=f"Two profiles have {agreeing}. Nothing changes until you decide.",
        created_at=now,
        store_id=younger.store_id,
        mine={"customer_alias": str(pair_id), "alias": str(younger.id), "survivor": str(elder.id)},
        stands="theirs",
    )


def _key_number(key: str) -> int:
    """A key as it is stored: 63 bits of its hash, never ``LOOKED_AT``."""
    return (int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") >> 1) or 1
