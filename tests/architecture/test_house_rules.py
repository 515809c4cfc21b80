"""How the code reads: what a stranger may rely on in every file."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.architecture.source import REPOSITORY, files_under, kept_files, product

LINES_AT_MOST = 500
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
OPEN_WORK = re.compile(r"\b(?:TODO|FIXME|XXX)\b|type:\s*ignore|\bnoqa\b|pragma:\s*no cover")
OTHER_MACHINES = re.compile(r"(?<![\w.$}~/:-])/(?:home|Users|root|work|tmp)/(?![<{*])\w")
BINARY_SUFFIXES = {".png", ".ico", ".icns", ".ttf", ".otf", ".woff2", ".pdf", ".xlsx", ".wav", ".gz", ".zst"}


def test_given_every_module_then_it_says_what_it_is_for() -> None:
    assert [file.path for file in product() if not ast.get_docstring(file.tree)] == []


def test_given_every_module_then_it_has_one_subject_and_not_too_many_lines() -> None:
    # A migration is as long as what it creates, and is written once.
    files = [
        file for file in (*product(), *files_under("tests", "packaging")) if "/migrations/versions/" not in file.path
    ]
    lengths = {file.path: len(file.text.splitlines()) for file in files}
    assert {path: length for path, length in lengths.items() if length > LINES_AT_MOST} == {}


def test_given_every_module_then_its_name_means_something() -> None:
    assert [file.path for file in product() if EMPTY_WORDS & set(file.module.split("."))] == []


def test_given_every_file_then_open_work_and_silenced_checks_are_not_hidden_in_comments() -> None:
    files = [file for file in (*product(), *files_under("tests", "packaging")) if OPEN_WORK.search(file.text)]
    found = [f"{use.place} {use.name}" for file in files for use in file.comments() if OPEN_WORK.search(use.name)]
    assert found == []


def test_given_every_function_that_catches_everything_then_it_does_not_keep_it_to_itself() -> None:
    """``except Exception`` may translate or report and raise; it may not go on as if nothing had been."""
    found = [
        file.at(node)
        for file in product()
        for node in ast.walk(file.tree)
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node) and not _says_so(node)
    ]
    assert found == []


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    return caught is None or (isinstance(caught, ast.Name) and caught.id in {"Exception", "BaseException"})


def _says_so(handler: ast.ExceptHandler) -> bool:
    """Whether the handler raises, uses the error it caught, or writes it down with its traceback (``log.exception``)."""
    inside = [node for statement in handler.body for node in ast.walk(statement)]
    uses_it = any(isinstance(node, ast.Name) and node.id == handler.name for node in inside)
    writes_it = any(isinstance(node, ast.Attribute) and node.attr == "exception" for node in inside)
    return uses_it or writes_it or any(isinstance(node, ast.Raise) for node in inside)


def test_given_the_packaging_folder_then_it_is_no_package() -> None:
    assert list((REPOSITORY / "packaging").rglob("__init__.py")) == []


def text_files() -> list[Path]:
    """What is committed and is text."""
    return [path for path in kept_files() if path.suffix not in BINARY_SUFFIXES]


def test_given_a_committed_file_then_it_names_no_path_of_any_machine() -> None:
    own = {f"{place}/" for place in (REPOSITORY, REPOSITORY.parent, Path.home()) if place.parent != place}
    found = []
    for path in text_files():
        text = path.read_text(encoding="utf-8")
        found += [f"{path.name}: {place}" for place in own if place in text]
        found += [f"{path.name}: {match[0]}" for match in OTHER_MACHINES.finditer(text)]
    assert found == []
