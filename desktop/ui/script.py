"""Plays a script: one JSON object per line in, one JSON object per line out, through the same ``Till`` as the keys.

Answers are written line by line, so that another program can drive a till over pipes. A line that cannot be played or
that the till refuses gets an answer with ``ok`` false, and the script goes on with the next line.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from desktop.paths import Home
from desktop.settings import Settings
from desktop.sync.connect import engine_of
from desktop.sync.engine import SyncEngine
from desktop.ui.equipment import equipment_at
from desktop.ui.script_actions import HANDLERS
from desktop.ui.script_answers import Answer
from desktop.ui.script_arguments import name_in, read_command
from desktop.ui.script_stage import Stage
from desktop.usecases.line_state import line_facts
from desktop.usecases.start import Device, opened_device
from desktop.usecases.support_bundle import Bundle, gather
from desktop.usecases.till import Till
from shared.clock import SettableClock, SystemClock
from shared.errors import CounterfoilError, UserError
from shared.ids import TimeOrderedIds

_COMMENT = "#"


def play_at_home(home: Home, settings: Settings, source: str, *, is_replay: bool = False) -> int:
    """Open the device of a home without a screen and play a script on it; gives how many lines were refused.

    Args:
        home: the device's folder.
        settings: of the device.
        source: a file of JSON lines, or ``-`` for standard input.
        is_replay: the clock stands still until the script sets it, business dates may be given, nothing is printed.

    Raises:
        UserError: ``not_enrolled``, ``script_unreadable``.
        EnvironmentFailure: ``replica_in_use`` and those of opening a replica.
    """
    clock = SettableClock(SystemClock().now()) if is_replay else SystemClock()
    ids = TimeOrderedIds(clock)
    lines = lines_of(source)
    with opened_device(home, settings, clock=clock, ids=ids) as device:
        sync = engine_of(device)
        equipment = equipment_at(None if is_replay else home.folder, clock)
        till = Till(device.replica, clock=clock, ids=ids, equipment=equipment, sync=sync)
        try:
            stage = Stage(till, clock, sync, support=lambda: _gathered(device, sync, settings), is_replay=is_replay)
            return play_script(stage, lines, write_answer)
        finally:
            sync.stop()


def _gathered(device: Device, sync: SyncEngine, settings: Settings) -> Bundle:
    from desktop.sync.transport import HttpEnrolmentDesk

    return gather(
        device.home,
        settings,
        HttpEnrolmentDesk,
        clock=device.clock,
        ids=device.ids,
        replica=device.replica,
        line=line_facts(sync),
    )


def play_script(stage: Stage, lines: Iterable[str], write: Callable[[str], None]) -> int:
    """Play every line until the end or ``quit``; gives how many were refused.

    Args:
        stage: the till and what else a script may use.
        lines: one JSON object each; empty lines and lines that begin with ``#`` are left out.
        write: takes each answer, a line with its newline, and must not hold it back.
    """
    refused = 0
    for line in lines:
        if not is_command(line):
            continue
        answer = play_line(stage, line)
        refused += not answer["ok"]
        write(json.dumps(answer, ensure_ascii=False) + "\n")
        if stage.is_over:
            break
    return refused


def is_command(line: str) -> bool:
    """Whether a line is to be played: it is neither empty nor a comment."""
    return bool(line.strip()) and not line.lstrip().startswith(_COMMENT)


def play_line(stage: Stage, line: str) -> Answer:
    """Play one line and give its answer."""
    try:
        command = read_command(line)
        if command.action.is_replay_only and not stage.is_replay:
            raise UserError(
                "not_in_replay", f"“{command.action.name}” is only for replays. Start the script with --replay."
            )
        answer = HANDLERS[command.action.name](stage, command.arguments)
    except CounterfoilError as error:
        return {"do": name_in(line), "ok": False, **error.as_dict()}
    return {"do": command.action.name, "ok": True, **answer}


def lines_of(source: str) -> Iterable[str]:
    """The lines of a file, or of standard input (``-``) as they come.

    Raises:
        UserError: ``script_unreadable``.
    """
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    if source == "-":
        return sys.stdin
    try:
        return Path(source).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise UserError("script_unreadable", f"The script {source} cannot be read: {error.strerror}.") from error


def write_answer(answer: str) -> None:
    """Put an answer on standard output at once."""
    sys.stdout.write(answer)
    sys.stdout.flush()
