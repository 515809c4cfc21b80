"""Who a channel's customer is to us."""

from __future__ import annotations

import uuid

from sync_server.customers import repository
from sync_server.customers.same_person_service import survivor_of
from sync_server.db.sessions import Connection


def id_by_email(connection: Connection, email: str) -> uuid.UUID | None:
    """The customer with this e-mail address, in either case; None for nobody or for no address.

    Of profiles that were found to be one person, the one that stands for them.
    """
    found = repository.id_by_email(connection, email.strip()) if email.strip() else None
    return None if found is None else survivor_of(connection, found)
