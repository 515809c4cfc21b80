"""The device against the real server: real HTTP, real PostgreSQL, real files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from desktop.paths import Home
from desktop.replica import outbox
from desktop.replica.engine import Replica
from desktop.replica.identity import identity_of
from desktop.secrets import REPLICA_KEY, secret_store
from desktop.sync import schedule
from desktop.sync.connect import engine_of, server_of
from desktop.sync.cycle import SyncCycle
from desktop.sync.engine import SyncEngine
from desktop.usecases.start import Device
from desktop.usecases.synchronise import synchronise
from desktop.usecases.verify import verify
from shared.errors import EnvironmentFailure, UserError
from shared.schema.catalogue import Product, Variant
from shared.schema.inbox import InboxEntry
from shared.schema.sales import CashMovement
from shared.schema.stock import StockLevel
from shared.sync.wire import PushAnswer, PushRequest
from tests.helpers.server import SETTINGS, ServerProcess, join, open_home, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("central") / "server") as running:
        yield running


@pytest.fixture(scope="module")
def till(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Device, SyncEngine]]:
    with open_home(join(server, tmp_path_factory.mktemp("till") / "home")) as opened:
        opened[1].cycle()
        yield opened


@pytest.fixture(scope="module")
def office(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Device, SyncEngine]]:
    with open_home(join(server, tmp_path_factory.mktemp("office") / "home", kind="office")) as opened:
        opened[1].cycle()
        yield opened


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(3_000):
        if is_so():
            return
        threading.Event().wait(0.01)
    pytest.fail("it did not come about in thirty seconds")


def record_cash(replica: Replica, count: int = 1) -> list[uuid.UUID]:
    made = []
    with replica.write() as unit:
        me = identity_of(unit.connection)
        for _ in range(count):
            made.append(unit.ids.new())
            row = {
                "store_id": me.store_id,
                "device_id": me.device_id,
                "shift_id": me.device_id,
                "user_id": me.device_id,
            }
            now = unit.clock.now()
            row |= {"kind": "paid_in", "amount": 100, "reason": "change", "at": now}
            unit.record("cash_movement", {"id": made[-1], **row})
    return made


def product_of(replica: Replica, sku: str) -> tuple[uuid.UUID, str]:
    with replica.read() as connection:
        query = (
            select(Product.id, Product.name).join(Variant, Variant.product_id == Product.id).where(Variant.sku == sku)
        )
        found = connection.execute(query).one()
        return found[0], found[1]


def cash_seen(replica: Replica) -> set[uuid.UUID]:
    with replica.read() as connection:
        return set(connection.execute(select(CashMovement.id)).scalars())


def assert_agrees(device: Device, engine: SyncEngine) -> None:
    with closing(server_of(device)) as server:
        found = verify(device.replica, engine, server)
    assert found.agrees, [each for each in found.scopes if not each.agrees]


def test_given_a_code_when_a_device_joins_then_it_holds_the_shop_byte_for_byte(
    till: tuple[Device, SyncEngine], office: tuple[Device, SyncEngine]
) -> None:
    for device, engine in (till, office):
        assert_agrees(device, engine)
        with device.replica.read() as connection:
            assert connection.execute(select(func.count()).select_from(Product)).scalar_one() > 100


def test_given_facts_and_an_edit_made_offline_when_synced_then_others_see_them_and_all_digests_agree(
    till: tuple[Device, SyncEngine], office: tuple[Device, SyncEngine]
) -> None:
    made = record_cash(till[0].replica, 3)
    product_id, name = product_of(office[0].replica, "CND-CEDAR")
    with office[0].replica.write() as unit:
        unit.edit("product", product_id, {"name": f"{name}!"}, edited_by="Jonas, Office")
    assert synchronise(office[0].replica, office[1]).sent == 1
    assert synchronise(till[0].replica, till[1]).sent == 3
    synchronise(office[0].replica, office[1])
    assert set(made) <= cash_seen(office[0].replica)
    assert product_of(till[0].replica, "CND-CEDAR")[1] == f"{name}!"
    for device, engine in (till, office):
        assert_agrees(device, engine)


def test_given_two_edits_of_one_field_when_both_are_sent_then_one_stands_everywhere_and_the_other_is_in_the_inbox(
    server: ServerProcess, tmp_path: Path, office: tuple[Device, SyncEngine]
) -> None:
    with open_home(join(server, tmp_path / "second", kind="office")) as (second, second_engine):
        second_engine.cycle()
        product_id, _ = product_of(second.replica, "OAT-BAR-1L")
        for device, name in ((office[0], "Oat one"), (second, "Oat two")):
            with device.replica.write() as unit:
                unit.edit("product", product_id, {"name": name}, edited_by=name)
        office[1].cycle()
        second_engine.cycle()
        synchronise(office[0].replica, office[1])
        names = {product_of(each.replica, "OAT-BAR-1L")[1] for each in (office[0], second)}
        assert len(names) == 1
        with office[0].replica.read() as connection:
            entries = connection.execute(select(InboxEntry.kind).where(InboxEntry.entity_id == product_id)).scalars()
            assert "conflict" in set(entries)
        assert_agrees(second, second_engine)
    assert_agrees(*office)


def test_given_several_edits_of_one_field_by_one_device_when_sent_together_then_they_do_not_contradict_each_other(
    office: tuple[Device, SyncEngine],
) -> None:
    product_id, _ = product_of(office[0].replica, "SOU-SEED-800")
    for name in ("Loaf one", "Loaf two", "Loaf three"):
        with office[0].replica.write() as unit:
            unit.edit("product", product_id, {"name": name}, edited_by="me")
    synchronise(office[0].replica, office[1])
    assert product_of(office[0].replica, "SOU-SEED-800")[1] == "Loaf three"
    with office[0].replica.read() as connection:
        entries = select(InboxEntry.id).where(InboxEntry.entity_id == product_id)
        assert connection.execute(entries).all() == []
    assert_agrees(*office)


def test_given_a_stock_movement_when_synced_then_the_level_shows_it_once_from_first_to_last(
    till: tuple[Device, SyncEngine],
) -> None:
    device, engine = till
    with device.replica.write() as unit:
        me = identity_of(unit.connection)
        level = unit.connection.execute(
            select(StockLevel.variant_id, StockLevel.on_hand).where(StockLevel.store_id == me.store_id).limit(1)
        ).one()
        now = unit.clock.now()
        movement = {"store_id": me.store_id, "variant_id": level[0], "quantity": -2_000, "reason": "write_off"}
        movement |= {"id": unit.ids.new(), "at": now, "business_date": _today(), "device_id": me.device_id}
        number = unit.record("stock_movement", movement)
        unit.expect_stock(number, [(me.store_id, level[0], -2_000)])
    shown = [_shown(device.replica, me.store_id, level[0])]
    with device.replica.read() as connection:
        mine = "SELECT count(*) FROM expected_stock"
        while connection.exec_driver_sql(mine).scalar_one():
            connection.rollback()
            engine.cycle()
            shown.append(_shown(device.replica, me.store_id, level[0]))
            threading.Event().wait(0.05)
            assert len(shown) < 200
    assert set(shown) == {level[1] - 2_000}
    assert_agrees(device, engine)


class _LineThatBreaks:
    """Loses the answer of every second push after the server has committed it."""

    def __init__(self, server: object) -> None:
        self._server = server
        self._pushes = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._server, name)

    def push(self, request: PushRequest) -> PushAnswer:
        answer = self._server.push(request)
        self._pushes += 1
        if self._pushes % 2:
            raise EnvironmentFailure("server_unreachable", "The line broke.")
        return answer


def test_given_answers_lost_after_the_commit_when_sent_again_then_nothing_is_doubled(
    till: tuple[Device, SyncEngine], office: tuple[Device, SyncEngine]
) -> None:
    device, _ = till
    made = record_cash(device.replica, 1_300)
    failures = 0
    with closing(server_of(device)) as real:
        cycle = SyncCycle(device.replica, _LineThatBreaks(real))
        for _ in range(20):
            try:
                cycle.run()
            except EnvironmentFailure:
                failures += 1
            with device.replica.read() as connection:
                if outbox.pending_count(connection) == 0:
                    break
    assert failures >= 3
    synchronise(office[0].replica, office[1])
    assert set(made) <= cash_seen(office[0].replica)
    assert_agrees(*till)
    assert_agrees(*office)


_SYNCING_TILL = """
import sys, uuid
from pathlib import Path
from desktop.paths import Home
from desktop.replica.identity import identity_of
from tests.helpers.server import open_home
from tests.integration.device.test_real_server import record_cash
with open_home(Home(Path(sys.argv[1]))) as (device, engine):
    while True:
        for made in record_cash(device.replica, 40):
            sys.stdout.write(f"{made}\\n")
        sys.stdout.flush()
        engine.cycle()
