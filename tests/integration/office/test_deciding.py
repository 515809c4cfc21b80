"""Deciding offline: one by one, many at once, otherwise again; and two profiles that become one person and two again."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest

from desktop.replica.queries.buyers import buyer_by_id, buyers_by_number, buyers_like
from desktop.replica.queries.inbox_list import Shown
from desktop.replica.queries.sales_list import SalesFilter, sale_ids
from desktop.usecases.browse_customers import list_customers, show_customer
from desktop.usecases.decide_conflict import Choice, decide_many, entries_like, restore_loser
from desktop.usecases.desk import Desk
from desktop.usecases.edit_customer import create_customer, edit_customer
from desktop.usecases.office import Office
from desktop.usecases.review_inbox import list_inbox, show_entry
from desktop.usecases.same_person import (
    compare_by_hand,
    compare_pair,
    join_by_hand,
    keep_pair_apart,
    merge_pair,
    undo_merge,
)
from shared.clock import SettableClock
from shared.customers.same_person import AliasState, alias_id
from shared.errors import UserError
from shared.sync.operations import decode_arguments
from tests.helpers.inbox_entries import INES, PAIR, TWIN, add_twin, fill_inbox
from tests.helpers.office_shop import sell, shop_id
from tests.helpers.replica import TinyShop


@pytest.fixture
def desk(jonas: Office, office_shop: TinyShop) -> Desk:
    """The merchandiser's desk with an inbox of every kind."""
    made = jonas.desk()
    with made.replica.write() as work:
        fill_inbox(work.connection, office_shop)
    return made


def sent(desk: Desk) -> list[str]:
    with desk.replica.read() as connection:
        return [row[0] for row in connection.exec_driver_sql("SELECT name FROM outbox ORDER BY number")]


def decision_of(desk: Desk, name: str) -> object:
    with desk.replica.read() as connection:
        row = connection.exec_driver_sql(
            "SELECT decision FROM inbox_entry WHERE id = ?", (shop_id("inbox", name).bytes,)
        ).one()
    return None if row[0] is None else json.loads(row[0])


def test_given_a_conflict_when_the_loser_is_restored_twice_then_the_first_winner_stands_again(desk: Desk) -> None:
    entry = shop_id("inbox", "candle")
    restore_loser(desk, entry)
    assert decision_of(desk, "candle") == {"take": "theirs"}
    assert [side.stands for side in show_entry(desk, entry).sides] == [False, False, True]
    restore_loser(desk, entry)
    assert decision_of(desk, "candle") == {"take": "mine"}


def test_given_many_entries_when_decided_then_it_is_one_transaction_and_what_does_not_fit_stays(desk: Desk) -> None:
    names = ("candle", "ines", "tax", "mug", "merge")
    done = decide_many(desk, [shop_id("inbox", name) for name in names], Choice.LOSER)
    assert (done.decided, done.left) == (3, 2)
    assert [decision_of(desk, name) for name in ("candle", "ines", "tax")] == [
        {"take": "theirs"},
        {"take": "theirs"},
        {"take": "mine"},
    ]
    assert sent(desk) == ["inbox_entry.edit"] * 3
    otherwise = decide_many(desk, [shop_id("inbox", name) for name in names], Choice.BASE)
    assert otherwise.decided == 3
    assert decision_of(desk, "tax") == {"take": "base"}


def test_given_many_entries_when_one_cannot_be_decided_then_nothing_of_it_is_written(desk: Desk) -> None:
    """The pair named by the entry is gone: the whole step is undone."""
    with desk.replica.write() as work:
        work.connection.exec_driver_sql("DELETE FROM customer_alias")
    ids = [line.id for line in list_inbox(desk).lines]
    with pytest.raises(UserError, match="pair_unknown"):
        decide_many(desk, ids, Choice.KEEP)
    assert sent(desk) == []


def test_given_entries_when_more_of_the_same_are_wanted_then_they_are_those_still_open(desk: Desk) -> None:
    candle = shop_id("inbox", "candle")
    assert entries_like(desk, candle, "kind") == [candle]
    assert set(entries_like(desk, candle, "person")) == {
        shop_id("inbox", name) for name in ("candle", "ines", "barcode")
    }
    restore_loser(desk, shop_id("inbox", "ines"))
    assert shop_id("inbox", "ines") not in entries_like(desk, candle, "person")


def test_given_the_inbox_when_counted_then_each_choice_says_how_many_it_shows(desk: Desk) -> None:
    for shown in Shown:
        inbox = list_inbox(desk, shown)
        assert len(inbox.lines) == inbox.counts[shown], shown
    assert list_inbox(desk).counts == {
        Shown.OPEN: 6,
        Shown.NEEDS_YOU: 4,
        Shown.SETTLED: 2,
        Shown.MERGED: 1,
        Shown.DECIDED: 0,
    }


def test_given_a_conflict_then_one_sentence_says_who_did_what_when_and_why_it_stands(desk: Desk) -> None:
    assert show_entry(desk, shop_id("inbox", "candle")).reason == (
        "Mara K., Till 2 changed the name (09:12) without knowing that Jonas P., Office had changed it (08:58). "
        "The later edit stands."
    )


