"""A server that says what it is asked while a verification runs, and stops it when it is no longer wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import cast

from desktop.sync.server_port import SyncServer
from shared.errors import UserError
from shared.sync.wire import DigestAnswer, RowsAnswer, RowsRequest, VerifyAnswer, VerifyRequest

Step = Callable[[str, int], None]
"""Told what is being compared (a scope; empty: all of them) and how many rows of it have been fetched so far."""


class WatchedServer:
    """Stands before the server for one verification; used by one thread at a time.

    Args:
        server: the one that answers.
        on_step: told before each question.
        cancelled: once set, the next question is not asked.
    """

    def __init__(self, server: SyncServer, on_step: Step, cancelled: threading.Event) -> None:
        self._server = server
        self._on_step = on_step
        self._cancelled = cancelled
        self._rows = 0

    def __getattr__(self, name: str) -> object:
        """Whatever else the server can do."""
        return getattr(self._server, name)

    def verify(self, request: VerifyRequest) -> VerifyAnswer:
        """Bucket sums of scopes, and what the server has in some buckets. Raises ``UserError`` ``verify_cancelled``."""
        self._ask(request.scopes[0] if request.buckets else "")
        return self._server.verify(request)

    def digest(self, scopes: list[str]) -> DigestAnswer:
        """Full digests. Raises ``UserError`` ``verify_cancelled``."""
        self._ask(scopes[0] if len(scopes) == 1 else "")
        return self._server.digest(scopes)

    def rows(self, request: RowsRequest) -> RowsAnswer:
        """Rows by name, or of one entity. Raises ``UserError`` ``verify_cancelled``."""
        self._ask(request.scope)
        answer = self._server.rows(request)
        self._rows += len(answer.rows)
        return answer

    def _ask(self, scope: str) -> None:
        if self._cancelled.is_set():
            raise UserError("verify_cancelled", "Comparing was stopped. What was put right until then stays so.")
        self._on_step(scope, self._rows)


def watched(server: SyncServer, on_step: Step, cancelled: threading.Event) -> SyncServer:
    """The server behind a ``WatchedServer``."""
    return cast("SyncServer", WatchedServer(server, on_step, cancelled))