"""


def test_given_a_till_killed_while_it_syncs_when_it_goes_on_then_every_fact_is_there_once(
    server: ServerProcess, tmp_path: Path, office: tuple[Device, SyncEngine]
) -> None:
    home = join(server, tmp_path / "killed")
    confirmed: set[uuid.UUID] = set()
    for lines in (41, 130, 260):
        child = subprocess.Popen(
            [sys.executable, "-c", _SYNCING_TILL, str(home.folder)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        )
        assert child.stdout is not None
        confirmed |= {uuid.UUID(child.stdout.readline().strip()) for _ in range(lines)}
        child.send_signal(signal.SIGKILL)
        confirmed |= {uuid.UUID(line.strip()) for line in child.stdout.read().splitlines() if len(line.strip()) == 36}
        child.wait(10)
        child.stdout.close()
    with open_home(home) as (device, engine):
        synchronise(device.replica, engine)
        assert_agrees(device, engine)
        own = cash_seen(device.replica)
        with device.replica.read() as connection:
            me = identity_of(connection)
    synchronise(office[0].replica, office[1])
    with office[0].replica.read() as connection:
        there = list(
            connection.execute(select(CashMovement.id).where(CashMovement.device_id == me.device_id)).scalars()
        )
    assert len(there) == len(set(there))
    assert confirmed <= set(there) <= own


def test_given_two_devices_with_their_threads_when_one_writes_then_the_other_sees_it_by_itself(
    till: tuple[Device, SyncEngine], office: tuple[Device, SyncEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By pokes: nobody asks of its own accord."""
    monkeypatch.setattr(schedule, "POLL_SECONDS", 600.0)
    here, there = engine_of(till[0]), engine_of(office[0])
    here.start()
    there.start()
    try:
        until(lambda: here.status().is_online and there.status().is_online)
        until(lambda: any(scope.head for scope in there.details().scopes))
        (made,) = record_cash(till[0].replica)
        until(lambda: made in cash_seen(office[0].replica))
        there.go_offline()
        (unseen,) = record_cash(till[0].replica)
        until(lambda: here.status().pending == 0)
        assert unseen not in cash_seen(office[0].replica)
        there.go_online()
        until(lambda: unseen in cash_seen(office[0].replica))
    finally:
        here.stop()
        there.stop()


