"""What revision 0002 does beyond the models: moving what is there. Called at the end of its upgrade."""

from __future__ import annotations

from sqlalchemy import Connection, text

from sync_server.db.feed_check import REBUILD_BUCKETS, restamp_statements

_KEEP_VERSION_BEFORE = """
CREATE FUNCTION sync_keep_version_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO version_before AS known (entity, id, epoch, version)
    VALUES (NEW.entity, NEW.id, (NEW.version >> 40) + 1, OLD.version)
    ON CONFLICT (entity, id, epoch) DO UPDATE SET version = greatest(known.version, EXCLUDED.version);
    RETURN NULL;
END $$
"""
"""When an epoch first changes an aggregate, the version it came with is kept (table ``version_before``)."""

_KEEP_VERSION_BEFORE_TRIGGER = """
CREATE TRIGGER sync_keep_version_before AFTER UPDATE OF version ON sync_row FOR EACH ROW
WHEN ((OLD.version >> 40) < (NEW.version >> 40)) EXECUTE FUNCTION sync_keep_version_before()
"""


_PRICE_ONCE_MORE = """
INSERT INTO sale_check (sale_id, store_id, device_id, received_at)
SELECT id, store_id, device_id, sealed_at FROM sale
ON CONFLICT (sale_id) DO NOTHING
"""
"""Sales from before are priced once more like those that come."""


def upgrade(connection: Connection) -> None:
    """After the new tables and columns are there."""
    for statement in (_KEEP_VERSION_BEFORE, _KEEP_VERSION_BEFORE_TRIGGER, _PRICE_ONCE_MORE):
        connection.execute(text(statement))


def downgrade(connection: Connection) -> None:
    """Before they go."""
    connection.execute(text("DROP FUNCTION IF EXISTS sync_keep_version_before() CASCADE"))


def restamp(connection: Connection) -> None:
    """With the feed back on: fill the buckets, and touch what other scopes hold now (stock levels have their own)."""
    for statement in (*REBUILD_BUCKETS, *restamp_statements()):
        connection.exec_driver_sql(statement)
