"""Starting from snapshot files: fetch them with resume, fill a new replica from them, let it take the old one's place.

Whatever goes wrong, the rows come by pages instead, and the sync log says why. What was fetched is kept over a restart;
the plain file inside is on the disk only while it is copied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from desktop.log import logger
from desktop.replica import identity, pulled, sync_events
from desktop.replica.changes import Changes
from desktop.replica.engine import Replica
from desktop.replica.identity import DeviceIdentity
from desktop.replica.snapshot_copy import SnapshotFacts
from desktop.replica.successor import Successor
from desktop.sync.apply import Applied
from desktop.sync.server_port import SyncServer
from desktop.sync.snapshot_download import SnapshotFolder, folder_beside
from shared.errors import EnvironmentFailure
from shared.schema.registry import SCHEMA_VERSION
from shared.schema.snapshot_file import aggregates_of, is_snapshot_scope
from shared.sync.wire import PullAnswer, RowsRequest, SnapshotOffer

BROKEN_FETCHES_MAX = 3
"""After so many downloads that broke off the rows come by pages: something on the way does not let files through."""

_LINE_IS_DOWN = frozenset({"server_unreachable", "server_busy", "server_failed", "device_revoked", "offline"})


class Bootstrap:
    """Fills one replica from snapshot files; used by one thread at a time."""

    def __init__(self, replica: Replica, server: SyncServer, schema: int = SCHEMA_VERSION) -> None:
        self._replica = replica
        self._server = server
        self._schema = schema
        self._folder = SnapshotFolder(folder_beside(replica.path), server)
        self._broken_fetches = 0

    def at_start(self, me: DeviceIdentity, *, has_cursors: bool) -> Applied | None:
        """Where this device holds nothing yet: everything there is a file for. None: the rows come by pages.

        Raises:
            EnvironmentFailure: the server does not answer; what was fetched is kept.
        """
        self._folder.remove_plain()
        is_new = me.consistent_at is None and me.is_indexed and not has_cursors
        return self._from_files(lambda _: True) if is_new else None

    def instead_of(self, answer: PullAnswer) -> Applied | None:
        """Where the server says that large scopes start anew: those there is a file for.

        Not after a restore of the server: what it lost is found by comparing rows, which a new file has not.
        """
        anew = {page.scope for page in answer.pages if page.restart and is_snapshot_scope(page.scope)}
        if not anew:
            self._folder.keep_only([])
            return None
        with self._replica.read() as connection:
            is_same_history = identity.identity_of(connection).epoch == answer.epoch
        return self._from_files(lambda offer: offer.scope in anew) if is_same_history else None

    def _from_files(self, is_wanted: Callable[[SnapshotOffer], bool]) -> Applied | None:
        if self._broken_fetches >= BROKEN_FETCHES_MAX:
            self._folder.keep_only([])
            return None
        try:
            offers = [offer for offer in self._server.snapshots(self._schema) if is_wanted(offer)]
            self._folder.keep_only(offers)
            applied = self._start_from(sorted(offers, key=_rows, reverse=True)) if offers else None
        except EnvironmentFailure as failure:
            if failure.code in _LINE_IS_DOWN:
                self._broken_fetches += failure.code != "offline"  # Somebody held it; nothing broke.
                raise
            applied = None
            logger("sync").warning("no start from a snapshot: %s", failure)
            with self._replica.write(is_background=True) as unit:
                sync_events.add(unit.connection, unit.clock.now(), "note", failure.message)
        self._folder.keep_only([])
        return applied

    def _start_from(self, offers: Sequence[SnapshotOffer]) -> Applied:
        counts = Counter[str]()
        with self._replica.successor() as made, ThreadPoolExecutor(1, thread_name_prefix="snapshots") as fetching:
            try:
                coming = [fetching.submit(self._folder.fetch, offer) for offer in offers]
                for offer, file in zip(offers, coming, strict=True):
                    facts = self._taken(made, offer, file.result)
                    counts.update(facts.counts)
                    counts.update(self._fill_the_rest(made, facts))
                made.carry_over()
                self._replica.give_way_to(made)
            finally:
                fetching.shutdown(cancel_futures=True)
                self._folder.remove_plain()
        return Applied(dict(counts), is_consistent=False, changes=Changes({}, frozenset(counts)))

    def _taken(self, made: Successor, offer: SnapshotOffer, file: Callable[[], Path]) -> SnapshotFacts:
        plain = file()
        try:
            facts = made.take_snapshot(plain)
        finally:
            with suppress(FileNotFoundError):
                plain.unlink()
        told = (offer.scope, offer.epoch, offer.schema, offer.position, bytes.fromhex(offer.mark))
        if told != (facts.scope, facts.epoch, facts.schema, facts.position, facts.mark):
            raise EnvironmentFailure("snapshot_unfit", "The snapshot is not what it was said to be.", name=offer.name)
        return facts

    def _fill_the_rest(self, made: Successor, facts: SnapshotFacts) -> dict[str, int]:
        """People, settings and whatever else does not travel in files; newer than the file is no harm."""
        context = pulled.PullContext(facts.scope_number, is_fresh=True, settled_number=0, projected_number=0)
        counts: dict[str, int] = {}
        for aggregate in aggregates_of(facts.scope, facts.schema):
            if aggregate.entity in facts.entities:
                continue
            after, has_more = b"", True
            while has_more:
                answer = self._server.rows(
                    RowsRequest(
                        schema=self._schema,
                        epoch=facts.epoch,
                        scope=facts.scope,
                        entity=aggregate.entity,
                        after=after,
                    )
                )
                if answer.epoch != facts.epoch:
                    raise EnvironmentFailure("snapshot_changed", "The server began a new history meanwhile.")
                if answer.rows:
                    with made.filling() as connection:
                        pulled.write_rows(connection, aggregate.entity, answer.rows, context)
                    after = answer.rows[-1].id
                    counts[aggregate.entity] = counts.get(aggregate.entity, 0) + len(answer.rows)
                has_more = answer.more
        return counts


def _rows(offer: SnapshotOffer) -> int:
    return offer.rows
