"""A real server over real HTTP for tests, and a device that speaks the bare protocol to it."""

from __future__ import annotations

import base64
import tempfile
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
import msgspec
import uvicorn
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from shared.clock import Clock, SystemClock
from shared.ids import TimeOrderedIds
from shared.schema.base import Replicated
from shared.schema.registry import AGGREGATES
from shared.schema.types import WireKind, canonical_json
from shared.sync.operations import arguments_hash, encode_arguments
from shared.sync.wire import (
    CONTENT_TYPE,
    Cursor,
    DigestAnswer,
    DigestRequest,
    PullAnswer,
    PullRequest,
    PushAnswer,
    PushRequest,
    SentMutation,
)
from sync_server.db.sessions import Database
from sync_server.devices.joining_service import make_enrol_code
from sync_server.main import create_app
from sync_server.settings import ServerSettings

ids = TimeOrderedIds()


@contextmanager
def running_server(database_url: str, *, clock: Clock | None = None, **settings: Any) -> Iterator[str]:
    """The server's address while the block lasts; a worker of its own thread on a free port."""
    with tempfile.TemporaryDirectory(prefix="counterfoil-home-") as folder:
        home = settings.pop("home", Path(folder))
        app = create_app(ServerSettings(home=home, database_url=database_url, **settings), clock=clock)
        with _served(app) as url:
            yield url


@contextmanager
def _served(app: FastAPI) -> Iterator[str]:
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        app.state.board.close()
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


def make_store(database: Database, code: str = "") -> uuid.UUID:
    """A store to enrol in."""
    store = ids.new()
    row = {"id": store, "code": code or str(store)[-8:], "name": "Harbour Street", "currency": "GBP"}
    with database.writing() as connection:
        table = AGGREGATES["store"].root.name
        connection.execute(
            Replicated.metadata.tables[table].insert().values(time_zone="Europe/London", country="GB", **row)
        )
    return store


def wire_row(entity: str, values: Mapping[str, object], table: str = "") -> list[object]:
    """A row in wire order; what is not given is empty, zero or a fresh id."""
    aggregate = AGGREGATES[entity]
    columns = next(each for each in aggregate.tables if each.name == (table or aggregate.root.name)).columns
    row: list[object] = []
    for column in columns:
        value = values.get(column.name)
        if column.name not in values and not column.nullable:
            empty: dict[WireKind, object] = {
                WireKind.ID: ids.new(),
                WireKind.WORDS: "",
                WireKind.DAY: "2026-11-20",
                WireKind.JSON: [],
                WireKind.DIGEST: b"",
            }
            value = empty.get(column.kind, 0)
        if isinstance(value, uuid.UUID):
            value = value.bytes
        if column.kind is WireKind.JSON and value is not None:
            value = canonical_json(value)
        row.append(value)
    return row


def sale_payload(store: uuid.UUID, device: uuid.UUID, variants: Sequence[uuid.UUID], **values: object) -> list[object]:
    """A sale with one piece of each variant, one tax and one tender."""
    sale = ids.new()
    root = {"id": sale, "store_id": store, "device_id": device, "kind": "sale", "currency": "GBP", **values}
    lines = [
        wire_row(
            "sale",
            {"sale_id": sale, "number": n, "variant_id": variant, "kind": "goods", "quantity": 1000, "net": 100},
            "sale_line",
        )
        for n, variant in enumerate(variants, 1)
    ]
    taxes = [wire_row("sale", {"sale_id": sale, "code": "VAT"}, "sale_tax")]
    tenders = [wire_row("sale", {"sale_id": sale, "method": "cash", "reference": {}}, "sale_tender")]
    return [wire_row("sale", root), {"sale_line": lines, "sale_tax": taxes, "sale_tender": tenders}]


