"""The SQL of the feed, generated from ``shared.schema.registry``: capture triggers and the stamping at commit.

How it works, for any writer (a worker, psql, COPY):

1. A statement-level trigger on each table of each aggregate, and on each of its partitions for what is written straight
   into one, notes the roots that the statement touched, one row per statement in ``sync_touch``, and once per
   transaction a row in ``sync_marker``. A child notes its old and new parent.
2. The marker row carries a deferred constraint trigger, so ``sync_stamp_transaction`` (``feed_stamp``) runs inside
   COMMIT. It takes the rows of all scopes concerned in sorted order, works out again (nothing can change any more)
   which scopes hold each touched aggregate, and gives dense positions per scope, one higher version per aggregate, and
   a random mark. In the same breath it adds to and takes from the buckets by which the scope is verified.
3. The scope rows stay locked until the commit is done, so positions appear in commit order and without gaps.

Writers use READ COMMITTED. A writer under REPEATABLE READ may get a serialization failure (SQLSTATE 40001) at COMMIT
when somebody else stamped the same scope since its snapshot; nothing is lost, it tries again. A partition that is
attached later is covered by ``cover_statement`` (at each installation, and by housekeeping); what was written into it
before that is found by ``feed_check`` and stamped then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shared.schema.base import ScopeRule
from shared.schema.registry import AGGREGATES, CATALOGUE_SCOPE, Aggregate
from sync_server.db.feed_stamp import LEAF, MARKED, STAMP, STAMP_TRIGGER, TRANSACTION
from sync_server.db.tables.customers import customer_store

EDITION = 3
"""Rises with every change of what ``install_statements`` gives; a database with an earlier edition gets this one. A
later one stays: while a new version is rolled out, a worker of the old one must not take it back."""

_EDITION_NOTE = "Counterfoil feed, edition "

_SCOPE_SQL = {
    ScopeRule.CATALOGUE: f"'{CATALOGUE_SCOPE}'",
    ScopeRule.STORE: "'store:' || root.store_id",
    ScopeRule.KNOWN_STORES: "'store:' || root.store_id",
    ScopeRule.STOCK: "'stock:' || root.store_id",
    ScopeRule.STORE_OR_CATALOGUE: f"coalesce('store:' || root.store_id, '{CATALOGUE_SCOPE}')",
    ScopeRule.SALES_WEEK: """'sales:' || root.store_id || ':' || to_char(root.business_date, 'IYYY-"W"IW')""",
}
"""The SQL twins of ``registry.scopes_of``; a test holds the two against each other."""

_KNOWN_TO = f"""
    UNION
    SELECT root.id, 'store:' || held.store_id
    FROM {{table}} AS root JOIN {customer_store.name} AS held ON held.customer_id = root.id"""
"""The stores that know a customer besides the home store."""

_REFUSE_TRUNCATE = """
CREATE OR REPLACE FUNCTION sync_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
        MESSAGE = 'TRUNCATE of ' || TG_TABLE_NAME || ' is refused: devices would not be told; use DELETE';
END $$
"""

# A local setting remembers that the marker is there; it is undone with the savepoint that the marker is undone with.
_NOTE = f"""
CREATE OR REPLACE FUNCTION sync_note(noted_entity text, noted_ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    this_xact bigint := {TRANSACTION};
BEGIN
    INSERT INTO sync_touch (xact, entity, ids) VALUES (this_xact, noted_entity, noted_ids);
    IF current_setting('{MARKED}', true) IS DISTINCT FROM this_xact::text THEN
        INSERT INTO sync_marker (xact) VALUES (this_xact);
        PERFORM set_config('{MARKED}', this_xact::text, true);
    END IF;
END $$
"""

# A statement on the parent fires the parent's triggers, with the rows of every partition; one on a partition only the
# partition's own. So both carry them, and nothing is noted twice.
_COVER = """
CREATE OR REPLACE FUNCTION sync_cover(fed regclass, fed_entity text, root_column text) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    lacking record; made integer := 0;
BEGIN
    FOR lacking IN
        WITH RECURSIVE family AS (
            SELECT fed::oid AS id UNION SELECT i.inhrelid FROM pg_inherits AS i JOIN family AS f ON i.inhparent = f.id
        )
        SELECT f.id::regclass AS place, w.name, w.event, w.rows
        FROM family AS f CROSS JOIN (VALUES
            ('sync_capture_insert', 'INSERT', 'REFERENCING NEW TABLE AS new_rows'),
            ('sync_capture_update', 'UPDATE', 'REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows'),
            ('sync_capture_delete', 'DELETE', 'REFERENCING OLD TABLE AS old_rows'),
            ('sync_refuse_truncate', 'TRUNCATE', '')
        ) AS w (name, event, rows)
        WHERE (fed_entity <> '' OR w.event = 'TRUNCATE')
          AND NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = f.id AND t.tgname = w.name)
    LOOP
        EXECUTE 'CREATE TRIGGER ' || lacking.name
            || CASE WHEN lacking.event = 'TRUNCATE' THEN ' BEFORE ' ELSE ' AFTER ' END || lacking.event
            || ' ON ' || lacking.place || ' ' || lacking.rows || ' FOR EACH STATEMENT EXECUTE FUNCTION '
            || CASE WHEN lacking.event = 'TRUNCATE' THEN 'sync_refuse_truncate()'
                    ELSE 'sync_capture_' || root_column || '(' || quote_literal(fed_entity) || ')' END;
        made := made + 1;
    END LOOP;
    RETURN made;
