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
    """One mutation. ``hash`` is ``operations.arguments_hash`` of name, version and ``arguments``."""

    number: int
    id: bytes
    name: str
    version: int
    arguments: bytes
    hash: bytes
    made_at: int


class PushRequest(Message):
    """Consecutive mutations of one incarnation of a device, in order."""

    schema: int
    incarnation: bytes
    device_time: int
    mutations: list[SentMutation]
    protocol: int = PROTOCOL


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
    """

    epoch: int
    server_time: int
    last_number: int
    projected_number: int
    scopes: list[str]
    pages: list[ScopePage]
    results: list[MutationResult] = msgspec.field(default_factory=list)


class Head(Message, array_like=True):
    """The newest position of a scope."""

    scope: str
    position: int


class DigestRequest(Message):
    """Ask for the full digest of the scopes the device holds."""

    scopes: list[str]


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


class ErrorAnswer(Message):
    """Why a call was refused; the HTTP status says whether to retry."""

    error: str
    message: str
    data: dict[str, object] = msgspec.field(default_factory=dict)
