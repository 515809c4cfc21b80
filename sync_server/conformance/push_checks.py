"""Push: each number once, in order; what cannot be applied holds up nothing."""

from __future__ import annotations

from shared.limits import PUSH_MAX_MUTATIONS
from shared.sync.wire import PushAnswer, SentMutation
from sync_server.conformance.client import error_in, message_in
from sync_server.conformance.verdict import NotTried, require
from sync_server.conformance.world import Check, World, fresh_epoch, new_product, paid_in

CONFLICT = 409


def applied(world: World) -> None:
    """What is new is applied, and the answer says how far."""
    mutations = [paid_in(world.one) for _ in range(3)]
    answer = world.one.push(*mutations)
    require(answer.last_number == mutations[-1].number, f"the last number is {answer.last_number}")
    told = [(result.number, result.status) for result in answer.results]
    require(told == [(each.number, "applied") for each in mutations], f"the results are {told}")


def retry(world: World) -> None:
    """The same push again is acknowledged and does nothing."""
    fact = world.ids.new().bytes
    mutation = paid_in(world.one, fact)
    first, second = world.one.push(mutation), world.one.push(mutation)
    require(second.last_number == first.last_number, "a repeated push moved the number")
    world.one.catch_up()
    row = world.one.held("cash_movement", fact)
    require(row is not None, "the fact did not come down")
    require(row is not None and row.version % (1 << 40) == 1, "the fact was written twice")


def fork(world: World) -> None:
    """Another mutation under a known number is a fork."""
    mutation = paid_in(world.one)
    world.one.push(mutation)
    answer = world.one.try_push([_other_under(world, mutation.number)])
    require(answer.status_code == CONFLICT, f"a reused number was answered {answer.status_code}")
    require(error_in(answer).error == "push_fork", f"it says {error_in(answer).error}")


def _other_under(world: World, number: int) -> SentMutation:
    """Another fact under a number that is known."""
    at = world.one.next_number
    mutation = paid_in(world.one)
    world.one.next_number = at
    mutation.number = number
    return mutation


def gap(world: World) -> None:
    """A gap is told with the number that is expected."""
    expected = world.one.next_number
    mutation = paid_in(world.one)
    mutation.number += 5
    world.one.next_number = expected
    answer = world.one.try_push([mutation])
    require(answer.status_code == CONFLICT, f"a gap was answered {answer.status_code}")
    told = error_in(answer)
    require((told.error, told.data.get("expected")) == ("push_gap", expected), f"it says {told.error}, {told.data}")


def damaged(world: World) -> None:
    """A mutation whose hash does not fit is refused whole, and the number stays free."""
    mutation = paid_in(world.one)
    good = mutation.arguments
    mutation.arguments = good[:-1] + bytes([good[-1] ^ 1])
    answer = world.one.try_push([mutation])
    require(answer.status_code in range(400, 500), f"damage was answered {answer.status_code}")
    mutation.arguments = good
    require(world.one.push(mutation).last_number == mutation.number, "the undamaged one was not taken afterwards")


def poison(world: World) -> None:
    """One that cannot be applied is refused by itself; those before and after it are applied, and pulls go on."""
    good = [paid_in(world.one), paid_in(world.one)]
    world.one.next_number -= 1
    poisoned = world.one.mutation("product.edit", {"id": world.ids.new().bytes, "base_version": 1, "changes": {}})
    last = paid_in(world.one)
    answer = world.one.push(good[0], poisoned, last)
    told = {result.number: result.status for result in answer.results}
    expected = {good[0].number: "applied", poisoned.number: "refused", last.number: "applied"}
    require(told == expected, f"the results are {told}")
    reason = next(result for result in answer.results if result.number == poisoned.number)
    require(reason.code and reason.message, "the refusal says neither code nor sentence")
    world.one.catch_up()


def unknown_name(world: World) -> None:
    """A mutation of a name the server does not know is refused by itself."""
    mutation = world.one.mutation("unicorn.ride", {})
    answer = world.one.push(mutation)
    require([each.status for each in answer.results] == ["refused"], f"the results are {answer.results}")
    require(answer.last_number == mutation.number, "the number did not move on")


def same_fact(world: World) -> None:
    """A fact that another device has sent already is repeated; other content under its id changes nothing."""
    fact = world.ids.new().bytes
    world.one.push(paid_in(world.one, fact, amount=500))
    other = paid_in(world.two, fact, amount=700)
    answer = world.two.push(other)
    require([each.status for each in answer.results] == ["refused"], f"other content was answered {answer.results}")
    world.one.catch_up()
    row = world.one.held("cash_movement", fact)
    require(row is not None and 700 not in row.payload[0], "the first fact was overwritten")


def too_many(world: World) -> None:
    """More mutations than the limit are refused, and nothing is taken."""
    at = world.one.next_number
    mutations = [paid_in(world.one) for _ in range(PUSH_MAX_MUTATIONS + 1)]
    world.one.next_number = at
    answer = world.one.try_push(mutations)
    require(answer.status_code in range(400, 500), f"too many were answered {answer.status_code}")
    require(world.one.push(paid_in(world.one)).last_number == at, "something of it was taken")


def lost_answer_then_more(world: World) -> None:
    """After a lost answer the device sends what it sent together with what came since; each is applied once."""
    first = paid_in(world.one)
    world.one.try_push([first])
    second = paid_in(world.one)
    answer = message_in(world.one.try_push([first, second]), PushAnswer)
    told = [each.status for each in answer.results if each.number == second.number]
    require(answer.last_number == second.number and told == ["applied"], f"the results are {answer.results}")


def older_epoch(world: World) -> None:
    """A push that believes in an older epoch is told the new one."""
    fresh_epoch(world.one)
    if world.one.epoch <= 1:
        raise NotTried("this server is in its first epoch")
    answer = world.one.try_push([paid_in(world.one)], epoch=world.one.epoch - 1)
    world.one.next_number -= 1
    require(answer.status_code == CONFLICT, f"it was answered {answer.status_code}")
    require(error_in(answer).error == "epoch_changed", f"it says {error_in(answer).error}")


def new_incarnation(world: World) -> None:
    """A new incarnation counts from one again."""
    client = world.two
    client.incarnation, client.next_number = world.ids.new().bytes, 1
    answer = client.push(new_product(client, world.ids.new().bytes, "Conformance of a new incarnation"))
    require(answer.last_number == 1, f"the last number is {answer.last_number}")


CHECKS = (
    Check("push.applied", "The next numbers are applied and answered one by one.", applied),
    Check("push.retry", "A number the server has, with the same id and hash, is acknowledged and not repeated.", retry),
    Check("push.fork", "A number the server has, with another id or hash, is answered 409 push_fork.", fork),
    Check("push.gap", "A gap is answered 409 push_gap with the expected number.", gap),
    Check("push.damaged", "A damaged mutation is refused before anything of it is used.", damaged),
    Check("push.poison", "One that cannot be applied is refused by itself and holds up nothing.", poison),
    Check("push.unknown_name", "An unknown mutation is refused by itself; its number moves on.", unknown_name),
    Check("push.same_fact", "A fact's id stands for its first content for good.", same_fact),
    Check("push.too_many", "Beyond the limit nothing is taken.", too_many),
    Check("push.lost_answer", "After a lost answer everything is applied exactly once.", lost_answer_then_more),
    Check("push.older_epoch", "A push of an older epoch is answered 409 epoch_changed.", older_epoch),
    Check("push.incarnation", "Numbers count within an incarnation.", new_incarnation),
)
