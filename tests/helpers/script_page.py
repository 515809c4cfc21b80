"""Writes docs/scripts.md from the table of actions, so that the page cannot tell of actions that do not exist.

Run ``python -m tests.helpers.script_page`` from the repository; a test fails while the page is not what it would write.
"""

from __future__ import annotations

from pathlib import Path

from desktop.ui.actions import ACTIONS, Action, Argument, Kind
from shared.permissions import PERMISSIONS_BY_ROLE, Role

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scripts.md"

_INTRODUCTION = """# Scripts

Written by `python -m tests.helpers.script_page`; do not edit.

`counterfoil till --script FILE` plays a file of JSON lines without a screen; `--script -` reads standard input and answers each line before
it reads the next, so that another program can drive a till over pipes. A script calls the same actions as the keys, on the same device,
with the same permissions.

One object per line, `do` names the action. Empty lines and lines that begin with `#` are left out. Amounts and quantities are
decimal text: `"12.50"`, `"0.486"`. A `line` is its number in the basket, counted from 1; left out, it is the selected line, which
is the one added last. [first-sale.jsonl](first-sale.jsonl) is one to try.

```json
{"do": "scan", "code": "9520417000079"}
{"do": "discount", "percent": "10", "basket": true}
{"do": "return", "receipt": "…", "lines": [{"line": 1, "quantity": "1"}], "method": "cash"}
```

Each answer is one line with `do` and `ok`. When `ok` is false, `error` is a stable code and `message` says what to do; the script goes on with
the next line. `state` answers basket, totals, taxes, tenders, change, receipt number and how much waits to be sent.

Nothing syncs on its own while a script plays: `sync` does, until the replica is consistent; `offline` and `online` switch the network
off and on for this till. With `--replay` the clock stands still until `clock` sets it, and nothing is printed: that is for the demo and for replays.

| do | what | arguments | who |
|---|---|---|---|"""


def page() -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, *(_row(action) for action in ACTIONS.values()), "", _NOTE])


_NOTE = """Arguments in **bold** are needed. A flag is `true` or `false`; names after a stroke mean the same.
"""


def _row(action: Action) -> str:
    name = f"`{action.name}`" + (f" ({action.key})" if action.key else "")
    text = action.text + (" (only with `--replay`)" if action.is_replay_only else "")
    arguments = ", ".join(_argument(argument) for argument in action.arguments)
    return f"| {name} | {text} | {arguments} | {_who(action)} |"


def _argument(argument: Argument) -> str:
    names = "/".join([argument.name, *argument.also])
    kind = "" if argument.kind in {Kind.TEXT, Kind.DECIMAL} else f" ({argument.kind})"
    return f"**{names}**{kind}" if argument.is_required else f"{names}{kind}"


def _who(action: Action) -> str:
    if action.permission is None:
        return "everybody"
    roles = [str(role) for role in Role if action.permission in PERMISSIONS_BY_ROLE[role]]
    return ", ".join(roles)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
