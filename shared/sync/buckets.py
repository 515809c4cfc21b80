"""Bucket digests: which of a scope's rows differ, found without sending them.

The rows of each (scope, entity) fall into 256 buckets by the last byte of their id. A bucket's sum is the sum of its
rows' leaves modulo 2^64, so that it is kept up to date by adding and taking away, in any order. A leaf covers what
stands and at which version; payloads are compared apart, by ``shared.sync.digest``.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator, Sequence

BUCKETS = 256
MODULUS = 1 << 64
SUM_BYTES = 8
HALF_BITS = 32
_HALVES = struct.Struct(">II")


def bucket_of(row_id: bytes) -> int:
    """The bucket of a row: 0 to 255. Identifiers begin with the time, so their last byte spreads them."""
    return row_id[-1]


def leaf(entity: str, row_id: bytes, version: int) -> int:
    """What a row adds to its bucket: the first 8 bytes of a SHA-256 over entity, zero byte, id and version."""
    text = entity.encode() + b"\0" + row_id + version.to_bytes(8, "big")
    return int.from_bytes(hashlib.sha256(text).digest()[:SUM_BYTES], "big")


def joined_halves(high: int, low: int) -> int:
    """A bucket's sum from the sums of its leaves' upper and lower 32 bits, which is how databases add them up.

    Each half is a plain sum that never overflows 64 bits, and what is taken away again is exactly what was added.
    """
    return ((high << HALF_BITS) + low) % MODULUS


def leaf_halves(entity: str, rows: Iterable[tuple[bytes, int]]) -> Iterator[tuple[int, int]]:
    """The upper and the lower 32 bits of the leaf of each (id, version)."""
    begins, sha256, read = entity.encode() + b"\0", hashlib.sha256, _HALVES.unpack_from
    for row_id, version in rows:
        yield read(sha256(begins + row_id + version.to_bytes(8, "big")).digest())


def bucket_sums(entity: str, rows: Iterable[tuple[bytes, int]]) -> list[int]:
    """The 256 sums of the (id, version) of an entity's live rows."""
    sums = [0] * BUCKETS
    for row_id, version in rows:
        sums[row_id[-1]] += leaf(entity, row_id, version)
    return [each % MODULUS for each in sums]


def packed_sums(sums: Sequence[int]) -> bytes:
    """256 sums as they travel."""
    return b"".join(each.to_bytes(SUM_BYTES, "big") for each in sums)


def unpacked_sums(packed: bytes) -> list[int]:
    """The inverse of ``packed_sums``."""
    return [int.from_bytes(packed[at : at + SUM_BYTES], "big") for at in range(0, len(packed), SUM_BYTES)]
