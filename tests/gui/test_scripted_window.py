"""A script played in sight does the same as its keys, and the window shows it."""

from __future__ import annotations

import json

from pytestqt.qtbot import QtBot

from desktop.ui.script_stage import Stage
from desktop.ui.scripted_window import ScriptedWindow
from desktop.usecases.till_state import Phase
from tests.helpers.till_window import Bench

LINES = (
    '{"do": "login", "user": "mara", "pin": "2580"}',
    "# a comment is left out",
    '{"do": "open_shift", "float": "100.00"}',
    '{"do": "scan", "code": "5012345678924"}',
    '{"do": "scan", "code": "no such code"}',
)


def test_given_a_script_then_the_window_shows_what_it_did(bench: Bench, qtbot: QtBot) -> None:
    # given
    answers: list[str] = []
    player = ScriptedWindow(bench.window.session, Stage(bench.till, bench.till.station.clock), answers.append)
    # when
    with qtbot.waitSignal(player.ended, timeout=20_000):
        player.start(LINES)
    # then each line has its answer, a refused one too, and the session shows the last state
    played = [json.loads(answer) for answer in answers]
    assert [(answer["do"], answer["ok"]) for answer in played] == [
        ("login", True),
        ("open_shift", True),
        ("scan", True),
        ("scan", False),
    ]
    assert bench.window.session.state.phase is Phase.SELLING
    assert [line.name for line in bench.window.session.state.lines] == ["Soy candle, cedar"]
