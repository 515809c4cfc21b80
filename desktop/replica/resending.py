"""Sending again what a restored server has lost: mutations go back into the queue, and what is shown stays right.

Edits that had been settled are pending again, so they are laid over what comes down; their aggregates get a base copy
for it. A movement of stock that the levels here still include is kept aside, and counts as expected from the moment in
which a level comes that does not include it: shown stock is the same before and after.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from desktop.replica import overlay
from desktop.replica.identity import change_identity, identity_of
from desktop.replica.outbox import DAMAGED, last_number
from desktop.replica.repositories.device_values import device_value, save_device_value
from desktop.replica.rows import aggregate_of, python_row
from shared.stock import movements_of_sale
from shared.sync.operations import Verb, decode_arguments
from shared.sync.projection import widened
from shared.sync.wire import Payload, Row

_EPOCH = "sync.epoch"
_WITNESS = "sync.witness"
_PREPARED_AT_ONCE = 50
_LEVEL_STORE, _LEVEL_VARIANT = 1, 2


@dataclass(frozen=True, slots=True)
class _Line:
    """What a stored sale line says about stock; implements ``shared.stock.SoldLine``."""

    id: UUID
    variant_id: UUID | None
    kind: str
    quantity: int
    disposition: str
    removed_at: int | None


def known_epoch(connection: Connection) -> int:
    """The server's history that this device has come to terms with; 0 where it knows none yet."""
    stored = device_value(connection, _EPOCH)
    return max(identity_of(connection).epoch, stored if isinstance(stored, int) else 0)


def witness(connection: Connection) -> bytes:
    """The server's signed word on how far its history had come, as a pull brought it last; empty where none did."""
    stored = device_value(connection, _WITNESS)
    return bytes.fromhex(stored) if isinstance(stored, str) else b""


def keep_witness(connection: Connection, brought: bytes) -> None:
    """Keep what an answer brought; nothing where it brought none."""
    if brought:
        save_device_value(connection, _WITNESS, brought.hex())


def begin(connection: Connection) -> None:
    """Before ``prepare``: nothing is kept from an attempt that broke off."""
    connection.exec_driver_sql("DELETE FROM resent_stock")


def prepare(connection: Connection, after: int, *, last: int, projected: int) -> int | None:
    """Make the next mutations above ``after`` ready to be pending again; gives the last of them, None where none is.

    Safe to do again after a crash. Numbers are the outbox's.

    Args:
        connection: the transaction.
        after: how far this has come.
        last: the highest that the server has.
        projected: the highest that its stock levels include.
    """
    rows = connection.exec_driver_sql(
        "SELECT number, name, arguments, entity, entity_id FROM outbox "
        "WHERE number > ? AND state <> 'waiting' AND length(arguments) > 0 AND code <> ? ORDER BY number LIMIT ?",
        (after, DAMAGED, _PREPARED_AT_ONCE),
    ).all()
    for number, name, arguments, entity, entity_id in rows:
        verb = Verb(name.rpartition(".")[2])
        if verb is Verb.RECORD:
            if number > projected:
                _keep_movements(connection, number, entity, decode_arguments(arguments))
        elif number > last:
            overlay.keep_base(connection, aggregate_of(entity), entity_id)
    return int(rows[-1][0]) if rows else None


def take_up(connection: Connection, epoch: int, *, last: int, projected: int) -> int:
    """Put what the server lacks back into the queue, and come to terms with its epoch; gives how many.

    What it had refused stays refused: it goes along for its number's sake, and says so.

    Args:
        connection: the transaction.
        epoch: the server's history from now on.
        last: the highest of this device's mutations that the server has (the outbox's number).
        projected: the highest that its stock levels include.
    """
    me = identity_of(connection)
    count = connection.exec_driver_sql(
        "UPDATE outbox SET state = 'waiting', answered_at = NULL WHERE number > ? AND state <> 'waiting'",
        (max(last, me.outbox_base),),
    ).rowcount
    change_identity(
        connection,
        settled_number=min(me.settled_number, last),
        projected_number=min(me.projected_number, projected),
    )
    save_device_value(connection, _EPOCH, epoch)
    return count


