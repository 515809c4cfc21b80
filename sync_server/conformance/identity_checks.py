"""Who a device is: codes, assertions, tokens."""

from __future__ import annotations

from sync_server.conformance.client import error_in
from sync_server.conformance.verdict import require
from sync_server.conformance.world import Check, World, paid_in

OK, FORBIDDEN, UNAUTHORISED = 200, 403, 401


def clock(world: World) -> None:
    """The clock is told without a token."""
    told = world.stranger().server_time()
    require(told > 0, f"the clock says {told}")


def wrong_code(world: World) -> None:
    """A wrong code joins nobody."""
    answer = world.stranger().enrol("0000-0000-0000")
    require(answer.status_code == FORBIDDEN, f"a wrong code was answered {answer.status_code}")
    require(error_in(answer).error == "enrol_code_invalid", f"it says {error_in(answer).error}")


def assertion_once(world: World) -> None:
    """An assertion works once."""
    assertion = world.one.assertion()
    first, second = world.one.exchange(assertion), world.one.exchange(assertion)
    require(first.status_code == OK, f"a good assertion was answered {first.status_code}")
    require(second.status_code == UNAUTHORISED, f"the same assertion again was answered {second.status_code}")


def foreign_key(world: World) -> None:
    """An assertion signed by another key is refused."""
    stranger = world.stranger()
    stranger.device_id, stranger.server_id = world.one.device_id, world.one.server_id
    answer = world.one.exchange(stranger.assertion())
    require(answer.status_code == UNAUTHORISED, f"a foreign signature was answered {answer.status_code}")


def stale_assertion(world: World) -> None:
    """An assertion that has run out is refused."""
    long_ago = world.one.server_time() // 1_000_000 - 3_600
    answer = world.one.exchange(world.one.assertion(iat=long_ago, exp=long_ago + 50))
    require(answer.status_code == UNAUTHORISED, f"an old assertion was answered {answer.status_code}")


def no_token(world: World) -> None:
    """Without a token nothing is taken and nothing told."""
    stranger = world.stranger()
    for path in ("/sync/push", "/sync/pull", "/sync/digest", "/sync/verify", "/sync/rows"):
        stranger.token = str(world.ids.new())
        answer = stranger.send(path, b"")
        require(answer.status_code == UNAUTHORISED, f"{path} with a token of nobody was answered {answer.status_code}")
        require(error_in(answer).message, f"{path} refuses without a sentence")


def garbage(world: World) -> None:
    """A body that is no Zstandard, or no such message, is refused, and nothing is taken from it."""
    whole = world.one.try_push([paid_in(world.one, None)]).status_code
    require(whole == OK, f"a good push was answered {whole}")
    for body in (b"", b"not zstandard", b"\x28\xb5\x2f\xfd" + b"\0" * 20):
        answer = world.one.send("/sync/push", body)
        require(answer.status_code in range(400, 500), f"garbage was answered {answer.status_code}")
        require(error_in(answer).error, "garbage was refused without a code")


CHECKS = (
    Check("identity.clock", "The server's clock is told without a token.", clock),
    Check("identity.wrong_code", "A wrong code is answered 403 enrol_code_invalid.", wrong_code),
    Check("identity.assertion_once", "An assertion is exchanged once.", assertion_once),
    Check("identity.foreign_key", "Only the device's own key signs for it.", foreign_key),
    Check("identity.stale_assertion", "An assertion is good for a minute.", stale_assertion),
    Check("identity.no_token", "Sync calls need a token and say so with error, message and data.", no_token),
    Check("identity.garbage", "What is not msgpack in Zstandard is refused with 4xx.", garbage),
)
