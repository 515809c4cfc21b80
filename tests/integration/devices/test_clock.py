"""A clock that jumps: no sale is held up, nothing is lost, and somebody is told."""

from __future__ import annotations

import pytest

from desktop.usecases.doctor import Health, examine
from shared.clock import MICROSECONDS_PER_SECOND, SettableClock, SystemClock
from shared.ids import TimeOrderedIds
from tests.helpers.lives import FILE, Shop

HOUR_US = 3600 * MICROSECONDS_PER_SECOND
DAY_US = 24 * HOUR_US


@pytest.mark.scenario(
    "Anki",
    "a clock that is off by more than minutes: Anki refuses to sync, here it is shown and nothing stops",
)
@pytest.mark.parametrize("start_us", [-400 * DAY_US, 400 * DAY_US])
def test_given_a_clock_that_jumps_by_years_when_selling_and_syncing_then_every_sale_goes_through_and_arrives_once(
    shop: Shop, start_us: int
) -> None:
    before = shop.receipts()
    clock = SettableClock(SystemClock().now() + HOUR_US)
    shop.clock = clock
    shop.join("till")
    with shop.open("till") as till:
        sold = till.sell()
        for jump_us in (start_us, -start_us, -2 * HOUR_US, 90 * DAY_US, -90 * DAY_US):
            clock.set(clock.now() + jump_us)
            sold += till.sell()
            till.sync()
            assert till.engine.status().clock_offset_us == pytest.approx(
                SystemClock().now() - clock.now(), abs=30 * MICROSECONDS_PER_SECOND
            )
    assert shop.receipts() == sorted([*before, *sold])
    assert len(set(sold)) == len(sold)
    assert shop.wrong_stock() == 0


@pytest.mark.parametrize(("ahead_seconds", "health"), [(0, Health.GOOD), (240, Health.LOOK), (301, Health.BAD)])
def test_given_a_clock_that_is_off_when_examined_then_the_doctor_warns_beyond_five_minutes(
    shop: Shop, ahead_seconds: int, health: Health
) -> None:
    shop.enrol("till")
    clock = SettableClock(SystemClock().now())

    class There:
        def server_time(self) -> int:
            return clock.now() - ahead_seconds * MICROSECONDS_PER_SECOND

        def close(self) -> None:
            pass

    found = examine(shop.home("till"), FILE, lambda _: There(), clock=clock, ids=TimeOrderedIds())
    assert {finding.subject: finding.health for finding in found}["clock"] is health
