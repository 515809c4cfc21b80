"""The metadata of the server's own tables."""

from __future__ import annotations

from sqlalchemy import MetaData

from shared.schema.base import NAMING

server_metadata = MetaData(naming_convention=NAMING)
"""Every table that only the server has; migrations compare it, next to ``Replicated.metadata``, with the database."""
