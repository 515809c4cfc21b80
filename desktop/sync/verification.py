"""Whether this replica holds exactly what the server says, found bucket by bucket, and putting right what does not.

Only base rows are compared, at the same position of a scope on both sides, under the same mark; a scope that moves on
meanwhile, or was restored unnoticed, is left for the next time. The cheap way compares sums of (id, version): a few
kilobytes for any number of rows. The deep way reads every payload on both sides. Run between two cycles, never while
one applies pages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from desktop.replica import buckets, cursors, pulled, repair, sync_events
from desktop.replica.changes import Changes
from desktop.replica.cursors import ScopeCursor
from desktop.replica.digests import scope_digest_here
from desktop.replica.engine import Replica
from desktop.replica.identity import DeviceIdentity, identity_of
from desktop.replica.repositories.device_values import device_value, save_device_value
from desktop.sync.events import counted
from desktop.sync.server_port import SyncServer
from shared.clock import MICROSECONDS_PER_SECOND
from shared.schema.registry import AGGREGATES, SCHEMA_VERSION
from shared.sync.buckets import unpacked_sums
from shared.sync.digest import payload_hash
from shared.sync.wire import BucketName, Row, RowsAnswer, RowsRequest, ScopeSums, VerifyRequest

DAY_US = 86_400 * MICROSECONDS_PER_SECOND
ATTEMPTS_MAX = 5
KEYS_ASKED_AT_ONCE = 500
ROWS_WRITTEN_AT_ONCE = 50
BUCKETS_ASKED_AT_ONCE = 512
RESTART_FROM = 200
"""From so many differences on, a scope in which more than a quarter differs is filled anew."""
_RESTART_SHARE = 4
_VERIFIED_AT = "verified_at"

Key = tuple[str, bytes]
"""(entity, id) of an aggregate."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One aggregate that is here otherwise than the server has it.

    Attributes:
        what: ``missing`` here, ``extra`` here, ``version`` (another one here), ``row`` (its row is gone from the
            tables), ``content`` (the version agrees, the row does not), ``orphan`` (no scope holds it) or ``sums``
            (only the sums were wrong).
    """

    scope: str
    entity: str
    id: bytes
    what: str


@dataclass(frozen=True, slots=True)
class ScopeVerified:
    """One scope: at which position, with how many rows here and there, and what differed.

    Attributes:
        is_compared: false where the server had moved on; nothing is said about it then.
    """

    scope: str
    position: int
    rows_here: int
    rows_there: int
    is_compared: bool
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a verification found, and what it put right.

    Attributes:
        orphans: rows that no scope holds.
        restarted: scopes in which so much differed that the next pulls fill them anew.
    """

    scopes: tuple[ScopeVerified, ...]
    repaired: tuple[Difference, ...] = ()
    changes: Changes = field(default_factory=Changes)
    orphans: tuple[Difference, ...] = ()
    restarted: tuple[str, ...] = ()

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Everything that differed."""
        return (*(each for scope in self.scopes for each in scope.differences), *self.orphans)

    @property
    def agrees(self) -> bool:
        """Whether every scope was compared and nothing differed, or everything was put right."""
        return all(scope.is_compared for scope in self.scopes) and len(self.repaired) == len(self.differences)

    @property
    def rows(self) -> int:
        """How many rows were compared."""
        return sum(scope.rows_here for scope in self.scopes if scope.is_compared)


def verify_if_due(
    replica: Replica, server: SyncServer, *, has_caught_up: bool, interval_us: int = DAY_US
) -> VerifyReport | None:
    """After a cycle that reached a consistent point: verify and repair by buckets, where it is time; None: it is not.

    Args:
        replica: what is verified.
        server: the one it was filled from.
        has_caught_up: the cycle brought a lot, so that a quick look at the sums is worth while at once.
        interval_us: once in this time they are added up anew.

    Raises:
        EnvironmentFailure: the server could not be used; it is due again at the next cycle.
    """
    with replica.read() as connection:
        last = device_value(connection, _VERIFIED_AT)
    now = replica.clock.now()
    is_daily = not isinstance(last, int) or not last <= now < last + interval_us
    if not has_caught_up and not is_daily:
        return None
    # The first time the sums have just been written, with the rows or with the file they came in: a look is enough.
    is_recounting = is_daily and isinstance(last, int)
    report = Verification(replica, server).run(is_repairing=True, is_recounting=is_recounting)
    if is_daily and any(scope.is_compared for scope in report.scopes):
        with replica.write(is_background=True) as unit:
            save_device_value(unit.connection, _VERIFIED_AT, now)
    return report


def verify_now(
    replica: Replica, catch_up: Callable[[], object], server: SyncServer, *, is_deep: bool, is_repairing: bool
) -> VerifyReport:
    """Bring the device in step and verify; where a scope moved on meanwhile, both again, a few times.

    Raises:
        EnvironmentFailure: the server could not be used.
    """
    verification = Verification(replica, server)
    for attempt in range(1, ATTEMPTS_MAX + 1):
        catch_up()
        report = verification.run(is_deep=is_deep, is_repairing=is_repairing)
        is_whole = all(scope.is_compared for scope in report.scopes) and not report.restarted
        if attempt == ATTEMPTS_MAX or is_whole:
            break
    return report


class Verification:
    """Verifies one replica against its server; used by one thread at a time."""

    def __init__(self, replica: Replica, server: SyncServer) -> None:
        self._replica = replica
        self._server = server

    def run(self, *, is_deep: bool = False, is_repairing: bool = False, is_recounting: bool = True) -> VerifyReport:
        """Compare every scope, and put right what differs if wanted.

        Args:
            is_deep: compare the content of every row too, not only which versions stand.
            is_repairing: fetch what differs again.
            is_recounting: add up this replica's sums anew instead of believing those that are kept.

        Raises:
            EnvironmentFailure: the server could not be used.
        """
        with self._replica.read() as connection:
            me = identity_of(connection)
            held = sorted(cursors.cursors(connection).values(), key=_name)
        sums = self._sums(me, [cursor.scope for cursor in held])
        verified = [
            self._verified(me, cursor, sums.get(cursor.scope), is_deep=is_deep, is_recounting=is_recounting)
            for cursor in held
        ]
        stray = self._orphans(verified) if is_recounting else ()
        if not is_repairing:
            return VerifyReport(tuple(verified), orphans=stray)
        repaired: list[Difference] = []
        restarted: list[str] = []
        for cursor, scope in zip(held, verified, strict=True):
            if _is_beyond_repair(scope):
                restarted += self._restarted(cursor)
            elif scope.differences:
                repaired += self._repaired(me, cursor, scope)
        repaired += self._taken_up(stray)
        report = VerifyReport(tuple(verified), tuple(repaired), _changes(repaired), stray, tuple(restarted))
        self._tell(report)
        return report

    def _orphans(self, verified: Sequence[ScopeVerified]) -> tuple[Difference, ...]:
        """Rows that no scope holds, but for those that are known to be missing from one."""
        named = {(each.entity, each.id) for scope in verified for each in scope.differences}
        with self._replica.read() as connection:
            found = repair.orphans(connection)
        return tuple(Difference("", *key, "orphan") for key in found if key not in named)

    def _taken_up(self, stray: Sequence[Difference]) -> Iterator[Difference]:
        """Take rows away that no scope holds, as far as none holds them still."""
        for start in range(0, len(stray), ROWS_WRITTEN_AT_ONCE):
            part = stray[start : start + ROWS_WRITTEN_AT_ONCE]
            with self._replica.write(is_background=True) as unit:
                still = repair.still_orphans(unit.connection, [(each.entity, each.id) for each in part])
                repair.take_up_orphans(unit, still, identity_of(unit.connection).settled_number)
            yield from part

    def _restarted(self, cursor: ScopeCursor) -> list[str]:
        """Fill a scope anew; its rows stay in use meanwhile. Nothing where the device moved on."""
        with self._replica.write(is_background=True) as unit:
            if cursors.position_of(unit.connection, cursor.scope) != cursor.position:
                return []
            pulled.restart_scope(unit.connection, cursor)
        return [cursor.scope]

    def _sums(self, me: DeviceIdentity, scopes: list[str]) -> Mapping[str, ScopeSums]:
        """The server's sums by scope; none where it is in another epoch, which the next pull deals with."""
        answer = self._server.verify(VerifyRequest(epoch=me.epoch, scopes=scopes, schema=SCHEMA_VERSION))
        return {each.scope: each for each in answer.scopes} if answer.epoch == me.epoch else {}

    def _verified(
        self, me: DeviceIdentity, cursor: ScopeCursor, there: ScopeSums | None, *, is_deep: bool, is_recounting: bool
    ) -> ScopeVerified:
        with self._replica.read() as connection:
            kept = buckets.read(connection, cursor.number)
            counted_here = buckets.recounted(connection, cursor.number) if is_recounting else kept
            absent = repair.absent_rows(connection, cursor.number) if is_recounting else []
        rows_here = sum(each.rows for each in counted_here)
        if there is None or not _is_same_place(there, cursor):
            rows_there = 0 if there is None else sum(each.rows for each in there.entities)
            return ScopeVerified(cursor.scope, cursor.position, rows_here, rows_there, is_compared=False)
        rows_there = sum(each.rows for each in there.entities)
        here = {each.entity: each.sums for each in counted_here}
        wrong = repair.different_buckets({each.entity: each.sums for each in kept}, here)
        known = [Difference(cursor.scope, entity, b"", "sums") for entity in wrong]
        known += [Difference(cursor.scope, entity, key, "row") for entity, key in absent]
        numbers = repair.different_buckets(here, {each.entity: unpacked_sums(each.sums) for each in there.entities})
        found: list[Difference] | None = self._drilled(me, cursor, numbers, known) if numbers else known
        if is_deep and found is not None:
            found = self._scrubbed(me, cursor, found)
        if found is None:
            return ScopeVerified(cursor.scope, cursor.position, rows_here, rows_there, is_compared=False)
        return ScopeVerified(cursor.scope, cursor.position, rows_here, rows_there, True, tuple(found))

    def _drilled(
        self, me: DeviceIdentity, cursor: ScopeCursor, numbers: Mapping[str, list[int]], known: Sequence[Difference]
    ) -> list[Difference] | None:
        """The rows that differ in these buckets, the known differences included; None when the server moved on."""
        found = {(each.entity, each.id): each for each in known}
        for entity, of_entity in numbers.items():
            there = self._bucket_rows(me, cursor, entity, of_entity)
            if there is None:
                return None
            with self._replica.read() as connection:
                here = dict(buckets.members_in(connection, cursor.number, entity, of_entity))
            different = {key for key in here.keys() | there.keys() if here.get(key) != there.get(key)}
            for key in sorted(different):
                what = "missing" if key not in here else "extra" if key not in there else "version"
                found[entity, key] = Difference(cursor.scope, entity, key, what)
            if not different:
                found[entity, b""] = Difference(cursor.scope, entity, b"", "sums")
        return list(found.values())

    def _bucket_rows(
        self, me: DeviceIdentity, cursor: ScopeCursor, entity: str, numbers: Sequence[int]
    ) -> dict[bytes, int] | None:
        """What the server has in these buckets, version by id; it answers as many at a time as it likes."""
        found: dict[bytes, int] = {}
        left = list(numbers)
        while left:
            asked = [BucketName(cursor.scope, entity, number) for number in left[:BUCKETS_ASKED_AT_ONCE]]
            answer = self._server.verify(VerifyRequest(me.epoch, [cursor.scope], asked, SCHEMA_VERSION))
            has_moved = answer.epoch != me.epoch or not all(_is_same_place(each, cursor) for each in answer.scopes)
            if has_moved or not answer.scopes or not answer.buckets:
                return None
            for bucket in answer.buckets:
                found.update(bucket.rows)
                left.remove(bucket.bucket)
        return found

    def _scrubbed(self, me: DeviceIdentity, cursor: ScopeCursor, known: list[Difference]) -> list[Difference] | None:
        """The known differences and the rows whose content differs; None when the server moved on."""
        with self._replica.read() as connection:
            here = scope_digest_here(connection, cursor)
        there = {each.scope: each for each in self._server.digest([cursor.scope]).digests}.get(cursor.scope)
        if there is None or there.position != cursor.position:
            return None
        if there.digest == here.digest:
            return known
        named = {(each.entity, each.id) for each in known}
        found = list(known)
        for entity in AGGREGATES:
            for rows, after, up_to in self._slices(me, cursor, entity):
                if rows is None:
                    return None
                found += [
                    each
                    for each in self._content_differences(cursor, entity, rows, after, up_to)
                    if (entity, each.id) not in named
                ]
        return found

    def _slices(
        self, me: DeviceIdentity, cursor: ScopeCursor, entity: str
    ) -> Iterator[tuple[list[Row] | None, bytes, bytes | None]]:
        """All rows of an entity that the server's scope holds, in slices of (rows, after, up to); None: it moved on."""
        after, more = b"", True
        while more:
            request = RowsRequest(SCHEMA_VERSION, me.epoch, cursor.scope, entity=entity, after=after)
            answer = self._server.rows(request)
            if not _is_of(answer, me, cursor):
                yield None, after, None
                return
            more = answer.more and bool(answer.rows)
            up_to = answer.rows[-1].id if more else None
            yield answer.rows, after, up_to
            after = up_to or b""

    def _content_differences(
        self, cursor: ScopeCursor, entity: str, rows: Sequence[Row], after: bytes, up_to: bytes | None
    ) -> Iterator[Difference]:
        with self._replica.read() as connection:
            here = repair.members_between(connection, cursor.number, entity, after, up_to)
            hashes = repair.standing_payload_hashes(connection, entity, [row.id for row in rows])
        for row in rows:
            version = here.pop(row.id, None)
            if version is None:
                yield Difference(cursor.scope, entity, row.id, "missing")
            elif version != row.version:
                yield Difference(cursor.scope, entity, row.id, "version")
            elif row.id not in hashes:
                yield Difference(cursor.scope, entity, row.id, "row")
            elif hashes[row.id] != payload_hash(row.payload):
                yield Difference(cursor.scope, entity, row.id, "content")
        for key in here:
            yield Difference(cursor.scope, entity, key, "extra")

    def _repaired(self, me: DeviceIdentity, cursor: ScopeCursor, scope: ScopeVerified) -> Iterator[Difference]:
        """Put a scope right, some rows at a time; gives what was done. Stops where either side moved on."""
        by_key = {(each.entity, each.id): each for each in scope.differences}
        left = [key for key, each in by_key.items() if each.what != "sums"]
        while left:
            part = left[:KEYS_ASKED_AT_ONCE]
            answer = self._server.rows(RowsRequest(SCHEMA_VERSION, me.epoch, cursor.scope, keys=part))
            done = {(row.entity, row.id) for row in answer.rows} | set(answer.missing)
            if not done or not _is_of(answer, me, cursor) or not self._write(cursor, answer):
                return
            left = [key for key in left if key not in done]
            yield from (by_key[key] for key in part if key in done)
        with self._replica.write(is_background=True) as unit:
            repair.add_up_again(unit.connection, cursor.number)
        yield from (each for each in scope.differences if each.what == "sums")

    def _write(self, cursor: ScopeCursor, answer: RowsAnswer) -> bool:
        """Write what came, a few rows in each transaction, so that no sale waits; false when the device moved on."""
        for start in range(0, max(len(answer.rows), len(answer.missing)), ROWS_WRITTEN_AT_ONCE):
            part = slice(start, start + ROWS_WRITTEN_AT_ONCE)
            with self._replica.write(is_background=True) as unit:
                if cursors.position_of(unit.connection, cursor.scope) != cursor.position:
                    return False
                settled = identity_of(unit.connection).settled_number
                repair.put_right(unit.connection, cursor.number, answer.rows[part], settled)
                repair.take_away(unit.connection, cursor.number, answer.missing[part], settled)
        return True

    def _tell(self, report: VerifyReport) -> None:
        """Say in the sync log what was put right."""
        if not report.differences:
            return
        text = f"Verified {report.rows:,} rows: {len(report.differences):,} differed from the server"
        if report.repaired:
            text += f", put right: {counted(Counter(each.entity for each in report.repaired))}"
        if report.restarted:
            text += f", fetched anew: {', '.join(report.restarted)}"
        with self._replica.write(is_background=True) as unit:
            sync_events.add(unit.connection, unit.clock.now(), "note", f"{text}.")


def _is_beyond_repair(scope: ScopeVerified) -> bool:
    """Whether so much of a scope differs that fetching it row by row would take longer than fetching it anew."""
    count = len(scope.differences)
    return count >= RESTART_FROM and count * _RESTART_SHARE > max(scope.rows_here, scope.rows_there)


def _is_of(answer: RowsAnswer, me: DeviceIdentity, cursor: ScopeCursor) -> bool:
    return answer.epoch == me.epoch and _is_same_place(answer, cursor)


def _is_same_place(there: ScopeSums | RowsAnswer, cursor: ScopeCursor) -> bool:
    """Whether the server's scope stands where this one does, and came there the same way, as far as it says."""
    return there.position == cursor.position and there.mark in (b"", cursor.mark)


def _name(cursor: ScopeCursor) -> str:
    return cursor.scope


def _changes(repaired: Sequence[Difference]) -> Changes:
    ids: dict[str, set[bytes]] = {}
    for each in repaired:
        if each.id:
            ids.setdefault(each.entity, set()).add(each.id)
    return Changes({entity: frozenset(UUID(bytes=each) for each in of_entity) for entity, of_entity in ids.items()})
