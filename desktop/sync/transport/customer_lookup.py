"""Asking the server for one customer of the whole chain."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import httpx
import msgspec

from desktop.sync.transport.refusals import malformed, refusal
from desktop.usecases.look_up_customer import ChainAnswer


class _Found(msgspec.Struct):
    count: int
    customer_id: uuid.UUID | None = None


def ask_for_customer(call: Callable[[str, dict[str, str]], httpx.Response], by: str, given: str) -> ChainAnswer:
    """How many have this ``card``, ``email`` or ``phone``, and who it is where it is one.

    Raises:
        EnvironmentFailure: ``server_unreachable``, ``server_busy`` and others.
    """
    answer = call("/customers/lookup", {by: given})
    if answer.status_code != httpx.codes.OK:
        raise refusal(answer, answer.content)
    try:
        found = msgspec.json.decode(answer.content, type=_Found)
    except msgspec.DecodeError as error:
        raise malformed() from error
    return ChainAnswer(found.count, found.customer_id)
