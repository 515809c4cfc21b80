"""Renewing the leases of stores: a store that is heard may promise all it has, one that is not only from rights.

See ``shared.stock.rights`` for the rule and docs/decisions/0017-rights-and-leases.md for why.
"""

from __future__ import annotations

import uuid

from shared.clock import MICROSECONDS_PER_SECOND
from shared.stock import LeaseTerms, TillWord, lease_until, web_share_of
from sync_server.chain import service as chain
from sync_server.db.sessions import Connection
from sync_server.inventory import lease_repository
from sync_server.inventory.lease_repository import Lease, StoreLease

__all__ = ["StoreLease", "leases", "renew_leases"]

RENEW_AFTER_US = 10 * MICROSECONDS_PER_SECOND
"""A lease that would move by less is left as it is: nothing is written while all goes well within seconds."""


def renew_leases(connection: Connection, *, now: int) -> int:
    """Bring every store's lease up to what its tills were last heard to say; gives how many changed.

    Any number of servers may do so: the leases are locked, and the same words make the same lease. A lease renewed
    after a lapse gets the next number, which voids what is left of the rights of the lapse.
    """
    words = lease_repository.till_words(connection)
    standing = {lease.store_id: lease for lease in lease_repository.held_leases(connection)}
    settings = chain.settings(connection)
    terms = _terms(settings)
    of_chain = settings["web_share_percent"]
    shares = chain.settings_of_stores(connection, "web_share_percent")
    changed = []
    for store_id, said in words.items():
        share = web_share_of(shares.get(store_id), of_chain)
        renewed = _renewed(store_id, said, standing.get(store_id), terms, share=share, now=now)
        if renewed is not None:
            changed.append(renewed)
    gone = [store_id for store_id in standing if store_id not in words]
    if gone:
        lease_repository.drop(connection, gone)
    if changed:
        lease_repository.put(connection, changed)
    return len(changed) + len(gone)


def leases(connection: Connection) -> list[StoreLease]:
    """Every store with its lease, by code."""
    return lease_repository.listed(connection)


def _renewed(
    store_id: uuid.UUID, said: list[TillWord], known: Lease | None, terms: LeaseTerms, *, share: int, now: int
) -> Lease | None:
    """The lease as it is to be written; None where it may stay as it is."""
    until = lease_until(said, terms, standing_until=None if known is None else known.expires_at, now=now)
    assert until is not None, "a store with words of tills has a lease"
    if known is None:
        return Lease(store_id, 1, until, share)
    is_back = known.expires_at <= now < until
    if not is_back and known.web_share == share and until - known.expires_at < RENEW_AFTER_US:
        return None
    return Lease(store_id, known.number + is_back, until, share)


def _terms(settings: dict[str, object]) -> LeaseTerms:
    usual = LeaseTerms()
    second = MICROSECONDS_PER_SECOND
    return LeaseTerms(
        lease_us=_whole(settings["web_lease_minutes"], usual.lease_us // (60 * second)) * 60 * second,
        rest_us=_whole(settings["web_rest_hours"], usual.rest_us // (3600 * second)) * 3600 * second,
        counts_us=_whole(settings["web_till_days"], usual.counts_us // (86400 * second)) * 86400 * second,
    )


def _whole(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise
