"""The web shop of the demo: an ordinary client of the server's documented REST API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from shared.errors import EnvironmentFailure


@dataclass(slots=True)
class WebShop:
    """Places, fulfils and cancels orders with an API key.

    Attributes:
        placed: ids of the orders that were accepted, by the shop's own reference.
        refused: answers of the orders that were refused for want of stock.
    """

    url: str
    key: str
    placed: dict[str, str] = field(default_factory=dict)
    refused: list[dict[str, Any]] = field(default_factory=list)
    _client: httpx.Client | None = None

    @property
    def client(self) -> httpx.Client:
        """One connection pool per shop."""
        if self._client is None:
            headers = {"Authorization": f"Bearer {self.key}"}
            self._client = httpx.Client(base_url=self.url, headers=headers, timeout=60)
        return self._client

    def order(self, reference: str, store: str, lines: Sequence[Mapping[str, str]], **fields: object) -> bool:
        """Place an order; false when it was refused for want of stock (then nothing is promised).

        Raises:
            EnvironmentFailure: ``web_order_failed`` for any other answer.
        """
        body = {"store": store, "reference": reference, "lines": [dict(line) for line in lines], **fields}
        answer = self.client.post("/orders", json=body, headers={"Idempotency-Key": reference})
        if answer.status_code == httpx.codes.CONFLICT and answer.json().get("error") == "out_of_stock":
            self.refused.append(answer.json())
            return False
        self._expect(answer)
        self.placed[reference] = answer.json()["id"]
        return True

    def fulfil(self, reference: str) -> None:
        """Hand the goods over: the stock leaves.

        Raises:
            EnvironmentFailure: ``web_order_failed``.
        """
        self._expect(self.client.post(f"/orders/{self.placed[reference]}/fulfil"))

    def cancel(self, reference: str) -> None:
        """Give the promised stock back.

        Raises:
            EnvironmentFailure: ``web_order_failed``.
        """
        self._expect(self.client.post(f"/orders/{self.placed[reference]}/cancel"))

    def get(self, path: str, **parameters: str) -> Any:
        """A JSON answer of the server.

        Raises:
            EnvironmentFailure: ``web_order_failed``.
        """
        answer = self.client.get(path, params=parameters)
        self._expect(answer)
        return answer.json()

    @staticmethod
    def _expect(answer: httpx.Response) -> None:
        if not answer.is_success:
            raise EnvironmentFailure(
                "web_order_failed", f"{answer.request.url.path} answered {answer.status_code}: {answer.text[:500]}"
            )

    def close(self) -> None:
        """Give the connections back."""
        if self._client is not None:
            self._client.close()
