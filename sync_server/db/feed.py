"""The SQL of the feed, generated from ``shared.schema.registry``: capture triggers and the stamping at commit.

How it works, for any writer (a worker, psql, COPY):

1. A statement-level trigger on each table of each aggregate notes the roots that the statement touched, one row per
   statement in ``sync_touch``, and once per transaction a row in ``sync_marker``. A child notes its old and new parent.
2. The marker row carries a deferred constraint trigger, so ``sync_stamp_transaction`` runs inside COMMIT. It takes the
   rows of all scopes concerned in sorted order, works out again (nothing can change any more) which scopes hold each
   touched aggregate, and gives dense positions per scope, one higher version per aggregate, and a random mark.
3. The scope rows stay locked until the commit is done, so positions appear in commit order and without gaps.

Writers use READ COMMITTED. A writer under REPEATABLE READ may get a serialization failure (SQLSTATE 40001) at COMMIT
when somebody else stamped the same scope since its snapshot; nothing is lost, it tries again.
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.schema.base import ScopeRule
from shared.schema.registry import AGGREGATES, CATALOGUE_SCOPE, Aggregate

_SCOPE_SQL = {
    ScopeRule.CATALOGUE: f"'{CATALOGUE_SCOPE}'",
    ScopeRule.STORE: "'store:' || root.store_id",
    ScopeRule.STORE_OR_CATALOGUE: f"coalesce('store:' || root.store_id, '{CATALOGUE_SCOPE}')",
    ScopeRule.SALES_WEEK: """'sales:' || root.store_id || ':' || to_char(root.business_date, 'IYYY-"W"IW')""",
}
"""The SQL twins of ``registry.scopes_of``; a test holds the two against each other."""

_TRANSACTION = "pg_current_xact_id()::text::bigint"
_MARKED = "counterfoil.marked"

_REFUSE_TRUNCATE = """
CREATE FUNCTION sync_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
        MESSAGE = 'TRUNCATE of ' || TG_TABLE_NAME || ' is refused: devices would not be told; use DELETE';
