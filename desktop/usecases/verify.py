"""Comparing this replica with the server, byte for byte of every row both should hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from desktop.replica.digests import replica_digests
from desktop.replica.engine import Replica
from desktop.usecases.synchronise import CyclePort, synchronise
from shared.sync.digest import combined_digest
from shared.sync.wire import DigestAnswer, ScopeDigest

TRIES_MAX = 5


class DigestPort(Protocol):
    """The server, as far as this use case needs it."""

    def digest(self, scopes: list[str]) -> DigestAnswer:
        """Full digests of what the server holds for these scopes."""
        ...


@dataclass(frozen=True, slots=True)
class ScopeComparison:
    """One scope on both sides."""

    scope: str
    position: int
    rows_here: int
    rows_there: int
    agrees: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """All scopes, and one digest over them for each side (hexadecimal)."""

    scopes: tuple[ScopeComparison, ...]
    digest_here: str
    digest_there: str

    @property
    def agrees(self) -> bool:
        """Whether every scope agrees."""
        return self.digest_here == self.digest_there and all(each.agrees for each in self.scopes)


def verify(replica: Replica, sync: CyclePort, server: DigestPort) -> Comparison:
    """Bring the device in step and compare at the same positions.

    A scope that moves on meanwhile is fetched and compared again, a few times.

    Raises:
        EnvironmentFailure: the server could not be used.
    """
    for is_last in [False] * (TRIES_MAX - 1) + [True]:
        synchronise(replica, sync)
        with replica.read() as connection:
            here = replica_digests(connection)
        there = server.digest([each.scope for each in here]).digests
        if is_last or _positions(here) == _positions(there):
            break
    return _compared(here, there)


def _positions(digests: list[ScopeDigest]) -> dict[str, int]:
    return {each.scope: each.position for each in digests}


def _compared(here: list[ScopeDigest], there: list[ScopeDigest]) -> Comparison:
    known = {each.scope: each for each in there}
    absent = ScopeDigest(scope="", position=0, rows=0, digest=b"")
    scopes = tuple(
        ScopeComparison(
            scope=mine.scope,
            position=mine.position,
            rows_here=mine.rows,
            rows_there=known.get(mine.scope, absent).rows,
            agrees=mine.digest == known.get(mine.scope, absent).digest,
        )
        for mine in here
    )
    return Comparison(
        scopes,
        combined_digest((each.scope, each.digest) for each in here),
        combined_digest((each.scope, each.digest) for each in there),
    )
