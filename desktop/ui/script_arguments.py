"""Reading one line of a script: strict, so that a slip in a script is said where it stands instead of doing half."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desktop.ui.actions import ACTIONS, Action, Argument, Kind
from shared.errors import UserError

_SHOWN_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one command, already of the kind that the action declares."""

    values: Mapping[str, Any]

    def text(self, name: str) -> str | None:
        """A text or decimal text; None when it was left out."""
        value = self.values.get(name)
        return None if value is None else str(value)

    def needed(self, name: str) -> str:
        """A text that cannot be left out."""
        return str(self.values[name])

    def whole(self, name: str) -> int | None:
        """A whole number; None when it was left out."""
        value = self.values.get(name)
        return None if value is None else int(value)

    def flag(self, name: str) -> bool:
        """True or false; false when it was left out."""
        return bool(self.values.get(name, False))

    def mapping(self, name: str) -> Mapping[str, Any] | None:
        """An object; None when it was left out."""
        value = self.values.get(name)
        return None if value is None else dict(value)

    def objects(self, name: str) -> Sequence[Mapping[str, Any]] | None:
        """A list of objects; None when it was left out."""
        value = self.values.get(name)
        return None if value is None else list(value)


@dataclass(frozen=True, slots=True)
class Command:
    """One line of a script: which action, with which arguments."""

    action: Action
    arguments: Arguments


def read_command(line: str) -> Command:
    """One command from one line of JSON.

    Raises:
        UserError: ``script_line_invalid`` with what is wrong, ``action_unknown``.
    """
    parsed = _parsed(line)
    do = parsed.pop("do", None)
    if not isinstance(do, str):
        raise _invalid("every line needs “do” with the name of an action")
    action = ACTIONS.get(do)
    if action is None:
        raise UserError(
            "action_unknown", f"There is no action “{do[:_SHOWN_CHARACTERS]}”. See the README for the list.", action=do
        )
    return Command(action, Arguments(_checked(action, parsed)))


def name_in(line: str) -> str | None:
    """The ``do`` of a line that may be anything, for its answer."""
    try:
        parsed = json.loads(line)
    except ValueError:
        return None
    do = parsed.get("do") if isinstance(parsed, dict) else None
    return do if isinstance(do, str) else None


def decimal_of(value: object, where: str) -> str:
    """A decimal text; a whole number may stand without quotes.

    Raises:
        UserError: ``script_line_invalid``.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise _invalid(f"{where} must be decimal text such as “12.50”")


def _parsed(line: str) -> dict[str, Any]:
    try:
        parsed = json.loads(line)
    except ValueError as error:
        raise _invalid("it is not JSON") from error
    if not isinstance(parsed, dict):
        raise _invalid("it is not a JSON object")
    return parsed


def _checked(action: Action, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments under their first names, each of its kind; null counts as left out."""
    by_name = {name: argument for argument in action.arguments for name in (argument.name, *argument.also)}
    values: dict[str, Any] = {}
    for name, value in given.items():
        argument = by_name.get(name)
        if argument is None:
            known = ", ".join(each.name for each in action.arguments) or "none"
            raise _invalid(f"{action.name} has no argument “{name[:_SHOWN_CHARACTERS]}” (known: {known})")
        if argument.name in values:
            raise _invalid(f"{action.name} was given “{argument.name}” twice")
        if value is not None:
            values[argument.name] = _of_kind(action, argument, value)
    for argument in action.arguments:
        if argument.is_required and argument.name not in values:
            raise _invalid(f"{action.name} needs “{argument.name}” ({argument.kind})")
    return values


def _of_kind(action: Action, argument: Argument, value: object) -> object:
    where = f"“{argument.name}” of {action.name}"
    match argument.kind, value:
        case (Kind.TEXT, str()) | (Kind.FLAG, bool()) | (Kind.OBJECT, dict()):
            return value
        case (Kind.DECIMAL, _):
            return decimal_of(value, where)
        case (Kind.WHOLE, int()) if not isinstance(value, bool):
            return value
        case (Kind.LIST, list()) if all(isinstance(each, dict) for each in value):
            return value
    raise _invalid(f"{where} must be {argument.kind}")


def _invalid(what: str) -> UserError:
    return UserError("script_line_invalid", f"This line cannot be played: {what}.")
