"""Two profiles, one person? Compare them, merge them, keep them apart, undo: an alias is written, never a profile."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from desktop.replica.changes import Changes
from desktop.replica.queries.customer_list import CustomerCard, profile_card
from desktop.replica.queries.inbox_list import has_entry, inbox_entry
from desktop.replica.queries.same_person import PairRow, member_of, merged_with, pair_by_id, pairs_of
from desktop.replica.unit_of_work import UnitOfWork
from desktop.usecases.desk import Desk
from desktop.usecases.office_words import amount_text, day_text, moment_text
from shared.customers import email_key, name_key, phone_key
from shared.customers.matching import Reason
from shared.customers.same_person import AliasState, alias_id, elder_first, proposal_entry_id
from shared.errors import UserError
from shared.money import currency
from shared.permissions import Permission
from shared.sync.decision import EntryState, Take, decision

REASON_WORDS = {
    Reason.NUMBER: "the same number",
    Reason.EMAIL: "the same e-mail",
    Reason.PHONE: "the same phone",
    Reason.NAME: "the same name",
    Reason.SIMILAR_NAME: "a similar name",
    Reason.ADDRESS: "the same address",
    Reason.SIMILAR_ADDRESS: "a similar address",
}
_FROM: dict[AliasState, frozenset[AliasState]] = {
    AliasState.MERGED: frozenset({AliasState.PROPOSED, AliasState.KEPT_APART, AliasState.UNDONE}),
    AliasState.KEPT_APART: frozenset({AliasState.PROPOSED, AliasState.UNDONE}),
    AliasState.UNDONE: frozenset({AliasState.MERGED}),
}

_BY_HAND = "Nobody proposed these two. A merge can be undone."
_ORDER = (AliasState.PROPOSED, AliasState.MERGED, AliasState.UNDONE, AliasState.KEPT_APART)


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of two profiles side by side."""

    label: str
    stays: str
    joins: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class PairView:
    """Two profiles side by side.

    Attributes:
        id: of the pair.
        stays: the name of the profile that stands for both; ``joins`` the other's.
        reason: one sentence: what agrees.
        decided: who decided and when; empty while nobody has.
        is_new: nobody has said anything of these two yet: somebody put them side by side by hand.
    """

    id: uuid.UUID
    stays: str
    joins: str
    stays_id: uuid.UUID
    joins_id: uuid.UUID
    state: AliasState
    reason: str
    lines: tuple[Compared, ...]
    decided: str
    is_new: bool = False


def merge_pair(desk: Desk, pair_id: uuid.UUID) -> Changes:
    """The two are one person from now on. Raises ``UserError`` as ``decide_pair``."""
    return decide_pair(desk, pair_id, AliasState.MERGED)


def keep_pair_apart(desk: Desk, pair_id: uuid.UUID) -> Changes:
    """The two are two people; they are not proposed again. Raises ``UserError`` as ``decide_pair``."""
    return decide_pair(desk, pair_id, AliasState.KEPT_APART)


def undo_merge(desk: Desk, pair_id: uuid.UUID) -> Changes:
    """Both profiles are back as they were. Raises ``UserError`` as ``decide_pair``."""
    return decide_pair(desk, pair_id, AliasState.UNDONE)


def decide_pair(desk: Desk, pair_id: uuid.UUID, state: AliasState) -> Changes:
    """Say what a pair is.

    Raises:
        UserError: ``not_allowed``, ``pair_unknown``, or ``pair_decided`` where that makes no sense (any more).
    """
    desk.require(Permission.EDIT_CUSTOMERS)
    with desk.replica.write() as work:
        note_pair(desk, work, pair_by_id(work.connection, pair_id), state)
        return work.changes()


def join_by_hand(desk: Desk, first: uuid.UUID, second: uuid.UUID) -> Changes:
    """Merge two profiles that nobody proposed.

    Raises:
        UserError: ``not_allowed``, ``customer_unknown``, or ``pair_decided`` for one and the same.
    """
    desk.require(Permission.EDIT_CUSTOMERS)
    if first == second:
        raise UserError("pair_decided", "These are the same profile already.")
    with desk.replica.write() as work:
        older, newer = elder_first(member_of(work.connection, first), member_of(work.connection, second))
        pair_id = alias_id(first, second)
        known = [pair for pair in pairs_of(work.connection, [first]) if pair.id == pair_id]
        if not known and not _is_known(work, pair_id):
            row = {"id": pair_id, "alias_id": newer.id, "survivor_id": older.id, "decided_at": None}
            work.create("customer_alias", {**row, "created_at": work.clock.now()})
        note_pair(desk, work, pair_by_id(work.connection, pair_id), AliasState.MERGED)
        return work.changes()


def note_pair(desk: Desk, work: UnitOfWork, pair: PairRow, state: AliasState) -> None:
    """The same within a running step: the alias, and the inbox entry that asked about it. Raises ``pair_decided``."""
    if pair.state is state:
        return
    if pair.state not in _FROM.get(state, frozenset()):
        raise UserError("pair_decided", "Somebody decided this pair already. Look at it again.", state=str(pair.state))
    signature = {"decided_by": desk.who, "decided_at": work.clock.now()}
    work.edit("customer_alias", pair.id, {"state": str(state), **signature}, edited_by=desk.who)
    entry_id = proposal_entry_id(pair.id)
    if has_entry(work.connection, entry_id) and inbox_entry(work.connection, entry_id).state != EntryState.DECIDED:
        take = decision(Take.MINE if state is AliasState.MERGED else Take.THEIRS)
        changes = {"state": str(EntryState.DECIDED), "decision": take, **signature}
        work.edit("inbox_entry", entry_id, changes, edited_by=desk.who)
    work.touch("customer", pair.alias_id, pair.survivor_id)


