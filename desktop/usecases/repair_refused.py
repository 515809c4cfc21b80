"""Seeing to a change that the server refused: send it again, change it and send it, or set it aside with a reason.

A repair is a new mutation that names the refused one; when the server has taken it, the inbox entry closes by itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from desktop.replica import outbox
from desktop.replica.changes import Changes
from desktop.replica.outbox import RefusedMutation, SeenTo
from desktop.replica.unit_of_work import UnitOfWork
from desktop.usecases.desk import Desk, checked_text
from shared.errors import UserError
from shared.limits import TEXT_MAX_CHARACTERS
from shared.permissions import Permission
from shared.sync.decision import EntryState, Take, decision
from shared.sync.repair import refused_entry_id

INBOX_ENTRY = "inbox_entry"


def send_again(desk: Desk, number: int) -> Changes:
    """Send a refused change as it was: what it needed may be there by now.

    Raises:
        UserError: ``not_allowed``, ``refused_unknown``, ``refused_seen_to``, ``record_unknown``, ``refused_damaged``.
    """
    return edit_and_send(desk, number, {})


def edit_and_send(desk: Desk, number: int, changes: Mapping[str, object]) -> Changes:
    """Send a refused change with some of its fields otherwise.

    Args:
        desk: who does it.
        number: of the change, as the sync centre shows it.
        changes: field of the root → value; none for a fact, which stays as it was.

    Raises:
        UserError: ``not_allowed``, ``refused_unknown``, ``refused_seen_to``, ``record_unknown``, ``fact_fixed``,
            ``refused_damaged``.
    """
    desk.require(Permission.MANAGE_SYNC)
    with desk.replica.write() as work:
        refused = _open_one(work, number)
        if refused.is_damaged:
            raise UserError(
                "refused_damaged", "This change was damaged and cannot be sent. Do it again, and set this aside."
            )
        work.repair(refused, changes, edited_by=desk.who)
        return work.changes()


def set_aside(desk: Desk, number: int, reason: str) -> Changes:
    """Decide that a refused change is not wanted any more, and say why; it stays in the log of this device.

    Raises:
        UserError: ``not_allowed``, ``refused_unknown``, ``refused_seen_to``, ``field_empty``, ``text_too_long``,
            ``entry_not_here_yet``.
    """
    desk.require(Permission.MANAGE_SYNC)
    why = checked_text(reason, "reason", TEXT_MAX_CHARACTERS, is_required=True)
    with desk.replica.write() as work:
        refused = _open_one(work, number)
        _decide(desk, work, refused, why)
        outbox.see_to(work.connection, number, SeenTo.SET_ASIDE)
        return work.changes()


def _open_one(work: UnitOfWork, number: int) -> RefusedMutation:
    refused = outbox.refused_mutation(work.connection, number)
    if refused.seen_to is not SeenTo.NOTHING:
        raise UserError("refused_seen_to", "Somebody has seen to this change already.", number=number)
    return refused


def _decide(desk: Desk, work: UnitOfWork, refused: RefusedMutation, why: str) -> None:
    decided = {
        "state": str(EntryState.DECIDED),
        "decision": {**decision(Take.THEIRS), "reason": why},
        "decided_by": desk.who,
        "decided_at": work.clock.now(),
    }
    try:
        work.edit(INBOX_ENTRY, refused_entry_id(refused.id), decided, edited_by=desk.who)
    except UserError as error:
        if error.code != "record_unknown":
            raise
        raise UserError(
            "entry_not_here_yet", "The inbox on this device does not have it yet. Sync first, then set it aside."
        ) from error
