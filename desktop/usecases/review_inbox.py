"""The inbox for the screen: who needs what decided, with both sides in words and what differs marked."""

from __future__ import annotations

import difflib
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from desktop.replica.queries.inbox_list import InboxRow, Shown, count_shown, entries_about, inbox_entry, inbox_rows
from desktop.replica.queries.product_card import product_history, variant_behind
from desktop.replica.queries.subjects import subject_names
from desktop.usecases.browse_history import author_words, happening_words
from desktop.usecases.decide_conflict import PRICE, can_be_written, has_values, standing_take
from desktop.usecases.desk import Desk
from desktop.usecases.kind_words import advice_on, kind_words
from desktop.usecases.office_words import NOTHING, moment_text, span_text
from desktop.usecases.same_person import PairView, compare_pair
from shared.clock import instant_of
from shared.errors import UserError
from shared.permissions import Permission
from shared.sync.decision import EntryKind, EntryState, Take

FIELD_WORDS = {
    "category_id": "Category",
    "tax_category_id": "Tax",
    "unit_price_micro": "Price",
    "may_send_offers": "May send offers",
    "is_archived": "Archived",
    "sku": "Code",
    "store_id": "Home store",
    "parent_id": "Belongs to",
    "decided_by": "Decided by",
    "variant_id": "Goods",
}
_REFERENCES = {
    "category_id": "category",
    "tax_category_id": "tax_category",
    "parent_id": "category",
    "variant_id": "variant",
}
_STATE_WORDS = {
    "active": "Active",
    "draft": "Draft",
    "archived": "Archived",
    "merged": "One person",
    "kept_apart": "Two people",
    "proposed": "Not decided",
    "undone": "Two people again",
}
_REMOVED = "Removed"
_PAST_SHOWN = 50
_PIECES = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A bit of a value; ``is_changed`` where it differs from what stood before."""

    text: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Side:
    """One of the values: whose, when, its words in pieces, and whether it stands.

    ``take`` is None where there is nothing to take: both sides of an automatic merge stand.
    """

    take: Take | None
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
    is_note: bool = False


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
        reason: who did what when, and why what stands does, in one sentence.
        sides: before, mine and theirs, in that order; empty where there is nothing to choose between.
        written: what the field *Or write it* begins with; None where nothing can be written.
        decided: who decided and when, empty while nobody has.
        is_note: what was merged without a word: there is nothing to decide.
        pair: two profiles side by side, where the question is whether they are one person.
        advice: what to do about it, in a sentence; empty once it is done.
    """

    id: uuid.UUID
    heading: str
    reason: str
    state: EntryState
    sides: tuple[Side, ...]
    written: str | None
    decided: str
    past: tuple[PastLine, ...]
    is_note: bool = False
    pair: PairView | None = None
    advice: str = ""

    @property
    def can_restore(self) -> bool:
        """Whether one of two sides lost and can be had back."""
        return any(side.take in (Take.MINE, Take.THEIRS) and not side.stands for side in self.sides)


@dataclass(frozen=True, slots=True)
class InboxView:
    """What is looked at of the inbox, and how many entries each choice would show."""

    lines: tuple[EntryLine, ...]
    counts: Mapping[Shown, int]
    settled_today: int

    @property
    def needing(self) -> int:
        """How many entries need somebody."""
        return self.counts[Shown.NEEDS_YOU]

    @property
    def settled(self) -> int:
        """How many a rule settled."""
        return self.counts[Shown.SETTLED]


