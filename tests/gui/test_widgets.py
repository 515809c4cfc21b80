"""The pieces: pages of rows, the executor, amounts, the number buffer."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.ui.executor import Executor
from desktop.ui.models.paged_table import PAGE_ROWS, Column, PagedTable
from desktop.ui.screens.sell import buffer
from desktop.ui.widgets import DataTable, MoneyLabel, amount_text
from shared.cash.denominations import likely_payments
from shared.errors import CounterfoilError, UserError
from shared.money import Money, currency

GBP, JPY, KWD = currency("GBP"), currency("JPY"), currency("KWD")


def test_given_a_hundred_thousand_rows_when_a_few_are_looked_at_then_only_their_pages_are_fetched(
    qtbot: QtBot,
) -> None:
    fetched: list[Sequence[int]] = []

    def fetch(ids: Sequence[int]) -> Sequence[str | None]:
        fetched.append(ids)
        return [f"row {number}" for number in ids]

    model: PagedTable[int, str] = PagedTable([Column("Name", str)], fetch)
    model.set_ids(range(100_000))
    table = DataTable("Rows")
    qtbot.addWidget(table)
    table.show_table(model)
    table.resize(400, 400)
    table.show()
    table.choose_row(99_999)
    table.grab()
    assert model.index(99_999, 0).data() == "row 99999"
    assert len(fetched) <= 4
    assert all(len(ids) <= PAGE_ROWS for ids in fetched)


def test_given_a_row_that_is_gone_when_it_is_shown_then_it_is_empty() -> None:
    model: PagedTable[int, str] = PagedTable([Column("Name", str)], lambda ids: [None for _ in ids])
    model.set_ids([1, 2])
    assert model.index(1, 0).data() is None
    assert model.id_at(1) == 2
    assert model.row_of(7) == -1


def test_given_a_sorted_column_when_its_header_is_read_then_an_arrow_says_how() -> None:
    model: PagedTable[int, str] = PagedTable([Column("Name", str)], lambda ids: [str(number) for number in ids])
    model.set_sorted_by(0, Qt.SortOrder.DescendingOrder)
    assert model.headerData(0, Qt.Orientation.Horizontal) == "Name ↓"


def test_given_work_when_it_is_done_then_the_answer_comes_on_the_ui_thread(qtbot: QtBot) -> None:
    executor = Executor("test")
    threads: list[threading.Thread] = []
    executor.submit(threading.current_thread, threads.append)
    qtbot.waitUntil(lambda: not executor.is_busy)
    executor.submit(lambda: 1, lambda _answer: threads.append(threading.current_thread()))
    qtbot.waitUntil(lambda: not executor.is_busy)
    executor.close()
    assert threads[0] is not threading.main_thread()
    assert threads[1] is threading.main_thread()


def test_given_work_that_fails_when_it_is_ours_then_the_error_arrives_and_otherwise_a_bug(
    qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    executor = Executor("test")
    errors: list[CounterfoilError] = []

    def refuse() -> None:
        raise UserError("basket_empty", "There is nothing to pay.")

    executor.submit(refuse, on_failed=errors.append)
    executor.submit(lambda: 1 // 0, on_failed=errors.append)
    qtbot.waitUntil(lambda: not executor.is_busy)
    executor.close()
    assert [error.code for error in errors] == ["basket_empty", "unexpected"]
    assert "ZeroDivisionError" in caplog.text


def test_given_several_questions_of_a_subject_when_they_queue_then_only_the_newest_is_answered(qtbot: QtBot) -> None:
    executor = Executor("test")
    may_go = threading.Event()
    asked: list[str] = []
    answers: list[str] = []

    def ask(text: str) -> str:
        may_go.wait(5)
        asked.append(text)
        return text

    for text in ("a", "ab", "abc"):
        executor.submit_newest("find", lambda text=text: ask(text), answers.append)
    may_go.set()
    qtbot.waitUntil(lambda: not executor.is_busy)
    executor.close()
    assert answers == ["abc"]
    assert "ab" not in asked


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Money(123456, GBP), "1,234.56"),
        (Money(-144, GBP), "−1.44"),
        (Money(1200, JPY), "1,200"),
        (Money(1500, KWD), "1.500"),
    ],
)
def test_given_an_amount_when_it_is_shown_then_it_has_all_decimals_and_a_true_minus(amount: Money, text: str) -> None:
    assert amount_text(amount) == text


def test_given_an_amount_with_its_sign_when_it_is_shown_then_the_minus_comes_first() -> None:
    assert amount_text(Money(-3730, GBP), has_symbol=True) == "−£37.30"


def test_given_a_huge_total_when_there_is_little_room_then_it_shrinks_and_is_never_cut(qtbot: QtBot) -> None:
    label = MoneyLabel(has_symbol=True)
    qtbot.addWidget(label)
    label.set_amount(Money(99_999_999_99, GBP))
    label.resize(300, 80)
    from desktop.ui.theme import TypeRole
    from desktop.ui.widgets import fitting_font

    assert (
        fitting_font(label.text, TypeRole.TOTAL, 300).pointSizeF() < fitting_font("0", TypeRole.TOTAL, 300).pointSizeF()
    )


@pytest.mark.parametrize(
    ("typed", "code", "implied", "meant"),
    [
        ("2000", GBP, True, "20.00"),
        ("2000", GBP, False, "2000.00"),
        ("20.5", GBP, True, "20.50"),
        ("20,5", GBP, True, "20.50"),
        ("2000", KWD, True, "2.000"),
    ],
)
def test_given_digits_when_they_are_an_amount_then_decimals_are_as_set(
    typed: str, code: object, implied: bool, meant: str
) -> None:
    assert str(buffer.money_in(typed, code, has_implied_decimals=implied)) == meant


@pytest.mark.parametrize(
    ("typed", "times", "rest"),
    [("3*", "3", ""), ("3*oat", "3", "oat"), ("0,5 × pears", "0.5", "pears"), ("oat", "", "oat"), ("7up", "", "7up")],
)
def test_given_a_prefix_when_it_is_read_then_quantity_and_rest_are_apart(typed: str, times: str, rest: str) -> None:
    assert buffer.split_prefix(typed) == (times, rest)


def test_given_a_scan_that_raised_a_line_when_it_had_a_prefix_then_only_the_new_ones_are_multiplied() -> None:
    assert buffer.more_of("3", "2", "5") == "7"
    assert buffer.more_of("6", None, "2") == "12"


def test_given_an_amount_when_notes_are_likely_then_they_are_the_next_that_fit() -> None:
    likely = likely_payments(Money(2730, GBP))
    assert [(tuple(str(note) for note in notes), str(total)) for notes, total in likely] == [
        (("20.00", "10.00"), "30.00"),
        (("20.00", "20.00"), "40.00"),
        (("50.00",), "50.00"),
    ]
    assert likely_payments(Money(0, GBP)) == ()
