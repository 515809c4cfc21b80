"""Pull, verify and pokes: dense positions, one snapshot, and digests that anybody can compute."""

from __future__ import annotations

import json

from shared.schema.registry import CATALOGUE_SCOPE, store_scope
from shared.sync.buckets import bucket_of, bucket_sums, unpacked_sums
from shared.sync.digest import scope_digest
from shared.sync.wire import BucketName, Cursor
from sync_server.conformance.verdict import Failed, NotTried, require
from sync_server.conformance.world import Check, World, new_product, paid_in

OK, NOT_FOUND = 200, 404
HEARTBEAT_LINES_MAX = 20


def scopes(world: World) -> None:
    """A device is told its scopes: the catalogue first, and its own store."""
    told = world.one.pull().scopes
    require(told[0] == CATALOGUE_SCOPE, f"the first scope is {told[0]}")
    require(store_scope(world.one.store_id) in told, "the device's own store is not among its scopes")
    pages = [page.scope for page in world.one.pull().pages]
    require(pages == told, f"there are pages of {pages}")


def small_pages(world: World) -> None:
    """Pages are bounded in bytes, begin where the last one ended, and add up to the same as one large pull."""
    world.one.push(*(new_product(world.one, world.ids.new().bytes, f"Conformance {n}") for n in range(5)))
    slow = world.twin_of(world.one)
    answers = slow.catch_up(maximum_bytes=2_000)
    require(len(answers) > 1, "everything came in one answer although it was bounded to 2,000 bytes")
    quick = world.twin_of(world.one)
    quick.catch_up()
    slow.catch_up()
    quick.catch_up()
    same = {key: row.version for key, row in slow.rows.items()} == {key: row.version for key, row in quick.rows.items()}
    require(same, "small pages and large ones do not add up to the same rows")


def nothing_new(world: World) -> None:
    """A device that has everything is answered with empty pages that leave its cursors where they are."""
    world.one.catch_up()
    before = {scope: cursor.position for scope, cursor in world.one.cursors.items()}
    answer = world.one.pull()
    moved = [page.scope for page in answer.pages if page.to_position < before.get(page.scope, 0)]
    require(not moved, f"the cursors of {moved} went back")
    require(not any(page.restart for page in answer.pages), "a scope was started anew for nothing")


def unknown_mark(world: World) -> None:
    """A cursor with a mark the server never gave starts its scope anew."""
    world.one.catch_up()
    at = world.one.cursors[CATALOGUE_SCOPE]
    forged = [Cursor(at.scope, at.position, b"\0" * 16)]
    page = next(page for page in world.one.pull(cursors=forged).pages if page.scope == CATALOGUE_SCOPE)
    require(page.restart and page.from_position == 0, "a forged cursor was believed")


def older_epoch(world: World) -> None:
    """Cursors of another epoch start their scopes anew."""
    world.one.catch_up()
    pages = world.one.pull(epoch=world.one.epoch + 7).pages
    believed = [page.scope for page in pages if page.from_position and not page.restart]
    require(not believed, f"cursors of another epoch were believed in {believed}")


def witness(world: World) -> None:
    """Answers carry the server's word on its history; one that it never gave moves no epoch."""
    world.one.catch_up()
    good, epoch = world.one.witness, world.one.epoch
    require(bool(good), "no answer carried a witness")
    for forged in (bytes([0x7F]) + good[1:], good[:-1] + bytes([good[-1] ^ 1]), good[::-1], good[:8]):
        answer = world.one.pull(witness=forged)
        require(answer.epoch == epoch, f"a forged witness moved the epoch from {epoch} to {answer.epoch}")
    require(world.one.pull(witness=good).epoch == epoch, "the server's own word moved its epoch")


def foreign_scope(world: World) -> None:
    """What the device may not hold it is not told, even if it asks."""
    foreign = f"store:{world.ids.new()}"
    answer = world.one.pull(cursors=[Cursor(foreign, 0, b"")], scopes=[foreign])
    require(foreign not in answer.scopes, "a foreign scope is among the device's scopes")
    require(not any(page.scope == foreign for page in answer.pages), "a foreign scope was answered")


def own_fact_comes_back(world: World) -> None:
    """What was pushed is in the next consistent answer, and ``last_number`` covers it."""
    fact = world.ids.new().bytes
    pushed = world.one.push(paid_in(world.one, fact))
    answers = world.one.catch_up()
    require(answers[-1].last_number >= pushed.last_number, "last_number lags behind an answered push")
    require(world.one.held("cash_movement", fact) is not None, "an answered fact is not in the snapshot")
    world.two.catch_up()
    require(world.two.held("cash_movement", fact) is not None, "the other device of the store does not get it")


def removed(world: World) -> None:
    """A removed document is told as deleted, and what is made again under its id has a higher version."""
    code = world.ids.new().bytes
    row = world.one.wire_row("barcode", {"id": code, "code": "CONFORMANCE", "quantity": 1000})
    world.one.push(world.one.mutation("barcode.create", {"row": [row, {}]}))
    world.one.catch_up()
    first = world.one.held("barcode", code)
    if first is None:
        raise Failed("a new barcode did not come down")
    at = world.one.clock.now()
    gone = {"id": code, "base_version": first.version, "edited_at": at, "edited_by": "Conformance"}
    world.one.push(world.one.mutation("barcode.remove", gone))
    deleted = [each.id for page in world.one.pull().pages for each in page.deleted]
    require(code in deleted, "the removal is not told as deleted")
    world.one.catch_up()
    require(world.one.held("barcode", code) is None, "a removed barcode is still there")


