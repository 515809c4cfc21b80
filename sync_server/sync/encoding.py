"""Bodies on the way: msgpack inside Zstandard."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec
import zstandard

from shared.limits import PUSH_MAX_BYTES
from shared.sync.wire import CONTENT_TYPE
from sync_server.errors import Malformed, TooLarge

__all__ = ["CONTENT_TYPE", "packed", "unpacked"]

_LEVEL = 1
_BODY_MAX_BYTES = 4 * PUSH_MAX_BYTES

_Message = TypeVar("_Message")
_encoder = msgspec.msgpack.Encoder()


class _PerThread(threading.local):
    """Neither may be used by two threads at once, and making one costs more than a small body."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=_LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_mine = _PerThread()


def packed(message: Any) -> bytes:
    """A body."""
    return _mine.compressor.compress(_encoder.encode(message))


def unpacked(body: bytes, decoder: msgspec.msgpack.Decoder[_Message]) -> _Message:
    """The message in a body.

    Raises:
        TooLarge: ``body_too_large``.
        Malformed: ``body_malformed``.
    """
    try:
        size = zstandard.frame_content_size(body)
        if size > _BODY_MAX_BYTES:
            raise TooLarge("body_too_large", "This is too much for one request. Send less at a time.", bytes=size)
        plain = _mine.decompressor.decompress(body, max_output_size=_BODY_MAX_BYTES)
        return decoder.decode(plain)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise Malformed("body_malformed", "The request is not msgpack in Zstandard as documented.") from error