def list_inbox(desk: Desk, shown: Shown = Shown.OPEN) -> InboxView:
    """What needs somebody first, then the newest. Raises ``UserError`` ``not_allowed``."""
    desk.require(Permission.USE_OFFICE)
    midnight = desk.local(desk.clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    with desk.replica.read() as connection:
        rows = inbox_rows(connection, shown)
        counts, settled_today = count_shown(connection, instant_of(midnight))
    return InboxView(tuple(_line(desk, row) for row in rows), counts, settled_today)


def show_entry(desk: Desk, entry_id: uuid.UUID) -> EntryView:
    """One entry in full. Raises ``UserError`` ``not_allowed``, ``conflict_unknown``."""
    desk.require(Permission.USE_OFFICE)
    with desk.replica.read() as connection:
        row = inbox_entry(connection, entry_id)
        names = _referenced(connection, row)
        past = _past(desk, connection, row, names)
    is_note = row.kind == EntryKind.MERGED
    sides = _sides(desk, row, names) if has_values(row) or is_note else ()
    decided_at = row.decided_at
    decided = "" if decided_at is None else f"{row.decided_by}, {moment_text(desk.local(decided_at), desk.today())}"
    return EntryView(
        id=row.id,
        heading=f"{_title(row)} · {_subject(row)}",
        reason=_sentence(desk, row),
        advice=advice_on(row.kind) if row.state == EntryState.NEEDS_YOU else "",
        state=EntryState(row.state),
        sides=sides,
        written=_loser(sides) if sides and can_be_written(row) and not is_note else None,
        decided=decided,
        past=past,
        is_note=is_note,
        pair=_pair(desk, row),
    )


def _line(desk: Desk, row: InboxRow) -> EntryLine:
    is_note = row.kind == EntryKind.MERGED
    return EntryLine(row.id, _title(row), _subtitle(desk, row), EntryState(row.state), is_note=is_note)


def _title(row: InboxRow) -> str:
    return "Same person?" if row.entity == "customer_alias" else row.title


def _subject(row: InboxRow) -> str:
    """What of it the entry is about."""
    if row.field and row.kind == EntryKind.CONFLICT:
        return field_words(row)
    return kind_words(row.kind)


def _sentence(desk: Desk, row: InboxRow) -> str:
    """Who and when of both sides, and why what stands does; the plain reason where a side is not known."""
    first, _, why = row.reason.partition(". ")
    if row.mine_at is None or row.theirs_at is None or not (row.mine_by and row.theirs_by and why):
        return row.reason
    if row.kind not in (EntryKind.CONFLICT, EntryKind.REMOVAL):
        return row.reason
    today = desk.today()
    mine, theirs = (moment_text(desk.local(at), today) for at in (row.mine_at, row.theirs_at))
    if row.kind == EntryKind.REMOVAL:
        did, had = ("changed", "removed") if row.theirs is None else ("removed", "changed")
        subject = "it"
    else:
        did, had, subject = "changed", "changed", f"the {field_words(row).lower()}"
    known = f"{row.mine_by} {did} {subject} ({mine}) without knowing that {row.theirs_by} had {had} it ({theirs})"
    return f"{known}. {why}" if first else row.reason


def _pair(desk: Desk, row: InboxRow) -> PairView | None:
    """The two profiles, as far as both are on this device."""
    named = row.mine.get("customer_alias") if isinstance(row.mine, dict) else None
    if row.kind != EntryKind.SAME_PERSON or not isinstance(named, str):
        return None
    try:
        return compare_pair(desk, uuid.UUID(named))
    except UserError:
        return None


def field_words(row: InboxRow) -> str:
    """What a field is called on the screen."""
    if row.entity == PRICE:
        return "Price"
    if row.entity == "customer_alias" and row.field == "state":
        return "One person or two"
    return _label(row.field)


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
    before, mine, theirs = (_words_of(row, value, names) for value in (row.base, row.mine, row.theirs))
    is_note = row.kind == EntryKind.MERGED
    taken = standing_take(row)
    when = "" if row.mine_at is None else moment_text(desk.local(row.mine_at), desk.today())
    compared = NOTHING if is_note else before
    sides = [
        Side(Take.BASE, "Before", "", (Piece(before, is_changed=False),), stands=taken is Take.BASE),
        Side(
            None if is_note else Take.MINE,
            row.mine_by or "One side",
            when,
            marked_pieces(compared, mine),
            stands=is_note or taken is Take.MINE,
        ),
        Side(
            None if is_note else Take.THEIRS,
            row.theirs_by or "The other side",
            _compared(desk, row),
            marked_pieces(compared, theirs),
            stands=is_note or taken is Take.THEIRS,
        ),
    ]
    has_no_base = is_note or row.entity == PRICE or (row.kind == EntryKind.REMOVAL and row.base is None)
    return tuple(sides[1:] if has_no_base else sides)


def _words_of(row: InboxRow, value: object, names: Mapping[str, str]) -> str:
    """A value in words; a whole row field by field."""
    if row.kind == EntryKind.REMOVAL and value is None:
        return _REMOVED
    if row.kind in (EntryKind.REMOVAL, EntryKind.MERGED) and isinstance(value, dict):
        shown = {name: each for name, each in value.items() if name != "id" and each not in (None, "", [], {})}
        lines = [f"{_label(name)}: {_short(row, name, each, names)}" for name, each in shown.items()]
        return "\n".join(line for line in lines if line) or NOTHING
    return value_words(row, value, names)


def _short(row: InboxRow, name: str, value: object, names: Mapping[str, str]) -> str:
    return value_words(replace(row, field=name), value, names)


def _label(name: str) -> str:
    plain = name.removesuffix("_id").replace("_", " ").strip()
    return FIELD_WORDS.get(name, plain[:1].upper() + plain[1:])


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
    if row.kind == EntryKind.MERGED:
        return f"{_fields_of(row)} · {when}"
    if row.kind != EntryKind.CONFLICT:
        return f"{kind_words(row.kind)} · {when}"
    places = [place for place in (_place(row.mine_by), _place(row.theirs_by)) if place]
    return f"{field_words(row)} · {' and '.join(dict.fromkeys(places)) or 'two places'}, {when}"


def _fields_of(row: InboxRow) -> str:
    """``Name and Brand`` of an automatic merge."""
    sides = (side for side in (row.mine, row.theirs) if isinstance(side, dict))
    return " and ".join(dict.fromkeys(_label(name) for side in sides for name in side)) or kind_words(EntryKind.MERGED)


def _place(who: str) -> str:
    """``Till 2`` of ``Mara K., Till 2``."""
    return who.rpartition(", ")[2].strip()


def _referenced(connection: Any, row: InboxRow) -> dict[str, str]:
    """The names of what the entry's values refer to."""
    wanted: dict[str, set[uuid.UUID]] = {}
    for value in (row.base, row.mine, row.theirs):
        fields = value.items() if isinstance(value, dict) else [(row.field, value)]
        for name, each in fields:
            if name in _REFERENCES and isinstance(each, str):
                wanted.setdefault(_REFERENCES[name], set()).add(uuid.UUID(each))
    return {
        str(key): name
        for entity, ids in wanted.items()
        for key, name in subject_names(connection, entity, list(ids)).items()
    }


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
    is_removal = entry.kind == EntryKind.REMOVAL
    label = kind_words(entry.kind) if is_removal else field_words(entry)
    moments: list[tuple[int, str, str]] = []
    for take, at, who, value in (
        (Take.MINE, entry.mine_at, entry.mine_by, entry.mine),
        (Take.THEIRS, entry.theirs_at, entry.theirs_by, entry.theirs),
    ):
        if at is not None and has_values(entry):
            taken = "" if entry.stands == take else " (not taken)"
            words = _words_of(entry, value, names).replace("\n", ", ")
            moments.append((at, who, f"{words}{taken}" if is_removal else f"{label} → {words}{taken}"))
    if entry.decided_at is not None:
        is_about_values = bool(entry.field) or is_removal
        moments.append((entry.decided_at, entry.decided_by, f"{label} decided" if is_about_values else "Taken note of"))
    return moments
