"""Bugs that others met in the field, each as a test of the device: a queue that wedges, a failure taken for success."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from desktop.replica import outbox
from desktop.replica.engine import Replica
from desktop.replica.schema import Outbox
from desktop.sync import schedule
from desktop.sync.cycle import SyncCycle
from desktop.sync.engine import SyncEngine
from desktop.sync.push_lane import PUSH_MAX_MUTATIONS
from shared.clock import SettableClock
from shared.errors import EnvironmentFailure
from shared.ids import TimeOrderedIds
from shared.sync.wire import MutationResult, PullAnswer, PullRequest, PushAnswer, PushRequest
from tests.helpers.fake_server import FakeServer
from tests.helpers.replica import KEY
from tests.helpers.sync_pair import CUP, PEN, agrees, cash, name_of, product, variant


def record(device: Replica, count: int = 1) -> None:
    with device.write() as unit:
        for _ in range(count):
            unit.record("cash_movement", cash(device.ids))


def pending(device: Replica) -> int:
    with device.read() as connection:
        return outbox.pending_count(connection)


def states(device: Replica) -> list[str]:
    with device.read() as connection:
        return list(connection.execute(select(Outbox.state).order_by(Outbox.number)).scalars())


class FailingPushes:
    """A server whose pushes fail in some way while everything else goes on."""

    def __init__(self, server: FakeServer, failure: EnvironmentFailure, times: int) -> None:
        self._server = server
        self._failure = failure
        self.times = times
        self.sizes: list[int] = []

    def push(self, request: PushRequest) -> PushAnswer:
        self.sizes.append(len(request.mutations))
        if self.times:
            self.times -= 1
            raise self._failure
        return self._server.push(request)

    def pull(self, request: PullRequest) -> PullAnswer:
        return self._server.pull(request)


@pytest.mark.scenario("Odoo #40567, #40600, #85527", "the till dies between the server's commit and noting the answer")
def test_given_a_till_that_dies_before_it_noted_the_answer_then_it_sends_the_same_again_and_it_is_known(
    device: Replica, server: FakeServer, engine: SyncEngine, tmp_path: Path, clock: SettableClock
) -> None:
    record(device, 3)
    server.lose_answers = 1
    with pytest.raises(EnvironmentFailure):
        engine.cycle()
    device.close()
    again = Replica.open(tmp_path / "device.db", KEY, clock=clock, ids=TimeOrderedIds(clock))
    assert SyncEngine(again, server, clock).cycle().sent == 3
    assert sorted(server.received) == [1, 2, 3]
    first, second = server.pushes[-2:]
    assert [each.id for each in first.mutations] == [each.id for each in second.mutations]
    again.close()


@pytest.mark.scenario("Odoo #152259", "two senders of one queue on the device")
def test_given_two_threads_that_sync_at_once_then_one_sends_after_the_other_and_nothing_twice(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    record(device, 1_200)
    threads = [threading.Thread(target=engine.cycle) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [each.number for push in server.pushes for each in push.mutations]
    assert numbers == list(range(1, 1_201))
    assert pending(device) == 0


@pytest.mark.scenario("powersync.dart 253, 307", "reads go backwards on a flaky network")
def test_given_a_line_that_breaks_again_and_again_then_what_is_shown_never_goes_backwards(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    server.page_rows = 1
    seen: list[str | None] = []
    for n in range(12):
        server.put("product", product(CUP, f"Cup {n:02d}"), variant(CUP, "CUP"))
        server.put("product", product(PEN, f"Pen {n:02d}"), variant(PEN, "PEN"))
        server.lose_answers = n % 3
        server.is_down = n % 5 == 4
        try:
            engine.cycle()
        except EnvironmentFailure:
            server.is_down = False
        seen.append(name_of(device, CUP))
    server.lose_answers = 0
    engine.cycle()
    assert seen == sorted(seen, key=str)
    assert name_of(device, CUP) == "Cup 11"
    assert agrees(device, server)


@pytest.mark.scenario("powersync.dart 307, 308", "the upload queue stays wedged after a partition")
def test_given_a_partition_amid_a_long_queue_then_it_drains_by_itself_afterwards_in_order(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    record(device, 1_700)
    server.lose_answers = 1
    with pytest.raises(EnvironmentFailure):
        engine.cycle()
    server.is_down = True
    for _ in range(3):
        with pytest.raises(EnvironmentFailure):
            engine.cycle()
    server.is_down = False
    record(device, 10)
    assert engine.cycle().is_consistent
    assert pending(device) == 0
    assert sorted(server.received) == list(range(1, 1_711))


@pytest.mark.scenario("powersync, one poison write", "downloads freeze while a write cannot be uploaded")
@pytest.mark.parametrize("code", ["server_failed", "push_malformed"])
def test_given_a_server_that_fails_every_push_then_pulls_go_on_and_the_failure_is_told(
    device: Replica, server: FakeServer, engine: SyncEngine, clock: SettableClock, code: str
) -> None:
    record(device, 2)
    server.put("product", product(CUP, "Cup, new"), variant(CUP, "CUP"))
    broken = FailingPushes(server, EnvironmentFailure(code, "It broke.", status=500), times=99)
    other = SyncEngine(device, broken, clock)
    with pytest.raises(EnvironmentFailure, match="It broke"):
        other.cycle()
    assert name_of(device, CUP) == "Cup, new"
    assert pending(device) == 2
    assert "It broke" in other.status().hold_up
    assert other.status().is_online, "it was reached, and what is new came down"


@pytest.mark.scenario("powersync-kotlin 340", "an exception while uploading is taken for success")
@pytest.mark.parametrize("failure", [RuntimeError("boom"), EnvironmentFailure("server_answer_malformed", "Odd.")])
def test_given_an_exception_of_any_kind_while_sending_then_everything_still_waits(
    device: Replica, server: FakeServer, engine: SyncEngine, failure: Exception
) -> None:
    record(device, 4)
    broken = FailingPushes(server, failure, times=1)
    with pytest.raises(type(failure)):
        SyncCycle(device, broken).run()
    assert states(device) == ["waiting"] * 4
    assert SyncCycle(device, broken).run().sent == 4


@pytest.mark.scenario("TanStack add-on", "the transaction is completed in the handler that catches the failure")
def test_given_an_answer_that_covers_only_a_part_then_only_that_part_counts_as_sent(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    record(device, 5)

    class Half(FailingPushes):
        def push(self, request: PushRequest) -> PushAnswer:
            if len(self.sizes) == 1:
                raise EnvironmentFailure("server_unreachable", "The line broke.")
            self.sizes.append(len(request.mutations))
            return self._server.push(msgspec.structs.replace(request, mutations=request.mutations[:2]))

    with pytest.raises(EnvironmentFailure):
        SyncCycle(device, Half(server, EnvironmentFailure("none", ""), 0)).run()
    assert states(device) == ["accepted"] * 2 + ["waiting"] * 3
    assert engine.cycle().sent == 3


@pytest.mark.scenario("powersync getCrudBatch", "what was done in one transaction is sent in two halves")
def test_given_an_intention_that_broke_off_then_none_of_its_mutations_is_ever_sent(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    def break_off() -> None:
        with device.write() as unit:
            unit.record("cash_movement", cash(device.ids))
            unit.edit("product", CUP, {"name": "Half done"}, edited_by="me")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    record(device)
    assert engine.cycle().sent == 1
    assert [each.name for each in server.received.values()] == ["cash_movement.record"]
    assert name_of(device, CUP) == "Cup"


TOO_LARGE = {
    "the server": EnvironmentFailure("push_too_large", "Send fewer."),
    "a proxy": EnvironmentFailure("server_answer_malformed", "A proxy's page.", status=413),
}


@pytest.mark.parametrize("whose", TOO_LARGE)
def test_given_a_push_that_is_too_large_for_somebody_on_the_way_then_less_is_sent_at_once_and_all_gets_through(
    device: Replica, server: FakeServer, engine: SyncEngine, whose: str
) -> None:
    record(device, 600)
    narrow = FailingPushes(server, TOO_LARGE[whose], times=3)
    report = SyncCycle(device, narrow).run()
    assert (report.sent, report.failure) == (600, None)
    assert narrow.sizes[:4] == [500, 250, 125, 62]
    assert max(narrow.sizes) <= PUSH_MAX_MUTATIONS


def test_given_a_line_too_weak_for_large_pushes_then_each_attempt_is_smaller_and_it_recovers(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    record(device, 400)
    weak = FailingPushes(server, EnvironmentFailure("server_unreachable", "Timed out."), times=4)
    cycle = SyncCycle(device, weak)
    for _ in range(4):
        with pytest.raises(EnvironmentFailure):
            cycle.run()
    assert cycle.run().sent == 400
    assert weak.sizes[:5] == [400, 250, 125, 62, 31]
    assert weak.sizes[5] > weak.sizes[4]


def test_given_a_busy_server_then_the_device_waits_what_it_asked_and_a_share_more_by_chance(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    record(device)
    busy = FailingPushes(server, EnvironmentFailure("server_busy", "Busy.", retry_after_seconds=4), times=1)
    with pytest.raises(EnvironmentFailure) as failure:
        SyncCycle(device, busy).run()
    asked = failure.value.data["retry_after_seconds"]
    waits = {schedule.retry_delay_seconds(1, asked, lambda at=at: at / 10) for at in range(10)}
    assert len(waits) == 10, "tills that were sent away together do not come back together"
    assert min(waits) == 4
    assert max(waits) < 6
    assert pending(device) == 1


def test_given_refusals_in_an_answer_that_was_lost_then_the_next_answer_tells_them_again(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    server.refuse = lambda sent: "no" if sent.number == 2 else ""
    record(device, 3)
    server.lose_answers = 1
    with pytest.raises(EnvironmentFailure):
        engine.cycle()
    assert [result.number for result in engine.cycle().refused] == [2]
    assert states(device) == ["accepted", "refused", "accepted"]
    assert isinstance(server.results[2], MutationResult)


def test_given_a_revoked_device_that_hears_it_amid_a_broken_line_then_it_hands_in_once_and_counts_anew_afterwards(
    device: Replica, server: FakeServer, engine: SyncEngine
) -> None:
    record(device, 3)
    engine.cycle()
    record(device, 2)
    server.is_revoked = True
    server.lose_answers = 1
    with pytest.raises(EnvironmentFailure, match="broke"):
        engine.cycle()
    assert name_of(device, CUP) is None, "the shop goes at once, whatever the line does"
    assert pending(device) == 2, "what was never sent stays until the server has it"
    with pytest.raises(EnvironmentFailure, match="device_revoked"):
        engine.cycle()
    assert len(server.quarantined) == 2
    assert states(device) == ["accepted"] * 3 + ["quarantined"] * 2
    server.is_revoked = False
    record(device)
    assert engine.cycle().is_consistent
    assert (server.pushes[-1].mutations[0].number, len(server.received)) == (1, 1)
    assert name_of(device, CUP) == "Cup"
    assert agrees(device, server)
