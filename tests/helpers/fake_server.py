"""An in-process server for tests of the device alone: the protocol, none of the trade, and faults on demand.

It is not the server of the product; tests against that one are in ``tests/integration/device/test_real_server.py``.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from desktop.replica.overlay import with_mutation
from desktop.replica.rows import aggregate_of, python_row, wire_payload
from desktop.usecases.look_up_customer import ChainAnswer
from shared.errors import EnvironmentFailure
from shared.schema import registry
from shared.schema.registry import scopes_of
from shared.sync.buckets import bucket_of, bucket_sums, packed_sums
from shared.sync.digest import scope_digest
from shared.sync.operations import Verb, arguments_hash, decode_arguments
from shared.sync.projection import narrowed
from shared.sync.wire import (
    BucketRows,
    DigestAnswer,
    EntitySums,
    Gone,
    Head,
    MutationResult,
    Payload,
    PullAnswer,
    PullRequest,
    PushAnswer,
    PushRequest,
    Row,
    RowsAnswer,
    RowsRequest,
    ScopeDigest,
    ScopePage,
    ScopeSums,
    SentMutation,
    SnapshotOffer,
    VerifyAnswer,
    VerifyRequest,
)

MARK = b"mark" * 4


@dataclass(slots=True)
class _Entry:
    position: int
    version: int
    payload: Payload
    state: str = "live"


@dataclass
class FakeServer:
    """Holds feeds in memory. ``faults`` are called, first in first out, around the next pushes and pulls.

    Attributes:
        page_rows: how many rows a page may carry.
        projects: whether rows are given as the request's schema has them; tests of other things do not say theirs.
        scopes: what the device may hold.
        is_revoked: pushes and pulls are answered so; what is handed in goes to ``quarantined``.
        refuse: decides which mutations are refused: a code, or nothing.
        lose_answers: the next answers are computed, then lost on the way.
        chain: what a look-up of customers finds, by (``card``, number) and its like.
        projected: number up to which stock levels include movements; None: everything received.
    """

    scopes: list[str] = field(default_factory=lambda: ["catalogue"])
    page_rows: int = 1_000
    epoch: int = 1
    now: int = 1_800_000_000_000_000
    projected: int | None = None
    is_down: bool = False
    lose_answers: int = 0
    refuse: Callable[[SentMutation], str] = lambda _: ""
    is_revoked: bool = False
    quarantined: list[SentMutation] = field(default_factory=list)
    pushes: list[PushRequest] = field(default_factory=list)
    pulls: list[PullRequest] = field(default_factory=list)
    feeds: dict[str, dict[tuple[str, bytes], _Entry]] = field(default_factory=dict)
    received: dict[int, SentMutation] = field(default_factory=dict)
    results: dict[int, MutationResult] = field(default_factory=dict)
    incarnation: bytes = b""
    before_pull: Callable[[], None] = lambda: None
    projects: bool = False
    _schema: int = registry.SCHEMA_VERSION
    offers: list[SnapshotOffer] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    _heads: dict[str, int] = field(default_factory=dict)
    heads_told: list[list[Head]] = field(default_factory=list)
    chain: dict[tuple[str, str], ChainAnswer] = field(default_factory=dict)

    def put(
        self,
        entity: str,
        row: Mapping[str, object],
        children: Mapping[str, Sequence[Mapping[str, object]]] | None = None,
    ) -> None:
        """Write an aggregate as somebody else would."""
        self.put_payload(entity, wire_payload(aggregate_of(entity), row, children or {}))

    def put_payload(self, entity: str, payload: Payload) -> None:
        aggregate = aggregate_of(entity)
        key = payload[0][0]
        assert isinstance(key, bytes)
        scopes = scopes_of(aggregate, python_row(aggregate.root, payload[0]))
        version = 1 + max(
            (feed[entity, key].version for feed in self.feeds.values() if (entity, key) in feed), default=0
        )
        for name, feed in self.feeds.items():
            if name not in scopes and (entity, key) in feed and feed[entity, key].state == "live":
                feed.pop((entity, key))
                feed[entity, key] = _Entry(self._next(name), version, payload, "left")
        for scope in scopes:
            feed = self.feeds.setdefault(scope, {})
            feed.pop((entity, key), None)
            feed[entity, key] = _Entry(self._next(scope), version, payload)

    def put_into(self, scope: str, entity: str, payload: Payload) -> None:
        """Write an aggregate that is new into this one scope; cheap, for very many."""
        key = payload[0][0]
        assert isinstance(key, bytes)
        self.feeds.setdefault(scope, {})[entity, key] = _Entry(self._next(scope), 1, payload)

    def delete(self, entity: str, entity_id: uuid.UUID) -> None:
        """Delete an aggregate as somebody else would."""
        for name, feed in self.feeds.items():
            found = feed.pop((entity, entity_id.bytes), None)
            if found is not None:
                feed[entity, entity_id.bytes] = _Entry(self._next(name), found.version + 1, found.payload, "deleted")

    def position_of(self, scope: str) -> int:
        """The newest position of a scope."""
        return self._head(scope)

    def row(self, entity: str, entity_id: uuid.UUID) -> dict[str, Any] | None:
        """The standing root row, in Python values."""
        payload = self._payload(entity, entity_id.bytes)
        return None if payload is None else python_row(aggregate_of(entity).root, payload[0])

    def push(self, request: PushRequest) -> PushAnswer:
        self._fail_if_down()
        self._fail_if_revoked()
        request = msgspec.msgpack.decode(msgspec.msgpack.encode(request), type=PushRequest)
        self.pushes.append(request)
        if request.incarnation != self.incarnation:
            self.incarnation = request.incarnation
            self.received.clear()
            self.results.clear()
        results = [self._receive(mutation) for mutation in request.mutations]
        answer = PushAnswer(last_number=max(self.received, default=0), results=results, server_time=self.now)
        self._lose_answer()
        return msgspec.msgpack.decode(msgspec.msgpack.encode(answer), type=PushAnswer)

    def quarantine(self, request: PushRequest) -> PushAnswer:
        self._fail_if_down()
        self.quarantined += [mutation for mutation in request.mutations if mutation.id not in self.held_ids()]
        self._lose_answer()
        last_number = request.mutations[-1].number if request.mutations else max(self.received, default=0)
        return PushAnswer(last_number, [], self.now)

    def held_ids(self) -> set[bytes]:
        """What was handed in so far."""
        return {mutation.id for mutation in self.quarantined}

    def pull(self, request: PullRequest) -> PullAnswer:
        self.before_pull()
        self._fail_if_down()
        self._fail_if_revoked()
        self.pulls.append(request)
        self._schema = request.schema
        at = {cursor.scope: cursor for cursor in request.cursors}
        is_stale = request.epoch not in {0, self.epoch}
        last = max(self.received, default=0) if request.incarnation == self.incarnation else 0
        pages = []
        for scope in self.scopes:
            cursor = at.get(scope)
            is_restart = cursor is not None and (is_stale or (cursor.position and cursor.mark != MARK))
            start = 0 if cursor is None or is_restart else cursor.position
            pages.append(self._page(scope, start, is_restart=bool(is_restart)))
        answer = PullAnswer(
            epoch=self.epoch,
            server_time=self.now,
            last_number=last,
            projected_number=last if self.projected is None else min(last, self.projected),
            scopes=list(self.scopes),
            pages=pages,
        )
        self._lose_answer()
        return msgspec.msgpack.decode(msgspec.msgpack.encode(answer), type=PullAnswer)

    def heads(self) -> Generator[list[Head]]:
        self._fail_if_down()
        yield [Head(scope, self._head(scope)) for scope in self.scopes]
        yield from self.heads_told

    def digest(self, scopes: list[str], schema: int = registry.SCHEMA_VERSION) -> DigestAnswer:
        self._fail_if_down()
        found = []
        for scope in sorted(scopes):
            feed = self.feeds.get(scope, {})
            live = [item for item in sorted(feed.items(), key=lambda item: item[0]) if item[1].state == "live"]
            rows, digest = scope_digest(self._given(live, schema))
            found.append(ScopeDigest(scope=scope, position=self._head(scope), rows=rows, digest=digest))
        return DigestAnswer(epoch=self.epoch, digests=found)

    def verify(self, request: VerifyRequest) -> VerifyAnswer:
        self._fail_if_down()
        asked = [
            BucketRows(each.scope, each.entity, each.bucket, self._versions(each.scope, each.entity, each.bucket))
            for each in request.buckets
        ]
        answer = VerifyAnswer(self.epoch, [self._sums(scope) for scope in sorted(request.scopes)], asked)
        return msgspec.msgpack.decode(msgspec.msgpack.encode(answer), type=VerifyAnswer)

    def rows(self, request: RowsRequest) -> RowsAnswer:
        self._fail_if_down()
        feed = self.feeds.get(request.scope, {})
        live = {key: entry for key, entry in sorted(feed.items(), key=lambda each: each[0]) if entry.state == "live"}
        if request.entity:
            keys = [key for key in live if key[0] == request.entity and key[1] > request.after]
        else:
            keys = [(entity, key) for entity, key in request.keys]
        part = keys[: self.page_rows]
        answer = RowsAnswer(
            self.epoch,
            request.scope,
            self._head(request.scope),
            rows=self._given([(key, live[key]) for key in part if key in live], request.schema),
            missing=[key for key in part if key not in live],
            more=len(keys) > len(part),
        )
        return msgspec.msgpack.decode(msgspec.msgpack.encode(answer), type=RowsAnswer)

    def _sums(self, scope: str) -> ScopeSums:
        live: dict[str, list[tuple[bytes, int]]] = {}
        for (entity, key), entry in self.feeds.get(scope, {}).items():
            if entry.state == "live":
                live.setdefault(entity, []).append((key, entry.version))
        found = [EntitySums(each, len(live[each]), packed_sums(bucket_sums(each, live[each]))) for each in sorted(live)]
        return ScopeSums(scope, self._head(scope), found)

    def _versions(self, scope: str, entity: str, bucket: int) -> list[tuple[bytes, int]]:
        feed = self.feeds.get(scope, {})
        return sorted(
            (key, entry.version)
            for (of_entity, key), entry in feed.items()
            if of_entity == entity and entry.state == "live" and bucket_of(key) == bucket
        )

    def snapshots(self, schema: int) -> list[SnapshotOffer]:
        self._fail_if_down()
        return [offer for offer in self.offers if offer.schema == schema]

    def snapshot_bytes(self, offer: SnapshotOffer, start: int) -> Iterator[bytes]:
        self._fail_if_down()
        if offer.name not in self.files:
            raise EnvironmentFailure("snapshot_changed", "There is none.")
        yield self.files[offer.name][start:]

    def look_up_customer(self, by: str, given: str) -> ChainAnswer:
        self._fail_if_down()
        return self.chain.get((by, given), ChainAnswer(0))

    def server_time(self) -> int:
        self._fail_if_down()
        return self.now

    def interrupt(self) -> None:
        pass

    def close(self) -> None:
        pass

    def _page(self, scope: str, start: int, *, is_restart: bool) -> ScopePage:
        later = [(key, entry) for key, entry in self.feeds.get(scope, {}).items() if entry.position > start]
        later.sort(key=lambda item: item[1].position)
        part, has_more = later[: self.page_rows], len(later) > self.page_rows
        return ScopePage(
            scope=scope,
            from_position=start,
            to_position=part[-1][1].position if has_more else max(start, self._head(scope)),
            mark=MARK,
            more=has_more,
            rows=self._given([(key, entry) for key, entry in part if entry.state == "live"], self._schema),
            left=[Gone(*key, entry.version) for key, entry in part if entry.state == "left"],
            deleted=[Gone(*key, entry.version) for key, entry in part if entry.state == "deleted"],
            restart=is_restart,
        )

    def _given(self, entries: Sequence[tuple[tuple[str, bytes], _Entry]], schema: int) -> list[Row]:
        """Live rows as a wire schema has them, where this server projects."""
        known = registry.at_schema(schema if self.projects else registry.SCHEMA_VERSION)
        return [
            Row(*key, entry.version, narrowed(key[0], entry.payload, schema) if self.projects else entry.payload)
            for key, entry in entries
            if key[0] in known
        ]

    def _receive(self, mutation: SentMutation) -> MutationResult:
        known = self.received.get(mutation.number)
        if known is not None:
            if (known.id, known.hash) != (mutation.id, mutation.hash):
                raise EnvironmentFailure("push_fork", "Another device used this number.")
            earlier = self.results[mutation.number]
            return earlier if earlier.status == "refused" else MutationResult(mutation.number, "repeated")
        expected = max(self.received, default=0) + 1
        if mutation.number != expected:
            raise EnvironmentFailure("push_gap", "A number is missing.", expected=expected)
        assert mutation.hash == arguments_hash(mutation.name, mutation.version, mutation.arguments)
        self.received[mutation.number] = mutation
        code = self.refuse(mutation)
        if not code:
            self._apply(mutation)
        result = MutationResult(mutation.number, "refused" if code else "applied", code, "No." if code else "")
        self.results[mutation.number] = result
        return result

    def _apply(self, mutation: SentMutation) -> None:
        entity, _, verb = mutation.name.rpartition(".")
        arguments: dict[str, Any] = decode_arguments(mutation.arguments)
        key = arguments["id"] if "id" in arguments else arguments["row"][0][0]
        assert isinstance(key, bytes)
        after = with_mutation(aggregate_of(entity), self._payload(entity, key), Verb(verb), arguments)
        if after is None:
            self.delete(entity, uuid.UUID(bytes=key))
        else:
            self.put_payload(entity, after)

    def _payload(self, entity: str, key: bytes) -> Payload | None:
        for feed in self.feeds.values():
            entry = feed.get((entity, key))
            if entry is not None and entry.state == "live":
                return entry.payload
        return None

    def _next(self, scope: str) -> int:
        self._heads[scope] = self._head(scope) + 1
        return self._heads[scope]

    def _head(self, scope: str) -> int:
        return self._heads.get(scope, 0)

    def _fail_if_down(self) -> None:
        if self.is_down:
            raise EnvironmentFailure("server_unreachable", "The server does not answer.")

    def _fail_if_revoked(self) -> None:
        if self.is_revoked:
            raise EnvironmentFailure("device_revoked", "This device may no longer sync.")

    def _lose_answer(self) -> None:
        if self.lose_answers:
            self.lose_answers -= 1
            raise EnvironmentFailure("server_unreachable", "The line broke.")
