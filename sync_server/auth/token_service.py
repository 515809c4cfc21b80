"""Tokens that were found good, remembered by each worker until they expire, so that a poll costs no signature check.

A token says who speaks and until when, and nothing else; whether the device is still let in is looked at in the
database each time.
"""

from __future__ import annotations

import uuid

from sync_server.auth import service
from sync_server.db.sessions import Database

TOKENS_MAX = 10_000


class TokenCache:
    """Good tokens only; a wrong one is checked each time. Any thread may ask."""

    def __init__(self) -> None:
        self._known: dict[str, service.GoodToken] = {}

    def find(self, token: str, now: int) -> uuid.UUID | None:
        """The device of a token that was found good before and has not expired at ``now`` (UTC microseconds)."""
        good = self._known.get(token)
        return good.device_id if good is not None and now < good.expires_at else None

    def device_of(self, database: Database, token: str) -> uuid.UUID:
        """The device a token speaks for.

        Raises:
            Unauthorised: ``token_invalid`` or ``token_expired``.
        """
        known = self.find(token, database.clock.now())
        if known is not None:
            return known
        good = service.verified_token(database.identity, database.clock, token)
        if len(self._known) >= TOKENS_MAX:
            self._known.clear()
        self._known[token] = good
        return good.device_id
