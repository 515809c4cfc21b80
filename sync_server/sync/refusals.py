"""Whose fault it is that a mutation cannot be applied: its own, ours, or nobody's because the server is unwell.

Only the first two end in a refusal. What the surroundings did wrong goes on as it is: the device sends it all again.
"""

from __future__ import annotations

import structlog

from shared.errors import EnvironmentFailure, UserError
from shared.limits import CODE_MAX_CHARACTERS, TEXT_MAX_CHARACTERS
from shared.sync.wire import MutationResult, SentMutation
from sync_server.db.sessions import DBAPIError, PoolTimeout, is_retryable, is_unwell

_SURROUNDINGS = (EnvironmentFailure, PoolTimeout, OSError, MemoryError)
_log = structlog.get_logger(__name__)


class MutationRefused(Exception):
    """One mutation of a batch cannot be applied.

    Attributes:
        sent: the mutation.
        error: why.
    """

    def __init__(self, sent: SentMutation, error: UserError) -> None:
        super().__init__(str(error))
        self.sent = sent
        self.error = error


def refusal_of(error: Exception) -> UserError:
    """Why a mutation is refused, given what applying it alone raised.

    Raises:
        Exception: ``error`` itself, when it says nothing about the mutation: the database is away, full, overloaded or
            in a deadlock, the machine is out of memory.
    """
    if is_of_the_surroundings(error):
        raise error
    if isinstance(error, UserError):
        return error
    if isinstance(error, DBAPIError):
        return UserError("data_refused", f"The database refused the values: {str(error.orig).splitlines()[0]}")
    _log.error("mutation refused for a bug", exc_info=error)
    return UserError("server_bug", "The server has a bug with this. It is kept and can be applied after an update.")


def is_of_the_surroundings(error: Exception) -> bool:
    """Whether an error says that the server could not do anything now, whatever it was asked."""
    if isinstance(error, DBAPIError):
        return is_unwell(error) or is_retryable(error)
    return isinstance(error, _SURROUNDINGS)


def refused_result(sent: SentMutation, error: UserError) -> MutationResult:
    """The result a device gets for a refused mutation."""
    return MutationResult(sent.number, "refused", storable(error.code), storable(error.message))


def storable(words: str, maximum: int = TEXT_MAX_CHARACTERS) -> str:
    """Text from outside as the database can keep it: no NUL, not endless."""
    return words.replace("\x00", "␀")[:maximum]


def storable_name(name: str) -> str:
    """A mutation's name as it is logged."""
    return storable(name, CODE_MAX_CHARACTERS)
