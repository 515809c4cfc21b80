"""Link a barcode to a variant, or take the link away."""

from __future__ import annotations

import uuid

from desktop.replica.changes import Changes
from desktop.replica.queries.goods import goods_by_codes
from desktop.replica.unit_of_work import UnitOfWork
from desktop.usecases.desk import Desk, checked_text
from shared.catalogue.gtin import GTIN_LENGTHS, has_valid_check_digit, is_digits
from shared.errors import UserError
from shared.limits import CODE_MAX_CHARACTERS
from shared.permissions import Permission
from shared.quantity import THOUSAND


def link_barcode(desk: Desk, variant_id: uuid.UUID, code: str, quantity: int = THOUSAND) -> Changes:
    """Let a code find a variant; ``quantity`` (thousandths of its unit) is what one scan means.

    A code with a wrong check digit is taken, because such codes are printed on real goods; ``code_warning`` tells.

    Raises:
        UserError: ``not_allowed``, ``field_empty``, ``text_too_long``, ``barcode_taken``, ``quantity_invalid``.
    """
    desk.require(Permission.USE_OFFICE, Permission.EDIT_CATALOGUE)
    with desk.replica.write() as work:
        add_barcode(work, variant_id, code, quantity)
        return work.changes()


def add_barcode(work: UnitOfWork, variant_id: uuid.UUID, code: str, quantity: int = THOUSAND) -> None:
    """The same within a running step. Raises as ``link_barcode``."""
    text = checked_text(code, "barcode", CODE_MAX_CHARACTERS, is_required=True).replace(" ", "")
    if quantity <= 0:
        raise UserError("quantity_invalid", "One scan must mean more than nothing. Type 1 or more.")
    standing = goods_by_codes(work.connection, [text]).get(text)
    if standing is not None and standing.goods.variant_id == variant_id:
        return
    if standing is not None:
        raise UserError(
            "barcode_taken",
            f"{text} already finds “{standing.goods.name}”. Unlink it there first.",
            barcode=text,
            name=standing.goods.name,
        )
    row = {"id": work.ids.new(), "code": text, "variant_id": variant_id, "quantity": quantity}
    work.create("barcode", row)


def unlink_barcode(desk: Desk, barcode_id: uuid.UUID) -> Changes:
    """Take a link away.

    Raises:
        UserError: ``not_allowed``, ``record_unknown``.
    """
    desk.require(Permission.USE_OFFICE, Permission.EDIT_CATALOGUE)
    with desk.replica.write() as work:
        work.remove("barcode", barcode_id, edited_by=desk.who)
        return work.changes()


def code_warning(code: str) -> str:
    """One sentence when a code looks mistyped; empty when it looks right or is no GTIN at all."""
    text = code.replace(" ", "")
    if is_digits(text) and len(text) in GTIN_LENGTHS and not has_valid_check_digit(text):
        return "The last digit does not fit the others. Scan it rather than type it."
    return ""
