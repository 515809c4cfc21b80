"""What the README tells a newcomer to do, done as written: serve, enrol, play the first script, verify, stop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.server import ServerProcess

FIRST_SALE = Path(__file__).resolve().parents[2] / "docs" / "first-sale.jsonl"


def counterfoil(folder: Path, *arguments: str) -> str:
    """Run a command in a folder, as typed; gives what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "desktop", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServerProcess]:
    """A server whose home is named relative to where it was started, as in the README."""
    monkeypatch.chdir(tmp_path)
    server = ServerProcess(Path("build/server"))
    server.home.mkdir(parents=True)
    server.start()
    yield server
    server.stop()


@pytest.mark.slow
def test_given_a_newcomer_when_the_readme_is_followed_then_the_first_sale_is_in_the_books(
    server: ServerProcess, tmp_path: Path
) -> None:
    counterfoil(tmp_path, "enrol", "--home", "build/till-1", server.url, server.code())

    lines = counterfoil(tmp_path, "till", "--home", "build/till-1", "--script", str(FIRST_SALE)).splitlines()

    answers = [json.loads(line) for line in lines]
    assert [answer for answer in answers if not answer["ok"]] == []
    by_action = {answer["do"]: answer for answer in answers}
    assert by_action["complete"]["receipt"] == "HS-1-000001"
    assert (by_action["complete"]["total"], by_action["complete"]["change"]) == ("28.66", "11.34")
    assert by_action["state"]["pending"] == 0
    counterfoil(tmp_path, "verify", "--home", "build/till-1")
    assert "0 differ" in server.run("verify")


def test_given_a_server_with_its_own_database_when_told_to_stop_then_the_database_stops_too(
    server: ServerProcess,
) -> None:
    lock = server.home / "postgres" / "postmaster.pid"
    assert lock.exists()

    server.stop()

    assert not lock.exists()
