"""What an endpoint asks for to know its caller; the OpenAPI document shows the same."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from sync_server.auth import service
from sync_server.auth.channel_cache import Channel, ChannelCache
from sync_server.auth.token_service import TokenCache
from sync_server.db.sessions import RequestDatabase
from sync_server.errors import Unauthorised

_device_bearer = HTTPBearer(
    scheme_name="device", description="The token of an enrolled device (POST /devices/token).", auto_error=False
)
_channel_bearer = HTTPBearer(
    scheme_name="channel", description="The API key of a channel (counterfoil-server api-key NAME).", auto_error=False
)

DeviceBearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_device_bearer)]
ChannelBearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_channel_bearer)]


async def _token_device(request: Request, database: RequestDatabase, bearer: DeviceBearer) -> uuid.UUID:
    if bearer is None:
        raise Unauthorised("token_missing", "Send the device's token as: Authorization: Bearer …")
    return _tokens(request).device_of(database, bearer.credentials)


def _channel(request: Request, database: RequestDatabase, bearer: ChannelBearer) -> Channel:
    if bearer is None:
        raise Unauthorised("api_key_missing", "Send the channel's API key as: Authorization: Bearer …")
    cache = request.app.state.channels
    assert isinstance(cache, ChannelCache)
    return service.channel_of_key(database, cache, bearer.credentials)


def _importer(request: Request, database: RequestDatabase, bearer: ChannelBearer) -> str:
    if bearer is None or bearer.credentials.count(".") != _TOKEN_DOTS:
        return _channel(request, database, bearer).name
    device_id = _tokens(request).device_of(database, bearer.credentials)
    with database.reading() as connection:
        return service.require_office(connection, device_id).name


def _tokens(request: Request) -> TokenCache:
    tokens = request.app.state.tokens
    assert isinstance(tokens, TokenCache)
    return tokens


_TOKEN_DOTS = 2
"""A device's token has two; an API key has none."""

TokenDevice = Annotated[uuid.UUID, Depends(_token_device)]
"""The id of the device whose token is valid; call ``auth.service.require_device`` inside the transaction."""

CurrentChannel = Annotated[Channel, Depends(_channel)]
"""The channel whose API key was sent."""

CurrentImporter = Annotated[str, Depends(_importer)]
"""The name of the channel or of the office whose key or token was sent."""
