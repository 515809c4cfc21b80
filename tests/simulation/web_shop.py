"""The web shop: places, cancels and collects orders through the API for channels, and remembers what it was promised."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.bridge import RawAnswer, RawRequest
from tests.simulation.small_shop import GOODS, STORES

WANTED = 3
"""So few products, so that what is there is soon all promised."""

Carry = Callable[[RawRequest], RawAnswer | None]


@dataclass(slots=True)
class WebOrder:
    """An order as the web shop sees it; ``id`` is None while no answer ever came."""

    key: str
    body: dict[str, Any]
    id: uuid.UUID | None = None
    is_refused: bool = False
    is_owed: bool = True
    wants: str = "placed"
    """What the shop asked for last: ``placed``, ``fulfil`` or ``cancel``."""


@dataclass(slots=True)
class WebShop:
    """One channel."""

    api_key: str
    carry: Carry
    dice: random.Random
    name: str = "key"
    orders: list[WebOrder] = field(default_factory=list)
    oversold: list[str] = field(default_factory=list)

    def place(self) -> str:
        """Place an order, now and then the same one again."""
        dice = self.dice
        unanswered = [order for order in self.orders if order.id is None and not order.is_refused]
        if unanswered and dice.random() < 0.6:
            order = dice.choice(unanswered)
        else:
            skus = [dice.choice(GOODS[:WANTED])[0] for _ in range(dice.randint(1, 3))]
            lines = [{"sku": sku, "quantity": str(dice.randint(1, 3))} for sku in skus]
            body: dict[str, Any] = {"store": dice.choice(STORES), "lines": lines}
            if dice.random() < 0.5:
                body["hold_minutes"] = dice.choice((5, 60))
            return self.order(body)
        return self.send(order)

    def order(self, body: dict[str, Any]) -> str:
        """Place an order that says this."""
        order = WebOrder(f"{self.name}-{len(self.orders)}", body)
        self.orders.append(order)
        return self.send(order)

    def move(self) -> str:
        """Collect or cancel an order."""
        placed = [order for order in self.orders if order.id is not None]
        if not placed:
            return "no order to move"
        order = self.dice.choice(placed)
        if order.wants == "placed":
            order.wants = self.dice.choice(("fulfil", "cancel"))
        answer = self._post(f"/orders/{order.id}/{order.wants}", b"", "")
        return f"{order.wants} {order.key}: {None if answer is None else answer.status}"

    def send(self, order: WebOrder) -> str:
        """Send an order, for the first time or again."""
        answer = self._post("/orders", json.dumps(order.body).encode(), order.key)
        if answer is None or answer.status >= 500 or answer.status in (429, 200):
            return f"order {order.key}: no answer"
        if answer.status == 201:
            try:
                order.id = uuid.UUID(json.loads(answer.body)["id"])
            except ValueError:
                return f"order {order.key}: a broken answer"
            return f"order {order.key} placed at {order.body['store']}: {order.body['lines']}"
        if answer.status == 409:
            order.is_refused = True
        return f"order {order.key}: {answer.status} {answer.body[:60]!r}"

    def _post(self, path: str, body: bytes, key: str) -> RawAnswer | None:
        headers = [(b"authorization", f"Bearer {self.api_key}".encode()), (b"content-type", b"application/json")]
        if key:
            headers.append((b"idempotency-key", key.encode()))
        return self.carry(RawRequest("POST", path, b"", tuple(headers), body))
