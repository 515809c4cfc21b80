"""The lives of a device: a home that turns out to be a copy, or older than it should be, begins a new one when opened.

Two things tell. The replica knows the file it lies in. And each opening and closing is counted in the replica and,
beside its key, in the keychain: a replica that has counted less than the keychain was put back from an older copy. A
new life has a receipt series that no other copy comes upon, before anything is sold. What neither tells is found at the
next push (``sync.fork``).
"""

from __future__ import annotations

from pathlib import Path

from desktop.replica import outbox, sync_events
from desktop.replica.fingerprint import fingerprint_of
from desktop.replica.identity import change_identity, find_identity, start_new_incarnation
from desktop.replica.unit_of_work import UnitOfWork
from desktop.secrets import OPENINGS, SecretStore
from shared.errors import EnvironmentFailure

_COUNT_BYTES = 8


def count_opening(unit: UnitOfWork, path: Path, secrets: SecretStore) -> int:
    """Begin a new life where the home is a copy or older than it should be; gives the count that the keychain gets.

    Args:
        unit: a transaction on the home's replica.
        path: the replica's file.
        secrets: where the keychain's count is read.

    Gives 0 where the home has not joined a shop.
    """
    me = find_identity(unit.connection)
    if me is None:
        return 0
    here, counted = fingerprint_of(path), counted_openings(secrets)
    why = ""
    if me.fingerprint and me.fingerprint != here:
        why = "This home is a copy, or was restored from one"
    elif counted > me.openings:
        why = "This home was put back as it was before"
    if why:
        start_new_incarnation(unit.connection, unit.ids.new(), outbox.first_waiting(unit.connection))
        text = f"{why}. It goes on with receipts of a new series; what it had not sent is sent."
        sync_events.add(unit.connection, unit.clock.now(), "note", text)
    openings = max(me.openings, counted) + 1
    change_identity(unit.connection, fingerprint=here, openings=openings)
    return openings


def count_closing(unit: UnitOfWork) -> int:
    """Count a closing; gives the count that the keychain gets, 0 where the home has not joined a shop."""
    me = find_identity(unit.connection)
    if me is None:
        return 0
    change_identity(unit.connection, openings=me.openings + 1)
    return me.openings + 1


def begin_counting(unit: UnitOfWork, path: Path) -> int:
    """A home that has just joined, or got new keys, lies in this file; gives the count that the keychain gets."""
    change_identity(unit.connection, fingerprint=fingerprint_of(path), openings=1)
    return 1


def counted_openings(secrets: SecretStore) -> int:
    """The keychain's count; 0 where it has none or does not answer: selling does not hang on it."""
    try:
        found = secrets.get(OPENINGS)
    except EnvironmentFailure:
        return 0
    return 0 if found is None else int.from_bytes(found, "big")


def keep_count(secrets: SecretStore, openings: int) -> bool:
    """Tell the keychain the count of a transaction that is committed; whether it took it."""
    try:
        secrets.set(OPENINGS, openings.to_bytes(_COUNT_BYTES, "big"))
    except EnvironmentFailure:
        return False
    return True
