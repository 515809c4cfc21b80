"""Our own server keeps every promise of the protocol, over HTTP alone; a server that does not is found out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.clock import SystemClock
from shared.ids import TimeOrderedIds
from sync_server.conformance.service import CHECKS, run_checks
from sync_server.conformance.verdict import Verdict
from sync_server.db.sessions import Database
from sync_server.devices.joining_service import make_enrol_code
from sync_server.sync import push_service
from tests.helpers.postgres import PostgresCluster
from tests.helpers.protocol_device import make_store, running_server

_NEEDS_MORE = {"push.older_epoch", "snapshot.whole", "snapshot.resumed"}
"""What a server in its first epoch, or one that has not built a snapshot yet, cannot show."""


@pytest.fixture
def verdicts(fresh_database: Database, postgres: PostgresCluster) -> Iterator[dict[str, Verdict]]:
    del postgres
    url = fresh_database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    make_store(fresh_database, "CF")
    with running_server(url) as address:
        yield {verdict.name: verdict for verdict in _run(address, fresh_database)}


def _run(address: str, database: Database) -> list[Verdict]:
    with database.writing() as connection:
        first = make_enrol_code(connection, database.clock, store_code="CF", kind="till")
        second = make_enrol_code(connection, database.clock, store_code="CF", kind="till")
    codes = (first, second)
    return run_checks(address, codes, clock=SystemClock(), ids=TimeOrderedIds(), on_verdict=lambda _: None)


def test_given_our_server_then_it_keeps_every_promise(verdicts: dict[str, Verdict]) -> None:
    assert len(verdicts) == len(CHECKS)
    assert [verdict for verdict in verdicts.values() if verdict.outcome == "fails"] == []
    assert {name for name, verdict in verdicts.items() if verdict.outcome == "not tried"} <= _NEEDS_MORE


def test_given_a_server_that_does_not_check_hashes_then_it_is_found_out(
    fresh_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_service, "arguments_hash", lambda *_: _Anything())
    url = fresh_database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    make_store(fresh_database, "CF")
    with running_server(url) as address:
        failing = {verdict.name for verdict in _run(address, fresh_database) if verdict.outcome == "fails"}
    assert "push.damaged" in failing


class _Anything:
    """Equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0
