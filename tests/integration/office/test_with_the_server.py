"""The office against the real server: importing a file, and a conflict from its making to its decision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from desktop.replica.queries.goods import Goods, goods_by_sku
from desktop.sync.connect import CatalogueLine
from desktop.sync.engine import SyncEngine
from desktop.ui.equipment import equipment_at
from desktop.usecases.browse_customers import list_customers, show_customer
from desktop.usecases.browse_products import show_product
from desktop.usecases.decide_conflict import take_value
from desktop.usecases.desk import Desk
from desktop.usecases.edit_customer import create_customer
from desktop.usecases.edit_product import edit_product
from desktop.usecases.import_catalogue import import_catalogue
from desktop.usecases.move_stock import NewMovement, move_stock
from desktop.usecases.office import Office
from desktop.usecases.review_inbox import list_inbox, show_entry
from desktop.usecases.same_person import compare_pair, keep_pair_apart, merge_pair, undo_merge
from desktop.usecases.start import Device
from shared.customers.same_person import AliasState, alias_id
from shared.errors import EnvironmentFailure, UserError
from shared.stock import MovementReason
from shared.sync.decision import EntryState, Take
from tests.helpers.server import ServerProcess, join, open_home, running_server

pytestmark = pytest.mark.slow

Joined = tuple[Device, SyncEngine, Office]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("central") / "server") as running:
        yield running


@pytest.fixture(scope="module")
def desks(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Joined, Joined]]:
    """Two office desks of the sample shop, Jonas at the first, Ada at the second."""
    with ExitStack() as stack:
        joined = []
        for number, (user, pin) in enumerate((("jonas", "4826"), ("ada", "9021"))):
            home = join(server, tmp_path_factory.mktemp(f"office{number}") / "home", kind="office")
            device, engine = stack.enter_context(open_home(home))
            engine.cycle()
            office = Office(
                device.replica,
                clock=device.clock,
                ids=device.ids,
                equipment=equipment_at(home.folder, device.clock),
                importer=CatalogueLine(device),
            )
            office.log_in(user, pin)
            joined.append((device, engine, office))
        yield joined[0], joined[1]


def variant(desk: Desk, sku: str) -> Goods:
    with desk.replica.read() as connection:
        goods = goods_by_sku(connection, sku)
    assert goods is not None, sku
    return goods


def test_given_a_file_when_it_is_looked_at_and_brought_in_then_only_the_second_writes_and_all_desks_find_it(
    desks: tuple[Joined, Joined], tmp_path: Path
) -> None:
    (_, engine, office), (_, other_engine, other) = desks
    file = tmp_path / "autumn.csv"
    file.write_text(
        "sku,name,price,barcode,tax,colour\nTPR-1,Beeswax taper,4.20,5012345678955,STANDARD,amber\nTPR-2,Bad,abc,,STANDARD,\n",
        encoding="utf-8",
    )
    looked = import_catalogue(office.desk(), office.importer, file, is_dry_run=True)
    assert (looked.rows, looked.new, looked.refused, looked.is_dry_run) == (2, 1, 1, True), looked.problems
    assert looked.problems[0].row == 3
    engine.cycle()
    with office.replica.read() as connection:
        assert goods_by_sku(connection, "TPR-1") is None

    brought = import_catalogue(office.desk(), office.importer, file, is_dry_run=False)
    assert (brought.new, brought.is_dry_run) == (1, False)
    again = import_catalogue(office.desk(), office.importer, file, is_dry_run=False)
    assert not again.changes_something
    for each in (engine, other_engine):
        each.cycle()
    assert show_product(other.desk(), variant(other.desk(), "TPR-1").variant_id).price == "4.20"


def test_given_a_broken_file_when_it_is_looked_at_then_the_reason_comes_back_in_words(
    desks: tuple[Joined, Joined], tmp_path: Path
) -> None:
    office = desks[0][2]
    file = tmp_path / "broken.xlsx"
    file.write_bytes(b"PK\x03\x04 no workbook")
    with pytest.raises(UserError) as refused:
        import_catalogue(office.desk(), office.importer, file, is_dry_run=True)

    assert refused.value.code == "import_malformed"


def test_given_a_till_when_it_tries_to_import_then_the_server_refuses(
    server: ServerProcess, tmp_path: Path, desks: tuple[Joined, Joined]
) -> None:
    file = tmp_path / "autumn.csv"
    file.write_text("sku,name\nX-1,X\n", encoding="utf-8")
    till = open_home(join(server, tmp_path / "till"))
    with till as (device, _), pytest.raises((UserError, EnvironmentFailure)) as refused:
        import_catalogue(desks[0][2].desk(), CatalogueLine(device), file, is_dry_run=True)

    assert refused.value.code == "office_only"


def test_given_two_desks_that_rename_the_same_product_when_one_decides_then_both_have_what_was_decided(
    desks: tuple[Joined, Joined],
) -> None:
    (_, engine, office), (_, other_engine, other) = desks
    mine, theirs = office.desk(), other.desk()
    goods = variant(mine, "CND-CEDAR")
    edit_product(theirs, goods.product_id, {"name": "Cedarwood soy candle"})
    edit_product(mine, goods.product_id, {"name": "Soy candle with cedar"})
    for each in (other_engine, engine, other_engine, engine):
        each.cycle()
    entries = [line for line in list_inbox(office.desk()).lines if line.state is not EntryState.DECIDED]
    entry = next(line for line in entries if "candle" in line.title.lower())
    sides = show_entry(office.desk(), entry.id).sides
    assert {side.text for side in sides[1:]} == {"Cedarwood soy candle", "Soy candle with cedar"}
    loser = next(side for side in sides[1:] if not side.stands)

    take_value(office.desk(), entry.id, loser.take)
    for each in (engine, other_engine):
        each.cycle()
    engine.cycle()
    for desk in (office.desk(), other.desk()):
        assert show_product(desk, goods.variant_id).card.name == loser.text
        assert entry.id not in {line.id for line in list_inbox(desk).lines}

    assert loser.take in (Take.MINE, Take.THEIRS)


def test_given_a_delivery_at_one_desk_when_both_sync_then_the_other_sees_the_level(
    desks: tuple[Joined, Joined],
) -> None:
    (_, engine, office), (_, other_engine, other) = desks
    goods = variant(office.desk(), "OAT-BAR-1L")
    before = show_product(office.desk(), goods.variant_id).stock
    move_stock(office.desk(), NewMovement(goods.variant_id, 12_000, MovementReason.RECEIPT))
    here = show_product(office.desk(), goods.variant_id).stock
    for each in (engine, other_engine):
        each.cycle()

    for _ in range(20):
        after = show_product(other.desk(), goods.variant_id).stock
        if [line.on_hand for line in after] == [line.on_hand for line in here]:
            break
        other_engine.cycle()
    assert [line.on_hand for line in after] == [line.on_hand for line in here] != [line.on_hand for line in before]


def test_given_one_person_made_at_two_desks_when_one_merges_and_one_keeps_apart_offline_then_both_end_the_same(
    desks: tuple[Joined, Joined],
) -> None:
    (_, engine, office), (_, other_engine, other) = desks
    older, _ = create_customer(office.desk(), {"name": "Orla Finch", "email": "orla@finch.example"})
    newer, _ = create_customer(other.desk(), {"name": "Orla Finch", "email": "Orla@Finch.example"})
    for each in (engine, other_engine, engine):
        each.cycle()
    pair = alias_id(older, newer)
    for desk in (office.desk(), other.desk()):
        assert compare_pair(desk, pair).state is AliasState.PROPOSED
        assert pair in {view.id for view in show_customer(desk, older).pairs}

    keep_pair_apart(other.desk(), pair)
    merge_pair(office.desk(), pair)
    for each in (engine, other_engine, engine, other_engine):
        each.cycle()
    for desk in (office.desk(), other.desk()):
        assert compare_pair(desk, pair).state is AliasState.MERGED
        assert show_customer(desk, newer).card.id == older
        assert newer not in list_customers(desk, "Orla").ids
    entry = next(line for line in list_inbox(other.desk()).lines if line.title == "Same person?")
    assert show_entry(other.desk(), entry.id).sides[0].text == "Not decided"

    undo_merge(other.desk(), pair)
    for each in (other_engine, engine):
        each.cycle()
    assert show_customer(office.desk(), newer).card.id == newer
