"""Fetching snapshot files: what the server offers, and a file from any byte on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import quote

import httpx
import msgspec

from desktop.sync.transport.client import TIMEOUT
from desktop.sync.transport.refusals import malformed, refusal, unreachable
from shared.errors import EnvironmentFailure
from shared.sync.wire import SnapshotOffer

CHUNK_BYTES = 1024 * 1024


class _Offers(msgspec.Struct):
    offers: list[SnapshotOffer]


def fetch_offers(call: Callable[[str, dict[str, str]], httpx.Response], schema: int) -> list[SnapshotOffer]:
    """What is ready for this device; a server that knows no snapshots has none.

    Raises:
        EnvironmentFailure: ``server_unreachable`` and others.
    """
    answer = call("/sync/snapshots", {"schema": str(schema)})
    if answer.status_code == httpx.codes.NOT_FOUND:
        return []
    if answer.status_code != httpx.codes.OK:
        raise refusal(answer, answer.content)
    try:
        return msgspec.json.decode(answer.content, type=_Offers).offers
    except msgspec.DecodeError as error:
        raise malformed() from error


def file_bytes(client: httpx.Client, authorisation: str, offer: SnapshotOffer, start: int) -> Iterator[bytes]:
    """The file's bytes from ``start`` on, as they come.

    Raises:
        EnvironmentFailure: ``snapshot_changed`` when the server has another file now or cannot begin there;
            ``server_unreachable`` when the line breaks: what came until then is good.
    """
    headers = {"Authorization": authorisation, "Accept-Encoding": "identity"}
    if start:
        headers |= {"Range": f"bytes={start}-", "If-Range": f'"{offer.sha256}"'}
    path = f"/sync/snapshots/{quote(offer.scope, safe='')}/{quote(offer.name, safe='')}"
    try:
        with client.stream("GET", path, headers=headers, timeout=TIMEOUT) as answer:
            wanted = httpx.codes.PARTIAL_CONTENT if start else httpx.codes.OK
            if answer.status_code != wanted:
                body = answer.read() if answer.is_error else b""
                if answer.status_code in {
                    httpx.codes.OK,
                    httpx.codes.NOT_FOUND,
                    httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE,
                }:
                    raise EnvironmentFailure("snapshot_changed", "The server has made a newer snapshot meanwhile.")
                raise refusal(answer, body)
            yield from answer.iter_raw(CHUNK_BYTES)
    except (httpx.TransportError, httpx.StreamError, OSError) as error:
        raise unreachable(str(client.base_url)) from error
