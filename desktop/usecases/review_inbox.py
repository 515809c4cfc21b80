"""The inbox for the screen: who needs what decided, with both sides in words and what differs marked."""

from __future__ import annotations

import difflib
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desktop.replica.queries.inbox_list import InboxRow, entries_about, inbox_entry, inbox_rows
from desktop.replica.queries.product_card import product_history, variant_behind
from desktop.replica.queries.subjects import subject_names
from desktop.usecases.browse_history import author_words, happening_words
from desktop.usecases.decide_conflict import PRICE, can_be_written, has_values
from desktop.usecases.desk import Desk
from desktop.usecases.office_words import NOTHING, moment_text, span_text
from shared.permissions import Permission
from shared.sync.decision import EntryState, Take

FIELD_WORDS = {
    "category_id": "Category",
    "tax_category_id": "Tax",
    "unit_price_micro": "Price",
    "may_send_offers": "May send offers",
    "is_archived": "Archived",
    "sku": "Code",
    "store_id": "Home store",
    "parent_id": "Belongs to",
}
KIND_WORDS = {
    "conflict": "Conflict",
    "refused": "Not taken",
    "discrepancy": "Stock to be looked at",
    "dangling": "Something is missing",
}
_REFERENCES = {"category_id": "category", "tax_category_id": "tax_category", "parent_id": "category"}
_STATE_WORDS = {"active": "Active", "draft": "Draft", "archived": "Archived"}
_PAST_SHOWN = 50
_PIECES = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A bit of a value; ``is_changed`` where it differs from what stood before."""

    text: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Side:
    """One of the values: whose, when, its words in pieces, and whether it stands."""

    take: Take
    title: str
    subtitle: str
    pieces: tuple[Piece, ...]
    stands: bool

    @property
    def text(self) -> str:
        """The value in one piece."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One line of the list."""

    id: uuid.UUID
    title: str
    subtitle: str
    state: EntryState


