"""I8: nothing outside a device's scopes is on its disk, and nothing at all is there in plain.

Every table of the decrypted replica is read whole, search tables included, and looked through for the secrets planted
in the stores the device may not see. Every file of its folder, the write-ahead log and temporary files included, is
looked through for any secret in plain. The one exception is what a device offered of a customer to a restored server: the
arguments of that very mutation stay in the outbox as long as everything else that was sent.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

from sync_server.chain import service as chain
from tests.simulation.device_process import DeviceProcess
from tests.simulation.small_shop import CUSTOMERS, STORES, secret_of, shop_id
from tests.simulation.world import World

_OFFER = "customer.offer"


def check(world: World) -> Iterator[str]:
    """Look through every disk."""
    with world.server.reading() as connection:
        is_shared = chain.does_share(connection)
        holders = _holders(connection)
    for device in world.devices:
        if device.is_revoked:
            yield from _check_device(device, set())
        else:
            every = device.kind == "office" or is_shared
            allowed = {f"store:{shop_id('store', store)}" for store in STORES if every or store == device.store}
            yield from _check_device(device, {name for name, scopes in holders.items() if scopes & allowed})
        yield from _check_files(device)


def _holders(connection: Connection) -> dict[str, set[str]]:
    """Which scopes hold each planted customer, as the server's feed has it."""
    rows = connection.execute(
        text(
            "SELECT r.id, s.name FROM sync_row r JOIN sync_scope s ON s.id = r.scope_id "
            "WHERE r.entity = 'customer' AND r.state = 'live'"
        )
    ).all()
    return {name: {row.name for row in rows if row.id == shop_id("customer", name)} for name in CUSTOMERS}


def _check_device(device: DeviceProcess, allowed: set[str]) -> Iterator[str]:
    with device.looking() as replica:
        content, offered = _content(replica), _offered(replica)
    for name in CUSTOMERS:
        of_others = b"\n".join(each for key, each in offered if key != shop_id("customer", name).bytes)
        if name not in allowed and secret_of(name).encode() in content + of_others:
            yield f"{device.name} holds something of customer {name}, whom it may not see"


def _check_files(device: DeviceProcess) -> Iterator[str]:
    for path in device.home.folder.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            for name in CUSTOMERS:
                if secret_of(name).encode() in raw:
                    yield f"{path.name} of {device.name} has something of customer {name} in plain"


def _content(replica: Connection) -> bytes:
    tables = [row[0] for row in replica.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
    parts: list[bytes] = []
    for table in tables:
        for row in replica.exec_driver_sql(f'SELECT * FROM "{table}"'):
            values = dict(row._mapping)
            if table == "outbox" and values["name"] == _OFFER:
                del values["arguments"]
            parts += [each if isinstance(each, bytes) else str(each).encode() for each in values.values() if each]
    return b"\n".join(parts)


def _offered(replica: Connection) -> list[tuple[bytes, bytes]]:
    """What was offered of customers: (customer's id, arguments)."""
    rows = replica.exec_driver_sql("SELECT entity_id, arguments FROM outbox WHERE name = ?", (_OFFER,))
    return [(row[0], row[1]) for row in rows]
