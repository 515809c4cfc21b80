"""What the checks share: two devices of one store, and the facts and documents they send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from shared.clock import Clock
from shared.ids import IdMaker
from shared.sync.wire import SentMutation
from sync_server.conformance.client import Client


@dataclass(frozen=True, slots=True)
class World:
    """Two enrolled devices, and the means to make another that is not."""

    url: str
    one: Client
    two: Client
    clock: Clock
    ids: IdMaker
    others: list[Client] = field(default_factory=list)

    def stranger(self) -> Client:
        """A client that has joined nothing."""
        self.others.append(Client(self.url, self.clock, self.ids))
        return self.others[-1]

    def twin_of(self, client: Client) -> Client:
        """The same device with an empty replica."""
        twin = self.stranger()
        twin.key, twin.token, twin.incarnation = client.key, client.token, client.incarnation
        twin.device_id, twin.store_id, twin.server_id = client.device_id, client.store_id, client.server_id
        return twin

    def close(self) -> None:
        """Let go of every line."""
        for client in (self.one, self.two, *self.others):
            client.close()


@dataclass(frozen=True, slots=True)
class Check:
    """One thing the protocol promises.

    Attributes:
        name: short and stable, such as ``push.retry``.
        promise: the sentence of docs/protocol.md it stands for.
        run: raises ``Failed`` or ``NotTried``.
    """

    name: str
    promise: str
    run: Callable[[World], None]


def fresh_epoch(client: Client) -> None:
    """Let a client know the server's epoch, as every device does after its first pull."""
    if not client.epoch:
        client.catch_up()


def paid_in(client: Client, fact_id: bytes | None = None, amount: int = 500) -> SentMutation:
    """A fact: cash put into the drawer."""
    values = {
        "id": fact_id or client.ids.new().bytes,
        "store_id": client.store_id,
        "device_id": client.device_id,
        "kind": "paid_in",
        "amount": amount,
        "reason": "conformance",
        "at": client.clock.now(),
    }
    return client.mutation("cash_movement.record", {"row": [client.wire_row("cash_movement", values), {}]})


def new_product(client: Client, product_id: bytes, name: str) -> SentMutation:
    """A document: a product with one variant, archived from the start so that nobody sells it."""
    sku = f"CONFORMANCE-{client.ids.new()}"
    root = client.wire_row("product", {"id": product_id, "name": name, "state": "archived"})
    variant = client.wire_row("product", {"product_id": product_id, "sku": sku}, "variant")
    return client.mutation("product.create", {"row": [root, {"variant": [variant]}]})


def edit_of(client: Client, product_id: bytes, version: int, at: int, **changes: tuple[object, object]) -> SentMutation:
    """An edit: field → (the value it started from, the value it wants)."""
    arguments: dict[str, object] = {
        "id": product_id,
        "base_version": version,
        "changes": {field: list(values) for field, values in changes.items()},
        "edited_at": at,
        "edited_by": "Conformance",
    }
    return client.mutation("product.edit", arguments)