def buckets(world: World) -> None:
    """Bucket sums are those of the rows the device was given, and a bucket tells its rows."""
    for _ in range(5):
        world.one.catch_up()
        held = sorted(world.one.cursors)
        answer = world.one.verify(held)
        if all(each.position == world.one.cursors[each.scope].position for each in answer.scopes):
            break
    else:
        raise NotTried("the server was never quiet enough to compare at one position")
    for scope in answer.scopes:
        for entity in scope.entities:
            mine = [
                (key[2], row.version) for key, row in world.one.rows.items() if key[:2] == (scope.scope, entity.entity)
            ]
            require(
                unpacked_sums(entity.sums) == bucket_sums(entity.entity, mine), f"{scope.scope} {entity.entity} differs"
            )
    key, row = next((key, row) for key, row in world.one.rows.items() if key[0] == CATALOGUE_SCOPE)
    wanted = BucketName(CATALOGUE_SCOPE, key[1], bucket_of(key[2]))
    told = world.one.verify([], buckets=[wanted]).buckets
    require(told and (key[2], row.version) in told[0].rows, "a bucket does not tell a row it holds")


def rows(world: World) -> None:
    """Named rows are given as they stand, and those the scope does not hold are named."""
    world.one.catch_up()
    key, row = next((key, row) for key, row in world.one.rows.items() if key[0] == CATALOGUE_SCOPE)
    nobody = world.ids.new().bytes
    answer = world.one.named_rows(CATALOGUE_SCOPE, keys=[(key[1], key[2]), (key[1], nobody)])
    require([each.id for each in answer.rows] == [key[2]], "the named row did not come")
    require(answer.rows[0].payload == row.payload, "the named row differs from the pulled one")
    require(list(answer.missing) == [(key[1], nobody)], f"missing are {answer.missing}")


def digests(world: World) -> None:
    """The full digest of a scope is the SHA-256 over its rows as documented."""
    world.one.catch_up()
    held = sorted((key[1], key[2], row) for key, row in world.one.rows.items() if key[0] == CATALOGUE_SCOPE)
    told = world.one.digest([CATALOGUE_SCOPE]).digests[0]
    if told.position != world.one.cursors[CATALOGUE_SCOPE].position:
        raise NotTried("the catalogue moved on meanwhile")
    count, digest = scope_digest(row for _, _, row in held)
    require((told.rows, told.digest) == (count, digest), "the digest of the catalogue differs")


def events(world: World) -> None:
    """A stream of events tells the heads at once, and again when something is written."""
    headers = {"Authorization": f"Bearer {world.one.token}", "Accept": "text/event-stream"}
    with world.one.http.stream("GET", "/sync/events", headers=headers) as stream:
        require(stream.status_code == OK, f"the stream was answered {stream.status_code}")
        told = (json.loads(line.removeprefix("data:")) for line in stream.iter_lines() if line.startswith("data:"))
        first = next(told)
        world.two.push(new_product(world.two, world.ids.new().bytes, "Conformance of pokes"))
        for heads, _ in zip(told, range(HEARTBEAT_LINES_MAX), strict=False):
            if heads[CATALOGUE_SCOPE] > first[CATALOGUE_SCOPE]:
                return
    raise Failed("the heads of a write never came through the stream")


def long_poll(world: World) -> None:
    """A long poll answers at once when something is new, and when its time is up."""
    headers = {"Authorization": f"Bearer {world.one.token}"}
    known = world.one.http.post("/sync/heads", json={"known": {}, "wait_seconds": 25}, headers=headers)
    require(known.status_code == OK, f"it was answered {known.status_code}")
    world.two.push(new_product(world.two, world.ids.new().bytes, "Conformance of polls"))
    again = world.one.http.post(
        "/sync/heads", json={"known": known.json()["heads"], "wait_seconds": 25}, headers=headers
    )
    newer = again.json()["heads"][CATALOGUE_SCOPE] > known.json()["heads"].get(CATALOGUE_SCOPE, 0)
    require(newer, "the poll came back without the news")


CHECKS = (
    Check("pull.scopes", "The server tells a device its scopes and answers a page for each.", scopes),
    Check("pull.small_pages", "Pages are bounded in bytes and fit together without a gap.", small_pages),
    Check("pull.nothing_new", "Cursors never go back.", nothing_new),
    Check("pull.unknown_mark", "An unknown mark restarts the scope.", unknown_mark),
    Check("pull.older_epoch", "Cursors of another epoch restart their scopes.", older_epoch),
    Check("pull.witness", "Only a witness that the server signed can begin an epoch.", witness),
    Check("pull.foreign_scope", "What a device may not hold it is not told.", foreign_scope),
    Check("pull.own_fact", "A consistent answer holds what was pushed before it.", own_fact_comes_back),
    Check("pull.removed", "Deleted is told, and nothing comes back from the dead.", removed),
    Check("verify.buckets", "Bucket sums are those of the rows.", buckets),
    Check("verify.rows", "Named rows come as they stand.", rows),
    Check("verify.digests", "The full digest is over the rows as documented.", digests),
    Check("pokes.events", "Events tell the heads at once and after each change.", events),
    Check("pokes.long_poll", "A long poll tells the same where streams do not get through.", long_poll),
)