def compare_pair(desk: Desk, pair_id: uuid.UUID) -> PairView:
    """Two profiles side by side.

    Raises:
        UserError: ``not_allowed``, ``pair_unknown``, ``customer_unknown`` where this device has only one of them.
    """
    desk.require(Permission.USE_OFFICE)
    with desk.replica.read() as connection:
        return _view(desk, connection, pair_by_id(connection, pair_id))


def compare_by_hand(desk: Desk, first: uuid.UUID, second: uuid.UUID) -> PairView:
    """Two profiles side by side that nobody need have proposed, the one made first as the one that stays.

    Raises:
        UserError: ``not_allowed``, ``customer_unknown``, or ``pair_decided`` for one and the same person.
    """
    desk.require(Permission.USE_OFFICE)
    with desk.replica.read() as connection:
        if second in merged_with(connection, [first]).get(first, frozenset({first})):
            raise UserError("pair_decided", "These are the same person already. Choose somebody else.")
        pair_id = alias_id(first, second)
        known = next((pair for pair in pairs_of(connection, [first]) if pair.id == pair_id), None)
        if known is not None:
            return _view(desk, connection, known)
        older, newer = elder_first(member_of(connection, first), member_of(connection, second))
        unsaid = PairRow(pair_id, newer.id, older.id, AliasState.PROPOSED, 0, (), "", None)
        return replace(_view(desk, connection, unsaid), reason=_BY_HAND, is_new=True)


def pairs_about(desk: Desk, connection: Any, customer_id: uuid.UUID) -> tuple[PairView, ...]:
    """What was said of a person and others, open questions first; pairs this device has half of are left out."""
    group = merged_with(connection, [customer_id]).get(customer_id, frozenset({customer_id}))
    found = []
    for pair in sorted(pairs_of(connection, group), key=lambda each: _ORDER.index(each.state)):
        try:
            found.append(_view(desk, connection, pair))
        except UserError:
            continue
    return tuple(found)


def _is_known(work: UnitOfWork, pair_id: uuid.UUID) -> bool:
    try:
        pair_by_id(work.connection, pair_id)
    except UserError:
        return False
    return True


def _view(desk: Desk, connection: Any, pair: PairRow) -> PairView:
    stays, joins = profile_card(connection, pair.survivor_id), profile_card(connection, pair.alias_id)
    decided_at = pair.decided_at
    return PairView(
        id=pair.id,
        stays=stays.name,
        joins=joins.name,
        stays_id=stays.id,
        joins_id=joins.id,
        state=pair.state,
        reason=_reason(pair),
        lines=tuple(_compared(desk, stays, joins)),
        decided="" if decided_at is None else f"{pair.decided_by}, {moment_text(desk.local(decided_at), desk.today())}",
    )


def _reason(pair: PairRow) -> str:
    words = [REASON_WORDS[reason] for reason in Reason if reason in pair.reasons]
    agreeing = f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
    match pair.state:
        case AliasState.MERGED:
            return "One person. Both profiles are kept; undo brings them back as they were."
        case AliasState.KEPT_APART:
            return "Two people. They are not proposed again."
        case _:
            return f"They have {agreeing}. Nothing changes until you decide." if agreeing else "Nobody has decided yet."


def _compared(desk: Desk, stays: CustomerCard, joins: CustomerCard) -> Iterable[Compared]:
    yield Compared("Name", stays.name, joins.name, name_key(stays.name) == name_key(joins.name))
    yield Compared("Number", stays.number, joins.number, stays.number == joins.number)
    yield Compared("E-mail", stays.email, joins.email, _agree(email_key(stays.email), email_key(joins.email)))
    yield Compared("Phone", stays.phone, joins.phone, _agree(phone_key(stays.phone), phone_key(joins.phone)))
    address, other_address = ("\n".join(card.addresses) for card in (stays, joins))
    yield Compared("Address", address, other_address, _agree(name_key(address), name_key(other_address)))
    yield Compared("Points", f"{stays.points:,}", f"{joins.points:,}", agrees=False)
    yield Compared("Bought", _bought(stays), _bought(joins), agrees=False)
    yield Compared("Offers", _offers(stays), _offers(joins), agrees=False)
    yield Compared("Made", _made(desk, stays), _made(desk, joins), agrees=False)


def _offers(card: CustomerCard) -> str:
    return "May be sent" if card.may_send_offers else "No"


def _made(desk: Desk, card: CustomerCard) -> str:
    return day_text(desk.local(card.created_at).date(), desk.today())


def _agree(first: str, second: str) -> bool:
    return first != "" and first == second


def _bought(card: CustomerCard) -> str:
    spent = " + ".join(f"{amount_text(amount, currency(code))} {code}" for code, amount in card.spent)
    visits = "1 visit" if card.visits == 1 else f"{card.visits:,} visits"
    return f"{visits}, {spent}" if card.visits else ""
