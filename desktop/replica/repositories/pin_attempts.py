"""Wrong PINs per person on this device."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from desktop.replica.schema import PinAttempt


@dataclass(frozen=True, slots=True)
class Attempts:
    """How many wrong PINs in a row, and until when (UTC microseconds) no PIN is looked at."""

    failed: int = 0
    delayed_until: int = 0


def attempts_of(connection: Connection, user_id: uuid.UUID) -> Attempts:
    """The wrong PINs of a person since the last right one."""
    row = connection.execute(
        select(PinAttempt.failed, PinAttempt.delayed_until).where(PinAttempt.user_id == user_id)
    ).first()
    return Attempts() if row is None else Attempts(*row)


def save_failure(connection: Connection, user_id: uuid.UUID, failed: int, at: int, delayed_until: int) -> None:
    """Remember one more wrong PIN."""
    values = {"failed": failed, "last_failed_at": at, "delayed_until": delayed_until}
    connection.execute(
        insert(PinAttempt)
        .values(user_id=user_id, **values)
        .on_conflict_do_update(index_elements=["user_id"], set_=values)
    )


def forget_failures(connection: Connection, user_id: uuid.UUID) -> None:
    """Forget the wrong PINs of a person who got it right."""
    connection.execute(delete(PinAttempt).where(PinAttempt.user_id == user_id))
