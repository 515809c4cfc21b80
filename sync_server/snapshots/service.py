"""Which snapshot files a device is offered, and the building of one.

A file may be behind: what happened since comes by pages. It is offered as long as the server knows its position and the
rest is small beside it, and built anew in the background well before that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.clock import Clock
from shared.schema.registry import SCHEMA_AT_LEAST, SCHEMA_VERSION
from shared.schema.snapshot_file import is_snapshot_scope
from shared.sync.wire import SnapshotOffer
from sync_server.auth.service import KnownDevice
from sync_server.db.identity import load_identity
from sync_server.db.sessions import Connection, Database
from sync_server.errors import NotFound
from sync_server.settings import ServerSettings
from sync_server.snapshots import file_repository, repository
from sync_server.snapshots.repository import ScopeStanding
from sync_server.snapshots.shelf import Shelf, folder_in
from sync_server.sync import pull_service

_MEBIBYTE = 1024 * 1024

TAIL_SHARE_FRESH = 50
"""A file is fresh while what came after it is less than a fiftieth of its rows, or fewer than ``TAIL_ROWS_FRESH``."""
TAIL_ROWS_FRESH = 500
TAIL_SHARE_USABLE = 2
"""It is of use while what came after it is less than half of its rows."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that should be built."""

    scope: str
    schema: int


@dataclass(frozen=True, slots=True)
class Offers:
    """What a device may take now, and what is to be built for those who come later."""

    ready: list[SnapshotOffer]
    wanted: list[Wanted]


def shelf_of(settings: ServerSettings) -> Shelf:
    """The finished files of a server's home."""
    return Shelf(folder_in(settings.home), settings.snapshot_cache_mib * _MEBIBYTE)


def offers_for(connection: Connection, shelf: Shelf, device: KnownDevice, *, schema: int, rows_min: int) -> Offers:
    """The best file of each scope that the device may hold and that is large enough to be worth one.

    Args:
        connection: one snapshot of the database.
        shelf: the finished files.
        device: who asks.
        schema: the wire schema it speaks.
        rows_min: scopes with fewer rows come as quickly by pages.
    """
    if not SCHEMA_AT_LEAST <= schema <= SCHEMA_VERSION:
        return Offers([], [])
    epoch, ready, wanted = load_identity(connection).epoch, [], []
    for scope in _large_scopes(connection, _scopes_of(connection, device), rows_min):
        found = _best(connection, shelf.offers(scope.name, schema), scope, epoch)
        if found is not None:
            ready.append(found)
        if found is None or not _is_fresh(found, scope):
            wanted.append(Wanted(scope.name, schema))
    return Offers(ready, wanted)


def require_scope(connection: Connection, device: KnownDevice, scope: str) -> None:
    """Refuse a scope that the device may not hold, as if it were not there.

    Raises:
        NotFound: ``snapshot_none``.
    """
    if scope not in _scopes_of(connection, device):
        raise none_there(scope)


def none_there(scope: str) -> NotFound:
    """There is no such file (any more)."""
    return NotFound("snapshot_none", "There is no snapshot of this ready. Fetch it by pages.", scope=scope)


def wanted_everywhere(connection: Connection, shelf: Shelf, *, rows_min: int) -> list[Wanted]:
    """What an operator would have built before new devices come: every large scope at the present schema, not fresh."""
    names = [name for name in pull_service.positions(connection) if is_snapshot_scope(name)]
    epoch, found = load_identity(connection).epoch, []
    for scope in _large_scopes(connection, names, rows_min):
        best = _best(connection, shelf.offers(scope.name, SCHEMA_VERSION), scope, epoch)
        if best is None or not _is_fresh(best, scope):
            found.append(Wanted(scope.name, SCHEMA_VERSION))
    return found


def build(database: Database, shelf: Shelf, wanted: Wanted, clock: Clock) -> SnapshotOffer | None:
    """Build a file, unless a fresh one was put up meanwhile; None where the scope is not there.

    Raises:
        OSError: the disk is full or may not be written.
    """
    with shelf.building(wanted.scope, wanted.schema) as plain:
        with database.reading() as connection:
            scope = repository.standings(connection, [wanted.scope]).get(wanted.scope)
            if scope is None:
                return None
            epoch = load_identity(connection).epoch
            best = _best(connection, shelf.offers(wanted.scope, wanted.schema), scope, epoch)
            if best is not None and _is_fresh(best, scope):
                return best
            written = file_repository.write_snapshot(
                connection, plain, scope, epoch=epoch, schema=wanted.schema, made_at=clock.now()
            )
        offer = SnapshotOffer(
            scope=scope.name,
            name="",
            epoch=epoch,
            schema=wanted.schema,
            position=written.position,
            mark=written.mark.hex(),
            size=0,
            plain_size=0,
            sha256="",
            rows=written.rows,
        )
        return shelf.put(plain, offer)


def _scopes_of(connection: Connection, device: KnownDevice) -> list[str]:
    positions = pull_service.positions(connection)
    visible = pull_service.visible_to(connection, device.store_id, device.kind).scopes_in(positions)
    return [scope for scope in visible if is_snapshot_scope(scope)]


def _large_scopes(connection: Connection, names: list[str], rows_min: int) -> list[ScopeStanding]:
    return [scope for scope in repository.standings(connection, names).values() if scope.rows >= rows_min]


def _best(
    connection: Connection, offers: Iterable[SnapshotOffer], scope: ScopeStanding, epoch: int
) -> SnapshotOffer | None:
    """The newest that this server can continue from."""
    for offer in offers:
        is_known = scope.pruned_position <= offer.position <= scope.position and offer.epoch == epoch
        is_near = (scope.position - offer.position) * TAIL_SHARE_USABLE <= max(offer.rows, TAIL_ROWS_FRESH)
        if is_known and is_near and repository.mark_at(connection, scope, offer.position).hex() == offer.mark:
            return offer
    return None


def _is_fresh(offer: SnapshotOffer, scope: ScopeStanding) -> bool:
    return (scope.position - offer.position) <= max(TAIL_ROWS_FRESH, offer.rows // TAIL_SHARE_FRESH)
