"""Full digests: whether a replica holds exactly what the server holds, byte for byte of every payload."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from shared.sync.wire import Payload, Row, Values

_encoder = msgspec.msgpack.Encoder()


def payload_hash(payload: Payload) -> bytes:
    """SHA-256 of the canonical msgpack of ``[root values, {child: rows}]``, child tables and rows sorted."""
    root, children = payload
    ordered = [(name, sorted(children[name], key=_first)) for name in sorted(children)]
    return hashlib.sha256(_encoder.encode([root, ordered])).digest()


def _first(values: Values) -> bytes:
    key = values[0]
    assert isinstance(key, bytes)
    return key


def scope_digest(rows: Iterable[Row]) -> tuple[int, bytes]:
    """Count and digest of a scope's rows, which must come sorted by (entity, id)."""
    digest = hashlib.sha256()
    count = 0
    for row in rows:
        digest.update(_encoder.encode([row.entity, row.id, row.version, payload_hash(row.payload)]))
        count += 1
    return count, digest.digest()


def combined_digest(digests: Iterable[tuple[str, bytes]]) -> str:
    """One hexadecimal digest over (scope, digest) pairs, in scope order."""
    total = hashlib.sha256()
    for scope, digest in sorted(digests):
        total.update(_encoder.encode([scope, digest]))
    return total.hexdigest()
