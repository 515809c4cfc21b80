"""The inbox: conflicts, refused mutations and discrepancies that a person should see; synced like any document."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Mapped

from shared.schema.base import VARIOUS, AggregateRule, Kind, Policy, Replicated, ScopeRule, synced
from shared.schema.types import Id, Json, Whole, Words


class InboxEntry(Replicated):
    """One thing that was merged, refused or found odd, with both sides, who and when.

    ``mine`` is the edit that arrived, ``theirs`` what stood on the server when it arrived.
    """

    __tablename__ = "inbox_entry"
    __aggregate__ = AggregateRule("inbox_entry", Kind.DOCUMENT, ScopeRule.STORE_OR_CATALOGUE)

    id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, primary_key=True)
    store_id: Mapped[uuid.UUID | None] = synced(Policy.FIXED, Id, refers_to="store")
    kind: Mapped[str] = synced(Policy.FIXED, Words)
    """One of ``shared.sync.decision.EntryKind``."""
    entity: Mapped[str] = synced(Policy.FIXED, Words)
    entity_id: Mapped[uuid.UUID] = synced(Policy.FIXED, Id, refers_to=VARIOUS)
    field: Mapped[str] = synced(Policy.FIXED, Words, default="")
    title: Mapped[str] = synced(Policy.FIXED, Words)
    """What it is about, in the trade's words: ``Soy candle, cedar``."""
    reason: Mapped[str] = synced(Policy.FIXED, Words)
    """One sentence: what happened and what stands now."""
    base: Mapped[object] = synced(Policy.FIXED, Json, nullable=True)
    mine: Mapped[object] = synced(Policy.FIXED, Json, nullable=True)
    mine_by: Mapped[str] = synced(Policy.FIXED, Words, default="")
    mine_at: Mapped[int | None] = synced(Policy.FIXED, Whole)
    theirs: Mapped[object] = synced(Policy.FIXED, Json, nullable=True)
    theirs_by: Mapped[str] = synced(Policy.FIXED, Words, default="")
    theirs_at: Mapped[int | None] = synced(Policy.FIXED, Whole)
    stands: Mapped[str] = synced(Policy.FIXED, Words, default="")
    """Which value stood when the entry was made: ``mine``, ``theirs`` or empty."""
    state: Mapped[str] = synced(Policy.MERGE, Words)
    """``needs_you``, ``settled`` (a rule decided, can be undone) or ``decided`` (a person did)."""
    decision: Mapped[object] = synced(Policy.MERGE, Json, nullable=True)
    decided_by: Mapped[str] = synced(Policy.MERGE, Words, default="")
    decided_at: Mapped[int | None] = synced(Policy.MERGE, Whole)
    created_at: Mapped[int] = synced(Policy.FIXED, Whole)
