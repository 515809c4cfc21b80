"""The SQL that compares the feed with the tables it was made from, and its buckets with its rows; and mends both.

Every aggregate whose root row says that a scope holds it must be live in that scope, and the other way round. What
differs (a trigger switched off, a partition attached with rows in it, a restored table) is touched: the stamping then
does the rest, so that devices are told.
"""

from __future__ import annotations

from shared.schema.registry import Aggregate
from sync_server.db.feed import fed_aggregates, membership_select
from sync_server.db.feed_stamp import BUCKET_OF, halves

_HIGH, _LOW = halves("sync_leaf(r.entity, r.id, r.version)")

_FOUND = f"""
SELECT r.scope_id, r.entity, {BUCKET_OF.format("r.id")} AS bucket,
       count(*) AS rows, sum({_HIGH})::bigint AS high, sum({_LOW})::bigint AS low
FROM sync_row AS r WHERE r.state = 'live'{{where}} GROUP BY 1, 2, 3"""

BUCKET_DIFFERENCES = f"""
SELECT s.name AS scope, coalesce(k.entity, f.entity) AS entity, coalesce(k.bucket, f.bucket) AS bucket,
       coalesce(k.rows, 0) AS rows_kept, coalesce(f.rows, 0) AS rows_found
FROM sync_bucket AS k
FULL JOIN ({_FOUND.format(where="")}) AS f
  ON (f.scope_id, f.entity, f.bucket) = (k.scope_id, k.entity, k.bucket)
JOIN sync_scope AS s ON s.id = coalesce(k.scope_id, f.scope_id)
WHERE (coalesce(k.rows, 0), coalesce(k.high, 0), coalesce(k.low, 0))
   <> (coalesce(f.rows, 0), coalesce(f.high, 0), coalesce(f.low, 0))
ORDER BY 1, 2, 3
"""
"""The buckets that do not say what the feed's rows say."""

FORGET_BUCKETS = "DELETE FROM sync_bucket WHERE scope_id = {0}"
FILL_BUCKETS = f"""
INSERT INTO sync_bucket (scope_id, entity, bucket, rows, high, low){_FOUND.format(where=" AND r.scope_id = {0}")}
"""
"""Both for one scope, whose row must be locked: nobody stamps meanwhile."""

REBUILD_BUCKETS = ("DELETE FROM sync_bucket", f"INSERT INTO sync_bucket{_FOUND.format(where='')}")
"""All of them anew, while nobody else writes (a migration)."""


def _differences(aggregate: Aggregate) -> str:
    return f"""
SELECT coalesce(m.id, r.id) AS id, coalesce(m.scope, r.scope) AS scope, r.id IS NULL AS is_missing
FROM ({membership_select(aggregate)}) AS m
FULL JOIN (
    SELECT live.id, s.name AS scope FROM sync_row AS live JOIN sync_scope AS s ON s.id = live.scope_id
    WHERE live.entity = '{aggregate.entity}' AND live.state = 'live'
) AS r ON (r.id, r.scope) = (m.id, m.scope COLLATE "C")
WHERE m.id IS NULL OR r.id IS NULL"""


def feed_differences(aggregate: Aggregate) -> str:
    """(id, scope, is_missing) of an aggregate that a scope should hold and does not, or holds and should not."""
    return f"{_differences(aggregate)} ORDER BY 1, 2"


def restamp_statements() -> list[str]:
    """Touch every aggregate that the feed has elsewhere than its tables say; the commit stamps them."""
    return [
        f"""
SELECT sync_note('{aggregate.entity}', array_agg(DISTINCT d.id))
FROM ({_differences(aggregate)}) AS d HAVING count(*) > 0"""
        for aggregate in fed_aggregates()
    ]
