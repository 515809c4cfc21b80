"""Every kind of inbox entry that the server writes is declared once, has words in the office, and says what to do."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import sync_server
from desktop.usecases.kind_words import ADVICE, KIND_WORDS, advice_on, kind_words
from shared.sync.decision import EntryKind

SERVER = Path(sync_server.__file__).parent


def kinds_written() -> Iterator[tuple[str, ast.expr]]:
    """Where the server makes an entry, and the expression of its kind."""
    for file in sorted(SERVER.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Entry", "inbox.Entry"):
                kind = next((each.value for each in node.keywords if each.arg == "kind"), None)
                assert kind is not None, f"{file.name}:{node.lineno} makes an entry without a kind"
                yield f"{file.name}:{node.lineno}", kind


def declared(kind: ast.expr) -> set[str]:
    """The members of ``EntryKind`` that an expression names."""
    named = {
        node.attr
        for node in ast.walk(kind)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "EntryKind"
    }
    literals = [node for node in ast.walk(kind) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return set() if literals else named


def test_given_every_entry_the_server_makes_then_its_kind_is_one_that_is_declared() -> None:
    written = list(kinds_written())
    assert len(written) >= 15, "the search finds the places"
    undeclared = [place for place, kind in written if not declared(kind)]
    assert undeclared == []
    assert {name for _, kind in written for name in declared(kind)} == {kind.name for kind in EntryKind}


@pytest.mark.parametrize("kind", list(EntryKind))
def test_given_a_kind_then_the_office_has_words_for_it_and_says_what_to_do(kind: EntryKind) -> None:
    assert kind_words(kind)[0].isupper()
    assert advice_on(kind).endswith(".")
    assert kind.value not in (KIND_WORDS[kind], ADVICE[kind])


def test_given_the_offices_words_then_none_is_for_a_kind_that_nobody_writes_or_for_two() -> None:
    assert set(KIND_WORDS) == set(ADVICE) == set(EntryKind)
    assert len(set(KIND_WORDS.values())) == len(set(ADVICE.values())) == len(EntryKind)


def test_given_a_kind_of_a_newer_server_then_it_is_shown_and_the_advice_is_to_update() -> None:
    assert kind_words("stolen_drawer") == "Stolen drawer"
    assert "Update this program" in advice_on("stolen_drawer")
