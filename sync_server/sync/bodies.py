"""Reading the body of a request without letting it fill the memory."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from shared.limits import PUSH_MAX_BYTES
from sync_server.errors import TooLarge

BODY_MAX_BYTES = 2 * PUSH_MAX_BYTES
"""As it travels, compressed; ``encoding`` bounds what is inside."""
_DISCARDED_MAX_BYTES = 4 * BODY_MAX_BYTES


async def read_body(request: Request) -> bytes:
    """The body.

    A body that is somewhat too large is read to its end and thrown away, so that the caller hears the answer rather
    than a broken line.

    Raises:
        TooLarge: ``body_too_large``.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= BODY_MAX_BYTES:
            parts.append(part)
        else:
            parts.clear()
            if size > _DISCARDED_MAX_BYTES:
                break
    if size > BODY_MAX_BYTES:
        raise TooLarge(
            "body_too_large",
            f"At most {BODY_MAX_BYTES // 1024**2} MiB in one request. Send less at a time.",
            at_most=BODY_MAX_BYTES,
        )
    return b"".join(parts)


Body = Annotated[bytes, Depends(read_body)]
"""What an endpoint takes that wants the whole body."""
