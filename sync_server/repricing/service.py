"""Pricing synced sales once more. Two things are told apart, and neither ever refuses a sale.

*Engine divergence*: the sale's own inputs give other amounts with the same version of the rules. That is a defect of
ours: it goes to the inbox and makes ``doctor`` look up. *Stale price*: the sale was made at another price, or with
other taxes, than were in force in the store at that moment, as happens offline. That is information.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.clock import MICROSECONDS_PER_SECOND, local_date
from shared.errors import BugError, UserError
from shared.ids import derived_id
from shared.money import Currency, UnitPrice, currency
from shared.pricing import ENGINE_VERSION, amount_for, choose_price
from shared.quantity import Quantity, Unit
from shared.sales.repricing import AmountDifference, reprice
from shared.sales.sealed import SealedLine, SealedSale
from shared.sync.decision import EntryKind
from shared.tax import EffectiveRate, TaxRule, choose
from sync_server.db.sessions import Connection, Database
from sync_server.inbox import service as inbox
from sync_server.inbox.service import Entry
from sync_server.repricing import repository
from sync_server.repricing.repository import CheckedSale, Counts, KnownPrice, OddSale, SellingPlace

__all__ = ["Counts", "OddSale", "Report"]

DRIFT_MAX_US = 5 * 60 * MICROSECONDS_PER_SECOND
"""Beyond this a device's clock counts as wrong."""
BATCH_SALES = 500
_WORST_SHOWN = 10
_DETAIL_MAX_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Report:
    """What pricing everything once more showed."""

    counts: Counts
    diverged: tuple[OddSale, ...]
    stale: tuple[OddSale, ...]


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What the server knows of prices, taxes and places."""

    places: Mapping[uuid.UUID, SellingPlace]
    rates: Mapping[tuple[uuid.UUID, str], Sequence[EffectiveRate]]
    prices: Mapping[tuple[uuid.UUID, uuid.UUID], Sequence[KnownPrice]]


@dataclass(frozen=True, slots=True)
class _Taxes:
    """The taxes behind a line.

    Attributes:
        is_stale: others were in force.
        is_guessed: the server knows no such tax; what the line tells of it may not be all.
    """

    rules: tuple[TaxRule, ...]
    is_stale: bool = False
    is_guessed: bool = False


def note_sales(connection: Connection, sale_ids: Sequence[uuid.UUID], *, now: int, clock_ahead_us: int) -> None:
    """Remember to price sales that were just inserted, and whether the clock of their device goes wrong.

    Args:
        connection: the transaction that inserted them.
        sale_ids: which.
        now: the server's clock, UTC microseconds.
        clock_ahead_us: how far the device's clock was before the server's when it sent them, microseconds.
    """
    repository.note(connection, sale_ids, now=now, ahead=clock_ahead_us, drift=DRIFT_MAX_US)


def reprice_some(database: Database, limit: int = BATCH_SALES) -> int:
    """Price the sales that wait longest, unless somebody else is at it; gives how many."""
    with database.reading() as connection:
        if not repository.is_behind(connection):
            return 0
    with database.writing() as connection:
        if not repository.is_repricer(connection):
            return 0
        return _reprice(connection, limit, database.clock.now())


def reprice_all(database: Database) -> int:
    """Price everything that waits, after whoever is at it; gives how many."""
    done, part = 0, 1
    while part:
        with database.writing() as connection:
            repository.wait_to_reprice(connection)
            part = _reprice(connection, BATCH_SALES, database.clock.now())
        done += part
    return done


def _reprice(connection: Connection, limit: int, now: int) -> int:
    ids = repository.waiting(connection, limit)
    sales = repository.sealed_sales(connection, ids)
    inputs = _inputs(connection, sales)
    checked = [check(sale, inputs) for sale in sales]
    gone = set(ids) - {sale.id for sale in sales}
    unreadable = [CheckedSale(sale_id, "unchecked", detail="The sale is no longer there.") for sale_id in gone]
    repository.write(connection, [*checked, *unreadable], now=now)
    _report_diverged(connection, sales, checked, now)
    return len(ids)


def report(connection: Connection) -> Report:
    """Counts, and the worst cases of each kind."""
    return Report(
        repository.counts(connection),
        tuple(repository.worst_diverged(connection, _WORST_SHOWN)),
        tuple(repository.worst_stale(connection, _WORST_SHOWN)),
    )


def counts(connection: Connection) -> Counts:
    """Everything counted."""
    return repository.counts(connection)


def check(sale: SealedSale, inputs: _Inputs) -> CheckedSale:
    """Price one sale once more and hold its prices against those in force."""
    place = inputs.places.get(sale.store_id)
    try:
        code = currency(sale.currency)
        day = local_date(sale.sealed_at, sale.time_zone or (place.time_zone if place else "UTC"))
        taxes = {line.id: _taxes(line, inputs, place, day) for line in sale.lines}
        differences = reprice(sale, code, lambda line: taxes[line.id].rules)
        stale = [] if place is None else list(_stale_lines(sale, code, inputs, place, day))
    except (UserError, BugError, ValueError, KeyError) as error:
        reason = error.message if isinstance(error, UserError | BugError) else str(error)
        return CheckedSale(sale.id, "unchecked", detail=f"It cannot be priced: {reason}"[:_DETAIL_MAX_CHARACTERS])
    stale_taxes = sum(each.is_stale for each in taxes.values())
    said = [*_told(differences), *(words for _, words in stale)]
    said += [f"{stale_taxes} lines with other taxes than were in force"] if stale_taxes else []
    return CheckedSale(
        sale.id,
        _state(sale, differences, is_guessed=any(each.is_guessed for each in taxes.values())),
        max((abs(each.recorded - each.computed) for each in differences), default=0),
        len(stale) + stale_taxes,
        sum(amount for amount, _ in stale),
        "; ".join(said)[:_DETAIL_MAX_CHARACTERS],
    )


def _state(sale: SealedSale, differences: Sequence[AmountDifference], *, is_guessed: bool) -> str:
    if not differences:
        return "same"
    if sale.engine_version != ENGINE_VERSION:
        return "other_engine"
    return "unchecked" if is_guessed else "diverged"


def _told(differences: Sequence[AmountDifference]) -> Iterable[str]:
    for each in differences:
        where = f"line {each.line}" if each.line else "the sale"
        yield f"{where}: {each.what} {each.recorded}, computed {each.computed}"


def _inputs(connection: Connection, sales: Sequence[SealedSale]) -> _Inputs:
    variants = {line.variant_id for sale in sales for line in sale.lines if line.variant_id is not None}
    return _Inputs(
        repository.places(connection, list({sale.store_id for sale in sales})),
        repository.rates(connection),
        repository.prices(connection, list(variants)),
    )


def _taxes(line: SealedLine, inputs: _Inputs, place: SellingPlace | None, day: dt.date) -> _Taxes:
    """The taxes a line recorded, with everything the server knows of them."""
    recorded = [(tax.code, tax.rate_ppm, tax.included) for tax in line.taxes]
    known: Sequence[EffectiveRate] = ()
    if place is not None and line.tax_category_id is not None:
        known = inputs.rates.get((line.tax_category_id, place.country), ())
    in_force = choose(known, day)
    if [_named(rule) for rule in in_force] == recorded:
        return _Taxes(in_force)
    ever = {_named(rate.rule): rate.rule for rate in known}
    if all(name in ever for name in recorded):
        return _Taxes(tuple(ever[name] for name in recorded), is_stale=bool(line.removed_at is None and known))
    guessed = tuple(
        TaxRule(tax.code, tax.name, rate_ppm=tax.rate_ppm, price_include=tax.included, sequence=at)
        for at, tax in enumerate(line.taxes)
    )
    return _Taxes(guessed, is_stale=bool(known), is_guessed=True)


def _named(rule: TaxRule) -> tuple[str, int, bool]:
    return rule.code, rule.rate_ppm, rule.price_include


def _stale_lines(
    sale: SealedSale, code: Currency, inputs: _Inputs, place: SellingPlace, day: dt.date
) -> Iterable[tuple[int, str]]:
    """Lines that were asked another price than the list had: how much more was charged, and in words."""
    for line in sale.lines:
        asked = line.list_price_micro if line.list_price_micro is not None else line.unit_price_micro
        in_force = _price_in_force(line, inputs, place, day, sale.sealed_at)
        if in_force is None or in_force == asked:
            continue
        quantity = Quantity(line.quantity, Unit(line.unit))
        more = amount_for(UnitPrice(asked, code), quantity) - amount_for(UnitPrice(in_force, code), quantity)
        yield (
            more.amount,
            f"line {line.number}: {line.sku} at {UnitPrice(asked, code)}, in force was {UnitPrice(in_force, code)}",
        )


def _price_in_force(line: SealedLine, inputs: _Inputs, place: SellingPlace, day: dt.date, at: int) -> int | None:
    """The price of the store's list for a line at an instant; None where the list has nothing to say."""
    is_listed = line.price_id is not None and line.removed_at is None and line.return_of_line_id is None
    if not is_listed or line.variant_id is None or place.price_list_id is None:
        return None
    known = inputs.prices.get((place.price_list_id, line.variant_id), ())
    rows = [each.row for each in known if each.row.created_at <= at and (each.ended_at is None or each.ended_at > at)]
    chosen = choose_price(rows, day, Quantity(line.quantity, Unit(line.unit)))
    return None if chosen is None else chosen.micro


def _report_diverged(
    connection: Connection, sales: Sequence[SealedSale], checked: Sequence[CheckedSale], now: int
) -> None:
    """One inbox entry for each till, business date and version of the rules: a defect repeats itself."""
    entries = [
        Entry(
            id=derived_id("divergence", sale.device_id, sale.engine_version, sale.business_date.isoformat()),
            kind=EntryKind.DIVERGENCE,
            entity="sale",
            entity_id=sale.id,
            title=sale.receipt_number or "A sale",
            reason=(
                "The server prices this sale otherwise than the till did. The sale stands as it was sealed; report it "
                f"as a defect: {each.detail}"
            ),
            created_at=now,
            store_id=sale.store_id,
            mine={"difference": each.engine_difference, "currency": sale.currency},
            mine_at=sale.sealed_at,
            stands="mine",
        )
        for sale, each in zip(sales, checked, strict=True)
        if each.state == "diverged"
    ]
    inbox.add_entries(connection, entries)
