"""Taking everything out of a text or a value that tells of people, goods, amounts or keys; shapes and words stay.

What stays is what the program itself says: words of its own vocabulary, names of fields, stable codes. Everything else
becomes a mask of the same shape. Values can be compared within one bundle by a tag that is made with a key which is
thrown away: nobody can try values against it afterwards.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from desktop.usecases.support_words import KNOWN_WORDS
from shared.schema.registry import AGGREGATES

_PIECE = re.compile(r"[^\W\d_]+|\d[\d.,]*|_|\s+|[^\w\s]")
_CODE = re.compile(r"[a-z]+(?:_[a-z]+)+")
_TAG_CHARACTERS = 8
_MASK_MAX = 8
_KEPT_MARKS = frozenset(" _.,;:!?()[]{}<>=-+/%·–—'\"\n\t…")
FIELD_NAMES = frozenset(
    name
    for aggregate in AGGREGATES.values()
    for table in (aggregate.root, *aggregate.children)
    for name in (table.name, *table.column_names)
) | {
    "id",
    "row",
    "changes",
    "children",
    "child",
    "child_id",
    "base_version",
    "edited_at",
    "edited_by",
    "version",
    "repairs",
}


@dataclass(frozen=True, slots=True)
class Censor:
    """Masks texts and values; ``key`` is random, for this one bundle."""

    key: bytes

    def text(self, text: str, *, keeps_numbers: bool = False) -> str:
        """A sentence with everything masked that is not the program's own word.

        With ``keeps_numbers`` numbers stay where every word is the program's own: then they count something.
        """
        pieces = _PIECE.findall(text)
        is_own = all(piece.lower() in KNOWN_WORDS for piece in pieces if piece[0].isalpha())
        return "".join(_masked(piece, keeps_numbers=keeps_numbers and is_own) for piece in pieces)

    def value(self, value: object) -> object:
        """A decoded value as its shape: names of fields stay, values become kind, size and tag."""
        if isinstance(value, Mapping):
            return {self._name(str(name)): self.value(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(each) for each in value]
        if value is None or isinstance(value, bool):
            return value
        kind = {str: "text", bytes: "bytes", int: "number"}.get(type(value), type(value).__name__)
        size = len(value) if isinstance(value, str | bytes) else len(str(value))
        return f"<{kind} of {size} #{self.tag(value)}>"

    def tag(self, value: object) -> str:
        """A short mark that is the same for the same value in this bundle, and says nothing else."""
        return hmac.new(self.key, msgspec.msgpack.encode(value), "sha256").hexdigest()[:_TAG_CHARACTERS]

    def _name(self, name: str) -> str:
        return name if name in FIELD_NAMES else f"<name of {len(name)} #{self.tag(name)}>"


def _masked(piece: str, *, keeps_numbers: bool) -> str:
    if piece[0].isdigit():
        return piece if keeps_numbers else "#"
    if piece.isspace() or piece in _KEPT_MARKS:
        return piece
    return piece if piece.lower() in KNOWN_WORDS else "x" * min(len(piece), _MASK_MAX)


def is_code(text: str) -> bool:
    """Whether a text is written like a stable code of ours: ``server_unreachable``."""
    return _CODE.fullmatch(text) is not None
