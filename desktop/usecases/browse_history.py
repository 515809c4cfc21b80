"""What is known on this device of a product's past, in words."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from desktop.replica.queries.product_card import Happening, product_history
from desktop.usecases.desk import Desk
from desktop.usecases.move_stock import WORDS_BY_REASON
from desktop.usecases.office_words import day_text, moment_text, price_text, quantity_text
from shared.stock import MovementReason


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line of a product's history."""

    when: str
    who: str
    what: str
    is_movement: bool = False


def show_history(desk: Desk, product_id: uuid.UUID, variant_id: uuid.UUID) -> tuple[HistoryLine, ...]:
    """What is known of a product's past, the newest first."""
    with desk.replica.read() as connection:
        happenings = product_history(connection, product_id, variant_id)
    today = desk.today()
    return tuple(
        HistoryLine(
            moment_text(desk.local(each.at), today),
            author_words(each),
            happening_words(desk, each),
            is_movement=each.what == "movement",
        )
        for each in happenings
    )


def author_words(each: Happening) -> str:
    """Who did it; what was made on this device carries no name."""
    return each.who or ("This device" if each.what in ("edit", "movement") else "")


def happening_words(desk: Desk, each: Happening) -> str:
    """One thing in the past as people say it: ``Price 12.50 from 2 Nov``, ``Received 12, Mill Lane``."""
    today = desk.today()
    match each.what:
        case "price" if each.micro is not None and each.on is not None:
            label = "Cost" if each.text == "cost" else "Price"
            state = {"review": " (to be reviewed)", "withdrawn": " (taken back)"}.get(each.state, "")
            price = price_text(each.micro, desk.facts.store.currency)
            return f"{label} {price} from {day_text(each.on, today)}{state}"
        case "movement":
            words = WORDS_BY_REASON.get(MovementReason(each.text), each.text)
            return f"{words} {quantity_text(each.quantity)}, {each.place}"
        case "edit":
            made = "Made here" if each.text.endswith(".create") else "Edited here"
            state = {"waiting": ", waiting to be sent", "refused": ", refused"}.get(each.state, "")
            return made + state
        case _:
            return each.text
