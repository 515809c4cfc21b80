"""The SQL of the stamping at commit: positions, versions, marks, and the buckets by which a scope is verified.

A version is above every version of an earlier epoch: ``greatest(known version, (epoch - 1) << 40) + 1``. So versions
compare as plain numbers, across restores too (decision 0011).

The sums of ``sync_bucket`` are kept as two halves of 32 bits, each added up on its own as a plain ``bigint``: no
numeric arithmetic, no overflow below two thousand million rows in one bucket, and what is taken away is exactly what
was added (decision 0012). ``shared.sync.buckets`` has the same arithmetic; a test holds the two against each other.
"""

from __future__ import annotations

from shared.schema.base import ScopeRule
from shared.schema.registry import AGGREGATES
from shared.sync.version import EPOCH_SHIFT

STAMPING = 5_303_301
"""The advisory lock that commits share, and that one holds alone which touches an aggregate nobody can see.

Its root may be in a commit that has stamped and is not visible yet. That commit is waited for; then the root is there,
and what joined it is stamped after it.
"""

TRANSACTION = "pg_current_xact_id()::text::bigint"
MARKED = "counterfoil.marked"

LEAF = """
CREATE OR REPLACE FUNCTION sync_leaf(leaf_entity text, leaf_id uuid, leaf_version bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT ('x' || encode(substring(sha256(
        convert_to(leaf_entity, 'UTF8') || '\\x00'::bytea || uuid_send(leaf_id) || int8send(leaf_version)
    ) FROM 1 FOR 8), 'hex'))::bit(64)::bigint
$$
"""
"""What a live row adds to its bucket: 64 bits, read as a signed number."""

LOW_HALF = 4_294_967_295
BUCKET_OF = "get_byte(uuid_send({0}), 15)"
"""The bucket of an id: its last byte."""


def halves(leaf: str) -> tuple[str, str]:
    """The upper and the lower 32 bits of a leaf, each as a number from 0 to 2^32 - 1."""
    return f"({leaf} >> 32 & {LOW_HALF})", f"({leaf} & {LOW_HALF})"


_HIGH, _LOW = halves("l.leaf")

_KNOWN_ELSEWHERE = ", ".join(f"'{each.entity}'" for each in AGGREGATES.values() if each.scope is ScopeRule.KNOWN_STORES)

