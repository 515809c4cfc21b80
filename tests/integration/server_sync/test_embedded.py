"""The server's own PostgreSQL: shared by processes, stopped by the last, unharmed by a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from shared.errors import EnvironmentFailure
from sync_server.db.embedded import EmbeddedPostgres
from sync_server.db.engine import connection_text, database_url

# Starts the embedded server, says so, and waits for a line before it leaves.
HOLDER = """
import sys
from pathlib import Path
from sync_server.db.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.readline()
"""


def is_running(home: Path) -> bool:
    try:
        with psycopg.connect(EmbeddedPostgres(home).url("postgres"), connect_timeout=5):
            return True
    except (FileNotFoundError, psycopg.OperationalError):
        return False


@pytest.fixture
def holder(tmp_path: Path) -> Callable[[], subprocess.Popen[str]]:
    """Another process that uses the database of ``tmp_path``."""

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql://")
        return process

    return start


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=30)
    assert process.returncode == 0


def test_given_two_processes_then_the_last_one_to_leave_stops_it(
    tmp_path: Path, holder: Callable[[], subprocess.Popen[str]]
) -> None:
    first, second = holder(), holder()
    leave(first)
    assert is_running(tmp_path)
    leave(second)
    assert not is_running(tmp_path)


def test_given_a_killed_process_then_nothing_is_lost_and_the_next_one_takes_over(
    tmp_path: Path, holder: Callable[[], subprocess.Popen[str]]
) -> None:
    killed = holder()
    with psycopg.connect(EmbeddedPostgres(tmp_path).url("counterfoil"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert is_running(tmp_path)
    leave(holder())
    assert not is_running(tmp_path)
    with EmbeddedPostgres(tmp_path) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)


def test_given_postgres_itself_killed_then_the_next_start_recovers_what_was_committed(tmp_path: Path) -> None:
    embedded = EmbeddedPostgres(tmp_path)
    with psycopg.connect(embedded.start(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    postmaster = int((tmp_path / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGKILL)
    embedded.stop()
    with EmbeddedPostgres(tmp_path) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT one FROM kept").fetchone() == (1,)


def test_given_a_home_with_a_very_long_name_then_the_socket_finds_a_short_place(tmp_path: Path) -> None:
    home = tmp_path / ("a long name " * 9)
    with EmbeddedPostgres(home) as url, psycopg.connect(url) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)


def test_given_a_data_folder_of_an_unknown_version_then_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("99\n")
    with pytest.raises(EnvironmentFailure) as failure:
        EmbeddedPostgres(tmp_path).start()
    assert failure.value.code == "embedded_postgres_version"


def test_given_a_cluster_that_was_only_half_made_then_it_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres" / "base").mkdir(parents=True)
    with EmbeddedPostgres(tmp_path) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_given_urls_then_only_those_of_postgres_are_taken() -> None:
    for text in ("postgres://u@h/d", "postgresql://u@h/d", "postgresql+psycopg2://u@h/d"):
        assert connection_text(text) == "postgresql://u@h/d"
    for text in ("mysql://u@h/d", "nonsense", ""):
        with pytest.raises(EnvironmentFailure) as failure:
            database_url(text)
        assert failure.value.code == "database_url_invalid"
