"""What sync needs of the server; ``transport.HttpServer`` is the real one, tests bring their own."""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol

from shared.sync.wire import DigestAnswer, Head, PullAnswer, PullRequest, PushAnswer, PushRequest


class SyncServer(Protocol):
    """One device's view of the server. Every method may raise ``EnvironmentFailure`` with one of these codes.

    ``server_unreachable``, ``server_busy`` (with ``retry_after_seconds``), ``server_failed``, ``device_revoked``,
    ``push_gap`` (with ``expected``), ``push_fork``, ``program_too_old``, ``server_answer_malformed``.
    """

    def push(self, request: PushRequest) -> PushAnswer:
        """Send mutations."""
        ...

    def pull(self, request: PullRequest) -> PullAnswer:
        """Fetch what is new."""
        ...

    def heads(self) -> Generator[list[Head]]:
        """The newest position of each scope: at once, and after each change, until ``interrupt`` or a failure."""
        ...

    def digest(self, scopes: list[str]) -> DigestAnswer:
        """Full digests of what the server holds for these scopes."""
        ...

    def server_time(self) -> int:
        """The server's clock, UTC microseconds."""
        ...

    def interrupt(self) -> None:
        """Break off ``heads``, so that whoever reads them wakes."""
        ...

    def close(self) -> None:
        """Let go of every connection; nothing is asked afterwards."""
        ...
