"""What a failed call means, in our own terms."""

from __future__ import annotations

import httpx
import msgspec
import zstandard

from shared.errors import CounterfoilError, EnvironmentFailure, UserError
from shared.sync.wire import CONTENT_TYPE, ErrorAnswer

_USER_CODES = frozenset(
    {"import_malformed", "import_too_large", "shop_not_set_up", "enrol_code_invalid", "already_enrolled"}
)


def unreachable(url: str) -> EnvironmentFailure:
    """No answer at all."""
    return EnvironmentFailure(
        "server_unreachable",
        "The server does not answer. Selling goes on; everything is kept and sent when it is back.",
        url=url,
    )


def malformed() -> EnvironmentFailure:
    """An answer that cannot be read: a proxy's page, a foreign server, a newer protocol."""
    return EnvironmentFailure(
        "server_answer_malformed",
        "The server answered something this program does not understand. Check the server's address.",
    )


def refusal(answer: httpx.Response, body: bytes) -> CounterfoilError:
    """The error that an answer other than 200 stands for."""
    told = _error_in(answer, body)
    status = answer.status_code
    if status in {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}:
        return EnvironmentFailure(
            "server_busy",
            "The server is busy. It will be asked again in a moment.",
            retry_after_seconds=_retry_after(answer),
            status=status,
        )
    if told is None:
        code = "server_failed" if status >= httpx.codes.INTERNAL_SERVER_ERROR else "server_answer_malformed"
        return EnvironmentFailure(
            code, f"The server could not do it (status {status}). Try again later.", status=status
        )
    family = UserError if told.error in _USER_CODES else EnvironmentFailure
    data = {name: value for name, value in told.data.items() if name not in {"code", "message"}}
    return family(told.error, told.message, **data)


def _error_in(answer: httpx.Response, body: bytes) -> ErrorAnswer | None:
    try:
        if answer.headers.get("content-type", "").startswith(CONTENT_TYPE):
            plain = zstandard.ZstdDecompressor().decompress(body, max_output_size=1024 * 1024)
            return msgspec.msgpack.decode(plain, type=ErrorAnswer)
        return msgspec.json.decode(body, type=ErrorAnswer)
    except (zstandard.ZstdError, msgspec.DecodeError):
        return None


def _retry_after(answer: httpx.Response) -> int:
    text = answer.headers.get("retry-after", "")
    return int(text) if text.isdecimal() else 5