def refused_before(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Those of the waiting mutations that were refused once: (code, message) by outbox number."""
    if not numbers:
        return {}
    rows = connection.exec_driver_sql(
        "SELECT number, code, message FROM outbox WHERE state = 'waiting' AND number BETWEEN ? AND ? AND code <> ''",
        (numbers[0], numbers[-1]),
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def first_kept(connection: Connection, after: int) -> int:
    """The lowest number above ``after`` that the outbox still holds; the next to be given where there is none."""
    found = connection.exec_driver_sql("SELECT min(number) FROM outbox WHERE number > ?", (after,)).scalar()
    return last_number(connection) + 1 if found is None else int(found)


def own_movements(connection: Connection, after: bytes, count: int) -> list[tuple[bytes, Payload]]:
    """The next stock movements made by hand here, by id; no scope holds them, so only this device has them."""
    aggregate = aggregate_of("stock_movement")
    columns = ", ".join(aggregate.root.column_names)
    rows = connection.exec_driver_sql(
        f"SELECT {columns} FROM stock_movement WHERE id > ? ORDER BY id LIMIT ?", (after, count)
    )
    return [(row[0], (list(row), {})) for row in rows]


def expect_again(connection: Connection, levels: Iterable[Row], projected: int) -> None:
    """Levels of a restored server came: the own movements they lack are expected on top of them again."""
    if connection.exec_driver_sql("SELECT 1 FROM resent_stock LIMIT 1").first() is None:
        return
    for row in levels:
        root = row.payload[0]
        _expect(
            connection, projected, " AND store_id = ? AND variant_id = ?", (root[_LEVEL_STORE], root[_LEVEL_VARIANT])
        )


def expect_rest(connection: Connection, projected: int) -> None:
    """At a consistent point: the server has no level at all for what is left."""
    _expect(connection, projected, "", ())


def _expect(connection: Connection, projected: int, which: str, values: tuple[object, ...]) -> None:
    connection.exec_driver_sql(
        "INSERT INTO expected_stock (number, store_id, variant_id, quantity) "
        f"SELECT number, store_id, variant_id, quantity FROM resent_stock WHERE number > ?{which} "
        "ON CONFLICT DO NOTHING",
        (projected, *values),
    )
    connection.exec_driver_sql(f"DELETE FROM resent_stock WHERE true{which}", values)


def _keep_movements(connection: Connection, number: int, entity: str, arguments: dict[str, object]) -> None:
    """Keep a mutation's movements aside, unless the levels here do not include them yet either."""
    is_expected = connection.exec_driver_sql("SELECT 1 FROM expected_stock WHERE number = ? LIMIT 1", (number,)).first()
    if is_expected is not None:
        return
    sums: dict[tuple[bytes, bytes], int] = {}
    for store, variant, quantity in _movements(entity, msgspec.convert(arguments["row"], Payload)):
        sums[store, variant] = sums.get((store, variant), 0) + quantity
    for (store, variant), quantity in sums.items():
        connection.exec_driver_sql(
            "INSERT INTO resent_stock (number, store_id, variant_id, quantity) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            (number, store, variant, quantity),
        )


def _movements(entity: str, payload: Payload) -> Iterator[tuple[bytes, bytes, int]]:
    """(store, variant, thousandths) of a recorded fact, be it of a former version of this program."""
    aggregate = aggregate_of(entity)
    payload = widened(entity, payload)
    root = dict(zip(aggregate.root.column_names, payload[0], strict=True))
    if entity == "stock_movement":
        yield cast("bytes", root["store_id"]), cast("bytes", root["variant_id"]), cast("int", root["quantity"])
    elif entity == "sale":
        table = next(child for child in aggregate.children if child.name == "sale_line")
        rows = [python_row(table, values) for values in payload[1]["sale_line"]]
        for movement in movements_of_sale(_line(row) for row in rows):
            yield cast("bytes", root["store_id"]), movement.variant_id.bytes, movement.quantity


def _line(row: Mapping[str, object]) -> _Line:
    return _Line(
        id=cast("UUID", row["id"]),
        variant_id=cast("UUID | None", row["variant_id"]),
        kind=str(row["kind"]),
        quantity=cast("int", row["quantity"]),
        disposition=str(row["disposition"]),
        removed_at=cast("int | None", row["removed_at"]),
    )