END $$
"""

# A local setting remembers that the marker is there; it is undone with the savepoint that the marker is undone with.
_NOTE = f"""
CREATE FUNCTION sync_note(noted_entity text, noted_ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    this_xact bigint := {_TRANSACTION};
BEGIN
    INSERT INTO sync_touch (xact, entity, ids) VALUES (this_xact, noted_entity, noted_ids);
    IF current_setting('{_MARKED}', true) IS DISTINCT FROM this_xact::text THEN
        INSERT INTO sync_marker (xact) VALUES (this_xact);
        PERFORM set_config('{_MARKED}', this_xact::text, true);
    END IF;
END $$
"""


def _capture_function(column: str) -> str:
    """What notes the roots of a statement's rows; ``column`` holds the root's id, the trigger's argument the entity."""
    return f"""
CREATE FUNCTION sync_capture_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
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
        f"        SELECT root.id, {_SCOPE_SQL[aggregate.scope]} FROM {aggregate.root.name} AS root"
        " WHERE root.id = ANY(wanted_ids);"
        for aggregate in _fed_aggregates()
    )
    return f"""
CREATE FUNCTION sync_memberships(wanted_entity text, wanted_ids uuid[])
RETURNS TABLE (member_id uuid, member_scope text) LANGUAGE plpgsql STABLE AS $$
BEGIN
    CASE wanted_entity
{branches}
    END CASE;
END $$
"""


# The plans of these statements are kept, often from when the tables were empty: without sequential scans they stay
# right when the tables have grown. OFFSET 0 keeps a look-up a look-up, one probe of the index for each touched
# aggregate, so that a transaction of thousands of rows is stamped in linear time.
_STAMP = f"""
CREATE FUNCTION sync_stamp_transaction() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    this_xact bigint := {_TRANSACTION};
    this_mark bytea := uuid_send(gen_random_uuid());
    entities text[]; ids uuid[]; scopes text[]; states text[];
    wanted text[]; locked text[] := '{{}}'; wanted_scope text;
BEGIN
    LOOP
        WITH touched AS MATERIALIZED (
            SELECT t.entity, array_agg(DISTINCT i.id) AS ids
            FROM sync_touch AS t CROSS JOIN LATERAL unnest(t.ids) AS i (id)
            WHERE t.xact = this_xact GROUP BY t.entity
        ),
        member AS MATERIALIZED (
            SELECT t.entity, m.member_id AS id, m.member_scope AS scope
            FROM touched AS t CROSS JOIN LATERAL sync_memberships(t.entity, t.ids) AS m
        ),
        former AS MATERIALIZED (
            SELECT r.entity, r.id, s.name AS scope
            FROM touched AS t CROSS JOIN LATERAL unnest(t.ids) AS i (id)
            CROSS JOIN LATERAL (
                SELECT live.entity, live.id, live.scope_id FROM sync_row AS live
                WHERE live.entity = t.entity AND live.id = i.id AND live.state = 'live' OFFSET 0
            ) AS r
            JOIN sync_scope AS s ON s.id = r.scope_id
        ),
        gone AS MATERIALIZED (
            SELECT entity, id, scope FROM former EXCEPT SELECT entity, id, scope FROM member
        ),
        outcome AS (
            SELECT entity, id, scope, 'live' AS state FROM member
            UNION ALL
            SELECT g.entity, g.id, g.scope,
                   CASE WHEN (g.entity, g.id) IN (SELECT m.entity, m.id FROM member AS m) THEN 'left' ELSE 'deleted' END
            FROM gone AS g
        )
        SELECT array_agg(o.entity), array_agg(o.id), array_agg(o.scope), array_agg(o.state),
               array_agg(DISTINCT o.scope) FILTER (WHERE o.scope <> ALL (locked))
        INTO entities, ids, scopes, states, wanted
        FROM outcome AS o;
        EXIT WHEN wanted IS NULL;
        FOREACH wanted_scope IN ARRAY (SELECT array_agg(w ORDER BY w COLLATE "C") FROM unnest(wanted) AS w) LOOP
            PERFORM FROM sync_scope WHERE name = wanted_scope FOR UPDATE;
            IF NOT FOUND THEN
                INSERT INTO sync_scope (name) VALUES (wanted_scope) ON CONFLICT (name) DO NOTHING;
                PERFORM FROM sync_scope WHERE name = wanted_scope FOR UPDATE;
            END IF;
        END LOOP;
        locked := locked || wanted;
    END LOOP;

    WITH outcome AS MATERIALIZED (
        SELECT * FROM unnest(entities, ids, scopes, states) AS o (entity, id, scope, state)
    ),
    stamped AS (
        INSERT INTO sync_row AS r (entity, id, scope_id, position, version, state)
        SELECT o.entity, o.id, s.id,
               s.position + row_number() OVER (PARTITION BY s.id ORDER BY o.entity COLLATE "C", o.id),
               v.version, o.state
        FROM outcome AS o JOIN sync_scope AS s ON s.name = o.scope
        CROSS JOIN LATERAL (
            SELECT coalesce(max(known.version), 0) + 1 AS version
            FROM sync_row AS known WHERE known.entity = o.entity AND known.id = o.id
        ) AS v
        ORDER BY o.entity COLLATE "C", o.id, s.id
        ON CONFLICT (entity, id, scope_id) DO UPDATE
        SET position = EXCLUDED.position, version = EXCLUDED.version, state = EXCLUDED.state
    ),
    headed AS (
        UPDATE sync_scope AS s SET position = s.position + c.rows, mark = this_mark
        FROM (SELECT scope, count(*) AS rows FROM outcome GROUP BY scope) AS c
        WHERE s.name = c.scope
        RETURNING s.id, s.position
    )
    INSERT INTO sync_stamp (scope_id, position, mark) SELECT h.id, h.position, this_mark FROM headed AS h;

    DELETE FROM sync_touch WHERE xact = this_xact;
    DELETE FROM sync_marker WHERE xact = this_xact;
    PERFORM set_config('{_MARKED}', '', true);
    RETURN NULL;
END $$
"""

_STAMP_TRIGGER = """
CREATE CONSTRAINT TRIGGER sync_stamp AFTER INSERT ON sync_marker
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sync_stamp_transaction()
"""


def _fed_aggregates() -> list[Aggregate]:
    return [aggregate for aggregate in AGGREGATES.values() if aggregate.scope is not ScopeRule.NOWHERE]


def _root_column(parent_column: str) -> str:
    return parent_column or "id"


def _table_triggers(table: str, entity: str, column: str) -> Iterator[str]:
    transitions = {
        "insert": "REFERENCING NEW TABLE AS new_rows",
        "update": "REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows",
        "delete": "REFERENCING OLD TABLE AS old_rows",
    }
    for event, rows in transitions.items():
        yield (
            f"CREATE TRIGGER sync_capture_{event} AFTER {event.upper()} ON {table} {rows} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_{column}('{entity}')"
        )


def install_statements() -> list[str]:
    """Everything that installs the feed on the tables as they are, in order."""
    fed = [(aggregate, table) for aggregate in _fed_aggregates() for table in aggregate.tables]
    columns = sorted({_root_column(table.parent_column) for _, table in fed})
    statements = [_REFUSE_TRUNCATE, _NOTE, _memberships_function(), _STAMP, _STAMP_TRIGGER]
    statements += [_capture_function(column) for column in columns]
    for aggregate, table in fed:
        statements += _table_triggers(table.name, aggregate.entity, _root_column(table.parent_column))
    statements += [
        f"CREATE TRIGGER sync_refuse_truncate BEFORE TRUNCATE ON {table.name} "
        "FOR EACH STATEMENT EXECUTE FUNCTION sync_refuse_truncate()"
        for aggregate in AGGREGATES.values()
        for table in aggregate.tables
    ]
    return statements


def remove_statements() -> list[str]:
    """Everything that takes the feed off again; triggers go with their functions."""
    fed = [table for aggregate in _fed_aggregates() for table in aggregate.tables]
    columns = sorted({_root_column(table.parent_column) for table in fed})
    functions = ["sync_refuse_truncate()", "sync_stamp_transaction()", *[f"sync_capture_{c}()" for c in columns]]
    functions += ["sync_note(text, uuid[])", "sync_memberships(text, uuid[])"]
    return [f"DROP FUNCTION IF EXISTS {function} CASCADE" for function in functions]
