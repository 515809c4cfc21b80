"""Devices that have everything and ask again: pulls per second of one worker, under wrk, which costs little itself."""

from __future__ import annotations

import re
import shutil
import subprocess

from desktop.sync.connect import _connected, _own_key
from desktop.sync.pull_lane import PullLane
from desktop.sync.transport.encoding import packed
from shared.sync.wire import CONTENT_TYPE
from tests.benchmarks.figure import Figure, at_least
from tests.benchmarks.serving import served_shop

CONNECTIONS = 50
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_P99 = re.compile(r"99%\s+([\d.]+)(us|ms|s)")
_BAD = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def measure(*, is_quick: bool) -> list[Figure]:
    """Eight seconds (quick: two) over 50 connections."""
    if shutil.which("wrk") is None:
        return [Figure("idle polls", 0.0, "polls/s", note="not measured: wrk is not installed")]
    seconds = 2 if is_quick else 8
    with served_shop() as shop, shop.enrolled_till("till") as device:
        private_key, identity = _own_key(device)
        server = _connected(private_key, identity, device)
        lane = PullLane(device.replica, server)
        list(lane.run())
        body = packed(lane.first_request())
        script = shop.folder / "poll.lua"
        escaped = "".join(f"\\{byte:03d}" for byte in body)
        script.write_text(
            f'wrk.method = "POST"\nwrk.body = "{escaped}"\n'
            f'wrk.headers["Authorization"] = "{server._authorisation()}"\n'
            f'wrk.headers["Content-Type"] = "{CONTENT_TYPE}"\n'
        )
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(script)]
        output: list[str] = []
        work = shop.work_of(
            lambda: output.append(
                subprocess.run(
                    [*command, f"{shop.server.url}/sync/pull"], capture_output=True, text=True, check=True
                ).stdout
            )
        )
        server.close()
    refused = _BAD.search(output[0])
    if refused:
        raise AssertionError(f"{refused[1]} polls were refused:\n{output[0]}")
    rate, p99 = _RATE.search(output[0]), _P99.search(output[0])
    assert rate is not None
    assert p99 is not None
    per_second = float(rate[1])
    return [
        at_least(
            "idle polls, one worker, 50 connections", per_second, "polls/s", 1_500, work.each(int(per_second * seconds))
        ),
        Figure("one of them, p99", float(p99[1]) * _MILLISECONDS[p99[2]], "ms"),
    ]
