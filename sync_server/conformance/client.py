"""A client written from docs/protocol.md and nothing else of this server: what another program would have to do."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import httpx
import jwt
import msgspec
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.clock import MICROSECONDS_PER_SECOND, Clock
from shared.ids import IdMaker
from shared.schema.registry import SCHEMA_VERSION, at_schema
from shared.schema.types import WireKind
from shared.sync.wire import (
    CONTENT_TYPE,
    Cursor,
    DigestAnswer,
    DigestRequest,
    ErrorAnswer,
    PullAnswer,
    PullRequest,
    PushAnswer,
    PushRequest,
    Row,
    RowsAnswer,
    RowsRequest,
    SentMutation,
    VerifyAnswer,
    VerifyRequest,
)
from sync_server.conformance.verdict import Failed

BODY_MAX_BYTES = 256 * 1024 * 1024
ASSERTION_SECONDS = 50
_EMPTY: Mapping[WireKind, object] = {
    WireKind.WORDS: "",
    WireKind.WHOLE: 0,
    WireKind.FLAG: 0,
    WireKind.DAY: "2026-11-20",
    WireKind.JSON: "[]",
    WireKind.DIGEST: b"",
}

_Message = TypeVar("_Message")


class Client:
    """One device: its key, its numbers, and what it holds.

    Attributes:
        rows: (scope, entity, id) → the row it was given last.
        cursors: how far it has applied each scope.
    """

    def __init__(self, url: str, clock: Clock, ids: IdMaker) -> None:
        self.http = httpx.Client(base_url=url, timeout=60)
        self.clock = clock
        self.ids = ids
        self.key = Ed25519PrivateKey.generate()
        self.incarnation = ids.new().bytes
        self.next_number = 1
        self.epoch = 0
        self.witness = b""
        self.cursors: dict[str, Cursor] = {}
        self.rows: dict[tuple[str, str, bytes], Row] = {}
        self.token = ""
        self.device_id = self.store_id = uuid.UUID(int=0)
        self.server_id = ""

    def enrol(self, code: str) -> httpx.Response:
        """Spend a code; on success the device knows who it is and has a token."""
        public = self.key.public_key().public_bytes_raw()
        text = base64.urlsafe_b64encode(public).decode().rstrip("=")
        answer = self.http.post("/devices/enrol", json={"code": code, "public_key": text, "name": "Conformance"})
        if answer.status_code == httpx.codes.OK:
            told = answer.json()
            self.device_id, self.store_id = uuid.UUID(told["device_id"]), uuid.UUID(told["store_id"])
            self.server_id = str(told["server_id"])
            self.token = self.exchange(self.assertion()).json()["token"]
        return answer

    def assertion(self, **claims: object) -> str:
        """A signed statement of who this is, good for less than a minute."""
        now = self.server_time() // MICROSECONDS_PER_SECOND
        me = str(self.device_id)
        body = {"iss": me, "sub": me, "aud": self.server_id, "jti": str(self.ids.new()), "iat": now}
        return jwt.encode({**body, "exp": now + ASSERTION_SECONDS, **claims}, self.key, algorithm="EdDSA")

    def exchange(self, assertion: str) -> httpx.Response:
        """Ask for a token."""
        return self.http.post("/devices/token", json={"assertion": assertion})

    def server_time(self) -> int:
        """The server's clock, UTC microseconds."""
        return int(self.http.get("/sync/time").json()["server_time"])

    def call(self, path: str, message: msgspec.Struct) -> httpx.Response:
        """One call of the binary protocol."""
        return self.send(path, zstandard.ZstdCompressor().compress(msgspec.msgpack.encode(message)))

    def send(self, path: str, body: bytes) -> httpx.Response:
        """The same with a body as it is."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": CONTENT_TYPE, "Accept": CONTENT_TYPE}
        return self.http.post(path, content=body, headers=headers)

    def mutation(self, name: str, arguments: dict[str, object], number: int | None = None) -> SentMutation:
        """The next mutation, or one with a number of its own."""
        if number is None:
            number, self.next_number = self.next_number, self.next_number + 1
        encoded = msgspec.msgpack.encode(arguments)
        hashed = hashlib.sha256(f"{name}@1\n".encode() + encoded).digest()
        return SentMutation(number, self.ids.new().bytes, name, 1, encoded, hashed, self.clock.now())

    def try_push(self, mutations: Sequence[SentMutation], **options: Any) -> httpx.Response:
        """Push and give whatever comes."""
        return self.call(
            "/sync/push", PushRequest(SCHEMA_VERSION, self.incarnation, self.clock.now(), list(mutations), **options)
        )

    def push(self, *mutations: SentMutation) -> PushAnswer:
        """Push what must be taken."""
        return message_in(self.try_push(mutations), PushAnswer)

    def pull(self, **options: Any) -> PullAnswer:
        """One pull with the cursors as they are; nothing is applied."""
        options = {"schema": SCHEMA_VERSION, "cursors": list(self.cursors.values()), "epoch": self.epoch, **options}
        options = {"witness": self.witness, **options}
        return message_in(self.call("/sync/pull", PullRequest(incarnation=self.incarnation, **options)), PullAnswer)

    def apply(self, answer: PullAnswer) -> None:
        """Apply one answer as the protocol says: the guard, rows, left, deleted, the cursor."""
        self.epoch, self.witness = answer.epoch, answer.witness or self.witness
        for page in answer.pages:
            at = self.cursors.get(page.scope)
            position = 0 if at is None or page.restart else at.position
            if page.restart:
                self.rows = {key: row for key, row in self.rows.items() if key[0] != page.scope}
            if page.from_position != position:
                raise Failed(f"a page of {page.scope} begins at {page.from_position}, the cursor is at {position}")
            for row in page.rows:
                known = self.rows.get((page.scope, row.entity, row.id))
                if known is None or row.version >= known.version:
                    self.rows[page.scope, row.entity, row.id] = row
            for gone in (*page.left, *page.deleted):
                self.rows.pop((page.scope, gone.entity, gone.id), None)
            self.cursors[page.scope] = Cursor(page.scope, page.to_position, page.mark)

    def catch_up(self, **options: Any) -> list[PullAnswer]:
        """Pull and apply until every scope says that there is no more."""
        answers: list[PullAnswer] = []
        while not answers or any(page.more for page in answers[-1].pages):
            answers.append(self.pull(**options))
            self.apply(answers[-1])
        return answers

    def held(self, entity: str, row_id: bytes) -> Row | None:
        """What this device holds of an aggregate, in whichever scope."""
        found = [row for (_, kind, key), row in self.rows.items() if (kind, key) == (entity, row_id)]
        return found[0] if found else None

    def verify(self, scopes: Sequence[str], **options: Any) -> VerifyAnswer:
        """Bucket sums."""
        request = VerifyRequest(epoch=self.epoch, scopes=list(scopes), schema=SCHEMA_VERSION, **options)
        return message_in(self.call("/sync/verify", request), VerifyAnswer)

    def named_rows(self, scope: str, **options: Any) -> RowsAnswer:
        """Named rows, or an entity's rows."""
        request = RowsRequest(schema=SCHEMA_VERSION, epoch=self.epoch, scope=scope, **options)
        return message_in(self.call("/sync/rows", request), RowsAnswer)

    def digest(self, scopes: Sequence[str]) -> DigestAnswer:
        """Full digests."""
        return message_in(self.call("/sync/digest", DigestRequest(list(scopes), SCHEMA_VERSION)), DigestAnswer)

    def wire_row(self, entity: str, values: Mapping[str, object], table: str = "") -> list[object]:
        """A row in wire order; what is not given is empty, zero or a fresh id."""
        aggregate = at_schema(SCHEMA_VERSION)[entity]
        columns = next(each for each in aggregate.tables if each.name == (table or aggregate.root.name)).columns
        row: list[object] = []
        for column in columns:
            fresh = self.ids.new().bytes if column.kind is WireKind.ID else _EMPTY.get(column.kind)
            value = values.get(column.name, None if column.nullable else fresh)
            row.append(value.bytes if isinstance(value, uuid.UUID) else value)
        return row

    def close(self) -> None:
        """Let go of the line."""
        self.http.close()


def message_in(answer: httpx.Response, kind: type[_Message]) -> _Message:
    """The message in an answer that must have succeeded."""
    if answer.status_code != httpx.codes.OK:
        raise Failed(f"answered {answer.status_code}: {error_in(answer).message}")
    plain = zstandard.ZstdDecompressor().decompress(answer.content, max_output_size=BODY_MAX_BYTES)
    return msgspec.msgpack.decode(plain, type=kind)


def error_in(answer: httpx.Response) -> ErrorAnswer:
    """The error in an answer that must have failed: the same three fields in msgpack and in JSON."""
    try:
        if answer.headers.get("content-type", "").startswith(CONTENT_TYPE):
            plain = zstandard.ZstdDecompressor().decompress(answer.content, max_output_size=BODY_MAX_BYTES)
            return msgspec.msgpack.decode(plain, type=ErrorAnswer)
        return msgspec.json.decode(answer.content, type=ErrorAnswer)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise Failed(f"answered {answer.status_code} without error, message and data") from error
