"""``counterfoil verify`` against the real server: what differs is named, ends with an error, and is put right on demand."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from desktop.paths import Home
from desktop.replica import sync_events
from desktop.sync.verification import verify_if_due
from tests.helpers.server import ServerProcess, join, open_home, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("verify") / "server") as running:
        yield running


@pytest.fixture
def home(server: ServerProcess, tmp_path: Path) -> Home:
    """A till that has everything."""
    joined = join(server, tmp_path / "till")
    with open_home(joined) as (_, engine):
        engine.cycle()
    return joined


def verify(home: Home, *options: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "desktop", "verify", "--home", str(home.folder), *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def test_given_a_till_with_rows_spoilt_when_verified_then_it_is_named_and_put_right(home: Home) -> None:
    with open_home(home) as (device, _), device.replica.write() as unit:
        unit.connection.execute(
            text("UPDATE membership SET version = 99 WHERE id = (SELECT min(id) FROM product) AND entity = 'product'")
        )
        unit.connection.execute(text("DELETE FROM price WHERE id = (SELECT min(id) FROM price)"))
        unit.connection.execute(text("UPDATE barcode SET code = '1' WHERE id = (SELECT max(id) FROM barcode)"))
    code, said = verify(home)
    assert code == 3
    assert "another version here" in said
    assert "its row is gone here" in said
    assert "other content" not in said, "the versions agree; only the deep look reads every row"
    code, said = verify(home, "--deep")
    assert code == 3
    assert "same version, other content" in said
    code, said = verify(home, "--deep", "--repair")
    assert (code, "Put right: " in said) == (0, True)
    code, said = verify(home, "--deep")
    assert (code, "Everything agrees" in said) == (0, True)
    with open_home(home) as (device, _), device.replica.read() as connection:
        assert any("put right" in event.text for event in sync_events.recent(connection, 20))


def test_given_a_till_in_step_then_it_verifies_itself_once_a_day(home: Home) -> None:
    with open_home(home) as (device, engine):
        server = engine._server
        report = verify_if_due(device.replica, server, has_caught_up=False)
        assert report is None or report.agrees
        assert verify_if_due(device.replica, server, has_caught_up=False) is None
        caught_up = verify_if_due(device.replica, server, has_caught_up=True)
        assert caught_up is not None
        assert caught_up.agrees
        assert caught_up.rows > 0