def test_given_two_profiles_when_merged_then_the_list_the_card_and_the_till_know_one_person(desk: Desk) -> None:
    before = list_customers(desk)
    assert {INES, TWIN} <= set(before.ids)
    merge_pair(desk, PAIR)

    after = list_customers(desk)
    assert (TWIN in after.ids, after.total) == (False, before.total - 1)
    assert list_customers(desk, "HS1-0007").ids == [INES]
    card = show_customer(desk, TWIN).card
    assert (card.id, card.points) == (INES, 1_325)
    with desk.replica.read() as connection:
        assert [buyer.id for buyer in buyers_by_number(connection, "HS1-0007")] == [INES]
        found = buyers_like(connection, "carvalho", 10)
        assert [(buyer.id, buyer.points) for buyer in found] == [(INES, 1_325)]
        known = buyer_by_id(connection, TWIN)
        assert known is not None
        assert known.id == INES
    assert sent(desk) == ["customer_alias.edit", "inbox_entry.edit"]


def test_given_a_merge_when_undone_then_everything_is_exactly_as_before(desk: Desk) -> None:
    def rows() -> list[tuple[object, ...]]:
        with desk.replica.read() as connection:
            return [tuple(row) for row in connection.exec_driver_sql("SELECT * FROM customer ORDER BY id")]

    before, listed = rows(), list_customers(desk)
    merge_pair(desk, PAIR)
    assert rows() == before
    undo_merge(desk, PAIR)
    assert rows() == before
    assert list_customers(desk) == listed
    assert show_customer(desk, TWIN).card.id == TWIN
    assert compare_pair(desk, PAIR).state is AliasState.UNDONE


def test_given_sales_of_the_other_profile_when_merged_then_its_history_is_the_persons(
    desk: Desk, clock: SettableClock, tmp_path: Path
) -> None:
    sell(desk.replica, clock, tmp_path / "till")
    person, _ = create_customer(desk, {"name": "Zoe Quill"})
    join_by_hand(desk, person, INES)
    # The oldest profile stands for both: Ines was made before.
    assert show_customer(desk, person).card.id == INES
    assert show_customer(desk, person).card.visits == 1
    with desk.replica.read() as connection:
        assert len(sale_ids(connection, SalesFilter(text="Zoe Quill"))) == 1


def test_given_two_profiles_nobody_proposed_when_put_side_by_side_then_the_elder_stays_and_a_merge_is_undone_as_any(
    desk: Desk, clock: SettableClock
) -> None:
    clock.advance(60)
    person, _ = create_customer(desk, {"name": "Zoe Quill"})
    before = sent(desk)
    view = compare_by_hand(desk, person, INES)
    assert (view.stays_id, view.joins_id, view.is_new, view.decided) == (INES, person, True, "")
    assert sent(desk) == before, "looking makes nothing"
    join_by_hand(desk, person, INES)
    with pytest.raises(UserError, match="pair_decided"):
        compare_by_hand(desk, person, INES)
    undo_merge(desk, view.id)
    again = compare_by_hand(desk, INES, person)
    assert (again.is_new, again.state) == (False, AliasState.UNDONE)
    join_by_hand(desk, INES, person)
    assert sent(desk).count("customer_alias.create") == 1
    assert show_customer(desk, person).card.id == INES


def test_given_a_chain_and_a_circle_of_merges_then_one_profile_stands_for_all(desk: Desk) -> None:
    anna, _ = create_customer(desk, {"name": "Anna One"})
    other, _ = create_customer(desk, {"name": "Anna Two"})
    third, _ = create_customer(desk, {"name": "Anna Three"})
    for first, second in ((anna, other), (other, third), (third, anna)):
        join_by_hand(desk, first, second)
    assert list_customers(desk, "Anna").ids.count(anna) == 1
    assert {show_customer(desk, each).card.id for each in (anna, other, third)} == {anna}
    undo_merge(desk, alias_id(anna, other))
    assert show_customer(desk, other).card.id == anna
    assert sent(desk).count("customer_alias.create") == 3


def test_given_a_pair_when_decided_again_in_a_way_that_makes_no_sense_then_it_is_refused(desk: Desk) -> None:
    with pytest.raises(UserError, match="pair_decided"):
        undo_merge(desk, PAIR)
    keep_pair_apart(desk, PAIR)
    merge_pair(desk, PAIR)
    with pytest.raises(UserError, match="pair_decided"):
        keep_pair_apart(desk, PAIR)
    with pytest.raises(UserError, match="pair_unknown"):
        merge_pair(desk, uuid.UUID(int=7))
    with pytest.raises(UserError, match="pair_decided"):
        join_by_hand(desk, INES, INES)


def test_given_only_one_of_two_profiles_is_here_then_it_stands_for_itself(jonas: Office, office_shop: TinyShop) -> None:
    desk = jonas.desk()
    with desk.replica.write() as work:
        add_twin(work.connection, office_shop, state="merged")
        work.connection.exec_driver_sql("DELETE FROM customer WHERE id = ?", (INES.bytes,))
    assert show_customer(desk, TWIN).card.id == TWIN
    assert show_customer(desk, TWIN).pairs == ()
    assert TWIN in list_customers(desk).ids


def test_given_a_wall_that_was_put_back_when_edits_follow_then_their_times_still_rise(
    desk: Desk, clock: SettableClock
) -> None:
    """The device's hybrid clock: a later edit is later, whatever the wall says."""
    for step, name in enumerate(("One", "Two", "Three")):
        clock.advance(-60 * step)
        edit_customer(desk, INES, {"name": name})
    with desk.replica.read() as connection:
        rows = connection.exec_driver_sql("SELECT arguments FROM outbox ORDER BY number").all()
        at = [decode_arguments(row[0])["edited_at"] for row in rows]
    assert at == sorted(set(at))
