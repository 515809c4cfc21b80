"""Receipt numbers and the seal chain of this till; both move only in the transaction that seals a sale."""

from __future__ import annotations

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from desktop.replica.schema import ReceiptCounter, SealChain


def next_number(connection: Connection, series: int) -> int:
    """The number the next sealed sale of a series will get."""
    found = connection.execute(
        select(ReceiptCounter.next_number).where(ReceiptCounter.series == series)
    ).scalar_one_or_none()
    return 1 if found is None else found


def take_number(connection: Connection, series: int) -> int:
    """Take the next number of a series; it is used up when the transaction commits, and only then."""
    number = next_number(connection, series)
    connection.execute(
        insert(ReceiptCounter)
        .values(series=series, next_number=number + 1)
        .on_conflict_do_update(index_elements=["series"], set_={"next_number": number + 1})
    )
    return number


def last_seal(connection: Connection, series: int) -> bytes | None:
    """The seal of the series' last sale; None before the first."""
    return connection.execute(select(SealChain.seal).where(SealChain.series == series)).scalar_one_or_none()


def save_seal(connection: Connection, series: int, seal: bytes) -> None:
    """Remember the seal the next sale is chained to."""
    connection.execute(
        insert(SealChain)
        .values(series=series, seal=seal)
        .on_conflict_do_update(index_elements=["series"], set_={"seal": seal})
    )
