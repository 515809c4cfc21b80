"""The messages of protocol 1, msgpack with string keys, Zstandard on the way.

Identifiers travel as 16 bytes. A row's ``payload`` is ``[root values, {child table: [child values, …]}]`` with values
in wire column order of ``shared.schema.registry`` (child rows sorted by id).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

PROTOCOL = 1
CONTENT_TYPE = "application/vnd.counterfoil.msgpack+zstd"

if TYPE_CHECKING:
    Value = int | str | bytes | None
else:
    Value = Any  # Read at run time by msgspec, which knows no union of text and bytes.
Values = list[Value]
Payload = tuple[Values, dict[str, list[Values]]]


class Message(msgspec.Struct, omit_defaults=True):
    """Base of all messages."""


class SentMutation(Message):
    """One mutation. ``hash`` is ``operations.arguments_hash`` of name, version and ``arguments``.

    ``refused`` and ``reason`` are the code and the sentence with which the server refused it once; sent again after a
    restore it stays refused, whatever it would do now.
    """

    number: int
    id: bytes
    name: str
    version: int
    arguments: bytes
    hash: bytes
    made_at: int
    refused: str = ""
    reason: str = ""


class PushRequest(Message):
    """Consecutive mutations of one incarnation of a device, in order.

    Attributes:
        epoch: the server's history the device believes in; 0 where it does not know yet.
        succession: the secret the server last confirmed; empty where the device keeps none.
        successor: the secret that takes its place when this push is committed.
        resume: earlier numbers are no longer kept here: the server, restored from before them, may accept the jump.
        waiting: how many mutations wait on the device, these included; for whoever looks after devices.
        witness: the last one that a pull brought; empty where there was none.
    """

    schema: int
    incarnation: bytes
    device_time: int
    mutations: list[SentMutation]
    protocol: int = PROTOCOL
    epoch: int = 0
    succession: bytes = b""
    successor: bytes = b""
    resume: bool = False
    waiting: int = 0
    witness: bytes = b""


class MutationResult(Message):
    """What became of one mutation: ``applied``, ``merged``, ``repeated`` or ``refused``; always advances the number."""

    number: int
    status: str
    code: str = ""
    message: str = ""


class PushAnswer(Message):
    """``last_number``: the highest number whose effects (or refusal) are committed."""

    last_number: int
    results: list[MutationResult]
    server_time: int


class Cursor(Message):
    """How far a device has applied one scope; ``mark`` is the random value of the transaction that stamped it."""

    scope: str
    position: int
    mark: bytes = b""


class PullRequest(Message):
    """What the device has; the server decides the scopes."""

    schema: int
    epoch: int
    incarnation: bytes
    cursors: list[Cursor]
    protocol: int = PROTOCOL
    maximum_bytes: int = 0
    scopes: list[str] = msgspec.field(default_factory=list)
    """Only these scopes, where given (a device may fetch what it sells from first)."""
    device_time: int = 0
    """The device's clock, UTC microseconds; 0 where it does not say."""
    waiting: int = 0
    """How many mutations wait on the device."""
    witness: bytes = b""
    """The last one that an answer brought: a server that is older than it begins a new epoch."""


class Row(Message, array_like=True):
    """One aggregate at its latest version."""

    entity: str
    id: bytes
    version: int
    payload: Payload


class Gone(Message, array_like=True):
    """An aggregate that was deleted, or that left this scope."""

    entity: str
    id: bytes
    version: int


class ScopePage(Message):
    """Changes of one scope in ``(from_position, to_position]``; apply in this order: rows, left, deleted."""

    scope: str
    from_position: int
    to_position: int
    mark: bytes
    more: bool
    rows: list[Row]
    left: list[Gone] = msgspec.field(default_factory=list)
    deleted: list[Gone] = msgspec.field(default_factory=list)
    restart: bool = False
    """The cursor was unknown (older epoch, foreign mark): drop the scope's rows and start from position 0."""


