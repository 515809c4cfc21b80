"""No float comes near money: not as a type, not as a number, not by dividing whole numbers."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.source import SourceFile, files_under

EXACT = ("shared/money", "shared/tax", "shared/pricing", "shared/sales", "shared/cash", "shared/catalogue")


def exact_files() -> Iterator[SourceFile]:
    """Files in which every figure is exact."""
    yield from files_under(*EXACT)
    yield from (file for file in files_under("shared") if file.module in {"shared.quantity", "shared.limits"})


def test_given_the_exact_part_then_nothing_there_is_a_float() -> None:
    found = [
        file.at(node)
        for file in exact_files()
        for node in ast.walk(file.tree)
        if (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.Constant) and isinstance(node.value, float | complex))
    ]
    assert found == []


def test_given_the_exact_part_then_whole_numbers_are_never_divided_into_a_float() -> None:
    found = [
        file.at(node)
        for file in exact_files()
        for node in ast.walk(file.tree)
        if isinstance(node, ast.BinOp | ast.AugAssign)
        and isinstance(node.op, ast.Div)
        and not _works_in_fractions(file)
    ]
    assert found == []


def _works_in_fractions(file: SourceFile) -> bool:
    """Whether the module handles fractions or decimals; that it divides nothing else there, mypy sees to."""
    by_module = {other.module: other for other in files_under("shared")}
    neighbours = (by_module.get(use.name.rpartition(".")[0]) for use in file.imports())
    return any(
        use.is_of("fractions.Fraction", "decimal.Decimal")
        for source in (file, *(neighbour for neighbour in neighbours if neighbour))
        for use in source.imports()
    )
