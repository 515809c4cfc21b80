"""Where a proxy buffers streams a device still hears of news: one held-back answer at a time."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import islice

import psycopg
import pytest

from desktop.replica.identity import DeviceIdentity
from desktop.sync.device_key import DeviceKey
from desktop.sync.transport import HttpServer
from desktop.sync.transport.heads_line import QUICK_END_US, STREAM_AGAIN_US, HeadsLine
from shared.errors import EnvironmentFailure
from shared.ids import TimeOrderedIds
from sync_server.db.engine import connection_text
from sync_server.db.sessions import Database
from tests.helpers.protocol_device import ProtocolDevice, ids, running_server


def _heads(device: ProtocolDevice, known: dict[str, int], wait_seconds: float) -> dict[str, int]:
    headers = {"Authorization": f"Bearer {device.token}"}
    body = {"known": known, "wait_seconds": wait_seconds}
    answer = device.client.post("/sync/heads", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["heads"])


def _write_barcode(database_url: str) -> None:
    with psycopg.connect(connection_text(database_url), autocommit=True) as connection:
        connection.execute("INSERT INTO barcode VALUES (%s, '1', %s, 1000)", [ids.new(), ids.new()])


def test_given_old_heads_then_the_answer_comes_at_once_and_given_new_ones_when_something_is_written(
    database_url: str, till: ProtocolDevice
) -> None:
    known = _heads(till, {}, 25)
    assert known["catalogue"] >= 0
    # given that nothing is new, when somebody writes while the call waits
    writer = threading.Timer(0.2, _write_barcode, [database_url])
    writer.start()
    told = _heads(till, known, 25)
    writer.join()
    # then it comes back with the news
    assert told["catalogue"] > known["catalogue"]


def test_given_nothing_new_then_the_answer_is_the_same_when_the_time_is_up(till: ProtocolDevice) -> None:
    known = _heads(till, {}, 0)
    assert _heads(till, known, 0.1) == known


@contextmanager
def _cutting_proxy(port: int) -> Iterator[int]:
    """A proxy that passes everything but streams of events: their line is cut as soon as the server answers."""
    listener = socket.create_server(("127.0.0.1", 0))

    def pass_on(source: socket.socket, target: socket.socket, *, is_answer: bool) -> None:
        try:
            while (part := source.recv(65_536)) and not (is_answer and b"text/event-stream" in part):
                target.sendall(part)
        except OSError:
            return  # The other half has hung up.
        finally:
            for line in (source, target):
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", port))
            lines.extend((client, server))
            for source, target, is_answer in ((client, server, False), (server, client, True)):
                options = {"is_answer": is_answer}
                threading.Thread(target=pass_on, args=(source, target), kwargs=options, daemon=True).start()

    lines: list[socket.socket] = []
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield int(listener.getsockname()[1])
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)
    for line in lines:
        line.close()


@pytest.mark.scenario("Electric", "a proxy that cuts or buffers event streams: the device changes to long polls")
def test_given_a_proxy_that_cuts_streams_then_the_device_polls_and_hears_of_news_all_the_same(
    database_url: str, database: Database, store_code: str
) -> None:
    with running_server(database_url) as url, _cutting_proxy(int(url.rpartition(":")[2])) as port:
        device = ProtocolDevice(url, database, store_code)
        identity = DeviceIdentity(
            device.id, device.store_id, "till", device.number, "", url, device.server_id, device.incarnation, 1, 0
        )
        key = DeviceKey(device.key.private_bytes_raw(), identity, TimeOrderedIds())
        with closing(HttpServer(f"http://127.0.0.1:{port}", key)) as server:
            # when streams are cut again and again
            heard: list[dict[str, int]] = []
            while not heard:
                with suppress(EnvironmentFailure), closing(server.heads()) as told:
                    heard += [{head.scope: head.position for head in heads} for heads in islice(told, 1)]
            # then the device has changed over, and hears what is written
            with closing(server.heads()) as told:
                before = {head.scope: head.position for head in next(told)}
                writer = threading.Timer(0.2, _write_barcode, [database_url])
                writer.start()
                after = {head.scope: head.position for head in next(told)}
                writer.join()
        device.close()
    assert after["catalogue"] > before["catalogue"]


def test_given_streams_that_end_soon_or_say_nothing_then_the_line_polls_for_a_while_and_tries_again() -> None:
    clock = [1]
    line = HeadsLine(lambda: clock[0])
    # given streams that live long, nothing changes
    for _ in range(5):
        line.asked()
        line.spoke()
        clock[0] += QUICK_END_US
        line.ended()
    assert [line.is_polling] == [False]
    # when three end quickly in a row
    for _ in range(3):
        assert not line.is_polling
        line.asked()
        line.spoke()
        line.ended()
    assert line.is_polling
    clock[0] += STREAM_AGAIN_US
    assert [line.is_polling] == [False]


def test_given_one_stream_that_never_spoke_then_the_line_polls() -> None:
    clock = [1]
    line = HeadsLine(lambda: clock[0])
    line.asked()
    clock[0] += QUICK_END_US * 2
    line.ended()
    assert line.is_polling
