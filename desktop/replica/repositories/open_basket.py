"""The basket being rung up, kept so that a crash comes back to it: a header, and one small row per line."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from desktop.replica.schema import OpenBasket, OpenBasketLine

_SLOT = 1


@dataclass(frozen=True, slots=True)
class StoredBasket:
    """What was kept: the header's JSON object and (id, JSON object) of each line in order."""

    header: Mapping[str, object]
    lines: Sequence[tuple[uuid.UUID, Mapping[str, object]]]


def load_basket(connection: Connection) -> StoredBasket:
    """The basket as it was after the last committed step; empty if there never was one."""
    header = connection.execute(select(OpenBasket.header).where(OpenBasket.slot == _SLOT)).scalar_one_or_none()
    rows = connection.execute(
        select(OpenBasketLine.id, OpenBasketLine.line)
        .where(OpenBasketLine.slot == _SLOT)
        .order_by(OpenBasketLine.position)
    )
    lines = []
    for line_id, line in rows:
        assert isinstance(line, dict)
        lines.append((line_id, line))
    assert header is None or isinstance(header, dict)
    return StoredBasket(header or {}, lines)


def save_header(connection: Connection, header: Mapping[str, object], changed_at: int) -> None:
    """Write the header (customer, discounts, payments, what stands in the way …)."""
    values = {"header": dict(header), "changed_at": changed_at}
    connection.execute(
        insert(OpenBasket).values(slot=_SLOT, **values).on_conflict_do_update(index_elements=["slot"], set_=values)
    )


def save_line(connection: Connection, line_id: uuid.UUID, position: int, line: Mapping[str, object]) -> None:
    """Write one line, new or changed; the header must have been written once before."""
    values = {"position": position, "line": dict(line)}
    connection.execute(
        insert(OpenBasketLine)
        .values(id=line_id, slot=_SLOT, **values)
        .on_conflict_do_update(index_elements=["id"], set_=values)
    )


def delete_lines(connection: Connection) -> None:
    """Take every line out."""
    connection.execute(delete(OpenBasketLine).where(OpenBasketLine.slot == _SLOT))
