"""How a device hears of news: a stream of events, or one held-back answer at a time where a proxy buffers streams.

A stream that says nothing although the server speaks at once, or that is cut soon again and again, is what a buffering
proxy looks like from here. Then the line changes to long polls, and tries the stream again after a while.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from desktop.sync.transport.refusals import malformed
from shared.clock import MICROSECONDS_PER_SECOND, monotonic_us
from shared.sync.wire import Head

QUICK_END_US = 5 * MICROSECONDS_PER_SECOND
QUICK_ENDS_MAX = 3
STREAM_AGAIN_US = 30 * 60 * MICROSECONDS_PER_SECOND
WAIT_SECONDS = 25.0


@dataclass(slots=True)
class HeadsLine:
    """What the streams so far have shown; ``now_us`` gives monotonic microseconds."""

    now_us: Callable[[], int] = monotonic_us
    _quick_ends: int = 0
    _polls_until: int = 0
    _asked_at: int = 0
    _has_spoken: bool = False

    @property
    def is_polling(self) -> bool:
        """Whether to ask for one answer at a time."""
        return self.now_us() < self._polls_until

    def asked(self) -> None:
        """The server is asked for a stream."""
        self._asked_at, self._has_spoken = self.now_us(), False

    def spoke(self) -> None:
        """Something came through the stream."""
        self._has_spoken = True

    def ended(self) -> None:
        """The stream is over, or was cut before it began; a server that cannot be reached at all is not told here."""
        is_quick = self.now_us() - self._asked_at < QUICK_END_US
        self._quick_ends = self._quick_ends + 1 if is_quick else 0
        if not self._has_spoken or self._quick_ends >= QUICK_ENDS_MAX:
            self._polls_until = self.now_us() + STREAM_AGAIN_US
            self._quick_ends = 0


def heads_in_stream(lines: Iterator[str]) -> Iterator[list[Head]]:
    """The heads that a stream of server-sent events tells."""
    is_heads = False
    for line in lines:
        if line.startswith("event:"):
            is_heads = line.removeprefix("event:").strip() == "heads"
        elif line.startswith("data:") and is_heads:
            yield sorted_heads(_positions(line.removeprefix("data:")))


def heads_in_answer(body: bytes) -> dict[str, int]:
    """The positions in the answer to a long poll."""
    try:
        return msgspec.json.decode(body, type=_HeadsAnswer).heads
    except msgspec.DecodeError as error:
        raise malformed() from error


def sorted_heads(positions: dict[str, int]) -> list[Head]:
    """Positions as heads, by scope."""
    return [Head(scope, position) for scope, position in sorted(positions.items())]


class _HeadsAnswer(msgspec.Struct):
    heads: dict[str, int]


def _positions(data: str) -> dict[str, int]:
    try:
        return msgspec.json.decode(data, type=dict[str, int])
    except msgspec.DecodeError as error:
        raise malformed() from error