def test_given_a_server_killed_and_started_again_when_devices_go_on_then_nothing_is_lost(tmp_path: Path) -> None:
    with running_server(tmp_path / "server") as server, open_home(join(server, tmp_path / "till")) as (device, engine):
        engine.cycle()
        first = record_cash(device.replica, 5)
        engine.cycle()
        server.stop(signal.SIGKILL)
        second = record_cash(device.replica, 5)
        with pytest.raises(EnvironmentFailure) as failure:
            engine.cycle()
        assert failure.value.code == "server_unreachable"
        assert engine.status().pending == 5
        server.start()
        synchronise(device.replica, engine)
        assert {*first, *second} <= cash_seen(device.replica)
        assert_agrees(device, engine)


def test_given_a_revoked_device_when_it_syncs_then_it_is_told_and_what_it_had_not_sent_is_handed_in(
    server: ServerProcess, tmp_path: Path
) -> None:
    with open_home(join(server, tmp_path / "revoked")) as (device, engine):
        engine.cycle()
        with device.replica.read() as connection:
            me = identity_of(connection)
        server.run("revoke", str(me.device_id))
        record_cash(device.replica)
        with pytest.raises(EnvironmentFailure) as failure:
            engine.cycle()
        assert failure.value.code == "device_revoked"
        assert engine.status().pending == 0, "what it had not sent is in the server's quarantine"
        with device.replica.read() as connection:
            assert outbox.quarantined_count(connection) == 1


