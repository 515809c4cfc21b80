"""The office's devices page over HTTP, against the real server."""

from __future__ import annotations

import pytest

from desktop.sync.connect import DevicesLine
from shared.errors import CounterfoilError
from tests.helpers.lives import Shop


def test_given_an_office_when_it_lists_makes_a_code_and_revokes_then_the_server_has_done_it(shop: Shop) -> None:
    shop.enrol("desk-office", shop.code(kind="office"))
    shop.join("desk-till")
    with shop.open("desk-office") as office, shop.open("desk-till") as till:
        till.sync()
        line = DevicesLine(office.device)
        known = {each.id: each for each in line.list_devices()}
        mine = known[till.identity.device_id]
        assert (mine.kind, mine.number, mine.revoked_at) == ("till", till.identity.number, None)
        assert line.make_code(store=mine.store, kind="till", number=None, name="", is_replacement=False)
        with pytest.raises(CounterfoilError) as refusal:
            line.make_code(store="NOWHERE", kind="till", number=None, name="", is_replacement=False)
        assert refusal.value.message
        line.revoke(mine.id)
        assert {each.id: each for each in line.list_devices()}[mine.id].revoked_at is not None
        with pytest.raises(CounterfoilError):
            till.sync()


def test_given_a_till_when_it_asks_for_the_devices_then_the_server_refuses(shop: Shop) -> None:
    shop.join("nosy-till")
    with shop.open("nosy-till") as till, pytest.raises(CounterfoilError) as refusal:
        DevicesLine(till.device).list_devices()
    assert refusal.value.data.get("status") != 500