class ProtocolDevice:
    """An enrolled device that keeps nothing but its numbers and cursors."""

    def __init__(self, url: str, database: Database, store_code: str, kind: str = "till") -> None:
        self.client = httpx.Client(base_url=url, timeout=30)
        self.key = Ed25519PrivateKey.generate()
        with database.writing() as connection:
            code = make_enrol_code(connection, database.clock, store_code=store_code, kind=kind)
        answer = self.client.post("/devices/enrol", json={"code": code, "public_key": self.public_key})
        assert answer.status_code == 200, answer.text
        told = answer.json()
        self.id = uuid.UUID(told["device_id"])
        self.store_id = uuid.UUID(told["store_id"])
        self.server_id = told["server_id"]
        self.number = told["number"]
        self.incarnation = ids.new()
        self.next_number = 1
        self.cursors: dict[str, Cursor] = {}
        self.epoch = 0
        self.witness = b""
        self.token = self.fetch_token()

    @property
    def public_key(self) -> str:
        return base64.urlsafe_b64encode(self.key.public_key().public_bytes_raw()).decode().rstrip("=")

    def assertion(self, clock: Clock | None = None, **claims: object) -> str:
        now = (clock or SystemClock()).now() // 1_000_000
        body = {
            "iss": str(self.id),
            "sub": str(self.id),
            "aud": self.server_id,
            "jti": str(ids.new()),
            "iat": now,
            "exp": now + 50,
            **claims,
        }
        return jwt.encode(body, self.key, algorithm="EdDSA")

    def fetch_token(self, clock: Clock | None = None) -> str:
        answer = self.client.post("/devices/token", json={"assertion": self.assertion(clock)})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    def post(self, path: str, message: msgspec.Struct) -> httpx.Response:
        body = zstandard.ZstdCompressor().compress(msgspec.msgpack.encode(message))
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": CONTENT_TYPE}
        return self.client.post(path, content=body, headers=headers)

    def mutation(self, name: str, arguments: dict[str, object], number: int | None = None) -> SentMutation:
        """The next mutation, or one with a number of its own."""
        if number is None:
            number, self.next_number = self.next_number, self.next_number + 1
        encoded = encode_arguments(arguments)
        made_at = SystemClock().now()
        return SentMutation(number, ids.new().bytes, name, 1, encoded, arguments_hash(name, 1, encoded), made_at)

    def record(self, entity: str, payload: object, verb: str = "record") -> SentMutation:
        return self.mutation(f"{entity}.{verb}", {"row": payload})

    def try_push(self, mutations: Sequence[SentMutation]) -> httpx.Response:
        request = PushRequest(1, self.incarnation.bytes, SystemClock().now(), list(mutations))
        return self.post("/sync/push", request)

    def push(self, mutations: Sequence[SentMutation]) -> PushAnswer:
        return unpacked(self.try_push(mutations), PushAnswer)

    def pull(self, **options: Any) -> PullAnswer:
        """One answer; the cursors move on."""
        request = PullRequest(1, self.epoch, self.incarnation.bytes, list(self.cursors.values()), **options)
        request.witness = self.witness
        answer = unpacked(self.post("/sync/pull", request), PullAnswer)
        self.epoch, self.witness = answer.epoch, answer.witness or self.witness
        for page in answer.pages:
            known = self.cursors.get(page.scope)
            assert page.restart or page.from_position == (known.position if known else 0)
            self.cursors[page.scope] = Cursor(page.scope, page.to_position, page.mark)
        return answer

    def pull_all(self, **options: Any) -> list[PullAnswer]:
        """Answers until the device is consistent."""
        answers = [self.pull(**options)]
        while any(page.more for page in answers[-1].pages):
            answers.append(self.pull(**options))
        return answers

    def digest(self, scopes: Sequence[str]) -> DigestAnswer:
        return unpacked(self.post("/sync/digest", DigestRequest(list(scopes))), DigestAnswer)

    def close(self) -> None:
        self.client.close()


def unpacked(answer: httpx.Response, kind: type[Any]) -> Any:
    """The message in an answer that succeeded."""
    assert answer.status_code == 200, error_of(answer)
    return msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(answer.content), type=kind)


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """The error in an answer that failed."""
    if answer.headers["content-type"].startswith(CONTENT_TYPE):
        plain = zstandard.ZstdDecompressor().decompress(answer.content)
        return dict(msgspec.msgpack.decode(plain))
    return dict(answer.json())
