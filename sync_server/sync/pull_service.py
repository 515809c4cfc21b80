"""Answering a pull: one snapshot, scope by scope, until the answer is as large as it may grow."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import msgspec

from shared.limits import PULL_PAGE_MAX_ROWS, PULL_PAGE_TARGET_BYTES
from shared.schema.registry import SCHEMA_AT_LEAST, SCHEMA_VERSION, at_schema
from shared.sync.wire import Cursor, MutationResult, PullRequest
from sync_server.auth import service as auth
from sync_server.auth.service import KnownDevice
from sync_server.chain import service as chain
from sync_server.db.epoch import Tide, standing_epoch
from sync_server.db.identity import ServerIdentity
from sync_server.db.sessions import Connection, Database
from sync_server.db.standby import is_standby
from sync_server.epochs import witness_service as witnesses
from sync_server.errors import UpgradeRequired
from sync_server.sync import feed_repository, payload_repository, progress_repository, scope_repository
from sync_server.sync.feed_repository import FeedRow
from sync_server.sync.known_scopes import KnownScopes, key_at
from sync_server.sync.scope_repository import ScopeHead
from sync_server.sync.scopes import Visibility, visibility

_FIRST_SLICE_ROWS = 500
_SLICE_MAX_ROWS = 1_250
_encode = msgspec.msgpack.Encoder().encode


class Page(msgspec.Struct, omit_defaults=True):
    """``wire.ScopePage`` with rows that are encoded already."""

    scope: str
    from_position: int
    to_position: int
    mark: bytes
    more: bool
    rows: list[msgspec.Raw]
    left: list[tuple[str, bytes, int]] = msgspec.field(default_factory=list)
    deleted: list[tuple[str, bytes, int]] = msgspec.field(default_factory=list)
    restart: bool = False


class Answer(msgspec.Struct, omit_defaults=True):
    """``wire.PullAnswer`` with such pages."""

    epoch: int
    server_time: int
    last_number: int
    projected_number: int
    scopes: list[str]
    pages: list[Page]
    results: list[MutationResult] = msgspec.field(default_factory=list)
    witness: bytes = b""


@dataclass(slots=True)
class _Budget:
    """What may still go into the answer, and as which wire schema has it."""

    schema: int
    bytes_left: int
    rows_left: int = PULL_PAGE_MAX_ROWS
    bytes_spent: int = 0
    rows_spent: int = 0

    @property
    def is_spent(self) -> bool:
        return self.bytes_left <= 0 or self.rows_left <= 0

    def spend(self, size: int) -> None:
        self.bytes_left -= size
        self.rows_left -= 1
        self.bytes_spent += size
        self.rows_spent += 1

    def slice_rows(self) -> int:
        """How many rows to read next: as many as will still go in if they are like those before.

        Large slices spare statements, and what does not go in any more was read in vain.
        """
        if not self.bytes_spent:
            return min(_FIRST_SLICE_ROWS, self.rows_left)
        likely = self.bytes_left * self.rows_spent // self.bytes_spent + 1
        return min(likely, _SLICE_MAX_ROWS, self.rows_left)


def visible_to(connection: Connection, store_id: uuid.UUID, kind: str) -> Visibility:
    """The stores a device of this store and kind may see now."""
    every, is_shared = scope_repository.stores(connection), chain.does_share(connection)
    return visibility(store_id, kind, every, is_shared=is_shared, weeks=chain.sales_weeks_kept(connection))


def positions(connection: Connection) -> Mapping[str, int]:
    """Every scope's newest position."""
    return scope_repository.positions(connection)


def pull(database: Database, device_id: uuid.UUID, request: PullRequest, known: KnownScopes) -> Answer:
    """The answer to a device's pull, in the epoch that begins if the device proves that history was lost.

    Raises:
        Unauthorised: ``device_unknown`` or ``device_revoked``.
        UpgradeRequired, EnvironmentFailure: as ``answer_pull``.
    """
    identity = database.identity

    def ask() -> tuple[KnownDevice, Answer]:
        with database.reading() as connection:
            device = auth.require_device(connection, device_id)
            now = database.clock.now()
            return device, answer_pull(connection, device, request, identity=identity, now=now, known=known)

    device, answer = witnesses.heeding(database, partial(auth.require_device, device_id=device_id), ask)
    if request.epoch > answer.epoch:
        witnesses.note_unproven(database, device, request.epoch)
    return answer


