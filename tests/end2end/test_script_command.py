"""``counterfoil till --script`` as a command: its output, its exit codes, its answers one by one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.killable_till import KillableTill, environment
from tests.simulation.killed_shop import offline_shop

SCRIPT = """
# the first sale of the day
{"do": "login", "user": "priya", "pin": "3690"}
{"do": "open_shift", "float": "100.00"}
{"do": "scan", "code": "5012345678900"}
nonsense
{"do": "exact_cash"}
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The home of a till whose server does not answer."""
    with offline_shop(tmp_path) as shop:
        yield shop.till_home


def run(home: Path, *arguments: str, typed: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "desktop", "till", "--home", str(home), *arguments],
        input=typed,
        capture_output=True,
        check=False,
        timeout=60,
        env=environment(home),
    )


def test_given_a_script_in_a_file_or_piped_when_played_then_a_line_is_printed_for_each(
    home: Path, tmp_path: Path
) -> None:
    script = tmp_path / "first.jsonl"
    script.write_text(SCRIPT)
    done = run(home, "--script", str(script))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert [answer["ok"] for answer in answers] == [True, True, True, False, True]
    assert answers[3]["error"] == "script_line_invalid"
    piped = run(home, "--script", "-", typed='{"do": "state"}\n{"do": "sync"}\n\xff\n'.encode("latin-1"))
    answers = [json.loads(line) for line in piped.stdout.splitlines()]
    assert [answer.get("error") for answer in answers] == [None, "server_unreachable", "script_line_invalid"]
    assert (answers[0]["phase"], answers[0]["sale_number"]) == ("logged_out", "HS-2-000002")


def test_given_a_script_that_is_not_there_or_a_home_without_a_shop_then_a_clear_message_and_exit_code_1(
    home: Path, tmp_path: Path
) -> None:
    done = run(home, "--script", str(tmp_path / "none.jsonl"))
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"script_unreadable" in done.stderr
    done = run(tmp_path / "empty", "--script", "-")
    assert done.returncode == 1
    assert b"not_enrolled" in done.stderr


def test_given_a_till_that_runs_when_a_second_one_starts_then_it_is_refused(home: Path, tmp_path: Path) -> None:
    first = KillableTill(home, tmp_path / "till.log")
    first.must({"do": "state"})
    done = run(home, "--script", "-")
    assert done.returncode == 3
    assert b"replica_in_use" in done.stderr
    assert first.leave() == 0