@dataclass(frozen=True, slots=True)
class PastLine:
    """One line of what is known of the thing's past."""

    when: str
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry in full.

    Attributes:
        heading: ``Soy candle, cedar · Name``.
        sides: before, mine and theirs, in that order; empty where there is nothing to choose between.
        written: what the field *Or write it* begins with; None where nothing can be written.
        decided: who decided and when, empty while nobody has.
    """

    id: uuid.UUID
    heading: str
    reason: str
    state: EntryState
    sides: tuple[Side, ...]
    written: str | None
    decided: str
    past: tuple[PastLine, ...]


@dataclass(frozen=True, slots=True)
class InboxView:
    """The whole inbox."""

    lines: tuple[EntryLine, ...]
    needing: int
    settled: int
    settled_today: int


def list_inbox(desk: Desk, *, with_decided: bool = False) -> InboxView:
    """What needs somebody first, then the newest. Raises ``UserError`` ``not_allowed``."""
    desk.require(Permission.USE_OFFICE)
    with desk.replica.read() as connection:
        rows = inbox_rows(connection, with_decided=with_decided)
    today = desk.today()
    settled = [row for row in rows if row.state == EntryState.SETTLED]
    return InboxView(
        lines=tuple(EntryLine(row.id, row.title, _subtitle(desk, row), EntryState(row.state)) for row in rows),
        needing=sum(row.state == EntryState.NEEDS_YOU for row in rows),
        settled=len(settled),
        settled_today=sum(desk.local(row.created_at).date() == today for row in settled),
    )


def show_entry(desk: Desk, entry_id: uuid.UUID) -> EntryView:
    """One entry in full. Raises ``UserError`` ``not_allowed``, ``conflict_unknown``."""
    desk.require(Permission.USE_OFFICE)
    with desk.replica.read() as connection:
        row = inbox_entry(connection, entry_id)
        names = _referenced(connection, row)
        past = _past(desk, connection, row, names)
    sides = _sides(desk, row, names) if has_values(row) else ()
    heading = f"{row.title} · {field_words(row)}" if row.field else row.title
    decided_at = row.decided_at
    decided = "" if decided_at is None else f"{row.decided_by}, {moment_text(desk.local(decided_at), desk.today())}"
    return EntryView(
        id=row.id,
        heading=heading,
        reason=row.reason,
        state=EntryState(row.state),
        sides=sides,
        written=_loser(sides) if sides and can_be_written(row) else None,
        decided=decided,
        past=past,
    )


def field_words(row: InboxRow) -> str:
    """What a field is called on the screen."""
    if row.entity == PRICE:
        return "Price"
    plain = row.field.replace("_", " ").strip()
    return FIELD_WORDS.get(row.field, plain[:1].upper() + plain[1:])


def value_words(row: InboxRow, value: object, names: Mapping[str, str]) -> str:
    """A value as people read it."""
    if value in (None, "", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, str) and row.field in _REFERENCES:
        return names.get(value, "something that is gone")
    if isinstance(value, dict):
        return ", ".join(f"{name}: {content}" for name, content in value.items())
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return _STATE_WORDS.get(str(value), str(value)) if row.field == "state" else str(value)


def marked_pieces(before: str, text: str) -> tuple[Piece, ...]:
    """The text in pieces, those that were not there before marked."""
    old, new = _PIECES.findall(before), _PIECES.findall(text)
    if before == NOTHING:
        return (Piece(text, is_changed=text != before),)
    pieces: list[Piece] = []
    for tag, _, _, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        words = "".join(new[start:end])
        if words:
            pieces.append(Piece(words, is_changed=tag != "equal" and bool(words.strip())))
    return tuple(pieces)


def _sides(desk: Desk, row: InboxRow, names: Mapping[str, str]) -> tuple[Side, ...]:
    before = value_words(row, row.base, names)
    taken = _standing(row)
    today = desk.today()
    mine = value_words(row, row.mine, names)
    theirs = value_words(row, row.theirs, names)
    sides = [
        Side(Take.BASE, "Before", "", (Piece(before, is_changed=False),), stands=taken is Take.BASE),
        Side(
            Take.MINE,
            row.mine_by or "One side",
            "" if row.mine_at is None else moment_text(desk.local(row.mine_at), today),
            marked_pieces(before, mine),
            stands=taken is Take.MINE,
        ),
        Side(
            Take.THEIRS,
            row.theirs_by or "The other side",
            _compared(desk, row),
            marked_pieces(before, theirs),
            stands=taken is Take.THEIRS,
        ),
    ]
    return tuple(sides[1:] if row.entity == PRICE else sides)


def _standing(row: InboxRow) -> Take | None:
    if row.state == EntryState.DECIDED and isinstance(row.decision, dict):
        take = row.decision.get("take")
        return Take(take) if take in set(Take) else None
    return Take(row.stands) if row.stands in (Take.MINE, Take.THEIRS) else None


def _compared(desk: Desk, row: InboxRow) -> str:
    if row.theirs_at is None:
        return ""
    when = moment_text(desk.local(row.theirs_at), desk.today())
    if row.mine_at is None:
        return when
    apart = row.theirs_at - row.mine_at
    return f"{when} · {'later' if apart >= 0 else 'earlier'} by {span_text(abs(apart))}"


def _loser(sides: Sequence[Side]) -> str:
    """The value that does not stand: what somebody would want to write again."""
    loser = next((side for side in sides if side.take in (Take.MINE, Take.THEIRS) and not side.stands), sides[-1])
    return "" if loser.text == NOTHING else loser.text


def _subtitle(desk: Desk, row: InboxRow) -> str:
    when = moment_text(desk.local(row.created_at), desk.today())
    if row.kind != "conflict":
        return f"{KIND_WORDS.get(row.kind, row.kind)} · {when}"
    places = [place for place in (_place(row.mine_by), _place(row.theirs_by)) if place]
    return f"{field_words(row)} · {' and '.join(dict.fromkeys(places)) or 'two places'}, {when}"


def _place(who: str) -> str:
    """``Till 2`` of ``Mara K., Till 2``."""
    return who.rpartition(", ")[2].strip()


def _referenced(connection: Any, row: InboxRow) -> dict[str, str]:
    entity = _REFERENCES.get(row.field)
    if entity is None:
        return {}
    ids = [uuid.UUID(value) for value in (row.base, row.mine, row.theirs) if isinstance(value, str)]
    return {str(key): name for key, name in subject_names(connection, entity, ids).items()}


def _past(desk: Desk, connection: Any, row: InboxRow, names: Mapping[str, str]) -> tuple[PastLine, ...]:
    """What is known here of the thing's past: both sides of every entry about it, decisions, prices, own edits."""
    found: list[tuple[int, str, str]] = []
    for entry in entries_about(connection, row.entity, row.entity_id):
        found.extend(_moments_of(entry, names))
    behind = variant_behind(connection, row.entity, row.entity_id)
    if behind is not None:
        happenings = product_history(connection, *behind)
        found.extend(
            (each.at, author_words(each), happening_words(desk, each)) for each in happenings if each.what != "conflict"
        )
    found.sort(key=lambda moment: moment[0], reverse=True)
    today = desk.today()
    return tuple(PastLine(moment_text(desk.local(at), today), who, what) for at, who, what in found[:_PAST_SHOWN])


def _moments_of(entry: InboxRow, names: Mapping[str, str]) -> list[tuple[int, str, str]]:
    label = field_words(entry)
    moments: list[tuple[int, str, str]] = []
    for take, at, who, value in (
        (Take.MINE, entry.mine_at, entry.mine_by, entry.mine),
        (Take.THEIRS, entry.theirs_at, entry.theirs_by, entry.theirs),
    ):
        if at is not None and has_values(entry):
            taken = "" if entry.stands == take else " (not taken)"
            moments.append((at, who, f"{label} → {value_words(entry, value, names)}{taken}"))
    if entry.decided_at is not None:
        moments.append((entry.decided_at, entry.decided_by, f"{label} decided" if entry.field else "Taken note of"))
    return moments