class PullAnswer(Message):
    """One snapshot of the server.

    Attributes:
        last_number: this incarnation's highest committed mutation in the snapshot.
        projected_number: the highest whose stock movements the stock levels in the snapshot include.
        scopes: everything the device may hold; rows of any other scope must be erased.
        witness: the server's signed word on how far its history had come, to be kept and shown with every call; empty
            where the one that was shown still does.
    """

    epoch: int
    server_time: int
    last_number: int
    projected_number: int
    scopes: list[str]
    pages: list[ScopePage]
    results: list[MutationResult] = msgspec.field(default_factory=list)
    witness: bytes = b""


class Head(Message, array_like=True):
    """The newest position of a scope."""

    scope: str
    position: int


class DigestRequest(Message):
    """Ask for the full digest of the scopes the device holds, over rows as a wire schema has them."""

    scopes: list[str]
    schema: int = 1


class ScopeDigest(Message):
    """SHA-256 over a scope's rows at ``position``: see ``shared.sync.digest``."""

    scope: str
    position: int
    rows: int
    digest: bytes


class DigestAnswer(Message):
    """One snapshot's digests, in the order of their scope names."""

    epoch: int
    digests: list[ScopeDigest]


class BucketName(Message, array_like=True):
    """One of the 256 buckets of an entity in a scope; see ``shared.sync.buckets``."""

    scope: str
    entity: str
    bucket: int


class VerifyRequest(Message):
    """Ask for the bucket sums of the scopes the device holds, and for what is in some buckets."""

    epoch: int
    scopes: list[str]
    buckets: list[BucketName] = msgspec.field(default_factory=list)
    schema: int = 1
    protocol: int = PROTOCOL


class EntitySums(Message, array_like=True):
    """The buckets of one entity in a scope: how many rows, and 256 sums of 8 bytes, big-endian."""

    entity: str
    rows: int
    sums: bytes


class ScopeSums(Message, array_like=True):
    """The buckets of a scope at ``position``, and the position's mark: another one is another history."""

    scope: str
    position: int
    entities: list[EntitySums]
    mark: bytes = b""


class BucketRows(Message, array_like=True):
    """What a bucket holds: (id, version) of each live row."""

    scope: str
    entity: str
    bucket: int
    rows: list[tuple[bytes, int]]


class VerifyAnswer(Message):
    """One snapshot's sums, in the order of their scope names, and the buckets that were asked for."""

    epoch: int
    scopes: list[ScopeSums]
    buckets: list[BucketRows] = msgspec.field(default_factory=list)


class RowsRequest(Message):
    """Ask for rows of a scope: those that are named, or all of one entity after an id.

    Attributes:
        keys: (entity, id) of named rows; or
        entity: every row of this entity with an id above ``after``, in the order of ids.
    """

    schema: int
    epoch: int
    scope: str
    keys: list[tuple[str, bytes]] = msgspec.field(default_factory=list)
    entity: str = ""
    after: bytes = b""
    maximum_bytes: int = 0
    protocol: int = PROTOCOL


class RowsAnswer(Message):
    """Rows of one scope at ``position`` with its ``mark``, from one snapshot.

    ``missing`` are named rows that the scope does not hold; ``more`` says that the entity has rows beyond the last.
    """

    epoch: int
    scope: str
    position: int
    rows: list[Row]
    missing: list[tuple[str, bytes]] = msgspec.field(default_factory=list)
    more: bool = False
    mark: bytes = b""


class SnapshotOffer(Message):
    """A snapshot file of one scope that the server has ready; travels as JSON.

    Attributes:
        name: of the file; it stands for scope, epoch, schema and position.
        position: the scope's position the file stands at, with its ``mark`` in hexadecimal.
        size: bytes of the file as it travels (Zstandard).
        plain_size: bytes of the SQLite file inside.
        sha256: of the file as it travels, hexadecimal.
    """

    scope: str
    name: str
    epoch: int
    schema: int
    position: int
    mark: str
    size: int
    plain_size: int
    sha256: str
    rows: int = 0


class ErrorAnswer(Message):
    """Why a call was refused; the HTTP status says whether to retry."""

    error: str
    message: str
    data: dict[str, object] = msgspec.field(default_factory=dict)
