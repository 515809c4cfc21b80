"""What is written for people stays true: links lead somewhere, decisions are listed, the users in the README exist."""

from __future__ import annotations

import json
import re

from desktop.ui.actions import ACTIONS
from desktop.ui.script_arguments import read_command
from tests.architecture.source import REPOSITORY, kept_files
from tests.helpers.script_page import page

LINK = re.compile(r"!?\[[^\]]*\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)")
DECISIONS = REPOSITORY / "docs" / "decisions"


def test_given_every_page_then_its_links_lead_to_files_that_are_there() -> None:
    pages = [path for path in kept_files() if path.suffix == ".md"]
    found = [
        f"{page.relative_to(REPOSITORY)} → {target}"
        for page in pages
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert found == []


def test_given_the_decisions_then_they_are_numbered_without_a_gap_and_all_listed() -> None:
    names = sorted(path.name for path in DECISIONS.glob("[0-9]*.md"))
    listed = LINK.findall((DECISIONS / "README.md").read_text(encoding="utf-8"))
    assert names == listed
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


def test_given_a_decision_then_it_has_its_four_parts() -> None:
    for path in DECISIONS.glob("[0-9]*.md"):
        text = path.read_text(encoding="utf-8")
        for part in ("**Context.**", "**Decision.**", "**Consequences.**", "**Alternatives.**"):
            assert part in text, f"{path.name} lacks {part}"


def test_given_the_readme_then_its_users_are_those_of_the_sample_shop() -> None:
    shop = json.loads((REPOSITORY / "assets" / "sample_shop" / "shop.json").read_text(encoding="utf-8"))
    users = [(user["username"], user["pin"], user["role"]) for user in shop["users"]]
    rows = re.findall(r"^\| (\w+) \| (\d{4,}) \| (\w+) \|", (REPOSITORY / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(users)


def test_given_the_table_of_actions_then_the_page_about_scripts_is_written_from_it() -> None:
    written = (REPOSITORY / "docs" / "scripts.md").read_text(encoding="utf-8")
    assert written == page(), "run: python -m tests.helpers.script_page"


def test_given_the_first_script_then_each_line_names_an_action_and_arguments_it_knows() -> None:
    for line in (REPOSITORY / "docs" / "first-sale.jsonl").read_text(encoding="utf-8").splitlines():
        assert read_command(line).action.name in ACTIONS
