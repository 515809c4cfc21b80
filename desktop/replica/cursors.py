"""How far each scope has been applied, and which scopes hold which aggregates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import Connection

from desktop.replica import buckets
from desktop.replica.buckets import VersionedId
from desktop.replica.rows import PARAMETERS_MAX, parts

_SET_ASIDE = "~"


@dataclass(frozen=True, slots=True)
class Held:
    """What is here of an aggregate: its newest version over all scopes, and that in one scope (0: not there).

    ``former`` is the newest version in scopes that are being filled anew: it does not count any more.
    """

    newest: int
    here: int
    former: int = 0


@dataclass(frozen=True, slots=True)
class ScopeCursor:
    """One scope's cursor; ``mark`` is the random value of the transaction that stamped the position."""

    number: int
    scope: str
    position: int
    mark: bytes


def cursors(connection: Connection) -> dict[str, ScopeCursor]:
    """All cursors by scope."""
    rows = connection.exec_driver_sql("SELECT number, scope, position, mark FROM cursor ORDER BY scope")
    return {row[1]: ScopeCursor(*row) for row in rows if not row[1].startswith(_SET_ASIDE)}


def position_of(connection: Connection, scope: str) -> int:
    """How far a scope has been applied; 0 where nothing of it has come yet."""
    return int(connection.exec_driver_sql("SELECT position FROM cursor WHERE scope = ?", (scope,)).scalar() or 0)


def cursor_for(connection: Connection, scope: str) -> ScopeCursor:
    """The cursor of a scope, made at position 0 where it is new."""
    connection.exec_driver_sql(
        "INSERT INTO cursor (scope, position, mark) VALUES (?, 0, x'') ON CONFLICT (scope) DO NOTHING", (scope,)
    )
    row = connection.exec_driver_sql("SELECT number, scope, position, mark FROM cursor WHERE scope = ?", (scope,)).one()
    return ScopeCursor(*row)


def move_cursor(connection: Connection, cursor: ScopeCursor, to_position: int, mark: bytes) -> None:
    """Say that everything up to ``to_position`` is applied."""
    connection.exec_driver_sql(
        "UPDATE cursor SET position = ?, mark = ? WHERE number = ?", (to_position, mark, cursor.number)
    )


def drop_cursor(connection: Connection, cursor: ScopeCursor) -> None:
    """Forget a scope's cursor and buckets."""
    buckets.forget(connection, cursor.number)
    connection.exec_driver_sql("DELETE FROM cursor WHERE number = ?", (cursor.number,))


def set_aside(connection: Connection, cursor: ScopeCursor) -> None:
    """The scope will be filled anew: keep its members, with their versions, under a cursor that stands for none."""
    buckets.forget(connection, cursor.number)
    connection.exec_driver_sql(
        "UPDATE cursor SET scope = ? WHERE number = ?", (f"{_SET_ASIDE}{cursor.number}", cursor.number)
    )


def cursors_set_aside(connection: Connection) -> list[ScopeCursor]:
    """What ``set_aside`` left."""
    rows = connection.exec_driver_sql(
        "SELECT number, scope, position, mark FROM cursor WHERE scope LIKE ? ORDER BY number", (f"{_SET_ASIDE}%",)
    )
    return [ScopeCursor(*row) for row in rows]


def known_versions(connection: Connection, entity: str, ids: Sequence[bytes]) -> dict[bytes, int]:
    """The highest version this device has of each aggregate, over all scopes."""
    found: dict[bytes, int] = {}
    for part in parts(ids, PARAMETERS_MAX):
        marks = ",".join("?" * len(part))
        rows = connection.exec_driver_sql(
            f"SELECT id, max(version) FROM membership WHERE entity = ? AND id IN ({marks}) GROUP BY id",
            (entity, *part),
        )
        found.update((row[0], row[1]) for row in rows)
    return found


