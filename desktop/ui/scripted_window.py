"""A script played in sight: the till's window shows what each line does, as if somebody pressed the keys."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Qt, Signal

from desktop.ui.script import is_command, play_line
from desktop.ui.script_answers import Answer
from desktop.ui.script_stage import Stage
from desktop.ui.till.session import TillSession
from desktop.usecases.till import Till


class ScriptedWindow(QObject):
    """Reads lines on a thread of its own and plays each through the session, one after the other.

    Signals:
        ended: the script is over, and its last answer was written.
    """

    ended = Signal()
    _came = Signal(str)

    def __init__(self, session: TillSession, stage: Stage, write: Callable[[str], None]) -> None:
        super().__init__()
        self._session = session
        self._stage = stage
        self._write = write
        self._is_answered = threading.Event()
        self._came.connect(self._play, Qt.ConnectionType.QueuedConnection)

    def start(self, lines: Iterable[str]) -> None:
        """Begin; ``lines`` is read as fast as answers are given, until its end or ``quit``."""
        threading.Thread(target=self._read, args=(lines,), name="script", daemon=True).start()

    def _read(self, lines: Iterable[str]) -> None:
        for line in lines:
            if not is_command(line):
                continue
            self._is_answered.clear()
            self._came.emit(line)
            self._is_answered.wait()
            if self._stage.is_over:
                break
        self.ended.emit()

    def _play(self, line: str) -> None:
        def play(till: Till) -> Answer:
            del till  # the stage has the same one
            return play_line(self._stage, line)

        self._session.act(play, self._answer)

    def _answer(self, answer: Answer) -> None:
        self._write(json.dumps(answer, ensure_ascii=False) + "\n")
        self._is_answered.set()