# What nobody has stamped yet is this transaction's alone: nobody else can have changed which scopes hold it, and the
# look under the locks is spared. Only where membership follows from other tables than the root's (a customer's stores)
# somebody else may have added to it.
#
# The plans of these statements are kept, often from when the tables were empty: without sequential scans, and without
# planning anew for each transaction, they stay right and cheap when the tables have grown. OFFSET 0 keeps a look-up a
# look-up, one probe of the index for each touched aggregate, so that a transaction of thousands of rows is stamped in
# linear time.
STAMP = f"""
CREATE OR REPLACE FUNCTION sync_stamp_transaction() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    this_xact bigint := {TRANSACTION};
    this_mark bytea := uuid_send(gen_random_uuid());
    epoch_floor bigint := coalesce((SELECT epoch - 1 FROM server_state), 0) << {EPOCH_SHIFT};
    entities text[]; ids uuid[]; scopes text[]; states text[];
    wanted text[]; locked text[] := '{{}}'; wanted_scope text; rootless boolean; settled boolean;
    has_waited boolean := false;
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
               array_agg(DISTINCT o.scope) FILTER (WHERE o.scope <> ALL (locked)),
               NOT has_waited AND (SELECT sum(cardinality(t.ids)) FROM touched AS t)
                   > (SELECT count(*) FROM (SELECT DISTINCT k.entity, k.id FROM outcome AS k) AS known),
               NOT EXISTS (SELECT FROM former)
                   AND NOT EXISTS (SELECT FROM touched AS t WHERE t.entity IN ({_KNOWN_ELSEWHERE}))
        INTO entities, ids, scopes, states, wanted, rootless, settled
        FROM outcome AS o;
        IF NOT has_waited THEN
            has_waited := true;
            IF rootless THEN
                PERFORM pg_advisory_xact_lock({STAMPING});
                CONTINUE;
            END IF;
            PERFORM pg_advisory_xact_lock_shared({STAMPING});
        END IF;
        EXIT WHEN wanted IS NULL;
        FOREACH wanted_scope IN ARRAY (SELECT array_agg(w ORDER BY w COLLATE "C") FROM unnest(wanted) AS w) LOOP
            PERFORM FROM sync_scope WHERE name = wanted_scope FOR UPDATE;
            IF NOT FOUND THEN
                INSERT INTO sync_scope (name) VALUES (wanted_scope) ON CONFLICT (name) DO NOTHING;
                PERFORM FROM sync_scope WHERE name = wanted_scope FOR UPDATE;
            END IF;
        END LOOP;
        EXIT WHEN settled;
        locked := locked || wanted;
    END LOOP;

    WITH outcome AS MATERIALIZED (
        SELECT * FROM unnest(entities, ids, scopes, states) AS o (entity, id, scope, state)
    ),
    placed AS MATERIALIZED (
        SELECT o.entity, o.id, s.id AS scope_id, o.state, v.version, v.former,
               s.position + row_number() OVER (PARTITION BY s.id ORDER BY o.entity COLLATE "C", o.id) AS position
        FROM outcome AS o JOIN sync_scope AS s ON s.name = o.scope
        CROSS JOIN LATERAL (
            SELECT greatest(max(known.version), epoch_floor) + 1 AS version,
                   max(known.version) FILTER (WHERE known.scope_id = s.id AND known.state = 'live') AS former
            FROM sync_row AS known WHERE known.entity = o.entity AND known.id = o.id
        ) AS v
    ),
    stamped AS (
        INSERT INTO sync_row AS r (entity, id, scope_id, position, version, state)
        SELECT p.entity, p.id, p.scope_id, p.position, p.version, p.state
        FROM placed AS p ORDER BY p.entity COLLATE "C", p.id, p.scope_id
        ON CONFLICT (entity, id, scope_id) DO UPDATE
        SET position = EXCLUDED.position, version = EXCLUDED.version, state = EXCLUDED.state
    ),
    leaves AS (
        SELECT p.scope_id, p.entity, p.id, 1 AS sign, sync_leaf(p.entity, p.id, p.version) AS leaf
        FROM placed AS p WHERE p.state = 'live'
        UNION ALL
        SELECT p.scope_id, p.entity, p.id, -1, sync_leaf(p.entity, p.id, p.former)
        FROM placed AS p WHERE p.former IS NOT NULL
    ),
    summed AS (
        INSERT INTO sync_bucket AS b (scope_id, entity, bucket, rows, high, low)
        SELECT l.scope_id, l.entity, {BUCKET_OF.format("l.id")},
               sum(l.sign), sum(l.sign * {_HIGH}), sum(l.sign * {_LOW})
        FROM leaves AS l GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        ON CONFLICT (scope_id, entity, bucket) DO UPDATE
        SET rows = b.rows + EXCLUDED.rows, high = b.high + EXCLUDED.high, low = b.low + EXCLUDED.low
    ),
    headed AS (
        UPDATE sync_scope AS s SET position = s.position + c.rows, mark = this_mark,
               stamped_at = greatest(s.stamped_at, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
        FROM (SELECT scope, count(*) AS rows FROM outcome GROUP BY scope) AS c
        WHERE s.name = c.scope
        RETURNING s.id, s.position, s.stamped_at
    )
    INSERT INTO sync_stamp (scope_id, position, mark, stamped_at)
    SELECT h.id, h.position, this_mark, h.stamped_at FROM headed AS h;

    DELETE FROM sync_touch WHERE xact = this_xact;
    DELETE FROM sync_marker WHERE xact = this_xact;
    PERFORM set_config('{MARKED}', '', true);
    RETURN NULL;
END $$
"""

STAMP_TRIGGER = (
    "DROP TRIGGER IF EXISTS sync_stamp ON sync_marker",
    """
CREATE CONSTRAINT TRIGGER sync_stamp AFTER INSERT ON sync_marker
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sync_stamp_transaction()
""",
)
