"""Succession: one secret handed on with each push, so that two copies of one device cannot both go on unnoticed.

A push names the secret that the server last confirmed and the one that follows. The server accepts the follower in the
transaction that takes the mutations. The follower is on this device's disk before it is sent, and it stays the same
until an answer came: a push that is sent again after a lost answer looks like what it is. Most often it was drawn with
what is to be sent (``identity.prepare_successor``); only in the middle of a backlog it takes a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from desktop.replica.engine import Replica
from desktop.replica.identity import change_identity, identity_of
from desktop.secrets import new_key


@dataclass(frozen=True, slots=True)
class Succession:
    """What a push carries; ``succession`` is empty before the first answer of an incarnation."""

    succession: bytes
    successor: bytes


def succession_of(replica: Replica, *, fresh: Callable[[], bytes] = new_key) -> Succession:
    """What the next push carries; a new successor is on the disk for good when this returns."""
    with replica.read() as connection:
        me = identity_of(connection)
    if me.successor:
        return Succession(me.succession, me.successor)
    with replica.write() as unit:
        me = identity_of(unit.connection)
        successor = me.successor or fresh()
        change_identity(unit.connection, successor=successor)
    return Succession(me.succession, successor)


def confirm_succession(connection: Any, sent: Succession) -> None:
    """The server has answered a push that carried ``sent``: its successor is the secret from now on.

    Called in the transaction that notes the answer. An answer that comes after a new incarnation began changes nothing.
    """
    if identity_of(connection).successor == sent.successor:
        change_identity(connection, succession=sent.successor, successor=b"")
