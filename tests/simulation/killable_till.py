"""A till without a screen as a child process that may be killed at any moment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

Command = Mapping[str, Any]
Answer = dict[str, Any]


class KillableTill:
    """``counterfoil till --script -`` over its pipes, one command at a time.

    Attributes:
        answered: the commands that were answered in this life, with their answers, in order.
        in_flight: the command that was sent and not answered before the process died.
    """

    def __init__(self, home: Path, log: Path) -> None:
        self.answered: list[tuple[Command, Answer]] = []
        self.in_flight: Command | None = None
        self._timer: threading.Timer | None = None
        with log.open("a", encoding="utf-8") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "desktop", "till", "--home", str(home), "--script", "-"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment(home),
            )

    def kill_after(self, seconds: float) -> None:
        """Kill -9 so many seconds from now, whatever it is doing then."""
        self._timer = threading.Timer(seconds, self._process.kill)
        self._timer.start()

    def play(self, command: Command) -> Answer | None:
        """Send one command and wait for its answer; None when the process died first."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.in_flight = command
        try:
            self._process.stdin.write(json.dumps(dict(command)).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return None
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            return None
        answer: Answer = json.loads(line)
        self.answered.append((command, answer))
        self.in_flight = None
        return answer

    def must(self, command: Command) -> Answer:
        """Send a command that has to succeed."""
        answer = self.play(command)
        assert answer is not None, f"the till died at {command}"
        assert answer["ok"], f"{command} was answered {answer}"
        return answer

    def leave(self) -> int:
        """End its script and wait; gives the exit code."""
        if self._timer is not None:
            self._timer.cancel()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
        return self._process.wait(timeout=60)


def environment(home: Path) -> dict[str, str]:
    """What a till of a home starts with: keys in a file, so that a home can be copied."""
    return {**os.environ, "COUNTERFOIL_HOME": str(home), "COUNTERFOIL_SECRETS": "file", "PYTHONUNBUFFERED": "1"}
