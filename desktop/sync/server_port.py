"""What sync needs of the server; ``transport.HttpServer`` is the real one, tests bring their own."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Protocol

from shared.sync.wire import (
    DigestAnswer,
    Head,
    PullAnswer,
    PullRequest,
    PushAnswer,
    PushRequest,
    RowsAnswer,
    RowsRequest,
    SnapshotOffer,
    VerifyAnswer,
    VerifyRequest,
)

if TYPE_CHECKING:
    from desktop.usecases.look_up_customer import ChainAnswer


class SyncServer(Protocol):
    """One device's view of the server. Every method may raise ``EnvironmentFailure`` with one of these codes.

    ``server_unreachable``, ``server_busy`` (with ``retry_after_seconds``), ``server_failed``, ``device_revoked``,
    ``push_gap`` (with ``expected``), ``push_fork``, ``program_too_old``, ``server_answer_malformed``.
    """

    def push(self, request: PushRequest) -> PushAnswer:
        """Send mutations."""
        ...

    def quarantine(self, request: PushRequest) -> PushAnswer:
        """Hand in what this device, which was revoked, never sent; ``last_number`` says up to where it is kept."""
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

    def verify(self, request: VerifyRequest) -> VerifyAnswer:
        """Bucket sums of scopes, and what the server has in some buckets."""
        ...

    def rows(self, request: RowsRequest) -> RowsAnswer:
        """Rows by name, or all of one entity after an id."""
        ...

    def snapshots(self, schema: int) -> list[SnapshotOffer]:
        """The snapshot files that are ready for this device at a wire schema."""
        ...

    def snapshot_bytes(self, offer: SnapshotOffer, start: int) -> Iterator[bytes]:
        """A snapshot file from a byte on, as it comes; ``snapshot_changed`` when there is another one now."""
        ...

    def look_up_customer(self, by: str, given: str) -> ChainAnswer:
        """Find one customer of the chain by ``card``, ``email`` or ``phone``, and let this device's store know them."""
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
