"""A refused mutation and its repair: how each side finds the inbox entry, and how the repair names what it repairs.

The repair is a mutation of its own. Its arguments carry ``repairs``: the identifier of the refused one. When it has
taken effect, the server closes the entry.
"""

from __future__ import annotations

from uuid import UUID

from shared.ids import derived_id

REPAIRS = "repairs"
"""The argument that names the refused mutation, 16 bytes."""


def refused_entry_id(mutation_id: UUID) -> UUID:
    """The inbox entry of a refused mutation."""
    return derived_id("refused", mutation_id)
