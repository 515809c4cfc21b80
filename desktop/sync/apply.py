"""Applying one answer of the server to the replica, in slices so short that no sale waits for them.

Order within a page: rows, what left, what was deleted, and in the last slice the cursor. A page that breaks off before
its last slice is asked for again; rows it wrote are recognised by their versions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from uuid import UUID

from desktop.replica import bulk_load, cursors, outbox, pulled, resending
from desktop.replica.changes import Changes
from desktop.replica.engine import Replica
from desktop.replica.identity import DeviceIdentity, change_identity, identity_of
from desktop.replica.unit_of_work import UnitOfWork
from desktop.sync.recovery import GivingBack, leave_scope
from shared.clock import monotonic_us
from shared.errors import BugError
from shared.schema.registry import SCHEMA_VERSION
from shared.sync.projection import widened
from shared.sync.wire import Gone, MutationResult, PullAnswer, Row, ScopePage

SLICE_MAX_US = 8_000
"""How long background work holds the write lock, commit not counted."""
FRESH_SLICE_MAX_US = 250_000
"""The same while a new replica fills and nobody sells on it."""
ROWS_PER_STEP_MIN, ROWS_PER_STEP_MAX = 16, 2_000
STEP_TARGET_US = 3_000
IDS_LISTED_MAX = 500
"""Beyond this many, screens are told that the whole entity changed."""

Step = Callable[[UnitOfWork], None]


@dataclass(frozen=True, slots=True)
class Applied:
    """What one answer brought.

    Attributes:
        rows: aggregates that were newer, and that went away.
        is_consistent: everything the device may hold is here, as one moment of the server.
    """

    rows: dict[str, int]
    is_consistent: bool
    changes: Changes


class Applier:
    """Applies answers one after the other; used by one thread at a time."""

    def __init__(self, replica: Replica, schema: int = SCHEMA_VERSION) -> None:
        """``schema`` is the wire schema in which the answers come."""
        self._replica = replica
        self._is_older = schema < SCHEMA_VERSION
        self._rows_per_step = 128

    def apply(self, answer: PullAnswer) -> Applied:
        """Apply one answer whole.

        Raises:
            BugError: ``cursor_mismatch`` when a page does not begin where this device stands.
        """
        tally = _Tally()
        identity, pages = self._begin(answer, tally)
        is_filling = not identity.is_indexed
        self._run(self._steps(answer, pages, identity, tally), FRESH_SLICE_MAX_US if is_filling else SLICE_MAX_US)
        is_consistent = _is_consistent(answer)
        if is_consistent and is_filling:
            self._end_load()
        return Applied(dict(tally.counts), is_consistent, tally.changes())

    def _steps(
        self, answer: PullAnswer, pages: Sequence[ScopePage], identity: DeviceIdentity, tally: _Tally
    ) -> Iterator[Step]:
        """All that an answer asks for, in order; a small answer is one transaction."""
        for page in pages:
            yield from self._page_steps(page, answer, identity, tally)
        if identity.epoch != answer.epoch:
            # Every scope had a page, so none stands at a position of the former epoch any more.
            yield lambda unit: change_identity(unit.connection, epoch=answer.epoch)
        if answer.witness:
            yield lambda unit: resending.keep_witness(unit.connection, answer.witness)
        if _is_consistent(answer):
            settled = max(identity.settled_number, identity.outbox_base + answer.last_number)
            yield from GivingBack(identity, answer.epoch, settled, tally.note).steps()
            yield partial(self._reach_consistent_point, answer, identity, tally)

    def _begin(self, answer: PullAnswer, tally: _Tally) -> tuple[DeviceIdentity, list[ScopePage]]:
        """Who this device is, and the pages that have something for it; scopes that are not granted any more go."""
        with self._replica.read() as connection:
            identity = identity_of(connection)
            known = cursors.cursors(connection)
        revoked = [cursor for scope, cursor in known.items() if scope not in answer.scopes]
        pages = [page for page in answer.pages if not _says_nothing(page, known.get(page.scope))]
        is_new = not known and identity.consistent_at is None and identity.is_indexed
        if not revoked and not is_new:
            return identity, pages
        with self._replica.write(is_background=True) as unit:
            if is_new:
                bulk_load.drop_indexes(unit.connection)
            for cursor in revoked:
                for entity, ids in leave_scope(unit, cursor, identity, answer.epoch).items():
                    tally.note(entity, ids)
            return identity_of(unit.connection), pages

    def _run(self, steps: Iterator[Step], slice_max_us: int) -> None:
        step = next(steps, None)
        while step is not None:
            with self._replica.write(is_background=True) as unit:
                until = monotonic_us() + slice_max_us
                while step is not None:
                    step(unit)
                    step = next(steps, None)
                    if monotonic_us() >= until or self._replica.lock.is_wanted_by_clerk:
                        break

    def _page_steps(
        self, page: ScopePage, answer: PullAnswer, identity: DeviceIdentity, tally: _Tally
    ) -> Iterator[Step]:
        context: pulled.PullContext | None = None

        def begin(unit: UnitOfWork) -> None:
            nonlocal context
            cursor = _cursor_at(unit, page)
            context = pulled.PullContext(
                scope_number=cursor.number,
                is_fresh=not identity.is_indexed,
                settled_number=identity.settled_number,
                projected_number=identity.outbox_base + answer.projected_number,
            )

        def settle(unit: UnitOfWork) -> None:
            assert context is not None
            cursor = cursors.cursor_for(unit.connection, page.scope)
            for entity, ids in _by_entity(page.left).items():
                tally.note(entity, pulled.take_out(unit.connection, entity, ids, cursor.number, context.settled_number))
            for entity, ids in _by_entity(page.deleted).items():
                tally.note(entity, pulled.take_out(unit.connection, entity, ids, None, context.settled_number))
            cursors.move_cursor(unit.connection, cursor, page.to_position, page.mark)

        yield begin
        assert context is not None
        if self._is_older:
            for row in page.rows:
                row.payload = widened(row.entity, row.payload)
        for entity, rows in groupby(page.rows, key=_entity):
            yield from self._row_steps(entity, list(rows), context, tally)
        yield settle

    def _row_steps(
        self, entity: str, rows: Sequence[Row], context: pulled.PullContext, tally: _Tally
    ) -> Iterator[Step]:
        done = 0
        while done < len(rows):
            # While a new replica fills nobody waits, and large steps spare most of the statements.
            size = ROWS_PER_STEP_MAX if context.is_fresh else self._rows_per_step
            part = rows[done : done + size]
            done += len(part)

            def write(unit: UnitOfWork, part: Sequence[Row] = part) -> None:
                started = monotonic_us()
                newer = pulled.write_rows(unit.connection, entity, part, context)
                tally.note(entity, [row.id for row in newer])
                if not context.is_fresh:
                    self._adapt(monotonic_us() - started, len(part))

            yield write

    def _adapt(self, took_us: int, rows: int) -> None:
        if took_us > 2 * STEP_TARGET_US:
            self._rows_per_step = max(ROWS_PER_STEP_MIN, self._rows_per_step // 2)
        elif took_us < STEP_TARGET_US and rows == self._rows_per_step:
            self._rows_per_step = min(ROWS_PER_STEP_MAX, self._rows_per_step * 2)

    def _reach_consistent_point(
        self, answer: PullAnswer, identity: DeviceIdentity, tally: _Tally, unit: UnitOfWork
    ) -> None:
        settled = max(identity.settled_number, identity.outbox_base + answer.last_number)
        projected = max(identity.projected_number, identity.outbox_base + answer.projected_number)
        for entity, entity_id in pulled.settle(unit.connection, identity.settled_number, settled):
            tally.note(entity, [entity_id])
        pulled.drop_projected(unit.connection, projected)
        resending.expect_rest(unit.connection, projected)
        for entity, ids in pulled.sweep(unit.connection, settled).items():
            tally.note(entity, ids)
        outbox.note_later_refusals(unit.connection, _numbered(answer, identity), unit.clock.now())
        outbox.drop_old(unit.connection, unit.clock.now())
        change_identity(
            unit.connection,
            settled_number=settled,
            projected_number=projected,
            consistent_at=answer.server_time,
        )

    def _end_load(self) -> None:
        with self._replica.write(is_background=True) as unit:
            bulk_load.build_indexes(unit.connection)
        with self._replica.write(is_background=True) as unit:
            bulk_load.build_search(unit.connection)


class _Tally:
    """Counts what was written and keeps ids for the screens."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = defaultdict(int)
        self._ids: dict[str, set[bytes]] = defaultdict(set)

    def note(self, entity: str, ids: Sequence[bytes]) -> None:
        """These aggregates were written or erased."""
        if ids:
            self.counts[entity] += len(ids)
            if self.counts[entity] <= IDS_LISTED_MAX:
                self._ids[entity].update(ids)

    def changes(self) -> Changes:
        """The same for screens."""
        whole = frozenset(entity for entity, count in self.counts.items() if count > IDS_LISTED_MAX)
        listed = {
            entity: frozenset(UUID(bytes=each) for each in ids)
            for entity, ids in self._ids.items()
            if entity not in whole
        }
        return Changes(listed, whole)


