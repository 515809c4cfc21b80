"""A server of revision 0001 comes up with its feed: sums filled, stock levels moved to scopes of their own, devices told."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import Engine, text

from shared.clock import SystemClock
from shared.ids import TimeOrderedIds
from sync_server.db.feed import remove_statements
from sync_server.db.migrate import migrate, migration_config
from sync_server.db.sessions import Database
from sync_server.inventory.service import verify_stock
from sync_server.sample_shop.service import load_sample_shop
from sync_server.sync.integrity_service import verify_feed
from tests.helpers.postgres import fresh_database, postgres

__all__ = ["fresh_database", "postgres"]

# In revision 0001 a stock level was in the scope of its store.
_AS_IT_WAS = """
WITH levels AS (
    SELECT r.id, r.scope_id, replace(s.name, 'stock:', 'store:') AS store,
           row_number() OVER (PARTITION BY s.name ORDER BY r.id) AS place
    FROM sync_row r JOIN sync_scope s ON s.id = r.scope_id WHERE r.entity = 'stock_level'
)
UPDATE sync_row AS r SET scope_id = old.id, position = old.position + l.place
FROM levels l JOIN sync_scope old ON old.name = l.store WHERE r.id = l.id AND r.entity = 'stock_level'
"""
_HEADS = """
UPDATE sync_scope AS s SET position = (SELECT max(position) FROM sync_row WHERE scope_id = s.id)
WHERE EXISTS (SELECT FROM sync_row WHERE scope_id = s.id)
"""


def back_to_revision_1(engine: Engine) -> None:
    with engine.begin() as connection:
        for statement in remove_statements():
            connection.exec_driver_sql(statement)
        connection.execute(text(_AS_IT_WAS))
        connection.execute(text(_HEADS))
        connection.execute(text("DELETE FROM sync_scope WHERE name LIKE 'stock:%'"))
        command.downgrade(migration_config(connection), "0001")


@pytest.mark.scenario("Zero backfill", "the server's history of changes is carried over when its schema changes")
def test_given_a_shop_at_revision_1_when_brought_up_then_its_feed_is_whole_and_levels_have_their_own_scope(
    fresh_database: Database,
) -> None:
    clock = SystemClock()
    database = Database(fresh_database.engine, clock, TimeOrderedIds(clock))
    load_sample_shop(database)
    verify_stock(database)
    count = text(
        "SELECT split_part(s.name, ':', 1) AS scope, r.state, count(*) AS rows FROM sync_row r "
        "JOIN sync_scope s ON s.id = r.scope_id WHERE r.entity = 'stock_level' GROUP BY 1, 2"
    )
    with database.reading() as connection:
        levels = connection.execute(text("SELECT count(*) FROM stock_level")).scalar_one()
    back_to_revision_1(database.engine)
    with database.reading() as connection:
        assert [tuple(row) for row in connection.execute(count)] == [("store", "live", levels)]
    migrate(database.engine)
    assert verify_feed(database).agrees
    with database.reading() as connection:
        found = {(row.scope, row.state): row.rows for row in connection.execute(count)}
    assert found == {("stock", "live"): levels, ("store", "left"): levels}
