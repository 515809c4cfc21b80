"""What people do at tills and desks: through the real use cases, drawn by lot. Each returns what it did, in words.

An act may be refused (``UserError``): the shop goes on. To add one: a function here and a line in ``TILL_ACTS`` or
``OFFICE_ACTS``.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from desktop.usecases.add_price import NewPrice, add_price
from desktop.usecases.create_product import NewProduct, create_product
from desktop.usecases.decide_conflict import keep_as_it_is, take_value
from desktop.usecases.edit_customer import create_customer, edit_customer
from desktop.usecases.edit_product import edit_product
from desktop.usecases.link_barcode import link_barcode, unlink_barcode
from desktop.usecases.move_stock import NewMovement, move_stock
from desktop.usecases.till import Till
from shared.money import UnitPrice
from shared.stock import MovementReason
from shared.sync.decision import Take
from shared.sync.operations import Verb
from tests.simulation.device_process import DeviceProcess
from tests.simulation.small_shop import GOODS

Act = Callable[[DeviceProcess, random.Random], str]

SKUS = tuple(goods[0] for goods in GOODS)
WORDS = ("amber", "birch", "cedar", "dune", "ember", "fern", "grove", "heath")


def ring_up(device: DeviceProcess, dice: random.Random) -> str:
    """One sale, from the first scan to the seal."""
    till = _till_at_work(device)
    skus = [dice.choice(SKUS) for _ in range(dice.randint(1, 3))]
    for sku in skus:
        till.add(sku=sku, quantity=str(dice.randint(1, 2)))
    if dice.random() < 0.2:
        till.set_customer(_any_customer(device, dice))
    if dice.random() < 0.2:
        till.discount(percent="10", basket=True)
    receipt = till.exact_cash()
    till.dismiss_receipt()
    return f"sold {'+'.join(skus)} {receipt.number}"


def scan_only(device: DeviceProcess, dice: random.Random) -> str:
    """Something goes into the basket and stays there."""
    sku = dice.choice(SKUS)
    _till_at_work(device).add(sku=sku)
    return f"put {sku} into the basket"


def bring_back(device: DeviceProcess, dice: random.Random) -> str:
    """Goods come back against a receipt this device knows."""
    till = _till_at_work(device)
    with device.looking() as connection:
        rows = connection.exec_driver_sql("SELECT receipt_number FROM sale WHERE kind = 'sale' ORDER BY id").all()
    if not rows:
        return "no receipt to bring back"
    number = dice.choice(rows)[0]
    receipt = till.return_items(number, [(1, "1")], "cash", dice.choice(("restock", "damaged", "none")))
    till.dismiss_receipt()
    return f"took back from {number} as {receipt.number}"


def cash_in(device: DeviceProcess, dice: random.Random) -> str:
    """Change money comes."""
    till = _till_at_work(device)
    till.cash_movement(dice.choice(("paid_in", "paid_out")), till.money("5.00"), "change")
    return "moved cash"


def park(device: DeviceProcess, dice: random.Random) -> str:
    """A basket is put aside, or taken up again."""
    till = _till_at_work(device)
    if till.parked() and dice.random() < 0.5:
        till.recall()
        return "recalled a basket"
    till.add(sku=dice.choice(SKUS))
    till.park(dice.choice(WORDS))
    return "parked a basket"


def end_shift(device: DeviceProcess, dice: random.Random) -> str:
    """The drawer is counted and the shift closed."""
    till = _till_at_work(device)
    till.clear()
    till.count_shift(till.money("100.00"))
    till.close_shift()
    return "closed the shift"


def rename_product(device: DeviceProcess, dice: random.Random) -> str:
    """Fields of a product change; the same few products, so that desks and tills collide."""
    product = _any(device, dice, "SELECT id FROM product ORDER BY id LIMIT 2")
    field = dice.choice(("name", "name" if device.is_older else "brand", "description", "tags", "state"))
    value: object = f"{dice.choice(WORDS)} {dice.randrange(1000)}"
    if field == "tags":
        value = sorted({dice.choice(WORDS), dice.choice(WORDS)})
    if field == "state":
        value = dice.choice(("active", "archived", "draft"))
    edit_product(device.office.desk(), product, {field: value})
    return f"set {field} of {str(product)[-6:]} to {value}"


def retax_product(device: DeviceProcess, dice: random.Random) -> str:
    """The tax category changes: two who disagree need a person."""
    product = _any(device, dice, "SELECT id FROM product ORDER BY id LIMIT 2")
    edit_product(device.office.desk(), product, {"tax_category_id": _any(device, dice, "SELECT id FROM tax_category")})
    return f"changed the tax of {str(product)[-6:]}"


def make_product(device: DeviceProcess, dice: random.Random) -> str:
    """A new product with barcode and price: three mutations of one step."""
    number = dice.randrange(10**6)
    new = NewProduct(
        sku=f"NEW-{number}",
        fields={
            "name": f"New {number}",
            "tax_category_id": _any(device, dice, "SELECT id FROM tax_category"),
            **({} if device.is_older else {"brand": f"Maker {number}"}),
        },
        barcodes=(f"77{number:011d}",),
        price=UnitPrice.parse("3.30", device.office.station.store.currency),
    )
    create_product(device.office.desk(), new)
    return f"made product {number}"


def reprice(device: DeviceProcess, dice: random.Random) -> str:
    """A price row is appended; two for one slot go to review."""
    variant = _any(device, dice, "SELECT id FROM variant ORDER BY id LIMIT 3")
    price = UnitPrice.parse(f"{dice.randint(1, 9)}.50", device.office.station.store.currency)
    add_price(device.office.desk(), NewPrice(variant, price))
    return f"priced {str(variant)[-6:]}"


def link(device: DeviceProcess, dice: random.Random) -> str:
    """A barcode is linked."""
    code = f"99{dice.randrange(10**6):011d}"
    link_barcode(device.office.desk(), _any(device, dice, "SELECT id FROM variant ORDER BY id LIMIT 5"), code)
    return f"linked {code}"


def unlink(device: DeviceProcess, dice: random.Random) -> str:
    """A barcode goes for good."""
    barcode = _any(device, dice, "SELECT id FROM barcode ORDER BY id")
    unlink_barcode(device.office.desk(), barcode)
    return f"unlinked {str(barcode)[-6:]}"


def pin_quick_key(device: DeviceProcess, dice: random.Random) -> str:
    """A tile comes to the till, moves to another place, or goes."""
    if device.is_older:
        return "knows no quick keys"
    with device.device.replica.write() as unit:
        rows = unit.connection.exec_driver_sql("SELECT id FROM quick_key ORDER BY id").all()
        what = dice.choice(("pin", "move", "take")) if rows else "pin"
        if what == "pin":
            variant = _chosen(dice, unit.connection, "SELECT id FROM variant ORDER BY id LIMIT 6")
            category = _chosen(dice, unit.connection, "SELECT id FROM category ORDER BY id")
            row = {"id": unit.ids.new(), "category_id": category, "variant_id": variant, "position": len(rows)}
            unit.create("quick_key", row)
        elif what == "move":
            unit.edit("quick_key", _drawn(dice, rows), {"position": dice.randrange(100)}, edited_by="Ada K.")
        else:
            unit.remove("quick_key", _drawn(dice, rows), edited_by="Ada K.")
    return f"{what} a quick key"


def count_stock(device: DeviceProcess, dice: random.Random) -> str:
    """Goods come in, are written off or counted."""
    variant = _any(device, dice, "SELECT id FROM variant ORDER BY id LIMIT 6")
    reason = dice.choice(
        (MovementReason.RECEIPT, MovementReason.WRITE_OFF, MovementReason.COUNT, MovementReason.ADJUSTMENT)
    )
    quantity = dice.randint(1, 4) * 1000
    move_stock(device.office.desk(), NewMovement(variant, quantity, reason))
    return f"{reason} {quantity} of {str(variant)[-6:]}"


def change_customer(device: DeviceProcess, dice: random.Random) -> str:
    """Fields of a customer change."""
    customer = _any(device, dice, "SELECT id FROM customer ORDER BY id LIMIT 2")
    changes: Mapping[str, object] = dice.choice(
        (
            {"phone": f"+4420{dice.randrange(10**6)}"},
            {"name": f"{dice.choice(WORDS).title()} {dice.randrange(100)}"},
            {"may_send_offers": dice.random() < 0.5},
            {"is_archived": dice.random() < 0.5},
        )
    )
    edit_customer(device.office.desk(), customer, changes)
    return f"changed customer {str(customer)[-6:]} {dict(changes)}"


def make_customer(device: DeviceProcess, dice: random.Random) -> str:
    """A new customer; now and then the same person at two tills."""
    name = f"{dice.choice(WORDS).title()} Twin"
    create_customer(device.office.desk(), {"name": name, "email": f"{name[:3].lower()}@example.com"})
    return f"made customer {name}"


def decide(device: DeviceProcess, dice: random.Random) -> str:
    """An entry of the inbox is decided."""
    with device.looking() as connection:
        known = " AND field <> 'brand' AND kind <> 'same_person'" if device.is_older else ""
        rows = connection.exec_driver_sql(
            f"SELECT id FROM inbox_entry WHERE state <> 'decided'{known} ORDER BY id"
        ).all()
    if not rows:
        return "nothing to decide"
    entry = uuid.UUID(bytes=dice.choice(rows)[0])
    if dice.random() < 0.4:
        keep_as_it_is(device.office.desk(), entry)
    else:
        take_value(device.office.desk(), entry, dice.choice((Take.MINE, Take.THEIRS)))
    return f"decided {str(entry)[-6:]}"


def poison(device: DeviceProcess, dice: random.Random) -> str:
    """A mutation that the server cannot apply: an edit of something that nobody has."""
    with device.device.replica.write() as unit:
        entity_id = unit.ids.new()
        arguments: dict[str, object] = {
            "id": entity_id.bytes,
            "base_version": 1,
            "changes": {"name": ["a", "b"]},
            "edited_at": unit.clock.now(),
            "edited_by": "Poison",
        }
        unit._append("product", Verb.EDIT, entity_id, arguments)
    return "made something that cannot be applied"


def _till_at_work(device: DeviceProcess) -> Till:
    till = device.till
    till.station.refresh()
    if till.station.shift is None:
        till.open_shift(till.money("100.00"))
    return till


def _any(device: DeviceProcess, dice: random.Random, query: str) -> uuid.UUID:
    with device.looking() as connection:
        return _chosen(dice, connection, query)


def _chosen(dice: random.Random, connection: Connection, query: str) -> uuid.UUID:
    return _drawn(dice, connection.exec_driver_sql(query).all())


def _drawn(dice: random.Random, rows: Sequence[Row[Any]]) -> uuid.UUID:
    return uuid.UUID(bytes=dice.choice(rows)[0])


def _any_customer(device: DeviceProcess, dice: random.Random) -> str:
    with device.looking() as connection:
        rows = connection.exec_driver_sql("SELECT number FROM customer ORDER BY id LIMIT 5").all()
    return str(dice.choice(rows)[0])


OFFICE_ACTS: tuple[tuple[Act, int], ...] = (
    (rename_product, 12),
    (retax_product, 2),
    (make_product, 2),
    (reprice, 3),
    (link, 2),
    (unlink, 2),
    (pin_quick_key, 3),
    (count_stock, 5),
    (change_customer, 5),
    (make_customer, 2),
    (decide, 3),
    (poison, 1),
)
TILL_ACTS: tuple[tuple[Act, int], ...] = (
    (ring_up, 24),
    (scan_only, 3),
    (bring_back, 5),
    (cash_in, 3),
    (park, 3),
    (end_shift, 2),
    (change_customer, 3),
    (rename_product, 4),
    (count_stock, 2),
)
