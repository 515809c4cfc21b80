"""Runs every check against a server and says what came of each; a check that breaks is one that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import httpx
import msgspec

from shared.clock import Clock
from shared.errors import EnvironmentFailure, UserError
from shared.ids import IdMaker
from sync_server.conformance import identity_checks, pull_checks, push_checks, snapshot_checks
from sync_server.conformance.client import Client, error_in
from sync_server.conformance.verdict import Failed, NotTried, Verdict
from sync_server.conformance.world import Check, World

CHECKS: tuple[Check, ...] = (
    *identity_checks.CHECKS,
    *push_checks.CHECKS,
    *pull_checks.CHECKS,
    *snapshot_checks.CHECKS,
)
"""Everything a server has to hold, in the order in which it is tried."""


def run_checks(
    url: str, codes: tuple[str, str], *, clock: Clock, ids: IdMaker, on_verdict: Callable[[Verdict], None]
) -> list[Verdict]:
    """Join two devices of one store and run every check.

    Args:
        url: of the server.
        codes: two enrolment codes of one store; they are spent.
        clock: of the devices.
        ids: makes identifiers.
        on_verdict: told of each as it comes.

    Raises:
        UserError: ``conformance_code_invalid``.
        EnvironmentFailure: ``server_unreachable``.
    """
    with closing(World(url, Client(url, clock, ids), Client(url, clock, ids), clock, ids)) as world:
        for client, code in ((world.one, codes[0]), (world.two, codes[1])):
            _join(client, code, url)
        verdicts = []
        for verdict in _verdicts(world):
            on_verdict(verdict)
            verdicts.append(verdict)
        return verdicts


def _join(client: Client, code: str, url: str) -> None:
    try:
        answer = client.enrol(code)
    except httpx.TransportError as error:
        raise EnvironmentFailure("server_unreachable", f"No server answers at {url}.", url=url) from error
    if answer.status_code != httpx.codes.OK:
        raise UserError("conformance_code_invalid", f"The server refuses the code: {error_in(answer).message}")


def _verdicts(world: World) -> Iterator[Verdict]:
    for check in CHECKS:
        try:
            check.run(world)
        except NotTried as reason:
            yield Verdict(check.name, check.promise, "not tried", str(reason))
        except Failed as reason:
            yield Verdict(check.name, check.promise, "fails", str(reason))
        except (httpx.HTTPError, msgspec.DecodeError, KeyError, ValueError) as error:
            yield Verdict(check.name, check.promise, "fails", f"the answer cannot be used: {error!r}")
        else:
            yield Verdict(check.name, check.promise, "holds")
