"""A day at a till, drawn by lot from a seed: sales, payments, mistakes, parking, returns, shifts, sync."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Command = Mapping[str, Any]
Answer = Mapping[str, Any]

USER = {"do": "login", "user": "ada", "pin": "9021"}


@dataclass(slots=True)
class ScriptedDay:
    """Draws the next command; ``noted`` tells it what became of one.

    Attributes:
        goods: (SKU, barcode or nothing, whether it is weighed).
        receipts: receipt numbers of sales so far.
    """

    dice: random.Random
    goods: list[tuple[str, str, bool]]
    has_server: bool
    receipts: list[str] = field(default_factory=list)

    def next(self) -> Command:
        """The next command; it may well be refused."""
        draws = _DRAWS if self.has_server else [draw for draw in _DRAWS if draw[0] not in _NEED_SERVER]
        name = self.dice.choices([draw[0] for draw in draws], [draw[1] for draw in draws])[0]
        return {"do": name.rstrip("0123456789"), **self._arguments(name)}

    def noted(self, command: Command, answer: Answer) -> None:
        """Remember receipts, so that goods can come back."""
        if answer["ok"] and command["do"] in {"complete", "exact_cash"}:
            self.receipts.append(str(answer["receipt"]))

    def _arguments(self, name: str) -> dict[str, Any]:
        """What the command is given, drawn by lot."""
        dice = self.dice
        sku, code, is_weighed = dice.choice(self.goods)
        amount = f"{dice.randint(1, 40)}.{dice.randint(0, 99):02d}"
        weight = f"0.{dice.randint(100, 999)}"
        drawn: dict[str, dict[str, Any]] = {
            "scan": {"code": code or sku},
            "scan2": {"code": "4006381333931"},
            "add": {"sku": sku, "quantity": weight if is_weighed else str(dice.randint(1, 4))},
            "quantity": {"quantity": str(dice.randint(1, 9))},
            "price": {"price": amount},
            "discount": {"percent": str(dice.choice([5, 10, 20]))},
            "discount2": {"amount": "0.75", "basket": True},
            "remove": {"line": dice.randint(1, 4)},
            "select": {"line": dice.randint(1, 4)},
            "customer": {"number": dice.choice(["9988776655", "112233"])},
            "tender": {"method": "cash", "amount": amount},
            "tender2": {"method": "card", "amount": amount, "reference": {"authorisation": "083771"}},
            "tender3": {"method": "card"},
            "return": {"receipt": self._receipt(), "lines": [{"line": dice.randint(1, 3), "quantity": "1"}]},
            "blind_return": {"sku": sku, "quantity": "1"},
            "cash_in": {"amount": amount, "reason": "change"},
            "cash_out": {"amount": amount, "reason": "stamps"},
            "count_shift": {"total": amount},
            "open_shift": {"float": "100.00"},
            "print_copy": {"receipt": self._receipt()},
        }
        return drawn.get(name, {})

    def _receipt(self) -> str:
        return self.dice.choice(self.receipts) if self.receipts else "none"


_DRAWS = [
    ("scan", 30),
    ("scan2", 2),
    ("add", 14),
    ("quantity", 7),
    ("price", 4),
    ("discount", 4),
    ("discount2", 3),
    ("remove", 4),
    ("select", 3),
    ("customer", 4),
    ("tender", 8),
    ("tender2", 5),
    ("tender3", 5),
    ("remove_tender", 2),
    ("complete", 12),
    ("exact_cash", 9),
    ("park", 3),
    ("recall", 4),
    ("return", 6),
    ("blind_return", 1),
    ("cash_in", 1),
    ("cash_out", 1),
    ("count_shift", 1),
    ("close_shift", 2),
    ("open_shift", 5),
    ("clear", 1),
    ("print_copy", 1),
    ("sync", 1),
    ("offline", 1),
    ("online", 2),
]
_NEED_SERVER = frozenset({"sync", "offline", "online"})
