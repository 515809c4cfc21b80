"""The note of an edit that met others: what both sides changed without contradicting each other, one note for each."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.schema.registry import WireTable
from shared.sync.decision import json_value
from shared.sync.merge import Edit, LastEdit, Merged
from shared.sync.wire import Value
from sync_server.inbox.service import SIGNATURES, MergeNote

_QUIET = SIGNATURES | {""}


@dataclass(slots=True)
class Meeting:
    """What one mutation changed, and what others changed without its knowing, over all rows of the aggregate."""

    base: dict[str, object] = field(default_factory=dict)
    mine: dict[str, object] = field(default_factory=dict)
    theirs: dict[str, object] = field(default_factory=dict)
    latest: LastEdit = field(default_factory=lambda: LastEdit(0))
    conflicting: bool = False

    def add_row(
        self,
        table: WireTable,
        current: Mapping[str, Value],
        edit: Edit,
        merged: Merged,
        last_edits: Mapping[str, LastEdit],
        *,
        label: str = "",
    ) -> None:
        """One row of the mutation, as it stood before (``current``); ``label`` names an owned row."""
        columns = {column.name: column for column in table.columns}
        settled = {conflict.field for conflict in merged.conflicts}
        self.conflicting = self.conflicting or bool(settled)
        for name in sorted(set(merged.values) - settled - _QUIET):
            self.base[label + name] = json_value(columns[name], edit.changes[name].base)
            self.mine[label + name] = json_value(columns[name], edit.changes[name].mine)
        for name, last in last_edits.items():
            is_apart = name not in edit.changes or name in merged.unions
            if name in columns and is_apart and name not in _QUIET and not last.is_seen_by(edit):
                self.theirs[label + name] = json_value(columns[name], current[name])
                self.latest = max(self.latest, last, key=lambda each: (each.at, each.by))

    def note(self, entity: str, entity_id: uuid.UUID, title: str, edit: Edit) -> MergeNote | None:
        """The note, if both sides changed something that stands."""
        if not self.mine or not self.theirs:
            return None
        return MergeNote(
            entity=entity,
            entity_id=entity_id,
            title=title,
            base=self.base,
            mine=self.mine,
            mine_by=edit.edited_by,
            mine_at=edit.edited_at,
            theirs=self.theirs,
            theirs_by=self.latest.by,
            theirs_at=self.latest.at,
        )
