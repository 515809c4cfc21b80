"""Movements of a sale and the level they add up to."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shared.quantity import Quantity
from shared.sales import Basket, Disposition, LineKind
from shared.stock import Level, Movement, MovementReason, movements_of_sale
from tests.helpers.baskets import IDS, basket_of, baskets, line, sealed


@given(baskets())
def test_given_any_sale_when_its_movements_are_made_then_each_line_of_goods_moves_once_and_exactly(
    basket: Basket,
) -> None:
    sale = sealed(basket)
    moved = {movement.source_line_id: movement.quantity for movement in movements_of_sale(sale.lines)}
    assert moved == {one.id: -one.quantity for one in sale.lines if one.kind == LineKind.GOODS}


def test_given_services_and_struck_lines_and_unlisted_goods_when_sold_then_no_stock_moves() -> None:
    basket = basket_of(
        line(kind=LineKind.SERVICE), replace(line(), removed_at=5), replace(line(), variant_id=None), line()
    )
    sale = sealed(basket)
    assert [movement.source_line_id for movement in movements_of_sale(sale.lines)] == [sale.lines[3].id]


def test_given_returns_when_they_go_to_the_shelf_the_damaged_or_nowhere_then_stock_follows() -> None:
    back = [
        replace(line(quantity=Quantity.of(-2)), disposition=disposition)
        for disposition in (Disposition.RESTOCK, Disposition.DAMAGED, Disposition.NONE)
    ]
    movements = movements_of_sale(sealed(basket_of(*back)).lines)
    assert [(m.quantity, m.damaged, m.reason) for m in movements] == [
        (2_000, 0, MovementReason.RETURN),
        (2_000, 2_000, MovementReason.RETURN),
    ]
    level = Level().after(movements)
    assert (level.on_hand, level.available, level.damaged) == (4_000, 2_000, 2_000)


@given(st.lists(st.integers(-(10**6), 10**6)), st.integers(0, 10**6), st.integers(0, 10**6))
def test_given_any_movements_when_added_then_the_level_is_their_sum_and_adds_up(
    quantities: list[int], reserved: int, in_quality_control: int
) -> None:
    one = IDS.new()
    movements = [Movement(one, quantity, MovementReason.ADJUSTMENT) for quantity in quantities]
    level = Level(reserved=reserved, in_quality_control=in_quality_control).after(movements)
    assert level.on_hand == sum(quantities)
    assert level.on_hand == level.available + level.reserved + level.damaged + level.in_quality_control


def test_given_what_is_available_when_promised_then_only_so_much_can_be() -> None:
    level = Level(on_hand=5_000, reserved=2_000, damaged=1_000)
    assert [level.can_promise(quantity) for quantity in (0, -1, 1, 2_000, 2_001)] == [False, False, True, True, False]
