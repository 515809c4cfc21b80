"""Devices of the sample shop at one real server, for scenarios between several of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import select, text

from desktop.replica.digests import replica_digests
from desktop.replica.engine import Replica
from shared.schema.catalogue import Barcode, Category
from shared.schema.inbox import InboxEntry
from sync_server.db.sessions import Database
from sync_server.sample_shop.service import load_sample_shop
from tests.helpers.lives import OpenTill, Shop
from tests.helpers.protocol_device import running_server

Desks = Callable[[str], OpenTill]


@pytest.fixture(scope="module")
def central(database: Database, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The sample shop and its server."""
    load_sample_shop(database)
    with running_server(database_url) as url:
        yield Shop(url, database, tmp_path_factory.mktemp("homes"))


@pytest.fixture(scope="module")
def desks(central: Shop) -> Iterator[Desks]:
    """Tills by name, joined when they are first asked for and in step when they are given."""
    with ExitStack() as stack:
        known: dict[str, OpenTill] = {}

        def desk(name: str) -> OpenTill:
            if name not in known:
                central.join(name)
                known[name] = stack.enter_context(central.open(name))
            known[name].sync()
            return known[name]

        yield desk


def new_category(desk: OpenTill, name: str, category_id: uuid.UUID | None = None) -> uuid.UUID:
    with desk.device.replica.write() as unit:
        made = category_id or unit.ids.new()
        unit.create("category", {"id": made, "name": name})
        return made


def rename(desk: OpenTill, category: uuid.UUID, name: str) -> None:
    with desk.device.replica.write() as unit:
        unit.edit("category", category, {"name": name}, edited_by=desk.identity.name)


def category_name(replica: Replica, category: uuid.UUID) -> str | None:
    with replica.read() as connection:
        return connection.execute(select(Category.name).where(Category.id == category)).scalar()


def names_everywhere(category: uuid.UUID, *all_desks: OpenTill) -> set[str | None]:
    """The name of a category on every device, once each has synced twice."""
    for _ in range(2):
        for each in all_desks:
            each.sync()
    return {category_name(each.device.replica, category) for each in all_desks}


def entries_about(desk: OpenTill, subject: uuid.UUID) -> list[str]:
    """Kinds of the inbox entries about something, as a device sees them."""
    with desk.device.replica.read() as connection:
        return list(connection.execute(select(InboxEntry.kind).where(InboxEntry.entity_id == subject)).scalars())


def codes(replica: Replica) -> set[str]:
    """Every barcode of a replica."""
    with replica.read() as connection:
        return set(connection.execute(select(Barcode.code)).scalars())


def digest_of(desk: OpenTill) -> list[tuple[str, int, bytes]]:
    """What a replica holds of each scope, as fingerprints."""
    with desk.device.replica.read() as connection:
        return [(each.scope, each.rows, each.digest) for each in replica_digests(connection)]


def positions(database: Database) -> dict[str, int]:
    """How far each scope of the server is."""
    with database.reading() as connection:
        return {row.name: row.position for row in connection.execute(text("SELECT name, position FROM sync_scope"))}
