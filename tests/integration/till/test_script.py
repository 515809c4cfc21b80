"""Scripts: the same till by name, one JSON line out for each line in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from desktop.ui.actions import ACTIONS, Kind, Place, actions_at
from desktop.ui.script import play_script
from desktop.ui.script_actions import HANDLERS
from desktop.ui.script_stage import Stage
from desktop.usecases.desk import Desk
from desktop.usecases.edit_customer import create_customer
from desktop.usecases.till import Till
from shared.clock import SettableClock
from tests.integration.till.codes import CANDLE, OAT

Play = Callable[..., list[dict[str, Any]]]

START = [
    {"do": "login", "user": "priya", "pin": "3690"},
    {"do": "open_shift", "float": "100.00"},
]


@pytest.fixture
def play(till: Till, clock: SettableClock) -> Play:
    """Plays commands (objects, or raw lines) and gives their answers."""

    def run(*commands: dict[str, Any] | str, is_replay: bool = False) -> list[dict[str, Any]]:
        lines = [command if isinstance(command, str) else json.dumps(command) for command in commands]
        out: list[str] = []
        play_script(Stage(till, clock, is_replay=is_replay), lines, out.append)
        assert all(line.endswith("\n") and line.count("\n") == 1 for line in out)
        return [json.loads(line) for line in out]

    return run


def test_given_a_first_sale_when_played_then_every_answer_says_ok_and_amounts_are_text(play: Play) -> None:
    answers = play(
        *START,
        {"do": "scan", "code": OAT},
        {"do": "add", "sku": "PEA-CONF", "quantity": "1.5"},
        {"do": "discount", "percent": "10"},
        {"do": "discount", "amount": "1.00", "basket": True},
        {"do": "tender", "method": "cash", "amount": "20.00"},
        {"do": "state"},
        {"do": "complete"},
        {"do": "state"},
    )
    assert [answer["ok"] for answer in answers] == [True] * 10
    assert [answer["do"] for answer in answers][:3] == ["login", "open_shift", "scan"]
    assert answers[2]["line"] == 1
    assert answers[2]["total"] == "2.19"
    paying = answers[7]
    assert paying["phase"] == "paying"
    assert [line["sku"] for line in paying["basket"]] == ["OAT-BAR-1L", "PEA-CONF"]
    assert (paying["totals"]["total"], paying["remaining"], paying["change"]) == ("4.70", "0.00", "15.30")
    assert paying["tenders"][0]["amount"] == "20.00"
    assert paying["taxes"] == [{"code": "VAT0", "name": "VAT 0 %", "base": "4.70", "tax": "0.00"}]
    assert (answers[8]["receipt"], answers[8]["total"], answers[8]["change"]) == ("HS-2-000001", "4.70", "15.30")
    done = answers[9]
    assert (done["phase"], done["receipt"], done["pending"], done["basket"]) == ("done", "HS-2-000001", 2, [])
    assert done["expected_cash"] == "104.70"


@pytest.mark.parametrize(
    ("line", "code", "word"),
    [
        ("{", "script_line_invalid", "JSON"),
        ("[1]", "script_line_invalid", "object"),
        ("{}", "script_line_invalid", "do"),
        ('{"do": 3}', "script_line_invalid", "do"),
        ('{"do": "dance"}', "action_unknown", "dance"),
        ('{"do": "scan"}', "script_line_invalid", "code"),
        ('{"do": "scan", "code": 5}', "script_line_invalid", "text"),
        ('{"do": "scan", "code": "5", "colour": "red"}', "script_line_invalid", "colour"),
        ('{"do": "tender", "amount": 12.5}', "script_line_invalid", "12.50"),
        ('{"do": "tender", "amount": true}', "script_line_invalid", "decimal"),
        ('{"do": "discount", "basket": "yes"}', "script_line_invalid", "true or false"),
        ('{"do": "return", "receipt": "x", "lines": ["1"]}', "script_line_invalid", "list of objects"),
        ('{"do": "return", "receipt": "x", "lines": [{"row": 1}]}', "script_line_invalid", "line"),
        ('{"do": "price", "price": "1", "amount": "2"}', "script_line_invalid", "twice"),
        ('{"do": "clock", "at": "2026-11-21T09:00:00+00:00"}', "not_in_replay", "--replay"),
    ],
)
def test_given_a_bad_line_when_played_then_it_says_what_is_wrong_and_the_script_goes_on(
    play: Play, line: str, code: str, word: str
) -> None:
    answers = play(line, {"do": "state"})
    assert (answers[0]["ok"], answers[0]["error"]) == (False, code)
    assert word in answers[0]["message"]
    assert answers[1]["ok"] is True


def test_given_an_unknown_barcode_when_played_then_nothing_after_it_is_held_up(play: Play) -> None:
    answers = play(
        *START,
        {"do": "scan", "code": CANDLE},
        {"do": "scan", "code": "4006381333931"},
        {"do": "tender", "method": "cash", "amount": "14.50"},
        {"do": "complete"},
    )
    assert [answer["ok"] for answer in answers] == [True, True, True, False, True, True]
    assert answers[3]["error"] == "barcode_unknown"


def test_given_mistakes_when_played_then_each_has_its_stable_code(play: Play) -> None:
    answers = play(
        {"do": "scan", "code": OAT},
        {"do": "login", "user": "priya", "pin": "1"},
        {"do": "login", "user": "priya", "pin": "3690"},
        {"do": "scan", "code": OAT},
        {"do": "open_shift", "float": "x"},
        {"do": "open_shift", "float": "1"},
        {"do": "complete"},
        {"do": "tender", "method": "cash", "amount": "-5"},
        {"do": "scan", "code": OAT},
        {"do": "tender", "method": "cash", "amount": "-5"},
        {"do": "complete"},
        {"do": "return", "receipt": "HS-2-000001"},
        {"do": "sync"},
    )
    assert [answer.get("error") for answer in answers] == [
        "not_logged_in",
        "pin_wrong",
        None,
        "shift_not_open",
        "amount_invalid",
        None,
        "basket_empty",
        "basket_empty",
        None,
        "tender_not_positive",
        "payment_incomplete",
        "receipt_unknown",
        "not_enrolled",
    ]
    assert answers[1]["data"] == {"attempts_left": 4}


def test_given_office_work_when_played_then_permissions_hold(play: Play) -> None:
    answers = play(
        *START,
        {"do": "edit_product", "sku": "MUG-BLUE", "changes": {"name": "Mug"}},
        {"do": "login", "user": "ada", "pin": "9021"},
        {"do": "edit_product", "sku": "MUG-BLUE", "changes": {"name": "Mug, sea blue"}},
        {"do": "add_price", "sku": "MUG-BLUE", "price": "9.50"},
        {"do": "stock_move", "sku": "MUG-BLUE", "quantity": "-3", "reason": "write_off"},
        {"do": "add", "sku": "MUG-BLUE"},
        {"do": "stock", "sku": "MUG-BLUE"},
        {"do": "conflicts"},
    )
    assert [answer.get("error") for answer in answers] == [None, None, "not_allowed", *[None] * 7]
    assert (answers[7]["name"], answers[7]["unit_price"]) == ("Mug, sea blue", "9.50")
    assert answers[8]["on_hand"] == "21"
    assert answers[9]["count"] == 0


def test_given_two_profiles_when_joined_and_parted_by_number_then_permissions_and_numbers_are_checked(
    play: Play, till: Till, clock: SettableClock
) -> None:
    join = {"do": "join_customers", "number": "C-1001", "other": "C-2002"}
    assert play(join)[0]["error"] == "not_logged_in"
    assert play(START[0], join)[1]["error"] == "customer_unknown"
    clock.advance(60)
    create_customer(Desk.at(till.station), {"name": "Anna Winters"}, "C-2002")
    named = {"do": "customer", "number": "C-2002"}
    answers = play(START[1], join, join, named, {**join, "undo": True}, named)
    assert [answer.get("error") for answer in answers] == [None] * 6, "said twice is said once"
    assert [answers[at]["customer"]["number"] for at in (3, 5)] == ["C-1001", "C-2002"]


def test_given_a_day_of_work_when_played_then_park_return_and_shift_go_through(play: Play) -> None:
    answers = play(
        *START,
        {"do": "scan", "code": OAT},
        {"do": "quantity", "quantity": 3},
        {"do": "price", "price": "2.00"},
        {"do": "customer", "number": "C-1001"},
        {"do": "park", "label": "milk"},
        {"do": "parked"},
        {"do": "recall"},
        {"do": "exact_cash", "given": "10"},
        {"do": "return", "receipt": "HS-2-000001", "lines": [{"line": 1, "quantity": "1"}], "method": "cash"},
        {"do": "return", "receipt": "HS-2-000001", "lines": [{"line": 1, "quantity": "3"}], "method": "cash"},
        {"do": "receipt", "receipt": "hs-2-000001"},
        {"do": "cash_out", "amount": "5.00", "reason": "stamps"},
        {"do": "count_shift", "total": "99.00"},
        {"do": "close_shift"},
        {"do": "quit"},
        {"do": "state"},
    )
    assert [answer.get("error") for answer in answers] == [*[None] * 11, "return_exceeds_sold", *[None] * 5]
    assert answers[9]["change"] == "4.00"
    assert answers[10]["total"] == "-2.00"
    assert answers[12]["lines"][0]["returnable"] == "2"
    assert (answers[15]["expected"], answers[15]["counted"], answers[15]["difference"]) == ("99.00", "99.00", "0.00")


def test_given_a_replay_when_the_clock_is_set_then_sales_carry_its_time(play: Play) -> None:
    answers = play(
        {"do": "login", "user": "priya", "pin": "3690"},
        {"do": "clock", "at": "2026-11-03T08:26:00+00:00"},
        {"do": "open_shift", "float": "1.00", "business_date": "2026-11-02"},
        {"do": "scan", "code": OAT},
        {"do": "exact_cash"},
        {"do": "receipt", "receipt": "HS-2-000001"},
        {"do": "clock", "at": "2026-11-03"},
        is_replay=True,
    )
    assert (answers[5]["business_date"], answers[5]["sold_at"]) == ("2026-11-02", "2026-11-03 08:26")
    assert answers[6]["error"] == "date_invalid"


def test_given_comments_and_empty_lines_when_played_then_left_out(play: Play) -> None:
    assert [answer["do"] for answer in play("", "# the morning", "   ", '{"do": "state"}')] == ["state"]


def test_given_the_table_of_actions_then_each_has_a_handler_and_keys_never_clash() -> None:
    assert set(ACTIONS) == set(HANDLERS)
    for place in Place:
        keys = [action.key for action in actions_at(place) if action.key]
        assert len(keys) == len(set(keys)), place
    for action in ACTIONS.values():
        names = [name for argument in action.arguments for name in (argument.name, *argument.also)]
        assert len(names) == len(set(names)), action.name
        assert all(argument.kind in Kind for argument in action.arguments)
