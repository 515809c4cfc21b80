"""What is left of a migration pull, on the disk: which entities of which scopes are still to be fetched anew."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from desktop.replica import cursors
from desktop.replica.identity import change_identity
from shared.schema.base import ScopeRule
from shared.schema.registry import AGGREGATES, SCHEMA_AT_LEAST
from shared.sync.projection import changed_since

_SCOPES_OF_RULE = {
    ScopeRule.CATALOGUE: ("catalogue",),
    ScopeRule.STORE: ("store:",),
    ScopeRule.KNOWN_STORES: ("store:",),
    ScopeRule.STOCK: ("stock:",),
    ScopeRule.STORE_OR_CATALOGUE: ("catalogue", "store:"),
    ScopeRule.SALES_WEEK: ("sales:",),
    ScopeRule.NOWHERE: (),
}


@dataclass(frozen=True, slots=True)
class FillTask:
    """One entity of one scope; rows up to ``after`` are here."""

    scope: str
    entity: str
    after: bytes


def begin(connection: Connection, schema_filled: int) -> None:
    """Note everything that schemas after ``schema_filled`` added; what was noted before stays as far as it is."""
    for scope in cursors.cursors(connection):
        for entity in changed_since(max(schema_filled, SCHEMA_AT_LEAST)):
            if scope.startswith(_SCOPES_OF_RULE[AGGREGATES[entity].scope] or ("~",)):
                connection.exec_driver_sql(
                    "INSERT INTO schema_fill (scope, entity, after, is_done) VALUES (?, ?, x'', 0) "
                    "ON CONFLICT DO NOTHING",
                    (scope, entity),
                )


def next_task(connection: Connection) -> FillTask | None:
    """What is to be fetched next; None when everything is here."""
    row = connection.exec_driver_sql(
        "SELECT scope, entity, after FROM schema_fill WHERE NOT is_done ORDER BY scope, entity LIMIT 1"
    ).first()
    return None if row is None else FillTask(*row)


def note(connection: Connection, task: FillTask, after: bytes, *, is_done: bool) -> None:
    """Rows up to ``after`` are here; written with them."""
    connection.exec_driver_sql(
        "UPDATE schema_fill SET after = ?, is_done = ? WHERE scope = ? AND entity = ?",
        (after, int(is_done), task.scope, task.entity),
    )


def finish(connection: Connection, schema: int) -> None:
    """Everything is here as ``schema`` has it."""
    connection.exec_driver_sql("DELETE FROM schema_fill")
    change_identity(connection, schema_filled=schema)
