"""Refusals that know their HTTP status, and the status of every other error of ours."""

from __future__ import annotations

from http import HTTPStatus
from typing import ClassVar

from pydantic import BaseModel, Field

from shared.errors import CounterfoilError, UserError


class ErrorBody(BaseModel):
    """How every error is answered as JSON."""

    error: str = Field(description="A stable code.")
    message: str = Field(description="One sentence in plain words: what happened and what to do.")
    data: dict[str, object] = Field(default_factory=dict, description="The figures behind the sentence.")


class RequestRefused(UserError):
    """The caller can put it right. Each kind has one HTTP status."""

    http_status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST


class Malformed(RequestRefused):
    """The request cannot be understood (400)."""


class Unauthorised(RequestRefused):
    """Nobody we know, or somebody no longer let in (401)."""

    http_status = HTTPStatus.UNAUTHORIZED


class Forbidden(RequestRefused):
    """Known, but not allowed (403)."""

    http_status = HTTPStatus.FORBIDDEN


class NotFound(RequestRefused):
    """There is no such thing (404)."""

    http_status = HTTPStatus.NOT_FOUND


class Conflicting(RequestRefused):
    """It cannot be done in the present state of affairs (409)."""

    http_status = HTTPStatus.CONFLICT


class TooLarge(RequestRefused):
    """More than a limit allows (413)."""

    http_status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class Unprocessable(RequestRefused):
    """Well formed, but its values cannot be (422)."""

    http_status = HTTPStatus.UNPROCESSABLE_ENTITY


class UpgradeRequired(RequestRefused):
    """The program that calls is too old or too new (426)."""

    http_status = HTTPStatus.UPGRADE_REQUIRED


class TooMany(RequestRefused):
    """Asked too often (429)."""

    http_status = HTTPStatus.TOO_MANY_REQUESTS


_STATUS_BY_FAMILY = {
    "user": HTTPStatus.BAD_REQUEST,
    "environment": HTTPStatus.SERVICE_UNAVAILABLE,
    "bug": HTTPStatus.INTERNAL_SERVER_ERROR,
}


def http_status_of(error: CounterfoilError) -> HTTPStatus:
    """The status an error is answered with."""
    if isinstance(error, RequestRefused):
        return error.http_status
    return _STATUS_BY_FAMILY[error.family]
