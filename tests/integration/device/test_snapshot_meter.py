"""A file to start from is counted as it comes, can be held and taken up again, and can be done without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop.replica.cursors import cursors
from desktop.replica.engine import Replica
from desktop.sync.bootstrap import BROKEN_FETCHES_MAX
from desktop.sync.engine import SyncEngine
from desktop.usecases.line_state import Download
from shared.clock import SettableClock
from shared.errors import EnvironmentFailure
from shared.ids import derived_id
from shared.sync.wire import SnapshotOffer
from tests.helpers.fake_server import FakeServer
from tests.helpers.snapshot_files import put_up
from tests.helpers.sync_pair import agrees, product, variant

STEP = 1_000


@pytest.fixture
def offer(server: FakeServer, tmp_path: Path) -> SnapshotOffer:
    """A file of fifty products and more."""
    for number in range(50):
        product_id = derived_id("made", str(number))
        server.put("product", product(product_id, f"Thing {number}"), variant(product_id, f"SKU-{number}"))
    return put_up(server, tmp_path)


@pytest.fixture
def starts(server: FakeServer, offer: SnapshotOffer, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The file comes in steps of a thousand bytes; where each download began."""
    whole, begun = server.files[offer.name], list[int]()

    def in_steps(_: SnapshotOffer, start: int) -> Iterator[bytes]:
        begun.append(start)
        for at in range(start, len(whole), STEP):
            yield whole[at : at + STEP]

    monkeypatch.setattr(server, "snapshot_bytes", in_steps)
    return begun


def came_by_file(replica: Replica) -> bool:
    with replica.read() as connection:
        return cursors(connection)["catalogue"].number < 0


def left_on_disk(replica: Replica) -> set[str]:
    known = {replica.path.name + suffix for suffix in ("", "-wal", "-shm")}
    return {path.name for path in replica.path.parent.iterdir()} - known


def engine_that(
    device: Replica, server: FakeServer, clock: SettableClock, does: Callable[[SyncEngine, Download], None]
) -> SyncEngine:
    """An engine whose downloads are told to a function that may act on it."""
    made: list[SyncEngine] = []
    made.append(SyncEngine(device, server, clock, on_download=lambda download: does(made[0], download)))
    return made[0]


def test_given_a_file_when_it_comes_then_its_bytes_are_told_one_step_after_the_other_to_the_last(
    device: Replica, server: FakeServer, clock: SettableClock, offer: SnapshotOffer, starts: list[int]
) -> None:
    told, shown = list[Download](), list[Download | None]()

    def note(engine: SyncEngine, download: Download) -> None:
        told.append(download)
        shown.append(engine.status().download)

    engine = engine_that(device, server, clock, note)
    engine.cycle()
    assert starts == [0]
    assert [each.received for each in told] == [*range(STEP, offer.size, STEP), offer.size]
    assert {(each.what, each.size) for each in told} == {("catalogue", offer.size)}
    assert shown == told
    assert (told[0].per_mille, told[-1].per_mille) == (1_000 * STEP // offer.size, 1_000)
    assert engine.status().download is None
    assert came_by_file(device)


def test_given_a_download_when_the_device_goes_offline_then_it_is_held_and_goes_on_at_that_byte_however_often(
    device: Replica, server: FakeServer, clock: SettableClock, offer: SnapshotOffer, starts: list[int]
) -> None:
    engine = engine_that(device, server, clock, lambda engine, _: engine.go_offline())
    for _ in range(BROKEN_FETCHES_MAX + 1):
        engine.go_online()
        with pytest.raises(EnvironmentFailure) as held:
            engine.cycle()
        assert held.value.code == "offline"
        assert engine.status().download is None
    assert starts == [0, STEP, 2 * STEP, 3 * STEP]

    going_on = SyncEngine(device, server, clock)
    going_on.cycle()
    assert starts[-1] == 4 * STEP
    assert came_by_file(device)
    assert agrees(device, server)
    assert left_on_disk(device) == set()
    assert offer.size > 5 * STEP


def test_given_a_download_when_nobody_wants_the_file_then_the_rows_come_by_pages_and_the_log_says_so(
    device: Replica, server: FakeServer, clock: SettableClock, starts: list[int]
) -> None:
    engine = engine_that(device, server, clock, lambda engine, _: engine.skip_snapshots())
    assert engine.cycle().is_consistent
    assert starts == [0]
    assert not came_by_file(device)
    assert agrees(device, server)
    assert left_on_disk(device) == set()
    assert engine.status().download is None
    with device.read() as connection:
        notes = list(connection.exec_driver_sql("SELECT text FROM sync_event WHERE kind = 'note'").scalars())
    assert notes == ["The file was not wanted any more. The rows come by pages instead."]


def test_given_whoever_is_told_gives_up_then_the_load_ends_there_and_is_taken_up_again(
    device: Replica, server: FakeServer, clock: SettableClock, starts: list[int]
) -> None:
    def give_up(_: SyncEngine, __: Download) -> None:
        raise EnvironmentFailure("offline", "The window was closed.")

    with pytest.raises(EnvironmentFailure):
        engine_that(device, server, clock, give_up).cycle()
    SyncEngine(device, server, clock).cycle()
    assert len(starts) == 2
    assert came_by_file(device)
