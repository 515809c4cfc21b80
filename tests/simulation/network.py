"""Carrying one request from a device to the server through the weather."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import httpx

from tests.simulation.bridge import RawAnswer, RawRequest, ServerDied
from tests.simulation.server_process import ServerProcess
from tests.simulation.weather import Fault, Weather

STATEMENTS_MAX = 25
LATE_MAX = 6

_HTML = [(b"content-type", b"text/html")]
_INSTEAD = {
    Fault.FOREIGN_PAGE: RawAnswer(200, _HTML, b"<html>Welcome to the hotel</html>"),
    Fault.FAILED: RawAnswer(502, _HTML, b"<html>Bad gateway</html>"),
    Fault.BUSY: RawAnswer(503, [(b"retry-after", b"7")]),
    Fault.TOO_MANY: RawAnswer(429, [(b"retry-after", b"7")]),
}
"""What somebody on the way answers instead of the server."""


@dataclass(frozen=True, slots=True)
class OnItsWay:
    """A request that arrives after ``after`` further ones."""

    request: RawRequest
    after: int


class Network:
    """The lines of all devices.

    Attributes:
        counts: faults by kind.
        on_its_way: late requests, in the order in which they were sent.
        forced: what happens to the next request to a path, whatever the weather.
        meanwhile: does something else while a request is on its way; set by the world.
        slow_down: lets so many seconds go by; set by the world.
        requests: how many were sent.
    """

    def __init__(
        self, server: ServerProcess, weather: Weather, dice: random.Random, tell: Callable[[str], None]
    ) -> None:
        self._server = server
        self._weather = weather
        self._dice = dice
        self._tell = tell
        self._is_inside = False
        self.counts: Counter[Fault] = Counter()
        self.on_its_way: list[OnItsWay] = []
        self.requests = 0
        self.forced: dict[str, Fault] = {}
        self.meanwhile: Callable[[], None] = lambda: None
        self.slow_down: Callable[[float], None] = lambda _: None

    def carry(self, device: str, request: RawRequest) -> RawAnswer:
        """Carry a device's request.

        Raises:
            httpx.TransportError: as a broken line looks to the program.
        """
        self.requests += 1
        self.deliver_due()
        fault = self.forced.pop(request.path, None) or self._weather.fault(self._dice)
        if fault is Fault.MEANWHILE and self._is_inside:
            fault = Fault.NONE
        if fault is not Fault.NONE:
            self.counts[fault] += 1
            self._tell(f"    {device} {request.path}: {fault}")
        return self._through(request, fault)

    def deliver_due(self, *, all_of_them: bool = False) -> None:
        """Let late requests arrive whose time has come; nobody waits for their answers."""
        due = [each for each in self.on_its_way if all_of_them or each.after <= 0]
        self.on_its_way = [replace(each, after=each.after - 1) for each in self.on_its_way if each not in due]
        for each in due:
            self._tell(f"    a late {each.request.path} arrives")
            try:
                self._server.call(each.request)
            except ServerDied:
                continue

    def _through(self, request: RawRequest, fault: Fault) -> RawAnswer:
        happens = {
            Fault.REQUEST_LOST: self._lose_request,
            Fault.REPLY_LOST: self._lose_reply,
            Fault.DUPLICATED: self._duplicate,
            Fault.LATE_DUPLICATE: self._duplicate_later,
            Fault.DELAYED: self._delay,
            Fault.REQUEST_TRUNCATED: self._truncate_request,
            Fault.REPLY_TRUNCATED: self._truncate_reply,
            Fault.SLOW: self._be_slow,
            Fault.SERVER_KILLED: self._kill_the_server_in_it,
            Fault.SERVER_KILLED_AFTER: self._kill_the_server_after_it,
            Fault.MEANWHILE: self._do_something_else,
        }
        if fault in _INSTEAD:
            return _INSTEAD[fault]
        return happens.get(fault, self._call)(request)

    def _lose_request(self, request: RawRequest) -> RawAnswer:
        raise httpx.ConnectError(f"the request to {request.path} was lost")

    def _lose_reply(self, request: RawRequest) -> RawAnswer:
        self._call(request)
        raise httpx.ReadError("the reply was lost")

    def _duplicate(self, request: RawRequest) -> RawAnswer:
        answers = (self._call(request), self._call(request))
        return self._dice.choice(answers)

    def _duplicate_later(self, request: RawRequest) -> RawAnswer:
        self._send_later(request)
        return self._call(request)

    def _delay(self, request: RawRequest) -> RawAnswer:
        self._send_later(request)
        raise httpx.ReadTimeout("no answer in time")

    def _truncate_request(self, request: RawRequest) -> RawAnswer:
        return self._call(replace(request, body=self._part_of(request.body)))

    def _truncate_reply(self, request: RawRequest) -> RawAnswer:
        answer = self._call(request)
        if self._dice.random() < 0.5:
            raise httpx.RemoteProtocolError("the answer broke off")
        return RawAnswer(answer.status, answer.headers, self._part_of(answer.body))

    def _be_slow(self, request: RawRequest) -> RawAnswer:
        self.slow_down(self._dice.choice((5, 70, 1_000)))
        return self._call(request)

    def _kill_the_server_in_it(self, request: RawRequest) -> RawAnswer:
        return self._call(request, dies_after=self._dice.randrange(STATEMENTS_MAX))

    def _kill_the_server_after_it(self, request: RawRequest) -> RawAnswer:
        self._call(request)
        self._server.stop()
        raise httpx.ReadError("the server went away")

    def _call(self, request: RawRequest, *, dies_after: int | None = None) -> RawAnswer:
        try:
            return self._server.call(request, dies_after=dies_after)
        except ServerDied as death:
            if dies_after is not None:
                self._tell("    the server died in it")
            raise httpx.ConnectError("the server is not there") from death

    def _do_something_else(self, request: RawRequest) -> RawAnswer:
        """Something else happens before the request arrives, or after it was answered and before the answer is read."""
        is_before = self._dice.random() < 0.5
        self._is_inside = True
        try:
            if is_before:
                self.meanwhile()
                return self._call(request)
            answer = self._call(request)
            self.meanwhile()
            return answer
        finally:
            self._is_inside = False

    def _send_later(self, request: RawRequest) -> None:
        self.on_its_way.append(OnItsWay(request, self._dice.randint(1, LATE_MAX)))

    def _part_of(self, body: bytes) -> bytes:
        return body[: self._dice.randrange(len(body))] if body else body