def _says_nothing(page: ScopePage, cursor: cursors.ScopeCursor | None) -> bool:
    """Whether a scope stands where this device's cursor stands: most scopes of most answers."""
    if cursor is None or page.restart or page.rows or page.left or page.deleted:
        return False
    return page.from_position == page.to_position == cursor.position and page.mark == cursor.mark


def _is_consistent(answer: PullAnswer) -> bool:
    return not any(page.more for page in answer.pages)


def _cursor_at(unit: UnitOfWork, page: ScopePage) -> cursors.ScopeCursor:
    cursor = cursors.cursor_for(unit.connection, page.scope)
    if page.restart and cursor.position:
        cursor = pulled.restart_scope(unit.connection, cursor)
    if page.from_position != cursor.position:
        raise BugError(
            "cursor_mismatch",
            f"A page of {page.scope} begins at {page.from_position}, this device stands at {cursor.position}.",
            scope=page.scope,
            found=page.from_position,
            expected=cursor.position,
        )
    return cursor


def _numbered(answer: PullAnswer, identity: DeviceIdentity) -> list[MutationResult]:
    """The answer's results under this device's own numbers."""
    base = identity.outbox_base
    return [MutationResult(each.number + base, each.status, each.code, each.message) for each in answer.results]


def _by_entity(gone: Iterable[Gone]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for each in gone:
        found.setdefault(each.entity, []).append(each.id)
    return found


def _entity(row: Row) -> str:
    return row.entity
