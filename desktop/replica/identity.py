"""Who this device is: read and written as one frozen value."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert

from desktop.replica.schema import Identity
from desktop.secrets import new_key
from shared.errors import UserError
from shared.sales import copy_series
from shared.schema.registry import SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """This device as the server knows it.

    Attributes:
        kind: ``till`` or ``office``.
        number: the till's number in its store; receipts carry it.
        incarnation: outbox numbers count within it.
        outbox_base: the last outbox number of earlier incarnations; the wire counts from there.
        receipt_series: receipts are numbered within it.
        epoch: the server's history that the replica's rows belong to; 0 before the first pull.
        settled_number: own mutations up to it are settled here.
        projected_number: own mutations up to it are in the pulled stock levels.
        clock_offset_us: server clock less device clock, microseconds.
        consistent_at: what the shop on this device is as of (server time, UTC microseconds); None: never in step yet.
        succession: the secret the server last confirmed for this incarnation.
        successor: the one that takes its place with the push on its way.
        fingerprint: the file the replica lies in, as ``replica.fingerprint`` tells it.
        openings: how often the home was opened and closed.
        schema_filled: the wire schema that the replica's rows were filled in.
        is_indexed: false while a new replica fills.
    """

    device_id: uuid.UUID
    store_id: uuid.UUID
    kind: str
    number: int
    name: str
    server_url: str
    server_id: str
    incarnation: uuid.UUID
    receipt_series: int
    enrolled_at: int
    outbox_base: int = 0
    epoch: int = 0
    settled_number: int = 0
    projected_number: int = 0
    clock_offset_us: int = 0
    consistent_at: int | None = None
    succession: bytes = b""
    successor: bytes = b""
    fingerprint: str = ""
    openings: int = 0
    schema_filled: int = SCHEMA_VERSION
    is_indexed: bool = True


_FIELDS = tuple(DeviceIdentity.__dataclass_fields__)
# Every cycle reads it several times: in the driver's own values, and turned into ours here.
_READ = f"SELECT {', '.join(_FIELDS)} FROM identity"
_IDS = tuple(at for at, name in enumerate(_FIELDS) if name in {"device_id", "store_id", "incarnation"})
_IS_INDEXED = _FIELDS.index("is_indexed")


def find_identity(connection: Connection) -> DeviceIdentity | None:
    """The identity, or None before enrolment."""
    row = connection.exec_driver_sql(_READ).first()
    if row is None:
        return None
    values = list(row)
    for at in _IDS:
        values[at] = uuid.UUID(bytes=values[at])
    values[_IS_INDEXED] = bool(values[_IS_INDEXED])
    return DeviceIdentity(*values)


def identity_of(connection: Connection) -> DeviceIdentity:
    """The identity.

    Raises:
        UserError: ``not_enrolled``.
    """
    found = find_identity(connection)
    if found is None:
        raise UserError(
            "not_enrolled", "This device has not joined a shop yet. Ask the office for a code and enrol it first."
        )
    return found


def write_identity(connection: Connection, identity: DeviceIdentity) -> None:
    """Make this the device's identity."""
    connection.execute(delete(Identity))
    connection.execute(insert(Identity).values(slot=1, **{name: getattr(identity, name) for name in _FIELDS}))


def change_identity(connection: Connection, **values: object) -> None:
    """Change some of its fields."""
    settings = ", ".join(f"{name} = ?" for name in values)
    stored = tuple(value.bytes if isinstance(value, uuid.UUID) else value for value in values.values())
    connection.exec_driver_sql(f"UPDATE identity SET {settings}", stored)


def prepare_successor(connection: Connection) -> None:
    """Draw the secret that the next push hands on, where none is drawn yet.

    Called in a clerk's transaction that leaves something to push: so it is on the disk for good before it is sent, and
    no push has to wait for a transaction of its own.
    """
    connection.exec_driver_sql("UPDATE identity SET successor = ? WHERE successor = x''", (new_key(),))


def start_new_incarnation(
    connection: Connection, incarnation: uuid.UUID, first_waiting: int, *, series: int = 0
) -> DeviceIdentity:
    """This device is a copy of another, was restored or joined anew: count the outbox anew in a new receipt series.

    Nothing is skipped: what waits is sent again under the new count, from ``first_waiting`` on, and what the server has
    of it already it knows by its identifiers.

    Args:
        connection: the transaction.
        incarnation: a fresh identifier.
        first_waiting: the lowest outbox number that waits.
        series: the receipt series the server gave; 0: one that no other copy comes upon (``copy_series``).
    """
    change_identity(
        connection,
        incarnation=incarnation,
        outbox_base=first_waiting - 1,
        receipt_series=series or copy_series(incarnation),
        succession=b"",
        successor=b"",
    )
    return identity_of(connection)
