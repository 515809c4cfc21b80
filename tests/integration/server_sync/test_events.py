"""A device hears of news at once: from its own worker, from another, and from whoever writes without telling."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue

import psycopg
import pytest

from shared.schema.registry import store_scope
from sync_server.db.engine import connection_text
from sync_server.db.sessions import Database
from sync_server.devices import service
from tests.helpers.protocol_device import ProtocolDevice, ids, running_server, sale_payload

WAIT_SECONDS = 10


@contextmanager
def heard_by(device: ProtocolDevice) -> Iterator[Callable[[], dict[str, int]]]:
    """Read a device's event stream on a thread; the function gives the next heads."""
    heads: Queue[dict[str, int] | None] = Queue()

    def listen() -> None:
        headers = {"Authorization": f"Bearer {device.token}"}
        with device.client.stream("GET", "/sync/events", headers=headers) as stream:
            for line in stream.iter_lines():
                if line.startswith("data:"):
                    heads.put(json.loads(line.removeprefix("data:")))
        heads.put(None)

    listener = threading.Thread(target=listen)
    listener.start()
    yield lambda: heads.get(timeout=WAIT_SECONDS)
    listener.join(WAIT_SECONDS)
    assert not listener.is_alive()


@pytest.fixture
def streaming(database_url: str) -> Iterator[str]:
    """A worker whose heartbeats come fast; stopping it ends the streams."""
    with running_server(database_url, heartbeat_seconds=1) as url:
        yield url


def test_given_a_sale_at_one_till_then_the_other_hears_of_it(
    database_url: str, database: Database, store_code: str, other_till: ProtocolDevice
) -> None:
    with running_server(database_url) as worker:
        listening = ProtocolDevice(worker, database, store_code)
        context = heard_by(listening)
        heard = context.__enter__()
        first = heard()
        assert first[store_scope(listening.store_id)] >= 0
        other_till.push([other_till.record("sale", sale_payload(listening.store_id, other_till.id, [ids.new()]))])
        sales = f"sales:{listening.store_id}:"
        while not any(scope.startswith(sales) and position >= 1 for scope, position in heard().items()):
            continue
    context.__exit__(None, None, None)
    listening.close()


def test_given_a_foreign_writer_who_tells_nobody_then_it_is_heard_all_the_same(
    database_url: str, database: Database, store_code: str
) -> None:
    with running_server(database_url) as worker:
        listening = ProtocolDevice(worker, database, store_code)
        context = heard_by(listening)
        heard = context.__enter__()
        before = heard()["catalogue"]
        with psycopg.connect(connection_text(database_url), autocommit=True) as connection:
            connection.execute("INSERT INTO barcode VALUES (%s, '1', %s, 1000)", [ids.new(), ids.new()])
        while heard()["catalogue"] <= before:
            continue
    context.__exit__(None, None, None)
    listening.close()


@pytest.mark.scenario("PowerSync service", "a stream ends when the right to it does")
def test_given_a_device_revoked_while_it_listens_then_its_stream_ends(
    streaming: str, database: Database, store_code: str
) -> None:
    listening = ProtocolDevice(streaming, database, store_code)
    with heard_by(listening) as heard:
        heard()
        with database.writing() as connection:
            service.revoke(connection, database.clock, listening.id)
        while heard() is not None:
            continue
    listening.close()