def test_given_a_wrong_or_used_code_when_enrolled_then_it_is_refused_and_the_home_is_untouched(
    server: ServerProcess, till: tuple[Device, SyncEngine], tmp_path: Path
) -> None:
    for code in ("AAAAA-AAAAA", "nonsense"):
        done = _counterfoil("enrol", server.url, code, "--home", str(tmp_path / "new"))
        assert done.returncode == 1
        assert "enrol_code_invalid" in done.stderr
        assert not (tmp_path / "new" / "replica.db").exists()
        assert not (tmp_path / "new" / "secrets.json").exists()
    again = _counterfoil("enrol", server.url, server.code(), "--home", str(till[0].home.folder))
    assert again.returncode == 3
    assert "replica_in_use" in again.stderr


def test_given_the_commands_when_run_in_order_then_each_says_what_it_did(server: ServerProcess, tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    joined = _counterfoil("enrol", server.url, server.code().lower().replace("-", " "), "--home", home)
    assert joined.returncode == 0, joined.stderr
    assert "Joined as Till" in joined.stdout
    assert "No keychain is used here" in joined.stdout
    assert "Products 100 %" in joined.stdout
    assert _counterfoil("sync", "--home", home).stdout.startswith("Sent 0")
    assert "agrees" in _counterfoil("verify", "--home", home).stdout
    again = _counterfoil("enrol", server.url, "AAAAA-AAAAA", "--home", home)
    assert (again.returncode, "already_enrolled" in again.stderr) == (1, True)
    doctor = _counterfoil("doctor", "--home", home)
    assert doctor.returncode == 0, doctor.stdout
    assert "look  keys: in a file" in doctor.stdout
    key = secret_store(Home(tmp_path / "home"), SETTINGS.secrets).get(REPLICA_KEY)
    assert key is not None
    for log in (tmp_path / "home" / "logs").iterdir():
        assert key.hex() not in log.read_text(encoding="utf-8")


def test_given_no_server_when_commands_run_then_they_say_so_and_lose_nothing(tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9"
    enrol = _counterfoil("enrol", nobody, "AAAAA-AAAAA", "--home", str(tmp_path / "home"))
    assert enrol.returncode == 3
    assert "server_unreachable" in enrol.stderr
    assert _counterfoil("sync", "--home", str(tmp_path / "home")).returncode == 1
    assert _counterfoil("doctor", "--home", str(tmp_path / "home")).returncode == 0
    assert _counterfoil("nonsense").returncode == 2


def test_given_a_home_in_use_when_another_command_takes_it_then_it_is_told(
    till: tuple[Device, SyncEngine],
) -> None:
    second = _counterfoil("sync", "--home", str(till[0].home.folder))
    assert second.returncode == 3
    assert "replica_in_use" in second.stderr
    assert _counterfoil("doctor", "--home", str(till[0].home.folder)).returncode == 0


def test_given_a_home_that_has_not_joined_when_opened_then_it_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError) as refusal, open_home(Home(tmp_path / "none")):
        pass
    assert refusal.value.code == "not_enrolled"


def _counterfoil(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "desktop", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "COUNTERFOIL_SECRETS": "file"},
    )


def _today() -> object:
    import datetime as dt

    return dt.date(2026, 11, 18)


def _shown(replica: Replica, store_id: uuid.UUID, variant_id: uuid.UUID) -> int:
    with replica.read() as connection:
        level = connection.execute(
            select(StockLevel.on_hand).where(StockLevel.variant_id == variant_id, StockLevel.store_id == store_id)
        ).scalar_one()
        own = "SELECT coalesce(sum(quantity), 0) FROM expected_stock WHERE store_id = ? AND variant_id = ?"
        return level + connection.exec_driver_sql(own, (store_id.bytes, variant_id.bytes)).scalar_one()