def answer_pull(
    connection: Connection,
    device: KnownDevice,
    request: PullRequest,
    *,
    identity: ServerIdentity,
    now: int,
    known: KnownScopes | None = None,
) -> Answer:
    """The answer to a pull, from the snapshot of ``connection``.

    Every scope of the device gets a page (of those asked for, where some are named); one that could not begin any
    more is answered empty with ``more``.

    Raises:
        UpgradeRequired: ``program_too_old`` or ``server_too_old``.
        EnvironmentFailure: ``not_yet`` on a standby that is behind the device.
        HistoryLost: the device proves that the database is older than what was served.
    """
    require_schema(request.schema)
    standing, heads = standing_epoch(connection), scope_repository.heads(connection)
    epoch, reached = standing.epoch, witnesses.reached(standing, _tide(heads))
    witnesses.examine(connection, identity, request.witness, reached)
    scopes = (known or KnownScopes()).found_or(
        device.id,
        key_at(heads, epoch, device.store_id, device.kind),
        lambda: visible_to(connection, device.store_id, device.kind).scopes_in(heads),
    )
    cursors = {cursor.scope: cursor for cursor in request.cursors}
    budget = _Budget(request.schema, min(request.maximum_bytes or PULL_PAGE_TARGET_BYTES, PULL_PAGE_TARGET_BYTES))
    wanted = [heads.get(scope) or ScopeHead(0, scope, 0, b"") for scope in scopes if _is_wanted(request, scope)]
    believed = cursors if request.epoch in (0, epoch) else {}
    is_ahead = request.epoch > epoch or any(
        head.name in believed and believed[head.name].position > head.position for head in wanted
    )
    if is_ahead and is_standby(connection):
        # It may not have what the device has seen elsewhere; that is no reason to let the device start anew.
        raise witnesses.not_yet()
    pages = [_page(connection, head, cursors.get(head.name), believed, budget) for head in wanted]
    if believed and any(page.restart for page in pages):
        witnesses.examine_closely(connection, identity, request.witness, standing)
    is_known = reached.is_same_place(witnesses.shown(request.witness))
    progress = progress_repository.standing(connection, device.id, request.incarnation)
    return Answer(
        epoch=epoch,
        server_time=now,
        last_number=progress.last_number,
        projected_number=progress.projected_number,
        scopes=scopes,
        pages=pages,
        results=progress_repository.noteworthy_results(connection, device.id, request.incarnation),
        witness=b"" if is_known else witnesses.signed(identity, reached),
    )


def require_schema(schema: int) -> None:
    """Rows can be given as this wire schema has them.

    Raises:
        UpgradeRequired: ``program_too_old`` (its facts are still taken) or ``server_too_old``.
    """
    if schema < SCHEMA_AT_LEAST:
        raise UpgradeRequired(
            "program_too_old",
            "This program is too old to be sent anything. What it has is still taken; update it.",
            at_least=SCHEMA_AT_LEAST,
        )
    if schema > SCHEMA_VERSION:
        raise UpgradeRequired(
            "server_too_old",
            "The server is older than this program. What is here is kept; update the server.",
            at_most=SCHEMA_VERSION,
        )


def _tide(heads: Mapping[str, ScopeHead]) -> Tide:
    """How far all scopes have come, from heads that are read already."""
    height = sum(head.position for head in heads.values())
    return Tide(height, max((head.stamped_at for head in heads.values()), default=0))


def _is_wanted(request: PullRequest, scope: str) -> bool:
    return not request.scopes or scope in request.scopes


def _page(
    connection: Connection,
    head: ScopeHead,
    cursor: Cursor | None,
    believed: Mapping[str, Cursor],
    budget: _Budget,
) -> Page:
    start = 0 if cursor is None else cursor.position
    restart = start > 0 and not _is_known(connection, head, believed.get(head.name))
    if restart:
        start = 0
    page = Page(head.name, start, start, b"", more=False, rows=[], restart=restart)
    while page.to_position < head.position and not budget.is_spent:
        _extend(connection, head, page, budget)
    page.more = page.to_position < head.position
    page.mark = _mark_at(connection, head, page.to_position)
    return page


def _is_known(connection: Connection, head: ScopeHead, cursor: Cursor | None) -> bool:
    """Whether this server stamped the position of a cursor with the cursor's mark."""
    if cursor is None or cursor.position > head.position:
        return False
    return cursor.mark == _mark_at(connection, head, cursor.position)


def _mark_at(connection: Connection, head: ScopeHead, position: int) -> bytes:
    if position == head.position:
        return head.mark
    if position == 0:
        return b""
    if position < head.pruned_position:
        return head.pruned_mark
    return scope_repository.covering_mark(connection, head.id, position) or b""


def _extend(connection: Connection, head: ScopeHead, page: Page, budget: _Budget) -> None:
    """Add the next slice of the feed to a page, row by row until the budget is spent.

    What the device's schema does not know is passed over; it asks for it when it has been updated.
    """
    rows = feed_repository.rows_after(connection, head.id, page.to_position, budget.slice_rows())
    if not rows:  # What stood last was deleted so long ago that it is forgotten.
        page.to_position = head.position
        return
    payloads = payload_repository.read_many(connection, _live_ids(rows), budget.schema)
    known = at_schema(budget.schema)
    for row in rows:
        if budget.is_spent:
            return
        page.to_position = row.position
        if row.entity not in known:
            budget.spend(0)
        elif row.state == "live":
            encoded = _encode((row.entity, row.id, row.version, payloads[row.entity, row.id]))
            page.rows.append(msgspec.Raw(encoded))
            budget.spend(len(encoded))
        else:
            (page.left if row.state == "left" else page.deleted).append((row.entity, row.id, row.version))
            budget.spend(len(row.entity) + 32)


def _live_ids(rows: list[FeedRow]) -> Mapping[str, list[bytes]]:
    ids: dict[str, list[bytes]] = {}
    for row in rows:
        if row.state == "live":
            ids.setdefault(row.entity, []).append(row.id)
    return ids
