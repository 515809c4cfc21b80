"""The real processes of the demo: one server, and a till or an office each driven over its pipes by JSON lines."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from shared.errors import EnvironmentFailure

Command = Mapping[str, object]
Answer = dict[str, object]

_READY = re.compile(r"ready on (?P<url>http://\S+)")
_PIPELINE_COMMANDS = 64
"""Commands written ahead of their answers; small enough that neither pipe can fill up."""


class StepFailed(Exception):
    """A scripted command that had to succeed did not."""

    def __init__(self, who: str, command: Command, answer: Answer) -> None:
        super().__init__(f"{who}: {dict(command)} was answered {answer}")
        self.answer = answer


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "COUNTERFOIL_HOME": str(home), "PYTHONUNBUFFERED": "1"}


@dataclass(slots=True)
class ServerProcess:
    """A running ``counterfoil-server serve`` and its command line."""

    home: Path
    process: subprocess.Popen[str]
    url: str

    @classmethod
    def start(cls, home: Path, log: Path, *, arguments: Sequence[str] = ()) -> ServerProcess:
        """Start a server on a free port over its own embedded PostgreSQL and wait until it is ready.

        Raises:
            EnvironmentFailure: ``server_not_started`` with the end of its log.
        """
        home.mkdir(parents=True, exist_ok=True)
        errors = log.open("a", encoding="utf-8")
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "sync_server",
                "serve",
                "--home",
                str(home),
                "--port",
                str(_free_port()),
                *arguments,
            ],
            stdout=subprocess.PIPE,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            text=True,
            env=_environment(home),
        )
        assert process.stdout is not None
        for line in process.stdout:
            if found := _READY.search(line):
                threading.Thread(target=_drain, args=(process.stdout, log), daemon=True).start()
                return cls(home, process, found["url"])
        process.wait()
        tail = log.read_text(encoding="utf-8")[-2000:]
        raise EnvironmentFailure("server_not_started", f"The demo’s server did not start. Its log ends:\n{tail}")

    def command(self, *arguments: str) -> str:
        """Run a ``counterfoil-server`` command against the same home; gives what it printed.

        Raises:
            EnvironmentFailure: ``server_command_failed``.
        """
        done = subprocess.run(
            [sys.executable, "-m", "sync_server", *arguments, "--home", str(self.home)],
            capture_output=True,
            text=True,
            check=False,
            env=_environment(self.home),
        )
        if done.returncode:
            said = done.stderr.strip() or done.stdout.strip()
            raise EnvironmentFailure("server_command_failed", f"counterfoil-server {arguments[0]} failed: {said}")
        return done.stdout.strip()

    def stop(self) -> None:
        """Ask it to stop and wait until it has."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _drain(stream: IO[str], log: Path) -> None:
    with log.open("a", encoding="utf-8") as sink:
        for line in stream:
            sink.write(line)


class DeskProcess:
    """A till or an office without a screen: ``counterfoil till --script -`` over its pipes.

    Attributes:
        name: how the demo speaks of it.
        has_window: whether what it does is to be seen in a till's window.
        sent: how many commands it has answered.
    """

    def __init__(self, name: str, home: Path, log: Path, *, is_replay: bool = False, has_window: bool = False) -> None:
        self.name = name
        self.home = home
        self.sent = 0
        arguments = ["till", "--home", str(home), "--script", "-"]
        if is_replay:
            arguments.append("--replay")
        if has_window:
            arguments.append("--window")
        self._log = log.open("a", encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "desktop", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=_environment(home),
        )

    @staticmethod
    def enrol(home: Path, url: str, code: str) -> None:
        """Join a new home to the server.

        Raises:
            EnvironmentFailure: ``enrolment_failed`` with what the command said.
        """
        done = subprocess.run(
            [sys.executable, "-m", "desktop", "enrol", url, code, "--home", str(home)],
            capture_output=True,
            text=True,
            check=False,
            env=_environment(home),
        )
        if done.returncode:
            raise EnvironmentFailure("enrolment_failed", f"counterfoil enrol failed: {done.stderr.strip()}")

    def try_(self, do: str, **arguments: object) -> Answer:
        """Play one command; the answer may be a refusal."""
        return self.play([{"do": do, **arguments}], must_succeed=False)[0]

    def do(self, do: str, **arguments: object) -> Answer:
        """Play one command that has to succeed.

        Raises:
            StepFailed: it was refused.
        """
        return self.play([{"do": do, **arguments}])[0]

    def play(self, commands: Iterable[Command], *, must_succeed: bool = True) -> list[Answer]:
        """Play commands in order, a few written ahead of their answers.

        Raises:
            StepFailed: one was refused and ``must_succeed``; later ones may have run already.
            EnvironmentFailure: ``till_stopped`` when the process ended.
        """
        waiting: deque[Command] = deque()
        answers: list[Answer] = []
        for command in commands:
            if len(waiting) >= _PIPELINE_COMMANDS:
                answers.append(self._answer(waiting.popleft(), must_succeed=must_succeed))
            self._write(command)
            waiting.append(command)
        self._flush()
        while waiting:
            answers.append(self._answer(waiting.popleft(), must_succeed=must_succeed))
        return answers

    def _write(self, command: Command) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(dict(command)) + "\n")

    def _flush(self) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._stopped() from error

    def _answer(self, command: Command, *, must_succeed: bool) -> Answer:
        assert self._process.stdout is not None
        self._flush()
        line = self._process.stdout.readline()
        if not line:
            raise self._stopped()
        answer: Answer = json.loads(line)
        self.sent += 1
        if must_succeed and not answer["ok"]:
            raise StepFailed(self.name, command, answer)
        return answer

    def _stopped(self) -> EnvironmentFailure:
        code = self._process.wait()
        return EnvironmentFailure("till_stopped", f"{self.name} stopped with code {code}; see {self._log.name}.")

    def stop(self) -> None:
        """End of its script: the process leaves by itself."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process.wait(timeout=60)
        self._log.close()
