"""The replica's file: encrypted, refused with a wrong key, never half written, one program at a time."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select

from desktop.replica import outbox
from desktop.replica.checkpoints import FRAME_BYTES, PAGES_BEFORE_CHECKPOINT
from desktop.replica.engine import Replica
from desktop.replica.home_lock import HomeLock
from desktop.replica.schema import DeviceValue
from shared.clock import SettableClock, SystemClock
from shared.errors import BugError, EnvironmentFailure
from shared.ids import TimeOrderedIds
from shared.schema.sales import CashMovement
from tests.helpers.replica import KEY, TinyShop


def open_at(path: Path, key: bytes = KEY) -> Replica:
    return Replica.open(path, key, clock=SystemClock(), ids=TimeOrderedIds())


def test_given_a_replica_with_people_in_it_then_no_byte_of_its_files_tells_of_them(
    replica: Replica, tiny_shop: TinyShop
) -> None:
    files = list(replica.path.parent.glob("replica.db*"))
    assert len(files) >= 2
    for file in files:
        content = file.read_bytes()
        assert b"Anna Winter" not in content
        assert b"SQLite format 3" not in content


def test_given_another_key_when_opened_then_it_says_so_and_touches_nothing(replica: Replica) -> None:
    replica.close()
    before = replica.path.read_bytes()
    with pytest.raises(EnvironmentFailure) as refusal:
        open_at(replica.path, bytes(32))
    assert refusal.value.code == "replica_key_wrong"
    assert replica.path.read_bytes() == before


def test_given_something_that_is_no_replica_when_opened_then_it_says_so(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    path.write_bytes(os.urandom(8192))
    with pytest.raises(EnvironmentFailure) as refusal:
        open_at(path)
    assert refusal.value.code == "replica_key_wrong"


def test_given_a_folder_that_is_gone_when_opened_then_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure) as refusal:
        open_at(tmp_path / "gone" / "replica.db")
    assert refusal.value.code == "replica_unreachable"


def test_given_the_key_then_it_is_in_no_log_and_in_no_message(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    replica = open_at(tmp_path / "replica.db")
    with pytest.raises(BugError) as caught, replica.write() as unit:
        unit.connection.exec_driver_sql("INSERT INTO nowhere VALUES (?)", (KEY,))
    replica.close()
    for text in (caplog.text, str(caught.value), repr(caught.value.__cause__)):
        assert KEY.hex() not in text
        assert repr(KEY) not in text


def test_given_a_full_disk_when_written_then_the_message_says_so_and_nothing_is_half_done(
    replica: Replica, tiny_shop: TinyShop
) -> None:
    def fill_up() -> None:
        with replica.write() as unit:
            pages = unit.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            unit.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            try:
                unit.edit("product", tiny_shop.products["MUG-BLUE"], {"description": "x" * 200_000}, edited_by="me")
            finally:
                unit.connection.exec_driver_sql("PRAGMA max_page_count = 1000000")

    with pytest.raises(EnvironmentFailure) as refusal:
        fill_up()
    assert refusal.value.code == "disk_full"
    with replica.read() as connection:
        assert outbox.pending_count(connection) == 0


def test_given_a_reader_when_it_tries_to_write_then_it_cannot(replica: Replica) -> None:
    with pytest.raises(EnvironmentFailure) as refusal, replica.read() as connection:
        connection.exec_driver_sql("DELETE FROM product")
    assert refusal.value.code == "replica_read_only"


def test_given_many_commits_when_the_log_grows_then_it_is_folded_in_beside_the_writers(tmp_path: Path) -> None:
    replica = open_at(tmp_path / "replica.db")
    log = tmp_path / "replica.db-wal"
    most = 0
    for number in range(120):
        with replica.write() as unit:
            unit.connection.execute(DeviceValue.__table__.insert().values(key=str(number), value="x" * 100_000))
        most = max(most, log.stat().st_size)
    assert most < 12 * PAGES_BEFORE_CHECKPOINT * FRAME_BYTES
    replica.close()
    assert not log.exists() or log.stat().st_size == 0
    again = open_at(tmp_path / "replica.db")
    with again.read() as connection:
        assert connection.execute(select(func.count()).select_from(DeviceValue)).scalar_one() == 120
    again.close()


def test_given_a_home_in_use_when_a_second_program_takes_it_then_it_is_told(tmp_path: Path) -> None:
    lock = HomeLock(tmp_path / "device.lock")
    lock.take()
    program = (
        "import sys; from pathlib import Path\nfrom desktop.replica.home_lock import HomeLock\n"
        f"from shared.errors import EnvironmentFailure\ntry: HomeLock(Path({str(tmp_path / 'device.lock')!r})).take()\n"
        "except EnvironmentFailure as error: sys.exit(error.code)\n"
    )
    second = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert second.stderr.strip() == "replica_in_use"
    lock.release()
    third = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert (third.returncode, third.stderr) == (0, "")


_WRITER = """
import sys, uuid
from pathlib import Path
from desktop.replica.engine import Replica
from shared.clock import SystemClock
from shared.ids import TimeOrderedIds
replica = Replica.open(Path(sys.argv[1]), bytes(range(32)), clock=SystemClock(), ids=TimeOrderedIds())
nobody = uuid.UUID(int=1)
while True:
    with replica.write() as unit:
        number = unit.record("cash_movement", {"id": unit.ids.new(), "store_id": nobody, "device_id": nobody,
            "shift_id": nobody, "kind": "paid_in", "amount": 1, "reason": "x", "at": 1, "user_id": nobody})
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


@pytest.mark.parametrize("written", [1, 7, 40])
def test_given_a_till_killed_at_any_moment_when_opened_again_then_all_it_confirmed_is_there_and_no_half_one(
    tmp_path: Path, written: int
) -> None:
    path = tmp_path / "replica.db"
    open_at(path).close()
    till = subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert till.stdout is not None
    confirmed = [int(till.stdout.readline()) for _ in range(written)]
    till.send_signal(signal.SIGKILL)
    confirmed += [int(line) for line in till.stdout.read().splitlines()]
    till.wait(10)
    till.stdout.close()
    replica = open_at(path)
    with replica.read() as connection:
        waiting = outbox.waiting(connection, count_max=100_000, bytes_max=10**9)
        rows = connection.execute(select(func.count()).select_from(CashMovement)).scalar_one()
    replica.close()
    assert [mutation.number for mutation in waiting] == list(range(1, len(waiting) + 1))
    assert len(waiting) == rows
    assert len(waiting) - max(confirmed) in {0, 1}


def test_given_a_clerk_who_waits_when_the_background_lets_go_then_the_clerk_is_next(
    replica: Replica, clock: SettableClock
) -> None:
    order: list[str] = []
    is_held, may_go = threading.Event(), threading.Event()

    def first_slice() -> None:
        with replica.write(is_background=True):
            is_held.set()
            may_go.wait(10)
        with replica.write(is_background=True):
            order.append("background")

    def clerk() -> None:
        with replica.write():
            order.append("clerk")

    threads = [threading.Thread(target=first_slice), threading.Thread(target=clerk)]
    threads[0].start()
    assert is_held.wait(10)
    threads[1].start()
    while not replica.lock.is_wanted_by_clerk:
        threads[1].join(0.001)
    may_go.set()
    for thread in threads:
        thread.join(10)
    assert order == ["clerk", "background"]