def held_versions(connection: Connection, entity: str, ids: Sequence[bytes], scope_number: int) -> dict[bytes, Held]:
    """What is here of these aggregates, over all scopes and in this one; those that are not here are left out."""
    aside = ",".join(str(cursor.number) for cursor in cursors_set_aside(connection))
    found: dict[bytes, Held] = {}
    for part in parts(ids, PARAMETERS_MAX):
        marks = ",".join("?" * len(part))
        rows = connection.exec_driver_sql(
            f"SELECT id, max(CASE WHEN scope_number IN ({aside}) THEN 0 ELSE version END), "
            "max(CASE WHEN scope_number = ? THEN version ELSE 0 END), "
            f"max(CASE WHEN scope_number IN ({aside}) THEN version ELSE 0 END) FROM membership "
            f"WHERE entity = ? AND id IN ({marks}) GROUP BY id",
            (scope_number, entity, *part),
        )
        found.update((row[0], Held(row[1], row[2], row[3])) for row in rows)
    return found


def add_members(
    connection: Connection,
    entity: str,
    scope_number: int,
    members: Sequence[VersionedId],
    held: Mapping[bytes, Held],
) -> None:
    """Say that a scope holds these aggregates at these versions (never an older one than before).

    ``held`` is what ``held_versions`` gave for those of them that may be here already.
    """
    for part in parts(members, PARAMETERS_MAX // 4):
        places = ",".join(["(?,?,?,?)"] * len(part))
        values = ((entity, entity_id, scope_number, version) for entity_id, version in part)
        connection.exec_driver_sql(
            f"INSERT INTO membership (entity, id, scope_number, version) VALUES {places} "
            "ON CONFLICT (entity, id, scope_number) DO UPDATE SET version = max(version, excluded.version)",
            tuple(chain.from_iterable(values)),
        )
    if not held:
        buckets.change(connection, scope_number, entity, members, [])
        return
    before = {entity_id: each.here for entity_id, each in held.items() if each.here}
    added = [member for member in members if member[1] > before.get(member[0], 0)]
    taken = [(entity_id, before[entity_id]) for entity_id, _ in added if entity_id in before]
    buckets.change(connection, scope_number, entity, added, taken)


def correct_member(connection: Connection, entity: str, entity_id: bytes, scope_number: int, version: int) -> None:
    """A repair: make a scope hold an aggregate at exactly this version, higher or lower than before."""
    drop_members(connection, entity, [entity_id], scope_number)
    add_members(connection, entity, scope_number, [(entity_id, version)], {})


def drop_members(connection: Connection, entity: str, ids: Sequence[bytes], scope_number: int | None) -> list[bytes]:
    """Take aggregates out of one scope, or out of all (None). Gives those that no scope holds any more."""
    gone: list[bytes] = []
    for part in parts(ids, PARAMETERS_MAX):
        marks = ",".join("?" * len(part))
        within = "" if scope_number is None else f" AND scope_number = {int(scope_number)}"
        rows = connection.exec_driver_sql(
            f"DELETE FROM membership WHERE entity = ? AND id IN ({marks}){within} RETURNING scope_number, id, version",
            (entity, *part),
        )
        taken: dict[int, list[VersionedId]] = {}
        for number, entity_id, version in rows:
            taken.setdefault(number, []).append((entity_id, version))
        for number, versions in taken.items():
            buckets.change(connection, number, entity, [], versions)
        held = known_versions(connection, entity, part)
        gone.extend(each for each in part if each not in held)
    return gone


def members_of(connection: Connection, scope_number: int) -> dict[str, list[bytes]]:
    """Every aggregate of one scope: entity → ids."""
    found: dict[str, list[bytes]] = {}
    sql = "SELECT entity, id FROM membership WHERE scope_number = ?"
    for entity, entity_id in connection.exec_driver_sql(sql, (scope_number,)):
        found.setdefault(entity, []).append(entity_id)
    return found
