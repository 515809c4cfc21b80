"""What the server knows of an aggregate across epochs: whether what a device offers was lost."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import Connection, text

from shared.sync.version import epoch_of, floor_of


@dataclass(frozen=True, slots=True)
class Past:
    """An aggregate's versions, as far as they bear on an offer.

    Attributes:
        version: the highest there is; 0 where it was never heard of.
        kept: what survived of the history that the offer comes from: an offered version above it was lost.
        is_changed: something has changed it since that history ended.
        span: the versions of those changes, ``(first, last)``, where they all belong to one epoch.
        recovered: the version an earlier offer was made at, where what it brought still stands; 0 otherwise.
        is_doubtful: the offered version is later, but the one that stands was given by an older database, before a
            device proved that it was one (``epoch_log.overtaken_at``): somebody changed the aggregate there.
    """

    version: int
    kept: int
    is_changed: bool
    span: tuple[int, int] | None
    recovered: int
    is_doubtful: bool = False


_VERSION = text("SELECT coalesce(max(version), 0) FROM sync_row WHERE entity = :entity AND id = :id")
_BEFORE = text(
    "SELECT epoch, version FROM version_before WHERE entity = :entity AND id = :id AND epoch > :epoch ORDER BY epoch"
)
# A stamp that is no longer kept is older than any device's absence.
_IS_DOUBTFUL = text("""
SELECT EXISTS (
    SELECT FROM epoch_log AS l
    JOIN sync_row AS r ON r.entity = :entity AND r.id = :id AND r.version = :version
    CROSS JOIN LATERAL (
        SELECT s.stamped_at FROM sync_stamp AS s WHERE s.scope_id = r.scope_id AND s.position >= r.position
        ORDER BY s.position LIMIT 1
    ) AS stamp
    WHERE l.epoch = :epoch AND stamp.stamped_at > l.overtaken_at)
""")
_RECOVERED = text("SELECT offered_version, version FROM recovered_aggregate WHERE entity = :entity AND id = :id")
_REMEMBER = text("""
INSERT INTO recovered_aggregate (entity, id, offered_version, version, device_id, at)
VALUES (:entity, :id, :offered, :version, :device, :at)
ON CONFLICT (entity, id) DO UPDATE
SET offered_version = EXCLUDED.offered_version, version = EXCLUDED.version,
    device_id = EXCLUDED.device_id, at = EXCLUDED.at
""")
# Two devices may offer the same document at once, and it need not be there to be locked.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:entity || CAST(:id AS text), 0))")


def lock(connection: Connection, entity: str, entity_id: uuid.UUID) -> None:
    """One offer of an aggregate at a time, until the transaction ends."""
    connection.execute(_LOCK, {"entity": entity, "id": entity_id})


def past(connection: Connection, entity: str, entity_id: uuid.UUID, offered: int) -> Past:
    """What became of an aggregate since the epoch of an offered version."""
    key = {"entity": entity, "id": entity_id}
    version = int(connection.execute(_VERSION, key).scalar_one())
    if epoch_of(version) <= epoch_of(offered):
        is_doubtful = 0 < version < offered and bool(
            connection.execute(_IS_DOUBTFUL, {**key, "version": version, "epoch": epoch_of(version)}).scalar_one()
        )
        return Past(version, version, is_changed=False, span=None, recovered=0, is_doubtful=is_doubtful)
    before = connection.execute(_BEFORE, {**key, "epoch": epoch_of(offered)}).all()
    row = connection.execute(_RECOVERED, key).one_or_none()
    is_one_epoch = len(before) <= 1 and (not before or before[0].epoch == epoch_of(version))
    return Past(
        version=version,
        kept=int(before[0].version) if before else 0,
        is_changed=True,
        span=(floor_of(epoch_of(version)) + 1, version) if is_one_epoch else None,
        recovered=int(row.offered_version) if row is not None and row.version == version else 0,
    )


def recovered_version(connection: Connection, entity: str, entity_id: uuid.UUID) -> int:
    """The version at which an aggregate stood after it was last recovered; 0 where it never was."""
    row = connection.execute(_RECOVERED, {"entity": entity, "id": entity_id}).one_or_none()
    return 0 if row is None else int(row.version)


def remember(
    connection: Connection,
    entity: str,
    entity_id: uuid.UUID,
    *,
    offered: int,
    version: int,
    device_id: uuid.UUID,
    now: int,
) -> None:
    """Keep that an aggregate came back from a device, and at which version it stands since."""
    values = {"entity": entity, "id": entity_id, "offered": offered, "version": version}
    connection.execute(_REMEMBER, {**values, "device": device_id, "at": now})
