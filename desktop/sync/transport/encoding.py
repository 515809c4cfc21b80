"""Bodies on the way: msgpack under Zstandard, bounded."""

from __future__ import annotations

from typing import TypeVar

import msgspec
import zstandard

from desktop.sync.collector import collector_paused
from desktop.sync.transport.refusals import malformed

BODY_MAX_BYTES = 256 * 1024 * 1024
COMPRESSION_LEVEL = 1

_Message = TypeVar("_Message")


def packed(message: msgspec.Struct) -> bytes:
    """A message as it is sent."""
    return zstandard.ZstdCompressor(COMPRESSION_LEVEL).compress(msgspec.msgpack.encode(message))


def unpacked(body: bytes, message_type: type[_Message]) -> _Message:
    """A body as the message it is.

    Raises:
        EnvironmentFailure: ``server_answer_malformed``.
    """
    try:
        plain = zstandard.ZstdDecompressor().decompress(body, max_output_size=BODY_MAX_BYTES)
        with collector_paused():
            return msgspec.msgpack.decode(plain, type=message_type)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise malformed() from error
