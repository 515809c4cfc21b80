"""The operator's commands as a shell runs them: a server that is started, asked, used by others at once, and stopped."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import structlog

from sync_server.cli import run

COMMAND = [sys.executable, "-m", "sync_server"]
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("COUNTERFOIL_")}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *arguments, "--home", str(home)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={**PLAIN, **environment}, check=False
    )


def start(home: Path, port: int, *arguments: str) -> subprocess.Popen[str]:
    command = [*COMMAND, "serve", "--home", str(home), "--port", str(port), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=PLAIN)


@contextmanager
def serving(home: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    process = start(home, port, "--sample-shop", *arguments)
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line == f"Counterfoil server ready on http://127.0.0.1:{port}"
    yield process, f"http://127.0.0.1:{port}"
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    process.communicate()
    assert not (home / "postgres" / "postmaster.pid").exists()


@pytest.fixture
def ask_here(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., str]]:
    """Run a command in this process, which is another one than the server's, and give what it printed."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level

    def ask_at(home: Path, *arguments: str) -> str:
        assert run([*arguments, "--home", str(home)]) == 0
        return capsys.readouterr().out

    yield ask_at
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_given_a_running_server_then_commands_work_beside_it_and_sigterm_ends_all_of_it(
    tmp_path: Path, ask_here: Callable[..., str]
) -> None:
    with serving(tmp_path) as (_, url):
        code = ask_here(tmp_path, "enrol-code", "--store", "HS", "--kind", "till").strip()
        joined = httpx.post(f"{url}/devices/enrol", json={"code": code, "public_key": "A" * 43}).json()
        assert joined["name"] == f"Till {joined['number']}"
        digests = json.loads(ask_here(tmp_path, "digest", "--json"))
        assert [entry["device"] for entry in digests] == [joined["device_id"]]
        assert ask_here(tmp_path, "revoke", joined["device_id"]) == "Revoked.\n"
        taken = start(tmp_path, int(url.rpartition(":")[2]))
        assert taken.wait(60) == 3
        taken.communicate()


def test_given_two_workers_then_both_answer_and_sigterm_ends_all_of_it(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as (_, url):
        assert {httpx.get(f"{url}/health").json()["status"] for _ in range(8)} == {"ok"}


def test_given_a_database_that_is_away_then_it_is_said_in_a_sentence(tmp_path: Path) -> None:
    answer = ask(tmp_path, "devices", COUNTERFOIL_DATABASE_URL="postgresql://nobody@127.0.0.1:1/x")
    assert answer.returncode == 3
    assert answer.stderr.startswith("The database does not answer")
    assert "Traceback" not in answer.stderr


def test_given_a_bug_then_the_exit_code_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("sync_server.commands.devices.opened_database", broken)
    assert run(["devices"]) == 70
    assert "bug" in caplog.text
    assert run(["no-such-command"]) == 2