END $$
"""


@dataclass(frozen=True, slots=True)
class FedTable:
    """A table that the feed captures: the entity it belongs to and the column with the root's id.

    Without an entity nothing is captured, TRUNCATE is refused all the same.
    """

    name: str
    entity: str
    root_column: str


def fed_tables() -> list[FedTable]:
    """Every table that says something about an aggregate, the stores that know a customer included."""
    found = [
        FedTable(
            table.name,
            "" if aggregate.scope is ScopeRule.NOWHERE else aggregate.entity,
            table.parent_column or "id",
        )
        for aggregate in AGGREGATES.values()
        for table in aggregate.tables
    ]
    return [*found, FedTable(customer_store.name, "customer", customer_store.c.customer_id.name)]


def fed_aggregates() -> list[Aggregate]:
    """The aggregates that some scope holds."""
    return [aggregate for aggregate in AGGREGATES.values() if aggregate.scope is not ScopeRule.NOWHERE]


def membership_select(aggregate: Aggregate, condition: str = "") -> str:
    """The query for (id, scope) of an aggregate as its tables have it; ``condition`` is about ``root``."""
    where = f" WHERE {condition}" if condition else ""
    branches = [f"SELECT root.id, {_SCOPE_SQL[aggregate.scope]} AS scope FROM {aggregate.root.name} AS root{where}"]
    if aggregate.scope is ScopeRule.KNOWN_STORES:
        branches.append(_KNOWN_TO.format(table=aggregate.root.name) + where)
    return "".join(branches)


def _capture_function(column: str) -> str:
    """What notes the roots of a statement's rows; ``column`` holds the root's id, the trigger's argument the entity."""
    return f"""
CREATE OR REPLACE FUNCTION sync_capture_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT {column}) INTO touched FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT {column}) INTO touched FROM old_rows;
    ELSE
        SELECT array_agg(noted.{column}) INTO touched
        FROM (SELECT {column} FROM new_rows UNION SELECT {column} FROM old_rows) AS noted;
    END IF;
    IF touched IS NOT NULL THEN
        PERFORM sync_note(TG_ARGV[0], touched);
    END IF;
    RETURN NULL;
END $$
"""


def _memberships_function() -> str:
    """Which scopes hold these aggregates now, from their root rows; an aggregate without a root is in none."""
    branches = "\n".join(
        f"    WHEN '{aggregate.entity}' THEN RETURN QUERY\n"
        f"        {membership_select(aggregate, 'root.id = ANY(wanted_ids)')};"
        for aggregate in fed_aggregates()
    )
    return f"""
CREATE OR REPLACE FUNCTION sync_memberships(wanted_entity text, wanted_ids uuid[])
RETURNS TABLE (member_id uuid, member_scope text) LANGUAGE plpgsql STABLE AS $$
BEGIN
    CASE wanted_entity
{branches}
    END CASE;
END $$
"""


def cover_statement() -> str:
    """Puts the triggers onto every fed table and partition that lacks some; gives how many were made."""
    return f"""
SELECT coalesce(sum(sync_cover(fed::regclass, entity, root_column)), 0)
FROM (VALUES {_fed_values()}) AS f (fed, entity, root_column)
"""


def uncovered_statement() -> str:
    """The fed tables and partitions that lack a trigger: what is written into them is not captured."""
    return f"""
WITH RECURSIVE family AS (
    SELECT fed::regclass::oid AS id, entity FROM (VALUES {_fed_values()}) AS f (fed, entity, root_column)
    UNION SELECT i.inhrelid, f.entity FROM pg_inherits AS i JOIN family AS f ON i.inhparent = f.id
)
SELECT DISTINCT f.id::regclass::text AS place
FROM family AS f CROSS JOIN (VALUES ('sync_capture_insert'), ('sync_capture_update'), ('sync_capture_delete'),
                                    ('sync_refuse_truncate')) AS w (name)
WHERE (f.entity <> '' OR w.name = 'sync_refuse_truncate')
  AND NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = f.id AND t.tgname = w.name AND t.tgenabled <> 'D')
ORDER BY place
"""


def _fed_values() -> str:
    return ", ".join(f"('{table.name}', '{table.entity}', '{table.root_column}')" for table in fed_tables())


def _captured_columns() -> list[str]:
    return sorted({table.root_column for table in fed_tables()})


def install_statements() -> Iterator[str]:
    """Everything that puts the feed onto the tables as they are, in order; may be run again at any time."""
    yield from (_REFUSE_TRUNCATE, _NOTE, _memberships_function(), LEAF, STAMP, *STAMP_TRIGGER, _COVER)
    yield from (_capture_function(column) for column in _captured_columns())
    yield cover_statement()
    yield f"COMMENT ON FUNCTION sync_stamp_transaction() IS '{_EDITION_NOTE}{EDITION}'"


def edition_statement() -> str:
    """Which edition a database has; 0 where it has none or one from before they were counted."""
    return f"""
SELECT coalesce(max(substring(obj_description(oid, 'pg_proc') FROM '^{_EDITION_NOTE}([0-9]+)$')::int), 0)
FROM pg_proc WHERE oid = to_regprocedure('sync_stamp_transaction()')
"""


def remove_statements() -> list[str]:
    """Everything that takes the feed off again; triggers go with their functions."""
    functions = ["sync_refuse_truncate()", "sync_stamp_transaction()"]
    functions += [f"sync_capture_{column}()" for column in _captured_columns()]
    functions += [
        "sync_note(text, uuid[])",
        "sync_memberships(text, uuid[])",
        "sync_cover(regclass, text, text)",
        "sync_leaf(text, uuid, bigint)",
    ]
    return [f"DROP FUNCTION IF EXISTS {function} CASCADE" for function in functions]
