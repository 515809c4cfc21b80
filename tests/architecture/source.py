"""Walks the project's own source: its modules, what they import, which names they use."""

from __future__ import annotations

import ast
import io
import subprocess
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PRODUCT = ("shared", "desktop", "sync_server")


@dataclass(frozen=True, slots=True)
class Use:
    """A name used or imported somewhere.

    Attributes:
        name: dotted, such as ``time.time`` or ``PySide6.QtWidgets``.
        place: ``file:line`` for the reader of a failed test.
    """

    name: str
    place: str

    def is_of(self, *packages: str) -> bool:
        """Whether the name is one of the packages or lies inside one."""
        return any(self.name == package or self.name.startswith(package + ".") for package in packages)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One Python file of the product.

    Attributes:
        path: relative to the repository, with forward slashes.
        module: its dotted name.
        text: its source.
        tree: the same, parsed.
    """

    path: str
    module: str
    text: str
    tree: ast.Module

    def is_in(self, *packages: str) -> bool:
        """Whether the module is one of the packages or lies inside one."""
        return any(self.module == package or self.module.startswith(package + ".") for package in packages)

    def imports(self) -> Iterator[Use]:
        """Every import, relative ones resolved, inside functions and for type checking too."""
        for node in _nodes(self):
            if isinstance(node, ast.Import):
                yield from (Use(alias.name, self.at(node)) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self._base_of(node)
                yield from (Use(f"{base}.{alias.name}", self.at(node)) for alias in node.names)
            elif isinstance(node, ast.Call) and _called(node) == "import_module" and node.args:
                argument = node.args[0]
                if isinstance(argument, ast.Constant):
                    yield Use(str(argument.value), self.at(node))

    def attributes(self) -> Iterator[Use]:
        """Every ``a.b`` read in the file, with ``a`` replaced by what it was imported as."""
        origins = self._origins()
        for node in _nodes(self):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                yield Use(f"{origins.get(node.value.id, node.value.id)}.{node.attr}", self.at(node))

    def comments(self) -> Iterator[Use]:
        """Every comment."""
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type == tokenize.COMMENT:
                yield Use(token.string, f"{self.path}:{token.start[0]}")

    def at(self, node: ast.AST) -> str:
        """``file:line`` of a node."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}"

    def _base_of(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        is_package = self.path.endswith("__init__.py")
        parts = self.module.split(".")
        parents = parts[: len(parts) - node.level + is_package]
        return ".".join([*parents, *([node.module] if node.module else [])])

    def _origins(self) -> dict[str, str]:
        origins: dict[str, str] = {}
        for node in _nodes(self):
            if isinstance(node, ast.Import):
                origins.update({alias.asname: alias.name for alias in node.names if alias.asname})
            elif isinstance(node, ast.ImportFrom):
                base = self._base_of(node)
                origins.update({alias.asname or alias.name: f"{base}.{alias.name}" for alias in node.names})
        return origins


@cache
def _nodes(file: SourceFile) -> tuple[ast.AST, ...]:
    """Every node of a file; many tests walk the same ones."""
    return tuple(ast.walk(file.tree))


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


@cache
def files_under(*folders: str) -> tuple[SourceFile, ...]:
    """Every Python file under the folders, in order."""
    paths = (path for folder in folders for path in sorted((REPOSITORY / folder).rglob("*.py")))
    return tuple(read(path) for path in paths)


def read(path: Path) -> SourceFile:
    """One Python file."""
    relative = path.relative_to(REPOSITORY)
    parts = relative.with_suffix("").parts
    module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    text = path.read_text(encoding="utf-8")
    return SourceFile(relative.as_posix(), module, text, ast.parse(text, str(relative)))


def product() -> tuple[SourceFile, ...]:
    """Every Python file of the product."""
    return files_under(*PRODUCT)


@cache
def kept_files() -> tuple[Path, ...]:
    """Every file that is or will be committed: those git knows, and new ones it does not ignore."""
    # A checkout may belong to somebody else than who runs the tests, which git refuses to list unless told.
    command = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True)
    names = listed.stdout.decode("utf-8").split("\0")
    return tuple(path for name in names if name and (path := REPOSITORY / name).is_file())
