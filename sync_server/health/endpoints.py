"""For load balancers and people: whether the server answers."""

from __future__ import annotations

import uuid

from fastapi import APIRouter
from pydantic import BaseModel, Field

from sync_server.db.sessions import RequestDatabase

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The server answers and reaches its database."""

    status: str = "ok"
    server_id: uuid.UUID
    server_time: int = Field(description="UTC microseconds.")


@router.get("/health")
def health(database: RequestDatabase) -> Health:
    """Whether this worker answers and reaches the database; needs no token."""
    with database.reading():
        return Health(server_id=database.identity.server_id, server_time=database.clock.now())
