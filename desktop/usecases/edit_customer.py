"""Make a customer, or change what is known of one."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from desktop.replica.changes import Changes
from desktop.replica.queries.customer_list import taken_numbers
from desktop.usecases.desk import Desk, checked_text
from shared.customers import checked_name, email_key
from shared.errors import UserError
from shared.limits import CODE_MAX_CHARACTERS, NAME_MAX_CHARACTERS, TEXT_MAX_CHARACTERS
from shared.permissions import Permission


def edit_customer(desk: Desk, customer_id: uuid.UUID, changes: Mapping[str, object]) -> Changes:
    """Change fields of a customer; what is as before is not sent.

    ``changes`` has any of name, email, phone, note, may_send_offers, consent_evidence, is_archived.

    Raises:
        UserError: ``not_allowed``, ``customer_name_missing``, ``email_invalid``, ``text_too_long``, ``field_unknown``,
            ``record_unknown``.
    """
    desk.require(Permission.EDIT_CUSTOMERS)
    with desk.replica.write() as work:
        work.edit("customer", customer_id, _checked(changes), edited_by=desk.who)
        return work.changes()


def create_customer(desk: Desk, fields: Mapping[str, object], number: str = "") -> tuple[uuid.UUID, Changes]:
    """Make a customer of this store; without a number of their own they get the store's next one.

    Raises:
        UserError: as ``edit_customer``, and ``customer_number_taken``.
    """
    desk.require(Permission.EDIT_CUSTOMERS)
    checked = _checked({"name": "", **fields})
    with desk.replica.write() as work:
        prefix = f"{desk.facts.store.code}{desk.facts.identity.number}-"
        wanted = checked_text(number, "number", CODE_MAX_CHARACTERS)
        if wanted and wanted in taken_numbers(work.connection, wanted):
            raise UserError("customer_number_taken", f"Another customer has the number {wanted}. Choose another one.")
        customer_id = work.ids.new()
        row = {
            "id": customer_id,
            "store_id": desk.facts.store.id,
            "number": wanted or _next_number(prefix, taken_numbers(work.connection, prefix)),
            "created_at": work.clock.now(),
            **checked,
        }
        work.create("customer", row)
        return customer_id, work.changes()


def _next_number(prefix: str, taken: list[str]) -> str:
    """Numbers made here carry store and device, so that two devices offline never give the same one."""
    used = [int(rest) for number in taken if (rest := number.removeprefix(prefix)).isdecimal()]
    return f"{prefix}{max(used, default=0) + 1:04d}"


def _email(value: object) -> object:
    text = checked_text(str(value), "e-mail address", NAME_MAX_CHARACTERS)
    if text and not email_key(text):
        raise UserError("email_invalid", f"“{text}” is not an e-mail address. Type one such as anna@example.com.")
    return text


def _text(label: str, maximum: int) -> Callable[[object], object]:
    return lambda value: checked_text(str(value), label, maximum)


_CHECKS: dict[str, Callable[[object], object]] = {
    "name": lambda value: checked_name(str(value)),
    "email": _email,
    "phone": _text("phone number", NAME_MAX_CHARACTERS),
    "note": _text("note", TEXT_MAX_CHARACTERS),
    "may_send_offers": bool,
    "consent_evidence": _text("evidence", TEXT_MAX_CHARACTERS),
    "is_archived": bool,
}


def _checked(fields: Mapping[str, object]) -> dict[str, object]:
    checked: dict[str, object] = {}
    for name, value in fields.items():
        check = _CHECKS.get(name)
        if check is None:
            raise UserError("field_unknown", f"A customer has no field “{name}”.", field=name)
        checked[name] = check(value)
    return checked
